//! `lugger rmi` and `lugger prune`: names, and then blobs, out of the store.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::Timestamp;
use lugger::layout::{Entry, RefName};
use lugger::oci::Digest;
use lugger::reference::{Reference, RepositoryName, Tag};
use lugger::store::ErrorKind;

use crate::cli::args::{Prune, Rmi, Rules};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output::{self, Unwritten};
use crate::cli::size::human;

/// All names go, or none.
pub(crate) fn run(context: &Context, arguments: &Rmi) -> anyhow::Result<()> {
    arguments.rules.refuse_narrower(&arguments.references)?;
    let mut names: Vec<RefName> = Vec::new();
    for reference in &arguments.references {
        let chosen = chosen(context, arguments, reference).with_context(|| Cannot::with("remove", reference))?;
        names.extend(chosen.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    }
    if names.is_empty() {
        return Ok(output::line("Nothing to remove")?);
    }
    let cannot = || Cannot::plainly("cannot remove images".to_owned());
    let removed = context.store.remove(&names, arguments.dry_run).with_context(cannot)?;
    let untagged = if arguments.dry_run { "Would untag" } else { "Untagged" };
    for name in &names {
        output::line(&format!("{untagged}: {name}"))?;
    }
    deleted(&removed.blobs, removed.kept_in_use, arguments.dry_run)?;
    if arguments.dry_run {
        output::line(&format!("Total reclaimable space: {}", human(removed.bytes)))?;
    }
    Ok(())
}

/// The names that a word of the command line means.
fn chosen(context: &Context, arguments: &Rmi, reference: &Reference) -> anyhow::Result<Vec<RefName>> {
    if arguments.rules.are_given() {
        return by_rules(context, &arguments.rules, reference.repository());
    }
    match context.name_in_store(reference) {
        Ok(name) => Ok(vec![name]),
        Err(error) if arguments.ignore_missing && error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The tags of a repository that the rules choose, the newest first. An image whose age cannot be told stays wherever
/// ages count.
fn by_rules(context: &Context, rules: &Rules, repository: &RepositoryName) -> anyhow::Result<Vec<RefName>> {
    let images = context.store.images()?;
    let mut tags: BTreeMap<Digest, (&Entry, Vec<Tag>)> = BTreeMap::new();
    for image in &images {
        let name: Option<Reference> = image.name.as_ref().and_then(|name| name.as_str().parse().ok());
        let name = name.filter(|name| name.repository() == repository && name.digest().is_none());
        if let Some(tag) = name.and_then(|name| name.tag().cloned()).filter(|tag| rules.fit(tag)) {
            let of_image = tags.entry(image.descriptor.digest.clone()).or_insert((image, Vec::new()));
            of_image.1.push(tag);
        }
    }
    let named = |tag: &Tag| RefName::from(&repository.at_tag(tag.clone()));
    if !rules.count_ages() {
        return Ok(tags.values().flat_map(|(_, tags)| tags).map(named).collect());
    }
    let dated = tags
        .values()
        .filter_map(|(image, tags)| Some((made(context, image)?, tags.as_slice())));
    let mut dated: Vec<(Timestamp, &[Tag])> = dated.collect();
    dated.sort_by_key(|(made, _)| Reverse(*made));
    Ok(rules.old(dated.into_iter()).iter().map(named).collect())
}

fn made(context: &Context, image: &Entry) -> Option<Timestamp> {
    let manifest = context.store.manifest(&image.descriptor).ok()?;
    context.store.config(&manifest).ok()??.created
}

pub(crate) fn prune(context: &Context, arguments: &Prune) -> anyhow::Result<()> {
    let cannot = || Cannot::plainly("cannot prune the store".to_owned());
    let pruned = context.store.prune(arguments.dry_run).with_context(cannot)?;
    deleted(&pruned.blobs, pruned.kept_in_use, arguments.dry_run)?;
    let total = if arguments.dry_run { "reclaimable" } else { "reclaimed" };
    Ok(output::line(&format!("Total {total} space: {}", human(pruned.bytes)))?)
}

fn deleted(blobs: &[Digest], kept_in_use: bool, rehearsed: bool) -> Result<(), Unwritten> {
    let deleted = if rehearsed { "Would delete" } else { "Deleted" };
    for blob in blobs {
        output::line(&format!("{deleted}: {blob}"))?;
    }
    if kept_in_use {
        output::line("Another lugger is using the store; `lugger prune` deletes the unused blobs when it is done")?;
    }
    Ok(())
}
