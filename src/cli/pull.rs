//! `lugger pull`: from a registry to the store.

use anyhow::Context as _;
use lugger::oci::{Digest, Selection};
use lugger::reference::Reference;
use lugger::store::Source as _;
use lugger::transfer::{self, Copied, copy};

use crate::cli::args::Pull;
use crate::cli::context::{Context, Transfer, platforms_or_host, stored_name};
use crate::cli::digest_file::DigestFile;
use crate::cli::ends::{self, deliver, leaves_stdout};
use crate::cli::failure::{Cannot, Usage};
use crate::cli::forecast::{Forecast, Journey};
use crate::cli::output::{self, Unwritten};
use crate::cli::place::Place;
use crate::cli::progress::Direction;

pub(crate) async fn run(context: &Context, arguments: &Pull) -> anyhow::Result<()> {
    if arguments.to.is_some() && arguments.references.len() > 1 {
        return Err(Usage("`--to` is for one image".to_owned()).into());
    }
    if arguments.outcome.dry_run {
        return foretell(context, arguments).await;
    }
    let mut digests = DigestFile::at(arguments.outcome.digest_file.as_deref())?;
    for reference in &arguments.references {
        for image in meant(context, arguments, reference).await? {
            digests.add(&pull(context, arguments, &image).await?);
        }
    }
    digests.keep()
}

/// Says what the same pull would move.
async fn foretell(context: &Context, arguments: &Pull) -> anyhow::Result<()> {
    let transfer = context.transfer(Direction::Pull, true);
    let options = transfer.options(selection(arguments), &arguments.pace);
    let mut forecast = Forecast::default();
    for reference in &arguments.references {
        for image in meant(context, arguments, reference).await? {
            let to = target(arguments, &image);
            let foretelling = async {
                let source = context.network.repository(image.repository())?.image(image.at());
                ends::foretell(context, &source, &to, &options).await
            };
            let foreseen = foretelling.await.with_context(|| Cannot::with("pull", &image))?;
            let journey = Journey {
                source: image.to_string(),
                target: to.to_string(),
                shelf: String::new(),
                cannot: Cannot::with("pull", &image),
            };
            let digest = foreseen.named.clone();
            forecast.add(journey, &[], &digest, foreseen);
        }
    }
    transfer.finish();
    forecast.finish(arguments.outcome.format)
}

/// The image itself, or all tags of its repository.
async fn meant(context: &Context, arguments: &Pull, reference: &Reference) -> anyhow::Result<Vec<Reference>> {
    if !arguments.all_tags {
        return Ok(vec![reference.clone()]);
    }
    if !reference.is_defaulted() {
        return Err(Usage("a tag or digest cannot be used with --all-tags".to_owned()).into());
    }
    let repository = context.network.repository(reference.repository())?;
    let cannot = || {
        Cannot::at(
            format!("cannot list the tags of `{}`", reference.repository().familiar()),
            reference.registry(),
        )
    };
    let tags = repository.tags().await.with_context(cannot)?;
    Ok(tags.into_iter().map(|tag| reference.repository().at_tag(tag)).collect())
}

/// Where an image goes.
fn target(arguments: &Pull, image: &Reference) -> Place {
    match &arguments.to {
        Some(place) => place.named_after(image),
        None => Place::Store(image.clone()),
    }
}

async fn pull(context: &Context, arguments: &Pull, reference: &Reference) -> anyhow::Result<Digest> {
    let transfer = context.transfer(Direction::Pull, arguments.quiet);
    if reference.is_defaulted() {
        transfer.say("Using default tag: latest");
    }
    transfer.say(&format!("{}: Pulling from {}", reference.at(), reference.repository().path()));
    transfer.between(reference, &target(arguments, reference));
    let copied = fetch(&transfer, arguments, reference)
        .await
        .with_context(|| Cannot::with("pull", reference))?;
    transfer.finish();
    if arguments.to.as_ref().is_none_or(leaves_stdout) {
        print(arguments, reference, &copied)?;
    }
    Ok(copied.named)
}

fn selection(arguments: &Pull) -> Selection {
    if arguments.all_platforms {
        return Selection::All;
    }
    platforms_or_host(&arguments.platforms)
}

async fn fetch(transfer: &Transfer<'_>, arguments: &Pull, reference: &Reference) -> anyhow::Result<Copied> {
    let source = transfer
        .context
        .network
        .repository(reference.repository())?
        .image(reference.at());
    let options = transfer.options(selection(arguments), &arguments.pace);
    if let Some(place) = &arguments.to {
        return deliver(transfer, &source, &place.named_after(reference), &options).await;
    }
    let sink = transfer.context.store.image(Some(stored_name(reference)));
    let copied = copy(&source, &sink, &options).await?;
    if !arguments.platforms.chosen.is_empty() {
        warn_of_other_platform(transfer, arguments, reference).await?;
    }
    Ok(copied)
}

/// A repository without an index has one image, whatever platform is asked for; it is kept, but not silently, and no more so
/// when it was there before.
async fn warn_of_other_platform(transfer: &Transfer<'_>, arguments: &Pull, reference: &Reference) -> anyhow::Result<()> {
    let image = transfer.context.store.image(Some(stored_name(reference)));
    let config = transfer::config(&image, &image.root().await?).await?;
    let Some(platform) = config.platform() else { return Ok(()) };
    if !arguments
        .platforms
        .chosen
        .iter()
        .any(|wanted| wanted.fit(&platform).is_some())
    {
        transfer.warn(&format!("the image is for {platform}; the registry has no other"));
    }
    Ok(())
}

fn print(arguments: &Pull, reference: &Reference, copied: &Copied) -> Result<(), Unwritten> {
    if arguments.quiet {
        return output::line(&format!("{}@{}", reference.repository(), copied.named));
    }
    let status = if copied.up_to_date {
        "Image is up to date for"
    } else {
        "Downloaded newer image for"
    };
    output::line(&format!("Digest: {}", copied.named))?;
    output::line(&format!("Status: {status} {}", reference.familiar()))?;
    output::line(&reference.to_string())
}
