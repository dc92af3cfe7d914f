//! The calls that work in an open folder. Each of the folders on the way is opened anew, unless the last of them is kept
//! open. One that is kept may have been removed since, as folders come and go with what is in them: then it is not used.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RawMode, Stat};
use rustix::io::Errno;

use super::{Access, Below, Found, KeptOpen, Kind, Root, no_file};

/// How a folder on the way is opened.
const WAY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(PASS);
/// To go through a folder no more than that is needed; elsewhere it must be readable too.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const PASS: OFlags = OFlags::RDONLY;

/// The folder that a name lies in, open, and the name.
fn at(below: &Below) -> io::Result<(KeptOpen, &OsStr)> {
    let (folders, name) = below.steps()?;
    let above = below.way().parent().unwrap_or(below.way());
    if let Some(folder) = below.root.kept(above).filter(exists) {
        return Ok((folder, name));
    }
    let mut folder = enter(&below.root)?;
    for step in folders {
        folder = rustix::fs::openat(&folder, step, WAY | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok((Arc::new(folder), name))
}

fn enter(root: &Root) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(CWD, root.path(), WAY, Mode::empty())?)
}

/// Is an open folder still somewhere, and not removed? Another one may have its name now.
fn exists(folder: &KeptOpen) -> bool {
    rustix::fs::fstat(folder).is_ok_and(|stat| stat.st_nlink > 0)
}

pub(super) fn is_kept_open(below: &Below) -> bool {
    below.root.kept(below.way()).is_some_and(|folder| exists(&folder))
}

pub(super) fn keep_open(below: &Below) -> io::Result<KeptOpen> {
    if let Some(folder) = below.root.kept(below.way()).filter(exists) {
        return Ok(folder);
    }
    let (above, name) = at(below)?;
    let folder = rustix::fs::openat(above, name, WAY | OFlags::NOFOLLOW, Mode::empty())?;
    Ok(below.root.keep(below.way(), folder))
}

/// A folder, open to be read.
fn folder(below: &Below) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
    if below.is_root() {
        return Ok(rustix::fs::openat(CWD, below.root.path(), flags, Mode::empty())?);
    }
    let (above, name) = at(below)?;
    Ok(rustix::fs::openat(above, name, flags | OFlags::NOFOLLOW, Mode::empty())?)
}

fn stat(below: &Below) -> io::Result<Stat> {
    let (folder, name) = at(below)?;
    Ok(rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?)
}

pub(super) fn look(below: &Below) -> io::Result<Found> {
    let stat = stat(below)?;
    Ok(Found {
        kind: kind(RawMode::from(stat.st_mode)),
        size: u64::try_from(stat.st_size).unwrap_or_default(),
    })
}

fn kind(mode: RawMode) -> Kind {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Pipe,
        FileType::Socket => Kind::Socket,
        _ => Kind::Device,
    }
}

/// Without waiting for whoever may be at the other end of a pipe.
pub(super) fn open(below: &Below, access: Access) -> io::Result<File> {
    let (how, mode) = match access {
        Access::Read => (OFlags::RDONLY, 0),
        Access::Write => (OFlags::RDWR, 0),
        Access::Make => (OFlags::RDWR | OFlags::CREATE, 0o666),
        Access::MakePrivate => (OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, 0o600),
    };
    let flags = how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let (folder, name) = at(below)?;
    match rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(mode)) {
        Ok(file) => Ok(file.into()),
        // A link; a socket, or a pipe that nobody reads; a folder that was to be written to.
        Err(Errno::LOOP | Errno::MLINK | Errno::NXIO | Errno::ISDIR) => Err(no_file()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn leads_to(below: &Below, file: &File) -> io::Result<bool> {
    let (named, open) = (stat(below)?, rustix::fs::fstat(file)?);
    Ok((named.st_dev, named.st_ino) == (open.st_dev, open.st_ino))
}

pub(super) fn names(below: &Below) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::new(folder(below)?)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(names)
}

pub(super) fn create_folder(below: &Below) -> io::Result<()> {
    let (folder, name) = at(below)?;
    Ok(rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(0o777))?)
}

pub(super) fn sync(below: &Below) -> io::Result<()> {
    File::from(folder(below)?).sync_all()
}

pub(super) fn rename(below: &Below, to: &Below) -> io::Result<()> {
    let ((folder, name), (new_folder, new_name)) = (at(below)?, at(to)?);
    Ok(rustix::fs::renameat(folder, name, new_folder, new_name)?)
}

pub(super) fn remove(below: &Below) -> io::Result<()> {
    let (folder, name) = at(below)?;
    Ok(rustix::fs::unlinkat(folder, name, AtFlags::empty())?)
}

pub(super) fn remove_folder(below: &Below) -> io::Result<()> {
    let (folder, name) = at(below)?;
    Ok(rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR)?)
}
