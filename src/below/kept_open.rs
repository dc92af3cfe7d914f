//! The root, and the directories below it that are kept open: all calls share them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

#[cfg(not(unix))]
pub(super) type Handle = ();
#[cfg(unix)]
pub(super) type Handle = std::os::fd::OwnedFd;

/// A directory that stays open until the last clone is dropped.
pub type KeptOpen = Arc<Handle>;

/// A root directory. Only its path counts when two are compared.
pub(super) struct Root {
    path: PathBuf,
    /// By the way from the root.
    open: Mutex<HashMap<PathBuf, Weak<Handle>>>,
    creating: Mutex<()>,
}

impl Root {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            open: Mutex::default(),
            creating: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory at `way`, if it is kept open. It may have been removed since.
    pub(super) fn kept(&self, way: &Path) -> Option<KeptOpen> {
        self.open().get(way)?.upgrade()
    }

    pub(super) fn keep(&self, way: &Path, directory: Handle) -> KeptOpen {
        let kept = Arc::new(directory);
        self.open().insert(way.to_owned(), Arc::downgrade(&kept));
        kept
    }

    /// Waits until no other thread creates directories below this root.
    pub(super) fn creating(&self) -> MutexGuard<'_, ()> {
        self.creating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<PathBuf, Weak<Handle>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Root {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Root {}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}
