//! Further tags of an image that is being pushed: the manifest is put under each of them, and no blob is asked for again.
//!
//! The image's own tag comes first, then those that were named, then the wider ones of its version, the narrowest first:
//! where one of them is refused, those that mean most to others have not moved. What was set stays.

use std::fmt::Write as _;

use anyhow::Context as _;
use lugger::oci::{Digest, Manifest};
use lugger::reference::{Reference, RepositoryName, Tag, TagOrDigest};
use lugger::registry::Repository;
use lugger::store::{ErrorKind, Sink as _};

use crate::cli::args::Push;
use crate::cli::context::Context;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::push::versions::Version;

/// The further tags that were asked for, for one image.
#[derive(Default)]
pub(crate) struct Further {
    own: Option<Tag>,
    named: Vec<Tag>,
    version: Option<Version>,
}

impl Further {
    /// Those of an image, as it was typed.
    pub(super) fn of(arguments: &Push, reference: &Reference) -> Result<Self, Usage> {
        let own = match reference.at() {
            TagOrDigest::Tag(tag) => Some(tag),
            TagOrDigest::Digest(_) => None,
        };
        let version = own.as_ref().and_then(Version::of);
        if arguments.semver && version.is_none() {
            return Err(Usage(format!(
                "--semver needs a tag that is a version, such as 1.4.2 or v1.4.2, and `{}` has none",
                reference.familiar()
            )));
        }
        Ok(Self {
            own,
            named: arguments.also_tag.clone(),
            version: version.filter(|_| arguments.semver),
        })
    }

    /// The tags to set, each once. Which those of a version are depends on what the registry has now: asked after the image
    /// has its own tag, so that of two that are pushed at once the later one sees the other.
    pub(super) async fn tags(&self, context: &Context, repository: &Repository) -> anyhow::Result<Vec<Tag>> {
        let mut tags: Vec<Tag> = Vec::new();
        let wider = self.wider(context, repository).await?;
        for tag in self.named.iter().chain(&wider) {
            if self.own.as_ref() != Some(tag) && !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        Ok(tags)
    }

    async fn wider(&self, context: &Context, repository: &Repository) -> anyhow::Result<Vec<Tag>> {
        let Some(version) = &self.version else {
            return Ok(Vec::new());
        };
        if !version.is_release() {
            context
                .voice()
                .say(&format!("note: {version} is a pre-release, which gets no wider tags"));
            return Ok(Vec::new());
        }
        // A mirror may be behind the times.
        let there = match repository.without_mirrors().tags().await {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            tags => tags.with_context(|| Cannot::at(listing(repository.name()), repository.name().registry()))?,
        };
        let widening = version.widen(&there);
        for (tag, newer) in &widening.kept {
            context
                .voice()
                .say(&format!("note: {tag} stays with {newer}, which is newer than {version}"));
        }
        Ok(widening.moved)
    }
}

fn listing(repository: &RepositoryName) -> String {
    format!(
        "cannot list the tags of `{}`, to see which of them stand for a newer version",
        repository.familiar()
    )
}

/// A run along the tags, which remembers how far it came.
pub(super) struct Tagging<'a> {
    pub(super) repository: &'a Repository,
    /// What has a name now.
    pub(super) set: Vec<TagOrDigest>,
    pub(super) left: Vec<Tag>,
}

impl Tagging<'_> {
    /// Sets the next tag. One that stands for the image already is left alone: a registry whose tags cannot be changed would
    /// refuse even that.
    pub(super) async fn next(&mut self, manifest: &Manifest) -> anyhow::Result<Option<TagOrDigest>> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let at = TagOrDigest::Tag(self.left.remove(0));
        self.set_one(&at, manifest).await.with_context(|| self.cannot(&at))?;
        self.set.push(at.clone());
        Ok(Some(at))
    }

    async fn set_one(&self, at: &TagOrDigest, manifest: &Manifest) -> lugger::store::Result<()> {
        let current = self.repository.image(at.clone()).current().await?;
        if current.is_some_and(|current| current.digest == *manifest.digest()) {
            return Ok(());
        }
        self.repository.tag(manifest, at).await
    }

    /// What there is now, told with what there is not.
    fn cannot(&self, at: &TagOrDigest) -> Cannot {
        let name = self.repository.name();
        let mut what = format!(
            "cannot set the tag `{at}` of `{}`; set: {}",
            name.familiar(),
            listed(&self.set)
        );
        if !self.left.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(what, "; not tried: {}", listed(&self.left));
        }
        Cannot::at(what, name.registry())
    }
}

fn listed(names: &[impl ToString]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// The images of one repository cannot all have the same further tag.
pub(super) fn refuse_two_for_one(arguments: &Push) -> Result<(), Usage> {
    let references = &arguments.references;
    let twice = references.iter().enumerate().find(|(at, reference)| {
        let others = references.iter().take(*at);
        others.into_iter().any(|other| other.repository() == reference.repository())
    });
    match twice {
        Some((_, reference)) if !arguments.also_tag.is_empty() => Err(Usage(format!(
            "--also-tag is for one image of a repository, and there are several of `{}`",
            reference.repository().familiar()
        ))),
        _ => Ok(()),
    }
}

/// The manifest that was pushed, out of where it came from: its bytes go under the further tags.
pub(super) fn same(manifest: Manifest, pushed: &Digest) -> anyhow::Result<Manifest> {
    anyhow::ensure!(
        manifest.digest() == pushed,
        "the image has become another one while it was pushed; its further tags were not set"
    );
    Ok(manifest)
}
