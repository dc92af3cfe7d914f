//! Reading tar archives, strictly: what two programs could take for different entries is refused
//! ([POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13), and what GNU added).
//!
//! Everything of somebody else's that is a tar is read here: layers, archives of images, and what shall become a layer. The
//! headers are not read by the package, which takes names and extended headers of any length into memory and forgives what
//! others do not. Nothing is unpacked, and no more is kept in memory than one entry.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod blocks;
mod entry;
mod field;
mod header;
mod pax;
mod reader;
mod sparse;
#[cfg(test)]
mod tests;

use std::io;

pub(crate) use blocks::{Seeking, Stream};
pub(crate) use entry::{Content, Device, Entry, Leaf, Meta, Time, What};
pub(crate) use reader::Reader;
#[cfg(test)]
pub(crate) use {entry::Piece, field::time};

/// The unit of the format.
pub(crate) const BLOCK: u64 = 512;

/// Why something is no archive that can be read in one way only. The numbers are those of first bytes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("it is no tar archive: the header at byte {0} has a wrong checksum")]
    Checksum(u64),
    #[error("it ends in the middle of the archive: it was cut short, or is no tar archive")]
    Cut,
    #[error("the header at byte {0} is malformed: {1}")]
    Header(u64, Malformed),
    #[error("a record of {1} bytes for long names, at byte {0}, is refused")]
    TooLong(u64, u64),
    #[error(transparent)]
    Io(#[from] io::Error),
}

type Result<T> = std::result::Result<T, Error>;

/// What is wrong with a header.
pub(crate) type Malformed = &'static str;

/// How many bytes fill up the last block.
pub(crate) fn padding(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK)
        .map_or(0, |whole| whole.saturating_sub(size))
}
