//! `manifest.json` of `docker save`: which members of an archive make up its images
//! ([moby](https://github.com/moby/moby/blob/master/image/tarexport/tarexport.go)).
//!
//! Values only; where the members are is the business of whoever reads or writes the archive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::oci::descriptor;
use crate::oci::json::{self, Shape};
use crate::oci::{Descriptor, Digest};

/// The member that this is.
pub const MANIFEST_FILE: &str = "manifest.json";

/// One image of a `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[serde(expecting = "an object")]
pub struct Item {
    /// The member that is the image's config.
    pub config: String,
    /// Its names, as people write them.
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    /// The members that are its layers, the lowest first.
    #[serde(default)]
    pub layers: Option<Vec<String>>,
    /// What the layers were where they came from, by their diffID.
    #[serde(default, skip_serializing)]
    pub layer_sources: Option<BTreeMap<Digest, Descriptor>>,
}

impl Item {
    /// Does it say of any layer what it was?
    #[must_use]
    pub fn has_sources(&self) -> bool {
        self.layer_sources.as_ref().is_some_and(|sources| !sources.is_empty())
    }
}

static SHAPE: Shape = Shape::List(&Shape::Fields(&[
    ("Config", &Shape::Free),
    ("RepoTags", &Shape::Free),
    ("Layers", &Shape::Free),
    ("Parent", &Shape::Free),
    ("LayerSources", &Shape::Each(&descriptor::SHAPE)),
]));

/// Reads a `manifest.json`.
///
/// # Errors
/// Bytes that are none, or that two programs could read differently.
pub fn parse(raw: &[u8]) -> Result<Vec<Item>, serde_json::Error> {
    json::read(raw, &SHAPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_are_read() {
        let old = br#"[{"Config":"ab.json","RepoTags":["app:1"],"Layers":["cd/layer.tar"]}]"#;
        let item = parse(old).unwrap().remove(0);
        assert_eq!((item.config.as_str(), item.layers.unwrap().len()), ("ab.json", 1));
        let hex = "a".repeat(64);
        let new = format!(
            r#"[{{"Config":"blobs/sha256/{hex}","RepoTags":null,"Layers":["blobs/sha256/{hex}"],"LayerSources":{{"sha256:{hex}":
            {{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":7,"digest":"sha256:{hex}"}}}}}}]"#
        );
        let item = parse(new.as_bytes()).unwrap().remove(0);
        assert_eq!(item.repo_tags, None);
        assert_eq!(item.layer_sources.unwrap().len(), 1);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "{}",
            "",
            r#"[{"RepoTags":["a:1"]}]"#,
            r#"[{"Config":"a","Config":"b"}]"#,
            r#"[{"Config":"a","layers":[]}]"#,
            r#"[{"Config":"a","Layers":"b"}]"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }
}
