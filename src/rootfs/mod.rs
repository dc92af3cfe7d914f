//! The root filesystem of an image: its layers laid over each other, written as one archive or one folder.
//!
//! The layers are read twice. First their headers, to know what is there in the end and where its bytes are; nothing is
//! written before all of them are found good. Then what has stayed is written, while its bytes come out of the
//! decompression a second time. So what a layer hides or replaces is never written, and an archive needs no disk.
//!
//! Whoever opens the layers has verified their digests.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod ahead;
mod archive;
mod folder;
mod limits;
mod place;
mod plan;
#[cfg(test)]
mod tests;
mod tree;
mod way;
mod write;

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, Result};

use crate::compression::{self, Decompressed};
use crate::oci::Digest;
use crate::tarball::{Entry, Reader, Stream};

pub use folder::{Lost, Wanted};
pub use limits::{Stop, TooLarge, usual_limit};
pub use place::{InUse, check as check_place};

use archive::Archive;
use folder::Writer;
use limits::{Budget, Counted};
use plan::Plan;
use tree::Tree;

/// The most layers that are decompressed at once.
const MAX_THREADS: usize = 4;
/// How much of an archive is written at once.
const CHUNK: usize = 256 << 10;

/// A layer whose bytes are those of its digest.
pub struct Layer {
    /// Its name, for messages.
    pub digest: Digest,
    /// The blob as it was pulled.
    pub file: File,
}

impl Layer {
    fn decompressed(&self) -> io::Result<Decompressed<'_>> {
        (&self.file).rewind()?;
        Ok(compression::reader(&self.file)?.1)
    }

    fn scan(&self, budget: &Budget<'_>) -> Result<Vec<Entry>> {
        // What the reader says of a budget that is spent does not come through the decompression as what it is.
        self.entries(budget)
            .map_err(|error| budget.overdrawn().map_or(error, Into::into))
    }

    /// All entries, once all bytes are read.
    fn entries(&self, budget: &Budget<'_>) -> Result<Vec<Entry>> {
        let mut decompressed = self.decompressed()?;
        let mut reader = Reader::new(Stream(Counted::new(&mut decompressed, budget)));
        let mut entries = Vec::new();
        while let Some(entry) = reader.next()? {
            budget.take(&entry)?;
            entries.push(entry);
        }
        reader.finish()?;
        Ok(entries)
    }
}

/// What an image's layers make together.
pub struct Rootfs<'s> {
    tree: Tree,
    layers: Vec<Layer>,
    stop: &'s Stop,
}

impl<'s> Rootfs<'s> {
    /// Reads the headers of all layers, the lowest first. Together they may unpack to `limit` bytes.
    ///
    /// # Errors
    /// [`TooLarge`]; a layer that is no tar archive, or that could be read in two ways, or that would leave the root.
    pub fn read(layers: Vec<Layer>, limit: u64, stop: &'s Stop) -> Result<Self> {
        let budget = Budget::new(limit, stop);
        let mut tree = Tree::default();
        for ((at, layer), entries) in layers.iter().enumerate().zip(scan_all(&layers, &budget)) {
            let lay = || entries?.into_iter().try_for_each(|entry| tree.apply(at, entry));
            lay().with_context(|| format!("the layer {} cannot be unpacked", layer.digest))?;
        }
        Ok(Self { tree, layers, stop })
    }

    /// Writes it as a tar archive, and gives back where it was written to.
    pub fn to_archive<W: Write>(&self, out: W) -> Result<W> {
        let plan = Plan::of(&self.tree);
        let mut archive = Archive::new(BufWriter::with_capacity(CHUNK, out));
        write::write(&plan, &self.layers, self.stop, &mut archive)?;
        Ok(archive.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?)
    }

    /// Writes it as the folder `to`, which appears when it is whole.
    ///
    /// # Errors
    /// [`InUse`] if something is there that is no empty folder.
    pub fn to_folder(&self, to: &Path, wanted: Wanted) -> Result<Lost> {
        let aside = place::Aside::beside(to)?;
        let plan = Plan::of(&self.tree);
        let mut writer = Writer::new(aside.path(), wanted)?;
        write::write(&plan, &self.layers, self.stop, &mut writer)?;
        let lost = writer.finish(&plan.folders)?;
        self.stop.check()?;
        aside.appear(to)?;
        Ok(lost)
    }
}

/// Reads all layers, some at once; each gives its own outcome.
fn scan_all(layers: &[Layer], budget: &Budget<'_>) -> Vec<Result<Vec<Entry>>> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Result<Vec<Entry>>>>> = layers.iter().map(|_| Mutex::default()).collect();
    let work = || {
        while let Some((layer, outcome)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            layers.get(at).zip(outcomes.get(at))
        } {
            let scanned = layer.scan(budget);
            if let Ok(mut outcome) = outcome.lock() {
                *outcome = Some(scanned);
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(MAX_THREADS)
            .min(layers.len());
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    let taken = outcomes.into_iter().map(|outcome| outcome.into_inner().ok().flatten());
    taken.map(|outcome| outcome.context("the layer was not read")?).collect()
}
