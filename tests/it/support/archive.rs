//! Archives of images as other programs write them, made by hand: those of `docker save`, old and new, and layouts in a
//! tar. The layers of an image are put in as they are.

use super::image::{Blob, Image};
use super::tar::Tar;

/// What stands in `manifest.json` for an image, and its members.
pub(crate) struct Saved {
    pub(crate) config: (String, Vec<u8>),
    pub(crate) tags: Vec<String>,
    pub(crate) layers: Vec<(String, Vec<u8>)>,
}

impl Saved {
    /// As versions of docker before 25 save it: `ID.json` and `ID/layer.tar`.
    pub(crate) fn old(image: &Image, tags: &[&str]) -> Self {
        let layer = |(at, layer): (usize, &Blob)| (format!("{:064x}/layer.tar", at + 7), layer.bytes.clone());
        Self {
            config: (format!("{}.json", hex(&image.config.digest)), image.config.bytes.clone()),
            tags: tags.iter().map(ToString::to_string).collect(),
            layers: image.layers.iter().enumerate().map(layer).collect(),
        }
    }

    /// As versions of docker since 25 save it: every member under its digest.
    pub(crate) fn new(image: &Image, tags: &[&str]) -> Self {
        Self {
            config: (path(&image.config), image.config.bytes.clone()),
            tags: tags.iter().map(ToString::to_string).collect(),
            layers: image.layers.iter().map(|layer| (path(layer), layer.bytes.clone())).collect(),
        }
    }

    pub(crate) fn item(&self) -> String {
        let quoted = |names: Vec<&String>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"Config":"{}","RepoTags":[{}],"Layers":[{}]}}"#,
            self.config.0,
            quoted(self.tags.iter().collect()),
            quoted(self.layers.iter().map(|(name, _)| name).collect())
        )
    }

    /// Its members, behind what is in the archive already.
    pub(crate) fn onto(&self, tar: Tar) -> Tar {
        let members = self.layers.iter().chain([&self.config]);
        members.fold(tar, |tar, (name, bytes)| tar.file(name, 0o644, bytes))
    }
}

/// An archive of docker with these images, `manifest.json` last.
pub(crate) fn docker(images: &[Saved]) -> Vec<u8> {
    let tar = images.iter().fold(Tar::default(), |tar, image| image.onto(tar));
    tar.file("manifest.json", 0o644, manifest_json(images).as_bytes()).finish()
}

pub(crate) fn manifest_json(images: &[Saved]) -> String {
    let items: Vec<String> = images.iter().map(Saved::item).collect();
    format!("[{}]", items.join(","))
}

/// A layout in a tar, each image with the annotations of its entry.
pub(crate) fn oci(images: &[(&Image, &str)]) -> Tar {
    let blobs = images.iter().flat_map(|(image, _)| image.blobs().chain([&image.manifest]));
    let blobs: Vec<Blob> = blobs.cloned().collect();
    let entries: Vec<String> = images
        .iter()
        .map(|(image, annotations)| {
            let descriptor = image.manifest.descriptor();
            format!(r#"{}, "annotations":{{{annotations}}} }}"#, descriptor.trim_end_matches(" }"))
        })
        .collect();
    layout(&blobs, &entries)
}

/// A layout of these blobs and entries in a tar.
pub(crate) fn layout(blobs: &[Blob], entries: &[String]) -> Tar {
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
    let tar = Tar::default().directory("blobs").directory("blobs/sha256").file(
        "oci-layout",
        0o644,
        br#"{"imageLayoutVersion":"1.0.0"}"#,
    );
    let tar = blobs.iter().fold(tar, |tar, blob| tar.file(&path(blob), 0o644, &blob.bytes));
    tar.file("index.json", 0o644, index.as_bytes())
}

/// The annotation of a name.
pub(crate) fn called(name: &str) -> String {
    format!(r#""org.opencontainers.image.ref.name":"{name}""#)
}

/// Where a layout has a blob.
pub(crate) fn path(blob: &Blob) -> String {
    format!("blobs/{}", blob.digest.replace(':', "/"))
}

pub(crate) fn hex(digest: &str) -> &str {
    digest.split_once(':').map_or(digest, |(_, hex)| hex)
}
