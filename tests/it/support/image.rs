//! Tiny, valid images with known bytes: layers, config, manifest and index as a builder would leave them. All JSON is
//! written by hand and oddly spaced, with an annotation nobody knows, so that a program that parses and writes it
//! again changes the digest and is found out. Sending them anywhere is left to the registries and layouts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256, Sha512};

use super::tar::{Tar, gzip};

/// The two families of media types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Oci,
    Docker,
}

impl Family {
    pub(crate) fn manifest(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.manifest.v1+json",
            Self::Docker => "application/vnd.docker.distribution.manifest.v2+json",
        }
    }

    pub(crate) fn index(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.index.v1+json",
            Self::Docker => "application/vnd.docker.distribution.manifest.list.v2+json",
        }
    }

    fn config(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.config.v1+json",
            Self::Docker => "application/vnd.docker.container.image.v1+json",
        }
    }

    fn layer(self, gzipped: bool) -> &'static str {
        match (self, gzipped) {
            (Self::Oci, false) => "application/vnd.oci.image.layer.v1.tar",
            (Self::Oci, true) => "application/vnd.oci.image.layer.v1.tar+gzip",
            (Self::Docker, false) => "application/vnd.docker.image.rootfs.diff.tar",
            (Self::Docker, true) => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        }
    }
}

/// Content with its address.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: String,
    pub(crate) size: usize,
}

impl Blob {
    pub(crate) fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            media_type: media_type.to_string(),
            digest: sha256(&bytes),
            size: bytes.len(),
            bytes,
        }
    }

    /// The descriptor as a manifest holds it, with the spacing no serialiser would choose.
    pub(crate) fn descriptor(&self) -> String {
        let Self {
            media_type,
            digest,
            size,
            ..
        } = self;
        format!(r#"{{ "mediaType":"{media_type}",  "size": {size},"digest": "{digest}" }}"#)
    }
}

/// One image for one platform.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) config: Blob,
    pub(crate) layers: Vec<Blob>,
    pub(crate) manifest: Blob,
}

impl Image {
    /// Two small layers; another seed, another image.
    pub(crate) fn tiny(seed: u8) -> Self {
        Recipe::default()
            .layer(format!("first layer of image {seed}\n").as_bytes())
            .layer(format!("second layer of image {seed}\n").as_bytes())
            .build()
    }

    /// One layer for each content, which becomes the only file of that layer.
    pub(crate) fn with_layers(contents: &[Vec<u8>]) -> Self {
        contents
            .iter()
            .fold(Recipe::default(), |recipe, content| recipe.layer(content))
            .build()
    }

    pub(crate) fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Config and layers: everything that must be there before the manifest.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.layers.iter().chain([&self.config])
    }
}

/// What an image is made of.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    family: Family,
    platform: String,
    gzipped: bool,
    settings: String,
    layers: Vec<Vec<u8>>,
    given: BTreeMap<usize, Blob>,
    fields: String,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            family: Family::Oci,
            platform: "linux/amd64".to_string(),
            gzipped: false,
            settings: r#"{"Env":["PATH=/usr/bin:/bin"],"Cmd":["/bin/echo","hello"]}"#.to_string(),
            layers: Vec::new(),
            given: BTreeMap::new(),
            fields: String::new(),
        }
    }
}

impl Recipe {
    pub(crate) fn family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// `os/architecture[/variant]`.
    pub(crate) fn platform(mut self, platform: &str) -> Self {
        self.platform = platform.to_string();
        self
    }

    pub(crate) fn gzipped(mut self) -> Self {
        self.gzipped = true;
        self
    }

    /// A layer that holds one file.
    pub(crate) fn layer(self, content: &[u8]) -> Self {
        let path = format!("data/file{}", self.layers.len() + 1);
        self.tar(Tar::default().directory("data").file(&path, 0o644, content).finish())
    }

    /// A layer given as an uncompressed tar.
    pub(crate) fn tar(mut self, tar: Vec<u8>) -> Self {
        self.layers.push(tar);
        self
    }

    /// The last layer as this blob, of whatever type and compression; its tar still counts for the config.
    pub(crate) fn stored_as(mut self, media_type: &str, bytes: Vec<u8>) -> Self {
        let blob = Blob::new(media_type, bytes);
        self.given.insert(self.layers.len() - 1, blob);
        self
    }

    /// The JSON object below `config` in the image config.
    pub(crate) fn settings(mut self, json: &str) -> Self {
        self.settings = json.to_string();
        self
    }

    /// Further manifest fields, as `"subject": {...}`.
    pub(crate) fn manifest_field(mut self, json: &str) -> Self {
        write!(self.fields, ",\n   {json}").unwrap();
        self
    }

    pub(crate) fn build(&self) -> Image {
        let config = Blob::new(self.family.config(), self.config().into_bytes());
        let layers: Vec<Blob> = (0..self.layers.len()).map(|at| self.layer_blob(at)).collect();
        let manifest = Blob::new(self.family.manifest(), self.manifest(&config, &layers).into_bytes());
        Image {
            config,
            layers,
            manifest,
        }
    }

    fn layer_blob(&self, at: usize) -> Blob {
        let tar = &self.layers[at];
        let bytes = if self.gzipped { gzip(tar) } else { tar.clone() };
        let made = || Blob::new(self.family.layer(self.gzipped), bytes);
        self.given.get(&at).cloned().unwrap_or_else(made)
    }

    fn config(&self) -> String {
        let platform = platform_fields(&self.platform);
        let diff_ids: Vec<String> = self.layers.iter().map(|tar| format!(r#""{}""#, sha256(tar))).collect();
        format!(
            r#"{{ {platform},  "created":"2026-01-02T03:04:05Z","config": {}, "rootfs":{{"type":"layers","diff_ids":[{}]}} }}"#,
            self.settings,
            diff_ids.join(" ,")
        )
    }

    fn manifest(&self, config: &Blob, layers: &[Blob]) -> String {
        let layers: Vec<String> = layers.iter().map(Blob::descriptor).collect();
        format!(
            "{{\n   \"schemaVersion\" :2,\n   \"mediaType\": \"{}\",\n   \"config\": {},\n   \"layers\": [\n      {}\n   ],\n   \"annotations\": {{ \"example.test/unknown\":  \"kept\" }}{}\n}}\n",
            self.family.manifest(),
            config.descriptor(),
            layers.join(",\n      "),
            self.fields
        )
    }
}

/// One image for several platforms.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) manifest: Blob,
    pub(crate) images: Vec<Image>,
}

impl Index {
    /// Platforms are `os/architecture[/variant]`; an empty one makes an entry without a platform.
    pub(crate) fn of(entries: &[(&Image, &str)]) -> Self {
        Self::build(Family::Oci, entries, None)
    }

    pub(crate) fn docker(entries: &[(&Image, &str)]) -> Self {
        Self::build(Family::Docker, entries, None)
    }

    /// As builders do it, but with the attestation first: taking the first entry blindly is wrong.
    pub(crate) fn with_attestation(entries: &[(&Image, &str)], attestation: &Image) -> Self {
        Self::build(Family::Oci, entries, Some(attestation))
    }

    pub(crate) fn digest(&self) -> &str {
        &self.manifest.digest
    }

    fn build(family: Family, entries: &[(&Image, &str)], attestation: Option<&Image>) -> Self {
        let about = entries
            .first()
            .map(|(image, _)| image.digest().to_string())
            .unwrap_or_default();
        let mut rows: Vec<String> = attestation.iter().map(|image| attestation_entry(image, &about)).collect();
        rows.extend(entries.iter().map(|(image, platform)| platform_entry(image, platform)));
        let bytes = format!(
            "{{  \"schemaVersion\": 2,\n \"mediaType\":\"{}\",\n \"manifests\": [\n  {}\n ] ,\"annotations\":{{\"example.test/unknown\":\"kept\"}} }}",
            family.index(),
            rows.join(",\n  ")
        );
        let images = attestation
            .into_iter()
            .chain(entries.iter().map(|(image, _)| *image))
            .cloned()
            .collect();
        Self {
            manifest: Blob::new(family.index(), bytes.into_bytes()),
            images,
        }
    }
}

fn platform_entry(image: &Image, platform: &str) -> String {
    if platform.is_empty() {
        return image.manifest.descriptor();
    }
    with_fields(image, &format!(r#""platform": {{{}}}"#, platform_fields(platform)))
}

fn attestation_entry(image: &Image, about: &str) -> String {
    let annotations = format!(
        r#""annotations": {{"vnd.docker.reference.digest":"{about}","vnd.docker.reference.type":"attestation-manifest"}}"#
    );
    with_fields(
        image,
        &format!(r#""platform": {{"architecture":"unknown","os":"unknown"}}, {annotations}"#),
    )
}

fn with_fields(image: &Image, fields: &str) -> String {
    let descriptor = image.manifest.descriptor();
    format!("{}, {fields} }}", descriptor.trim_end_matches(" }"))
}

fn platform_fields(platform: &str) -> String {
    let mut parts = platform.split('/');
    let (os, architecture) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let variant = parts
        .next()
        .map(|variant| format!(r#", "variant":"{variant}""#))
        .unwrap_or_default();
    format!(r#""architecture": "{architecture}","os":"{os}"{variant}"#)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

pub(crate) fn sha512(bytes: &[u8]) -> String {
    format!("sha512:{}", hex(&Sha512::digest(bytes)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
