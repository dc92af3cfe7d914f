//! A link that is slow for each connection by itself, as long ways are: a proxy that forwards every byte half a round
//! trip late and at a limited rate each way, and takes a whole round trip to open a connection, as TCP does. A tool gets
//! more out of such a link by several connections, and by waiting less often for an answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

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
    /// In megabytes a second.
    pub(crate) rate: u32,
}

impl Link {
    fn duration_of(self, bytes: usize) -> Duration {
        let bytes = u32::try_from(bytes).unwrap();
        Duration::from_secs_f64(f64::from(bytes) / (f64::from(self.rate) * 1e6))
    }

    /// The bytes that may be under way: twice what the link itself holds, so that it never runs dry.
    fn window(self) -> usize {
        let per_millisecond = u128::from(self.rate) * 1000;
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
    loop {
        let (client, _) = listener.accept().await.unwrap();
        tokio::spawn(join(client, upstream, link));
    }
}

/// One connection. Where an end closes or fails, the other learns it as late as the bytes before it.
async fn join(mut client: TcpStream, upstream: SocketAddr, link: Link) {
    sleep(link.round_trip).await;
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        return;
    };
    for end in [&client, &server] {
        end.set_nodelay(true).unwrap();
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::join!(carry(from_client, to_server, link), carry(from_server, to_client, link));
}

/// One direction of one connection.
async fn carry(from: impl AsyncRead + Unpin, to: impl AsyncWrite + Unpin, link: Link) {
    let room = Arc::new(Semaphore::new(link.window()));
    let (sender, receiver) = unbounded_channel();
    tokio::join!(take(from, sender, &room, link), give(to, receiver, &room, link));
}

/// A piece, and when it may arrive.
type Piece = (Instant, Bytes);

async fn take(mut from: impl AsyncRead + Unpin, queue: UnboundedSender<Piece>, room: &Semaphore, link: Link) {
    loop {
        let mut piece = BytesMut::with_capacity(PIECE);
        let Ok(length @ 1..) = from.read_buf(&mut piece).await else {
            return;
        };
        let Ok(taken) = room.acquire_many(u32::try_from(length).unwrap()).await else {
            return;
        };
        taken.forget();
        let due = Instant::now() + link.round_trip / 2;
        if queue.send((due, piece.freeze())).is_err() {
            return;
        }
    }
}

async fn give(mut to: impl AsyncWrite + Unpin, mut queue: UnboundedReceiver<Piece>, room: &Semaphore, link: Link) {
    let mut free = Instant::now();
    while let Some((due, piece)) = queue.recv().await {
        sleep_until(due).await;
        // By when it could have gone, not by when we got to it: a busy machine must not make the link slower.
        free = free.max(due) + link.duration_of(piece.len());
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
