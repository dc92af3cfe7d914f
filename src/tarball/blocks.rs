//! An archive as a row of blocks.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::{BLOCK, Error, Result, padding};

/// The bytes of a header.
pub(super) type Block = [u8; 512];

/// Where the bytes of an archive come from.
pub(crate) trait Source: Read {
    /// Goes on behind so many bytes. Says whether they are there.
    fn skip(&mut self, bytes: u64) -> io::Result<bool>;
}

/// Bytes that can only be read one after the other.
pub(crate) struct Stream<R>(pub(crate) R);

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Source for Stream<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<bool> {
        Ok(io::copy(&mut (&mut self.0).take(bytes), &mut io::sink())? == bytes)
    }
}

/// A file, of which only the headers are read.
pub(crate) struct Seeking<F: Read + Seek> {
    file: BufReader<F>,
    left: u64,
}

impl<F: Read + Seek> Seeking<F> {
    /// From the beginning of a file.
    pub(crate) fn new(mut file: F) -> io::Result<Self> {
        let left = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let file = BufReader::with_capacity(64 << 10, file);
        Ok(Self { file, left })
    }

    /// Is there nothing more?
    pub(crate) fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<F: Read + Seek> Read for Seeking<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.left = self.left.saturating_sub(length as u64);
        Ok(length)
    }
}

impl<F: Read + Seek> Source for Seeking<F> {
    fn skip(&mut self, bytes: u64) -> io::Result<bool> {
        let (Some(left), Ok(step)) = (self.left.checked_sub(bytes), i64::try_from(bytes)) else {
            return Ok(false);
        };
        self.file.seek_relative(step)?;
        self.left = left;
        Ok(true)
    }
}

/// An archive, and how far it is read.
pub(super) struct Blocks<S> {
    pub(super) source: S,
    pub(super) position: u64,
}

impl<S: Source> Blocks<S> {
    /// The next block; `None` where the archive ends instead.
    pub(super) fn next(&mut self) -> Result<Option<Block>> {
        let mut bytes = Vec::with_capacity(512);
        (&mut self.source).take(BLOCK).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.advance(BLOCK)?;
        bytes.try_into().map(Some).map_err(|_| Error::Cut)
    }

    /// Skips content and the rest of its last block.
    pub(super) fn skip(&mut self, size: u64) -> Result<()> {
        let padded = size.checked_next_multiple_of(BLOCK).ok_or(Error::Cut)?;
        self.advance(padded)?;
        if self.source.skip(padded)? {
            return Ok(());
        }
        Err(Error::Cut)
    }

    /// Content that is about an entry, whole.
    pub(super) fn special(&mut self, size: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.source).take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size || !self.source.skip(padding(size))? {
            return Err(Error::Cut);
        }
        self.advance(size.saturating_add(padding(size)))?;
        Ok(bytes)
    }

    fn advance(&mut self, bytes: u64) -> Result<()> {
        self.position = self.position.checked_add(bytes).ok_or(Error::Cut)?;
        Ok(())
    }
}
