//! An archive on its way to a file, which appears whole or not at all, to stdout, or into a Docker Engine.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use anyhow::Context as _;
use lugger::archive::{Format, Plain, Saving};
use lugger::daemon::{Engine, Loading};
use lugger::oci::Selection;
use lugger::reference::Reference;
use lugger::store::Source;
use lugger::transfer::{Copied, Options, Resolved, copy, resolve};

use crate::cli::context::Transfer;
use crate::cli::failure::Usage;
use crate::cli::outlet::Outlet;
use crate::cli::output::Stream;
use crate::cli::packed::STDIO;

/// Such an archive.
pub(crate) struct Written {
    pub(crate) saving: Saving,
    format: Format,
    end: End,
}

/// Where it goes.
enum End {
    File(Outlet),
    Stdout(Stream),
    Engine(Box<Load>),
}

/// An archive that an Engine is loading, for an image of this name.
struct Load {
    engine: Engine,
    name: Reference,
    loading: Loading,
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
            return Ok(Self::on(Box::new(stdout.clone()), format, End::Stdout(stdout)));
        }
        let cannot = || format!("cannot write {}", path.display());
        let outlet = Outlet::at(path).with_context(cannot)?;
        let file = BufWriter::new(outlet.output().with_context(cannot)?);
        Ok(Self::on(Box::new(file), format, End::File(outlet)))
    }

    /// An archive that an Engine loads while it is written.
    pub(crate) fn into(engine: Engine, name: &Reference) -> Self {
        let (writing, loading) = engine.load();
        let load = Load {
            engine,
            name: name.clone(),
            loading,
        };
        Self::on(Box::new(writing), Format::Docker, End::Engine(Box::new(load)))
    }

    fn on(output: Box<dyn Write + Send>, format: Format, end: End) -> Self {
        Self {
            saving: Saving::to(output, format),
            format,
            end,
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
        match added.await {
            Ok(copied) => Ok(copied),
            Err(error) => Err(self.told(error.into()).await),
        }
    }

    /// Writes the end, and gives a file its name, or waits until the Engine has it all.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        let length = match self.saving.finish().await {
            Ok(length) => length,
            Err(error) => return Err(self.told(error.into()).await),
        };
        match self.end {
            End::File(outlet) => tokio::task::spawn_blocking(move || outlet.keep(length))
                .await?
                .context("cannot write the archive"),
            End::Stdout(_) => Ok(()),
            End::Engine(load) => {
                load.loading.finish().await?;
                // What answers nothing wrong may be no Engine.
                anyhow::ensure!(
                    load.engine.has(&load.name).await?,
                    "Docker Engine took the image and has no `{}` now",
                    load.name.familiar()
                );
                Ok(())
            }
        }
    }

    /// What went wrong with the other side is told as such: a reader that has gone away is no error, and an Engine says why
    /// it takes no more.
    async fn told(&self, error: anyhow::Error) -> anyhow::Error {
        match &self.end {
            End::Stdout(stdout) => stdout.unwritten().map_or(error, anyhow::Error::from),
            End::Engine(load) => load.loading.failure().await.map_or(error, anyhow::Error::from),
            End::File(_) => error,
        }
    }
}
