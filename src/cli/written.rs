//! An archive on its way to a file, which appears whole or not at all, or to stdout.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use anyhow::Context as _;
use lugger::archive::{Format, Plain, Saving};
use lugger::files::Aside;
use lugger::oci::Selection;
use lugger::store::Source;
use lugger::transfer::{Copied, Options, Resolved, copy, resolve};

use crate::cli::context::Transfer;
use crate::cli::failure::Usage;
use crate::cli::output::Stream;
use crate::cli::packed::STDIO;

/// Such an archive.
pub(crate) struct Written {
    pub(crate) saving: Saving,
    format: Format,
    aside: Option<Aside>,
    stdout: Option<Stream>,
}

impl Written {
    /// An archive for this file, or for stdout.
    pub(crate) fn to(path: &Path, format: Format) -> anyhow::Result<Self> {
        if path == Path::new(STDIO) {
            if io::stdout().is_terminal() {
                let way_out = "stdout is a terminal, which an archive would fill with noise; use `-o FILE`, or redirect it";
                return Err(Usage(way_out.to_owned()).into());
            }
            let stdout = Stream::open()?;
            return Ok(Self::on(Box::new(stdout.clone()), format, None, Some(stdout)));
        }
        let cannot = || format!("cannot write {}", path.display());
        // A device or a pipe takes what is written to it; a file in its place would end it.
        if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let pipe = fs::OpenOptions::new().write(true).open(path).with_context(cannot)?;
            return Ok(Self::on(Box::new(pipe), format, None, None));
        }
        // Where a link leads is replaced, and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let aside = Aside::of(&path).with_context(cannot)?;
        let file = BufWriter::new(aside.output().with_context(cannot)?);
        Ok(Self::on(Box::new(file), format, Some(aside), None))
    }

    fn on(output: Box<dyn Write + Send>, format: Format, aside: Option<Aside>, stdout: Option<Stream>) -> Self {
        Self {
            saving: Saving::to(output, format),
            format,
            aside,
            stdout,
        }
    }

    /// Adds an image. For docker zstd layers are decompressed, of which is told.
    pub(crate) async fn add(
        &self,
        transfer: &Transfer<'_>,
        source: &impl Source,
        name: Option<String>,
        options: &Options,
    ) -> anyhow::Result<Copied> {
        let sink = self.saving.image(name);
        let added = async {
            if self.format == Format::Docker {
                let Resolved { root, .. } = resolve(source, &options.selection).await?;
                let folder = transfer.context.store.root().to_owned();
                if let Some(plain) = Plain::of(source, &root, folder).await? {
                    transfer.warn("layers of zstd are saved uncompressed, as older versions of docker cannot read them");
                    let options = Options {
                        selection: Selection::All,
                        ..options.clone()
                    };
                    return copy(&plain, &sink, &options).await;
                }
            }
            copy(source, &sink, options).await
        };
        added.await.map_err(|error| self.told(error.into()))
    }

    /// Writes the end, and gives a file its name.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        let length = self.saving.finish().await.map_err(|error| self.told(error.into()))?;
        match self.aside {
            Some(aside) => tokio::task::spawn_blocking(move || aside.keep(length))
                .await?
                .context("cannot write the archive"),
            None => Ok(()),
        }
    }

    /// What went wrong with stdout is told as such: a reader that has gone away is no error.
    fn told(&self, error: anyhow::Error) -> anyhow::Error {
        let unwritten = self.stdout.as_ref().and_then(Stream::unwritten);
        unwritten.map_or(error, anyhow::Error::from)
    }
}
