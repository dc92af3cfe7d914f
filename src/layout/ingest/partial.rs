//! Unfinished blobs: one file each in `partial/`, which one process at a time may write, and one task in it.
//!
//! Between processes the file's lock decides; within one, a table of slots. What a [`Claim`] does not finish goes back
//! into the table, still locked, so that a retry goes on there. Hashing and writing is `ingest`'s business.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;

use crate::below::{Access, Below, KeptOpen};
use crate::files;
use crate::layout::Shared;
use crate::layout::blobs;
use crate::layout::folder::{failed, locked};
use crate::layout::room::unwritten;
use crate::oci::{Descriptor, Digest};
use crate::store::{Error, Result};

/// How often a waiting thread looks whether the lock is free, or whether nobody wants it any more.
const LOOK: Duration = Duration::from_millis(50);

/// A locked partial file.
pub(super) struct Partial {
    file: File,
    /// The directory of partial files and that of the blob, so that none of the calls for a blob opens them anew.
    _directories: [KeptOpen; 2],
}

/// The partial blobs that this process has locked.
#[derive(Default)]
pub(in crate::layout) struct Slots {
    /// `None` for one that a task is at.
    files: Mutex<HashMap<Digest, Option<Partial>>>,
    freed: Condvar,
}

impl Slots {
    /// Waits until no other task of this process is at the blob, and marks it as taken. Gives back the locked file if
    /// an earlier task left one.
    fn take(&self, digest: &Digest, wanted: &Weak<()>) -> Result<Option<Partial>> {
        let mut files = locked(&self.files);
        loop {
            match files.get_mut(digest) {
                None => {
                    files.insert(digest.clone(), None);
                    return Ok(None);
                }
                Some(file @ Some(_)) => return Ok(file.take()),
                Some(None) => still(wanted)?,
            }
            files = self.freed.wait_timeout(files, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Marks a blob as taken if an earlier task has left its locked file, which is given back.
    fn take_left(&self, digest: &Digest) -> Option<Partial> {
        locked(&self.files).get_mut(digest)?.take()
    }

    fn leave(&self, digest: &Digest, partial: Option<Partial>) {
        let mut files = locked(&self.files);
        match partial {
            Some(partial) => files.insert(digest.clone(), Some(partial)),
            None => files.remove(digest),
        };
        self.freed.notify_all();
    }

    /// Gives up all locks and removes the files that nothing was written to.
    pub(in crate::layout) fn close(&self, partials: &Below) {
        for (digest, partial) in locked(&self.files).drain() {
            let Some(partial) = partial else { continue };
            if partial.file.metadata().is_ok_and(|file| file.len() == 0) {
                // Removed while it is locked, or whoever gets the lock would write a file without a name. What cannot be
                // removed now goes with the next prune.
                let _ = partials.join(file_name(&digest)).remove();
            }
        }
        // Fails where there are others, as it should.
        let _ = partials.remove_folder();
    }
}

/// The right to write one unfinished blob.
pub(super) struct Claim {
    shared: Arc<Shared>,
    digest: Digest,
    size: u64,
    path: Below,
    partial: Option<Partial>,
    /// The beginning of the blob, or all of it, which is in no file yet.
    pub(super) arrived: Vec<u8>,
}

impl Claim {
    /// Waits for the right to write a blob; `None` if the blob is there, perhaps because another one finished it. A file
    /// with other bytes does not count, and is replaced when the blob is finished. Gives up when `wanted` is gone.
    pub(super) fn take(shared: &Arc<Shared>, blob: &Descriptor, wanted: &Weak<()>) -> Result<Option<Self>> {
        Self::take_unless(&|blob| blobs::is_proven(shared, blob), shared, blob, wanted)
    }

    /// The same with another idea of when a blob is there.
    pub(super) fn take_unless(
        there: &dyn Fn(&Descriptor) -> Result<bool>,
        shared: &Arc<Shared>,
        blob: &Descriptor,
        wanted: &Weak<()>,
    ) -> Result<Option<Self>> {
        if there(blob)? {
            return Ok(None);
        }
        let mut claim = Self::of(shared, blob, shared.slots.take(&blob.digest, wanted)?);
        if claim.partial.is_none() {
            claim.partial = Some(open_locked(&claim.path, &claim.blob().folder(), wanted)?);
        }
        if there(blob)? {
            claim.discard();
            return Ok(None);
        }
        Ok(Some(claim))
    }

    /// Returns the claim on a blob whose partial file this process has kept locked since an earlier claim. Never waits.
    pub(super) fn take_left(shared: &Arc<Shared>, blob: &Descriptor) -> Option<Self> {
        let partial = shared.slots.take_left(&blob.digest)?;
        Some(Self::of(shared, blob, Some(partial)))
    }

    fn of(shared: &Arc<Shared>, blob: &Descriptor, partial: Option<Partial>) -> Self {
        Self {
            partial,
            arrived: Vec::new(),
            shared: Arc::clone(shared),
            digest: blob.digest.clone(),
            size: blob.size,
            path: shared.folder.partials().join(file_name(&blob.digest)),
        }
    }

    /// The file of what is there so far.
    pub(super) fn file(&self) -> Result<&File> {
        let partial = self.partial.as_ref();
        partial
            .map(|partial| &partial.file)
            .ok_or_else(|| Error::other(anyhow!("the partial file is gone")))
    }

    /// Where that file lies.
    pub(super) fn path(&self) -> &Path {
        self.path.path()
    }

    /// Where the blob will lie.
    fn blob(&self) -> Below {
        self.shared.folder.blob(&self.digest)
    }

    /// Removes what is there so far.
    pub(super) fn discard(mut self) {
        if let Some(Partial { file, .. }) = &self.partial {
            // Removed while it is locked, so that whoever waits for the lock sees that the name is gone. What cannot be
            // removed must at least not be gone on with.
            if self.path.remove().is_err() {
                let _ = file.set_len(0);
            }
        }
        self.partial.take();
    }

    /// Writes a whole blob, instead of what is there so far.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<()> {
        overwrite(self.file()?, bytes).map_err(unwritten(self.path(), bytes.len() as u64))
    }

    /// Writes what is only in memory so far.
    pub(super) fn write_arrived(&mut self) -> Result<()> {
        let arrived = std::mem::take(&mut self.arrived);
        self.write(&arrived)
    }

    /// Gives the file its final name: it is whole and verified. Its bytes are on the disk before its name is.
    pub(super) fn finish(mut self) -> Result<()> {
        let blob = self.blob();
        if let Err(error) = files::sync_whole(self.file()?, self.size) {
            let error = unwritten(self.path(), self.size)(error);
            // Nobody knows what of it reached the disk, and the next sync would not tell.
            self.discard();
            return Err(error);
        }
        let folder = blob.folder();
        folder.create_folder().map_err(failed("create", folder.path()))?;
        self.path.rename(&blob).map_err(failed("write", blob.path()))?;
        locked(&self.shared.proven).insert(self.digest.clone());
        // Only now the lock goes: whoever waits for it finds the blob.
        self.partial.take();
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.arrived.is_empty() {
            // The transfer was cancelled. What cannot be kept comes again.
            let _ = self.write_arrived();
        }
        self.shared.slots.leave(&self.digest, self.partial.take());
    }
}

fn overwrite(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    // Even where there is nothing to cut off the call could wait for the disk's journal.
    if file.metadata()?.len() > 0 {
        file.set_len(0)?;
    }
    file.rewind()?;
    file.write_all(bytes)
}

/// The name of a blob's partial file.
pub(in crate::layout) fn file_name(digest: &Digest) -> String {
    format!("{}-{}", digest.algorithm().name(), digest.hex())
}

/// Opens or makes a partial file and waits for its lock. The file may be renamed or removed by whoever had the lock,
/// so the name must lead to it afterwards.
fn open_locked(path: &Below, blobs: &Below, wanted: &Weak<()>) -> Result<Partial> {
    let blobs = keep_open(blobs)?;
    loop {
        if let Some((file, partials)) = open(path)?
            && wait(&file, path, wanted)?
            && path.leads_to(&file).map_err(failed("open", path.path()))?
        {
            return Ok(Partial {
                file,
                _directories: [blobs, partials],
            });
        }
        still(wanted)?;
    }
}

/// `None` if the folder went away just now, as the last of another process's partial files did.
fn open(path: &Below) -> Result<Option<(File, KeptOpen)>> {
    let kept = keep_open(&path.folder())?;
    if blobs::look(path)?.is_some_and(|found| !found.is_file()) {
        return Err(blobs::not_regular(path));
    }
    match path.open(Access::Make) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(|file| Some((file, kept))).map_err(failed("open", path.path())),
    }
}

/// Opens a directory, which is created if it is missing. Another process may remove it in between.
fn keep_open(directory: &Below) -> Result<KeptOpen> {
    loop {
        let created = directory.create_folder();
        match created.and_then(|()| directory.keep_open()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            kept => return kept.map_err(failed("create", directory.path())),
        }
    }
}

/// Waits for a file's lock. Not by sleeping in the kernel: an interrupted program must be able to end its threads.
fn wait(file: &File, path: &Below, wanted: &Weak<()>) -> Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(failed("lock", path.path())(error)),
            Err(TryLockError::WouldBlock) => still(wanted)?,
        }
        thread::sleep(LOOK);
        // The holder may have renamed the file and kept its lock no longer than that; look at the name again.
        if !path.leads_to(file).map_err(failed("open", path.path()))? {
            return Ok(false);
        }
    }
}

fn still(wanted: &Weak<()>) -> Result<()> {
    match wanted.strong_count() {
        0 => Err(Error::interrupted(anyhow!("nobody waits for the blob any more"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::layout::testing::{Store, blob};

    fn take(shared: &Arc<Shared>) -> Option<Claim> {
        let wanted = Arc::new(());
        Claim::take(shared, &blob(b"hello"), &Arc::downgrade(&wanted)).unwrap()
    }

    #[test]
    fn a_claim_that_is_dropped_stays_with_the_process() {
        let store = Store::new();
        let shared = store.shared();
        let claim = take(&shared).unwrap();
        let path = claim.path().to_owned();
        drop(claim);
        assert!(File::open(&path).unwrap().try_lock().is_err());
        drop(take(&shared).unwrap());
        shared.slots.close(&shared.folder.partials());
        assert!(!path.exists(), "nothing was written to it");
    }

    #[test]
    fn a_claim_is_waited_for_and_given_up_when_nobody_wants_it() {
        let store = Store::new();
        let (one, other) = (store.shared(), store.shared());
        let _claim = take(&one).unwrap();
        for shared in [&one, &other] {
            let error = Claim::take(shared, &blob(b"hello"), &Weak::new()).err().unwrap();
            assert!(error.to_string().contains("nobody waits"), "{error}");
        }
    }

    #[test]
    fn whoever_waits_for_a_file_that_is_renamed_finds_the_blob() {
        let store = Store::new();
        let (one, other) = (store.shared(), store.shared());
        let claim = take(&one).unwrap();
        let waiting = thread::spawn(move || {
            let wanted = Arc::new(());
            Claim::take(&other, &blob(b"hello"), &Arc::downgrade(&wanted)).map(|claim| claim.is_none())
        });
        thread::sleep(LOOK);
        fs::write(claim.path(), b"hello").unwrap();
        claim.finish().unwrap();
        assert!(waiting.join().unwrap().unwrap());
        assert!(!one.folder.partials().join(file_name(&blob(b"hello").digest)).path().exists());
    }

    #[test]
    fn whoever_waits_for_a_file_that_is_removed_gets_a_new_one() {
        let store = Store::new();
        let (one, other) = (store.shared(), store.shared());
        let claim = take(&one).unwrap();
        let waiting = thread::spawn(move || {
            let wanted = Arc::new(());
            let claim = Claim::take(&other, &blob(b"hello"), &Arc::downgrade(&wanted))
                .unwrap()
                .unwrap();
            claim.path().exists()
        });
        thread::sleep(LOOK);
        claim.discard();
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn an_empty_file_is_not_removed_from_under_whoever_has_its_lock_next() {
        let store = Store::new();
        let path = store.shared().folder.partials().join(file_name(&blob(b"hello").digest));
        let come_and_go = |shared: Arc<Shared>, path: Below| {
            let wanted = Arc::new(());
            for _ in 0..500 {
                let blobs = shared.folder.blobs();
                let partial = open_locked(&path, &blobs, &Arc::downgrade(&wanted)).unwrap();
                thread::yield_now();
                assert!(path.leads_to(&partial.file).unwrap());
                shared.slots.leave(&blob(b"hello").digest, Some(partial));
                shared.slots.close(&shared.folder.partials());
            }
        };
        let both = [store.shared(), store.shared()].map(|shared| {
            let path = path.clone();
            thread::spawn(move || come_and_go(shared, path))
        });
        for one in both {
            one.join().unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_a_partial_file_is_not_followed() {
        let store = Store::new();
        let shared = store.shared();
        let path = shared.folder.partials().join(file_name(&blob(b"hello").digest));
        fs::create_dir(shared.folder.partials().path()).unwrap();
        std::os::unix::fs::symlink(store.root().join("elsewhere"), path.path()).unwrap();
        let wanted = Arc::new(());
        let error = Claim::take(&shared, &blob(b"hello"), &Arc::downgrade(&wanted)).err().unwrap();
        assert!(error.to_string().ends_with("is not a regular file"), "{error}");
        assert!(!store.root().join("elsewhere").exists());
    }
}
