//! A server that takes what webhooks are sent, and answers as it is told to. It must not know what a message means.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::http::{Answer, Outcome, serve};

/// A running server; its threads end with the process.
pub struct Webhook {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<(String, Value)>,
    statuses: VecDeque<u16>,
}

impl Webhook {
    /// Starts a server that takes everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = shared.clone();
                std::thread::spawn(move || {
                    serve(stream, |request| {
                        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
                        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                        seen.requests.push((request.path.clone(), body));
                        let status = seen.statuses.pop_front().unwrap_or(200);
                        Outcome::Whole(Answer { status, ..Answer::default() })
                    });
                });
            }
        });
        Self { port, seen }
    }

    /// Its address with a path.
    pub fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// What the next requests are answered, in their order; every other is taken.
    pub fn answer(&self, statuses: &[u16]) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).statuses = statuses.iter().copied().collect();
    }

    /// The paths and bodies of the requests since the last time.
    pub fn taken(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner).requests)
    }
}
