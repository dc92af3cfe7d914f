//! Reading all blobs, by several threads, each with one small buffer.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::layout::blobs;
use crate::layout::check::damage::{Fault, kind};
use crate::layout::check::{Step, Watch};
use crate::layout::folder::Folder;
use crate::oci::Digest;
use crate::store::{Error, Result};

/// How many files are read side by side at most.
const READERS: usize = 8;

/// Reads all blobs, several side by side, and tells those that are not what their names say.
pub(super) fn faults(folder: &Folder, blobs: &[(Digest, u64)], watch: Watch<'_>) -> Result<Vec<(Digest, Fault)>> {
    let next = AtomicUsize::new(0);
    let read = || {
        let mut faults = Vec::new();
        while let Some((digest, _)) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            watch(Step::Began(digest.clone()));
            faults.extend(fault(folder, digest, watch).map(|fault| (digest.clone(), fault)));
            watch(Step::Ended(digest.clone()));
        }
        faults
    };
    let readers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(READERS);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..readers).map(|_| scope.spawn(read)).collect();
        let mut faults = Vec::new();
        for reader in readers {
            faults.extend(
                reader
                    .join()
                    .map_err(|_| Error::other(anyhow::anyhow!("a reader has failed")))?,
            );
        }
        Ok(faults)
    })
}

/// What is wrong with a blob's file, if something is; one that is gone is not.
pub(super) fn fault(folder: &Folder, digest: &Digest, watch: Watch<'_>) -> Option<Fault> {
    let path = folder.blob(digest);
    let told = |bytes| watch(Step::Read(digest.clone(), bytes));
    match blobs::look(&path) {
        Ok(None) => return None,
        Ok(Some(file)) if !file.is_file() => return Some(Fault::NoFile(kind(file.kind))),
        _ => {}
    }
    let file = match blobs::open_file(&path) {
        Ok(Some(file)) => file,
        Ok(None) => return None,
        Err(error) => {
            let cause = error.cause().root_cause();
            let denied = cause.downcast_ref::<io::Error>();
            return Some(Fault::Unreadable {
                error: cause.to_string(),
                denied: denied.is_none_or(|error| error.kind() == io::ErrorKind::PermissionDenied),
            });
        }
    };
    match blobs::digest_of(&file, digest.algorithm(), told) {
        Ok(actual) if actual == *digest => None,
        Ok(actual) => Some(Fault::Content(actual)),
        Err(error) => Some(Fault::Unreadable {
            error: error.to_string(),
            denied: false,
        }),
    }
}
