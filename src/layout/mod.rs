//! Images in a directory: lugger's own store, and every other
//! [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
//!
//! A blob is hashed as it comes, synced, and only then given its name; names come last, in one step. So whatever cuts a
//! run off leaves the old state or the new one. Several processes may use one layout at once. What an image means, and
//! where it comes from, is the business of others.

mod blobs;
mod check;
mod folder;
mod fresh;
mod image;
mod index;
mod ingest;
mod known;
mod name;
mod reach;
mod room;
mod stamp;
mod sweep;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod usage;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::below::{Below, Kind};
use crate::oci::image_layout::REF_NAME;
use crate::oci::{Config, Descriptor, Digest, Manifest};
use crate::reference::RegistryName;
use crate::store::{Error, Result};

pub use check::{Checked, Damage, Fault, Step};
pub use image::Image;
pub use name::{CHOSEN_INDEX, CHOSEN_PLATFORMS, Entry, RefName, RefNameError};
pub use reach::Reach;
pub use room::NoRoom;
pub use sweep::{Pruned, Removed};
pub use usage::{Share, Usage};

use folder::{Folder, failed};
use index::Names;
use ingest::{Committer, Slots};
use known::Known;
use reach::Origins;

/// The largest blob that is read into memory, in bytes. Configs are far smaller.
pub const MAX_SMALL: u64 = 8 << 20;

/// A directory of images. Clones share what is open and locked; the last one to go gives it up.
///
/// All functions here do their work at once, on the thread that calls; the traits that [`Image`] implements move it
/// to blocking threads of the runtime.
#[derive(Clone)]
pub struct Layout {
    shared: Arc<Shared>,
}

/// A change of several names in one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renaming {
    /// The names that go.
    pub gone: Vec<RefName>,
    /// The names that come, instead of what had them before, and what they stand for.
    pub given: Vec<(RefName, Descriptor)>,
}

/// What all views of one layout have in common.
struct Shared {
    folder: Folder,
    known: Known,
    slots: Slots,
    committer: Committer,
    /// The blobs that this process has hashed, or written itself.
    proven: Mutex<HashSet<Digest>>,
    /// Filled for a registry when it is first asked for.
    origins: Mutex<HashMap<RegistryName, Origins>>,
}

impl Layout {
    /// The layout at `root`, which need not be there yet: it is then empty, and made when something is written.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self {
            shared: Arc::new(Shared {
                folder: Folder::new(root),
                known: Known::default(),
                slots: Slots::default(),
                committer: Committer::default(),
                proven: Mutex::default(),
                origins: Mutex::default(),
            }),
        }
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.shared.folder.root()
    }

    /// Where notes on uploads from here are kept; nothing need be there.
    #[must_use]
    pub fn uploads(&self) -> Below {
        self.shared.folder.uploads()
    }

    /// Where it is kept what was learned of images on registries; nothing need be there.
    ///
    /// # Errors
    /// There is something else than a layout, in which nothing may be kept.
    pub fn facts(&self) -> Result<Below> {
        self.shared.folder.is_layout()?;
        Ok(self.shared.folder.facts())
    }

    /// One image, by its name.
    #[must_use]
    pub fn image(&self, name: Option<RefName>) -> Image {
        Image::new(Arc::clone(&self.shared), name)
    }

    /// All images, in the order of `index.json`. Entries that cannot be understood are left out.
    pub fn images(&self) -> Result<Vec<Entry>> {
        self.same_images().map(|images| images.to_vec())
    }

    /// The same for whoever asks often: as long as nobody changes the names, what is given back stays the same.
    pub fn same_images(&self) -> Result<Arc<[Entry]>> {
        let folder = &self.shared.folder;
        folder.use_for_reading()?;
        if !folder.is_in_use() && !folder.is_layout()? {
            return Ok(Arc::default());
        }
        self.shared.known.images(folder)
    }

    /// Gives the image `from` the name `to` too; an image that had it loses it.
    ///
    /// # Errors
    /// `NotFound` if there is no image `from`.
    pub fn tag(&self, from: &RefName, to: &RefName) -> Result<()> {
        self.shared.want(Some(from))?;
        self.shared.change(|names| names.copy(from, to))
    }

    /// Changes several names in one step, as `plan` says, which is shown the images that are there. Nobody else changes
    /// names or deletes blobs until it is done, so that what the plan finds there is there when the names come. No blob
    /// is deleted.
    ///
    /// # Errors
    /// What the plan says; then no name is changed.
    pub fn rename(&self, plan: impl FnOnce(&[Entry]) -> Result<Renaming>) -> Result<()> {
        self.shared.folder.use_for_writing()?;
        let _lock = self.shared.folder.lock_index()?;
        let mut names = Names::read(&self.shared.folder)?;
        let images: Vec<Entry> = names.entries().collect();
        let renaming = plan(&images)?;
        if renaming == Renaming::default() {
            // Whoever is told that a name is given need do no more about it.
            return self.shared.folder.sync_names();
        }
        self.shared.sync_blobs()?;
        names.drop_names(&renaming.gone.into_iter().collect())?;
        for (name, mut image) in renaming.given {
            image.annotations.insert(REF_NAME.to_owned(), name.to_string());
            names.put(Some(&name), &image)?;
        }
        names.write(&self.shared.folder)
    }

    /// Drops names, all or none of them, and deletes the blobs that only they reached. While another process uses the
    /// layout the blobs stay. The caller has no transfer under way in this layout. With `rehearse` nothing happens, and the
    /// answer is the same.
    ///
    /// # Errors
    /// `NotFound` if one of the names is not there.
    pub fn remove(&self, names: &[RefName], rehearse: bool) -> Result<Removed> {
        self.shared.want(names.first())?;
        sweep::remove(&self.shared, &names.iter().cloned().collect::<BTreeSet<_>>(), rehearse)
    }

    /// Deletes the blobs that no name reaches, and unfinished ones that nobody has touched for 7 days. While another
    /// process uses the layout, blobs stay. The caller has no transfer under way in this layout. With `rehearse` nothing
    /// happens, and the answer is the same.
    pub fn prune(&self, rehearse: bool) -> Result<Pruned> {
        if !self.shared.folder.is_layout()? {
            return Ok(Pruned::default());
        }
        sweep::prune(&self.shared, rehearse)
    }

    /// Deletes one blob that no name reaches. Uploads and other transfers of this process may go on meanwhile.
    ///
    /// # Errors
    /// `NotFound` if it is not there; `Refused` if a name reaches it, or while another process uses the layout.
    pub fn delete_blob(&self, digest: &Digest) -> Result<()> {
        self.shared.want(None)?;
        sweep::delete_blob(&self.shared, digest)
    }

    /// Reads all blobs and follows all names, and tells what is damaged. With `repair` what is worthless is dropped, so that
    /// the next pull fetches it; while another process uses the layout nothing is. The caller has no transfer under way
    /// in this layout. `watch` is told from several threads how far it is.
    ///
    /// # Errors
    /// There is something else than a layout; the disk does not let it be looked through or repaired.
    pub fn check(&self, repair: bool, watch: &(dyn Fn(Step) + Sync)) -> Result<Checked> {
        check::check(&self.shared, repair, watch)
    }

    /// The blobs that an image is made of, as far as its manifests are there and can be read.
    pub fn reach(&self, image: &Descriptor) -> Result<Reach> {
        self.shared.folder.use_for_reading()?;
        Reach::of(&self.shared.folder, [image.digest.clone()])
    }

    /// What images take of the disk, together and each for itself; blobs that are missing do not count.
    pub fn usage(&self, images: &[Entry]) -> Result<Usage> {
        Usage::of(images.iter().map(|image| &image.descriptor), |image| self.reach(image))
    }

    /// The blobs that an image needs and that are not here, or not with the right size. Layers that are not to be
    /// distributed need not be.
    pub fn missing(&self, image: &Manifest) -> Result<Vec<Digest>> {
        self.shared.folder.use_for_reading()?;
        reach::missing(&self.shared.folder, image)
    }

    /// The size of a blob in bytes; `None` if it is not there.
    pub fn blob_size(&self, digest: &Digest) -> Result<Option<u64>> {
        self.shared.folder.use_for_reading()?;
        blobs::size(&self.shared.folder, digest)
    }

    /// Reads and verifies a manifest.
    ///
    /// # Errors
    /// `NotFound`, and `Mismatch` for other bytes than the digest's.
    pub fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        self.shared.folder.use_for_reading()?;
        blobs::manifest(&self.shared.folder, at)
    }

    /// Reads and verifies a blob of at most [`MAX_SMALL`] bytes.
    ///
    /// # Errors
    /// `NotFound`, and `Mismatch` for other bytes than the digest's.
    pub fn small_blob(&self, blob: &Descriptor) -> Result<Bytes> {
        self.shared.folder.use_for_reading()?;
        blobs::read(&self.shared.folder, blob, MAX_SMALL)
    }

    /// Opens a blob that is read whole to verify it, unless this process has done so or has written it.
    ///
    /// # Errors
    /// `NotFound`, and `Mismatch` for other bytes than the digest's.
    pub fn verified_blob(&self, blob: &Descriptor) -> Result<File> {
        self.shared.folder.use_for_reading()?;
        blobs::open_verified(&self.shared, blob)
    }

    /// The config of an image; `None` for an index.
    ///
    /// # Errors
    /// As [`Self::small_blob`]; a config that is none.
    pub fn config(&self, image: &Manifest) -> Result<Option<Config>> {
        let Some(config) = image.config() else {
            return Ok(None);
        };
        let bytes = self.small_blob(config)?;
        let parsed = Config::parse(&bytes).map_err(|error| Error::other(error).context("the image's config is damaged"))?;
        Ok(Some(parsed))
    }
}

impl Shared {
    /// Refuses early, and without making a layout, what wants an image of a layout that is not there.
    fn want(&self, name: Option<&RefName>) -> Result<()> {
        if self.folder.is_layout()? {
            return Ok(());
        }
        Err(reach::no_image(&self.folder, name))
    }

    /// Changes the names while nobody else does.
    fn change(&self, change: impl FnOnce(&mut Names) -> Result<()>) -> Result<()> {
        let _lock = self.folder.lock_index()?;
        let mut names = Names::read(&self.folder)?;
        change(&mut names)?;
        names.write(&self.folder)
    }

    /// Makes the names of all blobs survive a power cut, those included that another process has just given.
    fn sync_blobs(&self) -> Result<()> {
        let blobs = self.folder.blobs();
        for folder in ["", "sha256", "sha384", "sha512"].map(|algorithm| blobs.join(algorithm)) {
            if matches!(folder.look(), Ok(Some(found)) if found.kind == Kind::Folder) {
                folder.sync().map_err(failed("sync", folder.path()))?;
            }
        }
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.slots.close(&self.folder.partials());
    }
}

/// Runs work that blocks on a thread for such work.
async fn spawned<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::other)?
}
