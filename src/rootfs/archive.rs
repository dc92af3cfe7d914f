//! A root filesystem as a tar archive: ustar headers, and extended ones where they do not suffice.
//!
//! The same image always gives the same bytes. A folder stands before what lies in it; where it has been left and something
//! more comes to lie in it, it stands at the end once more: GNU tar sets the times of a folder when it leaves it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

use anyhow::{Context as _, Result, ensure};
use tar::{EntryType, Header};

use super::tree::Inode;
use super::write::Output;
use crate::tarball::{Content, Leaf, Meta, Time};

const BLOCK: u64 = 512;
/// The largest owner that a header holds in digits.
const MAX_OWNER: u32 = 0o7_777_777;
/// The largest size and time that a header holds in digits.
const MAX_NUMBER: u64 = 0o77_777_777_777;

/// An archive under construction.
pub(super) struct Archive<W> {
    out: W,
    folders: BTreeMap<Vec<u8>, Open>,
    /// The folder that something was last put in.
    current: Vec<u8>,
}

/// How far a folder is.
struct Open {
    meta: Option<Meta>,
    is_written: bool,
    is_left: bool,
    /// Its times would be lost.
    comes_again: bool,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            folders: BTreeMap::new(),
            current: Vec::new(),
        }
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> Result<W> {
        let empty = self.folders.iter().filter(|(_, folder)| !folder.is_written);
        for path in empty.map(|(path, _)| path.clone()).collect::<Vec<_>>() {
            self.enter(&path)?;
        }
        let again = self.folders.iter().filter(|(_, folder)| folder.comes_again);
        for path in again.map(|(path, _)| path.clone()).collect::<Vec<_>>() {
            self.write_folder(&path)?;
        }
        self.out.write_all(&[0; 1024])?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Writes the folder of something that comes next, and those it lies in, unless they are written.
    fn enter(&mut self, path: &[u8]) -> Result<()> {
        if self.current != path {
            for left in ancestors(&self.current).filter(|left| !ancestors(path).any(|folder| folder == *left)) {
                if let Some(folder) = self.folders.get_mut(left) {
                    folder.is_left = true;
                }
            }
            self.current = path.to_vec();
        }
        let missing = ancestors(path).filter(|folder| self.folders.get(*folder).is_some_and(|folder| !folder.is_written));
        let missing: Vec<&[u8]> = missing.collect();
        for folder in missing.into_iter().rev() {
            self.touch(parent(folder));
            self.write_folder(folder)?;
        }
        self.touch(path);
        Ok(())
    }

    /// Something comes to lie in a folder.
    fn touch(&mut self, path: &[u8]) {
        if let Some(folder) = self.folders.get_mut(path) {
            folder.comes_again |= folder.is_left;
        }
    }

    fn write_folder(&mut self, path: &[u8]) -> Result<()> {
        let Some(folder) = self.folders.get_mut(path) else {
            return Ok(());
        };
        folder.is_written = true;
        // No path begins with that of the root as it is written, so it is left at once.
        folder.is_left |= path.is_empty();
        let meta = match &folder.meta {
            Some(meta) => meta.clone(),
            None if path.is_empty() => return Ok(()),
            None => Meta::unsaid(),
        };
        let path = if path.is_empty() {
            b"./".to_vec()
        } else {
            [path, b"/"].concat()
        };
        let said = Said {
            path: &path,
            kind: EntryType::Directory,
            link: b"",
            meta: &meta,
        };
        self.header(&said, 0)
    }

    fn header(&mut self, said: &Said<'_>, size: u64) -> Result<()> {
        let (mut header, records) = said.header(size)?;
        if !records.is_empty() {
            self.extended(&records)?;
        }
        header.set_cksum();
        Ok(self.out.write_all(header.as_bytes())?)
    }

    fn extended(&mut self, records: &[u8]) -> Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        put(&mut header.as_old_mut().name, b"PaxHeaders/0");
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(records.len() as u64);
        header.set_cksum();
        self.out.write_all(header.as_bytes())?;
        self.out.write_all(records)?;
        Ok(self.pad(records.len() as u64)?)
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let rest = size
            .checked_next_multiple_of(BLOCK)
            .and_then(|padded| padded.checked_sub(size));
        self.zeros(rest.unwrap_or_default())
    }

    fn zeros(&mut self, length: u64) -> io::Result<()> {
        io::copy(&mut io::repeat(0).take(length), &mut self.out).map(drop)
    }

    fn copy(&mut self, data: &mut dyn Read, length: u64) -> Result<()> {
        let copied = io::copy(&mut data.take(length), &mut self.out)?;
        ensure!(copied == length, "the layer ends in the middle of a file");
        Ok(())
    }
}

/// What a header says.
struct Said<'s> {
    path: &'s [u8],
    kind: EntryType,
    link: &'s [u8],
    meta: &'s Meta,
}

impl Said<'_> {
    /// The header, still without its checksum, and the records for what it cannot hold.
    fn header(&self, size: u64) -> Result<(Header, Vec<u8>)> {
        let meta = self.meta;
        let mut header = Header::new_ustar();
        let mut records = Vec::new();
        if [self.path, self.link].iter().any(|name| std::str::from_utf8(name).is_err()) {
            record(&mut records, b"hdrcharset", b"BINARY");
        }
        let fields = header.as_old_mut();
        name(&mut records, b"path", self.path, &mut fields.name);
        name(&mut records, b"linkpath", self.link, &mut fields.linkname);
        header.set_entry_type(self.kind);
        header.set_mode(meta.mode);
        header.set_uid(meta.uid.into());
        header.set_gid(meta.gid.into());
        header.set_size(size);
        header.set_device_major(0).context("no device header")?;
        header.set_device_minor(0).context("no device header")?;
        for (key, owner) in [(&b"uid"[..], meta.uid), (b"gid", meta.gid)] {
            if owner > MAX_OWNER {
                record(&mut records, key, owner.to_string().as_bytes());
            }
        }
        if size > MAX_NUMBER {
            record(&mut records, b"size", size.to_string().as_bytes());
        }
        let time = meta.mtime.unwrap_or_default();
        let whole = u64::try_from(time.seconds).ok().filter(|seconds| *seconds <= MAX_NUMBER);
        header.set_mtime(whole.unwrap_or_default());
        if whole.is_none() || time.nanos > 0 {
            record(&mut records, b"mtime", digits(time).as_bytes());
        }
        for (name, value) in &meta.xattrs {
            record(&mut records, &[b"SCHILY.xattr.", &**name].concat(), value);
        }
        Ok((header, records))
    }
}

/// The folder of a path.
fn parent(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
    path.get(..end).unwrap_or_default()
}

/// A folder and those it lies in, up to the root.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| parent(path)))
}

/// A name in its field, and in a record where the field is too short or the name is not plain text.
fn name(records: &mut Vec<u8>, key: &[u8], name: &[u8], field: &mut [u8]) {
    if name.len() > field.len() || !name.is_ascii() {
        record(records, key, name);
    }
    put(field, name);
}

fn put(field: &mut [u8], bytes: &[u8]) {
    field.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
}

/// A record says its own length, which counts the digits of the length too.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len().saturating_add(value.len()).saturating_add(3);
    let mut length = rest;
    loop {
        let counted = rest.saturating_add(length.to_string().len());
        if counted == length {
            break;
        }
        length = counted;
    }
    records.extend_from_slice(length.to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

fn digits(time: Time) -> String {
    let Time { seconds, nanos } = time;
    // -1.25 is kept as two seconds before 1970 and three quarters after them.
    let (sign, whole, nanos) = match nanos {
        _ if seconds >= 0 => ("", seconds.unsigned_abs(), nanos),
        0 => ("-", seconds.unsigned_abs(), 0),
        _ => (
            "-",
            seconds.unsigned_abs().saturating_sub(1),
            1_000_000_000_u32.saturating_sub(nanos),
        ),
    };
    if nanos == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{nanos:09}").trim_end_matches('0').to_owned()
}

impl<W: Write> Output for Archive<W> {
    fn folder(&mut self, path: &[u8], meta: Option<&Meta>) -> Result<()> {
        let folder = Open {
            meta: meta.cloned(),
            is_written: false,
            is_left: false,
            comes_again: false,
        };
        self.folders.insert(path.to_vec(), folder);
        Ok(())
    }

    fn bare(&mut self, path: &[u8], inode: &Inode) -> Result<bool> {
        self.enter(parent(path))?;
        let (kind, link, device) = match &inode.leaf {
            Leaf::Symlink(target) => (EntryType::Symlink, &**target, None),
            Leaf::Device(device) if device.is_block => (EntryType::Block, &b""[..], Some(device)),
            Leaf::Device(device) => (EntryType::Char, &b""[..], Some(device)),
            Leaf::Fifo | Leaf::File(_) => (EntryType::Fifo, &b""[..], None),
        };
        let said = Said {
            path,
            kind,
            link,
            meta: &inode.meta,
        };
        let (mut header, records) = said.header(0)?;
        if let Some(device) = device {
            header.set_device_major(device.major)?;
            header.set_device_minor(device.minor)?;
        }
        if !records.is_empty() {
            self.extended(&records)?;
        }
        header.set_cksum();
        self.out.write_all(header.as_bytes())?;
        Ok(true)
    }

    fn file(&mut self, path: &[u8], meta: &Meta, content: &Content, data: &mut dyn BufRead) -> Result<()> {
        self.enter(parent(path))?;
        let said = Said {
            path,
            kind: EntryType::Regular,
            link: b"",
            meta,
        };
        self.header(&said, content.size)?;
        let mut written = 0_u64;
        for piece in content.pieces.iter().flatten() {
            self.zeros(piece.offset.saturating_sub(written))?;
            self.copy(data, piece.length)?;
            written = piece.offset.saturating_add(piece.length);
        }
        match content.pieces {
            Some(_) => self.zeros(content.size.saturating_sub(written))?,
            None => self.copy(data, content.size)?,
        }
        Ok(self.pad(content.size)?)
    }

    fn link(&mut self, path: &[u8], original: &[u8], inode: &Inode) -> Result<()> {
        self.enter(parent(path))?;
        let said = Said {
            path,
            kind: EntryType::Link,
            link: original,
            meta: &Meta {
                // They belong to the file, and stand where it does.
                xattrs: Vec::new(),
                ..inode.meta.clone()
            },
        };
        self.header(&said, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for value in [0, 1, 5, 90, 91, 92, 93, 990, 991, 992, 993] {
            let mut records = Vec::new();
            record(&mut records, b"key", &vec![b'x'; value]);
            let digits = records.iter().take_while(|byte| **byte != b' ').count();
            let stated: usize = std::str::from_utf8(&records[..digits]).unwrap().parse().unwrap();
            assert_eq!(stated, records.len(), "{value}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["0", "1.5", "-1.5", "-0.25", "-3", "1700000000.000000001"] {
            let time = crate::tarball::time(text.as_bytes()).unwrap();
            assert_eq!(digits(time), text);
        }
    }
}
