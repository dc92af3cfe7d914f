//! Bytes per second.

use std::time::Duration;

/// A rate in bytes per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rate(pub(super) u64);

impl Rate {
    /// Returns the rate at which so many bytes take that time.
    pub(super) fn of(bytes: u64, time: Duration) -> Self {
        let rate = u128::from(bytes) * 1_000_000 / time.as_micros().max(100);
        Self(u64::try_from(rate).unwrap_or(u64::MAX))
    }

    /// Returns how many bytes come in a time.
    pub(super) fn bytes_in(self, time: Duration) -> u64 {
        u64::try_from(u128::from(self.0) * time.as_micros() / 1_000_000).unwrap_or(u64::MAX)
    }

    /// Returns how long so many bytes take.
    pub(super) fn time_for(self, bytes: u64) -> Duration {
        let microseconds = u128::from(bytes) * 1_000_000 / u128::from(self.0.max(1));
        Duration::from_micros(u64::try_from(microseconds).unwrap_or(u64::MAX))
    }

    /// Returns the mean of this, three times, and a newer rate.
    pub(super) fn blended_with(self, newer: Self) -> Self {
        Self(self.0 / 4 * 3 + newer.0 / 4)
    }

    /// Is this at least a quarter more than another rate?
    pub(super) fn is_gain_over(self, other: Self) -> bool {
        self.0 / 5 >= other.0 / 4
    }
}

#[test]
fn a_rate_says_bytes_and_times() {
    let rate = Rate::of(3_000_000, Duration::from_millis(1500));
    assert_eq!(rate, Rate(2_000_000));
    assert_eq!(rate.bytes_in(Duration::from_millis(250)), 500_000);
    assert_eq!(rate.time_for(1_000_000), Duration::from_millis(500));
    assert!(Rate(250).is_gain_over(Rate(200)) && !Rate(245).is_gain_over(Rate(200)));
    assert_eq!(Rate(0).time_for(u64::MAX), Duration::from_micros(u64::MAX));
}
