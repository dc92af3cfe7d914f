//! How much an archive may cost, and whether anybody still wants what comes of it.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Result, bail};

use crate::size;
use crate::tarball::{Entry, Leaf, What};

/// The most entries that all layers together may have.
const MAX_ENTRIES: u64 = 4_000_000;
/// The most bytes of names, links, attributes and maps of holes that are held in memory.
const MAX_WORDS: u64 = 512 << 20;

/// The size that an image may always unpack to.
const ALWAYS: u64 = 4 << 30;
/// How many times its compressed size an image may unpack to.
const RATIO: u64 = 100;

/// The size in bytes that an image of these compressed bytes may unpack to, unless somebody says otherwise.
#[must_use]
pub fn usual_limit(compressed: u64) -> u64 {
    compressed.saturating_mul(RATIO).max(ALWAYS)
}

/// An image unpacks to more than it may.
#[derive(Debug, thiserror::Error)]
#[error("it unpacks to more than {}", size::spaced(*.limit))]
pub struct TooLarge {
    /// The size it may have, in bytes.
    pub limit: u64,
}

/// Tells a piece of work that nobody wants its result any more.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// From now on.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once nobody wants the result.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) {
            // Not `Interrupted`: the standard library tries again after that one.
            return Err(io::Error::other("interrupted"));
        }
        Ok(())
    }
}

/// What is left for all layers of an image together.
pub(super) struct Budget<'a> {
    limit: u64,
    unpacked: AtomicU64,
    entries: AtomicU64,
    words: AtomicU64,
    stop: &'a Stop,
}

impl<'a> Budget<'a> {
    pub(super) fn new(limit: u64, stop: &'a Stop) -> Self {
        Self {
            limit,
            unpacked: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            words: AtomicU64::new(0),
            stop,
        }
    }

    /// Takes bytes that are unpacked, or that a file with holes seems to have.
    pub(super) fn unpack(&self, bytes: u64) -> Result<(), TooLarge> {
        if add(&self.unpacked, bytes) > self.limit {
            return Err(TooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Is more taken than there was?
    pub(super) fn overdrawn(&self) -> Option<TooLarge> {
        let limit = self.limit;
        (self.unpacked.load(Ordering::Relaxed) > limit).then_some(TooLarge { limit })
    }

    /// Takes an entry: its words, and the holes of a file. What is stored of it counts as it is read.
    pub(super) fn take(&self, entry: &Entry) -> Result<()> {
        let own = match &entry.what {
            What::HardLink(target) | What::Leaf(Leaf::Symlink(target)) => target.len(),
            What::Leaf(Leaf::File(content)) => {
                self.unpack(content.size.saturating_sub(content.stored))?;
                content.pieces.as_ref().map_or(0, |pieces| size_of_val(&**pieces))
            }
            _ => 0,
        };
        let xattrs = entry.meta.xattrs.iter();
        let xattrs = xattrs.map(|(name, value)| name.len().saturating_add(value.len()));
        if add(&self.entries, 1) > MAX_ENTRIES {
            bail!("it has more than {MAX_ENTRIES} entries");
        }
        let words = xattrs.fold(entry.name.len().saturating_add(own), usize::saturating_add);
        if add(&self.words, words as u64) > MAX_WORDS {
            bail!("its names and attributes have more than {}", size::spaced(MAX_WORDS));
        }
        Ok(())
    }
}

/// The sum after the addition; it never wraps, since whoever is over a limit stops adding.
fn add(sum: &AtomicU64, more: u64) -> u64 {
    sum.fetch_add(more.min(u64::MAX >> 1), Ordering::Relaxed).saturating_add(more)
}

/// Bytes that count against the budget as they come.
pub(super) struct Counted<'a, R> {
    inner: R,
    budget: &'a Budget<'a>,
}

impl<'a, R: Read> Counted<'a, R> {
    pub(super) fn new(inner: R, budget: &'a Budget<'a>) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.budget.stop.check()?;
        let length = self.inner.read(buffer)?;
        self.budget.unpack(length as u64).map_err(io::Error::other)?;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tarball::{Content, Meta, Piece};

    #[test]
    fn an_image_may_unpack_to_4_gib_or_a_hundred_times_its_size() {
        assert_eq!(usual_limit(0), 4 << 30);
        assert_eq!(usual_limit(1 << 30), 100 << 30);
        assert_eq!(usual_limit(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_budget_is_one_for_all_who_read() {
        let stop = Stop::default();
        let budget = Budget::new(10, &stop);
        let read = |length: usize| io::copy(&mut Counted::new(&vec![0; length][..], &budget), &mut io::sink());
        assert_eq!(read(6).unwrap(), 6);
        assert_eq!(read(4).unwrap(), 4);
        assert_eq!(read(1).unwrap_err().to_string(), "it unpacks to more than 10 B");
    }

    #[test]
    fn who_is_told_to_stop_reads_no_further() {
        let stop = Stop::default();
        let budget = Budget::new(10, &stop);
        stop.stop();
        assert!(Counted::new(&b"x"[..], &budget).read(&mut [0; 1]).is_err());
    }

    #[test]
    fn maps_of_holes_count_as_what_is_held_in_memory() {
        let stop = Stop::default();
        let budget = Budget::new(u64::MAX, &stop);
        let piece = Piece { offset: 0, length: 0 };
        let file = Content {
            start: 0,
            stored: 0,
            size: 0,
            pieces: Some(vec![piece; 1 << 16].into()),
        };
        let entry = Entry {
            name: Vec::new(),
            meta: Meta::default(),
            what: What::Leaf(Leaf::File(file)),
        };
        let taken = (0..1000).take_while(|_| budget.take(&entry).is_ok()).count();
        assert_eq!(taken as u64, MAX_WORDS / size_of::<[Piece; 1 << 16]>() as u64);
    }

    #[test]
    fn entries_and_their_words_have_an_end() {
        let stop = Stop::default();
        let budget = Budget::new(u64::MAX, &stop);
        let entry = Entry {
            name: b"file".to_vec(),
            meta: Meta::default(),
            what: What::Leaf(Leaf::Fifo),
        };
        budget.take(&entry).unwrap();
        let refused = || budget.take(&entry).unwrap_err().to_string();
        budget.words.store(MAX_WORDS, Ordering::Relaxed);
        assert_eq!(refused(), "its names and attributes have more than 537 MB");
        budget.entries.store(MAX_ENTRIES, Ordering::Relaxed);
        assert_eq!(refused(), "it has more than 4000000 entries");
    }
}
