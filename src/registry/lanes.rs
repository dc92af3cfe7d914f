//! What the downloads from one repository share: connections, memory for what comes ahead of its turn, and that itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::oci::Digest;
use crate::registry::ahead::Ahead;
use crate::store::Error;

/// How many bytes may have arrived ahead of their turn, over all downloads.
const MEMORY: u64 = 24 << 20;
/// A range is no larger than this, in bytes, so that a small layer never waits long for a large one's connection.
const LARGEST_RANGE: u64 = 4 << 20;
/// Nor smaller, in bytes: each one costs a round trip, and often a redirect.
const SMALLEST_RANGE: u64 = 1 << 20;

/// The right to use one connection, or the memory for one range.
pub(super) type Permit = OwnedSemaphorePermit;

/// The connections to one repository.
pub(super) struct Lanes {
    count: usize,
    connections: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// All bytes of blobs that have arrived.
    arrived: AtomicU64,
    /// Has the registry shown that it gives no ranges, or wants fewer requests?
    undivided: AtomicBool,
    /// What came ahead for downloads that broke off.
    kept: Mutex<HashMap<Digest, Vec<Ahead>>>,
}

impl Lanes {
    pub(super) fn new(count: usize) -> Self {
        let count = count.max(1);
        let ranges = usize::try_from(MEMORY / range_for(count)).unwrap_or(1);
        Self {
            count,
            connections: Arc::new(Semaphore::new(count)),
            memory: Arc::new(Semaphore::new(ranges)),
            arrived: AtomicU64::new(0),
            undivided: AtomicBool::new(count == 1),
            kept: Mutex::default(),
        }
    }

    /// How many connections there may be.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many are used.
    pub(super) fn in_use(&self) -> usize {
        self.count - self.connections.available_permits().min(self.count)
    }

    /// The size of a range in bytes.
    pub(super) fn range(&self) -> u64 {
        range_for(self.count)
    }

    /// Waits for a connection: who cannot go on without one goes before those that only would be faster.
    pub(super) async fn connection(&self) -> Result<Permit, Error> {
        Arc::clone(&self.connections).acquire_owned().await.map_err(Error::other)
    }

    /// A connection that nobody needs, and memory for what comes over it.
    pub(super) fn spare(&self) -> Option<(Permit, Permit)> {
        let memory = Arc::clone(&self.memory).try_acquire_owned().ok()?;
        let connection = Arc::clone(&self.connections).try_acquire_owned().ok()?;
        Some((connection, memory))
    }

    pub(super) fn count_arrived(&self, bytes: usize) {
        self.arrived.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// One connection for each blob from now on.
    pub(super) fn divide_no_more(&self) {
        self.undivided.store(true, Ordering::Relaxed);
    }

    pub(super) fn may_divide(&self) -> bool {
        !self.undivided.load(Ordering::Relaxed)
    }

    /// Keeps what came ahead for a blob, in the order of its bytes, until it is asked for again.
    pub(super) fn keep(&self, blob: &Digest, ahead: Vec<Ahead>) {
        self.kept().insert(blob.clone(), ahead);
    }

    /// What was kept of a blob.
    pub(super) fn recall(&self, blob: &Digest) -> Vec<Ahead> {
        self.kept().remove(blob).unwrap_or_default()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Vec<Ahead>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn range_for(connections: usize) -> u64 {
    (MEMORY / connections as u64).clamp(SMALLEST_RANGE, LARGEST_RANGE)
}
