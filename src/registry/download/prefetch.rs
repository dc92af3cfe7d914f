//! A part of a blob that is fetched before its turn, by a task of its own.
//!
//! It is asked for once. If it fails, the download asks again when it needs the bytes, with patience: a failed prefetch costs
//! nothing but its request.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::oci::Descriptor;
use crate::registry::Repository;
use crate::registry::download::download_slots::Permit;

/// A part on its way. Dropping it ends the request.
pub(super) struct Prefetch {
    /// The bytes that were not taken yet.
    range: Range<u64>,
    /// How many bytes have not arrived yet.
    left: Arc<AtomicU64>,
    // Never more than the part itself, for which memory is reserved.
    pieces: UnboundedReceiver<Bytes>,
    task: JoinHandle<()>,
    _memory: Permit,
}

impl Prefetch {
    /// Starts to fetch a part.
    pub(super) fn start(
        host: &Repository,
        blob: &Descriptor,
        range: Range<u64>,
        (connection, memory): (Permit, Permit),
    ) -> Self {
        let (sender, pieces) = unbounded_channel();
        let left = Arc::new(AtomicU64::new(range.end - range.start));
        let task = tokio::spawn({
            let (host, blob, range, left) = (host.clone(), blob.clone(), range.clone(), Arc::clone(&left));
            async move {
                if fetch(&host, &blob, range, &left, &sender).await.is_none() {
                    // Why is found out again, and told, when the bytes are needed.
                    host.client.parallelism().failed(Instant::now());
                }
                drop(connection);
            }
        });
        Self {
            range,
            left,
            pieces,
            task,
            _memory: memory,
        }
    }

    /// Returns the offset of the first byte that was not taken yet.
    pub(super) fn start_offset(&self) -> u64 {
        self.range.start
    }

    /// Returns the offset behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.range.end
    }

    /// Returns how many bytes are still to arrive.
    pub(super) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Gives up the bytes behind `end`.
    pub(super) fn shorten(&mut self, end: u64) {
        self.range.end = end;
    }

    /// Returns whether its connection is no longer needed.
    pub(super) fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Returns whether it failed, and has nothing left to give.
    pub(super) fn is_dead(&self) -> bool {
        self.task.is_finished() && self.pieces.is_empty()
    }

    /// Returns the next bytes, or `None` where the part ends or broke off. Cancelled, it loses nothing.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let mut piece = self.pieces.recv().await?;
        let left = self.range.end.saturating_sub(self.range.start);
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.range.start += piece.len() as u64;
        Some(piece)
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Fetches a part; `None` if it fails or ends early.
async fn fetch(
    host: &Repository,
    blob: &Descriptor,
    range: Range<u64>,
    still_to_come: &AtomicU64,
    pieces: &UnboundedSender<Bytes>,
) -> Option<()> {
    let (mut body, end, mut flow) = host.request_once(blob, &range).await.ok()?;
    let mut left = end - range.start;
    while left > 0 {
        let mut piece = body.next().await?.ok()?;
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= piece.len() as u64;
        still_to_come.store(left, Ordering::Relaxed);
        flow.arrived(piece.len() as u64);
        if pieces.send(piece).is_err() {
            return Some(());
        }
    }
    (end == range.end).then_some(())
}
