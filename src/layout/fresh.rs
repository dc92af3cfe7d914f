//! Blobs whose digest only shows at their end: layers that are compressed on their way in, uploads to a server.
//!
//! Such a blob is written and hashed under a name of no meaning in `partial/`, locked, and gets its real name when whoever
//! wrote it is content with it. Dropped before that it leaves nothing; what a kill leaves goes with a later prune.

use std::fs::File;
use std::io::{self, Seek as _, Write};
use std::sync::Arc;

use crate::below::{Access, Below};
use crate::files;
use crate::layout::blobs::digest_of;
use crate::layout::folder::{failed, locked};
use crate::layout::room::unwritten;
use crate::layout::{Layout, Shared};
use crate::oci::{Algorithm, Digest, Hasher};
use crate::store::{DigestMismatch, Error, Incoming, Intake, Result};

/// How the names of such files begin: no algorithm is called so.
const PREFIX: &str = "new-";

/// A blob that is being written.
struct NewBlob {
    shared: Arc<Shared>,
    place: Below,
    file: File,
    hasher: Hasher,
    size: u64,
    is_kept: bool,
}

impl Intake for Layout {
    fn begin(&self) -> Result<Box<dyn Incoming>> {
        Ok(Box::new(NewBlob::begin(Arc::clone(&self.shared))?))
    }
}

impl NewBlob {
    fn begin(shared: Arc<Shared>) -> Result<Self> {
        shared.folder.use_for_writing()?;
        let partials = shared.folder.partials();
        let (place, file) = make(&partials).map_err(failed("write to", partials.path()))?;
        Ok(Self {
            shared,
            place,
            file,
            hasher: Hasher::new(Algorithm::Sha256),
            size: 0,
            is_kept: false,
        })
    }
}

impl NewBlob {
    /// The digest by an algorithm. Any other than the usual one costs reading everything again.
    fn digest_by(&self, algorithm: Algorithm) -> Result<Digest> {
        if algorithm == Algorithm::Sha256 {
            return Ok(self.digest());
        }
        let mut file = &self.file;
        file.rewind()
            .and_then(|()| digest_of(file, algorithm, |_| ()))
            .map_err(failed("read", self.place.path()))
    }

    /// Gives the blob the name of its digest.
    fn name(&mut self, digest: &Digest) -> Result<()> {
        let blob = self.shared.folder.blob(digest);
        files::sync_whole(&self.file, self.size).map_err(unwritten(self.place.path(), self.size))?;
        let folder = blob.folder();
        folder.create_folder().map_err(failed("create", folder.path()))?;
        self.place.rename(&blob).map_err(failed("write", blob.path()))?;
        self.is_kept = true;
        locked(&self.shared.proven).insert(digest.clone());
        Ok(())
    }
}

/// Makes the file and locks it, which keeps prunes off. Another process may remove the folder as long as it is empty.
fn make(partials: &Below) -> io::Result<(Below, File)> {
    loop {
        partials.create_folder()?;
        let place = partials.join(format!("{PREFIX}{:016x}", fastrand::u64(..)));
        match place.open(Access::MakePrivate) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {}
            Err(error) => return Err(error),
            Ok(file) => {
                files::share(&file)?;
                file.lock()?;
                return Ok((place, file));
            }
        }
    }
}

impl Write for NewBlob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Incoming for NewBlob {
    fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn keep(mut self: Box<Self>) -> Result<Digest> {
        let digest = self.digest();
        self.name(&digest)?;
        Ok(digest)
    }

    fn keep_as(mut self: Box<Self>, digest: &Digest) -> Result<()> {
        let actual = self.digest_by(digest.algorithm())?;
        if actual == *digest {
            return self.name(digest);
        }
        Err(Error::mismatch(DigestMismatch {
            expected: digest.clone(),
            actual,
        }))
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now goes with a later prune.
            let _ = self.place.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::layout::testing::{Store, blob};

    fn left(store: &Store) -> usize {
        fs::read_dir(store.root().join("partial")).map_or(0, Iterator::count)
    }

    #[test]
    fn a_blob_gets_the_name_of_its_bytes_and_only_when_it_is_kept() {
        let store = Store::new();
        let hello = blob(b"hello");
        let mut new = Layout::at(store.root().to_owned()).begin().unwrap();
        new.write_all(b"hel").unwrap();
        new.write_all(b"lo").unwrap();
        assert_eq!((new.digest(), new.size()), (hello.digest.clone(), 5));
        assert!(!store.shared().folder.blob(&hello.digest).path().exists());
        assert_eq!(new.keep().unwrap(), hello.digest);
        assert_eq!(fs::read(store.shared().folder.blob(&hello.digest).path()).unwrap(), b"hello");
        assert_eq!(left(&store), 0);
    }

    #[test]
    fn a_blob_is_kept_by_a_digest_of_any_algorithm_if_it_is_its_own() {
        let store = Store::new();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            let (right, wrong) = (Digest::with(algorithm, b"hello"), Digest::with(algorithm, b"hellO"));
            for (digest, kept) in [(wrong, false), (right, true)] {
                let mut new = Layout::at(store.root().to_owned()).begin().unwrap();
                new.write_all(b"hello").unwrap();
                assert_eq!(new.keep_as(&digest).is_ok(), kept, "{digest}");
                assert_eq!(store.shared().folder.blob(&digest).path().exists(), kept, "{digest}");
            }
        }
        assert_eq!(left(&store), 0);
    }

    #[test]
    fn a_blob_that_is_not_kept_leaves_nothing() {
        let store = Store::new();
        let mut new = Layout::at(store.root().to_owned()).begin().unwrap();
        new.write_all(b"hello").unwrap();
        assert_eq!(left(&store), 1);
        drop(new);
        assert_eq!(left(&store), 0);
    }
}
