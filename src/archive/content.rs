//! The content of an archive: pieces of a file that several read at a time, each from its own place.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use crate::archive::PIECE;
use crate::archive::member::{Members, Place};
use crate::archive::tar::{self, TarError};
use crate::oci::image_layout::blob_path;
use crate::oci::{Descriptor, Digest, Manifest};
use crate::store::{Body, Error, Result};

/// How many pieces may wait between a file's thread and the other end.
const PIECES: usize = 4;

/// A part of an open file.
#[derive(Clone)]
pub(super) struct Part {
    file: Arc<Mutex<File>>,
    place: Place,
}

impl Part {
    pub(super) fn of(file: &Arc<Mutex<File>>, place: Place) -> Self {
        Self {
            file: Arc::clone(file),
            place,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.place.size
    }

    /// Where it is: of one file, the same place is the same bytes.
    pub(super) fn at(&self) -> u64 {
        self.place.at
    }

    pub(super) fn reader(&self) -> Reading {
        Reading {
            file: Arc::clone(&self.file),
            at: self.place.at,
            left: self.place.size,
        }
    }

    /// All of it, which may not be over `most` bytes.
    pub(super) fn bytes(&self, most: u64) -> Result<Bytes> {
        if self.place.size > most {
            return Err(Error::other(anyhow!(
                "it has {} bytes, and at most {most} are read",
                self.place.size
            )));
        }
        let mut bytes = Vec::new();
        self.reader().read_to_end(&mut bytes).map_err(Error::other)?;
        Ok(bytes.into())
    }

    /// Its bytes from `offset` on, read on a thread of their own.
    pub(super) fn stream(&self, offset: u64) -> Body {
        let mut reading = self.reader();
        reading.skip(offset);
        let (sender, mut pieces) = mpsc::channel(PIECES);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                let read = (&mut reading).take(PIECE as u64).read_to_end(&mut piece);
                let piece = match read {
                    Ok(0) => return,
                    read => read.map(|_| Bytes::from(piece)).map_err(Error::other),
                };
                let broken = piece.is_err();
                if sender.blocking_send(piece).is_err() || broken {
                    return;
                }
            }
        });
        stream::poll_fn(move |context| pieces.poll_recv(context)).boxed()
    }
}

/// A part while it is read.
pub(super) struct Reading {
    file: Arc<Mutex<File>>,
    at: u64,
    left: u64,
}

impl Reading {
    fn skip(&mut self, bytes: u64) {
        let bytes = bytes.min(self.left);
        self.at = self.at.saturating_add(bytes);
        self.left = self.left.saturating_sub(bytes);
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let length = {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.at))?;
            file.read(buffer)?
        };
        if length == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file was made shorter while it was read",
            ));
        }
        self.skip(length as u64);
        Ok(length)
    }
}

/// The members of an archive and what they hold.
pub(super) struct Content {
    file: Arc<Mutex<File>>,
    members: Members,
}

impl Content {
    /// Reads all headers.
    pub(super) fn of(mut file: File) -> Result<Self> {
        let members = tar::index(&mut file).map_err(broken)?;
        let content = Self {
            file: Arc::new(Mutex::new(file)),
            members,
        };
        for (first, second, name) in &content.members.twins {
            if !content.same(*first, *second).map_err(Error::other)? {
                return Err(broken(TarError::Twice(name.clone())));
            }
        }
        Ok(content)
    }

    fn same(&self, first: Place, second: Place) -> io::Result<bool> {
        let [mut first, mut second] = [first, second].map(|place| Part::of(&self.file, place).reader());
        let (mut one, mut other) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
        loop {
            one.clear();
            other.clear();
            (&mut first).take(PIECE as u64).read_to_end(&mut one)?;
            (&mut second).take(PIECE as u64).read_to_end(&mut other)?;
            if one != other || one.is_empty() {
                return Ok(one == other);
            }
        }
    }

    /// The member of a name, which is one already; `None` if there is none.
    pub(super) fn member(&self, name: &str) -> Result<Option<Part>> {
        let place = self.members.file(name).map_err(broken)?;
        Ok(place.map(|place| Part::of(&self.file, place)))
    }

    /// The content of a digest, where layouts have it; `None` if it is not there in this size.
    pub(super) fn blob(&self, blob: &Descriptor) -> Result<Option<Part>> {
        let found = self.member(&path_of(&blob.digest))?;
        Ok(found.filter(|part| part.size() == blob.size))
    }

    /// A manifest, verified; `None` if it is not there.
    pub(super) fn manifest(&self, at: &Descriptor) -> Result<Option<Manifest>> {
        let Some(part) = self.blob(at)? else { return Ok(None) };
        let what = || format!("the manifest {} in the archive is damaged", at.digest);
        let raw = part.bytes(Manifest::MAX_SIZE).map_err(|error| error.context(what()))?;
        let actual = Digest::with(at.digest.algorithm(), &raw);
        if actual != at.digest {
            let expected = at.digest.clone();
            return Err(Error::mismatch(crate::store::DigestMismatch { expected, actual }).context(what()));
        }
        let manifest = Manifest::parse(raw, Some(&at.media_type), Some(&at.digest));
        manifest.map(Some).map_err(|error| Error::other(error).context(what()))
    }
}

/// Where a layout has a blob, on every system.
pub(super) fn path_of(digest: &Digest) -> String {
    let path = blob_path(digest);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

pub(super) fn broken(error: TarError) -> Error {
    Error::other(anyhow::Error::new(error)).context("the archive cannot be used")
}
