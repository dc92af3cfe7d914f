//! The config of an image: what it is for, when it was made, what a container of it runs.
//!
//! Only what lugger shows or chooses by is read
//! ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/config.md)).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::oci::platform::Platform;

/// What an image's config says that lugger uses; an artifact's config may say nothing of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
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

impl Config {
    /// Reads a config.
    ///
    /// # Errors
    /// Bytes that are not JSON of that shape.
    pub fn parse(raw: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(raw)
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
