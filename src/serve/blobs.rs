//! Blobs: given, whole or in part, and deleted. They are the store's and not a repository's.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use futures_util::stream;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE};
use hyper::{Method, StatusCode};

use crate::oci::{Descriptor, Digest, MediaType};
use crate::serve::Service;
use crate::serve::answer::{Answer, Builder};
use crate::serve::body::blocking;
use crate::serve::refusal::{Code, Refusal};
use crate::serve::request::{Request, digest};
use crate::store::{Body, ErrorKind, Source as _};

/// What the type of a blob is said to be: that is its manifest's business.
const ANY: &str = "application/octet-stream";

pub(super) async fn get(service: &Arc<Service>, request: &Request, path: &str, wanted: &str) -> Result<Answer, Refusal> {
    request.repository(service, path)?;
    let digest = digest(wanted)?;
    let size = size(service, &digest).await?.ok_or_else(|| unknown(&digest))?;
    let tag = format!("\"{digest}\"");
    let fits = request.header(&IF_RANGE).is_none_or(|wanted| wanted == tag);
    let range = request
        .header(&RANGE)
        .filter(|_| fits)
        .and_then(|range| Range::of(range, size));
    let whole = Builder::new(StatusCode::OK);
    let (answer, start, length) = match range {
        None => (whole, 0, size),
        Some(Range::Part { start, length }) => {
            let last = (start + length).saturating_sub(1);
            let part = Builder::new(StatusCode::PARTIAL_CONTENT);
            (
                part.header(CONTENT_RANGE, &format!("bytes {start}-{last}/{size}")),
                start,
                length,
            )
        }
        Some(Range::Beyond) => {
            let message = format!("{digest} has {size} bytes");
            return Err(Refusal::new(Code::RangeInvalid, message).with(CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let answer = answer
        .digest(&digest)
        .header(CONTENT_TYPE, ANY)
        .header(ACCEPT_RANGES, "bytes")
        .header(ETAG, &tag);
    if request.head.method == Method::HEAD {
        return Ok(answer.stream(Box::pin(stream::empty()), length));
    }
    let blob = Descriptor::new(MediaType::from_header(ANY), digest.clone(), size);
    match service.store.image(None).blob(&blob, start).await {
        Ok(body) => Ok(answer.stream(first(body, length), length)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(unknown(&digest)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn delete(service: &Arc<Service>, request: &Request, path: &str, wanted: &str) -> Result<Answer, Refusal> {
    request.own_repository(service, path)?;
    let digest = digest(wanted)?;
    let store = service.store.clone();
    let deleted = blocking({
        let digest = digest.clone();
        move || store.delete_blob(&digest)
    });
    match deleted.await {
        Ok(()) => Ok(Builder::new(StatusCode::ACCEPTED).empty()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(unknown(&digest)),
        Err(error) => Err(error.into()),
    }
}

/// The size of a blob, if it is there.
pub(super) async fn size(service: &Service, digest: &Digest) -> Result<Option<u64>, Refusal> {
    let (store, digest) = (service.store.clone(), digest.clone());
    Ok(blocking(move || store.blob_size(&digest)).await?)
}

fn unknown(digest: &Digest) -> Refusal {
    Refusal::new(Code::BlobUnknown, format!("{digest} is not here"))
}

/// So many bytes of a body, and no more.
fn first(body: Body, length: u64) -> Body {
    Box::pin(stream::try_unfold((body, length), |(mut body, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let Some(mut piece) = body.try_next().await? else {
            return Ok(None);
        };
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left.saturating_sub(piece.len() as u64);
        Ok(Some((piece, (body, left))))
    }))
}

/// Which bytes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Part { start: u64, length: u64 },
    Beyond,
}

impl Range {
    /// What one range of bytes means for so many bytes; nothing if it is of a kind that may be ignored
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-range)).
    fn of(text: &str, size: u64) -> Option<Self> {
        let (first, last) = text.trim().strip_prefix("bytes=")?.trim().split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(u64::MAX))
        };
        let (start, end) = match (first, last) {
            ("", last) => (size.saturating_sub(number(last)?), size),
            (first, "") => (number(first)?, size),
            (first, last) => {
                let (start, last) = (number(first)?, number(last)?);
                if last < start {
                    return None;
                }
                (start, last.saturating_add(1).min(size))
            }
        };
        Some(match end.checked_sub(start) {
            Some(length @ 1..) => Self::Part { start, length },
            _ => Self::Beyond,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_is_there() {
        let part = |start, length| Some(Range::Part { start, length });
        for (text, range) in [
            ("bytes=0-3", part(0, 4)),
            ("bytes=4-", part(4, 6)),
            ("bytes=9-99", part(9, 1)),
            ("bytes=-3", part(7, 3)),
            ("bytes=-99", part(0, 10)),
            ("bytes=0-18446744073709551615", part(0, 10)),
            ("bytes=0-99999999999999999999", part(0, 10)),
            ("bytes=10-", Some(Range::Beyond)),
            ("bytes=10-11", Some(Range::Beyond)),
            ("bytes=-0", Some(Range::Beyond)),
            ("bytes=3-2", None),
            ("bytes=0-1,4-5", None),
            ("bytes=+1-2", None),
            ("bytes=-", None),
            ("lines=1-2", None),
            ("", None),
        ] {
            assert_eq!(Range::of(text, 10), range, "{text}");
        }
        assert_eq!(Range::of("bytes=0-", 0), Some(Range::Beyond));
    }
}
