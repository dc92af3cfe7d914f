//! Media types: what a descriptor or an answer says its bytes are.
//!
//! Docker's and OCI's names of one thing are told apart only where bytes must stay as they are; everything else asks
//! what kind of thing it is.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::one_line;

/// A media type without parameters; see the
/// [OCI list](https://github.com/opencontainers/image-spec/blob/main/media-types.md).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Cow<'static, str>);

impl MediaType {
    /// An OCI image index.
    pub const OCI_INDEX: Self = Self(Cow::Borrowed("application/vnd.oci.image.index.v1+json"));
    /// An OCI image manifest.
    pub const OCI_MANIFEST: Self = Self(Cow::Borrowed("application/vnd.oci.image.manifest.v1+json"));
    /// Docker's manifest list, its index.
    pub const DOCKER_LIST: Self = Self(Cow::Borrowed("application/vnd.docker.distribution.manifest.list.v2+json"));
    /// Docker's image manifest, schema 2.
    pub const DOCKER_MANIFEST: Self = Self(Cow::Borrowed("application/vnd.docker.distribution.manifest.v2+json"));
    /// A manifest of a draft of OCI 1.1, which signatures made then still have
    /// ([1.1.0-rc2](https://github.com/opencontainers/image-spec/blob/v1.1.0-rc2/artifact.md)).
    pub const OCI_ARTIFACT: Self = Self(Cow::Borrowed("application/vnd.oci.artifact.manifest.v1+json"));
    /// Docker's config of an image.
    pub const DOCKER_CONFIG: Self = Self(Cow::Borrowed("application/vnd.docker.container.image.v1+json"));
    /// A config of an image.
    pub const OCI_CONFIG: Self = Self(Cow::Borrowed("application/vnd.oci.image.config.v1+json"));
    /// A layer that is a tar.
    pub const OCI_LAYER: Self = Self(Cow::Borrowed("application/vnd.oci.image.layer.v1.tar"));
    /// A layer that is a tar, compressed with gzip.
    pub const OCI_LAYER_GZIP: Self = Self(Cow::Borrowed("application/vnd.oci.image.layer.v1.tar+gzip"));
    /// A layer that is a tar, compressed with zstd.
    pub const OCI_LAYER_ZSTD: Self = Self(Cow::Borrowed("application/vnd.oci.image.layer.v1.tar+zstd"));
    /// Docker's name for a layer that is a tar.
    pub const DOCKER_LAYER: Self = Self(Cow::Borrowed("application/vnd.docker.image.rootfs.diff.tar"));
    /// Docker's name for a layer that is a tar, compressed with gzip.
    pub const DOCKER_LAYER_GZIP: Self = Self(Cow::Borrowed("application/vnd.docker.image.rootfs.diff.tar.gzip"));
    const SCHEMA1: [&'static str; 2] = [
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    ];

    /// Every manifest type, for `Accept`. One missing makes a registry answer 404 or with another digest; the two
    /// types of schema 1 are asked for only to refuse them by name
    /// ([distribution](https://github.com/distribution/distribution/blob/main/registry/handlers/manifests.go) converts otherwise).
    pub const ACCEPT_MANIFESTS: &'static str = "application/vnd.oci.image.index.v1+json, \
        application/vnd.oci.image.manifest.v1+json, \
        application/vnd.docker.distribution.manifest.list.v2+json, \
        application/vnd.docker.distribution.manifest.v2+json, \
        application/vnd.oci.artifact.manifest.v1+json;q=0.5, \
        application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1, \
        application/vnd.docker.distribution.manifest.v1+json;q=0.1";

    /// Reads a `Content-Type` header: parameters are dropped.
    #[must_use]
    pub fn from_header(value: &str) -> Self {
        let essence = value.split(';').next().unwrap_or_default().trim();
        Self(Cow::Owned(essence.to_ascii_lowercase()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is it an OCI index or a Docker manifest list?
    #[must_use]
    pub fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_LIST
    }

    /// Is it an image manifest of either family?
    #[must_use]
    pub fn is_image(&self) -> bool {
        *self == Self::OCI_MANIFEST || *self == Self::DOCKER_MANIFEST
    }

    /// Is it the artifact manifest of a draft, which has blobs and no config?
    #[must_use]
    pub fn is_artifact(&self) -> bool {
        *self == Self::OCI_ARTIFACT
    }

    /// Is it a manifest of any kind, fetched from `/manifests/` and not from `/blobs/`?
    #[must_use]
    pub fn is_manifest(&self) -> bool {
        self.is_index() || self.is_image() || self.is_artifact() || self.is_schema1()
    }

    /// Is it Docker's manifest schema 1, which nobody writes any more?
    #[must_use]
    pub fn is_schema1(&self) -> bool {
        Self::SCHEMA1.contains(&self.as_str())
    }

    /// Does it say so little that the body must tell what it is? Proxies and file servers answer with these.
    #[must_use]
    pub fn is_vague(&self) -> bool {
        matches!(
            self.as_str(),
            "" | "text/plain" | "application/json" | "application/octet-stream"
        )
    }

    /// Is it the config of a Docker image?
    #[must_use]
    pub fn is_docker_config(&self) -> bool {
        *self == Self::DOCKER_CONFIG
    }

    /// Is it the config of an image, of either family?
    #[must_use]
    pub fn is_image_config(&self) -> bool {
        self.is_docker_config() || *self == Self::OCI_CONFIG
    }

    /// Is it a layer that lies elsewhere and is not to be distributed?
    #[must_use]
    pub fn is_foreign_layer(&self) -> bool {
        self.as_str().contains(".foreign.") || self.as_str().contains(".nondistributable.")
    }
}

/// For people: a manifest may call a type what it likes.
impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.0))
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_loses_its_parameters_and_case() {
        let read = MediaType::from_header("Application/vnd.oci.image.index.v1+JSON; charset=utf-8");
        assert_eq!(read, MediaType::OCI_INDEX);
        assert!(MediaType::from_header("text/plain; charset=utf-8").is_vague());
    }

    #[test]
    fn what_is_shown_of_a_type_does_not_steer() {
        let odd: MediaType = serde_json::from_str(r#""a/b\u001b[2Jc\u202e""#).unwrap();
        assert_eq!(odd.to_string(), "a/b [2Jc");
    }
}
