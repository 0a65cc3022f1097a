//! As much of HTTP as the servers of the tests speak. It must not know what a request means.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Its query, as it came.
    pub query: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What becomes of a connection.
pub(crate) enum Outcome {
    /// The answer is sent.
    Whole(Answer),
    /// Half of it is sent.
    Half(Answer),
    /// Nothing is sent.
    Close,
}

/// Reads one request, answers it, and closes.
pub(crate) fn serve(stream: TcpStream, answer: impl FnOnce(&Request) -> Outcome) {
    let Ok(copy) = stream.try_clone() else { return };
    let Some(request) = read(BufReader::new(copy), true) else { return };
    let (answer, is_half) = match answer(&request.0) {
        Outcome::Whole(answer) => (answer, false),
        Outcome::Half(answer) => (answer, true),
        Outcome::Close => return,
    };
    let mut text =
        format!("HTTP/1.1 {} Status\r\nContent-Length: {}\r\nConnection: close\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    let end = if is_half { answer.body.len() / 2 } else { answer.body.len() };
    bytes.extend_from_slice(&answer.body[..end]);
    let mut stream = stream;
    // A client that has gone needs no answer.
    let _ = stream.write_all(&bytes);
}

/// Sends a request to another server and reads its answer.
pub(crate) fn forward(address: &str, request: &Request) -> Option<Answer> {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).ok()?;
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let mut text =
        format!("{} {}{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method, request.path);
    for (name, value) in request.headers.iter().filter(|(name, _)| {
        !matches!(name.as_str(), "host" | "connection" | "content-length" | "transfer-encoding" | "accept-encoding")
    }) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", request.body.len()));
    stream.write_all(text.as_bytes()).ok()?;
    stream.write_all(&request.body).ok()?;
    let (parts, first) = read(BufReader::new(stream), false)?;
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let headers = parts.headers.into_iter().filter(|(name, _)| {
        !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection" | "date" | "server")
    });
    Some(Answer { status, headers: headers.collect(), body: parts.body })
}

/// A message, and its first line.
fn read(mut reader: impl BufRead, is_request: bool) -> Option<(Request, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut request = Request::default();
    if is_request {
        let mut words = first.split_whitespace();
        request.method = words.next()?.to_owned();
        let target = words.next()?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        (request.path, request.query) = (path.to_owned(), query.to_owned());
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
    }
    if request.header("transfer-encoding").is_some_and(|how| how.contains("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let length = usize::from_str_radix(line.trim(), 16).ok()?;
            let mut part = vec![0; length + 2];
            reader.read_exact(&mut part).ok()?;
            if length == 0 {
                break;
            }
            request.body.extend_from_slice(&part[..length]);
        }
    } else if let Some(length) = request.header("content-length").and_then(|length| length.parse().ok()) {
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
    } else if !is_request {
        reader.read_to_end(&mut request.body).ok()?;
    }
    Some((request, first))
}
