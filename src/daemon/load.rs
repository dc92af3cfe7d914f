//! An archive on its way to an Engine while it is being written: nothing of it is kept, neither in memory nor on disk.
//!
//! How long it will be nobody knows, so it goes in chunks. What is not written to its end never ends for the Engine either:
//! the connection breaks, and nothing is loaded.

use std::io::{self, Write};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::store::{Error, Result};

/// How many bytes go at once.
const PIECE: usize = 256 << 10;
/// How many pieces may wait to be sent.
const PIECES: usize = 4;
/// How often it is looked whether anything moves.
const LOOK: Duration = Duration::from_millis(250);

/// Takes the bytes of the archive, on a thread that may wait.
pub struct Writing {
    pieces: mpsc::Sender<Bytes>,
    buffer: Vec<u8>,
    waiting: Waiting,
}

/// The load that they are for.
pub struct Loading {
    /// Takes the end, which is a piece without bytes.
    end: mpsc::Sender<Bytes>,
    waiting: Waiting,
    outcome: Mutex<Option<JoinHandle<Result<()>>>>,
}

/// Since when the Engine has been waited for, to take a piece or to answer at last.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Option<(For, Instant)>>>);

#[derive(Clone, Copy)]
enum For {
    Room,
    Answer,
}

impl Waiting {
    fn set(&self, what: Option<For>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = what.map(|what| (what, Instant::now()));
    }

    fn get(&self) -> Option<(For, Instant)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches that a load goes on. With it the load ends: a connection that stands still may keep the body for long.
pub(super) struct Meter {
    waiting: Waiting,
    body: Outgoing,
}

impl Meter {
    /// Ends when the Engine has taken nothing for `silence`, or has all of it and does not answer for `patience`.
    pub(super) async fn stalled(&self, silence: Duration, patience: Duration) -> Duration {
        loop {
            tokio::time::sleep(LOOK).await;
            let Some((what, since)) = self.waiting.get() else { continue };
            let limit = match what {
                For::Room => silence,
                For::Answer => patience,
            };
            if since.elapsed() >= limit {
                return limit;
            }
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.body.pieces().close();
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(mem::take(&mut self.buffer));
        self.waiting.set(Some(For::Room));
        let sent = self.pieces.blocking_send(piece);
        self.waiting.set(None);
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "Docker Engine takes no more"))
    }
}

impl Loading {
    pub(super) fn new(outcome: JoinHandle<Result<()>>, writing: &Writing) -> Self {
        Self {
            end: writing.pieces.clone(),
            waiting: writing.waiting.clone(),
            outcome: Mutex::new(Some(outcome)),
        }
    }

    /// Says that all is written, and waits until the Engine has it.
    pub async fn finish(&self) -> Result<()> {
        self.waiting.set(Some(For::Answer));
        // An Engine that takes no more has answered, and that tells more.
        let _ = self.end.send(Bytes::new()).await;
        self.outcome().await
    }

    /// Why the Engine takes no more, if it is at fault.
    pub async fn failure(&self) -> Option<Error> {
        if !self.end.is_closed() {
            return None;
        }
        self.outcome().await.err()
    }

    async fn outcome(&self) -> Result<()> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        match outcome {
            Some(outcome) => outcome.await.map_err(Error::other)?,
            None => Ok(()),
        }
    }
}

impl Drop for Loading {
    /// What nobody waits for any more must not be loaded.
    fn drop(&mut self) {
        let outcome = self.outcome.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = outcome {
            outcome.abort();
        }
    }
}

/// The body of the request.
#[derive(Clone)]
pub(super) struct Outgoing(Arc<Mutex<mpsc::Receiver<Bytes>>>);

impl Outgoing {
    pub(super) fn new() -> (Writing, Self, Meter) {
        let (pieces, body) = mpsc::channel(PIECES);
        let body = Self(Arc::new(Mutex::new(body)));
        let meter = Meter {
            waiting: Waiting::default(),
            body: body.clone(),
        };
        let writing = Writing {
            pieces,
            buffer: Vec::new(),
            waiting: meter.waiting.clone(),
        };
        (writing, body, meter)
    }

    fn pieces(&self) -> MutexGuard<'_, mpsc::Receiver<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        Poll::Ready(match ready!(self.pieces().poll_recv(context)) {
            Some(end) if end.is_empty() => None,
            Some(piece) => Some(Ok(Frame::data(piece))),
            None => Some(Err(Error::other(anyhow!("the archive was not written to its end")))),
        })
    }
}
