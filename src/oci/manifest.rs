//! Manifests and indexes: the bytes as they came, their digest, and what they point at.
//!
//! The bytes are never written anew: the digest is over bytes, and
//! [a copy is verbatim](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::oci::descriptor::{self, Descriptor};
use crate::oci::digest::Digest;
use crate::oci::json::{self, Shape};
use crate::oci::media_type::MediaType;
use crate::oci::platform::Platform;
use crate::text::one_line;

/// A manifest of either family, or an index. It exists only with bytes that hash to its digest.
#[derive(Clone, Debug)]
pub struct Manifest {
    raw: Bytes,
    digest: Digest,
    media_type: MediaType,
    links: Links,
}

#[derive(Clone, Debug)]
enum Links {
    Index(Vec<Descriptor>),
    Image {
        config: Box<Descriptor>,
        layers: Vec<Descriptor>,
    },
    /// The artifact manifest of a draft of OCI 1.1.
    Artifact(Vec<Descriptor>),
}

/// The fields read; everything else in a manifest stays in its bytes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
struct Fields {
    media_type: Option<MediaType>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    /// Of an artifact manifest alone; another one may have anything here.
    blobs: Option<Value>,
    fs_layers: Option<IgnoredAny>,
}

/// The keys of manifests and indexes.
static SHAPE: Shape = Shape::Fields(&[
    ("schemaVersion", &Shape::Free),
    ("mediaType", &Shape::Free),
    ("artifactType", &Shape::Free),
    ("config", &descriptor::SHAPE),
    ("layers", &Shape::List(&descriptor::SHAPE)),
    ("manifests", &Shape::List(&descriptor::SHAPE)),
    ("blobs", &Shape::List(&descriptor::SHAPE)),
    ("subject", &descriptor::SHAPE),
    ("annotations", &Shape::Free),
    ("fsLayers", &Shape::Free),
]);

impl Manifest {
    /// The largest manifest read or sent, in bytes: the size the
    /// [distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests)
    /// asks every registry to take.
    pub const MAX_SIZE: u64 = 4 << 20;

    /// Reads the bytes of a manifest. `named` is the type the answer's header or the pointing descriptor gave, and
    /// `expected` the digest it was asked by.
    ///
    /// # Errors
    /// Bytes of another digest; bytes that are no manifest, or that two programs could read differently; a type that contradicts the body, or a body that is image
    /// and index at once ([GHSA-77vh-xpmg-72qh](https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh)).
    pub fn parse(raw: Bytes, named: Option<&MediaType>, expected: Option<&Digest>) -> Result<Self, ManifestError> {
        let digest = verified(&raw, expected)?;
        let fields: Fields = json::read(&raw, &SHAPE).map_err(|error| ManifestError::Json {
            error,
            start: beginning(&raw),
        })?;
        let named = named.filter(|media_type| !media_type.is_vague());
        let mut types = named.into_iter().chain(&fields.media_type);
        if fields.fs_layers.is_some() || types.any(MediaType::is_schema1) {
            return Err(ManifestError::Schema1);
        }
        let media_type = agreed(named, fields.media_type.as_ref())?;
        let links = if media_type.as_ref().is_some_and(MediaType::is_artifact) {
            artifact(fields)?
        } else {
            links(fields)?
        };
        let media_type = media_type.unwrap_or_else(|| guessed(&links));
        if media_type.is_index() != matches!(links, Links::Index(_)) || !media_type.is_manifest() {
            return Err(ManifestError::Confused(media_type));
        }
        Ok(Self {
            raw,
            digest,
            media_type,
            links,
        })
    }

    /// The bytes, as they came.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The digest of the bytes.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The media type, as the body gives it or as its fields imply.
    #[must_use]
    pub fn media_type(&self) -> &MediaType {
        &self.media_type
    }

    /// The size of the bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.raw.len() as u64
    }

    /// How an index or `index.json` points at this.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type.clone(), self.digest.clone(), self.size())
    }

    /// The manifests of an index; none for an image.
    #[must_use]
    pub fn children(&self) -> &[Descriptor] {
        match &self.links {
            Links::Index(children) => children,
            Links::Image { .. } | Links::Artifact(_) => &[],
        }
    }

    /// The layers of an image, the lowest first, or the blobs of an artifact; none for an index.
    #[must_use]
    pub fn layers(&self) -> &[Descriptor] {
        match &self.links {
            Links::Index(_) => &[],
            Links::Image { layers, .. } | Links::Artifact(layers) => layers,
        }
    }

    /// The config of an image.
    #[must_use]
    pub fn config(&self) -> Option<&Descriptor> {
        match &self.links {
            Links::Index(_) | Links::Artifact(_) => None,
            Links::Image { config, .. } => Some(config),
        }
    }

    /// The blobs of an image, layers first and the config last, as they are pushed.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.layers().iter().chain(self.config())
    }

    /// The size of all blobs of an image together, as far as it can be counted.
    #[must_use]
    pub fn content_size(&self) -> u64 {
        self.blobs().fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    /// Is it an index?
    #[must_use]
    pub fn is_index(&self) -> bool {
        matches!(self.links, Links::Index(_))
    }

    /// The entry of an index that serves a platform best; the first in order among equals.
    #[must_use]
    pub fn best_for(&self, platform: &Platform) -> Option<&Descriptor> {
        self.children()
            .iter()
            .filter(|entry| entry.is_image_entry())
            .filter_map(|entry| Some((platform.fit(entry.platform.as_ref()?)?, entry)))
            .min_by_key(|(fit, _)| *fit)
            .map(|(_, entry)| entry)
    }

    /// An index of only some of this index's entries, those kept verbatim; its digest is another.
    ///
    /// # Errors
    /// This is no index.
    pub fn narrowed(&self, keep: &[Digest]) -> Result<Self, ManifestError> {
        let mut body: Value = serde_json::from_slice(&self.raw).map_err(|error| ManifestError::Json {
            error,
            start: beginning(&self.raw),
        })?;
        let Some(entries) = body.get_mut("manifests").and_then(Value::as_array_mut) else {
            return Err(ManifestError::Confused(self.media_type.clone()));
        };
        entries.retain(|entry| {
            let digest = entry.get("digest").and_then(Value::as_str);
            keep.iter().any(|kept| digest == Some(kept.to_string().as_str()))
        });
        Self::parse(body.to_string().into(), Some(&self.media_type), None)
    }
}

impl Manifest {
    /// The same image with other layers, everything else verbatim; its digest is another.
    ///
    /// # Errors
    /// This is an index.
    pub fn with_layers(&self, layers: &[Descriptor]) -> Result<Self, ManifestError> {
        let json = |error| ManifestError::Json {
            error,
            start: beginning(&self.raw),
        };
        let mut body: Value = serde_json::from_slice(&self.raw).map_err(json)?;
        let layers = serde_json::to_value(layers).map_err(json)?;
        match body.get_mut("layers") {
            Some(field) => *field = layers,
            None => return Err(ManifestError::Confused(self.media_type.clone())),
        }
        Self::parse(body.to_string().into(), Some(&self.media_type), None)
    }
}

fn verified(raw: &[u8], expected: Option<&Digest>) -> Result<Digest, ManifestError> {
    if raw.len() as u64 > Manifest::MAX_SIZE {
        return Err(ManifestError::TooLarge);
    }
    let Some(expected) = expected else {
        return Ok(Digest::of(raw));
    };
    let actual = Digest::with(expected.algorithm(), raw);
    if actual == *expected {
        return Ok(actual);
    }
    Err(ManifestError::Digest {
        expected: expected.clone(),
        actual,
    })
}

fn agreed(named: Option<&MediaType>, inside: Option<&MediaType>) -> Result<Option<MediaType>, ManifestError> {
    match (named, inside) {
        (Some(named), Some(inside)) if named != inside => Err(ManifestError::Disagreement {
            named: named.clone(),
            inside: inside.clone(),
        }),
        (named, inside) => Ok(inside.or(named).cloned()),
    }
}

fn links(fields: Fields) -> Result<Links, ManifestError> {
    match (fields.config, fields.layers, fields.manifests) {
        (None, None, Some(manifests)) => Ok(Links::Index(manifests)),
        (Some(config), layers, None) => Ok(Links::Image {
            config: Box::new(config),
            layers: layers.unwrap_or_default(),
        }),
        (None, None, None) => Err(ManifestError::Neither),
        (None, Some(_), None) => Err(ManifestError::NoConfig),
        (_, _, Some(_)) => Err(ManifestError::Both),
    }
}

fn artifact(fields: Fields) -> Result<Links, ManifestError> {
    if fields.config.is_some() || fields.layers.is_some() || fields.manifests.is_some() {
        return Err(ManifestError::Both);
    }
    let blobs: Option<Option<Vec<Descriptor>>> =
        fields
            .blobs
            .map(serde_json::from_value)
            .transpose()
            .map_err(|error| ManifestError::Json {
                error,
                start: String::new(),
            })?;
    Ok(Links::Artifact(blobs.flatten().unwrap_or_default()))
}

/// The type of a body that names none: the OCI types, whose `mediaType` field is optional, or Docker's where the
/// config is Docker's.
fn guessed(links: &Links) -> MediaType {
    match links {
        Links::Index(_) => MediaType::OCI_INDEX,
        Links::Image { config, .. } if config.media_type.is_docker_config() => MediaType::DOCKER_MANIFEST,
        Links::Image { .. } => MediaType::OCI_MANIFEST,
        Links::Artifact(_) => MediaType::OCI_ARTIFACT,
    }
}

/// The first characters of a body that should have been JSON: they tell a login page from a broken manifest.
fn beginning(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw.get(..60).unwrap_or(raw));
    one_line(&text)
}

/// Why bytes are no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Other bytes than those asked for.
    #[error("the manifest's bytes hash to {actual}, not to {expected}")]
    Digest {
        /// The digest asked for.
        expected: Digest,
        /// The digest of the bytes.
        actual: Digest,
    },
    /// Not JSON, or not with the fields a manifest has.
    #[error("this is no manifest: {error} (it begins `{start}`)")]
    Json {
        /// Where and why.
        error: serde_json::Error,
        /// The first characters.
        start: String,
    },
    /// Over [`Manifest::MAX_SIZE`].
    #[error("the manifest is over 4 MiB")]
    TooLarge,
    /// The old format.
    #[error("the image has a manifest of the old schema 1, which cannot be verified; push it again with a current builder")]
    Schema1,
    /// Header or descriptor and body contradict each other.
    #[error("the manifest is announced as {named} but says it is {inside}")]
    Disagreement {
        /// What the header or descriptor said.
        named: MediaType,
        /// What the body said.
        inside: MediaType,
    },
    /// A type that does not fit the fields.
    #[error("a manifest of type {0} cannot have these fields")]
    Confused(MediaType),
    /// Image and index at once.
    #[error("the manifest is an image and an index at once")]
    Both,
    /// Neither `manifests` nor `config`.
    #[error("the manifest points at nothing: it has neither `config` nor `manifests`")]
    Neither,
    /// Layers without a config.
    #[error("the manifest has layers but no config")]
    NoConfig,
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn descriptor(media_type: &str) -> String {
        format!(r#"{{"mediaType":"{media_type}","digest":"{D}","size":2}}"#)
    }

    fn image(config_type: &str, more: &str) -> String {
        format!(
            r#"{{"schemaVersion":2,{more}"config":{},"layers":[]}}"#,
            descriptor(config_type)
        )
    }

    fn parse(body: &str, named: Option<&MediaType>) -> Result<Manifest, ManifestError> {
        Manifest::parse(body.to_owned().into(), named, None)
    }

    #[test]
    fn the_type_comes_from_the_body_where_the_header_is_vague() {
        let docker = image("application/vnd.docker.container.image.v1+json", "");
        let oci = image("application/vnd.oci.image.config.v1+json", "");
        for header in [None, Some("text/plain; charset=utf-8"), Some("application/octet-stream")] {
            let named = header.map(MediaType::from_header);
            assert_eq!(
                *parse(&docker, named.as_ref()).unwrap().media_type(),
                MediaType::DOCKER_MANIFEST
            );
            assert_eq!(*parse(&oci, named.as_ref()).unwrap().media_type(), MediaType::OCI_MANIFEST);
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let oci = image("x/y", r#""mediaType":"application/vnd.oci.image.manifest.v1+json","#);
        assert!(matches!(
            parse(&oci, Some(&MediaType::OCI_INDEX)),
            Err(ManifestError::Disagreement { .. })
        ));
        let both = image("x/y", r#""manifests":[],"#);
        assert!(matches!(parse(&both, None), Err(ManifestError::Both)));
        let index = image("x/y", "");
        assert!(matches!(
            parse(&index, Some(&MediaType::OCI_INDEX)),
            Err(ManifestError::Confused(_))
        ));
        assert!(matches!(
            parse(&oci, Some(&MediaType::from_header("text/html"))),
            Err(ManifestError::Disagreement { .. })
        ));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        assert!(matches!(
            parse(r#"{"schemaVersion":1,"fsLayers":[]}"#, None),
            Err(ManifestError::Schema1)
        ));
        let called = r#""mediaType":"application/vnd.docker.distribution.manifest.v1+json","#;
        assert!(matches!(parse(&image("x/y", called), None), Err(ManifestError::Schema1)));
        assert!(matches!(parse("{}", None), Err(ManifestError::Neither)));
        assert!(matches!(parse(r#"{"layers":[]}"#, None), Err(ManifestError::NoConfig)));
        for body in ["", "<html>", r#"{"manifests":[]} x"#, r#"{"manifests":[],"manifests":[]}"#] {
            assert!(matches!(parse(body, None), Err(ManifestError::Json { .. })), "{body}");
        }
        for size in [
            "-1",
            "1.5",
            "1e3",
            "\"2\"",
            "9223372036854775808",
            "18446744073709551616",
            "null",
        ] {
            let body = format!(r#"{{"manifests":[{{"mediaType":"a/b","digest":"{D}","size":{size}}}]}}"#);
            assert!(matches!(parse(&body, None), Err(ManifestError::Json { .. })), "{size}");
        }
    }

    #[test]
    fn bytes_of_another_digest_are_refused() {
        let raw = Bytes::from(image("x/y", ""));
        let right = Digest::of(&raw);
        assert_eq!(*Manifest::parse(raw.clone(), None, Some(&right)).unwrap().digest(), right);
        let wrong = Digest::of(b"other");
        assert!(matches!(
            Manifest::parse(raw, None, Some(&wrong)),
            Err(ManifestError::Digest { .. })
        ));
    }

    fn entry(digest: char, platform: &str, more: &str) -> String {
        let (os, architecture) = platform.split_once('/').unwrap();
        let digest = digest.to_string().repeat(64);
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{digest}","size":1,
               "platform":{{"os":"{os}","architecture":"{architecture}"}}{more}}}"#
        )
    }

    fn index(entries: &[String]) -> Manifest {
        parse(&format!(r#"{{"manifests":[{}]}}"#, entries.join(",")), None).unwrap()
    }

    #[test]
    fn an_index_offers_images_and_no_attestations() {
        let index = index(&[
            entry('a', "unknown/unknown", ""),
            entry(
                'b',
                "linux/amd64",
                r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#,
            ),
            entry('c', "linux/amd64", ""),
            entry('d', "linux/amd64", ""),
        ]);
        let best = index.best_for(&"linux/amd64".parse().unwrap()).unwrap();
        assert_eq!(best.digest.hex(), "c".repeat(64));
        assert!(index.best_for(&"linux/arm64".parse().unwrap()).is_none());
    }

    #[test]
    fn a_narrowed_index_keeps_its_entries_as_they_were() {
        let index = index(&[entry('a', "linux/amd64", r#","x":1"#), entry('b', "linux/arm64", "")]);
        let narrowed = index.narrowed(&[index.children()[0].digest.clone()]).unwrap();
        assert_eq!(narrowed.children(), &index.children()[..1]);
        assert!(String::from_utf8_lossy(narrowed.raw()).contains(r#""x":1"#));
        assert_ne!(narrowed.digest(), index.digest());
    }
}
