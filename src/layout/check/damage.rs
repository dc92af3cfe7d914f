//! What a check finds: what is damaged, and in which way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::below::Kind;
use crate::oci::Digest;

/// What [`Layout::check`](crate::layout::Layout::check) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many blobs were read.
    pub blobs: usize,
    /// Their size, in bytes.
    pub bytes: u64,
    /// How many images there are.
    pub images: usize,
    /// How many unfinished blobs wait to be gone on with. They are hashed when they are.
    pub unfinished: usize,
    /// What is damaged, in the order of the files' names.
    pub damages: Vec<Damage>,
    /// Was nothing dropped because somebody else uses the layout now?
    pub kept_in_use: bool,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file, below the root.
    pub file: PathBuf,
    /// What is wrong.
    pub fault: Fault,
    /// The images that need it, by their names.
    pub images: BTreeSet<String>,
    /// Nothing is in the way of the next pull any more: it is dropped, or it was missing.
    pub repaired: bool,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Other bytes than the name says.
    #[error("has the content of {0}")]
    Content(Digest),
    /// A right digest, and another size than an image says.
    #[error("has {actual} bytes, and an image says {expected}")]
    Size {
        /// What the image says.
        expected: u64,
        /// What the file has.
        actual: u64,
    },
    /// An image needs it, and it is not there.
    #[error("is missing")]
    Missing,
    /// A link, a pipe or the like. It is not opened.
    #[error("is {0}, not a file")]
    NoFile(&'static str),
    /// The disk does not give its bytes, or not to this user.
    #[error("cannot be read: {error}")]
    Unreadable {
        /// Why.
        error: String,
        /// Is it only a matter of rights?
        denied: bool,
    },
    /// A manifest with the right bytes that says nothing that can be understood.
    #[error("is no manifest: {0}")]
    NoManifest(String),
    /// The file that marks a layout.
    #[error("does not mark an image layout: {0}")]
    Mark(String),
    /// The file with the names, or one of its entries.
    #[error("does not tell its images: {0}")]
    Names(String),
}

impl Fault {
    /// Is it bytes that are not those they should be?
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        matches!(self, Self::Content(_) | Self::Size { .. })
    }

    /// Is it worth nothing to anybody?
    pub(super) fn is_worthless(&self) -> bool {
        match self {
            Self::Content(_) | Self::NoFile(_) => true,
            Self::Unreadable { denied, .. } => !denied,
            Self::Size { .. } | Self::Missing | Self::NoManifest(_) | Self::Mark(_) | Self::Names(_) => false,
        }
    }
}

/// The damages, by their files.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) damages: BTreeMap<PathBuf, Damage>,
}

impl Findings {
    /// The first fault of a file is told: whoever looks at it again sees a consequence.
    pub(super) fn add(&mut self, file: PathBuf, fault: Fault, image: Option<&str>) {
        let damage = self.damages.entry(file.clone()).or_insert_with(|| Damage {
            file,
            fault,
            images: BTreeSet::new(),
            repaired: false,
        });
        damage.images.extend(image.map(str::to_owned));
    }
}

/// What is there instead of a file, in words.
pub(super) fn kind(found: Kind) -> &'static str {
    match found {
        Kind::File => "a file",
        Kind::Folder => "a folder",
        Kind::Link => "a symbolic link",
        Kind::Pipe => "a pipe",
        Kind::Socket => "a socket",
        Kind::Device => "a device",
    }
}
