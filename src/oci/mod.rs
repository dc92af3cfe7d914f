//! Content as the OCI image spec and Docker's manifest v2 describe it: digests, media types, descriptors,
//! manifests and platforms.
//!
//! Values only: no I/O, no async, and nothing of where content lives.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod config;
mod descriptor;
mod digest;
pub mod docker_archive;
pub mod image_layout;
mod json;
mod manifest;
mod media_type;
mod platform;
mod referrer;
mod selection;

pub use config::{Config, Settings};
pub use descriptor::Descriptor;
pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use manifest::{Manifest, ManifestError};
pub use media_type::MediaType;
pub use platform::{Platform, PlatformError};
pub use referrer::{Referrer, index_with};
pub use selection::{PlatformNotFound, Selection};
