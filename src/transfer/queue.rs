//! In which order blobs are moved: the longest work begins first, so that it is not what all wait for in the end. Small
//! blobs, which take more time to ask for than to move, have workers of their own, and never wait behind large ones.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::oci::Descriptor;
use crate::store::SMALL_BLOB;

/// How many small blobs are moved at once where the usual number of jobs, or more, is allowed.
const SMALL_AT_ONCE: usize = 24;
/// The usual number of jobs.
const USUAL_JOBS: usize = 8;
/// Of so many workers for any blob, one begins with the smallest.
const ONE_IN: usize = 4;

/// The blobs that no worker has taken yet.
pub(super) struct Queue<'a> {
    blobs: Mutex<VecDeque<&'a Descriptor>>,
    /// How many workers take any blob, and how many take small ones alone.
    workers: (usize, usize),
}

/// What a worker takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The largest blob.
    Largest,
    /// The smallest one.
    Smallest,
    /// The smallest one, if it is small.
    Small,
}

impl<'a> Queue<'a> {
    pub(super) fn of(blobs: &'a [Descriptor], jobs: usize) -> Self {
        let small = blobs.iter().filter(|blob| blob.size <= SMALL_BLOB).count();
        let mut blobs: Vec<&Descriptor> = blobs.iter().collect();
        blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
        let workers = jobs.clamp(1, blobs.len().max(1));
        // Who asks for fewer jobs means small blobs too.
        let more = if jobs >= USUAL_JOBS {
            SMALL_AT_ONCE.saturating_sub(jobs)
        } else {
            0
        };
        Self {
            workers: (workers, small.saturating_sub(workers).min(more)),
            blobs: Mutex::new(blobs.into()),
        }
    }

    /// The same for a sink that takes one blob after the other.
    pub(super) fn in_order(blobs: &'a [Descriptor]) -> Self {
        Self {
            workers: (1, 0),
            blobs: Mutex::new(blobs.iter().collect()),
        }
    }

    /// At which end each worker takes its blobs.
    pub(super) fn ends(&self) -> impl Iterator<Item = End> + use<> {
        let (any, small) = self.workers;
        let ends = (1..=any).map(|worker| if worker % ONE_IN == 2 { End::Smallest } else { End::Largest });
        ends.chain(std::iter::repeat_n(End::Small, small))
    }

    /// The next blob for a worker.
    pub(super) fn take(&self, end: End) -> Option<&'a Descriptor> {
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        match end {
            End::Largest => blobs.pop_front(),
            End::Smallest => blobs.pop_back(),
            End::Small => blobs.pop_back_if(|blob| blob.size <= SMALL_BLOB),
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
    fn a_worker_for_small_blobs_leaves_large_ones_alone() {
        let blobs = blobs(&[SMALL_BLOB, SMALL_BLOB + 1]);
        let queue = Queue::of(&blobs, 8);
        assert_eq!(queue.take(End::Small).unwrap().size, SMALL_BLOB);
        assert_eq!(queue.take(End::Small), None);
        assert_eq!(queue.take(End::Largest).unwrap().size, SMALL_BLOB + 1);
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
    fn small_blobs_have_workers_of_their_own() {
        let blobs = blobs(&(1..=40).collect::<Vec<u64>>());
        let workers = |jobs| {
            let ends: Vec<End> = Queue::of(&blobs, jobs).ends().collect();
            [End::Largest, End::Smallest, End::Small].map(|end| ends.iter().filter(|other| **other == end).count())
        };
        let expected = [[1, 0, 0], [1, 1, 0], [3, 1, 0], [6, 2, 16], [24, 8, 0]];
        assert_eq!([1, 2, 4, 8, 32].map(workers), expected);
        assert_eq!(Queue::of(&blobs[..2], 8).ends().count(), 2);
        assert_eq!(Queue::of(&[], 8).ends().count(), 1);
    }
}
