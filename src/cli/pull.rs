//! `lugger pull`: from a registry to the store.

use anyhow::Context as _;
use lugger::oci::Selection;
use lugger::reference::Reference;
use lugger::store::Source as _;
use lugger::transfer::{self, Copied, copy};

use crate::cli::args::Pull;
use crate::cli::context::{Context, Transfer, platforms_or_host, stored_name};
use crate::cli::ends::{deliver, leaves_stdout};
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output::{self, Unwritten};
use crate::cli::progress::Direction;

pub(crate) async fn run(context: &Context, arguments: &Pull) -> anyhow::Result<()> {
    if arguments.to.is_some() && arguments.references.len() > 1 {
        return Err(Usage("`--to` is for one image".to_owned()).into());
    }
    for reference in &arguments.references {
        if arguments.all_tags {
            pull_all_tags(context, arguments, reference).await?;
        } else {
            pull(context, arguments, reference).await?;
        }
    }
    Ok(())
}

async fn pull_all_tags(context: &Context, arguments: &Pull, reference: &Reference) -> anyhow::Result<()> {
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
    for tag in tags {
        pull(context, arguments, &reference.repository().at_tag(tag)).await?;
    }
    Ok(())
}

async fn pull(context: &Context, arguments: &Pull, reference: &Reference) -> anyhow::Result<()> {
    let transfer = context.transfer(Direction::Pull, arguments.quiet);
    if reference.is_defaulted() {
        transfer.say("Using default tag: latest");
    }
    transfer.say(&format!("{}: Pulling from {}", reference.at(), reference.repository().path()));
    let copied = fetch(&transfer, arguments, reference)
        .await
        .with_context(|| Cannot::with("pull", reference))?;
    transfer.finish();
    if arguments.to.as_ref().is_some_and(|place| !leaves_stdout(place)) {
        return Ok(());
    }
    Ok(print(arguments, reference, &copied)?)
}

async fn fetch(transfer: &Transfer<'_>, arguments: &Pull, reference: &Reference) -> anyhow::Result<Copied> {
    let selection = if arguments.all_platforms {
        Selection::All
    } else {
        platforms_or_host(&arguments.platforms)
    };
    let source = transfer
        .context
        .network
        .repository(reference.repository())?
        .image(reference.at());
    let options = transfer.options(selection, &arguments.pace);
    if let Some(place) = &arguments.to {
        return deliver(transfer, &source, &place.named_after(reference), &options).await;
    }
    let sink = transfer.context.store.image(Some(stored_name(reference)));
    let copied = copy(&source, &sink, &options).await?;
    if !arguments.platforms.chosen.is_empty() && !copied.up_to_date {
        warn_of_other_platform(transfer, arguments, reference).await?;
    }
    Ok(copied)
}

/// A repository without an index has one image, whatever platform is asked for; it is kept, but not silently.
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
