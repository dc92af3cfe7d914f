//! The bytes of a mirror on their way: counted and hashed, so that one that gives wrong ones, or not all, is not asked
//! for the same blob again.
//!
//! Whoever keeps the bytes checks them too, but cannot say to a registry that its mirror was wrong.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;

use crate::oci::{Descriptor, Hasher};
use crate::registry::client::Client;
use crate::store::{Body, DigestMismatch, Error, Result};

/// A blob's bytes from `offset` on. The last of wrong ones is an error in its place.
pub(super) fn watched(body: Body, client: Arc<Client>, blob: &Descriptor, offset: u64) -> Body {
    let mut watch = Watch {
        client,
        // Bytes without their beginning have no digest that could be known.
        hasher: (offset == 0).then(|| Hasher::new(blob.digest.algorithm())),
        blob: blob.clone(),
        at: offset,
        is_proven: false,
    };
    body.map(move |piece| watch.see(piece?)).boxed()
}

struct Watch {
    client: Arc<Client>,
    blob: Descriptor,
    at: u64,
    hasher: Option<Hasher>,
    is_proven: bool,
}

impl Watch {
    fn see(&mut self, piece: Bytes) -> Result<Bytes> {
        self.at += piece.len() as u64;
        let Some(hasher) = &mut self.hasher else {
            return Ok(piece);
        };
        hasher.update(&piece);
        if self.at >= self.blob.size {
            self.prove()?;
        }
        Ok(piece)
    }

    fn prove(&mut self) -> Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let actual = hasher.finish();
        if actual == self.blob.digest {
            self.is_proven = true;
            return Ok(());
        }
        let expected = self.blob.digest.clone();
        let mismatch = DigestMismatch { expected, actual };
        let name = self.client.name();
        self.client
            .tell(&format!("warning: {name} is passed over for this blob: {mismatch}"));
        Err(Error::mismatch(mismatch))
    }
}

impl Drop for Watch {
    /// Whatever went wrong, the next try is another host's.
    fn drop(&mut self) {
        if !self.is_proven {
            self.client.standing().pass(&self.blob.digest);
        }
    }
}
