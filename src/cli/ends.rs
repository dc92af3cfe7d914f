//! The two ends of a copy, made of any places: each hands on what it is asked. Making them is here too, and a copy to any
//! place.

use std::io;
use std::path::Path;
use std::sync::Arc;

use lugger::archive::{Archive, Format, Saving};
use lugger::layout::Layout;
use lugger::oci::{Descriptor, Digest, Manifest, Platform, Selection};
use lugger::reference::{Reference, RegistryName, RepositoryName, Tag};
use lugger::store::{Body, Chosen, Held, Named, Result, Sink, Source};
use lugger::transfer::{Copied, Foreseen, Options, Progress, copy, foresee};
use lugger::{archive, layout, registry};

use crate::cli::context::{Context, Transfer, stored_name};
use crate::cli::engine;
use crate::cli::failure::Usage;
use crate::cli::packed::{STDIO, Unpacking, input, opened, ready};
use crate::cli::place::Place;
use crate::cli::written::Written;

/// Where an image comes from.
pub(crate) enum Origin {
    Registry(registry::Image),
    Layout(layout::Image),
    Archive(Box<archive::Image>),
}

/// Where an image goes.
pub(crate) enum Target {
    Registry(registry::Image),
    Layout(layout::Image),
}

impl Origin {
    /// The image of a place. What an archive has is checked as a whole first, on another thread.
    pub(crate) async fn at(context: &Context, place: &Place, unpacking: Unpacking) -> anyhow::Result<Self> {
        Ok(match place {
            Place::Registry(reference) => {
                Self::Registry(context.network.repository(reference.repository())?.image(reference.at()))
            }
            Place::Store(reference) => Self::Layout(context.store.image(Some(context.name_in_store(reference)?))),
            Place::Directory { path, name } => Self::Layout(Layout::at(path.clone()).image(name.clone())),
            Place::Archive { path, name, .. } => {
                let archive = opened(context, input(path)?, unpacking.limit).await?;
                Self::Archive(Box::new(chosen(&archive, name.as_deref(), unpacking).await?))
            }
            Place::Daemon(name) => {
                let archive = engine::archive(context, named(name.as_ref())?, unpacking).await?;
                Self::Archive(Box::new(chosen(&archive, None, unpacking).await?))
            }
        })
    }

    /// What is copied of this, of which an archive may have only a part.
    pub(crate) fn selection(&self, asked: Selection) -> Selection {
        match (self, asked) {
            (Self::Archive(image), Selection::All) => image.held().clone(),
            (_, asked) => asked,
        }
    }
}

/// An image of an archive, with its layers compressed as a load would.
async fn chosen(archive: &Arc<Archive>, name: Option<&str>, unpacking: Unpacking) -> anyhow::Result<archive::Image> {
    let entry = archive.find(name)?.clone();
    Ok(ready(Progress::silent(), archive, entry, unpacking.packing, None).await?)
}

/// The name that an Engine is asked for.
fn named(name: Option<&Reference>) -> std::result::Result<&Reference, Usage> {
    name.ok_or_else(|| Usage("`docker-daemon:` needs a name here, as in docker-daemon:app:1".to_owned()))
}

impl Target {
    /// The image of a place, other than an archive or an Engine, for which it is [`Written`].
    fn at(context: &Context, place: &Place) -> lugger::store::Result<Option<Self>> {
        Ok(Some(match place {
            Place::Registry(reference) => {
                Self::Registry(context.network.repository(reference.repository())?.image(reference.at()))
            }
            Place::Store(reference) => Self::Layout(context.store.image(Some(stored_name(reference)))),
            Place::Directory { path, name } => Self::Layout(Layout::at(path.clone()).image(name.clone())),
            Place::Archive { .. } | Place::Daemon(_) => return Ok(None),
        }))
    }
}

/// Copies an image to a place.
pub(crate) async fn deliver(
    transfer: &Transfer<'_>,
    source: &impl Source,
    to: &Place,
    options: &Options,
) -> anyhow::Result<Copied> {
    if let Some(target) = Target::at(transfer.context, to)? {
        return Ok(copy(source, &target, options).await?);
    }
    let (archive, format, name) = match to {
        Place::Archive { format, path, name } => (Written::to(path, *format)?, *format, name.clone()),
        Place::Daemon(name) => {
            let name = engine::tagged(named(name.as_ref())?)?;
            (
                Written::into(transfer.context.engine()?, &name),
                Format::Docker,
                Some(name.familiar()),
            )
        }
        _ => return Err(Usage(format!("nothing can be copied to `{to}`")).into()),
    };
    let copied = archive.add(transfer, source, name, &for_format(options, format)).await?;
    archive.finish().await?;
    Ok(copied)
}

/// Says what [`deliver`] would do. An archive has nothing yet, whatever file is there.
pub(crate) async fn foretell(
    context: &Context,
    source: &impl Source,
    to: &Place,
    options: &Options,
) -> anyhow::Result<Foreseen> {
    if let Some(target) = Target::at(context, to)? {
        return Ok(foresee(source, &target, options).await?);
    }
    let format = match to {
        Place::Archive { format, .. } => *format,
        _ => Format::Docker,
    };
    let archive = Saving::to(Box::new(io::sink()), format);
    Ok(foresee(source, &archive.image(None), &for_format(options, format)).await?)
}

/// Docker takes images for one platform each.
fn for_format(options: &Options, format: Format) -> Options {
    let mut options = options.clone();
    if format == Format::Docker && options.selection == Selection::All {
        options.selection = Selection::Platforms(vec![Platform::host()]);
    }
    options
}

/// Does a copy to this place leave stdout for what is told of it?
pub(crate) fn leaves_stdout(place: &Place) -> bool {
    !matches!(place, Place::Archive { path, .. } if path == Path::new(STDIO))
}

impl Source for Origin {
    async fn digest(&self) -> Result<Digest> {
        match self {
            Self::Registry(image) => image.digest().await,
            Self::Layout(image) => image.digest().await,
            Self::Archive(image) => image.digest().await,
        }
    }

    async fn root(&self) -> Result<Manifest> {
        match self {
            Self::Registry(image) => image.root().await,
            Self::Layout(image) => image.root().await,
            Self::Archive(image) => image.root().await,
        }
    }

    async fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        match self {
            Self::Registry(image) => image.manifest(at).await,
            Self::Layout(image) => image.manifest(at).await,
            Self::Archive(image) => image.manifest(at).await,
        }
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        match self {
            Self::Registry(image) => image.blob(blob, offset).await,
            Self::Layout(image) => image.blob(blob, offset).await,
            Self::Archive(image) => image.blob(blob, offset).await,
        }
    }

    async fn origins(&self, blob: &Digest, registry: &RegistryName) -> Result<Vec<RepositoryName>> {
        match self {
            Self::Registry(image) => image.origins(blob, registry).await,
            Self::Layout(image) => image.origins(blob, registry).await,
            Self::Archive(image) => image.origins(blob, registry).await,
        }
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        match self {
            Self::Registry(image) => image.referrers(subject).await,
            Self::Layout(image) => image.referrers(subject).await,
            Self::Archive(image) => image.referrers(subject).await,
        }
    }

    async fn tagged_for(&self, subject: &Digest) -> Result<Vec<(Tag, Manifest)>> {
        match self {
            Self::Registry(image) => image.tagged_for(subject).await,
            Self::Layout(image) => image.tagged_for(subject).await,
            Self::Archive(image) => image.tagged_for(subject).await,
        }
    }
}

impl Sink for Target {
    async fn current(&self) -> Result<Option<Named>> {
        match self {
            Self::Registry(image) => image.current().await,
            Self::Layout(image) => image.current().await,
        }
    }

    async fn expect(&self, blobs: &[Descriptor]) -> Result<()> {
        match self {
            Self::Registry(image) => image.expect(blobs).await,
            Self::Layout(image) => image.expect(blobs).await,
        }
    }

    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        match self {
            Self::Registry(image) => image.held(blob).await,
            Self::Layout(image) => image.held(blob).await,
        }
    }

    async fn look(&self, blob: &Descriptor) -> Result<Held> {
        match self {
            Self::Registry(image) => image.look(blob).await,
            Self::Layout(image) => image.look(blob).await,
        }
    }

    fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Registry(image) => image.repository(),
            Self::Layout(image) => image.repository(),
        }
    }

    async fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> Result<bool> {
        match self {
            Self::Registry(image) => image.mount(blob, from).await,
            Self::Layout(image) => image.mount(blob, from).await,
        }
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
        match self {
            Self::Registry(image) => image.put_blob(blob, offset, body).await,
            Self::Layout(image) => image.put_blob(blob, offset, body).await,
        }
    }

    async fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        match self {
            Self::Registry(image) => image.put_manifest(manifest).await,
            Self::Layout(image) => image.put_manifest(manifest).await,
        }
    }

    async fn put_tagged(&self, manifest: &Manifest, tag: &Tag) -> Result<()> {
        match self {
            Self::Registry(image) => image.put_tagged(manifest, tag).await,
            Self::Layout(image) => image.put_tagged(manifest, tag).await,
        }
    }

    async fn publish(&self, root: &Manifest, chosen_from: Option<&Chosen>) -> Result<()> {
        match self {
            Self::Registry(image) => image.publish(root, chosen_from).await,
            Self::Layout(image) => image.publish(root, chosen_from).await,
        }
    }
}
