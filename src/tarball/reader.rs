//! Reads the entries of an archive, header by header, and skips what the files hold.

use std::io;

use tar::Header;

use super::blocks::{Block, Blocks, Source};
use super::entry::{Content, Entry, Leaf, Meta, Time, What};
use super::pax::{self, Extended};
use super::{Error, Malformed, Result, field, header, sparse};

/// The most that a long name or an extended header may have, in bytes.
const MAX_SPECIAL: u64 = 1 << 20;
/// The longest target of a symbolic link, in bytes; the systems' limit.
const MAX_TARGET: usize = 4095;

/// Reads an archive.
pub(crate) struct Reader<S> {
    blocks: Blocks<S>,
    is_closed: bool,
}

impl<S: Source> Reader<S> {
    /// From its first byte.
    pub(crate) fn new(source: S) -> Self {
        Self {
            blocks: Blocks { source, position: 0 },
            is_closed: false,
        }
    }

    /// Has the mark been read that says where the archive ends? Two blocks of zeros are one, or one and the end of the file.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Reads what is behind the end, and gives back how many bytes there were in all.
    pub(crate) fn finish(mut self) -> Result<u64> {
        let behind = io::copy(&mut self.blocks.source, &mut io::sink())?;
        Ok(self.blocks.position.saturating_add(behind))
    }

    /// The next entry; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>> {
        let mut before = Before::default();
        loop {
            let at = self.blocks.position;
            let malformed = |why| Error::Header(at, why);
            let Some(header) = self.header(at)? else {
                if !before.is_empty() {
                    return Err(malformed("it says something of a member that does not follow"));
                }
                return Ok(None);
            };
            let size = size_of(&header).map_err(malformed)?;
            let [kind] = header.as_old().linkflag;
            if !matches!(kind, b'x' | b'g' | b'L' | b'K') {
                return self.entry(at, &header, size, before).map(Some);
            }
            if size > MAX_SPECIAL {
                return Err(Error::TooLong(at, size));
            }
            before.add(kind, &self.blocks.special(size)?).map_err(malformed)?;
        }
    }

    fn header(&mut self, at: u64) -> Result<Option<Header>> {
        let Some(block) = self.blocks.next()? else { return Ok(None) };
        if !is_zero(&block) {
            return header::parse(at, &block).map(Some);
        }
        if !self.blocks.next()?.is_none_or(|block| is_zero(&block)) {
            return Err(Error::Header(at, "it is half an end"));
        }
        self.is_closed = true;
        Ok(None)
    }

    fn entry(&mut self, at: u64, header: &Header, size: u64, before: Before) -> Result<Entry> {
        let malformed = |why| Error::Header(at, why);
        let is_extended = before.extended.is_some();
        if is_extended && (before.name.is_some() || before.link.is_some()) {
            return Err(malformed("a file has extended headers of two forms"));
        }
        let extended = before.extended.unwrap_or_default();
        let own = header::name(header).map_err(malformed)?;
        let name = extended.name.or(before.name).unwrap_or(own);
        let link = extended.link.or(before.link);
        let link = link.unwrap_or_else(|| field::text(&header.as_old().linkname).to_vec());
        let size = extended.size.unwrap_or(size);
        let [kind] = header.as_old().linkflag;
        let what = match kind {
            b'0' | b'7' | 0 if name.ends_with(b"/") => {
                if kind != 0 || size != 0 {
                    return Err(malformed("a file's name ends as that of a folder"));
                }
                What::Folder
            }
            b'0' | b'7' | 0 => What::Leaf(Leaf::File(self.content(size)?)),
            b'S' if is_extended => return Err(malformed("sparse files with an extended header are not supported")),
            b'S' => What::Leaf(Leaf::File(sparse::content(&mut self.blocks, header, at, size)?)),
            // Some readers step over as many bytes as are named here, and some over none.
            _ if size > 0 => return Err(malformed("it is no file and has a size")),
            _ => bare(header, kind, link).map_err(malformed)?,
        };
        let owners = (extended.uid, extended.gid);
        let meta = meta(header, owners, extended.mtime, extended.xattrs).map_err(malformed)?;
        Ok(Entry { name, meta, what })
    }

    fn content(&mut self, size: u64) -> Result<Content> {
        let start = self.blocks.position;
        self.blocks.skip(size)?;
        Ok(Content {
            start,
            stored: size,
            size,
            pieces: None,
        })
    }
}

fn is_zero(block: &Block) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn size_of(header: &Header) -> std::result::Result<u64, Malformed> {
    field::unsigned(&header.as_old().size)
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

    fn add(&mut self, kind: u8, bytes: &[u8]) -> std::result::Result<(), Malformed> {
        match kind {
            b'x' => once(&mut self.extended, Extended::parse(bytes)?),
            b'L' => once(&mut self.name, long(bytes)?),
            b'K' => once(&mut self.link, long(bytes)?),
            _ if self.is_empty() => pax::check_global(bytes),
            _ => Err("a global header stands between a file and its extended header"),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> std::result::Result<(), Malformed> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err("it says again what another record has said"),
    }
}

/// A long name as GNU writes it, with a zero behind it.
fn long(bytes: &[u8]) -> std::result::Result<Vec<u8>, Malformed> {
    let name = field::text(bytes);
    let mut rest = bytes.iter().skip(name.len());
    if name.is_empty() || !rest.all(|byte| *byte == 0) {
        return Err("a long name is empty or has a zero in it");
    }
    Ok(name.to_vec())
}

fn meta(
    header: &Header,
    (uid, gid): (Option<u32>, Option<u32>),
    mtime: Option<Time>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
) -> std::result::Result<Meta, Malformed> {
    let old = header.as_old();
    let owner = |said: Option<u32>, digits| said.map_or_else(|| field::owner(field::unsigned(digits)?), Ok);
    let mtime = match mtime {
        Some(time) => time,
        None => Time {
            seconds: field::signed(&old.mtime)?,
            nanos: 0,
        },
    };
    Ok(Meta {
        mode: u32::try_from(field::unsigned(&old.mode)? & 0o7777).map_err(|_| "a mode is out of range")?,
        uid: owner(uid, &old.uid)?,
        gid: owner(gid, &old.gid)?,
        mtime: Some(mtime),
        xattrs,
    })
}

/// What has no content.
fn bare(header: &Header, kind: u8, link: Vec<u8>) -> std::result::Result<What, Malformed> {
    Ok(match kind {
        b'1' => What::HardLink(link),
        b'2' if link.is_empty() || link.len() > MAX_TARGET => return Err("a symbolic link leads nowhere or too far"),
        b'2' => What::Leaf(Leaf::Symlink(link)),
        b'3' | b'4' => What::Leaf(Leaf::Device(header::device(header, kind == b'4')?)),
        b'5' => What::Folder,
        b'6' => What::Leaf(Leaf::Fifo),
        _ => return Err("its kind is not known"),
    })
}
