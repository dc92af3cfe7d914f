//! Where a system has no calls that work in an open folder: the folders on the way are looked at right before. Whoever
//! puts a link there after the look is not seen.

use std::ffi::OsString;
use std::fs::{self, File, FileType, OpenOptions};
use std::io;

use super::{Access, Below, Found, KeptOpen, Kind, no_file};

/// Refuses a way with a link on it.
fn check(below: &Below) -> io::Result<()> {
    let (folders, _) = below.steps()?;
    let mut at = below.root.path().to_owned();
    for step in folders {
        at.push(step);
        if !fs::symlink_metadata(&at)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
    }
    Ok(())
}

/// The same for a folder itself, which may be the root.
fn check_folder(below: &Below) -> io::Result<()> {
    if below.is_root() {
        return Ok(());
    }
    match look(below)?.kind {
        Kind::Folder => Ok(()),
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// A folder cannot be opened as a file: only that it is one is seen to.
pub(super) fn keep_open(below: &Below) -> io::Result<KeptOpen> {
    check_folder(below)?;
    Ok(below.root.keep(below.way(), ()))
}

pub(super) fn is_kept_open(below: &Below) -> bool {
    below.root.kept(below.way()).is_some() && check_folder(below).is_ok()
}

pub(super) fn look(below: &Below) -> io::Result<Found> {
    check(below)?;
    let found = fs::symlink_metadata(&below.path)?;
    Ok(Found {
        kind: kind(found.file_type()),
        size: found.len(),
    })
}

fn kind(found: FileType) -> Kind {
    if found.is_file() {
        Kind::File
    } else if found.is_dir() {
        Kind::Folder
    } else if found.is_symlink() {
        Kind::Link
    } else {
        Kind::Device
    }
}

pub(super) fn open(below: &Below, access: Access) -> io::Result<File> {
    match look(below) {
        Ok(found) if found.kind != Kind::File => return Err(no_file()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    match access {
        Access::Read => options.read(true),
        Access::Write => options.read(true).write(true),
        Access::Make => options.read(true).write(true).create(true).truncate(false),
        Access::MakePrivate => options.read(true).write(true).create_new(true),
    };
    options.open(&below.path)
}

/// Is the name still there? The standard library cannot tell here whether it is the same file.
pub(super) fn leads_to(below: &Below, _: &File) -> io::Result<bool> {
    look(below).map(|found| found.kind == Kind::File)
}

pub(super) fn names(below: &Below) -> io::Result<Vec<OsString>> {
    check_folder(below)?;
    fs::read_dir(&below.path)?.map(|entry| Ok(entry?.file_name())).collect()
}

pub(super) fn create_folder(below: &Below) -> io::Result<()> {
    check(below)?;
    fs::create_dir(&below.path)
}

/// A folder cannot be opened as a file, and NTFS journals names.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn sync(_: &Below) -> io::Result<()> {
    Ok(())
}

pub(super) fn rename(below: &Below, to: &Below) -> io::Result<()> {
    check(below)?;
    check(to)?;
    fs::rename(&below.path, &to.path)
}

pub(super) fn remove(below: &Below) -> io::Result<()> {
    check(below)?;
    fs::remove_file(&below.path)
}

pub(super) fn remove_folder(below: &Below) -> io::Result<()> {
    check(below)?;
    fs::remove_dir(&below.path)
}
