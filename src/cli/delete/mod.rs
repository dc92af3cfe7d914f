//! `lugger delete`: tags and images of a registry, and never more than was asked for or agreed to.
//!
//! A tag goes alone. Where the registry cannot do that, all tags of its digest would go with it: they are shown, and a
//! person, or `--yes`, decides.

mod chosen;
mod question;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use lugger::oci;
use lugger::reference::{Reference, RepositoryName, Tag, TagOrDigest};
use lugger::registry::{Network, Repository, Survey, Untagged};
use lugger::store::{Error, ErrorKind};
use tokio::sync::OnceCell;

use crate::cli::args::Delete;
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;

pub(crate) use question::Unasked;

pub(crate) async fn run(context: &Context, arguments: &Delete) -> anyhow::Result<()> {
    arguments.rules.refuse_narrower(&arguments.references)?;
    let ruled = arguments.rules.are_given();
    let network = &context.network;
    let mut deletions: BTreeMap<&RepositoryName, Deletion<'_>> = BTreeMap::new();
    for reference in &arguments.references {
        let deletion = match deletions.entry(reference.repository()) {
            Entry::Occupied(begun) => begun.into_mut(),
            Entry::Vacant(new) => new.insert(Deletion::of(network, arguments, reference)?),
        };
        let outcome = if ruled {
            deletion.by_rules().await
        } else {
            deletion.one(reference).await
        };
        outcome.with_context(|| {
            if ruled {
                let repository = reference.repository();
                let what = format!("cannot delete what the rules choose of `{}`", repository.familiar());
                Cannot::about(what, repository)
            } else {
                Cannot::with("delete", reference)
            }
        })?;
    }
    Ok(())
}

/// What is to go from one repository.
struct Deletion<'a> {
    arguments: &'a Delete,
    repository: Repository,
    /// The tags that shall go: none of them is news to whoever gave the command.
    meant: BTreeSet<Tag>,
    /// May others go too, if that is agreed to? Rules keep what they do not choose.
    open: bool,
    /// The tags that went already.
    gone: BTreeSet<Tag>,
    survey: OnceCell<Survey>,
}

impl<'a> Deletion<'a> {
    fn of(network: &Network, arguments: &'a Delete, reference: &Reference) -> anyhow::Result<Self> {
        let named = arguments.references.iter();
        let meant = named.filter(|named| named.repository() == reference.repository() && named.digest().is_none());
        Ok(Self {
            arguments,
            repository: network.repository(reference.repository())?.without_mirrors(),
            meant: meant.filter_map(|named| named.tag().cloned()).collect(),
            open: true,
            gone: BTreeSet::new(),
            survey: OnceCell::new(),
        })
    }

    /// One name of the command line.
    async fn one(&mut self, reference: &Reference) -> anyhow::Result<()> {
        let deleted = match reference.at() {
            at if self.arguments.dry_run => self.show(&at).await,
            TagOrDigest::Tag(tag) => self.tag(&tag).await,
            TagOrDigest::Digest(digest) => self.digest(&digest, None).await,
        };
        match deleted {
            Err(error) if self.arguments.ignore_missing && is_missing(&error) => {
                question::say(&format!("{} is not there", reference.familiar()))
            }
            deleted => deleted,
        }
    }

    async fn tag(&mut self, tag: &Tag) -> anyhow::Result<()> {
        if self.gone.contains(tag) {
            return Ok(());
        }
        match self.repository.delete_tag(tag).await? {
            Untagged::Gone => self.report([tag.clone()]),
            Untagged::Unable { digest, why } => {
                question::say(&format!("{} cannot be deleted alone: {why}", self.name(tag)))?;
                self.digest(&digest, Some(tag)).await
            }
        }
    }

    /// Deletes a manifest with all its tags: because it was asked for, or because a tag does not go without it.
    async fn digest(&mut self, digest: &oci::Digest, instead_of: Option<&Tag>) -> anyhow::Result<()> {
        let survey = self.survey().await?;
        let mut tags = survey.tags(digest).to_vec();
        let holders = self.repository.holders(survey, digest).await?;
        tags.extend(instead_of.filter(|tag| !tags.contains(tag)).cloned());
        tags.retain(|tag| !self.gone.contains(tag));
        for holder in &holders {
            let text = format!("warning: the index {holder} is not usable without {digest}, which is a part of it");
            question::say(&text)?;
        }
        let more = tags.iter().any(|tag| !self.meant.contains(tag));
        if more || (instead_of.is_some() && !holders.is_empty()) {
            self.agree(digest, &tags).await?;
        }
        self.repository.delete_digest(digest, &tags).await?;
        self.report(tags)?;
        let whole = self.repository.name().at_digest(digest.clone());
        Ok(output::line(&format!("Deleted: {}", whole.familiar()))?)
    }

    /// Shows what would go with a digest, and goes on only with a yes.
    async fn agree(&self, digest: &oci::Digest, tags: &[Tag]) -> anyhow::Result<()> {
        let names: Vec<String> = tags.iter().map(|tag| format!("  {}\n", self.name(tag))).collect();
        question::say(&format!("With {digest} would go:\n{}", names.concat().trim_end()))?;
        if !self.open {
            let text = format!("{digest} is also what the rules keep");
            return Err(Error::new(ErrorKind::Refused, anyhow::anyhow!(text)).into());
        }
        question::agreed("Delete all of them?", self.arguments.yes).await
    }

    /// What a deletion would come to.
    async fn show(&self, at: &TagOrDigest) -> anyhow::Result<()> {
        let digest = self.repository.digest(at).await?;
        let tags = self.survey().await?.tags(&digest).to_vec();
        let would = |name: &str| output::line(&format!("Would delete: {name}"));
        let TagOrDigest::Tag(tag) = at else {
            tags.iter().try_for_each(|tag| would(&self.name(tag)))?;
            return Ok(would(&self.repository.name().at_digest(digest).familiar())?);
        };
        let others: Vec<String> = tags.iter().filter(|other| *other != tag).map(|tag| self.name(tag)).collect();
        if !others.is_empty() {
            let text = format!(
                "of the same image: {}; a registry that deletes no tag alone would delete them too",
                others.join(", ")
            );
            question::say(&text)?;
        }
        Ok(would(&self.name(tag))?)
    }

    /// The tags that the rules choose. One that cannot go without one that is kept stays, and the others go on.
    async fn by_rules(&mut self) -> anyhow::Result<()> {
        let chosen = chosen::choose(&self.repository, &self.arguments.rules).await?;
        let names: Vec<String> = chosen.iter().map(|tag| self.name(tag)).collect();
        if chosen.is_empty() {
            return question::say(&format!("{}: nothing to delete", self.repository.name().familiar()));
        }
        if self.arguments.dry_run {
            let shown = names
                .iter()
                .try_for_each(|name| output::line(&format!("Would delete: {name}")));
            return Ok(shown?);
        }
        question::say(&format!("To be deleted:\n  {}", names.join("\n  ")))?;
        question::agreed(&format!("Delete these {} tags?", chosen.len()), self.arguments.yes).await?;
        self.meant = chosen.iter().cloned().collect();
        self.open = false;
        let mut kept = None;
        for tag in &chosen {
            match self.tag(tag).await {
                Err(error) if is_refused(&error) => kept = Some(error),
                Err(error) if is_missing(&error) => {}
                outcome => outcome?,
            }
        }
        kept.map_or(Ok(()), Err)
    }

    /// Made once: what goes meanwhile is in `gone`.
    async fn survey(&self) -> anyhow::Result<&Survey> {
        Ok(self.survey.get_or_try_init(|| self.repository.survey()).await?)
    }

    fn report(&mut self, tags: impl IntoIterator<Item = Tag>) -> anyhow::Result<()> {
        for tag in tags {
            if self.gone.insert(tag.clone()) {
                output::line(&format!("Deleted: {}", self.name(&tag)))?;
            }
        }
        Ok(())
    }

    fn name(&self, tag: &Tag) -> String {
        self.repository.name().at_tag(tag.clone()).familiar()
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    kind(error) == Some(ErrorKind::NotFound)
}

fn is_refused(error: &anyhow::Error) -> bool {
    kind(error) == Some(ErrorKind::Refused)
}

fn kind(error: &anyhow::Error) -> Option<ErrorKind> {
    error.downcast_ref::<Error>().map(Error::kind)
}
