//! Reads the entries of one layer, header by header, and skips what the files hold.
//!
//! The headers are read here and not by the package, which takes names and extended headers of any length into memory
//! and forgives what others do not. What two programs could read in two ways is refused.

use std::io::{self, Read};

use anyhow::{Context as _, Result, bail, ensure};
use tar::{GnuExtSparseHeader, GnuSparseHeader, Header};

use super::entry::{Content, Device, Entry, Leaf, Meta, Piece, Time, What};
use super::field;
use super::limits::{Budget, Counted};
use super::pax::{self, Extended};

const BLOCK: usize = 512;
/// The most that a long name or an extended header may have, in bytes.
const MAX_SPECIAL: u64 = 1 << 20;
/// The longest target of a symbolic link, in bytes; the systems' limit.
const MAX_TARGET: usize = 4095;

/// Reads all entries of an archive, and the bytes behind its end.
pub(super) fn scan(archive: &mut dyn Read, budget: &Budget<'_>) -> Result<Vec<Entry>> {
    // What the reader says of a budget that is spent does not come through the decompression as what it is.
    scan_all(archive, budget).map_err(|error| budget.overdrawn().map_or(error, Into::into))
}

fn scan_all(archive: &mut dyn Read, budget: &Budget<'_>) -> Result<Vec<Entry>> {
    let mut blocks = Blocks {
        archive: Counted::new(archive, budget),
        position: 0,
    };
    let mut entries = Vec::new();
    while let Some(entry) = next(&mut blocks, budget)? {
        let link = match &entry.what {
            What::HardLink(target) | What::Leaf(Leaf::Symlink(target)) => target.len(),
            _ => 0,
        };
        let xattrs = entry
            .meta
            .xattrs
            .iter()
            .map(|(name, value)| name.len().saturating_add(value.len()));
        budget.entry(xattrs.fold(entry.name.len().saturating_add(link), usize::saturating_add))?;
        entries.push(entry);
    }
    io::copy(&mut blocks.archive, &mut io::sink())?;
    Ok(entries)
}

/// An archive in its blocks.
struct Blocks<'a> {
    archive: Counted<'a, &'a mut dyn Read>,
    position: u64,
}

impl Blocks<'_> {
    /// The next block; `None` where the archive ends instead.
    fn next(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let mut block = Vec::with_capacity(BLOCK);
        (&mut self.archive).take(BLOCK as u64).read_to_end(&mut block)?;
        if block.is_empty() {
            return Ok(None);
        }
        self.position = self.position.checked_add(BLOCK as u64).context("the archive is too large")?;
        let block = block.try_into().ok().context("the archive ends in the middle of a header")?;
        Ok(Some(block))
    }

    /// Skips content and the rest of its last block.
    fn skip(&mut self, size: u64) -> Result<()> {
        let padded = size.checked_next_multiple_of(BLOCK as u64).context("a file is too large")?;
        self.position = self.position.checked_add(padded).context("a file is too large")?;
        let skipped = io::copy(&mut (&mut self.archive).take(padded), &mut io::sink())?;
        ensure!(skipped == padded, "the archive ends in the middle of a file");
        Ok(())
    }

    /// Content that is about an entry, whole.
    fn special(&mut self, size: u64) -> Result<Vec<u8>> {
        ensure!(size <= MAX_SPECIAL, "a name or an extended header is over 1 MiB");
        let mut bytes = Vec::new();
        (&mut self.archive).take(size).read_to_end(&mut bytes)?;
        ensure!(
            bytes.len() as u64 == size,
            "the archive ends in the middle of an extended header"
        );
        self.position = self.position.checked_add(size).context("the archive is too large")?;
        let rest = size
            .checked_next_multiple_of(BLOCK as u64)
            .and_then(|padded| padded.checked_sub(size));
        let mut rest = (&mut self.archive).take(rest.unwrap_or_default());
        let skipped = io::copy(&mut rest, &mut io::sink())?;
        self.position = self.position.saturating_add(skipped);
        ensure!(
            self.position.is_multiple_of(BLOCK as u64),
            "the archive ends in the middle of an extended header"
        );
        Ok(bytes)
    }
}

/// What stands before an entry and is about it.
#[derive(Default)]
struct Before {
    extended: Option<Extended>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Before {
    fn is_empty(&self) -> bool {
        self.extended.is_none() && self.name.is_none() && self.link.is_none()
    }
}

/// The next entry; `None` at the end.
fn next(blocks: &mut Blocks<'_>, budget: &Budget<'_>) -> Result<Option<Entry>> {
    let mut before = Before::default();
    loop {
        let header = match blocks.next()? {
            None => None,
            Some(block) if is_zero(&block) => {
                ensure!(
                    blocks.next()?.is_none_or(|block| is_zero(&block)),
                    "the archive goes on behind its end"
                );
                None
            }
            Some(block) => Some(header(&block)?),
        };
        let Some(header) = header else {
            ensure!(before.is_empty(), "an extended header has no file behind it");
            return Ok(None);
        };
        let size = field::unsigned(&header.as_old().size)?;
        match header.as_old().linkflag {
            [b'x'] => once(&mut before.extended, Extended::parse(&blocks.special(size)?)?)?,
            [b'g'] => {
                ensure!(
                    before.is_empty(),
                    "a global header stands between a file and its extended header"
                );
                pax::check_global(&blocks.special(size)?)?;
            }
            [b'L'] => once(&mut before.name, long(&blocks.special(size)?)?)?,
            [b'K'] => once(&mut before.link, long(&blocks.special(size)?)?)?,
            [kind] => return entry(blocks, budget, &header, kind, size, before).map(Some),
        }
    }
}

fn is_zero(block: &[u8; BLOCK]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<()> {
    ensure!(slot.replace(value).is_none(), "a file has two extended headers of a kind");
    Ok(())
}

/// A long name as GNU writes it, with a zero behind it.
fn long(bytes: &[u8]) -> Result<Vec<u8>> {
    let name = field::text(bytes);
    let rest = bytes.get(name.len()..).unwrap_or_default();
    ensure!(
        !name.is_empty() && rest.iter().all(|byte| *byte == 0),
        "a long name has a zero in it"
    );
    Ok(name.to_vec())
}

/// A header whose checksum is right and whose form is known.
fn header(block: &[u8; BLOCK]) -> Result<Header> {
    let mut header = Header::new_old();
    *header.as_mut_bytes() = *block;
    let stated = field::signed(&header.as_old().cksum).context("a header has no checksum")?;
    let blanked = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let (unsigned, signed) = blanked.fold((0_i64, 0_i64), |(unsigned, signed), byte| {
        (
            unsigned.saturating_add(byte.into()),
            signed.saturating_add(byte.cast_signed().into()),
        )
    });
    // Some old programs added up the bytes as numbers with a sign.
    ensure!(
        stated == unsigned || stated == signed,
        "a header's checksum is wrong: is it a tar archive?"
    );
    let claims = block.get(257..262) == Some(b"ustar");
    ensure!(
        !claims || header.as_ustar().is_some() || header.as_gnu().is_some(),
        "a header is of an unknown form"
    );
    Ok(header)
}

fn entry(blocks: &mut Blocks<'_>, budget: &Budget<'_>, header: &Header, kind: u8, size: u64, before: Before) -> Result<Entry> {
    let old = header.as_old();
    let is_extended = before.extended.is_some();
    ensure!(
        !is_extended || (before.name.is_none() && before.link.is_none()),
        "a file has extended headers of two forms"
    );
    let extended = before.extended.unwrap_or_default();
    let name = extended.name.or(before.name).unwrap_or_else(|| own_name(header));
    let link = extended
        .link
        .or(before.link)
        .unwrap_or_else(|| field::text(&old.linkname).to_vec());
    let meta = Meta {
        mode: u32::try_from(field::unsigned(&old.mode)? & 0o7777)?,
        uid: extended.uid.map_or_else(|| field::owner(field::unsigned(&old.uid)?), Ok)?,
        gid: extended.gid.map_or_else(|| field::owner(field::unsigned(&old.gid)?), Ok)?,
        mtime: Some(match extended.mtime {
            Some(time) => time,
            None => Time {
                seconds: field::signed(&old.mtime)?,
                nanos: 0,
            },
        }),
        xattrs: extended.xattrs,
    };
    let size = extended.size.unwrap_or(size);
    let what = match kind {
        b'0' | b'7' | 0 if name.ends_with(b"/") => {
            ensure!(kind == 0 && size == 0, "a file's name ends as that of a folder");
            What::Folder
        }
        b'0' | b'7' | 0 => What::Leaf(Leaf::File(content(blocks, size)?)),
        b'S' => {
            ensure!(!is_extended, "a sparse file has an extended header");
            What::Leaf(Leaf::File(sparse(blocks, budget, header, size)?))
        }
        _ => {
            ensure!(size == 0, "something that is no file has content");
            bare(header, kind, link)?
        }
    };
    Ok(Entry { name, meta, what })
}

/// The name in the header itself; the form that says so has its first part in another field.
fn own_name(header: &Header) -> Vec<u8> {
    let name = field::text(&header.as_old().name);
    let prefix = header.as_ustar().map(|ustar| {
        // The archiver star keeps times in the last bytes of the field, and says so at the very end.
        let is_star = header.as_bytes().ends_with(b"tar\0");
        let field = if is_star {
            ustar.prefix.get(..131).unwrap_or_default()
        } else {
            &ustar.prefix
        };
        field::text(field)
    });
    match prefix {
        Some(prefix) if !prefix.is_empty() => [prefix, b"/", name].concat(),
        _ => name.to_vec(),
    }
}

/// What has no content.
fn bare(header: &Header, kind: u8, link: Vec<u8>) -> Result<What> {
    Ok(match kind {
        b'1' => What::HardLink(link),
        b'2' => {
            ensure!(
                !link.is_empty() && link.len() <= MAX_TARGET,
                "a symbolic link leads nowhere or too far"
            );
            What::Leaf(Leaf::Symlink(link))
        }
        b'3' | b'4' => What::Leaf(Leaf::Device(device(header, kind == b'4')?)),
        b'5' => What::Folder,
        b'6' => What::Leaf(Leaf::Fifo),
        kind => bail!("an entry is of the unknown kind `{}`", kind.escape_ascii()),
    })
}

fn device(header: &Header, is_block: bool) -> Result<Device> {
    let numbers = match (header.as_ustar(), header.as_gnu()) {
        (Some(ustar), _) => (ustar.dev_major, ustar.dev_minor),
        (_, Some(gnu)) => (gnu.dev_major, gnu.dev_minor),
        _ => bail!("a device has no number"),
    };
    Ok(Device {
        is_block,
        major: u32::try_from(field::unsigned(&numbers.0)?)?,
        minor: u32::try_from(field::unsigned(&numbers.1)?)?,
    })
}

fn content(blocks: &mut Blocks<'_>, size: u64) -> Result<Content> {
    let start = blocks.position;
    blocks.skip(size)?;
    Ok(Content {
        start,
        stored: size,
        size,
        pieces: None,
    })
}

/// A file with holes, in GNU's form.
fn sparse(blocks: &mut Blocks<'_>, budget: &Budget<'_>, header: &Header, stored: u64) -> Result<Content> {
    let gnu = header.as_gnu().context("a sparse file is not of the form that has some")?;
    let size = field::unsigned(&gnu.realsize)?;
    let mut map = Map::default();
    map.extend(&gnu.sparse)?;
    let mut goes_on = gnu.isextended;
    let mut blocks_of_map = 0_u64;
    while goes_on != [0] {
        blocks_of_map = blocks_of_map.saturating_add(BLOCK as u64);
        ensure!(blocks_of_map <= MAX_SPECIAL, "the map of a sparse file is over 1 MiB");
        let mut more = GnuExtSparseHeader::new();
        *more.as_mut_bytes() = blocks.next()?.context("the archive ends in the map of a sparse file")?;
        map.extend(&more.sparse)?;
        goes_on = more.isextended;
    }
    ensure!(map.stored == stored && map.end <= size, "the map of a sparse file is wrong");
    // The stored bytes count when they are read.
    budget.unpack(size.saturating_sub(stored))?;
    Ok(Content {
        size,
        pieces: Some(map.pieces.into()),
        ..content(blocks, stored)?
    })
}

/// The map of a sparse file as far as it is read.
#[derive(Default)]
struct Map {
    pieces: Vec<Piece>,
    end: u64,
    stored: u64,
    is_over: bool,
}

impl Map {
    fn extend(&mut self, fields: &[GnuSparseHeader]) -> Result<()> {
        for field in fields {
            if field.offset.iter().chain(&field.numbytes).all(|byte| *byte == 0) {
                self.is_over = true;
                continue;
            }
            ensure!(!self.is_over, "the map of a sparse file goes on behind its end");
            let (offset, length) = (field::unsigned(&field.offset)?, field::unsigned(&field.numbytes)?);
            ensure!(offset >= self.end, "the map of a sparse file goes back");
            self.end = offset.checked_add(length).context("a sparse file is too large")?;
            self.stored = self.stored.checked_add(length).context("a sparse file is too large")?;
            self.pieces.push(Piece { offset, length });
        }
        Ok(())
    }
}
