//! What a registry sends, handed straight to the parsers: for the targets in `fuzz/`, and in no usual build.
//!
//! A header is given as its lines, as they stand behind the name; lines that HTTP would not let through are left out.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LINK, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode, Url};

use crate::registry::challenge::Challenge;
use crate::registry::token::TokenServer;
use crate::registry::{Failure, download, encoding, link, retry, session, token};

/// Realm, service and scopes of a challenge for a token.
pub type Bearer = (String, Option<String>, Vec<String>);

/// What `WWW-Authenticate` asks for, if it is a token.
#[must_use]
pub fn bearer(lines: &[u8]) -> Option<Bearer> {
    match Challenge::choose(&headers(&WWW_AUTHENTICATE, lines))? {
        Challenge::Basic => None,
        Challenge::Bearer { realm, service, scopes } => Some((realm, service, scopes)),
    }
}

/// Where the realm of a challenge leads that came from `asked`.
#[must_use]
pub fn token_server(realm: &str, asked: &str) -> Option<String> {
    let server = TokenServer::new(realm, None, &Url::parse(asked).ok()?).ok()?;
    Some(server.realm.into())
}

/// The token in the answer of a token server: would it be a header?
#[must_use]
pub fn token(body: &[u8]) -> bool {
    token::parse(body, Instant::now()).is_ok_and(|token| token.lasts(Duration::ZERO))
}

/// The next page, as `Link` on the page at `page` has it.
#[must_use]
pub fn next_page(lines: &[u8], page: &str) -> Option<String> {
    link::next(&headers(&LINK, lines), &Url::parse(page).ok()?).map(Into::into)
}

/// Where `Location` leads an upload that was opened at `from`.
///
/// # Errors
/// Nowhere that an upload may go: the error, as it is shown.
pub fn upload(location: &str, from: &str) -> Result<String, String> {
    let from = Url::parse(from).map_err(|error| error.to_string())?;
    session::located(&from, location)
        .map(Into::into)
        .map_err(|error| error.to_string())
}

/// How many bytes of an upload the `Range` of its session says have arrived.
#[must_use]
pub fn arrived(range: &str) -> Option<u64> {
    session::up_to(range)
}

/// First, last and total of `Content-Range`.
#[must_use]
pub fn content_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    download::content_range(text).map(|range| (range.first, range.last, range.total))
}

/// The wait that `Retry-After` asks for.
#[must_use]
pub fn asked_wait(lines: &[u8]) -> Option<Duration> {
    retry::asked_wait(&headers(&RETRY_AFTER, lines), Timestamp::UNIX_EPOCH)
}

/// A body without its gzip, if it has at most `limit` bytes then.
#[must_use]
pub fn unpacked(body: &[u8], limit: u64) -> Option<usize> {
    let headers = headers(&reqwest::header::CONTENT_ENCODING, b"gzip");
    encoding::undone(&headers, body, limit).map(|plain| plain.len())
}

/// A refusal of a registry.
#[must_use]
pub fn refusal(status: u16, url: &str, limit: Option<&str>, body: &[u8]) -> Option<Failure> {
    let (url, status) = (Url::parse(url).ok()?, StatusCode::from_u16(status).ok()?);
    Some(Failure::new(Method::GET, &url, status, body).limited_to(limit, limit))
}

fn headers(name: &HeaderName, lines: &[u8]) -> HeaderMap {
    let values = lines.split(|byte| *byte == b'\n').map(HeaderValue::from_bytes);
    let mut headers = HeaderMap::new();
    for value in values.flatten().take(100) {
        headers.append(name, value);
    }
    headers
}
