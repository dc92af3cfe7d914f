//! Reading the headers of a tar, strictly: what two readers of the format could take for different members is refused
//! ([POSIX](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13), and GNU's long names).
//!
//! Nothing is unpacked, and no more is kept in memory than names, whose lengths have a cap.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use crate::archive::member::{Kind, Members, Place, normal, target_of};

/// The unit of the format.
pub(super) const BLOCK: u64 = 512;
/// The largest record of long names and the like, in bytes.
const MAX_SPECIAL: u64 = 1 << 20;
/// The most members. An image has a few for each layer.
const MAX_MEMBERS: usize = 100_000;
/// The most bytes of all names together.
const MAX_NAMES: usize = 16 << 20;

/// Why a file is no archive that can be read in one way only.
#[derive(Debug, thiserror::Error)]
pub(super) enum TarError {
    #[error("it is no tar archive: the header at byte {0} has a wrong checksum")]
    Checksum(u64),
    #[error("it ends in the middle of the archive: it was cut short, or is no tar archive")]
    Cut,
    #[error("it is empty")]
    Empty,
    #[error("the header at byte {0} is malformed: {1}")]
    Header(u64, &'static str),
    #[error("a record of {1} bytes for long names, at byte {0}, is refused")]
    TooLong(u64, u64),
    #[error("it has over {MAX_MEMBERS} members")]
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
type Block = [u8; 512];

/// Reads all headers from the beginning of a file to the end of the archive in it.
pub(super) fn index(mut file: impl Read + Seek) -> Result<Members> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Err(TarError::Empty);
    }
    file.rewind()?;
    let mut walk = Walk {
        file: BufReader::with_capacity(64 << 10, file),
        at: 0,
        length,
    };
    let mut members = Members::default();
    let mut names: usize = 0;
    let mut said = Said::default();
    while let Some(header) = walk.header()? {
        if let Some(special) = Special::of(header.kind) {
            walk.special(special, &header, &mut said)?;
            continue;
        }
        let (name, kind) = walk.member(&header, std::mem::take(&mut said))?;
        names = names.saturating_add(name.len());
        members.add(name, kind)?;
        if members.len() > MAX_MEMBERS || names > MAX_NAMES || members.twins.len() > MAX_MEMBERS {
            return Err(TarError::TooMany);
        }
    }
    if said.is_something() {
        return Err(TarError::Header(
            walk.at,
            "it says something of a member that does not follow",
        ));
    }
    Ok(members)
}

/// What the records before a member say of it.
#[derive(Default)]
struct Said {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    extended: bool,
}

impl Said {
    fn is_something(&self) -> bool {
        self.name.is_some() || self.link.is_some() || self.size.is_some() || self.extended
    }
}

/// A record that says something of the next member, or of all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    LongName,
    LongLink,
    Extended,
    Global,
}

impl Special {
    fn of(kind: u8) -> Option<Self> {
        match kind {
            b'L' => Some(Self::LongName),
            b'K' => Some(Self::LongLink),
            b'x' => Some(Self::Extended),
            b'g' => Some(Self::Global),
            _ => None,
        }
    }
}

struct Header {
    at: u64,
    name: Vec<u8>,
    link: Vec<u8>,
    size: u64,
    kind: u8,
}

struct Walk<F: Read + Seek> {
    file: BufReader<F>,
    at: u64,
    length: u64,
}

impl<F: Read + Seek> Walk<F> {
    /// The next header; `None` at the end of the archive, which two blocks of zeros mark, or one and the end of the file.
    fn header(&mut self) -> Result<Option<Header>> {
        let at = self.at;
        let block = self.block()?.ok_or(TarError::Cut)?;
        if block.iter().any(|byte| *byte != 0) {
            return parse(at, &block).map(Some);
        }
        match self.block()? {
            Some(block) if block.iter().any(|byte| *byte != 0) => Err(TarError::Header(at, "it is half an end")),
            _ => Ok(None),
        }
    }

    fn block(&mut self) -> Result<Option<Block>> {
        if self.at >= self.length {
            return Ok(None);
        }
        let mut block = [0; 512];
        self.file.read_exact(&mut block).map_err(cut)?;
        self.at = self.at.saturating_add(BLOCK);
        Ok(Some(block))
    }

    fn special(&mut self, special: Special, header: &Header, said: &mut Said) -> Result<()> {
        let malformed = |why| Err(TarError::Header(header.at, why));
        if header.size > MAX_SPECIAL {
            return Err(TarError::TooLong(header.at, header.size));
        }
        let mut content = Vec::new();
        (&mut self.file).take(header.size).read_to_end(&mut content)?;
        if content.len() as u64 != header.size {
            return Err(TarError::Cut);
        }
        self.at = self.at.saturating_add(header.size);
        self.skip(padding(header.size))?;
        match special {
            Special::LongName if said.name.is_none() => said.name = Some(until_zero(&content).to_vec()),
            Special::LongLink if said.link.is_none() => said.link = Some(until_zero(&content).to_vec()),
            Special::Extended if !said.extended => {
                said.extended = true;
                if let Err(why) = extended(&content, said) {
                    return malformed(why);
                }
            }
            Special::Global if !said.is_something() => {
                let mut global = Said::default();
                if let Err(why) = extended(&content, &mut global) {
                    return malformed(why);
                }
                if global.is_something() {
                    return malformed("it gives all members one name or size");
                }
            }
            _ => return malformed("it says again what another record has said"),
        }
        Ok(())
    }

    /// What a header and what was said before it make: a member. Its content is stepped over.
    fn member(&mut self, header: &Header, said: Said) -> Result<(String, Kind)> {
        let malformed = |why| Err(TarError::Header(header.at, why));
        let raw = said.name.unwrap_or_else(|| header.name.clone());
        let link = said.link.unwrap_or_else(|| header.link.clone());
        let size = said.size.unwrap_or(header.size);
        let name = normal(&raw)?;
        let is_folder = header.kind == b'5' || (matches!(header.kind, 0 | b'0') && raw.ends_with(b"/"));
        let kind = match header.kind {
            _ if is_folder => Kind::Folder,
            0 | b'0' | b'7' => Kind::File(Place { at: self.at, size }),
            b'1' => Kind::Link(normal(&link)?),
            b'2' => Kind::Link(target_of(&name, &link)?),
            b'3' | b'4' | b'6' => Kind::Other,
            b'S' => return malformed("sparse files are not supported"),
            _ => return malformed("its kind is not known"),
        };
        if name.is_empty() && !is_folder {
            return Err(TarError::Name(String::from_utf8_lossy(&raw).into_owned()));
        }
        // Some readers step over as many bytes as are named here, and some over none.
        if size > 0 && !matches!(kind, Kind::File(_)) {
            return malformed("it is no file and has a size");
        }
        let end = self
            .at
            .checked_add(size)
            .filter(|end| *end <= self.length)
            .ok_or(TarError::Cut)?;
        self.skip(end.saturating_sub(self.at))?;
        self.skip(padding(size))?;
        Ok((name, kind))
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        let step = i64::try_from(bytes).map_err(|_| TarError::Cut)?;
        self.file.seek_relative(step)?;
        self.at = self.at.saturating_add(bytes);
        Ok(())
    }
}

/// How many bytes fill up the last block.
pub(super) fn padding(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK)
        .map_or(0, |whole| whole.saturating_sub(size))
}

fn cut(error: io::Error) -> TarError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => TarError::Cut,
        _ => TarError::Io(error),
    }
}

fn parse(at: u64, block: &Block) -> Result<Header> {
    let malformed = |why| TarError::Header(at, why);
    let sum = number(field(block, 148, 8)).ok_or(TarError::Checksum(at))?;
    let bytes = block.iter().enumerate();
    let actual: u64 = bytes
        .map(|(place, byte)| {
            if (148..156).contains(&place) {
                u64::from(b' ')
            } else {
                u64::from(*byte)
            }
        })
        .fold(0, u64::saturating_add);
    if sum != actual {
        return Err(TarError::Checksum(at));
    }
    let size = number(field(block, 124, 12)).ok_or_else(|| malformed("its size is no number"))?;
    if i64::try_from(size).is_err() {
        return Err(malformed("its size is beyond all bounds"));
    }
    let short = until_zero(field(block, 0, 100));
    let prefix = until_zero(field(block, 345, 155));
    // Where GNU's own format has other things, and the oldest nothing.
    let is_posix = field(block, 257, 6) == b"ustar\0";
    if is_posix && field(block, 508, 4) == b"tar\0" {
        return Err(malformed("it is of star's own format"));
    }
    let name = if is_posix && !prefix.is_empty() {
        [prefix, b"/", short].concat()
    } else {
        short.to_vec()
    };
    Ok(Header {
        at,
        name,
        link: until_zero(field(block, 157, 100)).to_vec(),
        size,
        kind: field(block, 156, 1).first().copied().unwrap_or_default(),
    })
}

fn field(block: &Block, at: usize, length: usize) -> &[u8] {
    block.get(at..at.saturating_add(length)).unwrap_or_default()
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal, or in GNU's binary form.
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, rest @ ..] => rest
            .iter()
            .try_fold(0u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte))),
        [first, ..] if first & 0x80 != 0 => None,
        _ => {
            let text = std::str::from_utf8(field).ok()?;
            let digits = text.trim_start_matches(' ').trim_end_matches(['\0', ' ']);
            if digits.is_empty() {
                return Some(0);
            }
            // Signs are no digits.
            let octal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
            octal.then(|| u64::from_str_radix(digits, 8).ok()).flatten()
        }
    }
}

/// Reads the records of an extended header, `LENGTH KEY=VALUE\n` each.
fn extended(content: &[u8], said: &mut Said) -> std::result::Result<(), &'static str> {
    const BROKEN: &str = "an extended record is broken";
    const TWICE: &str = "it says again what another record has said";
    let mut rest = content;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ').ok_or(BROKEN)?;
        let digits = rest
            .get(..space)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .ok_or(BROKEN)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
            return Err(BROKEN);
        }
        let length: usize = digits.parse().map_err(|_| BROKEN)?;
        let record = rest.get(space.saturating_add(1)..length).ok_or(BROKEN)?;
        rest = rest.get(length..).ok_or(BROKEN)?;
        let record = record.strip_suffix(b"\n").ok_or(BROKEN)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or(BROKEN)?;
        let key = record.get(..equals).unwrap_or_default();
        let value = record.get(equals.saturating_add(1)..).unwrap_or_default();
        match key {
            b"path" => set(&mut said.name, value.to_vec()).ok_or(TWICE)?,
            b"linkpath" => set(&mut said.link, value.to_vec()).ok_or(TWICE)?,
            b"size" => {
                let digits = std::str::from_utf8(value).map_err(|_| BROKEN)?;
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let size: i64 = digits.parse().map_err(|_| BROKEN)?;
                let size = u64::try_from(size).ok().filter(|_| plain).ok_or(BROKEN)?;
                set(&mut said.size, size).ok_or(TWICE)?;
            }
            b"" => return Err(BROKEN),
            key if key.starts_with(b"GNU.sparse.") => return Err("sparse files are not supported"),
            _ => {}
        }
    }
    Ok(())
}

fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.is_none().then(|| *slot = Some(value))
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
    fn numbers_are_octal_or_binary_and_nothing_else() {
        assert_eq!(number(b"00000000017\0"), Some(15));
        assert_eq!(number(b"   17 \0"), Some(15));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\0\0\0"), Some(0));
        for text in [
            &b"\xff\xff\xff"[..],
            b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"18",
            b"0x1",
            b"+1",
            b"1\x002",
        ] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_long_name_of_a_gigabyte_is_refused_at_its_header() {
        let size = format!("{:011o}\0", 1u64 << 30);
        for kind in [b'L', b'K', b'x', b'g'] {
            let error = index(Cursor::new(sized("l", kind, "", b"", &size))).unwrap_err();
            assert!(matches!(error, TarError::TooLong(0, 0x4000_0000)), "{error}");
        }
    }
}
