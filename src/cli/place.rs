//! The places of an image that can be typed.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::anyhow;
use lugger::archive::Format;
use lugger::layout::RefName;
use lugger::reference::Reference;

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
    /// In an archive.
    Archive {
        /// For whom it is, where it is written; whichever it is, it can be read.
        format: Format,
        /// The file, or `-`.
        path: PathBuf,
        /// The image's name in it.
        name: Option<String>,
    },
    /// In a Docker Engine; without a name only where another one says it.
    Daemon(Option<Reference>),
}

/// A place that has a prefix but is none here.
const UNKNOWN: &str = "dir:";
/// What an Engine is called.
const DAEMON: &str = "docker-daemon:";
/// What an archive for docker is called.
const DOCKER_ARCHIVE: &str = "docker-archive:";
/// What an archive for readers of layouts is called.
const OCI_ARCHIVE: &str = "oci-archive:";

impl FromStr for Place {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Some(name) = text.strip_prefix("store:") {
            return Ok(Self::Store(name.parse()?));
        }
        if let Some(rest) = text.strip_prefix("oci:").filter(|rest| !rest.starts_with("//")) {
            return directory(rest);
        }
        for (prefix, format) in [(DOCKER_ARCHIVE, Format::Docker), (OCI_ARCHIVE, Format::Oci)] {
            if let Some(rest) = text.strip_prefix(prefix) {
                return archive(prefix, format, rest);
            }
        }
        if let Some(name) = text.strip_prefix(DAEMON) {
            let name = Some(name).filter(|name| !name.is_empty());
            return Ok(Self::Daemon(name.map(str::parse).transpose()?));
        }
        if text.starts_with(UNKNOWN) {
            return Err(anyhow!(
                "`{UNKNOWN}` is no place lugger knows; write REF, store:REF, oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:REF] or docker-daemon:REF"
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
            Self::Archive { format, path, name } => {
                let prefix = if *format == Format::Docker {
                    DOCKER_ARCHIVE
                } else {
                    OCI_ARCHIVE
                };
                write!(f, "{prefix}{}", path.display())?;
                name.iter().try_for_each(|name| write!(f, ":{name}"))
            }
            Self::Daemon(name) => {
                f.write_str(DAEMON)?;
                name.iter().try_for_each(|name| f.write_str(&name.familiar()))
            }
        }
    }
}

impl Place {
    /// The same, where an Engine is meant and no name was given, with this one.
    pub(crate) fn named_after(&self, reference: &Reference) -> Self {
        match self {
            Self::Daemon(None) => Self::Daemon(Some(reference.clone())),
            place => place.clone(),
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

fn archive(prefix: &str, format: Format, text: &str) -> anyhow::Result<Place> {
    let (path, name) = match text.split_once(':') {
        Some((path, name)) => (path, Some(name)),
        None => (text, None),
    };
    if path.is_empty() {
        return Err(anyhow!("`{prefix}` needs a file, as in {prefix}images.tar:app:1, or `-`"));
    }
    let checked = name.map(|name| match format {
        // Docker knows images by full names alone.
        Format::Docker => Ok(name.parse::<Reference>()?.familiar()),
        Format::Oci => anyhow::Ok(name.parse::<RefName>()?.to_string()),
    });
    Ok(Place::Archive {
        format,
        path: path.into(),
        name: checked.transpose()?,
    })
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
            "oci-archive:a.tar",
            "oci-archive:/a/b.tar:v1",
            "docker-archive:a.tar:app:1",
            "docker-archive:-",
            "docker-daemon:",
            "docker-daemon:app:1",
            "docker-daemon:localhost:5000/team/app:1",
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
            "docker-archive:",
            "docker-archive::app",
            "docker-archive:x.tar:App",
            "docker-archive:x.tar:",
            "oci-archive:x.tar:",
            "docker-daemon:App:1",
            "dir:/tmp/x",
            "docker://alpine",
            "oci://host/chart",
            "oci:dir:",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
