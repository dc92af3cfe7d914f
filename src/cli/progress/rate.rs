//! How fast bytes go: a sliding window, so that a stall or a burst shows within seconds and one slow start is forgotten.
//!
//! A wait that was asked for says nothing of the line: where nothing came during one, the window begins anew after it, and
//! until then there is no rate. The clock is the caller's.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(8);
/// Chunks of one such span share an entry, so that a fast transfer does not fill the window with thousands.
const GRAIN: Duration = Duration::from_millis(200);
/// A rate from less time than this is noise.
const LEAST: Duration = Duration::from_millis(500);
/// A silence shorter than this is none: chunks come in bursts.
const SILENCE: Duration = Duration::from_secs(2);

/// The bytes of the last seconds.
#[derive(Default)]
pub(super) struct Rate {
    begun: Option<Instant>,
    recent: VecDeque<(Instant, u64)>,
    /// When bytes came last.
    last: Option<Instant>,
    /// Until when something waits, be it gone by.
    waits: Option<Instant>,
}

impl Rate {
    /// Somebody waits until then. Others may go on meanwhile.
    pub(super) fn wait(&mut self, until: Instant) {
        self.waits = self.waits.max(Some(until));
    }

    /// So many bytes went through now.
    pub(super) fn record(&mut self, bytes: u64, now: Instant) {
        if self.is_waiting(now) {
            self.begun = None;
            self.recent.clear();
        }
        self.last = Some(now);
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
        if self.is_waiting(now) {
            return None;
        }
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

    /// Has nothing come since before a wait that was on meanwhile?
    fn is_waiting(&self, now: Instant) -> bool {
        let Some(last) = self.last else { return false };
        self.waits.is_some_and(|until| until > last) && now.saturating_duration_since(last) >= SILENCE
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

    /// A hundred bytes each tenth of a second, in these tenths.
    fn flow(rate: &mut Rate, begin: Instant, tenths: std::ops::Range<u64>) {
        for tenth in tenths {
            rate.record(100, begin + Duration::from_millis(100 * tenth));
        }
    }

    #[test]
    fn a_wait_leaves_the_rate_after_it_as_it_was_before() {
        let begin = Instant::now();
        let at = |tenth| begin + Duration::from_millis(100 * tenth);
        let mut rate = Rate::default();
        flow(&mut rate, begin, 0..50);
        rate.wait(at(170));
        assert!(rate.per_second(at(55)).is_some(), "what was under way may still come");
        for tenth in [70, 100, 170, 190] {
            assert_eq!(rate.per_second(at(tenth)), None, "{tenth}");
        }
        for tenth in (190..290).step_by(10) {
            flow(&mut rate, begin, tenth..tenth + 10);
            let steady = rate.per_second(at(tenth + 10)).unwrap();
            assert!((950..=1050).contains(&steady), "{tenth}: {steady}");
        }
    }

    #[test]
    fn a_wait_of_one_while_others_go_on_is_part_of_the_rate() {
        let begin = Instant::now();
        let mut rate = Rate::default();
        flow(&mut rate, begin, 0..20);
        rate.wait(begin + Duration::from_secs(12));
        flow(&mut rate, begin, 20..100);
        let steady = rate.per_second(begin + Duration::from_secs(10)).unwrap();
        assert!((950..=1050).contains(&steady), "{steady}");
    }

    #[test]
    fn a_silence_long_after_a_wait_is_a_stall() {
        let begin = Instant::now();
        let mut rate = Rate::default();
        rate.wait(begin);
        flow(&mut rate, begin, 1..80);
        let slower = rate.per_second(begin + Duration::from_secs(12)).unwrap();
        assert!((400..=600).contains(&slower), "{slower}");
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
