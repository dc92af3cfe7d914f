//! Which images an archive has, and what they are called.
//!
//! Where it is an image layout and an archive of docker at once, as docker writes them today, the layout counts if it is
//! whole: its manifests are the ones that the image had before. Not so where docker took the layers out of its classic store,
//! which keeps them unpacked: their manifest was made for the archive, and a push of it would send every layer uncompressed.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use anyhow::anyhow;
use serde::Deserialize;

use crate::archive::content::Content;
use crate::archive::image::missing;
use crate::oci::docker_archive::{self, Item, MANIFEST_FILE};
use crate::oci::image_layout::{FULL_NAME, INDEX_FILE, LAYOUT_FILE, REF_NAME};
use crate::oci::{Descriptor, Digest, Manifest, MediaType, Platform, Selection};
use crate::reference::Reference;
use crate::store::{Error, Result};

/// The largest `manifest.json` or `oci-layout`, in bytes.
const MAX_JSON: u64 = 4 << 20;
/// The most images of an archive.
const MAX_IMAGES: usize = 10_000;
/// How deep indexes may hold indexes, and how many manifests may be below all names.
const MAX_DEPTH: usize = 4;
const MAX_MANIFESTS: usize = 10_000;
/// What old versions of docker call an image without a name.
const NONE: &str = "<none>:<none>";

/// An image of an archive.
#[derive(Clone)]
pub struct Entry {
    /// Its names, as far as they can be one outside the archive.
    pub names: Vec<Reference>,
    /// What the archive calls it.
    called: Vec<String>,
    pub(super) what: What,
}

#[derive(Clone)]
pub(super) enum What {
    Oci(Manifest, Selection),
    Docker(Item),
}

impl Entry {
    /// Is this one of its names, as the archive has it or in full?
    pub(super) fn is_called(&self, name: &str) -> bool {
        let meant: Option<Reference> = name.parse().ok();
        self.called.iter().any(|called| called == name) || meant.is_some_and(|meant| self.names.contains(&meant))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.names.first(), self.called.first()) {
            (Some(name), _) => f.write_str(&name.familiar()),
            (None, Some(called)) => write!(f, "{}", called.escape_debug()),
            (None, None) => f.write_str("(without a name)"),
        }
    }
}

/// No image, or several where one is meant.
#[derive(Debug, thiserror::Error)]
#[error("{what}; the archive has {offered}")]
pub struct Choice {
    what: String,
    offered: String,
}

impl Choice {
    pub(super) fn nothing(name: Option<&str>, entries: &[Entry]) -> Self {
        Self {
            what: name.map_or_else(
                || "no image to choose".to_owned(),
                |name| format!("there is no image `{}`", name.escape_debug()),
            ),
            offered: offered(entries),
        }
    }

    pub(super) fn several(name: Option<&str>, entries: &[Entry]) -> Self {
        Self {
            what: name.map_or_else(
                || "several images to choose from".to_owned(),
                |name| format!("`{}` is the name of several images", name.escape_debug()),
            ),
            offered: offered(entries),
        }
    }
}

fn offered(entries: &[Entry]) -> String {
    const MOST: usize = 20;
    let mut names: Vec<String> = entries.iter().take(MOST).map(ToString::to_string).collect();
    if entries.len() > MOST {
        names.push("…".to_owned());
    }
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// All images. No two of them have one name.
pub(super) fn images(content: &Content) -> Result<Vec<Entry>> {
    let layout = layout(content)?;
    let entries = match (layout, docker(content)?) {
        (Some(Ok(layout)), Some(docker)) if is_unpacked(&layout, &docker) => docker,
        (Some(Ok(entries)), _) | (None | Some(Err(_)), Some(entries)) => entries,
        (Some(Err(incomplete)), None) => return Err(incomplete),
        (None, None) => {
            return Err(Error::other(anyhow!(
                "the archive is no image: it has neither `{MANIFEST_FILE}` nor `{LAYOUT_FILE}` and `{INDEX_FILE}`"
            )));
        }
    };
    let mut names = HashSet::new();
    match entries
        .iter()
        .flat_map(|entry| &entry.names)
        .find(|name| !names.insert(*name))
    {
        Some(twice) => Err(Error::other(anyhow!(
            "the archive has several images of the name `{}`",
            twice.familiar()
        ))),
        None => Ok(entries),
    }
}

/// Did docker write this out of its classic store? Then every item says what its layers were, which nobody else does, and
/// no layer is compressed.
fn is_unpacked(layout: &[Entry], docker: &[Entry]) -> bool {
    let written_by_docker = |entry: &Entry| matches!(&entry.what, What::Docker(item) if item.has_sources());
    let plain = [MediaType::OCI_LAYER, MediaType::DOCKER_LAYER];
    let unpacked = |entry: &Entry| match &entry.what {
        What::Oci(root, _) => !root.is_index() && root.layers().iter().all(|layer| plain.contains(&layer.media_type)),
        What::Docker(_) => false,
    };
    !docker.is_empty() && docker.iter().all(written_by_docker) && layout.iter().all(unpacked)
}

/// The images of `manifest.json`, if there is one.
fn docker(content: &Content) -> Result<Option<Vec<Entry>>> {
    let Some(raw) = json(content, MANIFEST_FILE)? else {
        return Ok(None);
    };
    let items = docker_archive::parse(&raw).map_err(unusable(MANIFEST_FILE))?;
    refuse_excess(items.len())?;
    items.into_iter().map(docker_entry).collect::<Result<_>>().map(Some)
}

fn docker_entry(item: Item) -> Result<Entry> {
    let tags: BTreeSet<&String> = item.repo_tags.iter().flatten().filter(|tag| *tag != NONE).collect();
    let names = tags.iter().map(|tag| {
        // In words: what is wrong with the archive is no wrong use of the program.
        let wrong = |error| Error::other(anyhow!("the archive calls an image `{}`: {error}", tag.escape_debug()));
        tag.parse::<Reference>().map_err(wrong)
    });
    Ok(Entry {
        names: names.collect::<Result<_>>()?,
        called: tags.into_iter().cloned().collect(),
        what: What::Docker(item),
    })
}

/// The images of a layout, if there is one; an error inside if not all of them are there.
fn layout(content: &Content) -> Result<Option<Result<Vec<Entry>>>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[serde(expecting = "an object")]
    struct Marker {
        image_layout_version: String,
    }
    let (Some(marker), Some(raw)) = (json(content, LAYOUT_FILE)?, json(content, INDEX_FILE)?) else {
        return Ok(None);
    };
    let Marker { image_layout_version } = serde_json::from_slice(&marker).map_err(unusable(LAYOUT_FILE))?;
    if image_layout_version != "1.0.0" {
        return Err(Error::other(anyhow!(
            "the archive is an image layout of version {}, and only 1.0.0 is known",
            image_layout_version.escape_debug()
        )));
    }
    let index = Manifest::parse(raw, None, None).map_err(unusable(INDEX_FILE))?;
    if !index.is_index() {
        return Err(Error::other(anyhow!("`{INDEX_FILE}` in the archive is no index")));
    }
    refuse_excess(index.children().len())?;
    let mut entries: Vec<(Digest, Entry)> = Vec::new();
    let mut met = 0;
    for descriptor in index.children().iter().filter(|entry| entry.media_type.is_manifest()) {
        let Some(entry) = layout_entry(content, descriptor, &mut met)? else {
            return Ok(Some(Err(missing(&descriptor.digest).context("the archive is not whole"))));
        };
        // An entry for each name of one image.
        match entries.iter_mut().find(|(digest, _)| *digest == descriptor.digest) {
            Some((_, same)) => {
                let new: Vec<Reference> = entry.names.into_iter().filter(|name| !same.names.contains(name)).collect();
                same.names.extend(new);
                same.called.extend(entry.called);
            }
            None => entries.push((descriptor.digest.clone(), entry)),
        }
    }
    Ok(Some(Ok(entries.into_iter().map(|(_, entry)| entry).collect())))
}

/// One image of a layout; `None` if it is not there, in whole or in parts that are whole.
fn layout_entry(content: &Content, descriptor: &Descriptor, met: &mut usize) -> Result<Option<Entry>> {
    let Some(root) = content.manifest(descriptor)? else {
        return Ok(None);
    };
    let Some(selection) = held(content, &root, met)? else {
        return Ok(None);
    };
    let annotations = &descriptor.annotations;
    Ok(Some(Entry {
        names: Reference::of_annotations(annotations).into_iter().collect(),
        called: [REF_NAME, FULL_NAME]
            .iter()
            .filter_map(|key| annotations.get(*key).cloned())
            .collect(),
        what: What::Oci(root, selection),
    }))
}

/// Which part of an image is there: all, the images of some platforms of an index, or nothing.
fn held(content: &Content, root: &Manifest, met: &mut usize) -> Result<Option<Selection>> {
    if is_whole(content, root, MAX_DEPTH, met)? {
        return Ok(Some(Selection::All));
    }
    let mut platforms: Vec<Platform> = Vec::new();
    for entry in root.children().iter().filter(|entry| entry.is_image_entry()) {
        let Some(platform) = &entry.platform else { continue };
        let Some(manifest) = content.manifest(entry)? else { continue };
        if is_whole(content, &manifest, MAX_DEPTH, met)? && root.best_for(platform) == Some(entry) {
            platforms.push(platform.clone());
        }
    }
    Ok((!platforms.is_empty()).then_some(Selection::Platforms(platforms)))
}

fn is_whole(content: &Content, manifest: &Manifest, depth: usize, met: &mut usize) -> Result<bool> {
    *met = met.saturating_add(1);
    if *met > MAX_MANIFESTS {
        return Err(Error::other(anyhow!(
            "the images of the archive have over {MAX_MANIFESTS} manifests"
        )));
    }
    for blob in manifest.blobs() {
        if !blob.may_lie_elsewhere() && blob.embedded().is_none() && content.blob(blob)?.is_none() {
            return Ok(false);
        }
    }
    for child in manifest.children() {
        if !child.media_type.is_manifest() {
            if content.blob(child)?.is_none() {
                return Ok(false);
            }
            continue;
        }
        let Some(below) = depth.checked_sub(1) else {
            return Err(Error::other(anyhow!(
                "an index of the archive holds indexes over {MAX_DEPTH} deep"
            )));
        };
        let Some(child) = content.manifest(child)? else {
            return Ok(false);
        };
        if !is_whole(content, &child, below, met)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn json(content: &Content, name: &str) -> Result<Option<bytes::Bytes>> {
    let Some(part) = content.member(name)? else { return Ok(None) };
    let raw = part.bytes(MAX_JSON);
    raw.map(Some)
        .map_err(|error| error.context(format!("`{name}` in the archive cannot be read")))
}

fn unusable<E: Into<anyhow::Error>>(name: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::other(error).context(format!("`{name}` in the archive is not usable"))
}

fn refuse_excess(count: usize) -> Result<()> {
    if count <= MAX_IMAGES {
        return Ok(());
    }
    Err(Error::other(anyhow!("the archive names over {MAX_IMAGES} images")))
}
