//! Compressing layers: how hard, with what, and all of it at once on every core.
//!
//! The bytes that come out depend on the bytes that go in and on the [`Packing`] alone, not on how many cores there are nor
//! on how the input drips in: the digest of a layer that was made twice is the same twice.

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::sync::mpsc;
use std::thread;

use bytes::Bytes;
use zstd::zstd_safe::CParameter;

use crate::compression::{Compression, gzip};

/// How many bytes are handed on at once. A part of what the compressed bytes are, as the pieces of gzip are this long.
pub(super) const PIECE: usize = 256 << 10;
/// How many pieces may wait for a thread.
const WAITING: usize = 4;
/// How much of the input one job of zstd takes; by default it would follow from the level.
const ZSTD_JOB: u32 = 4 << 20;

/// How bytes shall be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packing {
    kind: Compression,
    level: u8,
}

impl Packing {
    /// Compressed this way, as hard as its own tool does unasked.
    #[must_use]
    pub fn usual(kind: Compression) -> Self {
        let level = match kind {
            Compression::Plain => 0,
            Compression::Gzip => 6,
            Compression::Zstd => 3,
        };
        Self { kind, level }
    }

    /// The same, as hard as asked.
    ///
    /// # Errors
    /// A level that there is not.
    pub fn at_level(self, level: u8) -> Result<Self, NoSuchLevel> {
        let levels = match self.kind {
            Compression::Plain => return Err(NoSuchLevel("what is not compressed has no level")),
            Compression::Gzip => (1..=9, "the levels of gzip are 1 to 9"),
            Compression::Zstd => (1..=19, "the levels of zstd are 1 to 19"),
        };
        if !levels.0.contains(&level) {
            return Err(NoSuchLevel(levels.1));
        }
        Ok(Self { level, ..self })
    }

    /// The way.
    #[must_use]
    pub fn kind(self) -> Compression {
        self.kind
    }
}

/// A level that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoSuchLevel(&'static str);

/// Compresses all of `input` into `output`. `seen` is shown the input on the way, in order, on a thread of its own: who
/// hashes it keeps nobody waiting.
pub fn compress(
    packing: Packing,
    input: impl Read,
    output: &mut (impl Write + ?Sized),
    seen: impl FnMut(&[u8]) + Send,
) -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    compress_on(cores, packing, input, output, seen)
}

/// The same on so many cores.
fn compress_on(
    cores: usize,
    packing: Packing,
    input: impl Read,
    output: &mut (impl Write + ?Sized),
    mut seen: impl FnMut(&[u8]) + Send,
) -> io::Result<()> {
    thread::scope(|scope| {
        let (sender, shown) = mpsc::sync_channel::<Bytes>(WAITING);
        scope.spawn(move || shown.iter().for_each(|piece| seen(&piece)));
        let input = Shown { input, sender };
        match packing.kind {
            Compression::Plain => plain(input, output),
            Compression::Gzip => gzip::compress(u32::from(packing.level), cores, input, output),
            Compression::Zstd => zstd(packing.level, cores, input, output),
        }
    })
}

/// An input, of which a thread sees every piece.
pub(super) struct Shown<R> {
    input: R,
    sender: mpsc::SyncSender<Bytes>,
}

impl<R: Read> Shown<R> {
    /// The next piece; a short one is the last.
    pub(super) fn piece(&mut self) -> io::Result<Bytes> {
        let mut piece = Vec::with_capacity(PIECE);
        Read::take(&mut self.input, PIECE as u64).read_to_end(&mut piece)?;
        let piece = Bytes::from(piece);
        // It ends only with the sender, or with a panic that the scope passes on.
        let _ = self.sender.send(piece.clone());
        Ok(piece)
    }
}

fn plain(mut input: Shown<impl Read>, output: &mut (impl Write + ?Sized)) -> io::Result<()> {
    loop {
        let piece = input.piece()?;
        output.write_all(&piece)?;
        if piece.len() < PIECE {
            return Ok(());
        }
    }
}

/// What comes out is the same for one worker and for many, but another than for none.
fn zstd(level: u8, cores: usize, mut input: Shown<impl Read>, output: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let mut encoder = zstd::stream::write::Encoder::new(output, i32::from(level))?;
    encoder.multithread(u32::try_from(cores.max(1)).unwrap_or(1))?;
    encoder.set_parameter(CParameter::JobSize(ZSTD_JOB))?;
    encoder.include_checksum(true)?;
    loop {
        let piece = input.piece()?;
        encoder.write_all(&piece)?;
        if piece.len() < PIECE {
            return encoder.finish().map(drop);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::reader;

    fn content(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let words = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("{} ", state >> 22)
        });
        words.flat_map(String::into_bytes).take(length).collect()
    }

    fn packings() -> impl Iterator<Item = Packing> {
        let kinds = [
            (Compression::Plain, &[][..]),
            (Compression::Gzip, &[1, 9]),
            (Compression::Zstd, &[1, 9]),
        ];
        kinds.into_iter().flat_map(|(kind, levels)| {
            let usual = Packing::usual(kind);
            let others = levels.iter().map(move |level| usual.at_level(*level).unwrap());
            std::iter::once(usual).chain(others)
        })
    }

    fn packed(cores: usize, packing: Packing, content: impl Read) -> (Vec<u8>, Vec<u8>) {
        let (mut output, mut seen) = (Vec::new(), Vec::new());
        compress_on(cores, packing, content, &mut output, |piece| seen.extend_from_slice(piece)).unwrap();
        (output, seen)
    }

    /// Bytes that come in odd portions.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let some = buffer.len().min(1 + self.0.len() % 7919);
            self.0.read(&mut buffer[..some])
        }
    }

    #[test]
    fn what_is_compressed_is_read_again_whatever_its_length() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 77] {
            let content = content(length);
            for packing in packings() {
                let (compressed, seen) = packed(3, packing, &*content);
                assert_eq!(seen, content, "{packing:?}");
                let (kind, mut decompressed) = reader(&*compressed).unwrap();
                let mut again = Vec::new();
                decompressed.read_to_end(&mut again).unwrap();
                assert!(again == content, "{packing:?}, {length} bytes");
                assert_eq!(kind, packing.kind());
            }
        }
    }

    #[test]
    fn the_bytes_do_not_depend_on_cores_nor_on_how_the_input_comes() {
        let content = content(20 * PIECE + 4321);
        for packing in packings() {
            let (alone, _) = packed(1, packing, &*content);
            for cores in [2, 3, 16] {
                assert!(
                    packed(cores, packing, Dripping(&content)).0 == alone,
                    "{packing:?} on {cores} cores"
                );
            }
        }
    }

    #[test]
    fn gzip_is_one_member_without_a_date_and_about_as_small_as_in_one_piece() {
        let content = content(8 * PIECE);
        let (compressed, _) = packed(2, Packing::usual(Compression::Gzip), &*content);
        assert_eq!(compressed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        let mut one = Vec::new();
        flate2::read::GzDecoder::new(&*compressed).read_to_end(&mut one).unwrap();
        assert!(one == content, "the first member holds all of it");
        let mut whole = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        whole.write_all(&content).unwrap();
        let whole = whole.finish().unwrap().len();
        assert!(compressed.len() < whole + whole / 200, "{} and {whole}", compressed.len());
    }

    #[test]
    fn a_broken_input_or_output_is_an_error_and_no_wait_without_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let content = content(30 * PIECE);
        for packing in packings() {
            let cut = content[..9 * PIECE].chain(Broken);
            let error = compress_on(2, packing, cut, &mut Vec::new(), |_| ()).unwrap_err();
            assert_eq!(error.to_string(), "the disk is gone");
            let error = compress_on(2, packing, &*content, &mut Full(10_000), |_| ()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{packing:?}");
        }
    }

    #[test]
    fn a_level_that_there_is_not_is_refused() {
        for (kind, level) in [
            (Compression::Gzip, 0),
            (Compression::Gzip, 10),
            (Compression::Zstd, 0),
            (Compression::Zstd, 20),
            (Compression::Plain, 1),
        ] {
            assert!(Packing::usual(kind).at_level(level).is_err(), "{kind:?} {level}");
        }
    }
}
