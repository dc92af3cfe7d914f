//! `lugger rmi` and `lugger prune`: names, and then blobs, out of the store.

use anyhow::Context as _;
use lugger::oci::Digest;

use crate::cli::args::Rmi;
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output::{self, Unwritten};
use crate::cli::size::human;

pub(crate) fn run(context: &Context, arguments: &Rmi) -> anyhow::Result<()> {
    for reference in &arguments.references {
        let cannot = || Cannot::with("remove", reference);
        let name = context.name_in_store(reference).with_context(cannot)?;
        let removed = context.store.remove(&[name]).with_context(cannot)?;
        for name in &removed.names {
            output::line(&format!("Untagged: {name}"))?;
        }
        deleted(&removed.blobs, removed.kept_in_use)?;
    }
    Ok(())
}

pub(crate) fn prune(context: &Context) -> anyhow::Result<()> {
    let pruned = context
        .store
        .prune()
        .with_context(|| Cannot::plainly("cannot prune the store".to_owned()))?;
    deleted(&pruned.blobs, pruned.kept_in_use)?;
    Ok(output::line(&format!("Total reclaimed space: {}", human(pruned.bytes)))?)
}

fn deleted(blobs: &[Digest], kept_in_use: bool) -> Result<(), Unwritten> {
    for blob in blobs {
        output::line(&format!("Deleted: {blob}"))?;
    }
    if kept_in_use {
        output::line("Another lugger is using the store; `lugger prune` deletes the unused blobs when it is done")?;
    }
    Ok(())
}
