//! Listing: the tags of a repository, and what lies behind each.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;

use crate::hosts::Capability;
use crate::oci::{Config, Descriptor, Digest, Manifest, MediaType, Platform};
use crate::reference::{Tag, TagOrDigest};
use crate::registry::pages::{self, Names, Pages};
use crate::registry::scope::Scope;
use crate::registry::{Repository, google};
use crate::store::{Error, ErrorKind};

/// How many tags are looked at side by side.
pub(super) const LOOKUPS: usize = 8;

/// A manifest and the tags that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedImage {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags, sorted.
    pub tags: Vec<Tag>,
    /// When the image was made, if its config says so; the newest image's time for an index.
    pub timestamp: Option<Timestamp>,
    /// Config and layers in bytes, as transferred; of all images for an index.
    pub size: u64,
    /// What it is.
    pub media_type: MediaType,
    /// The platforms it serves.
    pub platforms: Vec<Platform>,
}

/// One page of tags, as registries write it: `tags` may be missing, or hold digests.
#[derive(Deserialize)]
struct TagPage {
    #[serde(default)]
    tags: Names,
    /// Google's.
    #[serde(default)]
    manifest: Option<google::Images>,
}

/// What a registry says of its own accord when it lists tags.
pub(super) struct Listing {
    /// All tags, sorted.
    pub(super) tags: Vec<Tag>,
    /// Every image with its tags, also the untagged ones, where the registry tells.
    pub(super) images: Option<Vec<ListedImage>>,
}

impl Repository {
    /// All tags, sorted.
    ///
    /// # Errors
    /// A listing that never ends, or leads to another host; else what the registry says.
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        let mut route = self.route(Capability::Resolve, None)?;
        loop {
            let outcome = route.here().listing().await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome.map(|listing| listing.tags);
            }
        }
    }

    /// All images, the newest first: those with a tag, and those without one where the registry lists them.
    ///
    /// # Errors
    /// As [`Self::tags`] and [`Self::describe`].
    pub async fn listed(&self) -> Result<Vec<ListedImage>, Error> {
        let mut route = self.route(Capability::Resolve, None)?;
        loop {
            let outcome = route.here().listed_with(|_| true).await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome;
            }
        }
    }

    /// The same with only these tags, as the registry that takes content lists them; an image may then have none.
    ///
    /// # Errors
    /// As [`Self::listed`].
    pub async fn listed_with(&self, wanted: impl Fn(&Tag) -> bool) -> Result<Vec<ListedImage>, Error> {
        let told = match self.azure_images().await? {
            Some(images) => images,
            None => match self.listing().await? {
                Listing {
                    images: Some(images), ..
                } => images,
                Listing { mut tags, .. } => {
                    tags.retain(wanted);
                    return self.describe(tags).await;
                }
            },
        };
        let narrowed = told.into_iter().map(|mut image| {
            image.tags.retain(&wanted);
            image
        });
        Ok(newest_first(narrowed.collect()))
    }

    /// The list of tags, and Google's of images.
    pub(super) async fn listing(&self) -> Result<Listing, Error> {
        let mut tags = BTreeSet::new();
        let mut google: Option<google::Images> = None;
        let list = Pages {
            client: &self.client,
            path: self.path("tags/list"),
            scope: Scope::pull(&self.name),
            what: "list of tags",
        };
        let walked = list.walk(|page| {
            let page: TagPage = pages::json(page, "list of tags")?;
            let before = tags.len();
            // What is no tag by its grammar could not be asked for; some registries list digests among the tags.
            tags.extend(page.tags.iter().filter_map(|name| name.parse::<Tag>().ok()));
            if let Some(images) = page.manifest {
                google.get_or_insert_default().extend(images);
            }
            Ok(tags.len() - before)
        });
        walked.await?;
        // A map that leaves a tag out cannot be relied on for what else a digest is called.
        let complete = |images: &Vec<ListedImage>| {
            let named: BTreeSet<&Tag> = images.iter().flat_map(|image| &image.tags).collect();
            tags.iter().all(|tag| named.contains(tag))
        };
        let images = google.map(google::listed).filter(complete);
        Ok(Listing {
            tags: tags.into_iter().collect(),
            images,
        })
    }

    /// What lies behind each of these tags, the newest first; tags of one digest together. A tag that vanished
    /// meanwhile is left out.
    ///
    /// # Errors
    /// What the registry says of any of them.
    pub async fn describe(&self, tags: Vec<Tag>) -> Result<Vec<ListedImage>, Error> {
        let found: Vec<Option<(Digest, Tag)>> = stream::iter(tags)
            .map(|tag| self.digest_of(tag))
            .buffer_unordered(LOOKUPS)
            .try_collect()
            .await?;
        let mut tagged: BTreeMap<Digest, Vec<Tag>> = BTreeMap::new();
        for (digest, tag) in found.into_iter().flatten() {
            tagged.entry(digest).or_default().push(tag);
        }
        let images: Vec<ListedImage> = stream::iter(tagged)
            .map(|(digest, tags)| self.look_at(digest, tags))
            .buffer_unordered(LOOKUPS)
            .try_collect()
            .await?;
        Ok(newest_first(images))
    }

    async fn digest_of(&self, tag: Tag) -> Result<Option<(Digest, Tag)>, Error> {
        match self.digest(&TagOrDigest::Tag(tag.clone())).await {
            Ok(digest) => Ok(Some((digest, tag))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn look_at(&self, digest: Digest, mut tags: Vec<Tag>) -> Result<ListedImage, Error> {
        tags.sort();
        let manifest = self.manifest(&TagOrDigest::Digest(digest.clone())).await?;
        let images = self.images_of(&manifest).await?;
        let mut seen = ListedImage {
            digest,
            tags,
            timestamp: None,
            size: images.iter().fold(0, |sum, image| image.content_size().saturating_add(sum)),
            media_type: manifest.media_type().clone(),
            platforms: manifest
                .children()
                .iter()
                .filter(|entry| entry.is_image_entry())
                .filter_map(|entry| entry.platform.clone())
                .collect(),
        };
        for image in &images {
            let config = self.config_of(image).await?;
            seen.timestamp = seen.timestamp.max(config.created);
            if !manifest.is_index() {
                seen.platforms.extend(config.platform());
            }
        }
        Ok(seen)
    }

    /// The image itself, or those of an index.
    async fn images_of(&self, manifest: &Manifest) -> Result<Vec<Manifest>, Error> {
        if !manifest.is_index() {
            return Ok(vec![manifest.clone()]);
        }
        let entries: Vec<Descriptor> = manifest
            .children()
            .iter()
            .filter(|entry| entry.is_image_entry())
            .cloned()
            .collect();
        let fetched: Vec<Option<Manifest>> = stream::iter(entries)
            .map(|entry| self.child(entry))
            .buffered(LOOKUPS)
            .try_collect()
            .await?;
        Ok(fetched.into_iter().flatten().collect())
    }

    /// A child that is not there does not spoil a list.
    async fn child(&self, entry: Descriptor) -> Result<Option<Manifest>, Error> {
        match self.manifest(&TagOrDigest::Digest(entry.digest)).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            manifest => manifest.map(Some),
        }
    }

    /// The config of an image; empty for an artifact, whose config is another thing.
    async fn config_of(&self, image: &Manifest) -> Result<Config, Error> {
        match image.config() {
            Some(config) => Config::of(&self.small_blob(config).await?, &config.media_type).map_err(Error::other),
            None => Ok(Config::default()),
        }
    }
}

fn newest_first(mut images: Vec<ListedImage>) -> Vec<ListedImage> {
    images.sort_by(|a, b| b.timestamp.cmp(&a.timestamp).then_with(|| a.tags.cmp(&b.tags)));
    images
}
