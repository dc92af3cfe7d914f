//! Links that are slow in one way or the other: a proxy that forwards every byte half a round trip late and at a limited rate
//! each way, and takes a whole round trip to open a connection, as TCP does. The rate is that of each connection, as on
//! long ways, or of all together, as behind one line; and the first byte of every answer may take its time, as from object
//! storage.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use crate::support::server::tls::Identity;

/// What is read at once.
const PIECE: usize = 64 << 10;

/// A sender may be so far ahead of the rate before it has to wait: one sleep for several pieces, as timers are coarse.
const AHEAD: Duration = Duration::from_millis(10);

/// The running proxy.
pub(crate) struct Proxy {
    host: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a link is like.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub(crate) round_trip: Duration,
    pub(crate) rate: Rate,
    /// From a request to the first byte of its answer, beside the round trip.
    pub(crate) first_byte: Duration,
    /// Does the proxy speak TLS, in place of the registry?
    pub(crate) tls: bool,
}

/// In megabytes a second.
#[derive(Clone, Copy)]
pub(crate) enum Rate {
    /// Of each connection.
    Each(u32),
    /// Of all connections together.
    Shared(u32),
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (round_trip, first_byte) = (self.round_trip.as_millis(), self.first_byte.as_millis());
        match self.rate {
            Rate::Each(rate) => write!(f, "each connection {rate} MB/s each way")?,
            Rate::Shared(rate) => write!(f, "all connections together {rate} MB/s each way")?,
        }
        if self.tls {
            write!(f, ", TLS")?;
        }
        write!(f, ", {round_trip} ms there and back, {first_byte} ms to the first byte")
    }
}

impl Link {
    fn duration_of(self, bytes: usize) -> Duration {
        let bytes = u32::try_from(bytes).unwrap();
        Duration::from_secs_f64(f64::from(bytes) / (f64::from(self.megabytes()) * 1e6))
    }

    fn megabytes(self) -> u32 {
        match self.rate {
            Rate::Each(rate) | Rate::Shared(rate) => rate,
        }
    }

    /// The bytes that may be under way: twice what the link itself holds, so that it never runs dry.
    fn window(self) -> usize {
        let per_millisecond = u128::from(self.megabytes()) * 1000;
        let held = per_millisecond * self.round_trip.as_millis();
        usize::try_from(2 * held).unwrap().max(4 * PIECE)
    }
}

impl Proxy {
    pub(crate) fn start(upstream: &str, link: Link) -> Self {
        let upstream: SocketAddr = upstream.parse().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, upstream, link) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            host,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, upstream: SocketAddr, link: Link) {
    let acceptor = link.tls.then(|| Identity::new(false).acceptor);
    let shared = [Pacer::default(), Pacer::default()];
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let pacers = match link.rate {
            Rate::Shared(_) => shared.clone(),
            Rate::Each(_) => [Pacer::default(), Pacer::default()],
        };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            client.set_nodelay(true).unwrap();
            match acceptor {
                None => join(client, upstream, link, pacers).await,
                Some(acceptor) => {
                    if let Ok(client) = acceptor.accept(client).await {
                        join(client, upstream, link, pacers).await;
                    }
                }
            }
        });
    }
}

/// One direction of a link: when the bytes that were sent so far are through.
#[derive(Clone, Default)]
struct Pacer(Arc<Mutex<Option<Instant>>>);

impl Pacer {
    /// When these bytes, which may not go before `due`, are through.
    fn through(&self, due: Instant, time: Duration) -> Instant {
        let mut free = self.0.lock().unwrap();
        // By when it could have gone, not by when we got to it: a busy machine must not make the link slower.
        let end = free.map_or(due, |free| free.max(due)) + time;
        *free = Some(end);
        end
    }
}

/// One connection. Where an end closes or fails, the other learns it as late as the bytes before it.
async fn join(client: impl AsyncRead + AsyncWrite, upstream: SocketAddr, link: Link, [up, down]: [Pacer; 2]) {
    sleep(link.round_trip).await;
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        return;
    };
    server.set_nodelay(true).unwrap();
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = server.split();
    // What a client sends is a request, or its body: the next byte from the server begins an answer.
    let asked = AtomicBool::new(false);
    let request = || {
        asked.store(true, Ordering::Relaxed);
        Duration::ZERO
    };
    let answer = || {
        if asked.swap(false, Ordering::Relaxed) {
            link.first_byte
        } else {
            Duration::ZERO
        }
    };
    tokio::join!(
        carry(from_client, to_server, link, up, request),
        carry(from_server, to_client, link, down, answer)
    );
}

/// One direction of one connection.
async fn carry(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    link: Link,
    pacer: Pacer,
    late: impl Fn() -> Duration,
) {
    let room = Arc::new(Semaphore::new(link.window()));
    let (sender, receiver) = unbounded_channel();
    tokio::join!(take(from, sender, &room, link, late), give(to, receiver, &room, link, pacer));
}

/// A piece, and when it may arrive.
type Piece = (Instant, Bytes);

async fn take(
    mut from: impl AsyncRead + Unpin,
    queue: UnboundedSender<Piece>,
    room: &Semaphore,
    link: Link,
    late: impl Fn() -> Duration,
) {
    loop {
        let mut piece = BytesMut::with_capacity(PIECE);
        let Ok(length @ 1..) = from.read_buf(&mut piece).await else {
            return;
        };
        let Ok(taken) = room.acquire_many(u32::try_from(length).unwrap()).await else {
            return;
        };
        taken.forget();
        let due = Instant::now() + link.round_trip / 2 + late();
        if queue.send((due, piece.freeze())).is_err() {
            return;
        }
    }
}

async fn give(
    mut to: impl AsyncWrite + Unpin,
    mut queue: UnboundedReceiver<Piece>,
    room: &Semaphore,
    link: Link,
    pacer: Pacer,
) {
    while let Some((due, piece)) = queue.recv().await {
        sleep_until(due).await;
        let free = pacer.through(due, link.duration_of(piece.len()));
        if free > Instant::now() + AHEAD {
            sleep_until(free).await;
        }
        if to.write_all(&piece).await.is_err() {
            break;
        }
        room.add_permits(piece.len());
    }
    to.shutdown().await.ok();
    // Nobody waits for room that will never be.
    room.close();
}
