//! Jobs and uploads as BigQuery's API shows them.
//! <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job>

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::World;
use crate::http::{Answer, Request, forward};

/// Rows of one page.
const PAGE: usize = 2;

/// A job.
#[derive(Debug, Default)]
pub(crate) struct Job {
    running: u32,
    failure: Option<(String, String)>,
}

/// An upload that was begun.
#[derive(Debug)]
pub(crate) struct Upload {
    body: Value,
    bytes: Vec<u8>,
    /// The end of its first part was lost once already.
    has_lost: bool,
}

fn ok(body: &Value) -> Answer {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Answer { status: 200, headers, body: body.to_string().into_bytes() }
}

/// An answer that says what failed.
pub(crate) fn failure(status: u16, reason: &str, message: &str) -> Answer {
    let error = json!({ "code": status, "message": message, "status": "", "errors": [{ "reason": reason, "message": message }] });
    Answer { status, ..ok(&json!({ "error": error })) }
}

/// What the server answers by itself.
pub(crate) fn answer(world: &mut World, address: &str, request: &Request) -> Answer {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["bigquery", "v2", "projects", _, "jobs"]) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            if body["configuration"]["dryRun"] == true {
                return ok(&json!({ "statistics": { "totalBytesProcessed": world.bytes.to_string() } }));
            }
            insert(world, &body, None)
        }
        ("GET", ["bigquery", "v2", "projects", _, "jobs", id]) => look(world, id),
        ("POST", ["bigquery", "v2", "projects", _, "jobs", id, "cancel"]) => {
            if let Some(job) = world.jobs.get_mut(*id) {
                job.running = 0;
                job.failure =
                    Some(("stopped".to_owned(), "Job execution was cancelled: User requested cancellation".to_owned()));
            }
            ok(&json!({}))
        }
        ("GET", ["bigquery", "v2", "projects", _, "queries", id]) => {
            if !world.jobs.contains_key(*id) {
                return failure(404, "notFound", "Not found: Job");
            }
            let from: usize = request.asked("pageToken").and_then(|token| token.parse().ok()).unwrap_or(0);
            let rows: Vec<Value> =
                world.rows.iter().skip(from).take(PAGE).map(|row| json!({ "f": [{ "v": row }] })).collect();
            let mut body = json!({
                "jobComplete": true,
                "schema": { "fields": [{ "name": "found", "type": "STRING", "mode": "NULLABLE" }] },
                "rows": rows,
            });
            if from + PAGE < world.rows.len() {
                body["pageToken"] = (from + PAGE).to_string().into();
            }
            ok(&body)
        }
        ("POST", ["upload", ..]) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            if body["jobReference"]["jobId"].as_str().is_some_and(|id| world.jobs.contains_key(id)) {
                return failure(409, "duplicate", "Already Exists: Job");
            }
            world.uploads.push(Upload { body, bytes: Vec::new(), has_lost: false });
            let session = format!("{address}/session/{}", world.uploads.len() - 1);
            Answer { headers: vec![("Location".to_owned(), session)], ..ok(&json!({})) }
        }
        ("PUT", ["session", number]) => part(world, number.parse().unwrap_or(usize::MAX), request),
        _ => failure(404, "notFound", "Not found"),
    }
}

fn insert(world: &mut World, body: &Value, file: Option<Vec<u8>>) -> Answer {
    let id = body["jobReference"]["jobId"].as_str().unwrap_or_default().to_owned();
    if world.jobs.contains_key(&id) {
        return failure(409, "duplicate", &format!("Already Exists: Job {id}"));
    }
    let mut job = Job { running: world.running, failure: None };
    if let Some((text, left, reason, message)) = &mut world.failing
        && *left > 0
        && body.to_string().contains(text.as_str())
    {
        *left -= 1;
        job.failure = Some(((*reason).to_owned(), (*message).to_owned()));
    }
    world.jobs.insert(id.clone(), job);
    world.made.push(id.clone());
    world.bodies.insert(id.clone(), body.clone());
    world.files.extend(file.map(|file| (id.clone(), file)));
    ok(&json!({ "jobReference": { "jobId": id }, "status": { "state": "PENDING" } }))
}

fn look(world: &mut World, id: &str) -> Answer {
    let Some(job) = world.jobs.get_mut(id) else { return failure(404, "notFound", "Not found: Job") };
    if job.running > 0 {
        job.running -= 1;
        return ok(&json!({ "jobReference": { "jobId": id }, "status": { "state": "RUNNING" } }));
    }
    let mut status = json!({ "state": "DONE" });
    if let Some((reason, message)) = &job.failure {
        status["errorResult"] = json!({ "reason": reason, "message": message, "location": "query" });
    }
    let statistics =
        json!({ "totalBytesProcessed": "10", "totalSlotMs": "5", "query": { "totalBytesBilled": "10485760" } });
    ok(&json!({ "jobReference": { "jobId": id }, "status": status, "statistics": statistics }))
}

/// One part of an upload. Of the first part the server keeps half, once, as a proxy on the way might.
fn part(world: &mut World, number: usize, request: &Request) -> Answer {
    let Some(upload) = world.uploads.get_mut(number) else { return failure(404, "notFound", "Not found: session") };
    let range = request.header("content-range").unwrap_or_default().trim_start_matches("bytes ").to_owned();
    let (span, total) = range.split_once('/').unwrap_or_default();
    let total: usize = total.parse().unwrap_or_default();
    if let Some((from, _)) = span.split_once('-') {
        let from: usize = from.parse().unwrap_or_default();
        if from != upload.bytes.len() {
            return failure(400, "invalid", "bytes that do not follow");
        }
        let kept = if upload.has_lost { request.body.len() } else { request.body.len() / 2 };
        upload.has_lost = true;
        upload.bytes.extend_from_slice(&request.body[..kept]);
    }
    if upload.bytes.len() < total {
        let end = upload.bytes.len().checked_sub(1);
        let headers = end.map(|end| ("Range".to_owned(), format!("bytes=0-{end}"))).into_iter().collect();
        return Answer { status: 308, headers, body: Vec::new() };
    }
    let (body, bytes) = (upload.body.clone(), upload.bytes.clone());
    insert(world, &body, Some(bytes))
}

/// What the emulator answers, with the life of jobs that it does not have.
pub(crate) fn forwarded(world: &Mutex<World>, backend: &str, request: &Request) -> Answer {
    let lock = || world.lock().unwrap_or_else(PoisonError::into_inner);
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    if let ("POST", ["bigquery", "v2", "projects", _, "jobs", id, "cancel"]) =
        (request.method.as_str(), parts.as_slice())
    {
        lock().cancelled.insert((*id).to_owned());
        return ok(&json!({}));
    }
    let Some(mut answer) = forward(backend, request) else { return failure(502, "", "the emulator has gone") };
    // An upload's session is asked for at this server, too.
    for (name, value) in &mut answer.headers {
        if name == "location" {
            let host = request.header("host").unwrap_or_default();
            *value = value.replacen(backend, &format!("http://{host}"), 1);
        }
    }
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["bigquery", "v2", "projects", _, "jobs"]) if answer.status == 200 => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let id = body["jobReference"]["jobId"].as_str().unwrap_or_default().to_owned();
            let mut world = lock();
            let running = world.running;
            world.jobs.insert(id.clone(), Job { running, failure: None });
            world.made.push(id.clone());
            world.bodies.insert(id, body);
        }
        ("POST", ["upload", ..]) if answer.status == 200 => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let id = body["jobReference"]["jobId"].as_str().unwrap_or_default().to_owned();
            let mut world = lock();
            world.made.push(id.clone());
            world.bodies.insert(id, body);
        }
        ("GET", ["bigquery", "v2", "projects", _, "jobs", id]) if answer.status == 200 => {
            let mut world = lock();
            let is_cancelled = world.cancelled.contains(*id);
            if let Some(job) = world.jobs.get_mut(*id) {
                if is_cancelled {
                    job.running = 0;
                    job.failure = Some(("stopped".to_owned(), "Job execution was cancelled".to_owned()));
                }
                if job.running > 0 || job.failure.is_some() {
                    return look(&mut world, id);
                }
            }
        }
        _ => {}
    }
    answer
}
