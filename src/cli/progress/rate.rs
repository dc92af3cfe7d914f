//! How fast bytes go: a sliding window, so that a stall or a burst shows within seconds and one slow start is forgotten.
//!
//! The clock is the caller's.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(8);
/// Chunks of one such span share an entry, so that a fast transfer does not fill the window with thousands.
const GRAIN: Duration = Duration::from_millis(200);
/// A rate from less time than this is noise.
const LEAST: Duration = Duration::from_millis(500);

/// The bytes of the last seconds.
#[derive(Default)]
pub(super) struct Rate {
    begun: Option<Instant>,
    recent: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// So many bytes went through now.
    pub(super) fn record(&mut self, bytes: u64, now: Instant) {
        self.begun.get_or_insert(now);
        match self.recent.back_mut() {
            Some((since, sum)) if now.saturating_duration_since(*since) < GRAIN => *sum = sum.saturating_add(bytes),
            Some(_) | None => self.recent.push_back((now, bytes)),
        }
        while self.recent.front().is_some_and(|(at, _)| is_old(*at, now)) {
            self.recent.pop_front();
        }
    }

    /// Bytes a second, once there is enough to tell.
    pub(super) fn per_second(&self, now: Instant) -> Option<u64> {
        let span = now.saturating_duration_since(self.begun?).min(WINDOW);
        let bytes: u128 = self
            .recent
            .iter()
            .filter(|(at, _)| !is_old(*at, now))
            .map(|(_, bytes)| u128::from(*bytes))
            .sum();
        let rate = bytes * 1000 / span.as_millis().max(1);
        (span >= LEAST).then(|| u64::try_from(rate).unwrap_or(u64::MAX))
    }
}

fn is_old(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) >= WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_has_its_rate_and_a_stall_has_none() {
        let begin = Instant::now();
        let mut rate = Rate::default();
        assert_eq!(rate.per_second(begin), None);
        for tenth in 0..200 {
            rate.record(100, begin + Duration::from_millis(100 * tenth));
        }
        let end = begin + Duration::from_secs(20);
        let steady = rate.per_second(end).unwrap();
        assert!((950..=1050).contains(&steady), "{steady}");
        assert!(rate.recent.len() <= 41, "{}", rate.recent.len());
        assert_eq!(rate.per_second(end + WINDOW), Some(0));
    }

    #[test]
    fn the_first_moments_tell_nothing() {
        let begin = Instant::now();
        let mut rate = Rate::default();
        rate.record(1_000_000, begin);
        assert_eq!(rate.per_second(begin + Duration::from_millis(100)), None);
        assert_eq!(rate.per_second(begin + Duration::from_secs(1)), Some(1_000_000));
    }
}
