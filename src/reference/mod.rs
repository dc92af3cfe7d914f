//! References: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`, read as docker reads them, with every default applied once, here.
//!
//! Behind this door nothing is text any more: a registry, a repository, a tag and a digest are types of their own.
//! The grammar is that of [distribution/reference](https://github.com/distribution/reference); what lugger reads
//! beyond docker is marked at its place.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod parse;
mod registry_name;

use std::collections::BTreeMap;
use std::fmt;

use crate::oci::image_layout::{FULL_NAME, REF_NAME};
use crate::oci::{Digest, DigestError};

pub use registry_name::RegistryName;

/// The most characters a repository's path may have.
pub const MAX_PATH: usize = 255;

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryName {
    registry: RegistryName,
    path: Box<str>,
}

impl RepositoryName {
    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &RegistryName {
        &self.registry
    }

    /// The path in the registry, `library/` included for Docker Hub's own images.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name as people write it: without `docker.io/` and, for Docker Hub's own images, without `library/`. A name
    /// that would mean something else without them, such as `docker.io/localhost/app`, keeps them.
    #[must_use]
    pub fn familiar(&self) -> String {
        if !self.registry.is_hub() {
            return self.to_string();
        }
        let short = match self.path.strip_prefix("library/") {
            Some(name) if !name.contains('/') => name,
            _ => &self.path,
        };
        let read = format!("{short}:latest").parse::<Reference>();
        if read.is_ok_and(|reference| reference.repository == *self) {
            short.to_owned()
        } else {
            self.to_string()
        }
    }

    /// This repository at a tag.
    #[must_use]
    pub fn at_tag(&self, tag: Tag) -> Reference {
        Reference {
            repository: self.clone(),
            tag: Some(tag),
            digest: None,
            defaulted: false,
        }
    }

    /// This repository at a digest.
    #[must_use]
    pub fn at_digest(&self, digest: Digest) -> Reference {
        Reference {
            repository: self.clone(),
            tag: None,
            digest: Some(digest),
            defaulted: false,
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// A tag: at most 128 letters, digits, `_`, `.` and `-`, the first no `.` and no `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Box<str>);

impl Tag {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn latest() -> Self {
        Self("latest".into())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which manifest of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TagOrDigest {
    /// Whatever the tag names now.
    Tag(Tag),
    /// Just these bytes.
    Digest(Digest),
}

impl fmt::Display for TagOrDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// An image by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    repository: RepositoryName,
    tag: Option<Tag>,
    digest: Option<Digest>,
    defaulted: bool,
}

impl Reference {
    /// The name that an entry of a layout's index gives an image, if it is a full one: a tag alone says nothing of the
    /// repository.
    #[must_use]
    pub fn of_annotations(annotations: &BTreeMap<String, String>) -> Option<Self> {
        let full = annotations.get(FULL_NAME).and_then(|name| name.parse().ok());
        let is_name = |name: &&String| name.contains([':', '/', '@']);
        let short = || annotations.get(REF_NAME).filter(is_name)?.parse().ok();
        full.or_else(short)
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &RegistryName {
        &self.repository.registry
    }

    /// The tag, `latest` where neither tag nor digest was written.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The digest, if one was written.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Is the tag `latest` only because nothing else was written?
    #[must_use]
    pub fn is_defaulted(&self) -> bool {
        self.defaulted
    }

    /// What is asked of the registry: the digest where there is one, whatever the tag.
    #[must_use]
    pub fn at(&self) -> TagOrDigest {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => TagOrDigest::Digest(digest.clone()),
            (None, tag) => TagOrDigest::Tag(tag.clone().unwrap_or_else(Tag::latest)),
        }
    }

    /// The reference as people write it.
    #[must_use]
    pub fn familiar(&self) -> String {
        format!("{}{}", self.repository.familiar(), self.suffix())
    }

    fn suffix(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}"));
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}"));
        tag.into_iter().chain(digest).collect()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.repository, self.suffix())
    }
}

/// Why a text is no reference: docker's words, and the way out where there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Against the grammar.
    #[error("invalid reference format; write [HOST[:PORT]/]NAME[:TAG][@DIGEST], as in ghcr.io/acme/app:1.2")]
    Format,
    /// Against the grammar of tags.
    #[error("a tag is letters, digits, `_`, `.` and `-`, at most 128 of them, and begins with neither `.` nor `-`")]
    Tag,
    /// Upper case in the path.
    #[error("invalid reference format: repository name ({path}) must be lowercase; write `{lower}`")]
    Uppercase {
        /// The path as docker shows it.
        path: String,
        /// The reference with the path in lower case.
        lower: String,
    },
    /// A path over [`MAX_PATH`].
    #[error("repository name must not be more than {MAX_PATH} characters")]
    TooLong,
    /// What looks like an image ID.
    #[error("invalid repository name ({0}), cannot specify 64-byte hexadecimal strings; write NAME@sha256:{0}")]
    LooksLikeId(String),
    /// A URL, pasted.
    #[error("invalid reference format: a reference has no `{scheme}`; write `{rest}`")]
    Scheme {
        /// The prefix.
        scheme: &'static str,
        /// The reference without it.
        rest: String,
    },
    /// A port that no machine has.
    #[error("port {0} is not between 1 and 65535")]
    Port(String),
    /// A digest that is none.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A tag or digest where a repository is meant.
    #[error("a repository is meant here; leave out `{0}`")]
    NotARepository(String),
}
