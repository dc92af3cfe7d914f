//! The body of an upload: a stream of known length, counted as it leaves.
//!
//! The exact length makes the HTTP library send `Content-Length` instead of chunks, which registries such as GCR do not
//! take.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::{Method, Url};
use tokio::time::Instant;

use crate::registry::no_answer::NoAnswer;
use crate::store::{Body, Error};

/// How often it is looked whether anything has left.
const LOOK: Duration = Duration::from_millis(500);

/// A body of exactly `left` more bytes.
pub(super) struct Outgoing {
    // The library wants the body to be `Sync`; the lock is never contended, only entered through `&mut`.
    stream: Mutex<Body>,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Outgoing {
    pub(super) fn new(stream: Body, size: u64) -> Self {
        Self {
            stream: Mutex::new(stream),
            left: size,
            sent: Arc::default(),
        }
    }

    /// Watches how much has been handed to the connection.
    pub(super) fn meter(&self) -> Meter {
        Meter {
            sent: Arc::clone(&self.sent),
            size: self.left,
        }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let stream = this.stream.get_mut().unwrap_or_else(PoisonError::into_inner);
        let next = std::task::ready!(stream.as_mut().poll_next(context));
        if let Some(Ok(chunk)) = &next {
            this.left = this.left.saturating_sub(chunk.len() as u64);
            this.sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// How much of a body has left.
pub(super) struct Meter {
    sent: Arc<AtomicU64>,
    size: u64,
}

impl Meter {
    /// Ends when nothing has left for `silence`, or when all has left and the answer has not come for `patience`:
    /// registries hash, and some store elsewhere, before they answer.
    pub(super) async fn stalled(self, silence: Duration, patience: Duration) -> Duration {
        let mut before = 0;
        let mut moved = Instant::now();
        loop {
            tokio::time::sleep(LOOK.min(silence)).await;
            let sent = self.sent.load(Ordering::Relaxed);
            if sent != before {
                before = sent;
                moved = Instant::now();
            }
            let limit = if sent >= self.size { patience } else { silence };
            if moved.elapsed() >= limit {
                return limit;
            }
        }
    }
}

/// An upload breaks because the connection did, or because its source did; the source's own error says more.
pub(super) fn broken_upload(method: Method, url: &Url, error: &reqwest::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(ours) = inner.downcast_ref::<Error>() {
            return Error::new(ours.kind(), anyhow::anyhow!("{ours}"));
        }
        cause = inner.source();
    }
    Error::interrupted(NoAnswer::new(method, url, error))
}
