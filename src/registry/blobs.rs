//! Blobs of a repository, downward.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::{Method, StatusCode};

use crate::hosts::Capability;
use crate::oci::{Descriptor, Digest};
use crate::registry::Repository;
use crate::registry::answer::Document;
use crate::registry::client::Call;
use crate::registry::encoding;
use crate::registry::failover::failover;
use crate::registry::manifests::content_digest;
use crate::registry::pages::status_of;
use crate::registry::scope::Scope;
use crate::registry::watch::watched;
use crate::store::{Body, DigestMismatch, Error};

/// The largest blob that is read into memory, in bytes: a config.
const MAX_CONFIG: u64 = 8 << 20;
/// The largest blob that is fetched whole from a mirror before any of it is handed on, in bytes.
const MAX_SMALL: u64 = 1 << 20;

impl Repository {
    /// A blob's bytes from `offset` on, unverified. Where a mirror fails, at any byte, the next host goes on.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`](crate::store::ErrorKind::Mismatch) if the registry announces another size; else what it
    /// says.
    pub async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body, Error> {
        if offset > 0 && offset >= blob.size {
            // There is nothing left to ask for, and a range behind the end is an error.
            return Ok(stream::empty().boxed());
        }
        let route = self.route(Capability::Pull, Some(&blob.digest))?;
        failover(route, blob, offset).await
    }

    /// A mirror's bytes are looked at on their way; few are fetched whole, so that another host can give them if they
    /// are wrong.
    pub(super) async fn blob_here(&self, blob: &Descriptor, offset: u64) -> Result<Body, Error> {
        if !self.client.endpoint().is_mirror() {
            return self.download(blob, offset).await;
        }
        if offset == 0 && blob.size <= MAX_SMALL {
            let bytes = self.small_blob_here(blob).await?;
            return Ok(stream::iter([Ok(bytes)]).boxed());
        }
        let body = self.download(blob, offset).await?;
        Ok(watched(body, Arc::clone(&self.client), blob, offset))
    }

    /// A small blob, whole and verified: the config of an image.
    ///
    /// # Errors
    /// A blob over 8 MiB, or of another digest; else what the registry says.
    pub async fn small_blob(&self, blob: &Descriptor) -> Result<Bytes, Error> {
        let mut route = self.route(Capability::Pull, Some(&blob.digest))?;
        loop {
            let outcome = route.here().small_blob_here(blob).await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome;
            }
        }
    }

    async fn small_blob_here(&self, blob: &Descriptor) -> Result<Bytes, Error> {
        let call = Call::new(Method::GET, self.path(&format!("blobs/{}", blob.digest)));
        let Document { headers, body, .. } = self.client.read(&call, &Scope::pull(&self.name), MAX_CONFIG).await?;
        let unpacked = encoding::undone(&headers, &body, MAX_CONFIG);
        let actual = Digest::with(blob.digest.algorithm(), &body);
        let fits = |body: &Bytes| Digest::with(blob.digest.algorithm(), body) == blob.digest;
        [Some(body), unpacked].into_iter().flatten().find(fits).ok_or_else(|| {
            Error::mismatch(DigestMismatch {
                expected: blob.digest.clone(),
                actual,
            })
        })
    }

    /// Does the repository have a blob? A success that names neither its digest nor its length is not believed: some
    /// web sites answer every path with 200. Nor is a refusal of this question alone one of the login: Amazon refuses it
    /// to everybody, and the upload that follows says more.
    pub(super) async fn has_blob(&self, blob: &Descriptor, scope: &Scope) -> Result<bool, Error> {
        let call = Call::new(Method::HEAD, self.path(&format!("blobs/{}", blob.digest)));
        let answer = match self.client.send(&call, scope).await {
            Err(error) if status_of(&error) == Some(StatusCode::UNAUTHORIZED) => return Ok(false),
            outcome => outcome?,
        };
        if answer.status() != StatusCode::OK {
            return Ok(false);
        }
        let digest = content_digest(answer.headers());
        let right_length = answer.length() == Some(blob.size);
        Ok(right_length || (answer.length().is_none() && digest.is_some_and(|digest| digest == blob.digest)))
    }
}
