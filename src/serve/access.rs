//! The access log: a line for each request, once its answer is sent or given up.
//!
//! What a request has in its query or its headers is not said, but for the name of a user who was let in.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use hyper::{Method, StatusCode};
use jiff::Timestamp;

use crate::serve::Service;
use crate::serve::answer::{Answer, Content};
use crate::serve::request::Request;
use crate::store::Error;

/// A request that is under way.
pub(super) struct Visit {
    began: Instant,
    peer: SocketAddr,
    method: Method,
    path: String,
    pub(super) user: Option<String>,
}

impl Visit {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            began: Instant::now(),
            peer: request.peer,
            method: request.head.method.clone(),
            path: request.head.uri.path().to_owned(),
            user: None,
        }
    }

    /// How messages call it.
    pub(super) fn asked(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Has the line written when the answer is gone, if there is a log.
    pub(super) fn attend(self, service: &Arc<Service>, answer: Answer) -> Answer {
        if service.access.is_none() {
            return answer;
        }
        let (status, service) = (answer.status(), Arc::clone(service));
        answer.map(|content| {
            let visit = self;
            let attended = Attended {
                content,
                visit,
                status,
                sent: 0,
                service,
            };
            attended.boxed_unsync()
        })
    }

    /// Every field is one word.
    fn line(&self, status: StatusCode, sent: u64, now: Timestamp) -> String {
        let user: String = match self.user.as_deref() {
            None => "-".to_owned(),
            Some(user) => form_urlencoded::byte_serialize(user.as_bytes()).collect(),
        };
        let (peer, method, path) = (self.peer, &self.method, self.path.escape_default());
        let (status, took) = (status.as_u16(), self.began.elapsed().as_millis());
        format!("{now:.3} {peer} {user} {method} {path} {status} {sent} {took}ms")
    }
}

/// The content of an answer, which knows how much of it was taken.
struct Attended {
    content: Content,
    visit: Visit,
    status: StatusCode,
    sent: u64,
    service: Arc<Service>,
}

impl Body for Attended {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = Pin::new(&mut self.content).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        if let Some(log) = &self.service.access {
            log(&self.visit.line(self.status, self.sent, Timestamp::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_whatever_a_client_sends() {
        let visit = |path: &str, user: Option<&str>| Visit {
            began: Instant::now() + std::time::Duration::from_hours(1),
            peer: "127.0.0.1:4242".parse().unwrap(),
            method: Method::GET,
            path: path.to_owned(),
            user: user.map(str::to_owned),
        };
        let now: Timestamp = "2026-01-02T03:04:05.6789Z".parse().unwrap();
        for (path, user, expected) in [
            ("/v2/", None, "- GET /v2/ 200 7 0ms"),
            ("/v2/", Some("anna"), "anna GET /v2/ 200 7 0ms"),
            (
                "/v2/\u{9b}\u{e9}",
                Some("an na\n\u{1b}["),
                "an+na%0A%1B%5B GET /v2/\\u{9b}\\u{e9} 200 7 0ms",
            ),
        ] {
            let line = visit(path, user).line(StatusCode::OK, 7, now);
            assert_eq!(line, format!("2026-01-02T03:04:05.678Z 127.0.0.1:4242 {expected}"));
        }
    }
}
