//! The directory of a layout: is it one, making it, and the two locks that keep processes from each other's way.
//!
//! `lock` is shared by everybody who reads or writes blobs and taken alone by whoever deletes some; `index.lock` is
//! taken by whoever changes names, and always before `lock` is taken alone. Readers of the image spec ignore both.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::anyhow;
use serde::Deserialize;

use crate::below::{Access, Below, Found, Kind};
use crate::files;
use crate::oci::Digest;
use crate::oci::image_layout::{self, BLOBS, EMPTY_INDEX, INDEX_FILE, LAYOUT_FILE, LAYOUT_JSON};
use crate::store::{Error, Result};

/// Where unfinished blobs wait.
const PARTIAL: &str = "partial";
/// Where it is noted which uploads were begun.
const UPLOADS: &str = "uploads";
/// Where it is kept what was learned of images on registries.
const FACTS: &str = "facts";
const LOCK: &str = "lock";
const INDEX_LOCK: &str = "index.lock";

/// The root of a layout, which may not be there yet.
pub(super) struct Folder {
    root: Below,
    /// The shared lock, once the blobs are in use here.
    usage: Mutex<Option<File>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
struct Marker {
    image_layout_version: String,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root: Below::root(root),
            usage: Mutex::new(None),
        }
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    /// What lies in it, by its way from the root.
    pub(super) fn below(&self, way: impl AsRef<Path>) -> Below {
        self.root.join(way)
    }

    pub(super) fn index(&self) -> Below {
        self.root.join(INDEX_FILE)
    }

    pub(super) fn blobs(&self) -> Below {
        self.root.join(BLOBS)
    }

    pub(super) fn blob(&self, digest: &Digest) -> Below {
        self.root.join(image_layout::blob_path(digest))
    }

    pub(super) fn partials(&self) -> Below {
        self.root.join(PARTIAL)
    }

    pub(super) fn uploads(&self) -> Below {
        self.root.join(UPLOADS)
    }

    pub(super) fn facts(&self) -> Below {
        self.root.join(FACTS)
    }

    /// Makes sure that this may be read as a layout, and that nobody deletes blobs from now on. A layout that lugger
    /// never wrote has no lock, and then nobody has to be kept off.
    pub(super) fn use_for_reading(&self) -> Result<()> {
        if self.is_in_use() || !self.is_layout()? {
            return Ok(());
        }
        self.keep_deleters_off()
    }

    /// The same where what marks a layout may be damaged.
    pub(super) fn keep_deleters_off(&self) -> Result<()> {
        let mut usage = locked(&self.usage);
        if usage.is_some() {
            return Ok(());
        }
        let path = self.root.join(LOCK);
        match path.open(Access::Read) {
            Ok(lock) => *usage = Some(shared(lock, path.path())?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(failed("open", path.path())(error)),
        }
        Ok(())
    }

    /// The same for writing: a layout that is not there is made.
    pub(super) fn use_for_writing(&self) -> Result<()> {
        let mut usage = locked(&self.usage);
        if usage.is_some() {
            return Ok(());
        }
        if !self.is_layout()? {
            self.create()?;
        }
        let path = self.root.join(LOCK);
        *usage = Some(shared(open_lock(&path)?, path.path())?);
        Ok(())
    }

    /// Is this a layout whose blobs nobody deletes for now?
    pub(super) fn is_in_use(&self) -> bool {
        locked(&self.usage).is_some()
    }

    /// Waits until nobody else changes names.
    pub(super) fn lock_index(&self) -> Result<File> {
        let path = self.root.join(INDEX_LOCK);
        let lock = open_lock(&path)?;
        lock.lock().map_err(failed("lock", path.path()))?;
        Ok(lock)
    }

    /// The blobs for oneself, to delete some: `None` if another process, or another [`Folder`] in this one, uses them.
    /// The own use ends before.
    pub(super) fn alone(&self) -> Result<Option<File>> {
        locked(&self.usage).take();
        let path = self.root.join(LOCK);
        let lock = open_lock(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed("lock", path.path())(error)),
        }
    }

    /// Is there a layout? `false` if there is nothing, or no more than a creation that was cut off.
    ///
    /// # Errors
    /// There is something else, or a layout of a version that is not known.
    pub(super) fn is_layout(&self) -> Result<bool> {
        if self.is_marked()? {
            return Ok(true);
        }
        if self.is_blank()? {
            return Ok(false);
        }
        // Not blank: because of other things, or because another process has just finished a layout.
        if self.is_marked()? {
            return Ok(true);
        }
        let root = self.root().display();
        Err(Error::other(anyhow!(
            "{root} is no image layout: it has no `{LAYOUT_FILE}` file; a new layout is made in a folder that is empty or not there yet"
        )))
    }

    /// Is there the file that marks a layout, of the version that is known?
    fn is_marked(&self) -> Result<bool> {
        let path = self.root.join(LAYOUT_FILE);
        match path.read() {
            Ok(marker) => {
                self.check(&marker)?;
                self.refuse_links().map(|()| true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Err(Error::other(anyhow!("{} is no folder", self.root().display())))
            }
            Err(error) => Err(failed("read", path.path())(error)),
        }
    }

    /// The folders of a layout lie in it. A layout from elsewhere could otherwise have what is written to it, or deleted
    /// from it, happen in any other place; whoever wants its content on another disk links the layout itself.
    fn refuse_links(&self) -> Result<()> {
        let blobs = self.blobs();
        let algorithms = ["sha256", "sha384", "sha512"].map(|algorithm| blobs.join(algorithm));
        let own = [blobs, self.partials(), self.uploads(), self.facts()];
        for folder in own.into_iter().chain(algorithms) {
            if is(&folder, Kind::Link) {
                return Err(Error::other(anyhow!(
                    "{} is a symbolic link, and the folders of a layout must lie in it",
                    folder.path().display()
                )));
            }
        }
        Ok(())
    }

    fn check(&self, marker: &[u8]) -> Result<()> {
        let root = self.root().display();
        match serde_json::from_slice(marker) {
            Ok(Marker { image_layout_version }) if image_layout_version == "1.0.0" => Ok(()),
            Ok(Marker { image_layout_version }) => Err(Error::other(anyhow!(
                "{root} is an image layout of version {}, and only 1.0.0 is known",
                image_layout_version.escape_debug()
            ))),
            Err(error) => Err(Error::other(anyhow!(
                "{root} is no image layout: its {LAYOUT_FILE} file: {error}"
            ))),
        }
    }

    /// What is wrong with the file that marks a layout, where the rest of one is there; `None` if nothing is.
    ///
    /// # Errors
    /// There is no layout, but something else.
    pub(super) fn flaw_of_mark(&self) -> Result<Option<String>> {
        let looks_like_one = is(&self.blobs(), Kind::Folder) && is(&self.index(), Kind::File);
        match self.is_layout() {
            Ok(_) => Ok(None),
            Err(error) if !looks_like_one => Err(error),
            Err(error) => match self.root.join(LAYOUT_FILE).read() {
                Ok(marker) => match serde_json::from_slice::<Marker>(&marker) {
                    // Of a version that is not known, or led elsewhere: nothing is damaged, and nothing may be changed.
                    Ok(_) => Err(error),
                    Err(flaw) => Ok(Some(flaw.to_string())),
                },
                Err(flaw) if flaw.kind() == io::ErrorKind::NotFound => Ok(Some("it is missing".to_owned())),
                Err(_) => Err(error),
            },
        }
    }

    /// Marks the directory as a layout again. Wants the lock of the index.
    pub(super) fn mark(&self) -> Result<()> {
        let path = self.root.join(LAYOUT_FILE);
        files::replace_locked(path.path(), LAYOUT_JSON.as_bytes()).map_err(failed("write", path.path()))
    }

    /// Is there nothing but what a creation makes before the file that marks a layout?
    fn is_blank(&self) -> Result<bool> {
        let entries = self.root.list().map_err(failed("read", self.root()))?;
        Ok(entries.iter().all(|(entry, found)| made_first(entry, *found)))
    }

    /// Makes what the names stand for now survive a power cut: another run may have been cut off between giving a name and
    /// seeing to that. Where nothing can be written nothing waits to be.
    pub(super) fn sync_names(&self) -> Result<()> {
        match self.root.sync() {
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => Ok(()),
            synced => synced.map_err(failed("sync", self.root())),
        }
    }

    /// Makes an empty layout. The marker comes last, so that whatever has it has the rest.
    fn create(&self) -> Result<()> {
        files::create_folder_for_sure(self.root()).map_err(failed("create", self.root()))?;
        let _lock = self.lock_index()?;
        if self.is_layout()? {
            return Ok(());
        }
        let blobs = self.blobs();
        blobs.create_folder().map_err(failed("create", blobs.path()))?;
        for (name, text) in [(INDEX_FILE, EMPTY_INDEX), (LAYOUT_FILE, LAYOUT_JSON)] {
            let path = self.root.join(name);
            files::replace_locked(path.path(), text.as_bytes()).map_err(failed("write", path.path()))?;
        }
        Ok(())
    }
}

fn is(below: &Below, kind: Kind) -> bool {
    matches!(below.look(), Ok(Some(found)) if found.kind == kind)
}

fn made_first(entry: &Below, found: Found) -> bool {
    match entry.way().to_str() {
        // Notes can be there before there is a store: a copy between registries needs none, nor does a list.
        Some(LOCK | INDEX_LOCK | UPLOADS | FACTS) => true,
        Some(BLOBS) => entry.list().is_ok_and(|blobs| blobs.is_empty()),
        Some(INDEX_FILE) => found.is_file() && entry.read().is_ok_and(|bytes| bytes == EMPTY_INDEX.as_bytes()),
        Some(name) => name.starts_with(files::ASIDE),
        None => false,
    }
}

fn open_lock(path: &Below) -> Result<File> {
    path.open(Access::Make).map_err(failed("open", path.path()))
}

fn shared(lock: File, path: &Path) -> Result<File> {
    lock.lock_shared().map_err(failed("lock", path))?;
    Ok(lock)
}

/// Nothing behind these locks is left half done by a panic.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error of the disk, with what was being done to which file.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |error| Error::other(error).context(format!("cannot {what} {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(root: &Path) -> Folder {
        Folder::new(root.to_owned())
    }

    #[test]
    fn a_missing_root_is_an_empty_layout_and_reading_does_not_make_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a/b");
        folder(&root).use_for_reading().unwrap();
        assert!(!root.exists());
        folder(&root).use_for_writing().unwrap();
        assert_eq!(fs::read_to_string(root.join(LAYOUT_FILE)).unwrap(), LAYOUT_JSON);
        assert_eq!(fs::read_to_string(root.join(INDEX_FILE)).unwrap(), EMPTY_INDEX);
        assert!(root.join(BLOBS).is_dir());
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        for result in [folder(dir.path()).use_for_reading(), folder(dir.path()).use_for_writing()] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("is no image layout: it has no `oci-layout` file"), "{error}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_creation_that_was_cut_off_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        for name in [LOCK, INDEX_LOCK, ".tmpAbCdEf"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::create_dir(dir.path().join(BLOBS)).unwrap();
        fs::write(dir.path().join(INDEX_FILE), EMPTY_INDEX).unwrap();
        folder(dir.path()).use_for_writing().unwrap();
        assert!(folder(dir.path()).is_layout().unwrap());
    }

    #[test]
    fn a_layout_that_another_process_is_making_is_never_taken_for_something_else() {
        for _ in 0..100 {
            let dir = tempfile::tempdir().unwrap();
            let (maker, seer) = (folder(dir.path()), folder(dir.path()));
            let making = std::thread::spawn(move || maker.use_for_writing());
            while !seer.is_layout().unwrap() {}
            making.join().unwrap().unwrap();
        }
    }

    #[test]
    fn names_without_the_marker_of_a_layout_are_not_taken_for_a_creation() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(INDEX_FILE), r#"{"manifests":[]}"#).unwrap();
        assert!(folder(dir.path()).use_for_writing().is_err());
    }

    #[test]
    fn a_layout_of_an_unknown_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (marker, expected) in [
            (r#"{"imageLayoutVersion":"2.0.0"}"#, "version 2.0.0, and only 1.0.0"),
            ("", "no image layout"),
            ("{}", "no image layout"),
        ] {
            fs::write(dir.path().join(LAYOUT_FILE), marker).unwrap();
            let error = folder(dir.path()).use_for_writing().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn blobs_are_had_alone_only_while_nobody_else_uses_them() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (folder(dir.path()), folder(dir.path()));
        one.use_for_writing().unwrap();
        assert!(one.alone().unwrap().is_some());
        other.use_for_reading().unwrap();
        assert!(one.alone().unwrap().is_none());
        drop(other);
        assert!(one.alone().unwrap().is_some());
    }
}
