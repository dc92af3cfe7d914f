//! How layers and archives are compressed, told by their first bytes; and compressing them.
//!
//! Media types and file names lie, and a layer that came through `docker save` has none. Whether the bytes are the right
//! ones is not asked here: who reads a stranger's blob has verified it before.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod gzip;
mod packing;

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

pub use packing::{NoSuchLevel, Packing, compress};

/// How much compressed data is read at a time.
const CHUNK: usize = 128 * 1024;

/// As many bytes as it takes to know any of them.
const MAGIC: u64 = 6;

/// The largest window of a zstd frame, as a power of two: 128 MiB, what `zstd` itself accepts unasked. A frame that needs
/// more is refused before that memory is taken.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The ways of compressing that the image specification knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// One or more members of gzip, as those of lazily pulled layers.
    Gzip,
    /// Frames of zstd, among which may be skippable ones, as those of lazily pulled layers.
    Zstd,
}

impl Compression {
    /// What the first bytes of a file say; an error where they are of a kind that only docker once took.
    fn of(start: &[u8]) -> io::Result<Self> {
        match start {
            [0x1f, 0x8b, ..] => Ok(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Err(unsupported("xz")),
            [b'B', b'Z', b'h', ..] => Err(unsupported("bzip2")),
            _ => Ok(Self::Plain),
        }
    }
}

fn unsupported(kind: &str) -> io::Error {
    let message = format!("it is compressed with {kind}; only gzip and zstd are supported");
    io::Error::new(io::ErrorKind::Unsupported, message)
}

/// Bytes as they were before they were compressed.
pub type Decompressed<'a> = Box<dyn Read + Send + 'a>;

/// A reader that has been looked into.
pub type Whole<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// Tells how bytes are compressed, and gives them back as they are, from the first.
pub fn sniff<R: Read>(mut compressed: R) -> io::Result<(Compression, Whole<R>)> {
    let mut start = Vec::new();
    Read::take(&mut compressed, MAGIC).read_to_end(&mut start)?;
    let compression = Compression::of(&start)?;
    Ok((compression, Cursor::new(start).chain(compressed)))
}

/// Reads what is compressed in whatever way, or not at all. An end in the middle is an error of the reader.
pub fn reader<'a>(compressed: impl Read + Send + 'a) -> io::Result<(Compression, Decompressed<'a>)> {
    let (compression, whole) = sniff(compressed)?;
    let whole = BufReader::with_capacity(CHUNK, whole);
    let decompressed: Decompressed<'a> = match compression {
        Compression::Plain => Box::new(whole),
        Compression::Gzip => Box::new(MultiGzDecoder::new(whole)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(whole)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
    };
    Ok((compression, decompressed))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn read(compressed: &[u8]) -> io::Result<(Compression, Vec<u8>)> {
        let (compression, mut decompressed) = reader(compressed)?;
        let mut bytes = Vec::new();
        decompressed.read_to_end(&mut bytes)?;
        Ok((compression, bytes))
    }

    /// Bytes that come one by one, as from a slow pipe.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    #[test]
    fn each_kind_is_known_by_its_first_bytes() {
        let content = b"some content, long enough".repeat(1000);
        assert_eq!(read(&content).unwrap(), (Compression::Plain, content.clone()));
        assert_eq!(read(&gzip(&content)).unwrap(), (Compression::Gzip, content.clone()));
        assert_eq!(read(&zstd(&content)).unwrap(), (Compression::Zstd, content));
    }

    #[test]
    fn what_is_shorter_than_any_magic_is_plain() {
        for short in [&b""[..], b"a", b"\x1f", b"\x28\xb5"] {
            assert_eq!(read(short).unwrap(), (Compression::Plain, short.to_vec()));
        }
    }

    #[test]
    fn members_and_frames_are_read_to_the_last() {
        let gzipped = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(read(&gzipped).unwrap().1, b"one two");
        let skippable = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9];
        let frames = [&skippable[..], &zstd(b"one "), &skippable, &zstd(b"two"), &skippable].concat();
        assert_eq!(read(&frames).unwrap(), (Compression::Zstd, b"one two".to_vec()));
    }

    #[test]
    fn bytes_that_drip_in_are_known_all_the_same() {
        let compressed = zstd(b"slowly");
        let (compression, mut decompressed) = reader(Dripping(&compressed)).unwrap();
        let mut text = String::new();
        decompressed.read_to_string(&mut text).unwrap();
        assert_eq!((compression, text.as_str()), (Compression::Zstd, "slowly"));
    }

    #[test]
    fn an_end_in_the_middle_is_an_error() {
        let content = b"some content, long enough".repeat(1000);
        for whole in [gzip(&content), zstd(&content)] {
            for end in [7, whole.len() / 2, whole.len() - 1] {
                assert!(read(&whole[..end]).is_err(), "{end} of {}", whole.len());
            }
        }
    }

    #[test]
    fn what_is_compressed_otherwise_is_named() {
        let error = read(b"\xfd7zXZ\0\0\0").unwrap_err().to_string();
        assert_eq!(error, "it is compressed with xz; only gzip and zstd are supported");
        assert!(read(b"BZh91AY&SY").unwrap_err().to_string().contains("bzip2"));
    }

    #[test]
    fn a_frame_that_wants_more_memory_than_zstd_gives_unasked_is_refused() {
        // A frame header that asks for a window of 2 GiB, and one raw block that holds a byte.
        let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x09, 0, 0, b'x'];
        assert!(read(&greedy).is_err());
        let modest = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3, 0x09, 0, 0, b'x'];
        assert_eq!(read(&modest).unwrap().1, b"x");
    }
}
