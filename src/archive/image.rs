//! One image of an archive, checked and ready to be copied.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::sync::Arc;

use anyhow::anyhow;

use crate::archive::content::{Content, Part};
use crate::archive::scratch::Scratch;
use crate::oci::{Descriptor, Digest, Hasher, Manifest, Selection};
use crate::reference::{RegistryName, RepositoryName};
use crate::store::{Body, DigestMismatch, Error, Result, Source};

/// An image of an [`Archive`](crate::archive::Archive), as a place that the engine reads from.
#[derive(Clone)]
pub struct Image {
    pub(super) root: Manifest,
    pub(super) content: Arc<Content>,
    /// Content that is not under its digest in the archive.
    pub(super) parts: HashMap<Digest, Part>,
    /// Layers that were made while the archive was read.
    pub(super) made: Option<Scratch>,
    /// Which parts of an index are there.
    pub(super) selection: Selection,
}

impl Image {
    /// What of the image the archive has: of an index often no more than one platform.
    #[must_use]
    pub fn held(&self) -> &Selection {
        &self.selection
    }

    /// The image's ID: the digest of its config, as docker has it, or of the index that it is.
    #[must_use]
    pub fn id(&self) -> &Digest {
        self.root.config().map_or(self.root.digest(), |config| &config.digest)
    }

    /// Reads all that the archive has of the image under a digest, and refuses what is something else.
    ///
    /// # Errors
    /// `Mismatch`; the file cannot be read.
    pub fn verify(&self) -> Result<()> {
        let mut seen = HashSet::new();
        let mut level = vec![self.root.clone()];
        while !level.is_empty() {
            let mut below = Vec::new();
            for manifest in &level {
                for blob in manifest.blobs() {
                    if seen.insert(blob.digest.clone())
                        && let Some(part) = self.part(blob)?
                    {
                        proven(blob, &part)?;
                    }
                }
                for child in manifest.children().iter().filter(|child| child.media_type.is_manifest()) {
                    if seen.insert(child.digest.clone()) {
                        below.extend(self.content.manifest(child)?);
                    }
                }
            }
            level = below;
        }
        Ok(())
    }

    fn part(&self, blob: &Descriptor) -> Result<Option<Part>> {
        if let Some(part) = self.parts.get(&blob.digest) {
            return Ok(Some(part.clone()));
        }
        let made = self.made.as_ref().and_then(|made| made.blob(&blob.digest));
        made.map_or_else(|| self.content.blob(blob), |part| Ok(Some(part)))
    }
}

fn proven(blob: &Descriptor, part: &Part) -> Result<()> {
    let mut hasher = Hasher::new(blob.digest.algorithm());
    let mut reading = BufReader::with_capacity(256 << 10, part.reader());
    loop {
        let piece = reading.fill_buf().map_err(Error::other)?;
        let length = piece.len();
        if length == 0 {
            break;
        }
        hasher.update(piece);
        reading.consume(length);
    }
    let actual = hasher.finish();
    if actual == blob.digest {
        return Ok(());
    }
    let expected = blob.digest.clone();
    Err(Error::mismatch(DigestMismatch { expected, actual }))
}

/// What an image is made of and the archive does not have.
pub(super) fn missing(digest: &Digest) -> Error {
    Error::other(anyhow!("{digest} is not in the archive, which should have it"))
}

impl Source for Image {
    async fn digest(&self) -> Result<Digest> {
        Ok(self.root.digest().clone())
    }

    async fn root(&self) -> Result<Manifest> {
        Ok(self.root.clone())
    }

    async fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        let (content, at) = (Arc::clone(&self.content), at.clone());
        let reading = tokio::task::spawn_blocking(move || content.manifest(&at)?.ok_or_else(|| missing(&at.digest)));
        reading.await.map_err(Error::other)?
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        let part = self.part(blob)?.ok_or_else(|| missing(&blob.digest))?;
        Ok(part.stream(offset))
    }

    async fn origins(&self, _: &Digest, _: &RegistryName) -> Result<Vec<RepositoryName>> {
        Ok(Vec::new())
    }
}
