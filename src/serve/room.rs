//! Room for manifests in memory: they are taken and given whole, and may be large, so that all connections together could
//! ask for more memory than a machine has.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::RETRY_AFTER;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::serve::refusal::{Code, Refusal};

/// How many large manifests may be in memory at once.
const MOST: usize = 16;
/// What needs no room of its own: nearly all manifests are smaller, and the connections are few enough.
const SMALL: u64 = 64 << 10;
/// How long room is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Room for large manifests.
pub(super) struct Room(Arc<Semaphore>);

/// A place for one manifest, given back when it is dropped.
pub(super) struct Place(Option<OwnedSemaphorePermit>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl Room {
    /// Does a manifest of this size have to wait for nobody?
    pub(super) fn is_small(length: u64) -> bool {
        length <= SMALL
    }

    /// Waits until there is room for a manifest; one of unknown size may be large.
    pub(super) async fn take(&self, length: Option<u64>) -> Result<Place, Refusal> {
        if length.is_some_and(Self::is_small) {
            return Ok(Place(None));
        }
        let full = || Refusal::new(Code::TooManyRequests, "too many large manifests are under way").with(RETRY_AFTER, "30");
        let place = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned());
        let place = place.await.map_err(|_| full())?.map_err(|_| full())?;
        Ok(Place(Some(place)))
    }
}

impl Place {
    /// The same bytes, which have the place until the last of them is gone.
    pub(super) fn hold(self, bytes: Bytes) -> Bytes {
        match self.0 {
            None => bytes,
            Some(place) => Bytes::from_owner(Held { bytes, _place: place }),
        }
    }
}

struct Held {
    bytes: Bytes,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_place_is_had_until_the_last_of_its_bytes_is_gone() {
        let room = Room::default();
        let mut held = Vec::new();
        for _ in 0..MOST {
            held.push(room.take(None).await.unwrap().hold(Bytes::from_static(b"large")));
        }
        let last = held.pop().unwrap();
        let part = last.slice(1..2);
        drop(last);
        assert!(room.take(Some(SMALL + 1)).now_or_never().is_none());
        assert!(room.take(Some(SMALL)).await.is_ok());
        drop(part);
        assert!(room.take(Some(SMALL + 1)).await.is_ok());
    }
}
