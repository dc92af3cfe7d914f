//! `--digest-file`: the digests of what was moved, for the next step of a script. One line an image, and only if all went
//! well: a file that is there says that everything it names is in its place.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lugger::oci::Digest;

use crate::cli::outlet::Outlet;

/// Such a file on its way; nothing where none is wanted.
pub(crate) struct DigestFile {
    end: Option<(PathBuf, Outlet)>,
    lines: String,
}

impl DigestFile {
    /// A file that cannot be written is told of before anything is moved.
    pub(crate) fn at(path: Option<&Path>) -> anyhow::Result<Self> {
        let end = path.map(|path| {
            anyhow::ensure!(!path.is_dir(), "{}: it is a folder", cannot(path));
            Ok((path.to_owned(), Outlet::at(path).with_context(|| cannot(path))?))
        });
        Ok(Self {
            end: end.transpose()?,
            lines: String::new(),
        })
    }

    /// Adds an image.
    pub(crate) fn add(&mut self, digest: &Digest) {
        self.lines.push_str(&digest.to_string());
        self.lines.push('\n');
    }

    /// Gives the file its name, in place of an older one.
    pub(crate) fn keep(self) -> anyhow::Result<()> {
        let Some((path, outlet)) = self.end else { return Ok(()) };
        let bytes = self.lines.as_bytes();
        let written = outlet.output().and_then(|mut output| output.write_all(bytes));
        written
            .and_then(|()| outlet.keep(bytes.len() as u64))
            .with_context(|| cannot(&path))
    }
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
