//! Azure's own list of manifests: digests with their tags, times and sizes, the untagged ones too
//! ([its REST API](https://learn.microsoft.com/rest/api/containerregistry/manifests/get-list)).
//!
//! Only Azure has it, so only Azure's hosts are asked; where it is not given, the list is made as anywhere else.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use jiff::Timestamp;
use serde::Deserialize;

use crate::oci::{Digest, MediaType, Platform};
use crate::reference::{RegistryName, Tag};
use crate::registry::Repository;
use crate::registry::listing::ListedImage;
use crate::registry::pages::{self, Pages};
use crate::registry::scope::Scope;
use crate::store::{Error, ErrorKind};

/// One page.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Manifests {
    #[serde(default)]
    manifests: Option<Vec<AzureImage>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
struct AzureImage {
    digest: Digest,
    #[serde(default)]
    image_size: Option<u64>,
    #[serde(default)]
    created_time: Option<String>,
    #[serde(default)]
    last_update_time: Option<String>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

/// Is it one of Azure's registries, in any of its clouds?
fn is_azure(registry: &RegistryName) -> bool {
    let host = registry.host();
    [".azurecr.io", ".azurecr.cn", ".azurecr.us"]
        .iter()
        .any(|domain| host.ends_with(domain))
}

impl Repository {
    /// The images as Azure lists them; nothing where this is no registry of Azure's, or it does not say.
    pub(super) async fn azure_images(&self) -> Result<Option<Vec<ListedImage>>, Error> {
        if !is_azure(self.name.registry()) {
            return Ok(None);
        }
        let mut images = Vec::new();
        let list = Pages {
            client: &self.client,
            path: format!("/acr/v1/{}/_manifests", self.name.path()),
            scope: Scope::metadata(&self.name),
            what: "list of manifests",
            hasty: self.hasty,
        };
        let walked = list.walk(|page| {
            let manifests: Manifests = pages::json(page, "list of manifests")?;
            let found = listed(manifests);
            let count = found.len();
            images.extend(found);
            Ok(count)
        });
        match walked.await {
            Ok(()) => Ok(Some(images)),
            // A login may have the right to pull and not that one.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Denied) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn listed(page: Manifests) -> Vec<ListedImage> {
    page.manifests
        .unwrap_or_default()
        .into_iter()
        .map(ListedImage::from)
        .collect()
}

impl From<AzureImage> for ListedImage {
    fn from(image: AzureImage) -> Self {
        let platform = platform(&image);
        let moment = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
        let mut tags: Vec<Tag> = image
            .tags
            .unwrap_or_default()
            .iter()
            .filter_map(|tag| tag.parse().ok())
            .collect();
        tags.sort();
        Self {
            digest: image.digest,
            tags,
            timestamp: moment(image.created_time).or_else(|| moment(image.last_update_time)),
            size: image.image_size.unwrap_or_default(),
            media_type: MediaType::from_header(&image.media_type.unwrap_or_default()),
            platforms: platform.into_iter().collect(),
        }
    }
}

fn platform(image: &AzureImage) -> Option<Platform> {
    let (os, architecture) = (image.os.as_deref()?, image.architecture.as_deref()?);
    format!("{os}/{architecture}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_what_it_has() {
        let json = format!(
            r#"{{"registry":"r.azurecr.io","imageName":"app","manifests":[
                {{"digest":"sha256:{a}","imageSize":2480,"createdTime":"2024-05-06T07:08:09.1234567Z",
                  "lastUpdateTime":"2024-05-07T00:00:00Z","architecture":"amd64","os":"linux","tags":["b","a"],
                  "mediaType":"application/vnd.docker.distribution.manifest.v2+json","changeableAttributes":{{"deleteEnabled":true}}}},
                {{"digest":"sha256:{b}","createdTime":"odd","lastUpdateTime":"2024-05-07T00:00:00Z"}}]}}"#,
            a = "a".repeat(64),
            b = "b".repeat(64)
        );
        let images = listed(serde_json::from_str(&json).unwrap());
        assert_eq!(images[0].tags, ["a".parse().unwrap(), "b".parse().unwrap()]);
        assert_eq!(images[0].timestamp.unwrap().to_string(), "2024-05-06T07:08:09.1234567Z");
        assert_eq!((images[0].size, images[0].platforms.len()), (2480, 1));
        assert!(images[1].tags.is_empty() && images[1].platforms.is_empty());
        assert_eq!(images[1].timestamp.unwrap().to_string(), "2024-05-07T00:00:00Z");
        assert!(listed(serde_json::from_str(r#"{"manifests":null}"#).unwrap()).is_empty());
    }

    #[test]
    fn only_azures_hosts_are_asked() {
        for (host, azure) in [
            ("acme.azurecr.io", true),
            ("acme.azurecr.cn", true),
            ("azurecr.io.evil.example", false),
            ("localhost:5000", false),
        ] {
            assert_eq!(is_azure(&host.parse().unwrap()), azure, "{host}");
        }
    }
}
