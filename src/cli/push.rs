//! `lugger push`: from the store to the registry that the name says.

use anyhow::Context as _;
use lugger::oci::Selection;
use lugger::reference::Reference;
use lugger::store::Source as _;
use lugger::transfer::{Copied, copy};

use crate::cli::args::{Pace, Push};
use crate::cli::context::{Context, Transfer};
use crate::cli::ends::Origin;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;
use crate::cli::packed::Unpacking;
use crate::cli::place::Place;
use crate::cli::progress::Direction;

pub(crate) async fn run(context: &Context, arguments: &Push) -> anyhow::Result<()> {
    if arguments.from.is_some() && arguments.references.len() > 1 {
        return Err(Usage("`--from` is for one image".to_owned()).into());
    }
    let unpacking = arguments.packed.unpacking()?;
    for reference in &arguments.references {
        for image in meant(context, arguments, reference)? {
            let from = match &arguments.from {
                Some(place) => place.named_after(&image),
                None => Place::Store(image.clone()),
            };
            send(context, &from, &image, &arguments.pace, unpacking, arguments.quiet).await?;
        }
    }
    Ok(())
}

/// The image itself, or all tags that the store has of its repository.
fn meant(context: &Context, arguments: &Push, reference: &Reference) -> anyhow::Result<Vec<Reference>> {
    if !arguments.all_tags {
        return Ok(vec![reference.clone()]);
    }
    if !reference.is_defaulted() {
        return Err(Usage("a tag or digest cannot be used with --all-tags".to_owned()).into());
    }
    let images = context.store.images().with_context(|| Cannot::with("push", reference))?;
    let names = images
        .iter()
        .filter_map(|image| image.name.as_ref()?.as_str().parse::<Reference>().ok());
    let tagged: Vec<Reference> = names
        .filter(|name| name.repository() == reference.repository() && name.digest().is_none())
        .collect();
    if tagged.is_empty() {
        // The same words as for one image, and the same exit code.
        context
            .name_in_store(reference)
            .with_context(|| Cannot::with("push", reference))?;
    }
    Ok(tagged)
}

/// Sends one image, and says what it came to.
pub(crate) async fn send(
    context: &Context,
    from: &Place,
    reference: &Reference,
    pace: &Pace,
    unpacking: Unpacking,
    quiet: bool,
) -> anyhow::Result<()> {
    let transfer = context.transfer(Direction::Push, quiet);
    if reference.is_defaulted() {
        transfer.say("Using default tag: latest");
    }
    transfer.say(&format!("The push refers to repository [{}]", reference.repository()));
    let sent = carry(&transfer, from, reference, pace, unpacking).await;
    let (copied, size) = sent.with_context(|| Cannot::with("push", reference))?;
    transfer.finish();
    if quiet {
        return Ok(output::line(&format!("{}@{}", reference.repository(), copied.root))?);
    }
    Ok(output::line(&format!(
        "{}: digest: {} size: {size}",
        reference.at(),
        copied.root
    ))?)
}

async fn carry(
    transfer: &Transfer<'_>,
    from: &Place,
    reference: &Reference,
    pace: &Pace,
    unpacking: Unpacking,
) -> anyhow::Result<(Copied, u64)> {
    let source = Origin::at(transfer.context, from, unpacking).await?;
    let sink = transfer
        .context
        .network
        .repository(reference.repository())?
        .image(reference.at());
    let options = transfer.options(source.selection(Selection::All), pace);
    let copied = copy(&source, &sink, &options).await?;
    let size = match copied.size {
        Some(size) => size,
        None => source.root().await?.size(),
    };
    Ok((copied, size))
}
