//! Images in an archive: what `docker save` and its kin write, and an
//! [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md) in a tar.
//!
//! An archive is read where it is, by its headers; nothing of it is unpacked. What its members are called, how often and
//! where links lead is checked before anything else is done.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod content;
mod docker;
mod image;
mod input;
mod listing;
mod member;
mod plain;
mod saving;
mod scratch;
mod tar;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::compression::Packing;
use crate::oci::{Digest, Selection};
use crate::store::{Error, Intake, Result};

pub use image::Image;
pub use input::{Grown, Input, Limit};
pub use listing::{Choice, Entry};
pub use plain::Plain;
pub use saving::{Format, Saved, Saving};

use content::Content;
use docker::{Known, Making};
use listing::{What, images};
use scratch::Scratch;

/// How many bytes are read, decompressed or compared at once.
const PIECE: usize = 256 << 10;

/// An archive that is open.
pub struct Archive {
    content: Arc<Content>,
    entries: Vec<Entry>,
    /// Where files without a name are made.
    folder: PathBuf,
    limit: Limit,
    /// The layers that were made for other images.
    known: Mutex<Known>,
}

/// How far the making of layers is, which are called by what they are before they are compressed.
pub enum Step {
    /// These are to be read, of so many bytes.
    Found(Vec<(Digest, u64)>),
    /// One is begun.
    Began(Digest),
    /// So many more bytes of one were read.
    Read(Digest, u64),
    /// One is read.
    Ended(Digest),
}

/// Who is told how far it is.
pub type Watch<'a> = &'a (dyn Fn(Step) + Sync);

impl Archive {
    /// Opens an archive. What has to be unwrapped or made goes to files without a name in `folder`.
    ///
    /// All functions here do their work at once, on the thread that calls.
    pub fn open(input: Input, folder: &Path, limit: Limit) -> Result<Self> {
        let content = Content::of(input::open(input, folder, limit)?)?;
        let entries = images(&content)?;
        Ok(Self {
            content: Arc::new(content),
            entries,
            folder: folder.to_owned(),
            limit,
            known: Mutex::default(),
        })
    }

    /// Its images, in their order.
    #[must_use]
    pub fn images(&self) -> &[Entry] {
        &self.entries
    }

    /// The image of a name, or the only one there is.
    ///
    /// # Errors
    /// `NotFound`, and [`Choice`] where there are several; both name those there are.
    pub fn find(&self, name: Option<&str>) -> Result<&Entry> {
        let mut found = self
            .entries
            .iter()
            .filter(|entry| name.is_none_or(|name| entry.is_called(name)));
        match (found.next(), found.next(), name) {
            (Some(entry), None, _) => Ok(entry),
            (None, _, _) => Err(Error::not_found(Choice::nothing(name, &self.entries))),
            (Some(_), Some(_), _) => Err(Error::other(Choice::several(name, &self.entries))),
        }
    }

    /// Makes an image ready to be copied. Layers that have to be compressed for it go to `intake` once all of them are
    /// checked; without one they are kept as long as the image.
    pub fn prepare(&self, entry: &Entry, packing: Packing, intake: Option<&dyn Intake>, watch: Watch<'_>) -> Result<Image> {
        let item = match &entry.what {
            What::Oci(root, selection) => {
                return Ok(Image {
                    root: root.clone(),
                    content: Arc::clone(&self.content),
                    parts: HashMap::new(),
                    made: None,
                    selection: selection.clone(),
                });
            }
            What::Docker(item) => item,
        };
        let scratch = Scratch::in_folder(self.folder.clone());
        let making = Making {
            packing,
            limit: self.limit,
            intake: intake.unwrap_or(&scratch),
            watch,
        };
        let mut known = match intake {
            Some(_) => self.known.lock().unwrap_or_else(PoisonError::into_inner),
            None => {
                return docker::make(&self.content, item, &mut Known::new(), &making)
                    .map(|made| self.image(made, Some(scratch)));
            }
        };
        docker::make(&self.content, item, &mut known, &making).map(|made| self.image(made, None))
    }

    fn image(&self, made: docker::Made, scratch: Option<Scratch>) -> Image {
        Image {
            root: made.manifest,
            content: Arc::clone(&self.content),
            parts: made.parts,
            made: scratch,
            selection: Selection::All,
        }
    }
}
