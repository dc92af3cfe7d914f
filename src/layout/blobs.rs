//! Reading blobs: only regular files of the right size, whole into memory or piece by piece from a thread of its own.
//!
//! A symbolic link or a pipe under a blob's name is refused: a layout from elsewhere could make it lead anywhere.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::below::{Access, Below, Found};
use crate::layout::Shared;
use crate::layout::folder::{Folder, failed, locked};
use crate::oci::{Algorithm, Descriptor, Digest, Hasher, Manifest, ManifestError};
use crate::size::spaced;
use crate::store::{Body, DigestMismatch, Error, Result, SizeMismatch};

/// How many bytes are read at once.
pub(super) const PIECE: u64 = 256 << 10;
/// How many pieces may wait between a file's thread and the other end.
pub(super) const PIECES: usize = 4;

/// The size of a blob's file in bytes; `None` if there is none, or something that is no file.
pub(super) fn size(folder: &Folder, digest: &Digest) -> Result<Option<u64>> {
    let path = folder.blob(digest);
    Ok(look(&path)?.filter(Found::is_file).map(|file| file.size))
}

/// Is a blob there, with the right size?
pub(super) fn has(folder: &Folder, blob: &Descriptor) -> Result<bool> {
    Ok(size(folder, &blob.digest)? == Some(blob.size))
}

/// Reads a blob of at most `cap` bytes into memory and verifies it.
pub(super) fn read(folder: &Folder, blob: &Descriptor, cap: u64) -> Result<Bytes> {
    if blob.size > cap {
        return Err(Error::other(anyhow!(
            "{} has {}, and no manifest or config may have over {}",
            blob.digest,
            spaced(blob.size),
            spaced(cap)
        )));
    }
    let bytes = read_file(folder, blob)?;
    let actual = Digest::with(blob.digest.algorithm(), &bytes);
    if actual == blob.digest {
        return Ok(bytes);
    }
    Err(Error::mismatch(DigestMismatch {
        expected: blob.digest.clone(),
        actual,
    }))
}

/// Reads and verifies a manifest.
pub(super) fn manifest(folder: &Folder, at: &Descriptor) -> Result<Manifest> {
    if at.size > Manifest::MAX_SIZE {
        return Err(Error::other(ManifestError::TooLarge));
    }
    let bytes = read(folder, at, Manifest::MAX_SIZE)?;
    Manifest::parse(bytes, Some(&at.media_type), Some(&at.digest))
        .map_err(|error| Error::other(error).context(format!("the manifest {} is damaged", at.digest)))
}

/// A blob's bytes from `offset` on, unverified.
pub(super) fn stream(shared: Arc<Shared>, blob: &Descriptor, offset: u64) -> Result<Body> {
    let mut file = open(&shared.folder, blob)?;
    let path = shared.folder.blob(&blob.digest).path().to_owned();
    let left = blob.size.checked_sub(offset).ok_or_else(|| {
        Error::other(anyhow!(
            "{} has only {} bytes, and those from {offset} on were asked for",
            blob.digest,
            blob.size
        ))
    })?;
    file.seek(SeekFrom::Start(offset)).map_err(failed("read", &path))?;
    let (sender, mut pieces) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || {
        send(&file, left, &path, &sender);
        // The blobs are in use until the last byte is read.
        drop(shared);
    });
    Ok(stream::poll_fn(move |context| pieces.poll_recv(context)).boxed())
}

/// Sends what is left of a file, until it ends or nobody wants more.
fn send(file: &File, mut left: u64, path: &Path, pieces: &mpsc::Sender<Result<Bytes>>) {
    while left > 0 {
        let piece = piece(file, left.min(PIECE)).map_err(failed("read", path));
        let last = piece.as_ref().map_or(true, Bytes::is_empty);
        left -= piece.as_ref().map_or(0, |piece| piece.len() as u64).min(left);
        if pieces.blocking_send(piece).is_err() || last {
            return;
        }
    }
}

/// The next bytes of a file, at most `size`; the memory is not cleared first.
fn piece(file: &File, size: u64) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(size).read_to_end(&mut piece)?;
    Ok(piece.into())
}

fn read_file(folder: &Folder, blob: &Descriptor) -> Result<Bytes> {
    let file = open(folder, blob)?;
    piece(&file, blob.size).map_err(failed("read", folder.blob(&blob.digest).path()))
}

/// Opens a blob's file, which must be one and have the right size.
fn open(folder: &Folder, blob: &Descriptor) -> Result<File> {
    let path = folder.blob(&blob.digest);
    let Some(file) = open_file(&path)? else {
        let root = folder.root().display();
        return Err(Error::not_found(anyhow!("{} is not in {root}", blob.digest)));
    };
    let actual = file.metadata().map_err(failed("open", path.path()))?.len();
    if actual == blob.size {
        return Ok(file);
    }
    Err(Error::mismatch(SizeMismatch {
        digest: blob.digest.clone(),
        expected: blob.size,
        actual,
    }))
}

/// Opens what must be a regular file; `None` if there is nothing.
pub(super) fn open_file(path: &Below) -> Result<Option<File>> {
    let Some(found) = look(path)? else {
        return Ok(None);
    };
    if !found.is_file() {
        return Err(not_regular(path));
    }
    path.open(Access::Read).map(Some).map_err(failed("open", path.path()))
}

pub(super) fn not_regular(path: &Below) -> Error {
    Error::other(anyhow!("{} is not a regular file", path.path().display()))
}

/// Is a blob there, with the right bytes? They are read to tell, once for each blob and process.
pub(super) fn is_proven(shared: &Shared, blob: &Descriptor) -> Result<bool> {
    if !has(&shared.folder, blob)? {
        return Ok(false);
    }
    if locked(&shared.proven).contains(&blob.digest) {
        return Ok(true);
    }
    let path = shared.folder.blob(&blob.digest);
    let Some(file) = open_file(&path)? else {
        return Ok(false);
    };
    let actual = digest_of(&file, blob.digest.algorithm(), |_| ()).map_err(failed("read", path.path()))?;
    if actual == blob.digest {
        locked(&shared.proven).insert(actual);
        return Ok(true);
    }
    Ok(false)
}

/// Opens a blob and sees to it that its bytes are the right ones; what is read of it then is what was verified.
pub(super) fn open_verified(shared: &Shared, blob: &Descriptor) -> Result<File> {
    let mut file = open(&shared.folder, blob)?;
    if locked(&shared.proven).contains(&blob.digest) {
        return Ok(file);
    }
    let path = shared.folder.blob(&blob.digest);
    let actual = digest_of(&file, blob.digest.algorithm(), |_| ()).map_err(failed("read", path.path()))?;
    if actual != blob.digest {
        return Err(Error::mismatch(DigestMismatch {
            expected: blob.digest.clone(),
            actual,
        }));
    }
    file.rewind().map_err(failed("read", path.path()))?;
    locked(&shared.proven).insert(actual);
    Ok(file)
}

/// The digest of a file, of which `read` is told how much more was read.
pub(super) fn digest_of(mut file: &File, algorithm: Algorithm, mut read: impl FnMut(u64)) -> io::Result<Digest> {
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; usize::try_from(PIECE).unwrap_or_default()];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                read(length as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What is under a name, links not followed.
pub(super) fn look(path: &Below) -> Result<Option<Found>> {
    path.look().map_err(failed("read", path.path()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::layout::testing::{Store, blob, collect};
    use crate::store::ErrorKind;

    #[tokio::test]
    async fn a_blob_is_read_from_any_byte() {
        let store = Store::new();
        let content: Vec<u8> = (0u32..700_000).map(|n| n.to_le_bytes()[0]).collect();
        let blob = store.plant(&content);
        for offset in [0, 1, PIECE, 699_999, 700_000] {
            let body = stream(store.shared(), &blob, offset).unwrap();
            assert_eq!(
                collect(body).await,
                content[usize::try_from(offset).unwrap()..],
                "from {offset}"
            );
        }
        assert!(stream(store.shared(), &blob, 700_001).is_err());
    }

    #[tokio::test]
    async fn a_missing_blob_is_not_found_and_named() {
        let store = Store::new();
        let error = stream(store.shared(), &blob(b"x"), 0).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(&blob(b"x").digest.to_string()));
    }

    #[tokio::test]
    async fn a_blob_of_another_size_is_a_mismatch() {
        let store = Store::new();
        let mut blob = store.plant(b"hello");
        blob.size = 4;
        assert_eq!(stream(store.shared(), &blob, 0).err().unwrap().kind(), ErrorKind::Mismatch);
        assert!(!has(&store.shared().folder, &blob).unwrap());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_in_place_of_a_blob_is_not_followed() {
        let store = Store::new();
        store.plant(b"something else");
        let secret = store.root().join("secret");
        fs::write(&secret, b"hello").unwrap();
        let path = store.shared().folder.blob(&blob(b"hello").digest);
        std::os::unix::fs::symlink(&secret, path.path()).unwrap();
        let error = stream(store.shared(), &blob(b"hello"), 0).err().unwrap();
        assert!(error.to_string().ends_with("is not a regular file"), "{error}");
        assert!(!has(&store.shared().folder, &blob(b"hello")).unwrap());
    }

    #[test]
    fn what_is_read_into_memory_is_verified_and_limited() {
        let store = Store::new();
        let good = store.plant(b"hello");
        let folder = &store.shared().folder;
        assert_eq!(read(folder, &good, 5).unwrap(), "hello");
        assert!(
            read(folder, &good, 4)
                .unwrap_err()
                .to_string()
                .contains("no manifest or config may have over 4 B")
        );
        fs::write(folder.blob(&good.digest).path(), b"hellO").unwrap();
        assert_eq!(read(folder, &good, 5).unwrap_err().kind(), ErrorKind::Mismatch);
    }
}
