//! What commands share that read archives: how their layers are compressed, and telling how far that is.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;

use lugger::archive::{Archive, Entry, Image, Input, Limit, Step};
use lugger::compression::{Compression, Packing};
use lugger::layout::Layout;
use lugger::oci::{Descriptor, MediaType};
use lugger::store::{Error, Intake, Result};
use lugger::transfer::{Event, How, Progress};

use crate::cli::args::{Pack, Packed, Packer};
use crate::cli::context::Context;
use crate::cli::failure::Usage;

/// What stands for stdin or stdout in place of a file.
pub(crate) const STDIO: &str = "-";

/// How an archive is read, in a file or out of an Engine.
#[derive(Clone, Copy)]
pub(crate) struct Unpacking {
    pub(crate) packing: Packing,
    pub(crate) limit: Limit,
}

impl Unpacking {
    /// With layers compressed so.
    pub(crate) fn to(packing: Packing) -> Self {
        Self {
            packing,
            limit: Limit::default(),
        }
    }

    /// As it is where nobody can say.
    pub(crate) fn usual() -> Self {
        Self::to(Packing::usual(Compression::Gzip))
    }
}

impl Packed {
    /// As it was typed.
    pub(crate) fn unpacking(&self) -> std::result::Result<Unpacking, Usage> {
        Ok(Unpacking {
            packing: self.pack.packing()?,
            limit: Limit { bytes: self.max_size },
        })
    }
}

impl Pack {
    /// How layers are compressed that are not yet.
    pub(crate) fn packing(&self) -> std::result::Result<Packing, Usage> {
        let usual = Packing::usual(match self.compress {
            Packer::Gzip => Compression::Gzip,
            Packer::Zstd => Compression::Zstd,
            Packer::None => Compression::Plain,
        });
        match self.level {
            Some(level) => usual.at_level(level).map_err(|error| Usage(format!("--level: {error}"))),
            None => Ok(usual),
        }
    }
}

/// An archive in a file, or on stdin unless that is a terminal.
pub(crate) fn input(path: &Path) -> std::result::Result<Input, Usage> {
    if path != Path::new(STDIO) {
        return Ok(Input::File(path.to_owned()));
    }
    if io::stdin().is_terminal() {
        let way_out = "stdin is a terminal; name a file, or pipe an archive in";
        return Err(Usage(way_out.to_owned()));
    }
    Ok(file_on_stdin().map_or_else(|| Input::Stream(Box::new(io::stdin())), Input::Open))
}

/// The file that stdin was redirected from: it need not be copied to be read at any place.
#[cfg(unix)]
fn file_on_stdin() -> Option<File> {
    use std::io::Seek as _;
    use std::os::fd::AsFd as _;
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let is_whole = file.metadata().ok()?.is_file() && file.stream_position().ok()? == 0;
    is_whole.then_some(file)
}

#[cfg(not(unix))]
fn file_on_stdin() -> Option<File> {
    None
}

/// Opens an archive, on a thread for such work.
pub(crate) async fn opened(context: &Context, input: Input, limit: Limit) -> Result<Arc<Archive>> {
    let folder = context.store.root().to_owned();
    let opening = tokio::task::spawn_blocking(move || Archive::open(input, &folder, limit));
    Ok(Arc::new(opening.await.map_err(Error::other)??))
}

/// An image of an archive, made ready on a thread for such work, so that a signal is heard meanwhile. Layers that are made
/// for it go to `store`, or are kept aside.
pub(crate) async fn ready(
    progress: Progress,
    archive: &Arc<Archive>,
    entry: Entry,
    packing: Packing,
    store: Option<Layout>,
) -> Result<Image> {
    let archive = Arc::clone(archive);
    let making = tokio::task::spawn_blocking(move || {
        let intake = store.as_ref().map(|store| store as &dyn Intake);
        archive.prepare(&entry, packing, intake, &|step| tell(&progress, step))
    });
    making.await.map_err(Error::other)?
}

/// Layers are called by their diffIDs until they are made.
fn tell(progress: &Progress, step: Step) {
    progress.tell(match step {
        Step::Found(layers) => Event::Planned {
            blobs: layers
                .into_iter()
                .map(|(digest, size)| Descriptor::new(MediaType::OCI_LAYER, digest, size))
                .collect(),
        },
        Step::Began(digest) => Event::Started { digest, offset: 0 },
        Step::Read(digest, bytes) => Event::Advanced { digest, bytes },
        Step::Ended(digest) => Event::Done { digest, how: How::Moved },
    });
}
