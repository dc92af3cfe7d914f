//! skopeo: `copy` to and from an OCI image layout. It is told to keep the digests, as lugger always does: else it would
//! compress every layer on its way, in both directions.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::Tool;
use crate::ground::Ground;
use crate::settings::Way;
use crate::support::peers::skopeo;

pub(crate) struct Skopeo {
    home: TempDir,
}

impl Skopeo {
    pub(crate) fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn pulled(&self) -> PathBuf {
        self.home.path().join("pulled")
    }
}

impl Tool for Skopeo {
    fn name(&self) -> &'static str {
        "skopeo"
    }

    fn prepare(&mut self, _: &Ground, _: Way, _: &str) {
        self.clear();
    }

    fn command(&self, ground: &Ground, way: Way, repository: &str) -> Command {
        let remote = format!("docker://{}", ground.name(repository));
        let mut command = match way {
            Way::Pull => {
                let here = format!("oci:{}:x", self.pulled().display());
                skopeo::command(
                    self.home.path(),
                    &["copy", "--preserve-digests", "--src-tls-verify=false", &remote, &here],
                )
            }
            Way::Push => {
                let here = ground.image().reference();
                skopeo::command(
                    self.home.path(),
                    &["copy", "--preserve-digests", "--dest-tls-verify=false", &here, &remote],
                )
            }
        };
        // It remembers which registry has which blob, and mounts instead of sending: for root in a place of the machine,
        // for users in one that can be chosen.
        command
            .env("_CONTAINERS_ROOTLESS_UID", "1")
            .env("XDG_DATA_HOME", self.home.path());
        command
    }

    fn check(&self, ground: &Ground, way: Way, repository: &str) {
        match way {
            Way::Pull => ground.check_pulled(&self.pulled()),
            Way::Push => ground.check_pushed(repository),
        }
    }

    /// With its memory of blobs.
    fn clear(&mut self) {
        self.home = tempfile::tempdir().unwrap();
    }
}
