//! What `index.json` says of its images: the name of an entry, and where a part of an index was chosen from.
//!
//! Values only. The file itself is `index`'s business.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::oci::image_layout::REF_NAME;
use crate::oci::{Descriptor, Digest, Platform};
use crate::reference::Reference;
use crate::store::Chosen;

/// The annotation of an entry in `index.json` with the digest of the index that the image was chosen from.
pub const CHOSEN_INDEX: &str = "lugger.index";
/// The annotation with the platforms that were asked for, as `OS/ARCH[/VARIANT]` with commas between them.
pub const CHOSEN_PLATFORMS: &str = "lugger.platforms";

/// The name of an image in a layout: any text without control characters. In lugger's own store it is the full
/// reference (`docker.io/library/alpine:3.20`); elsewhere often a tag alone.
///
/// It is the annotation `org.opencontainers.image.ref.name` of an entry in `index.json`
/// ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/annotations.md)).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefName(Box<str>);

impl RefName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The image of a registry that it names in full. A name that is short for something does not count: `v1` is a tag of
    /// whatever the directory holds, not an image of Docker Hub.
    #[must_use]
    pub fn full(&self) -> Option<Reference> {
        let reference: Reference = self.0.parse().ok()?;
        (reference.to_string() == *self.0).then_some(reference)
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RefName {
    type Err = RefNameError;

    fn from_str(text: &str) -> Result<Self, RefNameError> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(RefNameError);
        }
        Ok(Self(text.into()))
    }
}

impl From<&Reference> for RefName {
    /// The full reference: registry, path, tag and digest.
    fn from(reference: &Reference) -> Self {
        Self(reference.to_string().into())
    }
}

/// A text that cannot name an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name of an image in a layout must not be empty, nor have control characters")]
pub struct RefNameError;

/// An image as `index.json` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name; `None` for an entry without one, or with a text that cannot be one.
    pub name: Option<RefName>,
    /// The manifest or index, with the annotations of the entry.
    pub descriptor: Descriptor,
    /// The index it was chosen from, if it was.
    pub chosen_from: Option<Chosen>,
}

impl From<Descriptor> for Entry {
    fn from(descriptor: Descriptor) -> Self {
        let name = descriptor.annotations.get(REF_NAME);
        Self {
            name: name.and_then(|name| name.parse().ok()),
            chosen_from: chosen_from(&descriptor.annotations),
            descriptor,
        }
    }
}

/// What the two annotations say; nothing where somebody else wrote them in another form.
fn chosen_from(annotations: &BTreeMap<String, String>) -> Option<Chosen> {
    let index: Digest = annotations.get(CHOSEN_INDEX)?.parse().ok()?;
    let platforms: Result<Vec<Platform>, _> = annotations.get(CHOSEN_PLATFORMS)?.split(',').map(str::parse).collect();
    Some(Chosen {
        index,
        platforms: platforms.ok()?,
    })
}

/// The annotations of an entry with this name and origin.
pub(super) fn annotations(name: Option<&RefName>, chosen_from: Option<&Chosen>) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    if let Some(name) = name {
        annotations.insert(REF_NAME.to_owned(), name.to_string());
    }
    if let Some(chosen) = chosen_from {
        let platforms: Vec<String> = chosen.platforms.iter().map(ToString::to_string).collect();
        annotations.insert(CHOSEN_INDEX.to_owned(), chosen.index.to_string());
        annotations.insert(CHOSEN_PLATFORMS.to_owned(), platforms.join(","));
    }
    annotations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_any_text_without_control_characters() {
        for text in ["v1", "docker.io/library/alpine:3.20", "mit Leerzeichen", "ä"] {
            assert_eq!(text.parse::<RefName>().unwrap().to_string(), text);
        }
        for text in ["", "a\nb", "\u{1b}[31m", "\u{9b}"] {
            assert_eq!(text.parse::<RefName>(), Err(RefNameError), "{text:?}");
        }
    }

    #[test]
    fn where_an_image_was_chosen_from_is_read_as_it_was_written() {
        let chosen = Chosen {
            index: Digest::of(b"index"),
            platforms: vec!["linux/amd64".parse().unwrap(), "linux/arm/v7".parse().unwrap()],
        };
        assert_eq!(chosen_from(&annotations(None, Some(&chosen))), Some(chosen));
        let foreign = BTreeMap::from([(CHOSEN_INDEX.to_owned(), "?".to_owned())]);
        assert_eq!(chosen_from(&foreign), None);
    }
}
