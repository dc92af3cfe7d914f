//! Dropping names, and deleting the blobs that no name reaches any more.
//!
//! Blobs go only while no other process uses the layout; otherwise they stay for a later prune. Names are gone first,
//! so that being cut off leaves blobs too many and never too few.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::files::ASIDE;
use crate::layout::Shared;
use crate::layout::blobs::leads_to;
use crate::layout::folder::{Folder, failed};
use crate::layout::index::Names;
use crate::layout::name::RefName;
use crate::layout::reach::Reach;
use crate::oci::Digest;
use crate::store::Result;

/// How long an unfinished blob waits to be gone on with.
const PATIENCE: Duration = Duration::from_hours(7 * 24);

/// What [`Layout::remove`](crate::layout::Layout::remove) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The names that are gone.
    pub names: Vec<RefName>,
    /// The blobs that are gone.
    pub blobs: Vec<Digest>,
    /// Their size, in bytes.
    pub bytes: u64,
    /// Were blobs left because somebody else uses the layout now?
    pub kept_in_use: bool,
}

/// What [`Layout::prune`](crate::layout::Layout::prune) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The blobs that are gone.
    pub blobs: Vec<Digest>,
    /// How many unfinished blobs and other remains of runs that were cut off are gone.
    pub partials: usize,
    /// The size of all that, in bytes.
    pub bytes: u64,
    /// Were blobs left because somebody else uses the layout now?
    pub kept_in_use: bool,
}

/// Drops names, and the blobs that only they reached; in a rehearsal it only says which.
pub(super) fn remove(shared: &Shared, names: &BTreeSet<RefName>, rehearse: bool) -> Result<Removed> {
    let folder = &shared.folder;
    let mut removed = Removed {
        names: names.iter().cloned().collect(),
        ..Removed::default()
    };
    let _lock = folder.lock_index()?;
    let mut index = Names::read(folder)?;
    let dropped = index.drop_names(names)?;
    let kept = index.raw().to_vec();
    if !rehearse {
        index.write(folder)?;
    }
    let Some(_alone) = folder.alone()? else {
        removed.kept_in_use = true;
        return Ok(removed);
    };
    let kept = Reach::of_entries(folder, &kept)?;
    for (digest, size) in Reach::of_entries(folder, &dropped)?.blobs {
        if !kept.blobs.contains_key(&digest) && (rehearse || delete(&folder.blob(&digest))?) {
            removed.blobs.push(digest);
            removed.bytes += size;
        }
    }
    Ok(removed)
}

/// Deletes all blobs that no name reaches, and what runs that were cut off have left; in a rehearsal it only says which.
pub(super) fn prune(shared: &Shared, rehearse: bool) -> Result<Pruned> {
    let folder = &shared.folder;
    let mut pruned = Pruned::default();
    let _lock = folder.lock_index()?;
    for place in [folder.partials(), folder.uploads(), folder.root().to_owned()] {
        prune_remains(&place, place == folder.root(), rehearse, &mut pruned)?;
    }
    let Some(_alone) = folder.alone()? else {
        pruned.kept_in_use = true;
        return Ok(pruned);
    };
    let names = Names::read(folder)?;
    // A name may not come back after its blobs are gone.
    folder.sync_names()?;
    let kept = Reach::of_entries(folder, names.raw())?;
    for (digest, size) in stored(folder)? {
        if !kept.blobs.contains_key(&digest) && (rehearse || delete(&folder.blob(&digest))?) {
            pruned.blobs.push(digest);
            pruned.bytes += size;
        }
    }
    Ok(pruned)
}

/// Removes the files of a folder that nobody has locked or touched for long; in the root only those that
/// [`files`](crate::files) left.
fn prune_remains(folder: &Path, only_aside: bool, rehearse: bool, pruned: &mut Pruned) -> Result<()> {
    for (path, size) in listed(folder)? {
        let aside = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(ASIDE));
        let Some(_lock) = (aside || !only_aside).then(|| abandoned(&path)).flatten() else {
            continue;
        };
        if rehearse || delete(&path)? {
            pruned.partials += 1;
            pruned.bytes += size;
        }
    }
    Ok(())
}

/// Locks a file that nobody has locked and that was not touched for long. It is deleted while it is locked: whoever gets
/// the lock then sees that the name is gone.
fn abandoned(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    let touched = file.metadata().and_then(|file| file.modified()).ok()?;
    let age = SystemTime::now().duration_since(touched).ok()?;
    let free = age > PATIENCE && file.try_lock().is_ok() && leads_to(path, &file).unwrap_or(false);
    free.then_some(file)
}

/// The blobs that are there, by their names, with their sizes in bytes.
pub(super) fn stored(folder: &Folder) -> Result<Vec<(Digest, u64)>> {
    let mut stored = Vec::new();
    for algorithm in ["sha256", "sha384", "sha512"] {
        for (path, size) in listed(&folder.blobs().join(algorithm))? {
            let hex = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            stored.extend(format!("{algorithm}:{hex}").parse().ok().map(|digest| (digest, size)));
        }
    }
    Ok(stored)
}

/// The files of a folder with their sizes, in the order of their names; none if there is no folder.
fn listed(folder: &Path) -> Result<Vec<(std::path::PathBuf, u64)>> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let entry = entry.map_err(failed("read", folder))?;
        // Gone since it was listed: no file any more.
        if let Some(file) = entry.metadata().ok().filter(fs::Metadata::is_file) {
            files.push((entry.path(), file.len()));
        }
    }
    files.sort();
    Ok(files)
}

/// `false` if somebody else was faster.
fn delete(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("delete", path)(error)),
    }
}
