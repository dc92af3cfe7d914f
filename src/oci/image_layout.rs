//! The image layout: how content and names lie in a directory or an archive
//! ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)).
//!
//! Names and JSON only; who reads and writes the files is another's business.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::oci::descriptor::Descriptor;
use crate::oci::digest::Digest;
use crate::oci::media_type::MediaType;

/// The file that marks a directory as a layout.
pub const LAYOUT_FILE: &str = "oci-layout";
/// What that file holds.
pub const LAYOUT_JSON: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that holds the names.
pub const INDEX_FILE: &str = "index.json";
/// The folder of the content.
pub const BLOBS: &str = "blobs";
/// The annotation that names a manifest in `index.json`.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Where a blob lies below the layout's root. The digest is checked, so the path cannot leave it.
#[must_use]
pub fn blob_path(digest: &Digest) -> PathBuf {
    [BLOBS, digest.algorithm().name(), digest.hex()].iter().collect()
}

/// `index.json`: what the layout names. Fields of others are kept as they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    schema_version: u32,
    #[serde(default = "index_type")]
    media_type: MediaType,
    /// The named manifests, in the order they were written.
    pub manifests: Vec<Descriptor>,
    #[serde(flatten)]
    others: serde_json::Map<String, serde_json::Value>,
}

fn index_type() -> MediaType {
    MediaType::OCI_INDEX
}

impl Default for Index {
    fn default() -> Self {
        Self {
            schema_version: 2,
            media_type: MediaType::OCI_INDEX,
            manifests: Vec::new(),
            others: serde_json::Map::new(),
        }
    }
}
