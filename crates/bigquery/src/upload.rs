//! Resumable uploads: a file goes up in parts, and goes on where a connection was cut. The same protocol serves BigQuery
//! and Cloud Storage. <https://cloud.google.com/bigquery/docs/reference/api-uploads>

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Serialize;

use crate::failure::{Failure, Kind};
use crate::transport::{Answer, Transport};

/// Bytes of one part: a multiple of 256 KiB, and what an upload holds in memory.
const PART: u64 = 8 << 20;

/// Starts an upload whose metadata is `body`, and sends a file. Also says how often a request that could have done the work
/// was sent.
pub(crate) async fn send(
    transport: &Transport,
    url: &str,
    query: &[(&str, &str)],
    body: &(impl Serialize + Sync),
    path: &Path,
) -> (u32, Result<(), Failure>) {
    let mut sent = 1;
    let outcome = upload(transport, url, query, body, path, &mut sent).await;
    (sent, outcome)
}

async fn upload(
    transport: &Transport,
    url: &str,
    query: &[(&str, &str)],
    body: &(impl Serialize + Sync),
    path: &Path,
    sent: &mut u32,
) -> Result<(), Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(Kind::Refused, format!("the file `{}` could not be read: {error}", path.display()))
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let total = file.metadata().map_err(unreadable)?.len();
    let start = |http: &reqwest::Client| {
        http.post(url)
            .query(query)
            .header("X-Upload-Content-Type", "application/octet-stream")
            .header("X-Upload-Content-Length", total)
            .json(body)
    };
    let answer = transport.send(&start).await.1?;
    let session = answer
        .header("location")
        .ok_or_else(|| Failure::new(Kind::Unreachable, "BigQuery did not return an address for the upload"))?
        .to_owned();
    let (mut at, mut failures) = (0, 0);
    loop {
        let length = PART.min(total - at);
        let mut part = vec![0; usize::try_from(length).unwrap_or_default()];
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut part)).map_err(unreadable)?;
        let range =
            if length == 0 { format!("bytes */{total}") } else { format!("bytes {at}-{}/{total}", at + length - 1) };
        let put = |http: &reqwest::Client| http.put(&session).header("Content-Range", &range).body(part.clone());
        let answer = match transport.once(&put).await {
            Ok(answer) => answer,
            // What was taken of a part that was cut is known to the server alone, and may be the whole file.
            Err(tried) if tried.again && failures + 1 < transport.pace.tries => {
                tokio::time::sleep(transport.pace.wait(failures, tried.asked)).await;
                failures += 1;
                *sent += 1;
                let range = format!("bytes */{total}");
                transport.send(&|http| http.put(&session).header("Content-Range", &range).body("")).await.1?
            }
            Err(tried) => return Err(tried.failure),
        };
        if answer.status != 308 {
            return Ok(());
        }
        at = taken(&answer);
    }
}

/// How many bytes the server has.
fn taken(answer: &Answer) -> u64 {
    let last = answer.header("range").and_then(|range| range.rsplit('-').next()?.parse::<u64>().ok());
    last.map_or(0, |last| last + 1)
}
