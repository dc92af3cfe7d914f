//! Whole archives, and what is read of them.

use std::io::Cursor;

use super::blocks::Source;
use super::*;

/// A header, and the sum that fits.
fn header(name: &str, kind: u8, link: &str, size: usize) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(124, &format!("{size:011o}"));
    put(157, link);
    put(257, "ustar\x0000");
    block[156] = kind;
    summed(block)
}

fn summed(mut block: [u8; 512]) -> [u8; 512] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = [&header(name, b'0', "", content.len())[..], content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn read<S: Source>(source: S) -> Result<(Vec<Entry>, bool)> {
    let mut reader = Reader::new(source);
    let mut entries = Vec::new();
    while let Some(entry) = reader.next()? {
        entries.push(entry);
    }
    let is_closed = reader.is_closed();
    reader.finish()?;
    Ok((entries, is_closed))
}

fn ended(parts: &[Vec<u8>], zeros: usize) -> Vec<u8> {
    [parts.concat(), vec![0; zeros * 512]].concat()
}

#[test]
fn a_stream_and_a_file_are_read_alike() {
    let parts = [
        file("a", &[7; 700]),
        header("d/", b'5', "", 0).to_vec(),
        header("l", b'2', "a", 0).to_vec(),
        header("h", b'1', "a", 0).to_vec(),
    ];
    let archive = ended(&parts, 2);
    let (entries, is_closed) = read(Stream(&archive[..])).unwrap();
    assert_eq!((entries.len(), is_closed), (4, true));
    let content = Content {
        start: 512,
        stored: 700,
        size: 700,
        pieces: None,
    };
    assert_eq!(entries[0].what, What::Leaf(Leaf::File(content)));
    assert_eq!(read(Seeking::new(Cursor::new(&archive)).unwrap()).unwrap(), (entries, true));
    for length in 0..archive.len() {
        let stream = read(Stream(&archive[..length])).ok();
        let sought = read(Seeking::new(Cursor::new(&archive[..length])).unwrap()).ok();
        assert_eq!(stream, sought, "{length}");
    }
}

#[test]
fn how_an_archive_ends_is_said() {
    for (zeros, is_closed) in [(0, false), (1, true), (2, true), (20, true)] {
        let archive = ended(&[file("a", b"")], zeros);
        assert_eq!(read(Stream(&archive[..])).unwrap().1, is_closed, "{zeros}");
    }
    let behind = [ended(&[file("a", b"")], 2), b"anything".to_vec()].concat();
    assert_eq!(Reader::new(Stream(&behind[..])).finish().unwrap(), behind.len() as u64);
    let half = ended(&[file("a", b""), vec![0; 512], file("b", b"")], 2);
    assert!(matches!(
        read(Stream(&half[..])),
        Err(Error::Header(512, "it is half an end"))
    ));
}

#[test]
fn a_sum_of_signed_bytes_is_a_sum() {
    let mut block = header("\u{e9}", b'0', "", 0);
    let unsigned: i32 = block[..148].iter().chain(&block[156..]).map(|byte| i32::from(*byte)).sum();
    let signed = unsigned - 256 * 2 + 8 * i32::from(b' ');
    block[148..156].copy_from_slice(format!("{signed:06o}\0 ").as_bytes());
    assert_eq!(read(Stream(&block[..])).unwrap().0.len(), 1);
    block[0] ^= 1;
    assert!(matches!(read(Stream(&block[..])), Err(Error::Checksum(0))));
}

#[test]
fn a_name_that_runs_into_stars_times_is_refused() {
    let with = |prefix: usize, end: &[u8]| {
        let mut block = header("n", b'0', "", 0);
        block[345..345 + prefix].fill(b'p');
        block[508..].copy_from_slice(end);
        summed(block)
    };
    for (prefix, end, is_fine) in [(130, b"tar\0", true), (131, b"tar\0", false), (155, b"\0\0\0\0", true)] {
        let read = read(Stream(&with(prefix, end)[..]));
        assert_eq!(read.is_ok(), is_fine, "{prefix}");
        if let Ok((entries, _)) = read {
            assert_eq!(entries[0].name.len(), prefix + 2);
        }
    }
}

#[test]
fn a_map_of_a_million_pieces_is_given_up_after_one_mebibyte() {
    let pieces = |block: &mut [u8], count: usize| {
        for piece in block.chunks_exact_mut(24).take(count) {
            piece.copy_from_slice(b"00000000000\x0000000000000\0");
        }
    };
    let mut first = header("s", b'S', "", 0);
    first[257..265].copy_from_slice(b"ustar  \0");
    pieces(&mut first[386..482], 4);
    first[482] = 1;
    let mut more = [0; 512];
    pieces(&mut more, 21);
    more[504] = 1;
    let archive = [&summed(first)[..], &more.repeat(1_000_000 / 21)].concat();
    let mut rest = &archive[..];
    let error = Reader::new(Stream(&mut rest)).next().unwrap_err();
    assert!(
        matches!(error, Error::Header(0, "the map of a sparse file is over 1 MiB")),
        "{error}"
    );
    assert_eq!(archive.len() - rest.len(), 512 + (1 << 20));
}
