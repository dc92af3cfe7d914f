//! A proxy before a real registry that makes the network between the two misbehave: bodies cut, silenced, shortened or
//! spoiled at any byte, answers lost, requests refused. It knows nothing of registries but what their paths lead to, and
//! passes everything else on as it came, the Host field too: the places a registry names lead through it again.

mod exchange;
mod flow;
mod message;
mod plan;
mod tally;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use exchange::{After, Client, exchange, speaks_http};
pub(crate) use plan::{Asked, Fault, Kind, Plan, Spoil, cuts, nothing, on, seeded};
use tally::{Injected, Tally};

/// How much the kernel holds for each side, in bytes: what lies in there when a connection is cut counts for nobody.
const BUFFER: u32 = 64 << 10;

/// The running proxy; it is gone when dropped.
pub(crate) struct FaultProxy {
    host: String,
    tally: Arc<Tally>,
    runtime: Option<Runtime>,
}

impl FaultProxy {
    /// Before the registry at `upstream`, given as `127.0.0.1:PORT`.
    pub(crate) fn before(upstream: &str, plan: Plan) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = {
            let _context = runtime.enter();
            listen()
        };
        let host = listener.local_addr().unwrap().to_string();
        let tally = Arc::new(Tally::of(plan));
        runtime.spawn(accept(listener, upstream.to_string(), Arc::clone(&tally)));
        Self {
            host,
            tally,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host)
    }

    /// The bytes of blobs that went to the client.
    pub(crate) fn down(&self) -> u64 {
        self.tally.down()
    }

    /// The bytes of blobs that came from the client.
    pub(crate) fn up(&self) -> u64 {
        self.tally.up()
    }

    /// What went wrong so far.
    pub(crate) fn injected(&self) -> Vec<Injected> {
        self.tally.injected()
    }

    /// The same, for people.
    pub(crate) fn told(&self) -> String {
        let lines: Vec<String> = self.injected().iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        // A silence must not hold up the end of a test.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(BUFFER).unwrap();
    socket.set_recv_buffer_size(BUFFER).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    socket.listen(128).unwrap()
}

async fn accept(listener: TcpListener, upstream: String, tally: Arc<Tally>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        let (upstream, tally) = (upstream.clone(), Arc::clone(&tally));
        tokio::spawn(async move { serve(stream, &upstream, &tally).await });
    }
}

/// Serves the requests of a connection one after the other. One that breaks by itself ends as if it had been closed.
async fn serve(mut stream: TcpStream, upstream: &str, tally: &Tally) {
    let (reader, writer) = stream.split();
    let reader = BufReader::with_capacity(16 << 10, reader);
    let mut client = Client { reader, writer };
    if !speaks_http(&mut client).await.unwrap_or(false) {
        return;
    }
    let after = loop {
        match exchange(&mut client, upstream, tally).await {
            Ok(After::Open) => {}
            Ok(after) => break after,
            Err(_) => break After::Closed,
        }
    };
    if after == After::Reset {
        stream.set_zero_linger().ok();
    }
}
