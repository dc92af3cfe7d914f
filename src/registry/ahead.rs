//! A range of a blob that is fetched before its turn, on a task of its own.
//!
//! It is tried once, and what breaks off is asked for again by whoever reads the blob: a range that fails costs nothing
//! but its bytes.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::StreamExt as _;
use reqwest::StatusCode;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::oci::Descriptor;
use crate::registry::Repository;
use crate::registry::blobs::is_busy;
use crate::registry::lanes::Permit;
use crate::store::Error;

/// Bytes of a blob that are on their way. Dropped, they come no further.
pub(super) struct Ahead {
    /// The bytes that are still to be taken from it.
    range: Range<u64>,
    has_begun: Arc<AtomicBool>,
    // Never more than the range's own length, for which there is memory.
    pieces: UnboundedReceiver<Bytes>,
    task: JoinHandle<()>,
    _memory: Permit,
}

impl Ahead {
    /// Begins to fetch a range over a connection.
    pub(super) fn fetch(
        repository: &Repository,
        blob: &Descriptor,
        range: Range<u64>,
        connection: Permit,
        memory: Permit,
    ) -> Self {
        let (sender, pieces) = unbounded_channel();
        let has_begun = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let (repository, blob, range) = (repository.clone(), blob.clone(), range.clone());
            let has_begun = Arc::clone(&has_begun);
            async move {
                // Why it failed is found out again, and told, when its bytes are needed.
                let _ = fetch(&repository, &blob, range, &sender, &has_begun).await;
                drop(connection);
            }
        });
        Self {
            range,
            has_begun,
            pieces,
            task,
            _memory: memory,
        }
    }

    /// The first byte that was not taken yet.
    pub(super) fn start(&self) -> u64 {
        self.range.start
    }

    /// The byte behind the last.
    pub(super) fn end(&self) -> u64 {
        self.range.end
    }

    /// Has the registry begun to give the range?
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    /// Is its connection still needed?
    pub(super) fn is_under_way(&self) -> bool {
        !self.task.is_finished()
    }

    /// The next bytes; `None` at the range's end, or where it broke off. Cancelled, it loses nothing.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.recv().await?;
        self.range.start += piece.len() as u64;
        Some(piece)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn fetch(
    repository: &Repository,
    blob: &Descriptor,
    range: Range<u64>,
    pieces: &UnboundedSender<Bytes>,
    has_begun: &AtomicBool,
) -> Result<(), Error> {
    let answer = repository.ask_for_range(blob, &range).await?;
    // Ignored, denied at this place, or one request too many.
    if is_busy(&answer) || matches!(answer.status(), StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE) {
        repository.lanes.divide_no_more();
    }
    let mut left = range.end - range.start;
    let mut body = repository.take_range(answer, blob, &range).await?;
    has_begun.store(true, Ordering::Relaxed);
    while left > 0
        && let Some(piece) = body.next().await
    {
        let mut piece = piece?;
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= piece.len() as u64;
        repository.lanes.count_arrived(piece.len());
        if pieces.send(piece).is_err() {
            break;
        }
    }
    Ok(())
}
