//! A descriptor: how one piece of content points at another.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::oci::digest::Digest;
use crate::oci::json::Shape;
use crate::oci::media_type::MediaType;
use crate::oci::platform::Platform;

/// Media type, digest and size of some content, and what an index says of it
/// ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/descriptor.md)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
pub struct Descriptor {
    /// What the bytes are.
    pub media_type: MediaType,
    /// The name of the bytes.
    pub digest: Digest,
    /// How many bytes there are.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Where else the content is said to be. Nothing is fetched from there: the manifest's author is not the registry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// In an index: the platform of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// In an index: the type of an artifact that is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The content itself in base64, where it is small. Not to be believed unseen; see [`Self::embedded`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Free annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The keys of a descriptor.
pub(super) static SHAPE: Shape = Shape::Fields(&[
    ("mediaType", &Shape::Free),
    ("digest", &Shape::Free),
    ("size", &Shape::Free),
    ("urls", &Shape::Free),
    ("platform", &PLATFORM),
    ("artifactType", &Shape::Free),
    ("data", &Shape::Free),
    ("annotations", &Shape::Free),
]);

static PLATFORM: Shape = Shape::Fields(&[
    ("os", &Shape::Free),
    ("architecture", &Shape::Free),
    ("variant", &Shape::Free),
    ("os.version", &Shape::Free),
    ("os.features", &Shape::Free),
    ("features", &Shape::Free),
]);

/// A size as every program can hold it: most count in 64 bits with a sign.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    if i64::try_from(size).is_err() {
        return Err(D::Error::custom(format!("nothing is {size} bytes large")));
    }
    Ok(size)
}

impl Descriptor {
    /// A descriptor with nothing but the three fields it must have.
    #[must_use]
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: Vec::new(),
            platform: None,
            artifact_type: None,
            data: None,
            annotations: BTreeMap::new(),
        }
    }

    /// The content, if the descriptor holds it and it is what size and digest say
    /// ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#embedded-content)).
    #[must_use]
    pub fn embedded(&self) -> Option<Bytes> {
        let content = STANDARD.decode(self.data.as_ref()?).ok()?;
        let fits = content.len() as u64 == self.size && Digest::with(self.digest.algorithm(), &content) == self.digest;
        fits.then(|| content.into())
    }

    /// Is the content of a kind that need not be where the manifest is?
    #[must_use]
    pub fn may_lie_elsewhere(&self) -> bool {
        !self.urls.is_empty() || self.media_type.is_foreign_layer()
    }

    /// Is this index entry an image one could run? Attestations and other artifacts sit beside images in an index,
    /// under the platform `unknown/unknown` or with
    /// [BuildKit's annotation](https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md).
    #[must_use]
    pub fn is_image_entry(&self) -> bool {
        let unknown = self.platform.as_ref().is_some_and(|platform| platform.os == "unknown");
        let attests = self.annotations.contains_key("vnd.docker.reference.type");
        !unknown && !attests && self.artifact_type.is_none()
    }
}
