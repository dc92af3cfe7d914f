//! Uploads of blobs: at once, or in pieces to a session that remembers them.
//!
//! A blob is in the store only when its digest was compared. A session that nobody goes on with is dropped after an hour,
//! and with the server; nothing of it stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::header::{CONTENT_RANGE, HeaderName, LOCATION, RANGE, RETRY_AFTER};

use crate::layout::Layout;
use crate::oci::Digest;
use crate::serve::Service;
use crate::serve::answer::{Answer, Builder};
use crate::serve::blobs;
use crate::serve::body::{blocking, fill};
use crate::serve::refusal::{Code, Refusal};
use crate::serve::repository::Repository;
use crate::serve::request::{Request, digest};
use crate::store::{ErrorKind, Incoming, Intake as _};

/// How many sessions may be open: each is an open file, of which a process has about a thousand.
const MOST: usize = 256;
/// How long a session waits to be gone on with.
const PATIENCE: Duration = Duration::from_hours(1);
/// The session's name, for clients that look for it.
const ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// The sessions.
pub(super) struct Uploads {
    store: Layout,
    open: Mutex<HashMap<String, Session>>,
}

struct Session {
    /// The path of its repository.
    path: String,
    /// What was written so far; nothing while a request writes.
    blob: Option<Box<dyn Incoming>>,
    touched: Instant,
}

impl Uploads {
    pub(super) fn new(store: Layout) -> Self {
        Self {
            store,
            open: Mutex::default(),
        }
    }

    /// Drops the sessions that nobody goes on with.
    pub(super) fn tidy(&self) {
        let idle = |session: &Session| session.blob.is_some() && session.touched.elapsed() > PATIENCE;
        self.open().retain(|_, session| !idle(session));
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn new_blob(&self) -> Result<Box<dyn Incoming>, Refusal> {
        let store = self.store.clone();
        Ok(blocking(move || store.begin()).await?)
    }

    async fn begin(&self, path: &str) -> Result<String, Refusal> {
        let blob = self.new_blob().await?;
        self.tidy();
        let mut open = self.open();
        if open.len() >= MOST {
            return Err(Refusal::new(Code::TooManyRequests, "too many uploads are under way").with(RETRY_AFTER, "30"));
        }
        let id = format!("{:032x}", fastrand::u128(..));
        open.insert(
            id.clone(),
            Session {
                path: path.to_owned(),
                blob: Some(blob),
                touched: Instant::now(),
            },
        );
        Ok(id)
    }

    /// Does something with a session's blob while nobody writes to it.
    fn with<T>(
        &self,
        path: &str,
        id: &str,
        work: impl FnOnce(&mut Option<Box<dyn Incoming>>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut open = self.open();
        let session = open.get_mut(id).filter(|session| session.path == path);
        let session = session.ok_or_else(|| Refusal::new(Code::BlobUploadUnknown, "there is no such upload"))?;
        if session.blob.is_none() {
            let busy = Refusal::new(Code::BlobUploadInvalid, "another request is writing to this upload");
            return Err(busy.with_status(StatusCode::CONFLICT));
        }
        session.touched = Instant::now();
        work(&mut session.blob)
    }

    fn size(&self, path: &str, id: &str) -> Result<u64, Refusal> {
        self.with(path, id, |blob| Ok(blob.as_ref().map_or(0, |blob| blob.size())))
    }

    /// Writes a request's body to a session, and gives back how much it has then.
    async fn write(&self, path: &str, id: &str, request: Request) -> Result<u64, Refusal> {
        let blob = self.with(path, id, |blob| {
            let size = blob.as_ref().map_or(0, |blob| blob.size());
            check_piece(&request, size).map_err(|refusal| at(refusal, path, id, size))?;
            blob.take().ok_or_else(|| Refusal::method("GET"))
        })?;
        let (blob, written) = fill(blob, request.body).await;
        let mut open = self.open();
        let size = blob.as_ref().map(|blob| blob.size());
        match (open.get_mut(id), blob) {
            (Some(session), Some(blob)) => {
                session.touched = Instant::now();
                session.blob = Some(blob);
            }
            _ => drop(open.remove(id)),
        }
        written.map(|()| size.unwrap_or_default())
    }

    /// Takes a session's blob out, for good.
    fn take(&self, path: &str, id: &str) -> Result<Box<dyn Incoming>, Refusal> {
        let blob = self.with(path, id, |blob| blob.take().ok_or_else(|| Refusal::method("GET")))?;
        self.open().remove(id);
        Ok(blob)
    }
}

pub(super) async fn begin(service: &Arc<Service>, request: Request, path: &str) -> Result<Answer, Refusal> {
    let repository = request.own_repository(service, path)?;
    if let Some(wanted) = request.query("mount") {
        let wanted = digest(wanted)?;
        if blobs::size(service, &wanted).await?.is_some() {
            return Ok(created(&repository, &wanted));
        }
    } else if let Some(wanted) = request.query("digest") {
        let wanted = digest(wanted)?;
        let blob = service.uploads.new_blob().await?;
        let (blob, written) = fill(blob, request.body).await;
        written?;
        if let Some(blob) = blob {
            keep(blob, &wanted).await?;
        }
        return Ok(created(&repository, &wanted));
    }
    let id = service.uploads.begin(path).await?;
    Ok(pending(StatusCode::ACCEPTED, path, &id, 0))
}

pub(super) fn status(service: &Service, request: &Request, path: &str, id: &str) -> Result<Answer, Refusal> {
    request.own_repository(service, path)?;
    let size = service.uploads.size(path, id)?;
    Ok(pending(StatusCode::NO_CONTENT, path, id, size))
}

pub(super) async fn append(service: &Arc<Service>, request: Request, path: &str, id: &str) -> Result<Answer, Refusal> {
    request.own_repository(service, path)?;
    let size = service.uploads.write(path, id, request).await?;
    Ok(pending(StatusCode::ACCEPTED, path, id, size))
}

pub(super) async fn finish(service: &Arc<Service>, request: Request, path: &str, id: &str) -> Result<Answer, Refusal> {
    let repository = request.own_repository(service, path)?;
    let missing = || Refusal::new(Code::DigestInvalid, "the digest is missing");
    let wanted = digest(request.query("digest").ok_or_else(missing)?)?;
    service.uploads.write(path, id, request).await?;
    keep(service.uploads.take(path, id)?, &wanted).await?;
    Ok(created(&repository, &wanted))
}

pub(super) fn cancel(service: &Service, request: &Request, path: &str, id: &str) -> Result<Answer, Refusal> {
    request.own_repository(service, path)?;
    drop(service.uploads.take(path, id)?);
    Ok(Builder::new(StatusCode::NO_CONTENT).empty())
}

/// Keeps a blob if it is what was announced.
async fn keep(blob: Box<dyn Incoming>, wanted: &Digest) -> Result<(), Refusal> {
    let digest = wanted.clone();
    let kept = blocking(move || blob.keep_as(&digest)).await;
    kept.map_err(|error| match error.kind() {
        ErrorKind::Mismatch => Refusal::new(Code::DigestInvalid, error.to_string()),
        _ => error.into(),
    })
}

/// Does a piece go on where the session stands, and is it as long as its range says?
fn check_piece(request: &Request, size: u64) -> Result<(), Refusal> {
    let Some(range) = request.header(&CONTENT_RANGE) else {
        return Ok(());
    };
    let invalid = || Refusal::new(Code::BlobUploadInvalid, "this is no range of bytes");
    let (first, last) = range.trim_start_matches("bytes ").split_once('-').ok_or_else(invalid)?;
    let first: u64 = first.trim().parse().map_err(|_| invalid())?;
    let last = last.split('/').next().unwrap_or_default();
    let last: u64 = last.trim().parse().map_err(|_| invalid())?;
    if first != size {
        let message = format!("the upload goes on at byte {size}");
        let refusal = Refusal::new(Code::BlobUploadInvalid, message);
        return Err(refusal.with_status(StatusCode::RANGE_NOT_SATISFIABLE));
    }
    let length = last.checked_sub(first).and_then(|length| length.checked_add(1));
    if request.length().is_some_and(|said| length != Some(said)) {
        return Err(Refusal::new(Code::SizeInvalid, "the range is not as long as the body"));
    }
    Ok(())
}

/// A refusal that says where the upload stands.
fn at(refusal: Refusal, path: &str, id: &str, size: u64) -> Refusal {
    refusal.with(LOCATION, &location(path, id)).with(RANGE, &received(size))
}

fn location(path: &str, id: &str) -> String {
    format!("/v2/{path}/blobs/uploads/{id}")
}

/// Both ends belong to the range, which so cannot say that there is nothing.
fn received(size: u64) -> String {
    format!("0-{}", size.saturating_sub(1))
}

fn pending(status: StatusCode, path: &str, id: &str, size: u64) -> Answer {
    let answer = Builder::new(status).location(&location(path, id));
    answer.header(RANGE, &received(size)).header(ID, id).empty()
}

fn created(repository: &Repository, digest: &Digest) -> Answer {
    let location = format!("/v2/{}/blobs/{digest}", repository.path());
    Builder::new(StatusCode::CREATED).location(&location).digest(digest).empty()
}
