//! An independent check of an OCI image layout on disk: that every blob is what its name says, that whatever a name
//! leads to is there, and that nothing lies about that does not belong. It reads; it never repairs.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What is to be checked, and how much is forgiven.
pub(crate) struct StoreCheck {
    root: PathBuf,
    absent_children: bool,
    allowed: BTreeSet<String>,
}

impl StoreCheck {
    pub(crate) fn of(root: &Path) -> Self {
        let allowed = ["oci-layout", "index.json", "blobs", "partial"].map(String::from);
        Self {
            root: root.to_path_buf(),
            absent_children: false,
            allowed: allowed.into(),
        }
    }

    /// An index may name images that are not there: only some platforms were wanted.
    pub(crate) fn absent_children(mut self) -> Self {
        self.absent_children = true;
        self
    }

    /// Further names at the top, such as lock files.
    pub(crate) fn allowing(mut self, names: &[&str]) -> Self {
        self.allowed.extend(names.iter().map(ToString::to_string));
        self
    }

    /// Everything that is wrong; empty for a sound store.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut walk = Walk {
            check: self,
            seen: BTreeSet::new(),
            complaints: Vec::new(),
        };
        walk.top();
        walk.every_blob();
        walk.named_content();
        walk.complaints
    }

    /// Fails the test if there is anything wrong.
    pub(crate) fn assert_sound(&self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{}:\n{}", self.root.display(), complaints.join("\n"));
    }

    /// The names in the index, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let index = read_json(&self.root.join("index.json")).unwrap_or_default();
        let mut names: Vec<String> = entries(&index).filter_map(name_of).collect();
        names.sort();
        names
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.root.join("blobs").join(digest.replace(':', "/"))
    }
}

struct Walk<'a> {
    check: &'a StoreCheck,
    seen: BTreeSet<String>,
    complaints: Vec<String>,
}

impl Walk<'_> {
    fn complain(&mut self, what: impl Into<String>) {
        self.complaints.push(what.into());
    }

    fn top(&mut self) {
        for name in names_in(&self.check.root) {
            if !self.check.allowed.contains(&name) {
                self.complain(format!("unexpected at the top: {name}"));
            }
        }
        match read_json(&self.check.root.join("oci-layout")) {
            Ok(marker) if marker["imageLayoutVersion"] == "1.0.0" => {}
            Ok(marker) => self.complain(format!("oci-layout: {marker}")),
            Err(error) => self.complain(error),
        }
    }

    fn every_blob(&mut self) {
        let blobs = self.check.root.join("blobs");
        for algorithm in names_in(&blobs) {
            for name in names_in(&blobs.join(&algorithm)) {
                let expected = format!("{algorithm}:{name}");
                match hash_file(&algorithm, &blobs.join(&algorithm).join(&name)) {
                    Ok(actual) if actual == expected => {}
                    Ok(actual) => self.complain(format!("{expected} holds {actual}")),
                    Err(error) => self.complain(format!("{expected}: {error}")),
                }
            }
        }
    }

    fn named_content(&mut self) {
        let index = match read_json(&self.check.root.join("index.json")) {
            Ok(index) => index,
            Err(error) => return self.complain(error),
        };
        if index["schemaVersion"] != 2 || !index["manifests"].is_array() {
            self.complain(format!("index.json is no index: {index}"));
        }
        let mut names = BTreeSet::new();
        for name in entries(&index).filter_map(name_of) {
            if !names.insert(name.clone()) {
                self.complain(format!("two entries for {name}"));
            }
        }
        for entry in entries(&index) {
            self.descriptor(entry, false, "index.json");
        }
    }

    /// The content a descriptor names, and what that leads to.
    fn descriptor(&mut self, descriptor: &Value, may_be_absent: bool, parent: &str) {
        let digest = descriptor["digest"].as_str().unwrap_or_default().to_string();
        if !is_digest(&digest) {
            return self.complain(format!("{parent}: no digest in {descriptor}"));
        }
        match fs::metadata(self.check.path(&digest)) {
            Ok(file) if Some(file.len()) == descriptor["size"].as_u64() => {}
            Ok(file) => self.complain(format!(
                "{parent}: {digest} has {} bytes, not {}",
                file.len(),
                descriptor["size"]
            )),
            Err(_) if may_be_absent => return,
            Err(_) => return self.complain(format!("{parent}: {digest} is missing")),
        }
        let media_type = descriptor["mediaType"].as_str().unwrap_or_default();
        if is_manifest(media_type) && self.seen.insert(digest.clone()) {
            self.parts(&digest);
        }
    }

    fn parts(&mut self, digest: &str) {
        let manifest = match read_json(&self.check.path(digest)) {
            Ok(manifest) => manifest,
            Err(error) => return self.complain(error),
        };
        if manifest["config"].is_object() {
            self.descriptor(&manifest["config"], false, digest);
        }
        for layer in manifest["layers"].as_array().into_iter().flatten() {
            // Layers with addresses of their own need not be kept.
            self.descriptor(layer, layer["urls"].is_array(), digest);
        }
        for child in entries(&manifest) {
            self.descriptor(child, self.check.absent_children, digest);
        }
    }
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn read_json(path: &Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

fn entries(index: &Value) -> impl Iterator<Item = &Value> {
    index["manifests"].as_array().into_iter().flatten()
}

fn name_of(entry: &Value) -> Option<String> {
    entry["annotations"][REF_NAME].as_str().map(ToString::to_string)
}

fn is_manifest(media_type: &str) -> bool {
    let ends = [
        "manifest.v1+json",
        "index.v1+json",
        "manifest.v2+json",
        "manifest.list.v2+json",
    ];
    ends.iter().any(|end| media_type.ends_with(end))
}

fn is_digest(text: &str) -> bool {
    match text.split_once(':') {
        Some(("sha256", hex)) => is_hex(hex) && hex.len() == 64,
        Some(("sha512", hex)) => is_hex(hex) && hex.len() == 128,
        _ => false,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn hash_file(algorithm: &str, path: &Path) -> Result<String, String> {
    match algorithm {
        "sha256" => hash_with::<Sha256>(algorithm, path),
        "sha512" => hash_with::<Sha512>(algorithm, path),
        _ => Err("not an algorithm of image layouts".to_string()),
    }
}

/// In pieces: a store under test may hold more than memory.
fn hash_with<H: Digest>(algorithm: &str, path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let mut hasher = H::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        match file.read(&mut chunk).map_err(|error| error.to_string())? {
            0 => break,
            length => hasher.update(&chunk[..length]),
        }
    }
    Ok(format!("{algorithm}:{}", super::image::hex(&hasher.finalize())))
}
