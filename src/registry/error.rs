//! What a registry's refusal says: the error body in all its shapes, what it means, and how it is told.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::fmt;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::oci::{Digest, ManifestError};
use crate::registry::whom::Whom;
use crate::store::{Error, ErrorKind};
use crate::text::steers;

/// The most bytes of an error body that are read.
pub(super) const MAX_BODY: usize = 64 << 10;

/// An answer that is no success.
#[derive(Clone, Debug)]
pub struct Failure {
    method: Method,
    url: String,
    status: StatusCode,
    problems: Vec<Problem>,
    /// How long the registry asks to wait.
    wait: Option<Duration>,
    /// How much it allows in how long, in words.
    limit: Option<String>,
    /// As whom the registry was asked, where that may matter.
    whom: Option<Whom>,
    /// The body as it came, as far as it was read: what its details name.
    body: String,
}

/// One of the errors in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    code: String,
    message: String,
    detail: String,
}

impl Failure {
    pub(super) fn new(method: Method, url: &Url, status: StatusCode, body: &[u8]) -> Self {
        Self {
            method,
            url: redacted(url),
            status,
            problems: problems(body),
            wait: None,
            limit: None,
            whom: None,
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }

    /// Does the body name this content?
    pub(super) fn names(&self, digest: &Digest) -> bool {
        self.body.contains(&digest.to_string())
    }

    pub(super) fn asking_to_wait(self, wait: Option<Duration>) -> Self {
        Self { wait, ..self }
    }

    pub(super) fn asked_by(self, whom: Option<Whom>) -> Self {
        Self { whom, ..self }
    }

    /// As whom the registry was asked, where that may matter.
    #[must_use]
    pub fn whom(&self) -> Option<&Whom> {
        self.whom.as_ref()
    }

    /// Takes the values of `ratelimit-limit` and `ratelimit-remaining`: a number and its window in seconds, `100;w=21600`.
    pub(super) fn limited_to(self, value: Option<&str>, left: Option<&str>) -> Self {
        let left = left.and_then(|value| value.split(';').next()?.parse::<u64>().ok());
        let left = left.map(|left| format!(", and {left} are left")).unwrap_or_default();
        let parts = value.and_then(|value| value.split_once(";w="));
        let limit = parts.and_then(|(number, window)| {
            let (number, seconds) = (number.parse::<u64>().ok()?, window.parse::<u64>().ok()?);
            let window = if seconds % 3600 == 0 {
                format!("{} h", seconds / 3600)
            } else {
                format!("{seconds} s")
            };
            Some(format!("{number} in {window}{left}"))
        });
        Self { limit, ..self }
    }

    /// What was answered, without to what.
    pub(super) fn answer(&self) -> String {
        let status = self.status.as_u16();
        let reason = self.status.canonical_reason().unwrap_or("(no reason given)");
        let problems: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        let why = if problems.is_empty() {
            reason.to_owned()
        } else {
            problems.join("; ")
        };
        let whom = self.whom.as_ref().filter(|_| self.kind() == ErrorKind::Denied);
        let whom = whom.map(|whom| format!(" ({whom})")).unwrap_or_default();
        let limit = self.limit.as_ref().map(|limit| format!(" (the limit is {limit})"));
        format!("{status} {why}{whom}{}", limit.unwrap_or_default())
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Was it what lies at this end of a path that was asked for?
    #[must_use]
    pub fn is_of(&self, end: &str) -> bool {
        self.url.split('?').next().is_some_and(|path| path.ends_with(end))
    }

    /// Was something to be changed, and not only read?
    #[must_use]
    pub fn is_of_a_change(&self) -> bool {
        self.method != Method::GET && self.method != Method::HEAD && self.method != Method::DELETE
    }

    /// Did the registry give this error code?
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.problems.iter().any(|problem| problem.code == code)
    }

    /// Was the content not taken because it is not what its digest says?
    fn is_mismatch(&self) -> bool {
        self.has_code("DIGEST_INVALID") || self.has_code("SIZE_INVALID")
    }

    fn mentions(&self, word: &str) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.message.to_ascii_lowercase().contains(word))
    }

    /// What the refusal means: by code first, since registries put one code under several statuses, by status second.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        if self.mentions("quota") || self.mentions("immutable") {
            return ErrorKind::Refused;
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS || self.has_code("TOOMANYREQUESTS") {
            return ErrorKind::RateLimited;
        }
        if self.has_code("UNAUTHORIZED") || self.has_code("DENIED") {
            return ErrorKind::Denied;
        }
        if ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "BLOB_UNKNOWN"]
            .iter()
            .any(|code| self.has_code(code))
        {
            return ErrorKind::NotFound;
        }
        if self.is_mismatch() {
            return ErrorKind::Mismatch;
        }
        self.kind_of_status()
    }

    fn kind_of_status(&self) -> ErrorKind {
        match self.status.as_u16() {
            401 | 403 | 407 => ErrorKind::Denied,
            404 => ErrorKind::NotFound,
            405 | 409 | 412 | 413 => ErrorKind::Refused,
            408 | 500..=599 => ErrorKind::Unreachable,
            _ => ErrorKind::Other,
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.url, self.answer())?;
        match self.wait.filter(|wait| !wait.is_zero()) {
            Some(wait) => write!(f, " (it asks to wait {} s)", wait.as_secs()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.code, &self.message, &self.detail];
        let said: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        f.write_str(&said.join(": "))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind(), failure)
    }
}

/// Bytes that are no manifest, as the seam tells it.
impl From<ManifestError> for Error {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Digest { .. } => Self::mismatch(error),
            error => Self::other(error),
        }
    }
}

/// A URL without user, password and the values of its query, which may be signatures.
pub(super) fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for a URL without a host, which has neither.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let names: Vec<String> = url.query_pairs().map(|(name, value)| shown_pair(&name, &value)).collect();
    shown.set_query(None);
    shown.set_fragment(None);
    if names.is_empty() {
        shown.to_string()
    } else {
        format!("{shown}?{}", names.join("&"))
    }
}

/// What a query may show: the parameters of the registry API itself.
fn shown_pair(name: &str, value: &str) -> String {
    let open = [
        "digest",
        "mount",
        "from",
        "n",
        "last",
        "service",
        "scope",
        "account",
        "ns",
        "artifactType",
    ];
    if open.contains(&name) {
        format!("{name}={}", clean(value))
    } else {
        format!("{}=…", clean(name))
    }
}

/// Reads an error body: OCI's JSON, the token server's, or the beginning of a text.
fn problems(body: &[u8]) -> Vec<Problem> {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return text_problem(body).into_iter().collect();
    };
    if let Some(errors) = json.get("errors").and_then(Value::as_array) {
        return errors
            .iter()
            .take(10)
            .map(|error| problem(error, "code", "message"))
            .collect();
    }
    let token = problem(&json, "error", "error_description");
    let other = problem(&json, "code", "message");
    let details = problem(&json, "", "details");
    [token, other, details]
        .into_iter()
        .find(|found| !found.to_string().is_empty())
        .into_iter()
        .collect()
}

fn problem(json: &Value, code: &str, message: &str) -> Problem {
    let text = |key: &str| json.get(key).and_then(Value::as_str).map(clean).unwrap_or_default();
    Problem {
        code: text(code),
        message: text(message),
        detail: text("detail"),
    }
}

/// The first line of a text, or the title of a page.
fn text_problem(body: &[u8]) -> Option<Problem> {
    let text = String::from_utf8_lossy(body);
    let lower = text.to_ascii_lowercase();
    let said = match (lower.find("<title>"), lower.find("</title>")) {
        (Some(start), Some(end)) if start < end => text.get(start.saturating_add(7)..end).unwrap_or_default(),
        _ => text.trim().lines().next().unwrap_or_default(),
    };
    let message: String = clean(said.trim()).chars().take(200).collect();
    (!message.is_empty()).then_some(Problem {
        code: String::new(),
        message,
        detail: String::new(),
    })
}

/// A registry's text without the control characters that could steer a terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !steers(*c)).take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &str) -> Failure {
        let url = Url::parse("https://u:p@reg.example/v2/a/manifests/1?sig=abc&digest=sha256:x").unwrap();
        Failure::new(Method::GET, &url, StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn every_shape_of_body_is_told_in_one_line() {
        let cases = [
            (
                r#"{"errors":[{"code":"DENIED","message":"no","detail":null}]}"#,
                "403 DENIED: no",
            ),
            (
                r#"{"errors":[{"code":"A","message":"x"},{"code":"B","message":"","detail":"d"}]}"#,
                "403 A: x; B: d",
            ),
            (r#"{"errors":[{"status":404,"message":"Not here"}]}"#, "403 Not here"),
            (
                r#"{"error":"invalid_grant","error_description":"bad"}"#,
                "403 invalid_grant: bad",
            ),
            (r#"{"details":"wrong password"}"#, "403 wrong password"),
            ("<html><head><TITLE>Blocked</TITLE>", "403 Blocked"),
            ("404 page not found\nmore", "403 404 page not found"),
            ("", "403 Forbidden"),
            ("{}", "403 Forbidden"),
            ("\u{1b}[31mred\u{1b}[0m\u{202e}", "403 [31mred[0m"),
        ];
        for (body, end) in cases {
            let line = failure(403, body).to_string();
            assert_eq!(
                line,
                format!("GET https://reg.example/v2/a/manifests/1?sig=…&digest=sha256:x: {end}")
            );
        }
    }

    #[test]
    fn a_limit_is_told_with_its_window() {
        let said = |value, left| failure(429, "").limited_to(Some(value), left).to_string();
        for (value, left, end) in [
            ("100;w=21600", None, "Requests (the limit is 100 in 6 h)"),
            ("100;w=90", Some("many"), "Requests (the limit is 100 in 90 s)"),
            (
                "100;w=21600",
                Some("0;w=21600"),
                "Requests (the limit is 100 in 6 h, and 0 are left)",
            ),
            ("100", Some("0"), "Requests"),
            ("many;w=1", None, "Requests"),
        ] {
            assert!(said(value, left).ends_with(end), "{value}");
        }
    }

    #[test]
    fn the_code_decides_before_the_status() {
        let coded = |code: &str, message: &str| format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
        let cases = [
            (404, coded("MANIFEST_UNKNOWN", ""), ErrorKind::NotFound),
            (400, coded("NAME_UNKNOWN", ""), ErrorKind::NotFound),
            (401, String::new(), ErrorKind::Denied),
            (403, coded("DENIED", "over the quota of 10 GB"), ErrorKind::Refused),
            (400, coded("TAG_INVALID", "tag is immutable"), ErrorKind::Refused),
            (412, coded("PRECONDITION", "configured as immutable"), ErrorKind::Refused),
            (400, coded("DIGEST_INVALID", ""), ErrorKind::Mismatch),
            (405, coded("UNSUPPORTED", ""), ErrorKind::Refused),
            (429, String::new(), ErrorKind::RateLimited),
            (429, coded("TOOMANYREQUESTS", "Quota exceeded"), ErrorKind::Refused),
            (503, String::new(), ErrorKind::Unreachable),
            (400, coded("MANIFEST_INVALID", ""), ErrorKind::Other),
        ];
        for (status, body, kind) in cases {
            assert_eq!(failure(status, &body).kind(), kind, "{status} {body}");
        }
    }
}
