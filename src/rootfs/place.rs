//! The folder that shall appear whole: made beside its place, moved there in one step, and gone if that does not happen.

use std::fs;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::files::{self, ASIDE};

/// There is something where the folder shall be.
#[derive(Debug, thiserror::Error)]
#[error("{} is there already, and is not an empty folder", .0.display())]
pub struct InUse(PathBuf);

/// Refuses early where something is that must not be replaced. A link is something, wherever it leads.
pub fn check(to: &Path) -> Result<()> {
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() && fs::read_dir(to)?.next().is_none() => Ok(()),
        Ok(_) => Err(InUse(to.to_owned()).into()),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", to.display())),
    }
}

/// A folder that nobody else may enter, beside the place where it shall be.
pub(super) struct Aside(Option<TempDir>);

impl Aside {
    pub(super) fn beside(to: &Path) -> Result<Self> {
        check(to)?;
        // A name with a slash behind it, or `.`, stands for the folder itself.
        let to = std::path::absolute(to)?;
        let above = to.parent().context("the root of this machine is no place for an image")?;
        let aside = tempfile::Builder::new()
            .prefix(ASIDE)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(above);
        Ok(Self(Some(
            aside.with_context(|| format!("cannot make a folder in {}", above.display()))?,
        )))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Moves it to its place, unless something has come to be there. It is there whole even after a power cut.
    pub(super) fn appear(mut self, to: &Path) -> Result<()> {
        let from = self.path();
        let above = from.parent().unwrap_or(from).to_owned();
        let unsynced = || format!("cannot sync {}", above.display());
        sync_disk(&above).with_context(unsynced)?;
        let moved = match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // An empty folder may be replaced, and only that: the system refuses one that is not.
            Err(Errno::EXIST) => rustix::fs::renameat(CWD, from, CWD, to),
            // A disk that cannot promise it lets a folder be made only where nothing is.
            Err(Errno::INVAL | Errno::NOSYS) => fs::create_dir(to)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
                .and_then(|()| rustix::fs::renameat(CWD, from, CWD, to)),
            moved => moved,
        };
        match moved {
            Ok(()) => {}
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => return Err(InUse(to.to_owned()).into()),
            Err(error) => return Err(error).with_context(|| format!("cannot move the folder to {}", to.display())),
        }
        if let Some(moved) = self.0.take() {
            // It has another name now.
            let _ = moved.keep();
        }
        files::sync_folder(&above).with_context(unsynced)
    }
}

impl Drop for Aside {
    /// Folders that may not be written to are made so that they can go.
    fn drop(&mut self) {
        if let Some(aside) = self.0.take() {
            open_up(aside.path());
            // What cannot be removed has a name that says what it is.
            let _ = aside.close();
        }
    }
}

/// Waits until all that was written to the disk of a folder is on it. Thousands of files, one after the other, would take
/// many times as long.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn sync_disk(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn sync_disk(_: &Path) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let inner = fs::read_dir(folder).into_iter().flatten().flatten();
    inner
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .for_each(|entry| open_up(&entry.path()));
}
