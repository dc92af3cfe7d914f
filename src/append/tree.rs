//! A folder as a tar that is the same wherever and whenever it is made: names in the order of their bytes, nobody's but
//! root's, no younger than a given time.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, anyhow};
use tar::{Builder, EntryType, Header};

/// What decides the bytes of a tar beside the files themselves.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// No file is younger, in seconds since 1970: what
    /// [`SOURCE_DATE_EPOCH`](https://reproducible-builds.org/specs/source-date-epoch/) says.
    pub newest: u64,
    /// Are modes kept as they are? Else files have 0644, or 0755 if their owner may run them, and folders 0755: what a
    /// mask takes away from the others does not decide who can read the image.
    pub keep_modes: bool,
}

/// Writes what is in a folder, to lie in `destination`. The folder itself gets no entry: the one it becomes may be there
/// already, with rights that are meant so.
pub(super) fn write_folder(folder: &Path, destination: &Path, style: Style, output: impl Write) -> anyhow::Result<()> {
    let mut tree = Tree::new(style, output);
    tree.write_entries(folder, destination)?;
    Ok(tree.tar.into_inner()?.flush()?)
}

/// Writes one file, which shall be called `destination`.
pub(super) fn write_file(file: &Path, destination: &Path, style: Style, output: impl Write) -> anyhow::Result<()> {
    let mut tree = Tree::new(style, output);
    let found = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    tree.write_content(file, destination, &found)?;
    Ok(tree.tar.into_inner()?.flush()?)
}

struct Tree<W: Write> {
    tar: Builder<W>,
    style: Style,
    /// The first name of each file that has several.
    names: HashMap<(u64, u64), PathBuf>,
}

impl<W: Write> Tree<W> {
    fn new(style: Style, output: W) -> Self {
        Self {
            tar: Builder::new(output),
            style,
            names: HashMap::new(),
        }
    }

    fn write_entries(&mut self, folder: &Path, destination: &Path) -> anyhow::Result<()> {
        let cannot = || format!("cannot read {}", folder.display());
        let entries = fs::read_dir(folder).with_context(cannot)?;
        let names: io::Result<Vec<OsString>> = entries.map(|entry| Ok(entry?.file_name())).collect();
        let mut names = names.with_context(cannot)?;
        names.sort();
        for name in names {
            self.write_entry(&folder.join(&name), &destination.join(&name))?;
        }
        Ok(())
    }

    fn write_entry(&mut self, path: &Path, named: &Path) -> anyhow::Result<()> {
        let found = fs::symlink_metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let kind = found.file_type();
        if kind.is_dir() {
            let mut header = self.header(&found, EntryType::Directory);
            // With a slash at the end, as every tar has folders.
            self.tar.append_data(&mut header, named.join(""), io::empty())?;
            self.write_entries(path, named)
        } else if kind.is_symlink() {
            let target = fs::read_link(path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut header = self.header(&found, EntryType::Symlink);
            Ok(self.tar.append_link(&mut header, named, target)?)
        } else if kind.is_file() {
            self.write_named(path, named, &found)
        } else {
            Err(anyhow!(
                "{} is neither a file, a folder nor a link; images are made of these",
                path.display()
            ))
        }
    }

    /// A file, or where it was written already under another name, a link to that.
    fn write_named(&mut self, path: &Path, named: &Path, found: &Metadata) -> anyhow::Result<()> {
        let Some(file) = identity(found) else {
            return self.write_content(path, named, found);
        };
        if let Some(first) = self.names.get(&file) {
            let mut header = self.header(found, EntryType::Link);
            return Ok(self.tar.append_link(&mut header, named, first)?);
        }
        self.names.insert(file, named.to_owned());
        self.write_content(path, named, found)
    }

    fn write_content(&mut self, path: &Path, named: &Path, found: &Metadata) -> anyhow::Result<()> {
        let cannot = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(cannot)?;
        let mut header = self.header(found, EntryType::Regular);
        header.set_size(found.len());
        let mut content = Counted {
            file: file.take(found.len()),
            read: 0,
        };
        self.tar.append_data(&mut header, named, &mut content)?;
        if content.read != found.len() {
            return Err(anyhow!("{} was changed while it was read", path.display()));
        }
        Ok(())
    }

    fn header(&self, found: &Metadata, kind: EntryType) -> Header {
        let mut header = Header::new_gnu();
        let made = found.modified().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
        header.set_entry_type(kind);
        header.set_mtime(made.map_or(0, |made| made.as_secs()).min(self.style.newest));
        header.set_mode(self.mode(found, kind));
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        header
    }

    fn mode(&self, found: &Metadata, kind: EntryType) -> u32 {
        let mode = mode_of(found);
        match kind {
            EntryType::Symlink => 0o777,
            _ if self.style.keep_modes => mode & 0o7777,
            EntryType::Directory => 0o755,
            _ if mode & 0o100 != 0 => 0o755,
            _ => 0o644,
        }
    }
}

/// How much of a file was there after all.
struct Counted {
    file: io::Take<File>,
    read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

/// What tells a file that has several names.
#[cfg(unix)]
fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    (found.nlink() > 1).then(|| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(unix)]
fn mode_of(found: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions())
}

/// Elsewhere every file may be run.
#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> u32 {
    0o755
}
