//! Referrers: manifests that say of another one that they belong to it, as signatures and bills of material do
//! ([OCI 1.1](https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage)).
//!
//! Where a registry keeps no list of them, an index under a tag made of the subject's digest is the list.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::oci::descriptor::Descriptor;
use crate::oci::digest::Digest;
use crate::oci::manifest::Manifest;
use crate::oci::media_type::MediaType;

/// What makes a manifest a referrer. Read apart from the rest: what is odd here must not make an image unusable.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
struct Reference {
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// The subject of a manifest, and how a list of the subject's referrers shows the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// What it belongs to.
    pub subject: Digest,
    /// Its entry in a list of referrers.
    pub entry: Descriptor,
}

impl Referrer {
    /// What a manifest refers to; nothing for one that stands alone.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let reference: Reference = serde_json::from_slice(manifest.raw()).ok()?;
        let subject = reference.subject?;
        let config_type = manifest.config().map(|config| config.media_type.to_string());
        let mut entry = manifest.descriptor();
        entry.artifact_type = reference.artifact_type.filter(|text| !text.is_empty()).or(config_type);
        entry.annotations = reference.annotations.unwrap_or_default();
        Some(Self {
            subject: subject.digest,
            entry,
        })
    }
}

impl Digest {
    /// The tag under which referrers of this digest are listed where the registry has no list of its own
    /// ([referrers tag schema](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema)).
    #[must_use]
    pub fn referrers_tag(&self) -> String {
        let hex = self.hex();
        format!("{}-{}", self.algorithm().name(), hex.get(..64).unwrap_or(hex))
    }
}

/// What the tags end in under which cosign keeps signatures, attestations and SBOMs
/// ([cosign](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md)).
const COSIGN_KINDS: [&str; 3] = ["sig", "att", "sbom"];

impl Digest {
    /// The tags under which cosign keeps what belongs to this digest.
    pub fn cosign_tags(&self) -> impl Iterator<Item = String> {
        COSIGN_KINDS
            .map(|kind| format!("{}-{}.{kind}", self.algorithm().name(), self.hex()))
            .into_iter()
    }
}

/// The bytes of an index of referrers with one more entry; the entries that were there stay as they are.
#[must_use]
pub fn index_with(index: Option<&Manifest>, entry: &Descriptor) -> Vec<u8> {
    let empty = || json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": []});
    let mut body: Value = index
        .and_then(|index| serde_json::from_slice(index.raw()).ok())
        .unwrap_or_else(empty);
    if let Some(entries) = body.get_mut("manifests").and_then(Value::as_array_mut) {
        entries.push(json!(entry));
    }
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn manifest(more: &str) -> Manifest {
        let config = format!(r#"{{"mediaType":"application/x-config","digest":"{D}","size":2}}"#);
        let body = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]{more}}}"#);
        Manifest::parse(body.into(), None, None).unwrap()
    }

    #[test]
    fn a_referrer_is_listed_with_its_type_and_annotations() {
        let subject = format!(r#","subject":{{"mediaType":"a/b","digest":"{D}","size":2}}"#);
        let plain = Referrer::of(&manifest(&subject)).unwrap();
        assert_eq!(plain.subject.to_string(), D);
        assert_eq!(plain.entry.artifact_type.as_deref(), Some("application/x-config"));
        let typed = format!(r#"{subject},"artifactType":"x/sig","annotations":{{"a":"b"}}"#);
        let typed = Referrer::of(&manifest(&typed)).unwrap().entry;
        assert_eq!(typed.artifact_type.as_deref(), Some("x/sig"));
        assert_eq!(typed.annotations["a"], "b");
        assert_eq!(Referrer::of(&manifest("")), None);
        assert_eq!(Referrer::of(&manifest(r#","subject":"odd""#)), None);
    }

    #[test]
    fn the_tag_of_a_list_has_at_most_64_digits() {
        let digest: Digest = D.parse().unwrap();
        assert_eq!(digest.referrers_tag(), D.replace(':', "-"));
        let long: Digest = format!("sha512:{}", "a".repeat(128)).parse().unwrap();
        assert_eq!(long.referrers_tag(), format!("sha512-{}", "a".repeat(64)));
    }

    #[test]
    fn a_list_grows_and_keeps_what_it_had() {
        let entry = manifest("").descriptor();
        let first = Manifest::parse(index_with(None, &entry).into(), None, None).unwrap();
        assert_eq!((first.media_type(), first.children().len()), (&MediaType::OCI_INDEX, 1));
        let odd = r#"{"schemaVersion":2,"manifests":[],"x":[1]}"#;
        let odd = Manifest::parse(odd.into(), None, None).unwrap();
        let grown = String::from_utf8(index_with(Some(&odd), &entry)).unwrap();
        assert!(grown.contains(r#""x":[1]"#), "{grown}");
    }
}
