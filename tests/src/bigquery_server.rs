//! A small server with the life of BigQuery's jobs: RUNNING before DONE, 409 for a used id, uploads in parts, dry runs,
//! pages; and with the faults that a network has, at any request. It executes nothing, or lets an emulator do it; it
//! must not know any statement that dwc generates.

mod lifecycle;

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::http;
pub use crate::http::Request;

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed before anything is done.
    Refused,
    /// The work is done, and the connection closed before the answer.
    Cut,
    /// The work is done, and the connection closed in the middle of the answer.
    CutInside,
    /// An answer of this status and reason, and how many seconds to wait.
    Status(u16, &'static str, Option<u64>),
}

/// What the server knows.
#[derive(Debug, Default)]
pub struct World {
    /// Every request, as `GET /path`.
    pub requests: Vec<String>,
    /// Bodies of the requests that made jobs, by job id.
    pub bodies: BTreeMap<String, Value>,
    /// Ids of jobs, in the order in which they were made.
    pub made: Vec<String>,
    /// Files that load jobs were given, by job id.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What happens to the nth request from now, from 1.
    pub faults: BTreeMap<usize, Fault>,
    /// From the nth request from now every one meets this fault, as after a kill.
    pub dead_from: Option<(usize, Fault)>,
    /// How often a job is RUNNING when it is looked at.
    pub running: u32,
    /// Jobs whose text holds this fail so often, for this reason and with this message.
    pub failing: Option<(String, u32, &'static str, &'static str)>,
    /// Bytes that a dry run says.
    pub bytes: u64,
    /// Rows of every query: one column of text.
    pub rows: Vec<String>,
    pub(crate) jobs: BTreeMap<String, lifecycle::Job>,
    pub(crate) cancelled: BTreeSet<String>,
    pub(crate) uploads: Vec<lifecycle::Upload>,
    seen: usize,
}

/// A running server; its threads end with the process.
pub struct BigQueryServer {
    port: u16,
    world: Arc<Mutex<World>>,
}

impl BigQueryServer {
    /// Starts a server that executes nothing.
    pub fn start() -> Self {
        Self::before(None)
    }

    /// Starts a server before an emulator that executes.
    pub fn before(backend: Option<String>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let world = Arc::new(Mutex::new(World::default()));
        let shared = world.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (world, backend) = (shared.clone(), backend.clone());
                std::thread::spawn(move || {
                    let address = format!("http://127.0.0.1:{port}");
                    http::serve(stream, |request| answer(&world, &address, backend.as_deref(), request));
                });
            }
        });
        Self { port, world }
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it knows, to look at and to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets faults and counts requests anew.
    pub fn heal(&self) {
        let mut world = self.world();
        world.faults.clear();
        world.dead_from = None;
        world.seen = 0;
        world.requests.clear();
    }
}

fn answer(world: &Mutex<World>, address: &str, backend: Option<&str>, request: &Request) -> http::Outcome {
    let fault = {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        world.seen += 1;
        world.requests.push(format!("{} {}", request.method, request.path));
        let seen = world.seen;
        let dead = world.dead_from.clone().filter(|(from, _)| seen >= *from).map(|(_, fault)| fault);
        world.faults.get(&seen).cloned().or(dead)
    };
    match fault {
        Some(Fault::Refused) => return http::Outcome::Close,
        Some(Fault::Status(status, reason, seconds)) => {
            let mut answer = lifecycle::failure(status, reason, "a fault of the suite");
            answer.headers.extend(seconds.map(|seconds| ("Retry-After".to_owned(), seconds.to_string())));
            return http::Outcome::Whole(answer);
        }
        _ => {}
    }
    let answer = match backend {
        Some(backend) => lifecycle::forwarded(world, backend, request),
        None => lifecycle::answer(&mut world.lock().unwrap_or_else(PoisonError::into_inner), address, request),
    };
    match fault {
        Some(Fault::Cut) => http::Outcome::Close,
        Some(Fault::CutInside) => http::Outcome::Half(answer),
        _ => http::Outcome::Whole(answer),
    }
}
