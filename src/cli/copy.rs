//! `lugger copy`: between any two places.

use anyhow::Context as _;
use lugger::oci::Selection;
use lugger::transfer::{Copied, Options};

use crate::cli::args::Copy;
use crate::cli::context::{Context, Transfer};
use crate::cli::ends::{Origin, deliver, leaves_stdout};
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;
use crate::cli::place::Place;
use crate::cli::progress::Direction;

pub(crate) async fn run(context: &Context, arguments: &Copy) -> anyhow::Result<()> {
    refuse_lost_referrers(arguments)?;
    let transfer = context.transfer(Direction::Copy, arguments.quiet);
    let copied = transport(&transfer, arguments).await.with_context(|| cannot(arguments))?;
    transfer.finish();
    if !leaves_stdout(&arguments.destination) {
        return Ok(());
    }
    if arguments.quiet {
        return Ok(output::line(&copied.root.to_string())?);
    }
    output::line(&format!("Digest: {}", copied.root))?;
    let status = if copied.up_to_date {
        "is up to date with"
    } else {
        "is a copy of"
    };
    Ok(output::line(&format!(
        "Status: {} {status} {}",
        arguments.destination, arguments.source
    ))?)
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
    let chosen = &arguments.platforms.chosen;
    let selection = if chosen.is_empty() {
        Selection::All
    } else {
        Selection::Platforms(chosen.clone())
    };
    let source = Origin::at(transfer.context, &arguments.source, arguments.packed.unpacking()?).await?;
    let options = Options {
        referrers: arguments.referrers,
        ..transfer.options(source.selection(selection), &arguments.pace)
    };
    deliver(transfer, &source, &arguments.destination, &options).await
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
