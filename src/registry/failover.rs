//! A blob from the first host that has it, and from the next one where that breaks off.
//!
//! A mirror that fails is no failure of the download, whatever the failure and at whatever byte: the next host gives the
//! rest. Bytes that prove wrong at their end cannot be taken back; the download then begins anew, elsewhere.

use futures_util::{StreamExt as _, stream};

use crate::oci::Descriptor;
use crate::registry::route::Route;
use crate::store::{Body, Error, ErrorKind, Result};

/// A download that changes hosts.
struct Failover {
    route: Route,
    blob: Descriptor,
    /// The offset of the next byte.
    at: u64,
    body: Body,
}

/// Returns a blob's bytes from `offset` on, over a list of hosts.
///
/// # Errors
/// What the last host says.
pub(super) async fn failover(mut route: Route, blob: &Descriptor, offset: u64) -> Result<Body> {
    let failover = Failover {
        body: open(&mut route, blob, offset).await?,
        route,
        blob: blob.clone(),
        at: offset,
    };
    let body = stream::unfold(Some(failover), |state| async {
        let mut failover = state?;
        let piece = failover.next().await?;
        let goes_on = piece.is_ok().then_some(failover);
        Some((piece, goes_on))
    });
    Ok(body.boxed())
}

/// Opens the blob at the first host that gives it.
async fn open(route: &mut Route, blob: &Descriptor, offset: u64) -> Result<Body> {
    loop {
        let outcome = route.here().blob_here(blob, offset).await;
        if let Some(outcome) = route.settle(outcome) {
            return outcome;
        }
    }
}

impl Failover {
    async fn next(&mut self) -> Option<Result<bytes::Bytes>> {
        loop {
            let error = match self.body.next().await {
                Some(Ok(piece)) => {
                    self.at += piece.len() as u64;
                    return Some(Ok(piece));
                }
                Some(Err(error)) if error.kind() == ErrorKind::Mismatch && self.at > 0 => return Some(Err(error)),
                Some(Err(error)) => error,
                None if self.at < self.blob.size && self.route.has_next() => {
                    Error::interrupted(anyhow::anyhow!("{} ended early", self.blob.digest.short()))
                }
                None => return None,
            };
            if let Some(Err(error)) = self.route.settle::<()>(Err(error)) {
                return Some(Err(error));
            }
            // The body of the host that failed goes first: it may hold connections.
            self.body = stream::empty().boxed();
            match open(&mut self.route, &self.blob, self.at).await {
                Ok(body) => self.body = body,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
