//! A file that is named for what is made. It appears whole or not at all, in place of an older one; a device or a pipe is
//! written to as it is, since a file in its place would end it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use lugger::files::Aside;

/// Such a file on its way. Dropped without being kept, a new one leaves nothing.
pub(crate) enum Outlet {
    New(Aside),
    /// A device or a pipe.
    Through(PathBuf),
}

impl Outlet {
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Ok(Self::Through(path.to_owned()));
        }
        // Where a link leads is replaced, and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Aside::of(&path).map(Self::New)
    }

    /// Where it is written.
    pub(crate) fn output(&self) -> io::Result<File> {
        match self {
            Self::New(aside) => aside.output(),
            Self::Through(path) => OpenOptions::new().write(true).open(path),
        }
    }

    /// Gives it its name, after so many bytes were written.
    pub(crate) fn keep(self, written: u64) -> io::Result<()> {
        match self {
            Self::New(aside) => aside.keep(written),
            Self::Through(_) => Ok(()),
        }
    }
}
