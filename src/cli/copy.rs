//! `lugger copy`: between any two places.

use anyhow::Context as _;
use lugger::oci::Selection;
use lugger::transfer::{Copied, Options};

use crate::cli::args::Copy;
use crate::cli::context::{Context, Transfer};
use crate::cli::digest_file::DigestFile;
use crate::cli::ends::{self, Origin, deliver, leaves_stdout};
use crate::cli::failure::{Cannot, Usage};
use crate::cli::forecast::{Forecast, Journey, refuse_packed};
use crate::cli::output::{self, Unwritten};
use crate::cli::place::Place;
use crate::cli::progress::Direction;

pub(crate) async fn run(context: &Context, arguments: &Copy) -> anyhow::Result<()> {
    refuse_lost_referrers(arguments)?;
    if arguments.outcome.dry_run {
        return foretell(context, arguments).await.with_context(|| cannot(arguments));
    }
    let mut digests = DigestFile::at(arguments.outcome.digest_file.as_deref())?;
    let transfer = context.transfer(Direction::Copy, arguments.quiet);
    transfer.between(&arguments.source, &arguments.destination);
    let copied = transport(&transfer, arguments).await.with_context(|| cannot(arguments))?;
    for entry in &copied.left_behind {
        let what = format!("{} ({}) refers to the image and stays behind", entry.digest, entry.media_type);
        transfer.warn(&what);
    }
    transfer.finish();
    digests.add(&copied.root);
    digests.keep()?;
    if leaves_stdout(&arguments.destination) {
        print(arguments, &copied)?;
    }
    Ok(())
}

fn print(arguments: &Copy, copied: &Copied) -> Result<(), Unwritten> {
    if arguments.quiet {
        return output::line(&copied.root.to_string());
    }
    let status = if copied.up_to_date {
        "is up to date with"
    } else {
        "is a copy of"
    };
    output::line(&format!("Digest: {}", copied.root))?;
    output::line(&format!("Status: {} {status} {}", arguments.destination, arguments.source))
}

/// A layout on disk has no list of referrers: what arrived there could not be found again.
fn refuse_lost_referrers(arguments: &Copy) -> Result<(), Usage> {
    let ends = [&arguments.source, &arguments.destination];
    match ends.iter().find(|end| !matches!(end, Place::Registry(_))) {
        Some(end) if arguments.referrers => Err(Usage(format!("--referrers is for registries, and `{end}` is none"))),
        _ => Ok(()),
    }
}

async fn transport(transfer: &Transfer<'_>, arguments: &Copy) -> anyhow::Result<Copied> {
    let source = Origin::at(transfer.context, &arguments.source, arguments.packed.unpacking()?).await?;
    deliver(
        transfer,
        &source,
        &arguments.destination,
        &options(transfer, arguments, &source),
    )
    .await
}

/// Says what the same copy would move.
async fn foretell(context: &Context, arguments: &Copy) -> anyhow::Result<()> {
    refuse_packed(&arguments.source)?;
    let transfer = context.transfer(Direction::Copy, true);
    let source = Origin::at(context, &arguments.source, arguments.packed.unpacking()?).await?;
    let options = options(&transfer, arguments, &source);
    let foreseen = ends::foretell(context, &source, &arguments.destination, &options).await?;
    transfer.finish();
    let journey = Journey {
        source: arguments.source.to_string(),
        target: arguments.destination.to_string(),
        shelf: String::new(),
        cannot: cannot(arguments),
    };
    let mut forecast = Forecast::default();
    let digest = foreseen.root.clone();
    forecast.add(journey, &[], &digest, foreseen);
    forecast.finish(arguments.outcome.format)
}

fn options(transfer: &Transfer<'_>, arguments: &Copy, source: &Origin) -> Options {
    let chosen = &arguments.platforms.chosen;
    let selection = if chosen.is_empty() {
        Selection::All
    } else {
        Selection::Platforms(chosen.clone())
    };
    Options {
        referrers: arguments.referrers,
        ..transfer.options(source.selection(selection), &arguments.pace)
    }
}

/// The hint is about the registry; where both ends are on one, the message's URL tells which.
fn cannot(arguments: &Copy) -> Cannot {
    let what = format!("cannot copy `{}` to `{}`", arguments.source, arguments.destination);
    match (&arguments.source, &arguments.destination) {
        (Place::Registry(one), Place::Registry(other)) if one.registry() != other.registry() => Cannot::plainly(what),
        (Place::Registry(reference), _) | (_, Place::Registry(reference)) => Cannot::at(what, reference.registry()),
        _ => Cannot::plainly(what),
    }
}
