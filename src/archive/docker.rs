//! An image of `docker save`: its config is kept byte for byte, so its ID stays; its layers become blobs, and a manifest is
//! made for them. Nothing is kept unless every layer is the one that the config names.

use std::collections::HashMap;
use std::io::{self, Read};

use anyhow::anyhow;
use serde::Serialize;

use crate::archive::content::{Content, Part, broken};
use crate::archive::input::Limit;
use crate::archive::member::normal;
use crate::archive::{PIECE, Step, Watch};
use crate::compression::{self, Compression, Packing, compress};
use crate::oci::docker_archive::Item;
use crate::oci::{Algorithm, Config, Descriptor, Digest, Hasher, Manifest, MediaType};
use crate::store::{DigestMismatch, Error, Incoming, Intake, Result};

/// The largest config that is read, in bytes.
const MAX_CONFIG: u64 = 8 << 20;

/// A layer as a blob.
#[derive(Clone)]
pub(super) struct Layer {
    digest: Digest,
    size: u64,
    kind: Compression,
    /// Where it is in the archive, if it is a blob there already.
    part: Option<Part>,
}

/// The layers that were made before, by their diffID.
pub(super) type Known = HashMap<Digest, Layer>;

/// How layers are made.
pub(super) struct Making<'a> {
    pub(super) packing: Packing,
    pub(super) limit: Limit,
    pub(super) intake: &'a dyn Intake,
    pub(super) watch: Watch<'a>,
}

/// The manifest of an image, and where what it is made of lies in the archive.
pub(super) struct Made {
    pub(super) manifest: Manifest,
    pub(super) parts: HashMap<Digest, Part>,
}

/// Makes an image of the members that an item names.
pub(super) fn make(content: &Content, item: &Item, known: &mut Known, making: &Making<'_>) -> Result<Made> {
    let (config, raw) = config(content, &item.config)?;
    let digest = Digest::of(&raw);
    check_name(&item.config, &digest)?;
    let diff_ids = Config::parse(&raw).and_then(|_| Config::diff_ids(&raw)).map_err(|error| {
        Error::other(error).context(format!(
            "the config `{}` in the archive is not usable",
            item.config.escape_debug()
        ))
    })?;
    let members = members(content, item, &diff_ids)?;
    making.tell(Step::Found(
        members.iter().map(|(diff_id, part)| (diff_id.clone(), part.size())).collect(),
    ));
    let layers = layers(members, known, making)?;
    let manifest = manifest(
        item,
        &Descriptor::new(MediaType::OCI_CONFIG, digest.clone(), raw.len() as u64),
        &layers,
    )?;
    let parts = layers.into_iter().filter_map(|layer| Some((layer.digest, layer.part?)));
    Ok(Made {
        manifest,
        parts: parts.chain([(digest, config)]).collect(),
    })
}

fn config(content: &Content, name: &str) -> Result<(Part, bytes::Bytes)> {
    let part = member(content, name)?;
    let raw = part.bytes(MAX_CONFIG);
    let raw =
        raw.map_err(|error| error.context(format!("the config `{}` in the archive cannot be read", name.escape_debug())))?;
    Ok((part, raw))
}

/// The name that `docker save` gives a config says its digest, which is the image's ID.
fn check_name(name: &str, actual: &Digest) -> Result<()> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let hex = file.strip_suffix(".json").unwrap_or(file);
    match format!("sha256:{hex}").parse::<Digest>() {
        Ok(expected) if expected != *actual => Err(Error::mismatch(DigestMismatch {
            expected,
            actual: actual.clone(),
        })
        .context(format!(
            "the config `{}` in the archive is not the one it is called",
            name.escape_debug()
        ))),
        _ => Ok(()),
    }
}

/// The member of each layer, with what it has to be.
fn members(content: &Content, item: &Item, diff_ids: &[Digest]) -> Result<Vec<(Digest, Part)>> {
    let names = item.layers.as_deref().unwrap_or_default();
    if names.len() != diff_ids.len() {
        return Err(Error::mismatch(anyhow!(
            "the archive has {} layers for an image of {}",
            names.len(),
            diff_ids.len()
        )));
    }
    let pairs = diff_ids.iter().zip(names);
    pairs
        .map(|(diff_id, name)| Ok((diff_id.clone(), member(content, name)?)))
        .collect()
}

fn member(content: &Content, name: &str) -> Result<Part> {
    let path = normal(name.as_bytes()).map_err(broken)?;
    let found = content.member(&path)?;
    found.ok_or_else(|| Error::other(anyhow!("the member `{}` is missing in the archive", name.escape_debug())))
}

/// Makes every layer, and only then keeps them.
fn layers(members: Vec<(Digest, Part)>, known: &mut Known, making: &Making<'_>) -> Result<Vec<Layer>> {
    let mut waiting: Vec<Box<dyn Incoming>> = Vec::new();
    let mut made: HashMap<Digest, Layer> = HashMap::new();
    let mut seen: HashMap<u64, Digest> = HashMap::new();
    let mut layers = Vec::new();
    for (diff_id, part) in members {
        making.tell(Step::Began(diff_id.clone()));
        let layer = if seen.get(&part.at()) == Some(&diff_id) {
            made.get(&diff_id).cloned()
        } else {
            let before = made.get(&diff_id).or_else(|| known.get(&diff_id)).cloned();
            Some(layer(&diff_id, &part, before, making, &mut waiting)?)
        };
        let layer = layer.ok_or_else(|| Error::other(anyhow!("a layer was lost")))?;
        seen.insert(part.at(), diff_id.clone());
        making.tell(Step::Ended(diff_id.clone()));
        made.insert(diff_id, layer.clone());
        layers.push(layer);
    }
    for blob in waiting {
        blob.keep()?;
    }
    known.extend(made);
    Ok(layers)
}

/// Makes one layer of a member, or proves that the member is the layer that was made before.
fn layer(
    diff_id: &Digest,
    part: &Part,
    before: Option<Layer>,
    making: &Making<'_>,
    waiting: &mut Vec<Box<dyn Incoming>>,
) -> Result<Layer> {
    let unusable =
        |error: io::Error| Error::other(error).context(format!("the layer {} in the archive cannot be read", diff_id.short()));
    let mut raw = Hashed {
        reading: part.reader(),
        hasher: Hasher::new(Algorithm::Sha256),
        making,
        diff_id,
    };
    let mut hasher = Hasher::new(diff_id.algorithm());
    let (kind, mut content) = compression::reader(&mut raw).map_err(unusable)?;
    let mut blob = None;
    match (kind, &before) {
        (Compression::Plain, None) => {
            let mut made = making.intake.begin()?;
            compress(making.packing, &mut content, &mut *made, |piece| hasher.update(piece)).map_err(unusable)?;
            blob = Some(made);
        }
        _ => drain(&mut content, part.size(), making.limit, |piece| hasher.update(piece)).map_err(unusable)?,
    }
    drop(content);
    // What stands behind the compressed content belongs to the blob too.
    io::copy(&mut raw, &mut io::sink()).map_err(unusable)?;
    check(diff_id, hasher.finish())?;
    if let Some(before) = before {
        return Ok(before);
    }
    Ok(match blob {
        Some(made) => {
            let layer = Layer {
                digest: made.digest(),
                size: made.size(),
                kind: making.packing.kind(),
                part: None,
            };
            waiting.push(made);
            layer
        }
        None => Layer {
            digest: raw.hasher.finish(),
            size: part.size(),
            kind,
            part: Some(part.clone()),
        },
    })
}

fn check(expected: &Digest, actual: Digest) -> Result<()> {
    if actual == *expected {
        return Ok(());
    }
    let expected = expected.clone();
    Err(Error::mismatch(DigestMismatch { expected, actual })
        .context("a layer in the archive is not the one that the config names"))
}

/// Reads to the end what may be compressed.
fn drain(content: &mut impl Read, compressed: u64, limit: Limit, mut seen: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut grown: u64 = 0;
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                grown = grown.saturating_add(length as u64);
                if grown > compressed {
                    limit.check(compressed, grown)?;
                }
                seen(buffer.get(..length).unwrap_or_default());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A member that is hashed as it is read, and whose reading is told.
struct Hashed<'a, R> {
    reading: R,
    hasher: Hasher,
    making: &'a Making<'a>,
    diff_id: &'a Digest,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reading.read(buffer)?;
        self.hasher.update(buffer.get(..length).unwrap_or_default());
        if length > 0 {
            self.making.tell(Step::Read(self.diff_id.clone(), length as u64));
        }
        Ok(length)
    }
}

impl Making<'_> {
    fn tell(&self, step: Step) {
        (self.watch)(step);
    }
}

/// The manifest of an image that has none: of the OCI's types, which every registry takes today and which alone know
/// zstd; of Docker's types where the archive says that its layers came as such.
fn manifest(item: &Item, config: &Descriptor, layers: &[Layer]) -> Result<Manifest> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Fields<'a> {
        schema_version: u8,
        media_type: &'a MediaType,
        config: &'a Descriptor,
        layers: Vec<Descriptor>,
    }
    let mut sources = item.layer_sources.iter().flat_map(|sources| sources.values()).peekable();
    let docker = sources.peek().is_some()
        && sources.all(|source| source.media_type.as_str().starts_with("application/vnd.docker."))
        && layers.iter().all(|layer| layer.kind != Compression::Zstd);
    let layer_type = |kind| match (docker, kind) {
        (true, Compression::Plain) => MediaType::DOCKER_LAYER,
        (true, _) => MediaType::DOCKER_LAYER_GZIP,
        (false, Compression::Plain) => MediaType::OCI_LAYER,
        (false, Compression::Gzip) => MediaType::OCI_LAYER_GZIP,
        (false, Compression::Zstd) => MediaType::OCI_LAYER_ZSTD,
    };
    let (media_type, config_type) = if docker {
        (MediaType::DOCKER_MANIFEST, MediaType::DOCKER_CONFIG)
    } else {
        (MediaType::OCI_MANIFEST, MediaType::OCI_CONFIG)
    };
    let fields = Fields {
        schema_version: 2,
        media_type: &media_type,
        config: &Descriptor::new(config_type, config.digest.clone(), config.size),
        layers: layers
            .iter()
            .map(|layer| Descriptor::new(layer_type(layer.kind), layer.digest.clone(), layer.size))
            .collect(),
    };
    let raw = serde_json::to_vec(&fields).map_err(Error::other)?;
    Manifest::parse(raw.into(), None, None).map_err(Error::other)
}
