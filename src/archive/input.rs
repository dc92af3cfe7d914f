//! Where an archive comes from, made a file that can be read at any place: a plain tar is read where it is, anything else
//! goes into a file without a name first, which ends with this process.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::anyhow;

use crate::archive::PIECE;
use crate::compression::{self, Compression};
use crate::files;
use crate::size::spaced;
use crate::store::{Error, Result};

/// How much compressed content may grow unasked in any case, in bytes.
const GROWTH: u64 = 4 << 30;
/// How many times as large as it was it may be beyond that.
const TIMES: u64 = 100;

/// Where an archive comes from.
pub enum Input {
    /// A file, or a pipe that has a name.
    File(PathBuf),
    /// A file that is open, and at its beginning.
    Open(File),
    /// A stream that can be read once.
    Stream(Box<dyn Read + Send>),
}

/// How large what is compressed may become.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limit {
    /// So many bytes; without it 4 GiB, or a hundred times as many as it has compressed.
    pub bytes: Option<u64>,
}

impl Limit {
    /// Refuses what grew too large out of `compressed` bytes.
    pub(super) fn check(self, compressed: u64, grown: u64) -> io::Result<()> {
        let most = self.bytes.unwrap_or_else(|| compressed.saturating_mul(TIMES).max(GROWTH));
        if grown <= most {
            return Ok(());
        }
        Err(io::Error::other(Grown { compressed, most }))
    }
}

/// What is compressed grows beyond what is sensible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of compressed data grow to over {}; `--max-size` allows more", spaced(*compressed), spaced(*most))]
pub struct Grown {
    compressed: u64,
    most: u64,
}

/// The archive as a file; what has to be unwrapped goes to the file system of `folder`.
pub(super) fn open(input: Input, folder: &Path, limit: Limit) -> Result<File> {
    match input {
        Input::Stream(stream) => spool(stream, folder, limit),
        Input::Open(file) => readable(file, folder, limit),
        Input::File(path) => {
            open_file(&path, folder, limit).map_err(|error| error.context(format!("cannot read {}", path.display())))
        }
    }
}

fn open_file(path: &Path, folder: &Path, limit: Limit) -> Result<File> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(error),
        _ => Error::other(error),
    })?;
    readable(file, folder, limit)
}

fn readable(mut file: File, folder: &Path, limit: Limit) -> Result<File> {
    let found = file.metadata().map_err(Error::other)?;
    if found.is_dir() {
        return Err(Error::other(anyhow!("it is a directory, and not an archive")));
    }
    if !found.is_file() {
        return spool(file, folder, limit);
    }
    let (compression, _) = compression::reader(&file).map_err(Error::other)?;
    file.rewind().map_err(Error::other)?;
    match compression {
        Compression::Plain => Ok(file),
        Compression::Gzip | Compression::Zstd => spool(file, folder, limit),
    }
}

/// Copies a stream, decompressed, to a file without a name.
fn spool(stream: impl Read + Send, folder: &Path, limit: Limit) -> Result<File> {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        stream,
        read: Arc::clone(&read),
    };
    let (compression, mut content) = compression::reader(counted).map_err(Error::other)?;
    let mut file = scratch(folder)?;
    let mut buffer = vec![0; PIECE];
    let mut grown: u64 = 0;
    loop {
        let length = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::other(error).context("the archive is damaged")),
        };
        grown = grown.saturating_add(length as u64);
        if compression != Compression::Plain || limit.bytes.is_some() {
            limit.check(read.load(Ordering::Relaxed), grown).map_err(Error::other)?;
        }
        let written = file.write_all(buffer.get(..length).unwrap_or_default());
        written.map_err(|error| Error::other(error).context(format!("cannot write to {}", folder.display())))?;
    }
    Ok(file)
}

/// A file without a name, in a folder that is made if need be.
pub(super) fn scratch(folder: &Path) -> Result<File> {
    let made = files::create_folder_for_sure(folder).and_then(|()| tempfile::tempfile_in(folder));
    made.map_err(|error| Error::other(error).context(format!("cannot make a file in {}", folder.display())))
}

/// A stream of which it is known how much was read.
struct Counted<R> {
    stream: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::{Packing, compress};

    fn spooled(bytes: Vec<u8>, limit: Option<u64>) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let input = Input::Stream(Box::new(io::Cursor::new(bytes)));
        let mut file = open(input, folder.path(), Limit { bytes: limit })?;
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
        let mut content = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut content).unwrap();
        Ok(content)
    }

    #[test]
    fn a_stream_is_unwrapped_whatever_it_is_wrapped_in() {
        let content = b"0123456789".repeat(100_000);
        for kind in [Compression::Plain, Compression::Gzip, Compression::Zstd] {
            let mut wrapped = Vec::new();
            compress(Packing::usual(kind), &*content, &mut wrapped, |_| ()).unwrap();
            assert!(spooled(wrapped, None).unwrap() == content, "{kind:?}");
        }
    }

    #[test]
    fn what_grows_beyond_the_limit_is_refused() {
        let mut bomb = Vec::new();
        compress(
            Packing::usual(Compression::Gzip),
            io::repeat(0).take(50 << 20),
            &mut bomb,
            |_| (),
        )
        .unwrap();
        assert!(spooled(bomb.clone(), Some(50 << 20)).is_ok());
        let error = spooled(bomb, Some((50 << 20) - 1)).unwrap_err().to_string();
        assert!(error.contains("`--max-size` allows more"), "{error}");
    }

    #[test]
    fn unasked_a_hundredfold_is_allowed_and_four_gibibytes_in_any_case() {
        let unasked = Limit::default();
        assert!(unasked.check(1, GROWTH).is_ok());
        assert!(unasked.check(10_000_000, GROWTH + 1).is_err());
        assert!(unasked.check(GROWTH, TIMES * GROWTH).is_ok());
        assert!(unasked.check(GROWTH, TIMES * GROWTH + 1).is_err());
    }

    #[test]
    fn a_plain_file_is_read_where_it_is_and_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        std::fs::write(&path, "content").unwrap();
        let nowhere = Path::new("/dev/null/nothing");
        assert!(open(Input::File(path), nowhere, Limit::default()).is_ok());
        assert!(open(Input::File(folder.path().to_owned()), nowhere, Limit::default()).is_err());
    }
}
