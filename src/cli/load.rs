//! `lugger load`: from an archive, or a directory that is a layout, into the store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use lugger::archive::{Archive, Entry};
use lugger::compression::Packing;
use lugger::layout::Layout;
use lugger::oci::{Digest, Selection};
use lugger::reference::Reference;
use lugger::store::{Error, Source as _};
use lugger::transfer::{Options, Progress, copy};

use crate::cli::args::Load;
use crate::cli::context::{Context, stored_name};
use crate::cli::ends::Origin;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;
use crate::cli::packed::{STDIO, Unpacking, input, opened, ready};
use crate::cli::progress::Direction;

/// How many blobs are under way at once; they come from one file.
const JOBS: usize = 4;

/// An image that is ready to be put into the store.
struct Loading {
    source: Origin,
    selection: Selection,
    names: Vec<Reference>,
    id: Digest,
}

pub(crate) async fn run(context: &Context, arguments: &Load) -> anyhow::Result<()> {
    let from = arguments.input.as_deref().unwrap_or(Path::new(STDIO));
    let cannot = || {
        Cannot::plainly(match &arguments.input {
            Some(path) => format!("cannot load `{}`", path.display()),
            None => "cannot load what comes on stdin".to_owned(),
        })
    };
    let images = images(context, arguments, from).await.with_context(cannot)?;
    let images = named(images, arguments.name.as_ref())?;
    for image in images {
        for line in load(context, arguments, image).await.with_context(cannot)? {
            output::line(&line)?;
        }
    }
    Ok(())
}

/// All images, each checked as far as it can be: one that is damaged keeps the others out too.
async fn images(context: &Context, arguments: &Load, from: &Path) -> anyhow::Result<Vec<Loading>> {
    if from.is_dir() {
        return of_layout(&Layout::at(from.to_owned())).await;
    }
    let Unpacking { packing, limit } = arguments.packed.unpacking()?;
    let archive = opened(context, input(from)?, limit).await?;
    let mut images = Vec::new();
    for entry in archive.images().to_vec() {
        images.push(of_archive(context, arguments, &archive, entry, packing).await?);
    }
    if let [_, _, ..] = images.as_slice() {
        for image in &images {
            image.verify().await?;
        }
    }
    Ok(images)
}

async fn of_archive(
    context: &Context,
    arguments: &Load,
    archive: &Arc<Archive>,
    entry: Entry,
    packing: Packing,
) -> anyhow::Result<Loading> {
    let transfer = context.transfer(Direction::Copy, arguments.quiet);
    let names = entry.names.clone();
    let image = ready(transfer.progress(), archive, entry, packing, Some(context.store.clone())).await?;
    transfer.finish();
    Ok(Loading {
        selection: image.held().clone(),
        id: image.id().clone(),
        source: Origin::Archive(Box::new(image)),
        names,
    })
}

async fn of_layout(layout: &Layout) -> anyhow::Result<Vec<Loading>> {
    let entries = layout.images()?;
    if entries.is_empty() {
        return Err(Error::not_found(anyhow!("there is no image in {}", layout.root().display())).into());
    }
    let mut images = Vec::new();
    for entry in entries {
        let source = layout.image(entry.name.clone());
        let root = source.root().await?;
        images.push(Loading {
            selection: Selection::All,
            names: Reference::of_annotations(&entry.descriptor.annotations).into_iter().collect(),
            id: root.config().map_or(root.digest(), |config| &config.digest).clone(),
            source: Origin::Layout(source),
        });
    }
    Ok(images)
}

/// The images with the name that was asked for.
fn named(mut images: Vec<Loading>, name: Option<&Reference>) -> Result<Vec<Loading>, Usage> {
    let Some(name) = name else { return Ok(images) };
    match images.as_mut_slice() {
        [image] => image.names = vec![name.clone()],
        images => {
            return Err(Usage(format!("`--name` is for one image, and there are {}", images.len())));
        }
    }
    Ok(images)
}

impl Loading {
    /// Reads whatever the archive has under a digest.
    async fn verify(&self) -> lugger::store::Result<()> {
        match &self.source {
            Origin::Archive(image) => {
                let image = image.clone();
                tokio::task::spawn_blocking(move || image.verify())
                    .await
                    .map_err(Error::other)?
            }
            _ => Ok(()),
        }
    }

    /// The names it gets in the store. One without a name is kept by its ID, written as a name, by which it can be tagged.
    fn kept_as(&self) -> anyhow::Result<Vec<Reference>> {
        if self.names.is_empty() {
            return Ok(vec![self.id.to_string().parse()?]);
        }
        Ok(self.names.clone())
    }
}

async fn load(context: &Context, arguments: &Load, image: Loading) -> anyhow::Result<Vec<String>> {
    let transfer = context.transfer(Direction::Copy, arguments.quiet);
    let mut progress = transfer.progress();
    for name in image.kept_as()? {
        let sink = context.store.image(Some(stored_name(&name)));
        let options = Options {
            selection: image.selection.clone(),
            referrers: false,
            jobs: JOBS,
            limit: None,
            progress,
        };
        copy(&image.source, &sink, &options).await?;
        // The other names need no more than to be given.
        progress = Progress::silent();
    }
    transfer.finish();
    if let Selection::Platforms(platforms) = &image.selection {
        let held: Vec<String> = platforms.iter().map(ToString::to_string).collect();
        let transfer = context.transfer(Direction::Copy, arguments.quiet);
        transfer.warn(&format!("of this image the archive has only {}", held.join(", ")));
    }
    if image.names.is_empty() {
        return Ok(vec![format!("Loaded image ID: {}", image.id)]);
    }
    Ok(image
        .names
        .iter()
        .map(|name| format!("Loaded image: {}", name.familiar()))
        .collect())
}
