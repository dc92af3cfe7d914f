//! In which order blobs are moved: the longest work is begun first, so that it is not what all wait for in the end, and
//! some workers begin at the other end, so that small blobs never wait behind large ones.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::oci::Descriptor;

/// Of so many workers, one begins with the smallest.
const ONE_IN: usize = 4;

/// The blobs that nobody moves yet.
pub(super) struct Queue<'a> {
    blobs: Mutex<VecDeque<&'a Descriptor>>,
    workers: usize,
}

/// What a worker takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Largest,
    Smallest,
}

impl<'a> Queue<'a> {
    pub(super) fn of(blobs: &'a [Descriptor], jobs: usize) -> Self {
        let mut blobs: Vec<&Descriptor> = blobs.iter().collect();
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
        Self {
            workers: jobs.clamp(1, blobs.len().max(1)),
            blobs: Mutex::new(blobs.into()),
        }
    }

    /// The same for a sink that takes one blob after the other.
    pub(super) fn in_order(blobs: &'a [Descriptor]) -> Self {
        Self {
            workers: 1,
            blobs: Mutex::new(blobs.iter().collect()),
        }
    }

    /// At which end each worker takes its blobs.
    pub(super) fn ends(&self) -> impl Iterator<Item = End> + use<> {
        (1..=self.workers).map(|worker| if worker % ONE_IN == 2 { End::Smallest } else { End::Largest })
    }

    /// The next blob for a worker.
    pub(super) fn take(&self, end: End) -> Option<&'a Descriptor> {
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        match end {
            End::Largest => blobs.pop_front(),
            End::Smallest => blobs.pop_back(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{Digest, MediaType};

    fn blobs(sizes: &[u64]) -> Vec<Descriptor> {
        let blob = |size: &u64| Descriptor::new(MediaType::OCI_MANIFEST, Digest::of(&size.to_le_bytes()), *size);
        sizes.iter().map(blob).collect()
    }

    #[test]
    fn the_largest_come_first_and_the_smallest_beside_them() {
        let blobs = blobs(&[1, 50, 7, 900]);
        let queue = Queue::of(&blobs, 8);
        assert_eq!(queue.take(End::Largest).unwrap().size, 900);
        assert_eq!(queue.take(End::Smallest).unwrap().size, 1);
        assert_eq!(queue.take(End::Largest).unwrap().size, 50);
        assert_eq!(queue.take(End::Largest).unwrap().size, 7);
        assert_eq!(queue.take(End::Smallest), None);
    }

    #[test]
    fn in_order_one_worker_takes_them_as_they_are() {
        let blobs = blobs(&[1, 50, 7]);
        let queue = Queue::in_order(&blobs);
        assert_eq!(queue.ends().collect::<Vec<_>>(), [End::Largest]);
        let sizes: Vec<u64> = std::iter::from_fn(|| queue.take(End::Largest))
            .map(|blob| blob.size)
            .collect();
        assert_eq!(sizes, [1, 50, 7]);
    }

    #[test]
    fn some_workers_begin_at_the_small_end() {
        let blobs = blobs(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let small = |jobs| {
            let ends = Queue::of(&blobs, jobs).ends();
            ends.filter(|end| *end == End::Smallest).count()
        };
        assert_eq!([1, 2, 4, 8].map(small), [0, 1, 1, 2]);
        assert_eq!(Queue::of(&blobs[..2], 8).ends().count(), 2);
        assert_eq!(Queue::of(&[], 8).ends().count(), 1);
    }
}
