//! A survey: which tags each digest of a repository has, and which indexes hold it. What a deletion must know first.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::oci::{Digest, Manifest, MediaType};
use crate::reference::{Tag, TagOrDigest};
use crate::registry::Repository;
use crate::registry::listing::{ListedImage, Listing};
use crate::registry::lookup::LOOKUPS;
use crate::store::{Error, ErrorKind};

/// The digests of a repository that are known, with their tags.
#[derive(Debug, Default)]
pub struct Survey {
    images: BTreeMap<Digest, Surveyed>,
}

#[derive(Debug, Default)]
struct Surveyed {
    tags: Vec<Tag>,
    /// What it is, if that was told.
    media_type: Option<MediaType>,
}

impl Survey {
    /// The tags that name a digest, sorted.
    #[must_use]
    pub fn tags(&self, digest: &Digest) -> &[Tag] {
        self.images.get(digest).map_or(&[], |image| &image.tags)
    }

    fn add(&mut self, digest: Digest, tag: Tag, media_type: Option<MediaType>) {
        let image = self.images.entry(digest).or_default();
        image.media_type = media_type.or(image.media_type.take());
        image.tags.push(tag);
        image.tags.sort();
    }

    /// The digests that are indexes, or may be.
    fn indexes(&self) -> impl Iterator<Item = &Digest> {
        let may_be = |image: &Surveyed| {
            let known = image.media_type.as_ref().filter(|media_type| !media_type.is_vague());
            known.is_none_or(MediaType::is_index)
        };
        self.images
            .iter()
            .filter(move |(_, image)| may_be(image))
            .map(|(digest, _)| digest)
    }
}

impl From<Vec<ListedImage>> for Survey {
    fn from(images: Vec<ListedImage>) -> Self {
        let images = images.into_iter().map(|image| {
            let surveyed = Surveyed {
                tags: image.tags,
                media_type: Some(image.media_type),
            };
            (image.digest, surveyed)
        });
        Self {
            images: images.collect(),
        }
    }
}

impl Repository {
    /// Which tags name which digest: from the registry's own list where it has one, else by a HEAD for each tag. A
    /// repository without tags has an empty one.
    ///
    /// # Errors
    /// What the registry says of any tag: a survey with a gap would let a tag vanish unseen.
    pub async fn survey(&self) -> Result<Survey, Error> {
        if let Some(images) = self.azure_images().await? {
            return Ok(Survey::from(images));
        }
        let tags = match self.listing().await {
            Ok(Listing {
                images: Some(images), ..
            }) => return Ok(Survey::from(images)),
            Ok(listing) => listing.tags,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let looked_up: Vec<Option<(Digest, Tag, Option<MediaType>)>> = stream::iter(tags)
            .map(|tag| self.look_up(tag))
            .buffer_unordered(LOOKUPS)
            .try_collect()
            .await?;
        let mut survey = Survey::default();
        for (digest, tag, media_type) in looked_up.into_iter().flatten() {
            survey.add(digest, tag, media_type);
        }
        Ok(survey)
    }

    /// A tag that has vanished meanwhile is left out.
    async fn look_up(&self, tag: Tag) -> Result<Option<(Digest, Tag, Option<MediaType>)>, Error> {
        let at = TagOrDigest::Tag(tag.clone());
        if let Some((digest, media_type)) = self.glance(&at).await? {
            return Ok(Some((digest, tag, media_type)));
        }
        match self.manifest(&at).await {
            Ok(manifest) => Ok(Some((manifest.digest().clone(), tag, Some(manifest.media_type().clone())))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The indexes of a survey that hold this manifest, and would be broken without it.
    ///
    /// # Errors
    /// What the registry says of an index.
    pub async fn holders(&self, survey: &Survey, held: &Digest) -> Result<Vec<Digest>, Error> {
        let others: Vec<Digest> = survey.indexes().filter(|digest| *digest != held).cloned().collect();
        let looked_at: Vec<Option<Digest>> = stream::iter(others)
            .map(|digest| self.if_holding(digest, held))
            .buffered(LOOKUPS)
            .try_collect()
            .await?;
        Ok(looked_at.into_iter().flatten().collect())
    }

    async fn if_holding(&self, index: Digest, held: &Digest) -> Result<Option<Digest>, Error> {
        let points_at = |manifest: &Manifest| manifest.children().iter().any(|child| child.digest == *held);
        match self.manifest(&TagOrDigest::Digest(index.clone())).await {
            Ok(manifest) => Ok(points_at(&manifest).then_some(index)),
            // What is no image, or gone, holds none.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
