//! skopeo, another client, as a second opinion on what a registry or a layout holds. It runs with a home of its own and
//! never looks at the logins of the machine.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::process::{attempt, run};

const PACKAGE: &str = "skopeo";

/// Runs skopeo; a failure is a panic with what it said.
pub(crate) fn skopeo(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    run(&mut command(home.path(), arguments), PACKAGE)
}

/// Runs skopeo, well or badly.
pub(crate) fn try_skopeo(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    attempt(&mut command(home.path(), arguments), PACKAGE)
}

/// A run of skopeo with this home, not yet started.
pub(crate) fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("skopeo");
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home);
    command.env_remove("REGISTRY_AUTH_FILE").env_remove("DOCKER_CONFIG");
    command.arg("--insecure-policy").args(arguments);
    command
}

/// Copies between two places of skopeo's (`oci:DIR:NAME`, `docker://HOST/REPOSITORY:TAG`), every platform.
pub(crate) fn copy(from: &str, to: &str) {
    let plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    skopeo(&["copy", "--all", "--preserve-digests", plain[0], plain[1], from, to]);
}

/// The digest of what a reference stands for, as skopeo sees it.
pub(crate) fn inspect_digest(reference: &str) -> String {
    let bytes = raw_manifest(reference);
    super::super::image::sha256(&bytes)
}

/// The manifest of a reference, byte for byte.
pub(crate) fn raw_manifest(reference: &str) -> Vec<u8> {
    let target = format!("docker://{reference}");
    skopeo(&["inspect", "--raw", "--tls-verify=false", &target]).stdout
}

/// `skopeo inspect`, with the tags of the repository and the layers of the image.
pub(crate) fn inspect(reference: &str) -> Value {
    let target = format!("docker://{reference}");
    serde_json::from_slice(&skopeo(&["inspect", "--tls-verify=false", &target]).stdout).unwrap()
}
