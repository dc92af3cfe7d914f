//! What an image reaches: its manifests, configs and layers, and which of them are there.
//!
//! Two questions, two walks: [`Reach`] follows whatever points anywhere and forgives much, since it decides what is
//! kept; [`is_whole`] forgives nothing, since it decides what need not be fetched.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::anyhow;
use serde_json::Value;

use crate::layout::blobs;
use crate::layout::folder::Folder;
use crate::layout::index::Names;
use crate::layout::name::Entry;
use crate::oci::{Descriptor, Digest, Manifest, MediaType};
use crate::reference::{RegistryName, RepositoryName};
use crate::store::{Error, ErrorKind, Result};

/// How many repositories are named for one blob: a mount that fails twice will hardly work the third time.
const ORIGINS: usize = 3;

/// The repositories that have a blob, for each blob of a registry's images.
pub(super) type Origins = HashMap<Digest, Vec<RepositoryName>>;

/// The blobs that some image is made of, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Those that are there, with the sizes of their files in bytes.
    pub blobs: BTreeMap<Digest, u64>,
    /// Those that are not.
    pub missing: BTreeSet<Digest>,
}

impl Reach {
    /// The size of all blobs that are there, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.blobs.values().sum()
    }

    pub(super) fn of(folder: &Folder, roots: impl IntoIterator<Item = Digest>) -> Result<Self> {
        let mut reach = Self::default();
        let mut next: Vec<Link> = roots.into_iter().map(Link::manifest).collect();
        // What was seen as a layer of one image may be a manifest of another.
        let mut opened = BTreeSet::new();
        while let Some(link) = next.pop() {
            let Some(size) = blobs::size(folder, &link.digest)? else {
                reach.missing.insert(link.digest);
                continue;
            };
            if link.is_manifest && opened.insert(link.digest.clone()) {
                next.extend(links(folder, &link.digest, size)?);
            }
            reach.blobs.insert(link.digest, size);
        }
        Ok(reach)
    }

    /// Everything that the entries of `index.json` point at, those included that cannot be understood.
    pub(super) fn of_entries(folder: &Folder, entries: &[Value]) -> Result<Self> {
        let mut links = Vec::new();
        for entry in entries {
            collect(entry, &mut links);
        }
        Self::of(folder, links.into_iter().map(|link| link.digest))
    }
}

struct Link {
    digest: Digest,
    is_manifest: bool,
}

impl Link {
    fn manifest(digest: Digest) -> Self {
        Self {
            digest,
            is_manifest: true,
        }
    }

    fn blob(digest: Digest) -> Self {
        Self {
            digest,
            is_manifest: false,
        }
    }
}

/// What a manifest points at; nothing if it is too large to be one.
fn links(folder: &Folder, digest: &Digest, size: u64) -> Result<Vec<Link>> {
    if size > Manifest::MAX_SIZE {
        return Ok(Vec::new());
    }
    let at = Descriptor::new(MediaType::OCI_MANIFEST, digest.clone(), size);
    let bytes = match blobs::read(folder, &at, Manifest::MAX_SIZE) {
        Ok(bytes) => bytes,
        // Damaged bytes tell nothing that could be trusted, and the image is lost without its manifest.
        Err(error) if error.kind() == ErrorKind::Mismatch => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let Ok(manifest) = Manifest::parse(bytes.clone(), None, None) else {
        return Ok(unknown(&bytes));
    };
    let children = manifest.children().iter().map(|child| Link::manifest(child.digest.clone()));
    let blobs = manifest.blobs().map(|blob| Link::blob(blob.digest.clone()));
    Ok(children.chain(blobs).collect())
}

/// What a document of an unknown kind points at, so that it keeps it: every object in it with a digest.
fn unknown(bytes: &[u8]) -> Vec<Link> {
    let mut links = Vec::new();
    if let Ok(document) = serde_json::from_slice(bytes) {
        collect(&document, &mut links);
    }
    links
}

fn collect(value: &Value, links: &mut Vec<Link>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, links)),
        Value::Object(fields) => {
            links.extend(link(value));
            fields.values().for_each(|value| collect(value, links));
        }
        _ => {}
    }
}

fn link(object: &Value) -> Option<Link> {
    let digest = object.get("digest")?.as_str()?.parse().ok()?;
    let media_type = object.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    Some(Link {
        digest,
        is_manifest: MediaType::from_header(media_type).is_manifest(),
    })
}

/// Is everything of an image there, with the right size, and are the manifests what they should be?
pub(super) fn is_whole(folder: &Folder, root: &Descriptor) -> bool {
    blobs::manifest(folder, root).is_ok_and(|image| missing(folder, &image).is_ok_and(|missing| missing.is_empty()))
}

/// What an image needs and is not there, or not with the right size, or no manifest where it should be one. Layers that are
/// not to be distributed need not be.
pub(super) fn missing(folder: &Folder, image: &Manifest) -> Result<Vec<Digest>> {
    let (mut missing, mut told) = (Vec::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    let mut next = vec![image.clone()];
    while let Some(manifest) = next.pop() {
        let (manifests, others): (Vec<_>, Vec<_>) =
            manifest.children().iter().partition(|child| child.media_type.is_manifest());
        let mut lacking = |digest: &Digest| {
            if told.insert(digest.clone()) {
                missing.push(digest.clone());
            }
        };
        let blobs = manifest.blobs().chain(others);
        for blob in blobs.filter(|blob| !blob.media_type.is_foreign_layer()) {
            if !blobs::has(folder, blob)? {
                lacking(&blob.digest);
            }
        }
        for child in manifests {
            if !seen.insert(child.digest.clone()) {
                continue;
            }
            match blobs::has(folder, child)?.then(|| blobs::manifest(folder, child)) {
                Some(Ok(manifest)) => next.push(manifest),
                _ => lacking(&child.digest),
            }
        }
    }
    Ok(missing)
}

/// For each blob, the repositories of a registry whose images in this layout have it.
pub(super) fn origins(folder: &Folder, registry: &RegistryName) -> Result<Origins> {
    let mut origins = Origins::new();
    for entry in Names::read(folder)?.entries() {
        let Some(repository) = repository(&entry).filter(|repository| repository.registry() == registry) else {
            continue;
        };
        for digest in Reach::of(folder, [entry.descriptor.digest])?.blobs.into_keys() {
            let known = origins.entry(digest).or_default();
            if known.len() < ORIGINS && !known.contains(&repository) {
                known.push(repository.clone());
            }
        }
    }
    Ok(origins)
}

/// The repository that an image came from or is meant for.
fn repository(entry: &Entry) -> Option<RepositoryName> {
    Some(entry.name.as_ref()?.full()?.repository().clone())
}

/// The error for a name that is not there.
pub(super) fn no_image(folder: &Folder, name: Option<&impl std::fmt::Display>) -> Error {
    let root = folder.root().display();
    Error::not_found(match name {
        Some(name) => anyhow!("there is no image `{name}` in {root}"),
        None => anyhow!("there is no image in {root}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::testing::{Store, blob, image_of, index_of};

    #[test]
    fn an_index_reaches_its_images_and_their_blobs_each_once() {
        let store = Store::new();
        let (one, two) = (image_of(&[b"base", b"one"]), image_of(&[b"base", b"two"]));
        let index = index_of(&[&one, &two]);
        for content in [&b"base"[..], b"one", b"{}", one.raw(), two.raw(), index.raw()] {
            store.plant(content);
        }
        let folder = &store.shared().folder;
        let reach = Reach::of(folder, [index.digest().clone()]).unwrap();
        assert_eq!(reach.blobs.len(), 6);
        assert_eq!(reach.missing, BTreeSet::from([blob(b"two").digest]));
        assert_eq!(reach.size(), one.size() + two.size() + index.size() + 4 + 3 + 2);
        assert!(!is_whole(folder, &index.descriptor()));
        store.plant(b"two");
        assert!(is_whole(folder, &index.descriptor()));
    }

    #[test]
    fn an_index_is_whole_with_content_that_is_no_manifest() {
        let store = Store::new();
        let text = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"x/y","digest":"{}","size":5}}]}}"#,
            blob(b"hello").digest
        );
        let mut index = store.plant(text.as_bytes());
        index.media_type = MediaType::OCI_INDEX;
        assert!(!is_whole(&store.shared().folder, &index));
        store.plant(b"hello");
        assert!(is_whole(&store.shared().folder, &index));
    }

    #[test]
    fn a_document_of_an_unknown_kind_keeps_what_it_points_at() {
        let store = Store::new();
        let image = image_of(&[b"layer"]);
        let text = format!(
            r#"{{"blobs":[{{"mediaType":"x/y","digest":"{}"}},{{"mediaType":"{}","digest":"{}"}}]}}"#,
            store.plant(b"other").digest,
            image.media_type(),
            store.plant(image.raw()).digest
        );
        let artifact = store.plant(text.as_bytes());
        store.plant(b"layer");
        let reach = Reach::of(&store.shared().folder, [artifact.digest]).unwrap();
        assert_eq!(reach.blobs.len(), 4);
        assert_eq!(reach.missing.len(), 1, "the config");
    }

    #[test]
    fn layers_that_are_not_to_be_distributed_may_be_missing() {
        let store = Store::new();
        let text = image_of(&[b"windows"]);
        let text = std::str::from_utf8(text.raw()).unwrap();
        let text = text.replace(
            "application/vnd.oci.image.layer.v1.tar",
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
        );
        let mut image = store.plant(text.as_bytes());
        image.media_type = MediaType::OCI_MANIFEST;
        store.plant(b"{}");
        assert!(is_whole(&store.shared().folder, &image));
    }
}
