//! What is worth trying again, and when.
//!
//! A registry that says how long to wait is believed, up to five minutes; where it says nothing, `backoff` decides.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often a request is sent before its failure counts, to a host that has answered before.
pub(super) const TRIES: u32 = 5;
/// The same for a host that has never answered: a mistyped port should not cost a minute.
pub(super) const FIRST_TRIES: u32 = 3;
/// How long a registry that has answered before may be away altogether.
pub(super) const RESTART: Duration = Duration::from_secs(30);
/// How long is waited at most before it is looked for again.
pub(super) const RESTART_WAIT: Duration = Duration::from_secs(4);
/// The longest wait a registry can ask for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Can the same request succeed a moment later?
pub(super) fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 499 | 500 | 502 | 503 | 504 | 520..=524)
}

/// The wait a registry asks for, in seconds or as a date; a date in the past is no wait.
pub(super) fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let cases = [
            ("2", Some(2)),
            ("0", Some(0)),
            ("86400", Some(86_400)),
            ("Fri, 02 Jan 2026 03:04:15 GMT", Some(10)),
            ("Fri, 02 Jan 2026 03:04:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ];
        for (value, seconds) in cases {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(asked_wait(&headers, now), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
