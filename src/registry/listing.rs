//! Listing: the tags of a repository, and what lies behind each.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;

use crate::oci::{Config, Descriptor, Digest, Manifest, MediaType, Platform};
use crate::reference::{Tag, TagOrDigest};
use crate::registry::answer::Document;
use crate::registry::client::Call;
use crate::registry::error::redacted;
use crate::registry::scope::Scope;
use crate::registry::{Repository, link};
use crate::store::{Error, ErrorKind};

/// The largest page of tags that is read, in bytes.
const MAX_PAGE: u64 = 16 << 20;
/// How many pages are read before a registry counts as endless.
const MAX_PAGES: usize = 10_000;
/// How many tags are looked at side by side.
const LOOKUPS: usize = 8;

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

/// One page of tags, as registries write it: `tags` may be null, missing, or hold nulls and digests.
#[derive(Deserialize)]
pub struct TagPage {
    #[serde(default)]
    tags: Option<Vec<Option<String>>>,
}

impl Repository {
    /// All tags, sorted.
    ///
    /// # Errors
    /// A listing that never ends, or leads to another host; else what the registry says.
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        let mut tags = std::collections::BTreeSet::new();
        let mut call = Call::new(Method::GET, self.path("tags/list"));
        let mut seen: Vec<Url> = Vec::new();
        loop {
            let (page, next) = self.linked_page(&call, seen.last()).await?;
            let before = tags.len();
            tags.extend(page);
            let Some(next) = next else {
                return Ok(tags.into_iter().collect());
            };
            if seen.contains(&next) || seen.len() >= MAX_PAGES || (tags.len() == before && !seen.is_empty()) {
                let text = format!("the list of tags never ends: {} leads nowhere new", redacted(&next));
                return Err(Error::other(anyhow::anyhow!(text)));
            }
            seen.push(next.clone());
            call = Call::at(Method::GET, next);
        }
    }

    /// A page, also where the link to it has a path that is not the registry's: Nexus and Artifactory put one before or
    /// leave one out, and what counts is the query.
    async fn linked_page(&self, call: &Call, link: Option<&Url>) -> Result<(Vec<Tag>, Option<Url>), Error> {
        let page = self.page(call).await;
        let own = self.path("tags/list");
        match (link, &page) {
            (Some(link), Err(error)) if error.kind() == ErrorKind::NotFound && link.path() != own => {
                let query = link.query().unwrap_or_default();
                self.page(&Call::new(Method::GET, format!("{own}?{query}"))).await
            }
            _ => page,
        }
    }

    async fn page(&self, call: &Call) -> Result<(Vec<Tag>, Option<Url>), Error> {
        let Document { url, headers, body } = self.client.read(call, &Scope::pull(&self.name), MAX_PAGE).await?;
        let next = link::next(&headers, &url);
        if let Some(next) = next.as_ref().filter(|next| next.origin() != url.origin()) {
            let text = format!("the list of tags goes on at another host, {}", redacted(next));
            return Err(Error::other(anyhow::anyhow!(text)));
        }
        let page: TagPage = serde_json::from_slice(&body)
            .map_err(|error| Error::other(error).context(format!("{} is no list of tags", redacted(&url))))?;
        // What is no tag by its grammar could not be asked for; some registries list digests among the tags.
        let names = page.tags.unwrap_or_default().into_iter().flatten();
        Ok((names.filter_map(|name| name.parse().ok()).collect(), next))
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
        let mut images: Vec<ListedImage> = stream::iter(tagged)
            .map(|(digest, tags)| self.look_at(digest, tags))
            .buffer_unordered(LOOKUPS)
            .try_collect()
            .await?;
        images.sort_by(|a, b| b.timestamp.cmp(&a.timestamp).then_with(|| a.tags.cmp(&b.tags)));
        Ok(images)
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
            size: images.iter().flat_map(Manifest::blobs).map(|blob| blob.size).sum(),
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
            Some(config) => Ok(Config::parse(&self.small_blob(config).await?).unwrap_or_default()),
            None => Ok(Config::default()),
        }
    }
}
