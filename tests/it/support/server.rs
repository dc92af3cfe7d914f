//! A loopback HTTP/1.1 server for the fakes: it logs every request, asks the rules how to misbehave and hands the rest
//! to a handler that knows what is being served. It listens on a free port of 127.0.0.1 and is gone when dropped.
//! What the answers mean is left to the handlers (`registry`, `token`, `peers::jwt`).

mod body;
mod log;
mod message;
mod rules;
pub(crate) mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use body::{Flushed, Out, Watched};
use log::Entry;
pub(crate) use log::Log;
pub(crate) use message::{Request, Response, percent_decoded};
use rules::Plan;
pub(crate) use rules::{Act, Rule, Rules};
use tls::Identity;
pub(crate) use tls::{Flaw, certificate_pems};

/// What is served once the rules have had their say.
pub(crate) trait Handler: Send + Sync + 'static {
    fn answer(&self, request: &Request, body: &Arrived) -> Response;
}

/// A request body as far as it came.
#[derive(Default)]
pub(crate) struct Arrived {
    pub(crate) bytes: Vec<u8>,
    /// Whether it came to its end.
    pub(crate) whole: bool,
}

/// The running server.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    handler: Box<dyn Handler>,
    rules: Rules,
    log: Arc<Log>,
    tls: Option<Identity>,
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
pub(crate) struct Gone;

impl Server {
    /// The handler is made once the address is known, for answers that must name it.
    pub(crate) fn start<H: Handler>(handler: impl FnOnce(SocketAddr) -> H) -> Self {
        Self::launch(handler, None)
    }

    /// The same over TLS, by a certificate of an unknown authority.
    pub(crate) fn start_tls<H: Handler>(handler: impl FnOnce(SocketAddr) -> H) -> Self {
        Self::launch(handler, Some(Identity::new(false)))
    }

    /// The same, for those alone who show a certificate of the same authority.
    pub(crate) fn start_mutual_tls<H: Handler>(handler: impl FnOnce(SocketAddr) -> H) -> Self {
        Self::launch(handler, Some(Identity::new(true)))
    }

    /// The same, with a certificate that is not good.
    pub(crate) fn start_flawed<H: Handler>(handler: impl FnOnce(SocketAddr) -> H, flaw: Flaw) -> Self {
        Self::launch(handler, Some(Identity::flawed(flaw)))
    }

    fn launch<H: Handler>(handler: impl FnOnce(SocketAddr) -> H, tls: Option<Identity>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            handler: Box::new(handler(address)),
            rules: Rules::default(),
            log: Arc::default(),
            tls,
        });
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// The authority to be trusted, in PEM.
    pub(crate) fn authority_pem(&self) -> &str {
        &self.identity().authority_pem
    }

    /// A certificate and its key that the authority signed, in PEM.
    pub(crate) fn client_pem(&self) -> &str {
        &self.identity().client_pem
    }

    fn identity(&self) -> &Identity {
        let identity = self.shared.tls.as_ref();
        identity.expect("a server without TLS has no authority")
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn rule(&self, rule: Rule) {
        self.shared.rules.add(rule);
    }

    pub(crate) fn clear_rules(&self) {
        self.shared.rules.clear();
    }

    pub(crate) fn log(&self) -> &Log {
        &self.shared.log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A stalled answer must not hold up the end of a test.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        tokio::spawn(greet(stream, Arc::clone(&shared)));
    }
}

async fn greet(stream: TcpStream, shared: Arc<Shared>) {
    let Some(identity) = &shared.tls else {
        return converse(stream, shared).await;
    };
    // Whoever does not trust the certificate, or speaks plain HTTP, is turned away here.
    if let Ok(stream) = identity.acceptor.accept(stream).await {
        converse(stream, Arc::clone(&shared)).await;
    }
}

async fn converse<S>(stream: S, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let flushed = Flushed::default();
    let io = TokioIo::new(Watched::new(stream, flushed.clone()));
    let service = service_fn(|request| serve(Arc::clone(&shared), flushed.clone(), request));
    // Connections that end badly are what many rules are for.
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
    connection.await.ok();
}

/// Works in a task of its own: what arrived is dealt with even if the client has hung up meanwhile.
async fn serve(
    shared: Arc<Shared>,
    flushed: Flushed,
    incoming: hyper::Request<Incoming>,
) -> Result<hyper::Response<Out>, Gone> {
    let head = incoming.method() == hyper::Method::HEAD;
    let (response, entry) = tokio::spawn(work(shared, incoming)).await.map_err(|_| Gone)?;
    let response = response.ok_or(Gone)?;
    Ok(response.into_hyper(head, flushed, entry))
}

async fn work(shared: Arc<Shared>, incoming: hyper::Request<Incoming>) -> (Option<Response>, Entry) {
    let (parts, body) = incoming.into_parts();
    let mut request = Request::from_parts(&parts);
    let entry = Log::open(&shared.log, &request);
    let plan = shared.rules.plan(&request);
    tokio::time::sleep(plan.delay()).await;
    let arrived = read(body, &plan).await;
    entry.arrived(&arrived.bytes);
    request.body_len = arrived.bytes.len() as u64;
    let response = plan.answer(&mut request, &arrived, shared.handler.as_ref());
    entry.answered(response.as_ref().map_or(0, |response| response.status));
    (response, entry)
}

/// Reads the body to its end, or as far as the plan allows.
async fn read(mut body: Incoming, plan: &Plan) -> Arrived {
    let mut arrived = Arrived::default();
    let limit = plan.read_limit();
    while arrived.bytes.len() < limit {
        match body.frame().await {
            None => {
                return Arrived { whole: true, ..arrived };
            }
            Some(Err(_)) => return arrived,
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                arrived.bytes.extend_from_slice(&data);
                tokio::time::sleep(pause(data.len(), plan.rate())).await;
            }
        }
    }
    arrived.bytes.truncate(limit);
    arrived
}

/// How long so many bytes take at so many a second.
fn pause(length: usize, rate: Option<u64>) -> Duration {
    let micros = rate.map_or(0, |rate| length as u64 * 1_000_000 / rate.max(1));
    Duration::from_micros(micros)
}
