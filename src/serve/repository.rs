//! A repository as a request means it: which names of the store are its images, and what is found among them.
//!
//! How names change when something is pushed or deleted is here too, as plans that the layout carries out in one step.

use std::collections::BTreeSet;

use anyhow::anyhow;

use crate::layout::{Entry, Layout, RefName, Renaming};
use crate::oci::{Descriptor, Digest, Manifest};
use crate::reference::{RepositoryName, Tag, TagOrDigest};
use crate::serve::shelf::{Images, Named};
use crate::store::{Error, ErrorKind, MissingBlobs, Result};

/// How many manifests are looked at below one index: more than any image has.
const MOST_CHILDREN: usize = 10_000;

/// The repository of a request.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    path: String,
    /// By each of the server's names, the one that the client used first. Never empty.
    own: Vec<RepositoryName>,
    /// The repository of another registry that is read here.
    foreign: Option<RepositoryName>,
    /// Is the other registry meant alone?
    only_foreign: bool,
}

impl Repository {
    pub(super) fn new(path: &str, own: Vec<RepositoryName>, foreign: Option<RepositoryName>) -> Self {
        Self {
            path: path.to_owned(),
            own,
            foreign,
            only_foreign: false,
        }
    }

    pub(super) fn mirrored(path: &str, own: Vec<RepositoryName>, foreign: RepositoryName) -> Self {
        Self {
            only_foreign: true,
            ..Self::new(path, own, Some(foreign))
        }
    }

    /// The path, as it stands in URLs.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The full name, as the client calls it.
    pub(super) fn called(&self) -> &RepositoryName {
        &self.own[0]
    }

    /// Its images, the nearest first.
    pub(super) fn images<'a>(&'a self, all: &'a Images) -> impl Iterator<Item = &'a Named> {
        let own = self.own.iter().filter(|_| !self.only_foreign);
        own.chain(&self.foreign).flat_map(|repository| all.within(repository))
    }

    /// Those that were pushed here, by whichever of the server's names.
    fn pushed<'a>(&self, all: &'a Images) -> Vec<&'a Named> {
        self.own.iter().flat_map(|repository| all.within(repository)).collect()
    }

    /// How a manifest is pointed at that the repository has, by a name or as part of an index.
    pub(super) fn find(&self, store: &Layout, all: &Images, at: &TagOrDigest) -> Result<Option<Descriptor>> {
        match at {
            TagOrDigest::Tag(tag) => {
                let tagged = self.images(all).find(|image| image.reference.tag() == Some(tag));
                Ok(tagged.map(|image| image.descriptor.clone()))
            }
            TagOrDigest::Digest(digest) => match self.images(all).find(|image| image.descriptor.digest == *digest) {
                Some(root) => Ok(Some(root.descriptor.clone())),
                None => part(store, self.images(all).map(|image| &image.descriptor), digest),
            },
        }
    }

    /// What is to be renamed so that a manifest, whose bytes the store has, gets these tags, or is there by its digest.
    pub(super) fn put(&self, store: &Layout, entries: &[Entry], manifest: &Manifest, tags: &[Tag]) -> Result<Renaming> {
        let missing = store.missing(manifest)?;
        if !missing.is_empty() {
            let reason = format!("the manifest needs {}, which was not pushed", told(&missing));
            let missing = MissingBlobs {
                digests: missing,
                reason,
            };
            return Err(Error::new(ErrorKind::Incomplete, missing));
        }
        let all = Images::of(entries);
        let pushed = self.pushed(&all);
        let image = manifest.descriptor();
        let is_there = pushed.iter().any(|other| other.descriptor.digest == image.digest);
        let mut renaming = Renaming::default();
        if tags.is_empty() && !is_there {
            renaming.given.push((self.by_digest(&image.digest), image.clone()));
        }
        for tag in tags {
            let name = RefName::from(&self.called().at_tag(tag.clone()));
            let stands = pushed.iter().find(|other| other.name == name);
            if stands.is_none_or(|stands| stands.descriptor.digest != image.digest) {
                renaming.given.push((name, image.clone()));
            }
        }
        let held: BTreeSet<Digest> = parts(store, manifest.children())?
            .into_iter()
            .map(|part| part.digest)
            .collect();
        for other in &pushed {
            let retagged = other.reference.tag().is_some_and(|tag| tags.contains(tag));
            let named = other.reference.digest();
            let is_known = named.is_some_and(|digest| held.contains(digest) || !tags.is_empty() && *digest == image.digest);
            let stays = other.reference.repository() == self.called() && other.descriptor.digest == image.digest;
            if (retagged && !stays) || is_known {
                renaming.gone.push(other.name.clone());
            }
        }
        self.keep_by_digest(&pushed, &mut renaming, &held);
        Ok(renaming)
    }

    /// What is to be renamed so that a tag, or a digest with all its tags, is gone.
    pub(super) fn delete(&self, store: &Layout, entries: &[Entry], at: &TagOrDigest) -> Result<Renaming> {
        let all = Images::of(entries);
        let pushed = self.pushed(&all);
        let is_meant = |image: &Named| match at {
            TagOrDigest::Tag(tag) => image.reference.tag() == Some(tag),
            TagOrDigest::Digest(digest) => image.descriptor.digest == *digest,
        };
        let mut renaming = Renaming {
            gone: pushed
                .iter()
                .filter(|image| is_meant(image))
                .map(|image| image.name.clone())
                .collect(),
            given: Vec::new(),
        };
        if let TagOrDigest::Digest(digest) = at {
            if part(store, pushed.iter().map(|image| &image.descriptor), digest)?.is_some() {
                return Err(Error::new(
                    ErrorKind::Refused,
                    anyhow!("an index of this repository holds {digest}"),
                ));
            }
        } else {
            self.keep_by_digest(&pushed, &mut renaming, &BTreeSet::new());
        }
        if !renaming.gone.is_empty() {
            return Ok(renaming);
        }
        if self.find(store, &all, at)?.is_some() {
            return Err(Error::new(
                ErrorKind::Refused,
                anyhow!("only what was pushed here is deleted here"),
            ));
        }
        Err(Error::not_found(anyhow!("there is no {at} in {}", self.path)))
    }

    /// Leaves images that lose their last tag there by their digests, but for those that an index holds.
    fn keep_by_digest(&self, pushed: &[&Named], renaming: &mut Renaming, held: &BTreeSet<Digest>) {
        let stays = |image: &Named, renaming: &Renaming| {
            !renaming.gone.contains(&image.name) && !renaming.given.iter().any(|(name, _)| *name == image.name)
        };
        let leaving: Vec<&Named> = pushed.iter().copied().filter(|image| !stays(image, renaming)).collect();
        for image in leaving {
            let digest = &image.descriptor.digest;
            let is_named = pushed
                .iter()
                .any(|other| other.descriptor.digest == *digest && stays(other, renaming))
                || renaming.given.iter().any(|(_, given)| given.digest == *digest);
            if !is_named && !held.contains(digest) {
                renaming.given.push((self.by_digest(digest), image.descriptor.clone()));
            }
        }
    }

    fn by_digest(&self, digest: &Digest) -> RefName {
        RefName::from(&self.called().at_digest(digest.clone()))
    }
}

/// The manifests below these, each once, as far as they are there.
pub(super) fn parts(store: &Layout, children: &[Descriptor]) -> Result<Vec<Descriptor>> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = children.to_vec();
    while let Some(child) = next.pop() {
        if found.len() >= MOST_CHILDREN || !seen.insert(child.digest.clone()) {
            continue;
        }
        if child.media_type.is_index() {
            match store.manifest(&child) {
                Ok(index) => next.extend_from_slice(index.children()),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound) => continue,
                Err(error) => return Err(error),
            }
        } else if store.blob_size(&child.digest)? != Some(child.size) {
            continue;
        }
        found.push(child);
    }
    Ok(found)
}

/// How an index among the roots, or one below them, points at a manifest.
fn part<'a>(store: &Layout, roots: impl Iterator<Item = &'a Descriptor>, digest: &Digest) -> Result<Option<Descriptor>> {
    for root in roots.filter(|root| root.media_type.is_index()) {
        let index = match store.manifest(root) {
            Ok(index) => index,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let parts = parts(store, index.children())?;
        if let Some(found) = parts.into_iter().find(|part| part.digest == *digest) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn told(digests: &[Digest]) -> String {
    match digests {
        [one] => one.to_string(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        [] => String::new(),
    }
}
