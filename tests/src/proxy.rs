//! A wire between a client and a server that can be cut, silenced or slowed. It must not look into what passes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What becomes of the bytes that a server sends.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// They pass.
    None,
    /// The connection is cut after so many.
    CutAfter(u64),
    /// Nothing passes after so many, and the connection stays open.
    SilentAfter(u64),
    /// So many pass in a second.
    Slow(u64),
}

/// A wire to a port of this machine.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cut_after: AtomicU64,
    silent_after: AtomicU64,
    per_second: AtomicU64,
    /// On how many connections the fault still happens.
    faulty: AtomicI64,
    connections: AtomicU64,
}

impl Proxy {
    /// A wire without a fault.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("the port's number").port();
        let state = Arc::new(State::default());
        let shared = state.clone();
        // The thread ends with the process: nothing waits for it.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (from_client, to_server) = (client.try_clone(), server.try_clone());
                let state = shared.clone();
                std::thread::spawn(move || down(server, client, &state));
                if let (Ok(mut from), Ok(mut to)) = (from_client, to_server) {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { port, state }
    }

    /// Sets the fault of the next connections: of so many, then none.
    pub fn set(&self, fault: Fault, connections: i64) {
        let (cut, silent, slow) = match fault {
            Fault::None => (0, 0, 0),
            Fault::CutAfter(bytes) => (bytes.max(1), 0, 0),
            Fault::SilentAfter(bytes) => (0, bytes.max(1), 0),
            Fault::Slow(bytes) => (0, 0, bytes.max(1)),
        };
        self.state.cut_after.store(cut, Ordering::SeqCst);
        self.state.silent_after.store(silent, Ordering::SeqCst);
        self.state.per_second.store(slow, Ordering::SeqCst);
        self.state.faulty.store(connections, Ordering::SeqCst);
    }

    /// How many connections there were.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of one database of a MariaDB server behind the wire.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }
}

/// Carries what the server sends.
fn down(mut server: TcpStream, mut client: TcpStream, state: &State) {
    let is_faulty = state.faulty.fetch_sub(1, Ordering::SeqCst) > 0;
    let limit = |of: &AtomicU64| Some(of.load(Ordering::SeqCst)).filter(|limit| is_faulty && *limit > 0);
    let (cut, silent, slow) = (limit(&state.cut_after), limit(&state.silent_after), limit(&state.per_second));
    let mut bytes = [0; 4096];
    let mut passed = 0;
    while let Ok(count @ 1..) = server.read(&mut bytes) {
        let end = cut.or(silent).map_or(count as u64, |limit| (limit - passed).min(count as u64));
        if client.write_all(&bytes[..end as usize]).is_err() {
            break;
        }
        passed += end;
        if cut.is_some_and(|limit| passed >= limit) {
            break;
        }
        if silent.is_some_and(|limit| passed >= limit) {
            // Held until the client goes.
            let _ = client.read(&mut bytes);
            break;
        }
        if let Some(per_second) = slow {
            std::thread::sleep(Duration::from_secs_f64(count as f64 / per_second as f64));
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
