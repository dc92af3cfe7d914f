//! The places of an image that can be typed, and one end of a copy made of any of them.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::anyhow;
use lugger::layout::{self, RefName};
use lugger::oci::{Descriptor, Digest, Manifest};
use lugger::reference::{Reference, RegistryName, RepositoryName};
use lugger::registry;
use lugger::store::{Body, Chosen, Held, Named, Result, Sink, Source};

/// Where an image is, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a registry.
    Registry(Reference),
    /// In the local store.
    Store(Reference),
    /// In a directory that is an OCI layout.
    Directory {
        /// The directory.
        path: PathBuf,
        /// The image's name in it.
        name: Option<RefName>,
    },
}

/// Places that have a prefix but are none here.
const UNKNOWN: [&str; 4] = ["oci-archive:", "docker-archive:", "docker-daemon:", "dir:"];

impl FromStr for Place {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Some(name) = text.strip_prefix("store:") {
            return Ok(Self::Store(name.parse()?));
        }
        if let Some(rest) = text.strip_prefix("oci:").filter(|rest| !rest.starts_with("//")) {
            return directory(rest);
        }
        if let Some(prefix) = UNKNOWN.iter().find(|prefix| text.starts_with(**prefix)) {
            return Err(anyhow!(
                "`{prefix}` is no place lugger knows; write REF, store:REF or oci:DIR[:NAME]"
            ));
        }
        Ok(Self::Registry(text.parse()?))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Registry(reference) => f.write_str(&reference.familiar()),
            Self::Store(reference) => write!(f, "store:{}", reference.familiar()),
            Self::Directory { path, name: None } => write!(f, "oci:{}", path.display()),
            Self::Directory { path, name: Some(name) } => write!(f, "oci:{}:{name}", path.display()),
        }
    }
}

fn directory(text: &str) -> anyhow::Result<Place> {
    let (path, name) = match text.split_once(':') {
        Some((path, name)) => (path, Some(name.parse()?)),
        None => (text, None),
    };
    if path.is_empty() {
        return Err(anyhow!("`oci:` needs a directory, as in oci:./images:app"));
    }
    Ok(Place::Directory { path: path.into(), name })
}

/// One end of a copy.
pub(crate) enum End {
    Registry(registry::Image),
    Layout(layout::Image),
}

impl Source for End {
    async fn digest(&self) -> Result<Digest> {
        match self {
            Self::Registry(image) => image.digest().await,
            Self::Layout(image) => image.digest().await,
        }
    }

    async fn root(&self) -> Result<Manifest> {
        match self {
            Self::Registry(image) => image.root().await,
            Self::Layout(image) => image.root().await,
        }
    }

    async fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        match self {
            Self::Registry(image) => image.manifest(at).await,
            Self::Layout(image) => image.manifest(at).await,
        }
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        match self {
            Self::Registry(image) => image.blob(blob, offset).await,
            Self::Layout(image) => image.blob(blob, offset).await,
        }
    }

    async fn origins(&self, blob: &Digest, registry: &RegistryName) -> Result<Vec<RepositoryName>> {
        match self {
            Self::Registry(image) => image.origins(blob, registry).await,
            Self::Layout(image) => image.origins(blob, registry).await,
        }
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        match self {
            Self::Registry(image) => image.referrers(subject).await,
            Self::Layout(image) => image.referrers(subject).await,
        }
    }
}

impl Sink for End {
    async fn current(&self) -> Result<Option<Named>> {
        match self {
            Self::Registry(image) => image.current().await,
            Self::Layout(image) => image.current().await,
        }
    }

    async fn expect(&self, blobs: &[Descriptor]) -> Result<()> {
        match self {
            Self::Registry(image) => image.expect(blobs).await,
            Self::Layout(image) => image.expect(blobs).await,
        }
    }

    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        match self {
            Self::Registry(image) => image.held(blob).await,
            Self::Layout(image) => image.held(blob).await,
        }
    }

    fn registry(&self) -> Option<&RegistryName> {
        match self {
            Self::Registry(image) => image.registry(),
            Self::Layout(image) => image.registry(),
        }
    }

    async fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> Result<bool> {
        match self {
            Self::Registry(image) => image.mount(blob, from).await,
            Self::Layout(image) => image.mount(blob, from).await,
        }
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
        match self {
            Self::Registry(image) => image.put_blob(blob, offset, body).await,
            Self::Layout(image) => image.put_blob(blob, offset, body).await,
        }
    }

    async fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        match self {
            Self::Registry(image) => image.put_manifest(manifest).await,
            Self::Layout(image) => image.put_manifest(manifest).await,
        }
    }

    async fn publish(&self, root: &Manifest, chosen_from: Option<&Chosen>) -> Result<()> {
        match self {
            Self::Registry(image) => image.publish(root, chosen_from).await,
            Self::Layout(image) => image.publish(root, chosen_from).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_shown() {
        for text in [
            "alpine:3.20",
            "store:alpine:3.20",
            "oci:./dir",
            "oci:/a/dir:app",
            "oci:dir:docker.io/library/a:1",
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "oci:",
            "oci::x",
            "store:",
            "docker-archive:x.tar",
            "docker://alpine",
            "oci://host/chart",
            "oci:dir:",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
