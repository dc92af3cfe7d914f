//! A server that writes whatever it likes: for heads and paces that no decent HTTP server can be brought to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Answers every request by writing to its connection, which is closed after that. It ends with the test run.
pub(super) struct RawServer {
    host: String,
}

impl RawServer {
    pub(super) fn start(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(connection, &*answer));
            }
        });
        Self { host }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

/// Begins a TLS handshake as it likes, once the client has begun it.
pub(super) struct TlsServer {
    host: String,
    hellos: Arc<AtomicUsize>,
}

impl TlsServer {
    pub(super) fn start(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let hellos = Arc::new(AtomicUsize::new(0));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&hellos));
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                thread::spawn(move || {
                    // The type of the record that a handshake begins with.
                    let mut first = [0];
                    if connection.read_exact(&mut first).is_ok() && first == [22] {
                        seen.fetch_add(1, Ordering::Relaxed);
                        answer(&mut connection).ok();
                    }
                });
            }
        });
        Self { host, hellos }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// How many handshakes clients have begun.
    pub(super) fn hellos(&self) -> usize {
        self.hellos.load(Ordering::Relaxed)
    }
}

/// A client that has gone away is what most answers end with.
fn serve(mut connection: TcpStream, answer: &dyn Fn(&mut TcpStream) -> std::io::Result<()>) {
    let Ok(reading) = connection.try_clone() else { return };
    let head = BufReader::new(reading).lines().map_while(Result::ok);
    if head.take_while(|line| !line.is_empty()).count() > 0 {
        answer(&mut connection).ok();
        connection.flush().ok();
    }
}
