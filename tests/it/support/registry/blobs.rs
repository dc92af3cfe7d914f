//! Blobs: HEAD, GET with at most one range, DELETE, and the object store that redirects may lead to.

use hyper::body::Bytes;

use super::super::server::{Request, Response};
use super::content::Content;

pub(super) fn answer(content: &mut Content, request: &Request, repository: &str, digest: &str) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => match content.blob(repository, digest) {
            Some(bytes) => served(request, digest, &bytes),
            None => unknown(digest),
        },
        "DELETE" if content.remove_blob(repository, digest) => Response::new(202),
        "DELETE" => unknown(digest),
        _ => Response::error(405, "UNSUPPORTED", "the operation is unsupported"),
    }
}

/// Object stores accept one way of authentication, and the signed address is it.
pub(super) fn from_storage(content: &Content, request: &Request, digest: &str) -> Response {
    if request.header("authorization").is_some() {
        let message = "<Error><Message>Only one auth mechanism allowed</Message></Error>";
        return Response::new(400).header("content-type", "application/xml").body(message);
    }
    match content.stored(digest) {
        Some(bytes) => served(request, digest, &bytes),
        None => Response::new(404).body("<Error><Code>NoSuchKey</Code></Error>"),
    }
}

fn unknown(digest: &str) -> Response {
    Response::error_about(404, "BLOB_UNKNOWN", "blob unknown to registry", &format!(r#""{digest}""#))
}

fn served(request: &Request, digest: &str, bytes: &Bytes) -> Response {
    let common = |status| {
        Response::new(status)
            .header("content-type", "application/octet-stream")
            .header("accept-ranges", "bytes")
            .header("docker-content-digest", digest)
            .header("etag", &format!(r#""{digest}""#))
    };
    let total = bytes.len();
    match request.header("range").and_then(|range| span(range, total)) {
        None => common(200).body(bytes.clone()),
        Some(Err(())) => Response::new(416).header("content-range", &format!("bytes */{total}")),
        Some(Ok((first, last))) => common(206)
            .header("content-range", &format!("bytes {first}-{last}/{total}"))
            .body(bytes.slice(first..=last)),
    }
}

/// The first and last byte asked for. Several ranges, or other units, are ignored as the HTTP standard allows.
fn span(range: &str, total: usize) -> Option<Result<(usize, usize), ()>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let length: usize = last.parse().ok()?;
        return Some(ordered(total.saturating_sub(length), total.checked_sub(1)));
    }
    let first = first.parse().ok()?;
    let last = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    Some(ordered(first, total.checked_sub(1).map(|end| end.min(last))))
}

fn ordered(first: usize, last: Option<usize>) -> Result<(usize, usize), ()> {
    last.filter(|last| first <= *last).map(|last| (first, last)).ok_or(())
}
