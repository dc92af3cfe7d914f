//! Blobs that are made on their way to somewhere else than a store: files without names, which end with this process.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::archive::content::Part;
use crate::archive::input::scratch;
use crate::archive::member::Place;
use crate::oci::{Algorithm, Digest, Hasher};
use crate::store::{Incoming, Intake, Result};

type Kept = Arc<Mutex<HashMap<Digest, Part>>>;

/// A place for blobs that are made and read again.
#[derive(Clone)]
pub(super) struct Scratch {
    folder: PathBuf,
    kept: Kept,
}

impl Scratch {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            kept: Kept::default(),
        }
    }

    /// A blob that was kept.
    pub(super) fn blob(&self, digest: &Digest) -> Option<Part> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(digest).cloned()
    }
}

impl Intake for Scratch {
    fn begin(&self) -> Result<Box<dyn Incoming>> {
        Ok(Box::new(Made {
            file: scratch(&self.folder)?,
            hasher: Hasher::new(Algorithm::Sha256),
            size: 0,
            kept: Arc::clone(&self.kept),
        }))
    }
}

struct Made {
    file: File,
    hasher: Hasher,
    size: u64,
    kept: Kept,
}

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size = self.size.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Incoming for Made {
    fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn keep(self: Box<Self>) -> Result<Digest> {
        let digest = self.hasher.finish();
        let place = Place { at: 0, size: self.size };
        let part = Part::of(&Arc::new(Mutex::new(self.file)), place);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(digest.clone(), part);
        Ok(digest)
    }
}
