//! Room on the disk: whether what will come fits, asked before its first byte, and how a write is told that found no more.
//!
//! What fits now may not fit later, since others fill the disk too; so this saves a vain download and promises nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::layout::folder::{Folder, failed};
use crate::layout::ingest;
use crate::oci::Descriptor;
use crate::size::spaced;
use crate::store::{Error, Held, Result};

/// There is too little room for an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} has {} free, and the image still needs {}",
    folder.display(),
    spaced(*free),
    spaced(*needed)
)]
pub struct NoRoom {
    /// The directory of the layout.
    pub folder: PathBuf,
    /// What is still to come, in bytes.
    pub needed: u64,
    /// What the file system has for this user, in bytes.
    pub free: u64,
}

impl NoRoom {
    /// How many bytes are too few.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.needed.saturating_sub(self.free)
    }
}

/// Refuses blobs for which there is no room, as far as they are not there yet.
pub(super) fn check(folder: &Folder, blobs: &[Descriptor]) -> Result<()> {
    let directories = [folder.blobs().join("sha256"), folder.partials()];
    // What is missing is opened by nothing below either.
    let _kept = directories.map(|directory| directory.keep_open().ok());
    let mut needed: u64 = 0;
    for blob in blobs {
        needed = needed.saturating_add(still_to_come(folder, blob)?);
    }
    match free(folder.partials().path()) {
        Some(free) if free < needed => Err(Error::other(NoRoom {
            folder: folder.root().to_owned(),
            needed,
            free,
        })),
        _ => Ok(()),
    }
}

/// How many bytes of a blob are neither in place nor in its partial file.
fn still_to_come(folder: &Folder, blob: &Descriptor) -> Result<u64> {
    Ok(match ingest::look(folder, blob)? {
        Held::All => 0,
        Held::Part(length) => blob.size.saturating_sub(length),
        Held::Nothing => blob.size,
    })
}

/// What the file system of a folder, which need not be there yet, has for this user. `None` if it does not say: that must
/// keep nobody from trying. One without a size, as some in memory or behind a program, has no end and nothing free.
fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| fs::metadata(folder).is_ok());
    let space = fs4::statvfs(there.unwrap_or(Path::new("."))).ok()?;
    (space.total_space() > 0).then(|| space.available_space())
}

/// The error of a write of which `left` bytes were still to be written; that is told if there was no room for them.
pub(super) fn unwritten(path: &Path, left: u64) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            let more = spaced(left);
            Error::other(error).context(format!("cannot write {}: no room for {more} more", path.display()))
        }
        _ => failed("write", &path)(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::testing::{Store, blob};

    #[test]
    fn what_is_there_and_what_was_begun_need_no_more_room() {
        let store = Store::new();
        let folder = &store.shared().folder;
        let begun = blob(b"begun and not finished");
        fs::create_dir(folder.partials().path()).unwrap();
        fs::write(folder.partials().join(ingest::file_name(&begun.digest)).path(), b"begun").unwrap();
        for (blob, left) in [(store.plant(b"there"), 0), (begun, 17), (blob(b"new"), 3)] {
            assert_eq!(still_to_come(folder, &blob).unwrap(), left);
        }
    }

    #[test]
    fn sizes_that_no_disk_has_are_refused_and_do_not_overflow() {
        let store = Store::new();
        let mut endless = blob(b"endless");
        endless.size = u64::MAX;
        let error = check(&store.shared().folder, &[endless, blob(b"more")]).unwrap_err();
        let no_room: &NoRoom = error.cause().downcast_ref().unwrap();
        assert_eq!((no_room.needed, &*no_room.folder), (u64::MAX, store.root()));
        assert_eq!(no_room.missing(), u64::MAX - no_room.free);
    }

    #[test]
    fn a_folder_that_is_not_there_has_the_room_of_the_one_it_will_be_in() {
        let store = Store::new();
        assert_eq!(free(&store.root().join("a/b/c")).is_some(), free(store.root()).is_some());
        assert!(free(Path::new("not-there/at-all")).is_some());
    }

    #[test]
    fn only_a_full_disk_is_told_with_what_was_still_to_come() {
        let told = |kind: io::ErrorKind| unwritten(Path::new("/x"), 41_000_000)(kind.into()).to_string();
        let full = "cannot write /x: no room for 41 MB more";
        assert_eq!(told(io::ErrorKind::StorageFull), full);
        assert_eq!(told(io::ErrorKind::QuotaExceeded), full);
        assert_eq!(told(io::ErrorKind::PermissionDenied), "cannot write /x");
    }
}
