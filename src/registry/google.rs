//! Google's additions to a list of tags: digests, times and sizes, and the images without a tag.
//!
//! Container Registry and Artifact Registry put them into the same answer, so nothing more has to be asked
//! ([the fields as go-containerregistry reads them](https://github.com/google/go-containerregistry/blob/main/pkg/v1/google/list.go)).

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::oci::{Digest, MediaType};
use crate::reference::Tag;
use crate::registry::listing::ListedImage;

/// The `manifest` field: digests and what is known of each.
pub(super) type Images = BTreeMap<String, GoogleImage>;

/// One image; numbers are written as strings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
pub(super) struct GoogleImage {
    #[serde(default)]
    image_size_bytes: Value,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    time_created_ms: Value,
    #[serde(default)]
    time_uploaded_ms: Value,
    #[serde(default)]
    tag: Option<Vec<Option<String>>>,
}

/// The images of such a list; a key that is no digest is passed over.
pub(super) fn listed(images: Images) -> Vec<ListedImage> {
    let known = images
        .into_iter()
        .filter_map(|(digest, image)| Some((digest.parse().ok()?, image)));
    known.map(|(digest, image)| image.listed(digest)).collect()
}

impl GoogleImage {
    fn listed(self, digest: Digest) -> ListedImage {
        let named = self.tag.unwrap_or_default().into_iter().flatten();
        let mut tags: Vec<Tag> = named.filter_map(|tag| tag.parse().ok()).collect();
        tags.sort();
        tags.dedup();
        ListedImage {
            digest,
            tags,
            timestamp: moment(&self.time_created_ms).or_else(|| moment(&self.time_uploaded_ms)),
            size: number(&self.image_size_bytes)
                .and_then(|size| size.try_into().ok())
                .unwrap_or_default(),
            media_type: MediaType::from_header(&self.media_type.unwrap_or_default()),
            platforms: Vec::new(),
        }
    }
}

/// A time in milliseconds. Reproducible builds write 0, and some a time before 1970: neither tells an age.
fn moment(value: &Value) -> Option<Timestamp> {
    let milliseconds = number(value).filter(|number| *number > 0)?;
    Timestamp::from_millisecond(milliseconds).ok()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_read_from_its_strings() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let json = format!(
            r#"{{"{digest}":{{"imageSizeBytes":"1234","layerId":"","mediaType":"application/vnd.oci.image.manifest.v1+json",
                "tag":["v2","latest",null,"no tag"],"timeCreatedMs":"1500","timeUploadedMs":"2500"}},
                "nonsense":{{}}}}"#
        );
        let images = listed(serde_json::from_str(&json).unwrap());
        assert_eq!(images.len(), 1);
        let image = &images[0];
        assert_eq!(image.tags, ["latest".parse().unwrap(), "v2".parse().unwrap()]);
        assert_eq!((image.size, image.timestamp.unwrap().as_millisecond()), (1234, 1500));
    }

    #[test]
    fn an_image_without_an_age_is_as_old_as_its_upload() {
        for created in [r#""0""#, r#""-62135596800000""#, "0", "null", r#""x""#] {
            let json = format!(r#"{{"timeCreatedMs":{created},"timeUploadedMs":"2500"}}"#);
            let image: GoogleImage = serde_json::from_str(&json).unwrap();
            let listed = image.listed(Digest::of(b""));
            assert_eq!(listed.timestamp.unwrap().as_millisecond(), 2500, "{created}");
        }
    }
}
