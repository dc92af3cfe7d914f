//! Writing blobs: one thread for each hashes and writes what comes, and gives the file its name when all is right.
//!
//! Whatever ends a transfer early leaves a partial file that is right as far as it goes, and is hashed again when it is
//! gone on with; bytes that prove wrong are removed. Who may write which file is `partial`'s business.

mod commit;
mod partial;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::mem;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc;

use crate::files;
use crate::layout::Shared;
use crate::layout::blobs::{self, PIECE, PIECES};
use crate::layout::folder::{Folder, failed};
use crate::layout::room::unwritten;
use crate::layout::spawned;
use crate::oci::{Descriptor, Digest, Hasher, Manifest};
use crate::store::{Body, DigestMismatch, Error, ErrorKind, Held, Result, SMALL_BLOB, SizeMismatch};

pub(super) use commit::Committer;
pub(super) use partial::{Slots, file_name};

use partial::Claim;

/// After so many bytes the system is asked to bring them to the disk, so that the sync at the end of a large blob is short.
const FLUSH: u64 = 1 << 20;
/// How long a small blob is gathered in memory. A blob that takes longer is written as it arrives, so that a kill loses little of it.
const MAX_GATHERING: Duration = Duration::from_millis(100);

/// How much of a blob is there. A part is locked from now on, so that no other process writes it.
pub(super) fn held(shared: &Arc<Shared>, blob: &Descriptor, wanted: &Weak<()>) -> Result<Held> {
    shared.folder.use_for_writing()?;
    let Some(claim) = Claim::take(shared, blob, wanted)? else {
        return Ok(Held::All);
    };
    let length = claim.file()?.metadata().map_err(failed("read", claim.path()))?.len();
    if length < blob.size {
        return Ok(if length == 0 { Held::Nothing } else { Held::Part(length) });
    }
    // All bytes are there, and only the end of the work is missing; or too many are.
    match complete(claim, blob) {
        Ok(()) => Ok(Held::All),
        // A blob that is said to be empty, and whose digest is another: it would not fit the next time either.
        Err(error) if error.kind() == ErrorKind::Mismatch && length == 0 => Ok(Held::Nothing),
        Err(error) if error.kind() == ErrorKind::Mismatch => held(shared, blob, wanted),
        Err(error) => Err(error),
    }
}

/// The same for who will not write it: nothing is made or locked.
pub(super) fn look(folder: &Folder, blob: &Descriptor) -> Result<Held> {
    if blobs::has(folder, blob)? {
        return Ok(Held::All);
    }
    let begun = blobs::look(&folder.partials().join(file_name(&blob.digest)))?;
    let length = begun.map_or(0, |file| file.size.min(blob.size));
    Ok(if length == 0 { Held::Nothing } else { Held::Part(length) })
}

/// Keeps a blob, of which `body` gives the bytes from `offset` on.
pub(super) async fn put(shared: &Arc<Shared>, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
    let Some(mut claim) = claim(shared, blob).await? else {
        return Ok(());
    };
    if offset > 0 || blob.size > SMALL_BLOB {
        return write_as_it_arrives(claim, blob, offset, body).await;
    }
    match gather(&mut claim, blob, body).await {
        None => commit::commit(shared, claim).await,
        Some(body) => write_as_it_arrives(claim, blob, offset, body).await,
    }
}

/// The right to write a blob: usually [`held`] has left it. To wait for it takes a thread.
async fn claim(shared: &Arc<Shared>, blob: &Descriptor) -> Result<Option<Claim>> {
    if shared.folder.is_in_use()
        && let Some(claim) = Claim::take_left(shared, blob)
    {
        return Ok(Some(claim));
    }
    let wanted = Arc::new(());
    let (shared, blob, watched) = (Arc::clone(shared), blob.clone(), Arc::downgrade(&wanted));
    spawned(move || {
        shared.folder.use_for_writing()?;
        Claim::take(&shared, &blob, &watched)
    })
    .await
}

/// Gathers a body in memory and verifies it. Gives it back, from its beginning, if it is slow, broken or wrong.
async fn gather(claim: &mut Claim, blob: &Descriptor, body: Body) -> Option<Body> {
    let mut body = body.fuse();
    claim.arrived.reserve_exact(usize::try_from(blob.size).unwrap_or_default());
    let gathering = gather_into(&mut claim.arrived, &mut body, blob.size);
    let rest = tokio::time::timeout(MAX_GATHERING, gathering).await;
    if matches!(rest, Ok(None)) && Digest::with(blob.digest.algorithm(), &claim.arrived) == blob.digest {
        return None;
    }
    let begun = [Some(Ok(mem::take(&mut claim.arrived).into())), rest.ok().flatten()];
    Some(stream::iter(begun.into_iter().flatten()).chain(body).boxed())
}

/// Returns what could not be gathered: an error, or a piece too many.
async fn gather_into(
    bytes: &mut Vec<u8>,
    body: &mut (impl Stream<Item = Result<Bytes>> + Unpin),
    size: u64,
) -> Option<Result<Bytes>> {
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) if (bytes.len() + piece.len()) as u64 <= size => bytes.extend_from_slice(&piece),
            rest => return Some(rest),
        }
    }
    None
}

async fn write_as_it_arrives(claim: Claim, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
    let (sender, pieces) = mpsc::channel(PIECES);
    let blob = blob.clone();
    let writing = tokio::task::spawn_blocking(move || ingest(claim, &blob, offset, pieces));
    let broken = feed(body, sender).await;
    match (broken, writing.await.map_err(Error::other)?) {
        // The thread only saw the bytes end; the body knows why.
        (Some(reason), Err(error)) if error.kind() == ErrorKind::Interrupted => Err(reason),
        (_, written) => written,
    }
}

/// Keeps a manifest the same way.
pub(super) fn put_manifest(shared: &Arc<Shared>, manifest: &Manifest, wanted: &Weak<()>) -> Result<()> {
    shared.folder.use_for_writing()?;
    let blob = manifest.descriptor();
    // A file of the right size is not enough here: reading a manifest costs little.
    let there = |_: &Descriptor| Ok(blobs::manifest(&shared.folder, &blob).is_ok());
    let Some(claim) = Claim::take_unless(&there, shared, &blob, wanted)? else {
        return Ok(());
    };
    claim.write(manifest.raw())?;
    claim.finish()
}

/// Hands the pieces of a body to the thread that writes them; gives back what broke the body, if something did.
async fn feed(mut body: Body, pieces: mpsc::Sender<Bytes>) -> Option<Error> {
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => pieces.send(piece).await.ok()?,
            Err(error) => return Some(error),
        }
    }
    None
}

fn ingest(claim: Claim, blob: &Descriptor, offset: u64, pieces: mpsc::Receiver<Bytes>) -> Result<()> {
    match fill(&claim, blob, offset, pieces) {
        Ok(()) => claim.finish(),
        Err(error) => {
            if error.kind() == ErrorKind::Mismatch {
                claim.discard();
            }
            Err(error)
        }
    }
}

/// Writes what comes behind the first `offset` bytes, until the body ends or is too long, and compares the digest.
fn fill(claim: &Claim, blob: &Descriptor, offset: u64, mut pieces: mpsc::Receiver<Bytes>) -> Result<()> {
    let mut file = claim.file()?;
    let mut hasher = rehashed(claim, blob, offset)?;
    file.set_len(offset).map_err(failed("write", claim.path()))?;
    let mut length = offset;
    let mut unflushed = offset;
    while let Some(piece) = pieces.blocking_recv() {
        let left = blob.size.saturating_sub(length);
        length += piece.len() as u64;
        if length > blob.size {
            return Err(wrong_size(blob, length));
        }
        hasher.update(&piece);
        file.write_all(&piece).map_err(unwritten(claim.path(), left))?;
        if length - unflushed >= FLUSH {
            files::start_writeback(file, unflushed..length);
            unflushed = length;
        }
    }
    if length < blob.size {
        let size = blob.size;
        return Err(Error::interrupted(anyhow!("the body ended after {length} of {size} bytes")));
    }
    proven(blob, hasher)
}

/// Verifies a partial file that has all its bytes, and gives it its name.
fn complete(claim: Claim, blob: &Descriptor) -> Result<()> {
    let length = claim.file()?.metadata().map_err(failed("read", claim.path()))?.len();
    let verdict = if length > blob.size {
        Err(wrong_size(blob, length))
    } else {
        rehashed(&claim, blob, length).and_then(|hasher| proven(blob, hasher))
    };
    match verdict {
        Ok(()) => claim.finish(),
        Err(error) => {
            if error.kind() == ErrorKind::Mismatch {
                claim.discard();
            }
            Err(error)
        }
    }
}

/// The hash of the first `offset` bytes of a partial file, which is left at that place.
fn rehashed(claim: &Claim, blob: &Descriptor, offset: u64) -> Result<Hasher> {
    let mut hasher = Hasher::new(blob.digest.algorithm());
    let read = hash(claim.file()?, offset, &mut hasher).map_err(failed("read", claim.path()))?;
    if read < offset {
        return Err(Error::interrupted(anyhow!(
            "only {read} bytes of the blob are there, and those from {offset} on came"
        )));
    }
    Ok(hasher)
}

fn hash(mut file: &File, size: u64, hasher: &mut Hasher) -> io::Result<u64> {
    file.rewind()?;
    let mut buffer = vec![0; usize::try_from(size.min(PIECE)).unwrap_or_default()];
    let mut done = 0;
    while done < size {
        let want = usize::try_from((size - done).min(PIECE)).unwrap_or_default();
        match file.read(&mut buffer[..want]) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(&buffer[..read]);
                done += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.seek(SeekFrom::Start(done))
}

fn proven(blob: &Descriptor, hasher: Hasher) -> Result<()> {
    let actual: Digest = hasher.finish();
    if actual == blob.digest {
        return Ok(());
    }
    Err(Error::mismatch(DigestMismatch {
        expected: blob.digest.clone(),
        actual,
    }))
}

fn wrong_size(blob: &Descriptor, actual: u64) -> Error {
    Error::mismatch(SizeMismatch {
        digest: blob.digest.clone(),
        expected: blob.size,
        actual,
    })
}
