//! `Content-Encoding`: what a server in between may have done to an answer, although none was asked for.
//!
//! The bytes as they came are what digests are over, and are tried first; a file server that adds the header to gzip
//! files by their name has not changed them. Only where they do not fit are they decoded, once and within bounds.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

/// The body without its encoding; `None` where it has none that can be undone, or is over `limit` bytes without it.
pub(super) fn undone(headers: &HeaderMap, body: &[u8], limit: u64) -> Option<Bytes> {
    let encoding = headers.get(CONTENT_ENCODING)?.to_str().ok()?;
    if !matches!(encoding.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip") {
        return None;
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(body)
        .take(limit.saturating_add(1))
        .read_to_end(&mut plain)
        .ok()?;
    (plain.len() as u64 <= limit).then(|| plain.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn undo(encoding: &str, body: &[u8], limit: u64) -> Option<Bytes> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, encoding.parse().unwrap())]);
        undone(&headers, body, limit)
    }

    #[test]
    fn a_packed_answer_is_unpacked_within_bounds() {
        let body = packed(b"{}");
        assert_eq!(undo("gzip", &body, 10).unwrap(), &b"{}"[..]);
        assert_eq!(undo("X-GZIP", &body, 2).unwrap(), &b"{}"[..]);
        assert_eq!(undo("gzip", &packed(&vec![0; 100_000]), 1000), None);
    }

    #[test]
    fn what_is_not_packed_as_said_stays_as_it_is() {
        assert_eq!(undo("gzip", b"{}", 10), None);
        assert_eq!(undo("br", &packed(b"{}"), 10), None);
        assert_eq!(undo("gzip, gzip", &packed(&packed(b"{}")), 100), None);
        assert_eq!(undone(&HeaderMap::new(), &packed(b"{}"), 10), None);
    }
}
