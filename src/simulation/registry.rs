//! A registry, its mirror, its storage and a second registry, reached over simulated links.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Method, Request, Response, ResponseBuilderExt as _, StatusCode, Url};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::content;
use super::link::{Lane, Link};
use super::places::Images;
use super::scenario::{Fault, FaultKind, Scenario};
use super::tally::Tally;
use crate::registry::SimulatedNetwork;

/// How many requests a run may make: one that never ends is found.
const MOST_REQUESTS: usize = 4000;

/// Blobs up to this size, in bytes, do not count among the connections that are allowed.
const SMALL: u64 = 1 << 20;

pub(super) struct World {
    scenario: Scenario,
    images: Images,
    source: Arc<Link>,
    mirror: Arc<Link>,
    target: Arc<Link>,
    tally: Arc<Tally>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: usize,
    blob_requests: usize,
    mirror_blob_requests: usize,
    puts: usize,
    /// Until when the registry asked not to be asked.
    quiet_until: Option<Instant>,
    /// The parts of each blob that the mirror was asked for.
    asked_of_mirror: HashMap<String, Vec<(u64, u64)>>,
    /// Blobs at the target.
    stored: HashSet<String>,
    /// The bytes of each upload session that have arrived.
    sessions: HashMap<String, u64>,
}

/// A body that a registry is to send.
struct Reply {
    status: StatusCode,
    start: u64,
    end: u64,
    /// Where the body announces to begin and end, if it is a part.
    range: Option<(u64, u64, u64)>,
    has_length: bool,
    cut: Option<(u64, FaultKind)>,
}

impl World {
    pub(super) fn new(scenario: &Scenario, images: Images, tally: Arc<Tally>) -> Self {
        let link = |conditions, salt| Arc::new(Link::new(conditions, scenario.seed ^ salt));
        Self {
            source: link(scenario.source.clone(), 1),
            mirror: link(scenario.source.clone(), 2),
            target: link(scenario.target.clone(), 3),
            scenario: scenario.clone(),
            images,
            tally,
            state: Mutex::default(),
        }
    }

    pub(super) fn has_stored(&self, digest: &str) -> bool {
        self.state.lock().unwrap().stored.contains(digest)
    }

    async fn answer(&self, mut request: Request) -> reqwest::Result<Response> {
        let url = request.url().clone();
        let (host, path) = (url.host_str().unwrap().to_owned(), url.path().to_owned());
        let requests = {
            let mut state = self.state.lock().unwrap();
            state.requests += 1;
            state.requests
        };
        assert!(requests < MOST_REQUESTS, "too many requests: {} {url}", request.method());
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let link = match host.as_str() {
            "mirror.test" => &self.mirror,
            "target.test" => &self.target,
            _ => &self.source,
        };
        if path.contains("/blobs/sha256:") && request.method() == Method::GET {
            return self.blob(link, &host, &url, &name, &request).await;
        }
        tokio::time::sleep(link.conditions().round_trip).await;
        match *request.method() {
            Method::GET | Method::HEAD if path.contains("/manifests/") => {
                let there = host != "target.test" || self.has_stored(&name);
                Ok(if there { self.manifest(&url) } else { plain(&url, 404) })
            }
            Method::HEAD => Ok(plain(&url, if self.has_stored(&name) { 200 } else { 404 })),
            Method::POST => {
                let mut state = self.state.lock().unwrap();
                let session = format!("session-{}", state.requests);
                state.sessions.insert(session.clone(), 0);
                Ok(head(&url, 202)
                    .header(LOCATION, format!("/v2/t/t/blobs/uploads/{session}"))
                    .body(reqwest::Body::default())
                    .unwrap()
                    .into())
            }
            Method::GET => Ok(self.session(&url, &name)),
            Method::PUT if path.contains("/manifests/") => {
                let bytes = body_of(&mut request).await;
                let digest = crate::oci::Digest::of(&bytes).to_string();
                self.state.lock().unwrap().stored.insert(digest.clone());
                let answer = head(&url, 201).header("Docker-Content-Digest", digest);
                Ok(answer.body(reqwest::Body::default()).unwrap().into())
            }
            Method::PUT => self.put_blob(&url, &name, request).await,
            _ => Ok(plain(&url, 405)),
        }
    }

    fn manifest(&self, url: &Url) -> Response {
        let raw = self.images.manifest.raw().clone();
        head(url, 200)
            .header(CONTENT_TYPE, self.images.manifest.media_type().as_str())
            .header(CONTENT_LENGTH, raw.len())
            .header("Docker-Content-Digest", self.images.manifest.digest().to_string())
            .body(reqwest::Body::from(raw))
            .unwrap()
            .into()
    }

    async fn blob(&self, link: &Arc<Link>, host: &str, url: &Url, name: &str, request: &Request) -> reqwest::Result<Response> {
        let quiet_until = self.state.lock().unwrap().quiet_until.filter(|_| host == "source.test");
        if quiet_until.is_some_and(|until| Instant::now() < until) {
            self.tally.count(|counts| counts.impatient += 1);
        }
        if self.scenario.redirects && matches!(host, "source.test" | "mirrored.test") {
            tokio::time::sleep(link.conditions().round_trip).await;
            let storage = format!("http://storage.test/v2/s/s/blobs/{name}?signature=1");
            let answer = head(url, 307).header(LOCATION, storage);
            return Ok(answer.body(reqwest::Body::default()).unwrap().into());
        }
        let size = self.images.size(name);
        let asked = asked(request, size);
        let fault = self.fault(host, name, asked.unwrap_or((0, size)));
        self.tally.count(|counts| {
            counts.begun.get_or_insert_with(Instant::now);
            counts.faults += usize::from(fault.is_some());
            counts.excused += fault.as_ref().map_or(Duration::ZERO, excuse);
        });
        self.tally
            .trace(|| format!("{host} is asked for {asked:?} of {size}: {fault:?}"));
        let lane = link.first_byte().await;
        if size > SMALL {
            self.tally
                .count(|counts| counts.most_under_way = counts.most_under_way.max(link.under_way()));
        }
        match &fault {
            Some(FaultKind::NoHead) => {
                link.done(false);
                return Err(broken().await);
            }
            Some(FaultKind::Status(status, wait)) => {
                link.done(true);
                let mut answer = head(url, *status).header(CONTENT_LENGTH, 0);
                if let Some(wait) = wait {
                    answer = answer.header(RETRY_AFTER, *wait);
                    let until = Instant::now() + Duration::from_secs(*wait);
                    if host != "mirror.test" {
                        self.state.lock().unwrap().quiet_until = Some(until);
                    }
                }
                return Ok(answer.body(reqwest::Body::default()).unwrap().into());
            }
            _ => {}
        }
        Ok(self.stream(url, link, lane, self.reply(asked, size, fault), size))
    }

    /// The fault that hits this request for a blob.
    fn fault(&self, host: &str, name: &str, asked: (u64, u64)) -> Option<FaultKind> {
        let mut state = self.state.lock().unwrap();
        let (nth, faults) = if host == "mirror.test" {
            state.mirror_blob_requests += 1;
            let before = state.asked_of_mirror.entry(name.to_owned()).or_default();
            let repeats = before.iter().any(|(start, end)| *start < asked.1 && asked.0 < *end);
            before.push(asked);
            self.tally.count(|counts| {
                counts.mirror_requests += 1;
                counts.mirror_repeats += usize::from(repeats);
            });
            (
                state.mirror_blob_requests - 1,
                self.scenario.mirror.as_deref().unwrap_or_default(),
            )
        } else {
            state.blob_requests += 1;
            self.tally.count(|counts| counts.requests += 1);
            (state.blob_requests - 1, self.scenario.faults.as_slice())
        };
        let hit = faults.iter().find(|fault: &&Fault| fault.request == nth)?;
        Some(hit.kind.clone())
    }

    /// What is sent for a range, once a fault has changed it.
    fn reply(&self, asked: Option<(u64, u64)>, size: u64, fault: Option<FaultKind>) -> Reply {
        let whole = Reply {
            status: StatusCode::OK,
            start: 0,
            end: size,
            range: None,
            has_length: true,
            cut: None,
        };
        let mut reply = match asked {
            Some((start, end)) if !self.scenario.ignores_ranges && fault != Some(FaultKind::Whole) => Reply {
                status: StatusCode::PARTIAL_CONTENT,
                start,
                end,
                range: Some((start, end, size)),
                ..whole
            },
            _ => whole,
        };
        let length = reply.end - reply.start;
        let at = |part: f64, reply: &Reply| reply.start + (length as f64 * part) as u64;
        match fault {
            Some(FaultKind::Reset(part) | FaultKind::Stall(part) | FaultKind::Trickle(part)) => {
                reply.cut = Some((at(part, &reply), fault.unwrap()));
            }
            Some(FaultKind::End(part)) => {
                reply.has_length = false;
                reply.cut = Some((at(part, &reply), FaultKind::End(part)));
            }
            Some(FaultKind::TooLong(extra)) if reply.range.is_some() => {
                reply.end = (reply.end + extra).min(size);
                reply.range = Some((reply.start, reply.end, size));
            }
            Some(FaultKind::TooShort(part)) if reply.range.is_some() && length > 1 => {
                reply.end = at(part, &reply).max(reply.start + 1);
                reply.range = Some((reply.start, reply.end, size));
            }
            Some(FaultKind::Misplaced) if reply.range.is_some() && reply.start > 0 => {
                reply.start /= 2;
                reply.end = reply.start + length;
                reply.range = Some((reply.start, reply.end, size));
            }
            _ => {}
        }
        reply
    }

    fn stream(&self, url: &Url, link: &Arc<Link>, lane: Lane, reply: Reply, size: u64) -> Response {
        let mut answer = head(url, reply.status.as_u16());
        if reply.has_length {
            answer = answer.header(CONTENT_LENGTH, reply.end - reply.start);
        }
        if let Some((start, end, total)) = reply.range {
            answer = answer.header(CONTENT_RANGE, format!("bytes {start}-{}/{total}", end - 1));
        }
        debug_assert!(reply.end <= size);
        let (sender, mut receiver) = mpsc::channel::<io::Result<Bytes>>(link.conditions().window);
        tokio::spawn(send(Arc::clone(link), lane, reply, Arc::clone(&self.tally), sender));
        let tally = Arc::clone(&self.tally);
        let pieces = stream::poll_fn(move |context| {
            let piece = std::task::ready!(receiver.poll_recv(context));
            if let Some(Ok(piece)) = &piece {
                tally.taken(piece.len() as u64);
            }
            std::task::Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
        });
        answer.body(reqwest::Body::wrap(StreamBody::new(pieces))).unwrap().into()
    }

    fn session(&self, url: &Url, name: &str) -> Response {
        let arrived = self.state.lock().unwrap().sessions.get(name).copied();
        match arrived.filter(|_| self.scenario.keeps_uploads) {
            Some(arrived) => head(url, 204)
                .header(LOCATION, url.as_str())
                .header(RANGE, format!("0-{}", arrived.saturating_sub(1)))
                .body(reqwest::Body::default())
                .unwrap()
                .into(),
            None => plain(url, 404),
        }
    }

    async fn put_blob(&self, url: &Url, session: &str, mut request: Request) -> reqwest::Result<Response> {
        let digest = url
            .query_pairs()
            .find_map(|(key, value)| (key == "digest").then(|| value.into_owned()));
        let digest = digest.unwrap();
        let size = self.images.size(&digest);
        let (fault, from) = {
            let mut state = self.state.lock().unwrap();
            state.puts += 1;
            let nth = state.puts - 1;
            let fault = self.scenario.upload_faults.iter().find(|fault| fault.request == nth);
            (fault.map(|fault| fault.kind.clone()), state.sessions.remove(session))
        };
        let Some(from) = from else { return Ok(plain(url, 404)) };
        self.tally.count(|counts| {
            counts.begun.get_or_insert_with(Instant::now);
            counts.faults += usize::from(fault.is_some());
            counts.excused += fault.as_ref().map_or(Duration::ZERO, excuse);
        });
        if let Some(FaultKind::Status(status, wait)) = fault {
            let mut answer = head(url, status);
            if let Some(wait) = wait {
                answer = answer.header(RETRY_AFTER, wait);
            }
            return Ok(answer.body(reqwest::Body::default()).unwrap().into());
        }
        let cut = match fault {
            Some(FaultKind::Reset(part) | FaultKind::Stall(part)) => from + ((size - from) as f64 * part) as u64,
            _ => size,
        };
        let mut lane = self.target.first_byte().await;
        let mut at = from;
        let mut body = request.body_mut().take().unwrap_or_default();
        while at < size {
            if at >= cut {
                self.keep(session, at);
                self.target.done(false);
                if matches!(fault, Some(FaultKind::Stall(_))) {
                    std::future::pending::<()>().await;
                }
                return Err(broken().await);
            }
            let Some(Ok(frame)) = body.frame().await else {
                self.keep(session, at);
                self.target.done(false);
                return Err(broken().await);
            };
            let piece = frame.into_data().unwrap_or_default();
            assert!(content::belongs_at(at, &piece), "an upload has other bytes at {at}");
            self.target.pass(&mut lane, piece.len() as u64).await;
            self.tally.count(|counts| counts.uploaded += piece.len() as u64);
            self.tally.handed_on(piece.len() as u64);
            at += piece.len() as u64;
        }
        self.target.done(true);
        if fault.is_some() {
            return Err(broken().await);
        }
        assert_eq!(at, size, "an upload has too many bytes");
        self.state.lock().unwrap().stored.insert(digest);
        Ok(plain(url, 201))
    }

    fn keep(&self, session: &str, arrived: u64) {
        self.state.lock().unwrap().sessions.insert(session.to_owned(), arrived);
    }
}

impl SimulatedNetwork for World {
    fn send(&self, request: Request) -> BoxFuture<'_, reqwest::Result<Response>> {
        self.answer(request).boxed()
    }
}

/// Sends a body piece by piece, as fast as the link and the reader let it.
async fn send(link: Arc<Link>, mut lane: Lane, reply: Reply, tally: Arc<Tally>, pieces: mpsc::Sender<io::Result<Bytes>>) {
    let mut at = reply.start;
    let stop = reply.cut.as_ref().map_or(reply.end, |(cut, _)| *cut);
    while at < stop {
        let length = link.piece().min(stop - at).min(content::LONGEST_PIECE);
        link.pass(&mut lane, length).await;
        tally.count(|counts| counts.sent += length);
        if pieces.send(Ok(content::piece(at, length))).await.is_err() {
            link.done(false);
            return;
        }
        at += length;
    }
    tally.trace(|| format!("sent {}..{at}", reply.start));
    match reply.cut.map(|(_, kind)| kind) {
        Some(FaultKind::Reset(_)) => drop(pieces.send(Err(io::ErrorKind::ConnectionReset.into())).await),
        Some(FaultKind::Stall(_)) => pieces.closed().await,
        Some(FaultKind::Trickle(_)) => {
            while at < reply.end {
                tokio::time::sleep(Duration::from_secs(4)).await;
                tally.count(|counts| counts.sent += 1);
                if pieces.send(Ok(content::piece(at, 1))).await.is_err() {
                    break;
                }
                at += 1;
            }
        }
        Some(_) => {}
        None => return link.done(true),
    }
    link.done(false);
}

/// How long a client may rightly take longer because of a fault: for the silence it waits out, and for its backoff.
fn excuse(fault: &FaultKind) -> Duration {
    Duration::from_secs(match fault {
        FaultKind::Stall(_) => 75,
        FaultKind::Trickle(_) => 60,
        FaultKind::Status(_, Some(wait)) => wait + 8,
        _ => 8,
    })
}

fn asked(request: &Request, size: u64) -> Option<(u64, u64)> {
    let text = request.headers().get(RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = last.parse::<u64>().map_or(size, |last| last + 1);
    let start = first.parse().ok()?;
    assert!(start < end && end <= size, "asked for {text} of {size} bytes");
    Some((start, end))
}

fn head(url: &Url, status: u16) -> http::response::Builder {
    http::Response::builder().status(status).url(url.clone())
}

fn plain(url: &Url, status: u16) -> Response {
    head(url, status)
        .header(CONTENT_LENGTH, 0)
        .body(reqwest::Body::default())
        .unwrap()
        .into()
}

/// The error of a connection that breaks before the head of a response.
async fn broken() -> reqwest::Error {
    let broken = stream::iter([Err::<Frame<Bytes>, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    let body = reqwest::Body::wrap(StreamBody::new(broken));
    let mut response = Response::from(http::Response::new(body));
    response.chunk().await.unwrap_err()
}

async fn body_of(request: &mut Request) -> Bytes {
    let body = request.body_mut().take().unwrap_or_default();
    body.collect().await.unwrap().to_bytes()
}
