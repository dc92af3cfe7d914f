//! How fast and how patiently layers are moved, as it can be typed.

use std::num::NonZeroU64;
use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;
use lugger::registry;
use lugger::transfer::Limit;

use crate::cli::args::Pace;

impl Pace {
    /// Connections and patience, for the way to registries.
    pub(crate) fn of_network(&self) -> registry::Pace {
        registry::Pace {
            connections: self.jobs.into(),
            stall: self.stall_timeout,
        }
    }

    /// A limit that all blobs of a copy share.
    pub(crate) fn limit(&self) -> Option<Limit> {
        self.limit_rate.map(Limit::per_second)
    }
}

/// Reads `30s`, `2m` or `1m 30s`; a number alone means seconds.
pub(crate) fn waiting_time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 30s or 2m, of at least a second");
    let read = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::try_from(text.parse::<SignedDuration>().map_err(|_| wrong())?).map_err(|_| wrong())?,
    };
    Some(read).filter(|read| read.as_secs() > 0).ok_or_else(wrong)
}

/// Reads `10G` or `1.5GiB`.
pub(crate) fn byte_size(text: &str) -> Result<u64, String> {
    let read = text.trim().parse::<ByteSize>();
    read.map(|read| read.as_u64())
        .map_err(|_| format!("`{text}` is not a size such as 500M or 10G"))
}

/// Reads `500K`, `2M` or `1.5MiB`, with a `/s` behind it or not.
pub(crate) fn byte_rate(text: &str) -> Result<NonZeroU64, String> {
    let read = text.trim().trim_end_matches("/s").parse::<ByteSize>().ok();
    read.and_then(|read| NonZeroU64::new(read.as_u64()))
        .ok_or_else(|| format!("`{text}` is not a rate such as 500K or 2M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, seconds) in [("30s", 30), ("2m", 120), ("45", 45), ("1m 30s", 90), ("1h", 3600)] {
            assert_eq!(waiting_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "0s", "-5s", "5x", "500ms", "99999999999999999999"] {
            assert!(waiting_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_read_with_their_units() {
        let rates = [
            ("1000", 1000),
            ("500K", 500_000),
            ("500kB/s", 500_000),
            ("2M", 2_000_000),
            ("1.5MiB", 1_572_864),
            ("1G", 1_000_000_000),
        ];
        for (text, bytes) in rates {
            assert_eq!(byte_rate(text).map(NonZeroU64::get), Ok(bytes), "{text}");
        }
        for text in ["", "0", "-1", "fast", "2M/h"] {
            assert!(byte_rate(text).is_err(), "{text}");
        }
    }
}
