//! What the downloads from one repository share: connections, and memory for bytes that come before their turn.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::oci::{Descriptor, Digest};
use crate::registry::download::prefetch::Prefetch;
use crate::store::{Error, SMALL_BLOB};

/// How many bytes may have arrived before their turn, over all downloads.
pub(super) const MEMORY: u64 = 24 << 20;
/// The unit that memory is counted in, in bytes.
const UNIT: u64 = 64 << 10;

/// The right to use one connection, or memory for one part.
pub(super) type Permit = OwnedSemaphorePermit;

/// The connections to one repository.
pub(in crate::registry) struct DownloadSlots {
    count: usize,
    connections: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// Parts that came early for downloads that broke off.
    kept: Mutex<HashMap<Digest, VecDeque<Prefetch>>>,
}

impl DownloadSlots {
    pub(in crate::registry) fn new(count: usize) -> Self {
        let count = count.max(1);
        Self {
            count,
            connections: Arc::new(Semaphore::new(count)),
            memory: Arc::new(Semaphore::new(units(MEMORY) as usize)),
            kept: Mutex::default(),
        }
    }

    /// Returns how many connections large blobs may come over.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Returns how many of them are in use.
    pub(super) fn in_use(&self) -> usize {
        self.count - self.connections.available_permits().min(self.count)
    }

    /// Waits for a connection. Downloads that have none go before those that only would be faster with one more. Small
    /// blobs need none of these: the engine decides how many of them come at once.
    pub(super) async fn connection(&self, blob: &Descriptor) -> Result<Option<Permit>, Error> {
        if blob.size <= SMALL_BLOB {
            return Ok(None);
        }
        Arc::clone(&self.connections)
            .acquire_owned()
            .await
            .map(Some)
            .map_err(Error::other)
    }

    /// Returns a connection that no download waits for, and memory for so many bytes.
    pub(super) fn spare(&self, bytes: u64) -> Option<(Permit, Permit)> {
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(units(bytes)).ok()?;
        let connection = Arc::clone(&self.connections).try_acquire_owned().ok()?;
        Some((connection, memory))
    }

    /// Keeps parts of a blob, in the order of their bytes, until the download is resumed.
    pub(super) fn keep(&self, blob: &Digest, parts: VecDeque<Prefetch>) {
        self.kept().insert(blob.clone(), parts);
    }

    /// Returns what was kept of a blob.
    pub(super) fn recall(&self, blob: &Digest) -> VecDeque<Prefetch> {
        self.kept().remove(blob).unwrap_or_default()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, VecDeque<Prefetch>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}
