//! Dropping names, and deleting the blobs that no name reaches any more.
//!
//! Blobs go only while no other process uses the layout; otherwise they stay for a later prune. Names are gone first,
//! so that being cut off leaves blobs too many and never too few.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, SystemTime};

use anyhow::anyhow;

use crate::below::{Access, Below, Kind};
use crate::files::ASIDE;
use crate::layout::Shared;
use crate::layout::blobs;
use crate::layout::folder::{Folder, failed};
use crate::layout::index::Names;
use crate::layout::name::RefName;
use crate::layout::reach::Reach;
use crate::oci::Digest;
use crate::store::{Error, ErrorKind, Result};

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
    let root = folder.below("");
    for place in [folder.partials(), folder.uploads(), folder.facts(), root.clone()] {
        prune_remains(&place, place == root, rehearse, &mut pruned)?;
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

/// Deletes one blob, if no name reaches it. Where the blobs were in use before they are again when the lock of the index is
/// given up: whoever deletes needs that lock, and so finds nothing of this process unguarded.
pub(super) fn delete_blob(shared: &Shared, digest: &Digest) -> Result<()> {
    let folder = &shared.folder;
    let _lock = folder.lock_index()?;
    if blobs::size(folder, digest)?.is_none() {
        return Err(Error::not_found(anyhow!("{digest} is not in {}", folder.root().display())));
    }
    let kept = Reach::of_entries(folder, Names::read(folder)?.raw())?;
    if kept.blobs.contains_key(digest) {
        return Err(Error::new(
            ErrorKind::Refused,
            anyhow!("an image in the store needs {digest}"),
        ));
    }
    let deleted = delete_alone(shared, digest);
    folder.use_for_writing()?;
    deleted
}

fn delete_alone(shared: &Shared, digest: &Digest) -> Result<()> {
    let folder = &shared.folder;
    let Some(_alone) = folder.alone()? else {
        let busy = anyhow!("another process is using the store, and blobs stay until it is done");
        return Err(Error::new(ErrorKind::Refused, busy));
    };
    // A name may not come back after its blobs are gone.
    folder.sync_names()?;
    delete(&folder.blob(digest)).map(|_| ())
}

/// Removes the files of a folder that nobody has locked or touched for long; in the root only those that
/// [`files`](crate::files) left.
fn prune_remains(folder: &Below, only_aside: bool, rehearse: bool, pruned: &mut Pruned) -> Result<()> {
    for (path, size) in listed(folder)? {
        let aside = path
            .way()
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(ASIDE));
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
fn abandoned(path: &Below) -> Option<File> {
    let file = path.open(Access::Read).ok()?;
    let touched = file.metadata().and_then(|file| file.modified()).ok()?;
    let age = SystemTime::now().duration_since(touched).ok()?;
    let free = age > PATIENCE && file.try_lock().is_ok() && path.leads_to(&file).unwrap_or(false);
    free.then_some(file)
}

/// The blobs that are there, by their names, with their sizes in bytes.
pub(super) fn stored(folder: &Folder) -> Result<Vec<(Digest, u64)>> {
    let mut stored = Vec::new();
    for algorithm in ["sha256", "sha384", "sha512"] {
        for (path, size) in listed(&folder.blobs().join(algorithm))? {
            let hex = path
                .way()
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            stored.extend(format!("{algorithm}:{hex}").parse().ok().map(|digest| (digest, size)));
        }
    }
    Ok(stored)
}

/// The files of a folder with their sizes, in the order of their names; none if there is no folder.
fn listed(folder: &Below) -> Result<Vec<(Below, u64)>> {
    let looked = folder.look().map_err(failed("read", folder.path()))?;
    if looked.is_none_or(|found| found.kind != Kind::Folder) {
        return Ok(Vec::new());
    }
    let entries = folder.list().map_err(failed("read", folder.path()))?.into_iter();
    let files = entries.filter(|(_, found)| found.is_file());
    Ok(files.map(|(path, found)| (path, found.size)).collect())
}

/// `false` if somebody else was faster.
fn delete(path: &Below) -> Result<bool> {
    match path.remove() {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("delete", path.path())(error)),
    }
}
