//! What lies below a root, and stays there: files that are reached from the root folder by folder, no link followed.
//!
//! A path is looked up anew by every call that gets it, so whoever may write to a folder could lead a call anywhere by
//! putting a link in the place of a part of the path, even between a look and the call. Here each folder on the way is
//! opened by itself, which must be one, and the call works in the folder that is open. The root is trusted: it may be a
//! link, as its user chose it. Where the system has no such calls a link is only looked for before.

mod kept_open;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::files;

pub use kept_open::KeptOpen;

use kept_open::Root;
#[cfg(not(unix))]
use other as system;
#[cfg(unix)]
use unix as system;

/// A file or folder below a root, which need not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    root: Arc<Root>,
    /// The whole of it: for messages, and not to be handed to calls.
    path: PathBuf,
}

/// What is there under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes, if it is a file.
    pub size: u64,
}

impl Found {
    /// Is it a regular file?
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == Kind::File
    }
}

/// What a name may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device, or something that only this system has.
    Device,
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read it.
    Read,
    /// To read and write it.
    Write,
    /// The same, and it is made if it is not there.
    Make,
    /// The same, but it must not be there yet, and it is for its owner alone.
    MakePrivate,
}

impl Below {
    /// The root itself.
    #[must_use]
    pub fn root(root: PathBuf) -> Self {
        Self {
            path: root.clone(),
            root: Arc::new(Root::at(root)),
        }
    }

    /// What lies below this, by one name or several with slashes between them.
    #[must_use]
    pub fn join(&self, names: impl AsRef<Path>) -> Self {
        Self {
            root: Arc::clone(&self.root),
            path: self.path.join(names),
        }
    }

    /// How messages call it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The way to it from the root.
    #[must_use]
    pub fn way(&self) -> &Path {
        self.path.strip_prefix(self.root.path()).unwrap_or(&self.path)
    }

    /// The folder it lies in; the root lies in itself.
    #[must_use]
    pub fn folder(&self) -> Self {
        let above = self.path.parent().filter(|_| !self.is_root());
        Self {
            root: Arc::clone(&self.root),
            path: above.unwrap_or(self.root.path()).to_owned(),
        }
    }

    /// What is there; `None` if nothing is, or no folder in which it could be.
    pub fn look(&self) -> io::Result<Option<Found>> {
        if self.is_root() {
            return look_at_root(self.root.path());
        }
        match system::look(self) {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a regular file, and nothing else: a pipe would be waited for, and a device may do anything.
    pub fn open(&self, access: Access) -> io::Result<File> {
        let file = system::open(self, access)?;
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        Err(no_file())
    }

    /// The content of a regular file.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.open(Access::Read)?.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Does the name still lead to an open file, and not to a link, to another file or nowhere?
    pub fn leads_to(&self, file: &File) -> io::Result<bool> {
        match system::leads_to(self, file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            answer => answer,
        }
    }

    /// What lies in a folder, in the order of the names; nothing if there is no such folder.
    pub fn list(&self) -> io::Result<Vec<(Self, Found)>> {
        let names = match system::names(self) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            names => names?,
        };
        let mut all = Vec::new();
        for name in names {
            let below = self.join(name);
            // Gone since: renamed or deleted by another process.
            if let Some(found) = below.look()? {
                all.push((below, found));
            }
        }
        all.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
        Ok(all)
    }

    /// Makes a folder and those above it that are missing, so that they survive a power cut.
    pub fn create_folder(&self) -> io::Result<()> {
        if self.is_root() {
            return files::create_folder(self.root.path());
        }
        if system::is_kept_open(self) {
            return Ok(());
        }
        // Of several threads one creates and syncs it, and the others find it.
        let _creating = self.root.creating();
        self.create_folder_alone()
    }

    fn create_folder_alone(&self) -> io::Result<()> {
        if self.is_root() {
            return files::create_folder(self.root.path());
        }
        if self.look()?.is_some_and(|found| found.kind == Kind::Folder) {
            return Ok(());
        }
        self.folder().create_folder_alone()?;
        match system::create_folder(self) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match self.look()? {
                // Another process has made it, and removed it since.
                None => return self.create_folder_alone(),
                Some(found) if found.kind == Kind::Folder => {}
                Some(_) => return Err(error),
            },
            made => made?,
        }
        self.folder().sync()
    }

    /// Opens a directory once for all calls to the names in it, until the last clone of the result is dropped. Without
    /// it every call walks from the root again.
    pub fn keep_open(&self) -> io::Result<KeptOpen> {
        system::keep_open(self)
    }

    /// Makes the names in a folder survive a power cut.
    pub fn sync(&self) -> io::Result<()> {
        system::sync(self)
    }

    /// Gives what is here another name below the same root, instead of what has it.
    pub fn rename(&self, to: &Self) -> io::Result<()> {
        system::rename(self, to)
    }

    /// Removes a file, or whatever is no folder; a link is removed itself.
    pub fn remove(&self) -> io::Result<()> {
        system::remove(self)
    }

    /// Removes a folder with nothing in it.
    pub fn remove_folder(&self) -> io::Result<()> {
        system::remove_folder(self)
    }

    fn is_root(&self) -> bool {
        self.path == self.root.path()
    }

    /// The names on the way from the root, and the last of them.
    fn steps(&self) -> io::Result<(impl Iterator<Item = &OsStr>, &OsStr)> {
        let way = self.way();
        let plain = way.components().all(|step| matches!(step, Component::Normal(_)));
        match (plain, way.parent(), way.file_name()) {
            (true, Some(above), Some(name)) => Ok((above.iter(), name)),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// The root is what its name leads to.
fn look_at_root(root: &Path) -> io::Result<Option<Found>> {
    let found = match fs::metadata(root) {
        Err(error) if is_absent(&error) => return Ok(None),
        found => found?,
    };
    let kind = if found.is_dir() { Kind::Folder } else { Kind::Device };
    Ok(Some(Found { kind, size: 0 }))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn no_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
