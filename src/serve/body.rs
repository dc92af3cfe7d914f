//! Bodies that come in: from the connection to memory or to a thread that writes, within bounds of size and patience.

use std::io::Write as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::Incoming as Arriving;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::serve::refusal::{Code, Refusal};
use crate::store::{Error, Incoming, Result};

/// How long the next piece of a body is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a body that is kept in memory may take: others may wait for the room it has.
const WHOLE: Duration = Duration::from_mins(5);
/// How many pieces may wait between the connection and the thread that writes.
const PIECES: usize = 4;

/// Runs work that blocks on a thread for such work.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::other)?
}

/// The whole of a body that has at most `limit` bytes; nothing if it has more.
pub(super) async fn collect(body: Arriving, limit: u64) -> std::result::Result<Option<Bytes>, Refusal> {
    let whole = timeout(WHOLE, gather(body, limit));
    whole.await.map_err(|_| broken("the body takes too long"))?
}

async fn gather(mut body: Arriving, limit: u64) -> std::result::Result<Option<Bytes>, Refusal> {
    let mut whole = BytesMut::new();
    while let Some(piece) = next(&mut body).await? {
        if (whole.len() + piece.len()) as u64 > limit {
            return Ok(None);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(Some(whole.freeze()))
}

/// Writes what comes to a blob, and gives the blob back with as much as has come; with nothing if it could not be written.
pub(super) async fn fill(
    blob: Box<dyn Incoming>,
    mut body: Arriving,
) -> (Option<Box<dyn Incoming>>, std::result::Result<(), Refusal>) {
    let (sender, pieces) = mpsc::channel(PIECES);
    let writing = tokio::task::spawn_blocking(move || write(blob, pieces));
    let read = loop {
        match next(&mut body).await {
            Ok(Some(piece)) => {
                // A thread that takes no more has failed, and says why.
                if sender.send(piece).await.is_err() {
                    break Ok(());
                }
            }
            Ok(None) => break Ok(()),
            Err(refusal) => break Err(refusal),
        }
    };
    drop(sender);
    match writing.await.map_err(Error::other).and_then(|written| written) {
        Ok(blob) => (Some(blob), read),
        Err(error) => (None, Err(error.into())),
    }
}

fn write(mut blob: Box<dyn Incoming>, mut pieces: mpsc::Receiver<Bytes>) -> Result<Box<dyn Incoming>> {
    while let Some(piece) = pieces.blocking_recv() {
        let written = blob.write_all(&piece);
        written.map_err(|error| Error::other(error).context("cannot write an upload"))?;
    }
    Ok(blob)
}

/// The next bytes of a body, empty ones left out; nothing at its end.
async fn next(body: &mut Arriving) -> std::result::Result<Option<Bytes>, Refusal> {
    loop {
        let frame = timeout(PATIENCE, body.frame())
            .await
            .map_err(|_| broken("nothing has come for too long"))?;
        match frame.transpose().map_err(|_| broken("the body broke off"))? {
            None => return Ok(None),
            Some(frame) => match frame.into_data() {
                Ok(piece) if !piece.is_empty() => return Ok(Some(piece)),
                _ => {}
            },
        }
    }
}

fn broken(what: &str) -> Refusal {
    Refusal::new(Code::SizeInvalid, what).with_status(StatusCode::REQUEST_TIMEOUT)
}
