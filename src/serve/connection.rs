//! Connections: taking them, as many as there are files for, and ending them, those included that never say anything.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::serve::answer::Answer;
use crate::serve::patience::Patient;
use crate::serve::refusal::{Code, Refusal};
use crate::serve::request::Request;
use crate::serve::{Server, Service, router};

/// How many connections are open at once; further ones wait. Each may have a blob open, and a process has about a thousand
/// files.
const MOST: usize = 256;
/// How long the head of a request may take, and how long a connection may wait for one.
const HEAD: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How much of a head is read, and of a body at once, in bytes.
const BUFFER: usize = 64 << 10;
/// How many headers a request may have.
const HEADERS: usize = 64;
/// How long requests under way may go on when the server stops.
const END: Duration = Duration::from_secs(10);
/// How often idle uploads are looked for.
const TIDY: Duration = Duration::from_mins(1);

/// Serves until `stop` is done.
pub(super) async fn serve(server: Server, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST));
    let mut stop = pin!(stop);
    let mut tidy = interval(TIDY);
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let next = async {
            // Never closed.
            let place = Arc::clone(&room).acquire_owned().await.ok();
            (place, server.listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            _ = tidy.tick() => {
                server.service.uploads.tidy();
                continue;
            }
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (service, tls, watcher) = (Arc::clone(&server.service), server.tls.clone(), graceful.watcher());
                tokio::spawn(async move {
                    greet(stream, peer, tls, service, watcher).await;
                    drop(place);
                });
            }
            Err(error) => {
                refuse(&server.service, &error);
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(server.listener);
    // Whoever takes longer is cut off.
    let _ = timeout(END, graceful.shutdown()).await;
}

/// A client that has gone away again is no trouble; too few files are.
fn refuse(service: &Service, error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        (service.report)(&format!("cannot take a connection: {error}"));
    }
}

async fn greet(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, service: Arc<Service>, watcher: Watcher) {
    // Answers are small or large pieces, and neither gains by waiting.
    let _ = stream.set_nodelay(true);
    match tls {
        None => converse(stream, peer, service, watcher).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                converse(stream, peer, service, watcher).await;
            }
        }
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    service: Arc<Service>,
    watcher: Watcher,
) {
    let answer = service_fn(move |request| work(Arc::clone(&service), Request::new(request, peer)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Patient::new(stream)), answer);
    // A client may go away at any time.
    let _ = watcher.watch(connection).await;
}

/// Works in a task of its own: what has arrived is dealt with even if the client hangs up meanwhile.
async fn work(service: Arc<Service>, request: Request) -> Result<Answer, Infallible> {
    let answered = tokio::spawn(router::answer(service, request)).await;
    Ok(answered.unwrap_or_else(|_| Refusal::new(Code::Unknown, "this server failed").into_answer()))
}
