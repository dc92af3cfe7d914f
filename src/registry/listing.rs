//! Listing: the tags of a repository, and what the registry says of them unasked. What lies behind a tag otherwise is
//! found out in `lookup`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use crate::facts::Facts;
use crate::hosts::Capability;
use crate::oci::{Digest, MediaType, Platform};
use crate::reference::Tag;
use crate::registry::pages::{self, Names, Pages};
use crate::registry::scope::Scope;
use crate::registry::{Repository, google};
use crate::store::Error;

/// A manifest and the tags that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedImage {
    /// The digest of the manifest or index.
    pub digest: Digest,
    /// Its tags, sorted.
    pub tags: Vec<Tag>,
    /// When the image was made, if its config says so and can be read; the newest image's time for an index.
    pub timestamp: Option<Timestamp>,
    /// Config and layers in bytes, as transferred; of all images for an index; 0 if nobody knows.
    pub size: u64,
    /// What it is; empty if nobody knows.
    pub media_type: MediaType,
    /// The platforms it serves.
    pub platforms: Vec<Platform>,
}

/// What is known of a repository once it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inventory {
    /// Every image with its tags, also the untagged ones: the registry tells all that.
    Images(Vec<ListedImage>),
    /// All tags, sorted; [`Repository::describe`] finds out what lies behind them.
    Tags(Vec<Tag>),
}

/// One page of tags, as registries write it: `tags` may be missing, or hold digests.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
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

    /// What the registry tells of a repository when it is asked for a list.
    ///
    /// # Errors
    /// As [`Self::tags`].
    pub async fn inventory(&self) -> Result<Inventory, Error> {
        let mut route = self.route(Capability::Resolve, None)?;
        loop {
            let outcome = route.here().inventory_here().await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome;
            }
        }
    }

    async fn inventory_here(&self) -> Result<Inventory, Error> {
        if let Some(images) = self.azure_images().await? {
            return Ok(Inventory::Images(images));
        }
        let Listing { tags, images } = self.listing().await?;
        Ok(images.map_or(Inventory::Tags(tags), Inventory::Images))
    }

    /// The images with these tags, the newest first, as the registry that takes content lists them; one may have none.
    /// Nothing but that registry is believed.
    ///
    /// # Errors
    /// As [`Self::tags`] and [`Self::describe`].
    pub async fn listed_with(&self, wanted: impl Fn(&Tag) -> bool) -> Result<Vec<ListedImage>, Error> {
        let mut images = match self.inventory_here().await? {
            Inventory::Images(images) => images,
            Inventory::Tags(mut tags) => {
                tags.retain(&wanted);
                self.describe(tags, &Facts::default(), |_| {}).await?
            }
        };
        for image in &mut images {
            image.tags.retain(&wanted);
        }
        images.sort_by(|a, b| b.timestamp.cmp(&a.timestamp).then_with(|| a.tags.cmp(&b.tags)));
        Ok(images)
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
            hasty: self.hasty,
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
}
