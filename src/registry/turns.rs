//! How many requests wait for an answer at once, once a registry has said that they were too many.
//!
//! Nobody is held up before that: how much is asked side by side is the business of who asks. At a 429 the registry gets
//! a quarter of what it had at that moment, and one more for each round of answers without another 429. The requests
//! that were under way together count as one complaint. A body that is read, or sent, is no request that waits.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What is left of the requests when there were too many: one of so many.
const PART: usize = 4;
/// How many rounds of answers are worth one request more.
const ROUNDS: usize = 4;

/// The turns of one registry.
#[derive(Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    taken: usize,
    /// None until the registry complains.
    most: Option<usize>,
    /// Answers since the number was last changed.
    answers: usize,
    /// How often the number was lowered.
    complaints: usize,
}

/// One request's turn, until it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    /// The complaints that were known when it began.
    complaints: usize,
}

impl Turns {
    /// Waits for a turn.
    pub(super) async fn take(&self) -> Turn<'_> {
        loop {
            // Before it is looked, so that no turn is freed in between unheard.
            let freed = self.freed.notified();
            if let Some(turn) = self.try_take() {
                return turn;
            }
            freed.await;
        }
    }

    fn try_take(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        if state.most.is_some_and(|most| state.taken >= most) {
            return None;
        }
        state.taken = state.taken.saturating_add(1);
        Some(Turn {
            turns: self,
            complaints: state.complaints,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The registry answered this request, with the complaint that there are too many or without.
    pub(super) fn answered(&self, too_many: bool) {
        let mut state = self.turns.state();
        if !too_many {
            state.grow();
        } else if self.complaints == state.complaints {
            state.complaints = state.complaints.wrapping_add(1);
            state.most = Some((state.taken / PART).max(1));
            state.answers = 0;
        }
    }
}

impl State {
    fn grow(&mut self) {
        let Some(most) = self.most else { return };
        self.answers = self.answers.saturating_add(1);
        if self.answers >= most.saturating_mul(ROUNDS) {
            self.most = Some(most.saturating_add(1));
            self.answers = 0;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        state.taken = state.taken.saturating_sub(1);
        drop(state);
        self.turns.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(turns: &Turns) -> Vec<Turn<'_>> {
        std::iter::from_fn(|| turns.try_take()).take(100).collect()
    }

    fn answer(taken: &[Turn<'_>], too_many: bool) {
        for turn in taken {
            turn.answered(too_many);
        }
    }

    #[test]
    fn nobody_waits_before_there_is_a_complaint() {
        let turns = Turns::default();
        let taken = take_all(&turns);
        assert_eq!(taken.len(), 100);
        answer(&taken, false);
        drop(taken);
        assert_eq!(take_all(&turns).len(), 100);
    }

    #[test]
    fn requests_that_are_refused_together_are_one_complaint() {
        let turns = Turns::default();
        let taken: Vec<Turn<'_>> = (0..32).map_while(|_| turns.try_take()).collect();
        answer(&taken, true);
        assert!(turns.try_take().is_none());
        drop(taken);
        let taken = take_all(&turns);
        assert_eq!(taken.len(), 8);
        answer(&taken, true);
        drop(taken);
        let taken = take_all(&turns);
        assert_eq!(taken.len(), 2);
        answer(&taken, true);
        drop(taken);
        let last = take_all(&turns);
        assert_eq!(last.len(), 1);
        last[0].answered(true);
        drop(last);
        assert_eq!(take_all(&turns).len(), 1, "one is always left");
    }

    #[test]
    fn answers_without_complaint_earn_turns_back_one_by_one() {
        let turns = Turns::default();
        let taken: Vec<Turn<'_>> = (0..8).map_while(|_| turns.try_take()).collect();
        taken[0].answered(true);
        drop(taken);
        for most in 2..6 {
            assert_eq!(take_all(&turns).len(), most);
            for _ in 0..most * ROUNDS {
                turns.try_take().unwrap().answered(false);
            }
        }
    }

    #[tokio::test]
    async fn whoever_waits_gets_the_turn_that_is_given_up() {
        let turns = Turns::default();
        turns.try_take().unwrap().answered(true);
        let waited = async {
            for _ in 0..50 {
                drop(turns.take().await);
                tokio::task::yield_now().await;
            }
        };
        let other = async {
            for _ in 0..50 {
                drop(turns.take().await);
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(waited, other);
    }
}
