//! The body of an answer, and the ways it may end other than well. A connection is cut only after everything before
//! the cut has been handed to the kernel: "after 4096 bytes" means exactly that, on every run.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Bytes, Frame};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::log::Entry;
use super::{Gone, pause};

/// What comes after the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    End,
    /// The same, but without a Content-Length.
    Chunked,
    Cut,
    Stall,
    /// The body again, without end.
    Repeat,
}

pub(crate) struct Out {
    body: Bytes,
    left: Bytes,
    tail: Tail,
    rate: Option<u64>,
    sleep: Option<Pin<Box<Sleep>>>,
    flushed: Flushed,
    cut_at: Option<u64>,
    entry: Entry,
}

impl Out {
    pub(super) fn new(body: Bytes, tail: Tail, rate: Option<u64>, flushed: Flushed, entry: Entry) -> Self {
        let left = body.clone();
        Self {
            body,
            left,
            tail,
            rate,
            sleep: None,
            flushed,
            cut_at: None,
            entry,
        }
    }

    /// A paced body goes in small steps, so that its rate is even.
    fn next_chunk(&mut self) -> Bytes {
        let step = self.rate.map_or(64 << 10, |rate| (rate / 20).clamp(1, 64 << 10) as usize);
        let chunk = self.left.split_to(self.left.len().min(step));
        self.entry.sent(chunk.len());
        self.sleep = self
            .rate
            .map(|rate| Box::pin(tokio::time::sleep(pause(chunk.len(), Some(rate)))));
        chunk
    }

    fn cut(&mut self, context: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Gone>>> {
        let now = self.flushed.watch(context.waker());
        if *self.cut_at.get_or_insert(now) < now {
            Poll::Ready(Some(Err(Gone)))
        } else {
            Poll::Pending
        }
    }
}

impl Body for Out {
    type Data = Bytes;
    type Error = Gone;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Gone>>> {
        if let Some(sleep) = &mut self.sleep {
            std::task::ready!(sleep.as_mut().poll(context));
            self.sleep = None;
        }
        if self.left.is_empty() && self.tail == Tail::Repeat {
            self.left = self.body.clone();
        }
        if !self.left.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.next_chunk()))));
        }
        match self.tail {
            Tail::End | Tail::Chunked | Tail::Repeat => Poll::Ready(None),
            Tail::Stall => Poll::Pending,
            Tail::Cut => self.cut(context),
        }
    }
}

/// Counts the flushes of one connection: hyper flushes only once its own buffer is empty.
#[derive(Clone, Default)]
pub(super) struct Flushed(Arc<Mutex<(u64, Option<Waker>)>>);

impl Flushed {
    fn watch(&self, waker: &Waker) -> u64 {
        let mut state = self.0.lock().unwrap();
        state.1 = Some(waker.clone());
        state.0
    }

    fn happened(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl fmt::Debug for Flushed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Flushed")
    }
}

/// A connection that reports its flushes.
pub(super) struct Watched<S> {
    stream: S,
    flushed: Flushed,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, flushed: Flushed) -> Self {
        Self { stream, flushed }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.flushed.happened();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
