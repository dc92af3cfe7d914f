//! An answer of a registry: its status and headers, and its body read within bounds.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::Instant;

use crate::registry::error::{Failure, MAX_BODY, redacted};
use crate::registry::no_answer::NoAnswer;
use crate::registry::retry;
use crate::registry::whom::Whom;
use crate::store::{Body, Error, ErrorKind};

/// How many pulls Docker Hub allows in how many seconds: `100;w=21600`
/// ([usage and limits](https://docs.docker.com/docker-hub/usage/pulls/)).
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// How many of them are left: `0;w=21600`.
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");

/// How many bytes a second a small answer must have on average, after the time that one silence may last.
const SLOWEST: u64 = 500;
/// How many bytes a second anything must have, in half the time that one silence may last. No line is as slow as that, but a
/// server that wants to be waited for is.
const TRICKLE: u64 = 10;

/// A status, headers, and a body still to be read.
pub(super) struct Answer {
    method: Method,
    response: Response,
    /// How long the body may be silent before its connection is given up.
    stall: Duration,
    /// A body that had to be looked at before it was known whose it is.
    early: Option<Bytes>,
    /// As whom it was asked for, where it is a refusal.
    whom: Option<Whom>,
}

/// An answer that was read to its end.
pub(super) struct Document {
    /// Where it came from, after redirects.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn new(method: Method, response: Response, stall: Duration) -> Self {
        Self {
            method,
            response,
            stall,
            early: None,
            whom: None,
        }
    }

    /// Says as whom the registry was asked.
    pub(super) fn was_asked_by(&mut self, whom: Whom) {
        self.whom = Some(whom);
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Where the answer came from, after redirects.
    pub(super) fn url(&self) -> &Url {
        self.response.url()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    pub(super) fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        self.headers().get(name.into())?.to_str().ok()
    }

    /// The length the server announces, in bytes. Read from the header, since a HEAD has one but no body.
    pub(super) fn length(&self) -> Option<u64> {
        self.header(CONTENT_LENGTH)?.parse().ok()
    }

    /// Passes a success on and makes anything else an error.
    pub(super) async fn success(self) -> Result<Self, Error> {
        if self.status().is_success() {
            Ok(self)
        } else {
            Err(self.failure().await.into())
        }
    }

    /// What the answer says of its failure.
    pub(super) async fn failure(mut self) -> Failure {
        self.told().await
    }

    /// Is it for good, though its status says to come back later? zot answers 429 where a quota is used up,
    /// and Docker Hub where the pulls of some hours are.
    pub(super) async fn is_final(&mut self) -> bool {
        let waits = self.headers().contains_key(RETRY_AFTER);
        self.status() == StatusCode::TOO_MANY_REQUESTS
            && (self.told().await.kind() == ErrorKind::Refused || (self.header(LIMIT).is_some() && !waits))
    }

    pub(super) async fn told(&mut self) -> Failure {
        let body = self.beginning().await;
        let wait = retry::asked_wait(self.headers(), Timestamp::now());
        let limited = self.status() == StatusCode::TOO_MANY_REQUESTS;
        let limit = self.header(LIMIT).filter(|_| limited);
        Failure::new(self.method.clone(), self.response.url(), self.status(), &body)
            .asking_to_wait(wait)
            .limited_to(limit, self.header(REMAINING))
            .asked_by(self.whom.clone())
    }

    /// Does the body say that plain HTTP came to an HTTPS port?
    pub(super) async fn wants_tls(&mut self) -> bool {
        if self.status() != StatusCode::BAD_REQUEST {
            return false;
        }
        let body = self.beginning().await;
        let text = String::from_utf8_lossy(&body);
        // The words of Go's net/http and of nginx.
        text.contains("to an HTTPS server") || text.contains("to HTTPS port")
    }

    /// The first bytes of the body, as many as an error may have; what cannot be read is left out.
    async fn beginning(&mut self) -> Bytes {
        if let Some(early) = &self.early {
            return early.clone();
        }
        let mut body = BytesMut::new();
        // All of it in the time that is given to one silence: nobody waits for the end of an error.
        let began = Instant::now();
        while let Ok(Ok(Some(chunk))) =
            tokio::time::timeout(self.stall.saturating_sub(began.elapsed()), self.response.chunk()).await
        {
            let room = MAX_BODY.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= MAX_BODY {
                break;
            }
        }
        let body = body.freeze();
        self.early = Some(body.clone());
        body
    }

    /// The whole body, if it has at most `limit` bytes and does not only drip.
    pub(super) async fn bytes(self, limit: u64) -> Result<Bytes, Error> {
        let url = redacted(self.url());
        let (began, stall) = (Instant::now(), self.stall);
        let mut stream = self.body();
        let mut body = BytesMut::new();
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk?);
            let time = began.elapsed();
            if time > stall && (body.len() as u64) < time.as_secs().saturating_mul(SLOWEST) {
                let text = format!("{url} gave {} bytes in {} s", body.len(), time.as_secs());
                return Err(Error::new(ErrorKind::Unreachable, anyhow::anyhow!(text)));
            }
            if body.len() as u64 > limit {
                return Err(Error::other(anyhow::anyhow!("the answer of {url} is over {limit} bytes")));
            }
        }
        Ok(body.freeze())
    }

    /// The whole of it, if the body has at most `limit` bytes.
    pub(super) async fn document(self, limit: u64) -> Result<Document, Error> {
        let (url, headers) = (self.url().clone(), self.headers().clone());
        let body = self.bytes(limit).await?;
        Ok(Document { url, headers, body })
    }

    /// The body as it comes. A break or a silence is [`ErrorKind::Interrupted`], and hardly a byte [`ErrorKind::Trickle`].
    pub(super) fn body(self) -> Body {
        let early = self.early.clone();
        if let Some(early) = early {
            return stream::iter([Ok(early)]).boxed();
        }
        stream::unfold(Some((self, Watch::default())), |state| async {
            let (mut answer, mut watch) = state?;
            let asked = Instant::now();
            let chunk = match tokio::time::timeout(answer.stall, answer.response.chunk()).await {
                Ok(Ok(chunk)) => Ok(chunk?),
                Ok(Err(error)) => Err(NoAnswer::new(answer.method.clone(), answer.response.url(), &error)),
                Err(_) => Err(NoAnswer::silence(answer.method.clone(), answer.response.url(), answer.stall)),
            };
            let chunk = chunk.map_err(Error::interrupted);
            let chunk = chunk.and_then(|chunk| watch.see(chunk, asked.elapsed(), &answer));
            let next = chunk.is_ok().then_some((answer, watch));
            Some((chunk, next))
        })
        .boxed()
    }
}

/// How much has come of late. Only the time spent waiting for the server counts: whoever reads may be slow.
#[derive(Default)]
struct Watch {
    waited: Duration,
    came: u64,
}

impl Watch {
    fn see(&mut self, chunk: Bytes, waited: Duration, answer: &Answer) -> Result<Bytes, Error> {
        self.waited = self.waited.saturating_add(waited);
        self.came = self.came.saturating_add(chunk.len() as u64);
        if self.waited.saturating_mul(2) < answer.stall {
            return Ok(chunk);
        }
        let Self { waited, came } = std::mem::take(self);
        if came >= waited.as_secs().saturating_mul(TRICKLE) {
            return Ok(chunk);
        }
        let text = format!("{} gave {came} bytes in {} s", redacted(answer.url()), waited.as_secs());
        Err(Error::new(ErrorKind::Trickle, anyhow::anyhow!(text)))
    }
}
