//! Blobs of a repository, downward.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::header::{CONTENT_RANGE, HeaderValue, RANGE};
use reqwest::{Method, StatusCode};

use crate::hosts::Capability;
use crate::oci::{Descriptor, Digest};
use crate::registry::Repository;
use crate::registry::answer::{Answer, Document};
use crate::registry::client::Call;
use crate::registry::encoding;
use crate::registry::error::clean;
use crate::registry::manifests::content_digest;
use crate::registry::pages::status_of;
use crate::registry::retry;
use crate::registry::scope::Scope;
use crate::registry::watch::watched;
use crate::store::{Body, DigestMismatch, Error, SizeMismatch};

/// The largest blob that is read into memory, in bytes: a config.
const MAX_CONFIG: u64 = 8 << 20;
/// The largest blob that is fetched whole from a mirror before any of it is handed on, in bytes.
const MAX_SMALL: u64 = 1 << 20;

impl Repository {
    /// A blob's bytes from `offset` on, unverified.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`](crate::store::ErrorKind::Mismatch) if the registry announces another size; else what it
    /// says.
    pub async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body, Error> {
        if offset > 0 && offset >= blob.size {
            // There is nothing left to ask for, and a range behind the end is an error.
            return Ok(stream::empty().boxed());
        }
        let mut route = self.route(Capability::Pull, Some(&blob.digest))?;
        loop {
            let outcome = route.here().blob_here(blob, offset).await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome;
            }
        }
    }

    /// A mirror's bytes are looked at on their way; few are fetched whole, so that another host can give them if they
    /// are wrong.
    async fn blob_here(&self, blob: &Descriptor, offset: u64) -> Result<Body, Error> {
        if !self.client.endpoint().is_mirror() {
            return self.ranged(blob, offset).await;
        }
        if offset == 0 && blob.size <= MAX_SMALL {
            let bytes = self.small_blob_here(blob).await?;
            return Ok(stream::iter([Ok(bytes)]).boxed());
        }
        let body = self.ranged(blob, offset).await?;
        Ok(watched(body, Arc::clone(&self.client), blob, offset))
    }

    /// The bytes of a range, and where they end: a registry that ignores ranges, or wants fewer requests, gives all that is
    /// left. The request is sent again as often as its failures are transient.
    pub(super) async fn download(&self, blob: &Descriptor, range: &Range<u64>) -> Result<(Body, u64), Error> {
        let (answer, range) = self.ask_with_patience(blob, range).await?;
        if answer.status() != StatusCode::OK {
            return Ok((self.take_range(answer, blob, &range).await?, range.end));
        }
        if range != (0..blob.size) {
            self.lanes.divide_no_more();
        }
        Ok((whole(answer, blob, range.start)?, blob.size))
    }

    async fn ask_with_patience(&self, blob: &Descriptor, range: &Range<u64>) -> Result<(Answer, Range<u64>), Error> {
        let mut wanted = range.clone();
        if range.end < blob.size {
            let asked = self.ask_for_range(blob, range).await;
            match asked {
                Ok(answer) if is_busy(&answer) => {
                    self.lanes.divide_no_more();
                    wanted.end = blob.size;
                }
                Ok(answer) if !retry::is_transient(answer.status()) => return Ok((answer, wanted)),
                _ => {}
            }
        }
        let call = self.range_call(blob, &wanted)?;
        Ok((self.client.send(&call, &Scope::pull(&self.name)).await?, wanted))
    }

    /// The same by a request that is sent once.
    pub(super) async fn ask_for_range(&self, blob: &Descriptor, range: &Range<u64>) -> Result<Answer, Error> {
        self.client
            .send_once(&self.range_call(blob, range)?, &Scope::pull(&self.name))
            .await
    }

    /// The bytes of the range that an answer gives, and nothing else.
    pub(super) async fn take_range(&self, answer: Answer, blob: &Descriptor, range: &Range<u64>) -> Result<Body, Error> {
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if fits(&answer, blob, range) => {
                expect_length(&answer, blob, range.end.saturating_sub(range.start))?;
                Ok(answer.body())
            }
            // The body of a 416 may be announced as long as the blob and end early; it is not read.
            StatusCode::PARTIAL_CONTENT | StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE => {
                Err(self.wrong_range(&answer, blob, range))
            }
            // The signature of a redirect ran out; the registry gives a fresh one.
            StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN if !self.client.is_home_of(answer.url()) => {
                Err(Error::interrupted(answer.failure().await))
            }
            _ => Err(answer.failure().await.into()),
        }
    }

    /// Part of a blob that is no part of it: a mismatch, after which the engine begins anew. No more parts are asked for
    /// than need be.
    fn wrong_range(&self, answer: &Answer, blob: &Descriptor, asked: &Range<u64>) -> Error {
        self.lanes.divide_no_more();
        let shown = clean(answer.header(CONTENT_RANGE).unwrap_or("no range"));
        let text = format!(
            "asked for bytes {}-{} of {}, and got {shown} ({})",
            asked.start,
            asked.end.saturating_sub(1),
            blob.digest,
            answer.status().as_u16()
        );
        Error::mismatch(anyhow::anyhow!(text))
    }

    /// A request without a range where all is wanted, and one without its end where the rest is.
    fn range_call(&self, blob: &Descriptor, range: &Range<u64>) -> Result<Call, Error> {
        let call = Call::new(Method::GET, self.path(&format!("blobs/{}", blob.digest)));
        if *range == (0..blob.size) {
            return Ok(call);
        }
        let text = if range.end == blob.size {
            format!("bytes={}-", range.start)
        } else {
            format!("bytes={}-{}", range.start, range.end.saturating_sub(1))
        };
        Ok(call.header(RANGE, HeaderValue::from_str(&text).map_err(Error::other)?))
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

fn whole(answer: Answer, blob: &Descriptor, offset: u64) -> Result<Body, Error> {
    expect_length(&answer, blob, blob.size)?;
    Ok(skip(answer.body(), offset))
}

/// Does the registry want fewer requests?
pub(super) fn is_busy(answer: &Answer) -> bool {
    matches!(
        answer.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// Part of a blob is believed only if it begins and ends where it was asked to.
fn fits(answer: &Answer, blob: &Descriptor, asked: &Range<u64>) -> bool {
    let range = answer.header(CONTENT_RANGE).and_then(content_range);
    *asked != (0..blob.size)
        && range.is_some_and(|range| {
            range.first == asked.start
                && range.last.checked_add(1) == Some(asked.end)
                && range.total.is_none_or(|total| total == blob.size)
        })
}

fn expect_length(answer: &Answer, blob: &Descriptor, expected: u64) -> Result<(), Error> {
    match answer.length() {
        Some(actual) if actual != expected => Err(Error::mismatch(SizeMismatch {
            digest: blob.digest.clone(),
            expected,
            actual,
        })),
        _ => Ok(()),
    }
}

/// A body without its first bytes.
fn skip(body: Body, bytes: u64) -> Body {
    if bytes == 0 {
        return body;
    }
    let mut left = bytes;
    body.map(move |chunk| {
        chunk.map(|mut chunk: Bytes| {
            let cut = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
            left = left.saturating_sub(cut as u64);
            chunk.split_off(cut)
        })
    })
    .boxed()
}

/// `bytes FIRST-LAST/TOTAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) total: Option<u64>,
}

pub(super) fn content_range(text: &str) -> Option<ContentRange> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let total = match total.trim() {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    Some(ContentRange {
        first: first.trim().parse().ok()?,
        last: last.trim().parse().ok()?,
        total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_three_numbers() {
        let range = |first, last, total| Some(ContentRange { first, last, total });
        assert_eq!(content_range("bytes 5-9/10"), range(5, 9, Some(10)));
        assert_eq!(content_range("bytes 5-9/*"), range(5, 9, None));
        for text in [
            "",
            "bytes",
            "bytes */10",
            "5-9/10",
            "bytes 5-/10",
            "bytes -9/10",
            "bytes 5-9",
            "bytes x-9/10",
        ] {
            assert_eq!(content_range(text), None, "{text:?}");
        }
    }

    #[tokio::test]
    async fn the_first_bytes_can_be_passed_over() {
        let chunks = ["abc", "def", "g"].map(|chunk| Ok(Bytes::from(chunk)));
        let skipped: Vec<_> = skip(stream::iter(chunks).boxed(), 4).collect().await;
        let bytes: Vec<u8> = skipped.into_iter().flat_map(|chunk| chunk.unwrap()).collect();
        assert_eq!(bytes, b"efg");
    }
}
