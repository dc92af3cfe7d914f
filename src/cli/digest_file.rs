//! `--digest-file`: the digests of what was moved, for the next step of a script. One line an image, and only if all went
//! well: a file that is there says that everything it names is in its place.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lugger::files::Aside;
use lugger::oci::Digest;

/// Such a file on its way; nothing where none is wanted.
pub(crate) struct DigestFile {
    end: Option<End>,
    lines: String,
}

struct End {
    path: PathBuf,
    /// `None` for a device or a pipe, which takes what is written to it.
    aside: Option<Aside>,
}

impl DigestFile {
    /// A file that cannot be written is told of before anything is moved.
    pub(crate) fn at(path: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Self {
            end: path.map(End::at).transpose()?,
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
        let Some(end) = self.end else { return Ok(()) };
        let path = end.path.clone();
        end.keep(self.lines.as_bytes()).with_context(|| cannot(&path))
    }
}

impl End {
    fn at(path: &Path) -> anyhow::Result<Self> {
        let found = fs::metadata(path);
        anyhow::ensure!(
            !found.as_ref().is_ok_and(fs::Metadata::is_dir),
            "{}: it is a folder",
            cannot(path)
        );
        if found.is_ok_and(|found| !found.is_file()) {
            return Ok(Self {
                path: path.to_owned(),
                aside: None,
            });
        }
        // Where a link leads is replaced, and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let aside = Aside::of(&path).with_context(|| cannot(&path))?;
        Ok(Self {
            path,
            aside: Some(aside),
        })
    }

    fn keep(self, bytes: &[u8]) -> std::io::Result<()> {
        match self.aside {
            Some(aside) => {
                aside.output()?.write_all(bytes)?;
                aside.keep(bytes.len() as u64)
            }
            None => fs::OpenOptions::new().write(true).open(&self.path)?.write_all(bytes),
        }
    }
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
