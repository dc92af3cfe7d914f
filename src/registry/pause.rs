//! Until when every worker holds still, because a registry asked one of them to, or was not there for it.
//!
//! Those whose requests were refused together wait for the same thing, so that is news once.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A shorter wait is nothing to tell.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// The pause of one registry.
#[derive(Default)]
pub(super) struct Pause(Mutex<State>);

#[derive(Default)]
struct State {
    until: Option<Instant>,
    /// The end of what was told last.
    told: Option<Instant>,
}

impl Pause {
    /// From now on everybody holds still for so long. Is that to be told, or is most of it known?
    pub(super) fn begin(&self, wait: Duration, now: Instant) -> bool {
        let mut state = self.state();
        let Some(until) = now.checked_add(wait) else { return false };
        state.until = state.until.max(Some(until));
        let untold = state.told.map_or(wait, |told| until.saturating_duration_since(told));
        let is_news = wait >= WORTH_A_WORD && untold.saturating_mul(2) > wait;
        if is_news {
            state.told = Some(until);
        }
        is_news
    }

    /// Waits until it is over, however often it is prolonged meanwhile.
    pub(super) async fn end(&self) {
        while let Some(until) = self.until().filter(|until| *until > Instant::now()) {
            tokio::time::sleep_until(until).await;
        }
    }

    fn until(&self) -> Option<Instant> {
        self.state().until
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these waits are told, each of so many milliseconds and so many after the one before.
    fn told(waits: &[(u64, u64)]) -> Vec<bool> {
        let (pause, mut now) = (Pause::default(), Instant::now());
        let mut told = Vec::new();
        for (later, wait) in waits {
            now += Duration::from_millis(*later);
            told.push(pause.begin(Duration::from_millis(*wait), now));
        }
        told
    }

    #[test]
    fn those_who_wait_for_the_same_are_one_piece_of_news() {
        let waits = [(0, 12_000), (3, 12_000), (900, 12_000), (2000, 10_000)];
        assert_eq!(told(&waits), [true, false, false, false]);
    }

    #[test]
    fn a_wait_after_a_wait_is_news_and_so_is_a_much_longer_one() {
        assert_eq!(told(&[(0, 2000), (2000, 1000), (1000, 2000)]), [true; 3]);
        assert_eq!(told(&[(0, 2000), (5, 60_000), (5, 2000)]), [true, true, false]);
    }

    #[test]
    fn a_moment_is_not_told_and_does_not_hide_what_is() {
        assert_eq!(told(&[(0, 999), (0, 1000), (0, 1000)]), [false, true, false]);
    }

    #[test]
    fn everybody_waits_for_the_longest() {
        let (pause, now) = (Pause::default(), Instant::now());
        pause.begin(Duration::from_secs(5), now);
        pause.begin(Duration::from_secs(2), now);
        assert_eq!(pause.state().until, Some(now + Duration::from_secs(5)));
    }
}
