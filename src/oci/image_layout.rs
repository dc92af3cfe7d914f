//! The image layout: how content and names lie in a directory or an archive
//! ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)).
//!
//! Names and JSON only; who reads and writes the files is another's business.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::oci::descriptor;
use crate::oci::digest::Digest;
use crate::oci::json::{self, Shape};

/// The file that marks a directory as a layout.
pub const LAYOUT_FILE: &str = "oci-layout";
/// What that file holds.
pub const LAYOUT_JSON: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
/// The file that holds the names.
pub const INDEX_FILE: &str = "index.json";
/// What that file holds while there are none.
pub const EMPTY_INDEX: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
/// The folder of the content.
pub const BLOBS: &str = "blobs";
/// The annotation that names a manifest in `index.json`.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation with the full name, where containerd and docker write only a tag into [`REF_NAME`].
pub const FULL_NAME: &str = "io.containerd.image.name";

static SHAPE: Shape = Shape::Fields(&[("manifests", &Shape::List(&descriptor::SHAPE))]);

/// Reads the file that holds the names, as the JSON it is.
///
/// # Errors
/// It is no JSON object, or one that two programs could read differently.
pub fn parse_index(raw: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    json::read(raw, &SHAPE)
}

/// Where a blob lies below the layout's root. The digest is checked, so the path cannot leave it.
#[must_use]
pub fn blob_path(digest: &Digest) -> PathBuf {
    [BLOBS, digest.algorithm().name(), digest.hex()].iter().collect()
}
