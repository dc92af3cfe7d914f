//! The config of an image: what it is for, when it was made, what a container of it runs.
//!
//! Only what lugger shows or chooses by is read
//! ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/config.md)).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::oci::digest::Digest;
use crate::oci::json::{self, Shape};
use crate::oci::media_type::MediaType;
use crate::oci::platform::Platform;

/// What an image's config says that lugger uses; an artifact's config may say nothing of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[serde(expecting = "an object")]
pub struct Config {
    /// When the image was made.
    pub created: Option<Timestamp>,
    /// The author, as written.
    pub author: Option<String>,
    /// The processor.
    pub architecture: String,
    /// Its variant.
    pub variant: String,
    /// The operating system.
    pub os: String,
    /// What a container of the image runs, and with which settings.
    pub config: Option<Settings>,
}

/// The run settings in a config, in Docker's spelling.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[serde(expecting = "an object")]
pub struct Settings {
    /// The user.
    pub user: String,
    /// The program, before `cmd`.
    pub entrypoint: Option<Vec<String>>,
    /// Its arguments, or the program itself.
    pub cmd: Option<Vec<String>>,
    /// `NAME=VALUE` pairs.
    pub env: Option<Vec<String>>,
    /// Where it starts.
    pub working_dir: String,
    /// Labels.
    pub labels: Option<serde_json::Map<String, Value>>,
    /// Ports, as the keys.
    pub exposed_ports: Option<serde_json::Map<String, Value>>,
}

/// The keys of a config, as far as they are read here or decide what a container is.
static SHAPE: Shape = Shape::Fields(&[
    ("created", &Shape::Free),
    ("author", &Shape::Free),
    ("architecture", &Shape::Free),
    ("variant", &Shape::Free),
    ("os", &Shape::Free),
    ("os.version", &Shape::Free),
    ("config", &SETTINGS),
    ("rootfs", &ROOTFS),
    ("history", &Shape::Free),
]);

static SETTINGS: Shape = Shape::Fields(&[
    ("User", &Shape::Free),
    ("Entrypoint", &Shape::Free),
    ("Cmd", &Shape::Free),
    ("Env", &Shape::Free),
    ("WorkingDir", &Shape::Free),
    ("Labels", &Shape::Free),
    ("ExposedPorts", &Shape::Free),
    ("Volumes", &Shape::Free),
    ("StopSignal", &Shape::Free),
]);

static ROOTFS: Shape = Shape::Fields(&[("type", &Shape::Free), ("diff_ids", &Shape::Free)]);

impl Config {
    /// Reads a config.
    ///
    /// # Errors
    /// Bytes that are not JSON of that shape, or that two programs could read differently.
    pub fn parse(raw: &[u8]) -> Result<Self, serde_json::Error> {
        json::read(raw, &SHAPE)
    }

    /// Reads what a manifest calls its config. What is no image's, or of another shape, says nothing.
    ///
    /// # Errors
    /// An image's config that is no JSON, or that two programs could read differently.
    pub fn of(raw: &[u8], media_type: &MediaType) -> Result<Self, serde_json::Error> {
        if media_type.is_image_config() {
            json::check(raw, &SHAPE)?;
        }
        Ok(serde_json::from_slice(raw).unwrap_or_default())
    }

    /// The digests of an image's layers before they were compressed, the lowest first.
    ///
    /// # Errors
    /// As [`Self::parse`]; a config without `rootfs`, or with digests in it that are none.
    pub fn diff_ids(raw: &[u8]) -> Result<Vec<Digest>, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(expecting = "an object")]
        struct Fields {
            rootfs: RootFs,
        }
        #[derive(Deserialize)]
        #[serde(expecting = "an object")]
        struct RootFs {
            diff_ids: Option<Vec<Digest>>,
        }
        let fields: Fields = json::read(raw, &SHAPE)?;
        Ok(fields.rootfs.diff_ids.unwrap_or_default())
    }

    /// The platform, if the config names one.
    #[must_use]
    pub fn platform(&self) -> Option<Platform> {
        let named = !self.os.is_empty() && !self.architecture.is_empty();
        named.then(|| Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone(),
            os_version: String::new(),
        })
    }
}
