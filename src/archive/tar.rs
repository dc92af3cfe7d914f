//! The members of an archive, by the headers of its tar. Nothing is unpacked, and no more is kept in memory than names, whose
//! lengths have a cap.

use std::io::{self, Read, Seek};

use crate::archive::member::{Kind, Members, Place, normal, target_of};
use crate::size::spaced;
use crate::tarball::{self, Content, Entry, Leaf, Reader, Seeking, What};

/// The most members. An image has a few for each layer.
const MAX_MEMBERS: usize = 100_000;
/// The most bytes of all names together.
const MAX_NAMES: usize = 16 << 20;

/// Why a file is no archive that can be read in one way only.
#[derive(Debug, thiserror::Error)]
pub(super) enum TarError {
    #[error("it is empty")]
    Empty,
    #[error(transparent)]
    Tar(#[from] tarball::Error),
    #[error("the member `{}` has holes; sparse files are not supported", .0.escape_debug())]
    Sparse(String),
    #[error("it has over {MAX_MEMBERS} members, or their names are over {}", spaced(MAX_NAMES as u64))]
    TooMany,
    #[error("the member `{}` has no name that can be used", .0.escape_debug())]
    Name(String),
    #[error("`{}` leads out of the archive", .0.escape_debug())]
    Outside(String),
    #[error("the member `{}` is there twice, with different content", .0.escape_debug())]
    Twice(String),
    #[error("the links of `{}` lead in a circle", .0.escape_debug())]
    Links(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

type Result<T> = std::result::Result<T, TarError>;

/// Reads all headers from the beginning of a file to the end of the archive in it.
pub(super) fn index(file: impl Read + Seek) -> Result<Members> {
    let file = Seeking::new(file)?;
    if file.is_empty() {
        return Err(TarError::Empty);
    }
    let mut reader = Reader::new(file);
    let mut members = Members::default();
    let mut names: usize = 0;
    while let Some(entry) = reader.next()? {
        let (name, kind) = member(entry)?;
        names = names.saturating_add(name.len());
        members.add(name, kind)?;
        if members.len() > MAX_MEMBERS || names > MAX_NAMES || members.twins.len() > MAX_MEMBERS {
            return Err(TarError::TooMany);
        }
    }
    // Nobody vouches for the bytes before they are read: a file that was cut short between two members is seen by this.
    if !reader.is_closed() {
        return Err(tarball::Error::Cut.into());
    }
    Ok(members)
}

fn member(entry: Entry) -> Result<(String, Kind)> {
    let name = normal(&entry.name)?;
    let kind = match entry.what {
        What::Folder => Kind::Folder,
        What::HardLink(link) => Kind::Link(normal(&link)?),
        What::Leaf(Leaf::Symlink(link)) => Kind::Link(target_of(&name, &link)?),
        What::Leaf(Leaf::File(Content { pieces: Some(_), .. })) => return Err(TarError::Sparse(name)),
        What::Leaf(Leaf::File(Content { start, size, .. })) => Kind::File(Place { at: start, size }),
        What::Leaf(Leaf::Fifo | Leaf::Device(_)) => Kind::Other,
    };
    if name.is_empty() && kind != Kind::Folder {
        return Err(TarError::Name(String::from_utf8_lossy(&entry.name).into_owned()));
    }
    Ok((name, kind))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn entry(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
        sized(name, kind, link, content, &format!("{:011o}\0", content.len()))
    }

    fn sized(name: &str, kind: u8, link: &str, content: &[u8], size: &str) -> Vec<u8> {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..124 + size.len()].copy_from_slice(size.as_bytes());
        block[148..156].fill(b' ');
        block[156] = kind;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block.extend_from_slice(content);
        block.resize(block.len().next_multiple_of(512), 0);
        block
    }

    fn record(key: &str, value: &str) -> Vec<u8> {
        let rest = key.len() + value.len() + 3;
        let length = (1..9)
            .map(|digits| rest + digits)
            .find(|length| length.to_string().len() + rest == *length);
        format!("{} {key}={value}\n", length.unwrap()).into_bytes()
    }

    fn read(parts: &[Vec<u8>]) -> Result<Members> {
        let mut tar = parts.concat();
        tar.resize(tar.len() + 1024, 0);
        index(Cursor::new(tar))
    }

    #[test]
    fn members_are_found_where_they_are() {
        let members = read(&[
            entry("d/", b'5', "", b""),
            entry("d/a", b'0', "", b"hello"),
            entry("d/b", b'2', "a", b""),
            entry("c", b'1', "d/b", b""),
        ])
        .unwrap();
        let place = Some(Place { at: 1024, size: 5 });
        for name in ["d/a", "d/b", "c"] {
            assert_eq!(members.file(name).unwrap(), place, "{name}");
        }
        assert_eq!(members.file("d").unwrap(), None);
    }

    #[test]
    fn long_names_come_in_two_forms() {
        let long = format!("{}/layer.tar", "a".repeat(200));
        let gnu = [
            entry("././@LongLink", b'L', "", format!("{long}\0").as_bytes()),
            entry("cut", b'0', "", b"x"),
        ];
        let pax = [entry("pax", b'x', "", &record("path", &long)), entry("cut", b'0', "", b"x")];
        for parts in [gnu, pax] {
            assert!(read(&parts).unwrap().file(&long).unwrap().is_some());
        }
    }

    #[test]
    fn the_size_of_an_extended_header_counts_wherever_it_is_read() {
        let members = read(&[
            entry("pax", b'x', "", &record("size", "700")),
            sized("a", b'0', "", &[7; 700], "0"),
            entry("b", b'0', "", b""),
        ]);
        assert_eq!(members.unwrap().file("a").unwrap(), Some(Place { at: 1536, size: 700 }));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let hidden = entry("b", b'0', "", b"hidden");
        let cases: Vec<Vec<Vec<u8>>> = vec![
            vec![entry("p", b'x', "", &record("size", "-1")), entry("a", b'0', "", b"")],
            vec![entry("p", b'x', "", &record("size", "+6")), entry("a", b'0', "", b"123456")],
            vec![entry("p", b'x', "", b"11 path=a\nXX"), entry("a", b'0', "", b"")],
            vec![entry("p", b'x', "", b"99 path=a\n"), entry("a", b'0', "", b"")],
            vec![entry("p", b'x', "", b"path=a\n"), entry("a", b'0', "", b"")],
            vec![
                entry("p", b'x', "", &[record("path", "a"), record("path", "b")].concat()),
                entry("a", b'0', "", b""),
            ],
            vec![
                entry("p", b'x', "", &record("path", "a")),
                entry("p", b'x', "", &record("path", "b")),
                hidden.clone(),
            ],
            vec![
                entry("p", b'x', "", &record("path", "a")),
                entry("l", b'L', "", b"b\0"),
                hidden.clone(),
            ],
            vec![entry("p", b'g', "", &record("path", "a")), hidden.clone()],
            vec![entry("p", b'x', "", &record("GNU.sparse.major", "1")), hidden.clone()],
            vec![entry("p", b'x', "", &record("path", "a\0b")), hidden.clone()],
            vec![entry("p", b'x', "", &record("path", "a"))],
            vec![entry("d/", b'5', "", &hidden)],
            vec![entry("l", b'2', "x", &hidden)],
            vec![entry("s", b'S', "", b"")],
            vec![entry("m", b'M', "", b"")],
            vec![sized("a", b'0', "", b"", "-0000000001")],
            vec![sized("a", b'0', "", b"", "0000000009\0")],
            vec![vec![0; 512], hidden.clone()],
            vec![entry("../a", b'0', "", b"")],
            vec![entry("a", b'2', "../b", b"")],
            vec![entry("a", b'1', "/b", b"")],
            vec![entry("./", b'0', "", b"x")],
            vec![entry("a", b'0', "", b"1"), entry("./a", b'0', "", b"22")],
        ];
        for (number, parts) in cases.iter().enumerate() {
            assert!(read(parts).is_err(), "case {number}");
        }
    }

    #[test]
    fn an_archive_that_is_cut_short_anywhere_is_seen() {
        let mut tar = [
            entry("a", b'0', "", &[7; 700]),
            entry("p", b'x', "", &record("path", "b")),
            entry("b", b'0', "", b"x"),
        ]
        .concat();
        tar.resize(tar.len() + 1024, 0);
        let whole = tar.len() - 512;
        for length in 0..whole {
            assert!(index(Cursor::new(&tar[..length])).is_err(), "{length} of {whole}");
        }
        assert!(index(Cursor::new(&tar[..whole])).is_ok());
    }

    #[test]
    fn a_long_name_of_a_gigabyte_is_refused_at_its_header() {
        let size = format!("{:011o}\0", 1u64 << 30);
        for kind in [b'L', b'K', b'x', b'g'] {
            let error = index(Cursor::new(sized("l", kind, "", b"", &size))).unwrap_err();
            assert!(
                matches!(error, TarError::Tar(tarball::Error::TooLong(0, 0x4000_0000))),
                "{error}"
            );
        }
    }
}
