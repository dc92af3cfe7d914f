//! What the fake registry holds. Bytes are kept once; a repository knows which of them are its own.

use std::collections::{BTreeMap, BTreeSet};

use hyper::body::Bytes;

use super::super::image::Blob;

#[derive(Default)]
pub(super) struct Content {
    bytes: BTreeMap<String, Bytes>,
    repositories: BTreeMap<String, Repository>,
    uploads: BTreeMap<String, Upload>,
    opened: usize,
}

#[derive(Default)]
struct Repository {
    blobs: BTreeSet<String>,
    manifests: BTreeMap<String, Manifest>,
    tags: BTreeMap<String, String>,
}

#[derive(Clone)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) bytes: Bytes,
}

/// An upload session.
#[derive(Clone, Default)]
pub(super) struct Upload {
    pub(super) bytes: Vec<u8>,
    /// The query of the Location, which must come back unchanged.
    pub(super) query: String,
    /// A body was broken off: the old Location is spent and a new one has to be asked for.
    pub(super) broken: bool,
}

impl Content {
    pub(super) fn put_manifest(&mut self, repository: &str, tag: Option<&str>, manifest: &Blob) {
        let Blob {
            media_type,
            digest,
            bytes,
            ..
        } = manifest.clone();
        let repository = self.repositories.entry(repository.to_string()).or_default();
        if let Some(tag) = tag {
            repository.tags.insert(tag.to_string(), digest.clone());
        }
        let manifest = Manifest {
            media_type,
            digest: digest.clone(),
            bytes: bytes.into(),
        };
        repository.manifests.insert(digest, manifest);
    }

    pub(super) fn put_blob(&mut self, repository: &str, digest: &str, bytes: Bytes) {
        self.bytes.insert(digest.to_string(), bytes);
        self.own(repository, digest);
    }

    /// Makes stored bytes a blob of this repository too.
    pub(super) fn own(&mut self, repository: &str, digest: &str) {
        let repository = self.repositories.entry(repository.to_string()).or_default();
        repository.blobs.insert(digest.to_string());
    }

    pub(super) fn stored(&self, digest: &str) -> Option<Bytes> {
        self.bytes.get(digest).cloned()
    }

    pub(super) fn blob(&self, repository: &str, digest: &str) -> Option<Bytes> {
        let owned = self.repositories.get(repository)?.blobs.contains(digest);
        owned.then(|| self.stored(digest)).flatten()
    }

    pub(super) fn remove_blob(&mut self, repository: &str, digest: &str) -> bool {
        self.repositories
            .get_mut(repository)
            .is_some_and(|known| known.blobs.remove(digest))
    }

    /// By tag or by digest.
    pub(super) fn manifest(&self, repository: &str, reference: &str) -> Option<&Manifest> {
        let repository = self.repositories.get(repository)?;
        let digest = repository.tags.get(reference).map_or(reference, String::as_str);
        repository.manifests.get(digest)
    }

    /// With a digest all its tags go too.
    pub(super) fn remove_manifest(&mut self, repository: &str, reference: &str) -> bool {
        let Some(repository) = self.repositories.get_mut(repository) else {
            return false;
        };
        if repository.tags.remove(reference).is_some() {
            return true;
        }
        repository.tags.retain(|_, digest| digest != reference);
        repository.manifests.remove(reference).is_some()
    }

    pub(super) fn is_known(&self, repository: &str) -> bool {
        self.repositories.contains_key(repository)
    }

    pub(super) fn repositories(&self) -> Vec<String> {
        self.repositories.keys().cloned().collect()
    }

    pub(super) fn tags(&self, repository: &str) -> BTreeMap<String, String> {
        self.repositories
            .get(repository)
            .map(|known| known.tags.clone())
            .unwrap_or_default()
    }

    pub(super) fn open_uploads(&self) -> usize {
        self.uploads.len()
    }

    /// A number that was not used before.
    pub(super) fn next_number(&mut self) -> usize {
        self.opened += 1;
        self.opened
    }

    pub(super) fn upload(&mut self, id: &str) -> Option<&mut Upload> {
        self.uploads.get_mut(id)
    }

    pub(super) fn open(&mut self, id: &str, upload: Upload) {
        self.uploads.insert(id.to_string(), upload);
    }

    pub(super) fn close(&mut self, id: &str) -> Option<Upload> {
        self.uploads.remove(id)
    }
}
