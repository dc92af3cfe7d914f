//! A server that writes whatever it likes: for heads and paces that no decent HTTP server can be brought to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
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

/// A client that has gone away is what most answers end with.
fn serve(mut connection: TcpStream, answer: &dyn Fn(&mut TcpStream) -> std::io::Result<()>) {
    let Ok(reading) = connection.try_clone() else { return };
    let head = BufReader::new(reading).lines().map_while(Result::ok);
    if head.take_while(|line| !line.is_empty()).count() > 0 {
        answer(&mut connection).ok();
        connection.flush().ok();
    }
}
