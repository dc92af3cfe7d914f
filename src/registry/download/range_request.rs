//! One request for a part of a blob, or for all of it.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt as _;
use reqwest::header::{CONTENT_RANGE, HeaderValue, RANGE};
use reqwest::{Method, StatusCode};

use crate::oci::Descriptor;
use crate::registry::Repository;
use crate::registry::answer::Answer;
use crate::registry::client::Call;
use crate::registry::download::flow::Flow;
use crate::registry::error::clean;
use crate::registry::retry;
use crate::registry::scope::Scope;
use crate::store::{Body, Error, ErrorKind, SizeMismatch};

/// The bytes of a response, the offset where they end, and what measures them.
pub(super) type Response = (Body, u64, Flow);

impl Repository {
    /// Requests a part of a blob as often as failures are transient. A host that gives another part than was asked for, or
    /// wants fewer requests, is asked for all that is missing, up to `limit`; one that ignores ranges gives all the rest.
    pub(super) async fn request(&self, blob: &Descriptor, range: &Range<u64>, limit: u64) -> Result<Response, Error> {
        if range.end == limit {
            return self.request_patiently(blob, range).await;
        }
        let all = range.start..limit;
        let flow = Flow::start(self.client.parallelism());
        let call = self.range_call(blob, range)?;
        let answer = match self.client.send_once(&call, &Scope::pull(&self.name)).await {
            Ok(answer) if !retry::is_transient(answer.status()) => answer,
            _ => return self.request_patiently(blob, &all).await,
        };
        match self.interpret(answer, blob, range, flow).await {
            Err(error) if error.kind() == ErrorKind::Mismatch => self.request_patiently(blob, &all).await,
            outcome => outcome,
        }
    }

    async fn request_patiently(&self, blob: &Descriptor, range: &Range<u64>) -> Result<Response, Error> {
        let flow = Flow::start(self.client.parallelism());
        let call = self.range_call(blob, range)?;
        let answer = self.client.send(&call, &Scope::pull(&self.name)).await?;
        self.interpret(answer, blob, range, flow).await
    }

    /// The bytes of a response, which may be all of the blob where a part was asked for.
    async fn interpret(&self, answer: Answer, blob: &Descriptor, range: &Range<u64>, flow: Flow) -> Result<Response, Error> {
        if answer.status() != StatusCode::OK || *range == (0..blob.size) {
            let (body, end) = self.part(answer, blob, range).await?;
            return Ok((body, end, flow));
        }
        self.client.parallelism().refuse_ranges();
        expect_length(&answer, blob, blob.size)?;
        Ok((skip(answer.body(), range.start), blob.size, flow))
    }

    /// Requests a part of a blob once.
    pub(super) async fn request_once(&self, blob: &Descriptor, range: &Range<u64>) -> Result<Response, Error> {
        let flow = Flow::start(self.client.parallelism());
        let answer = self
            .client
            .send_once(&self.range_call(blob, range)?, &Scope::pull(&self.name))
            .await?;
        let (body, end) = self.part(answer, blob, range).await?;
        Ok((body, end, flow))
    }

    /// The part that a response gives, which begins where it was asked to and ends there or before.
    async fn part(&self, answer: Answer, blob: &Descriptor, asked: &Range<u64>) -> Result<(Body, u64), Error> {
        match answer.status() {
            StatusCode::OK if *asked == (0..blob.size) => {
                expect_length(&answer, blob, blob.size)?;
                Ok((answer.body(), blob.size))
            }
            StatusCode::PARTIAL_CONTENT if *asked != (0..blob.size) => match given(&answer, blob, asked) {
                Some(given) => {
                    expect_length(&answer, blob, given.end.saturating_sub(given.start))?;
                    if given.end > asked.end {
                        // The rest of each part would be sent in vain.
                        self.client.parallelism().refuse_ranges();
                    }
                    Ok((answer.body(), given.end.min(asked.end)))
                }
                None => Err(self.wrong_range(&answer, blob, asked)),
            },
            // The body of a 416 may be announced as long as the blob and end early; it is not read.
            StatusCode::PARTIAL_CONTENT | StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE => {
                Err(self.wrong_range(&answer, blob, asked))
            }
            // The signature of a redirect ran out; the registry gives a fresh one.
            StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN if !self.client.is_home_of(answer.url()) => {
                Err(Error::interrupted(answer.failure().await))
            }
            _ => Err(answer.failure().await.into()),
        }
    }

    /// Another part than was asked for: a mismatch, after which the blob is fetched from its beginning.
    fn wrong_range(&self, answer: &Answer, blob: &Descriptor, asked: &Range<u64>) -> Error {
        self.client.parallelism().refuse_ranges();
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
}

/// The part that a 206 says it has. A server may give less than was asked for
/// ([RFC 9110, 15.3.7](https://www.rfc-editor.org/rfc/rfc9110#section-15.3.7)), and some give more; but it must begin where
/// it was asked to, and be of a blob of the right size.
fn given(answer: &Answer, blob: &Descriptor, asked: &Range<u64>) -> Option<Range<u64>> {
    let range = content_range(answer.header(CONTENT_RANGE)?)?;
    let end = range.last.checked_add(1)?;
    let fits = range.first == asked.start
        && end > asked.start
        && end <= blob.size
        && range.total.is_none_or(|total| total == blob.size);
    fits.then_some(range.first..end)
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
pub(in crate::registry) struct ContentRange {
    pub(in crate::registry) first: u64,
    pub(in crate::registry) last: u64,
    pub(in crate::registry) total: Option<u64>,
}

pub(in crate::registry) fn content_range(text: &str) -> Option<ContentRange> {
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
    use futures_util::stream;

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
    async fn the_first_bytes_can_be_skipped() {
        let chunks = ["abc", "def", "g"].map(|chunk| Ok(Bytes::from(chunk)));
        let skipped: Vec<_> = skip(stream::iter(chunks).boxed(), 4).collect().await;
        let bytes: Vec<u8> = skipped.into_iter().flat_map(|chunk| chunk.unwrap()).collect();
        assert_eq!(bytes, b"efg");
    }
}
