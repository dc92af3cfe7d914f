//! The display where there is no terminal: a line for each change, and every ten seconds how far it is.
//!
//! Plain text without escape codes or carriage returns, so that a build log stays readable.

use std::time::{Duration, Instant};

use super::Sink;
use super::state::{Blob, Model, State, Total};
use super::words::{Direction, spoken};
use crate::cli::size::human;

const PAUSE: Duration = Duration::from_secs(10);

/// Lines that follow each other.
pub(super) struct Lines {
    direction: Direction,
    out: Sink,
    summed_up: Instant,
    told: u64,
}

impl Lines {
    /// Summaries count from `now`.
    pub(super) fn new(direction: Direction, out: Sink, now: Instant) -> Self {
        Self {
            direction,
            out,
            summed_up: now,
            told: 0,
        }
    }

    /// A blob is in another state. That one of many is read is no news.
    pub(super) fn tell(&self, blob: &Blob, now: Instant) {
        if self.direction != Direction::Check && is_news(&blob.state) {
            (self.out)(&format!(
                "{}: {}",
                blob.digest.short(),
                self.direction.caption(&blob.state, now)
            ));
        }
    }

    /// A line between the others.
    pub(super) fn say(&self, line: &str) {
        (self.out)(line);
    }

    /// Sums up when it is time, unless nothing moved since.
    pub(super) fn tick(&mut self, model: &Model, now: Instant) {
        if now.saturating_duration_since(self.summed_up) < PAUSE {
            return;
        }
        self.summed_up = now;
        let total = model.total(now);
        if total.at != self.told {
            (self.out)(&summary(total));
        }
        self.told = total.at;
    }
}

fn is_news(state: &State) -> bool {
    match state {
        State::Waiting | State::Arrived => false,
        State::Moving | State::Resuming { .. } | State::Interrupted { .. } | State::Done(_) => true,
    }
}

fn summary(total: Total) -> String {
    let so_far = format!("{} of {} ({}%)", human(total.at), human(total.of), total.percent());
    let rate = total.rate.map(|rate| format!("{}/s", human(rate)));
    let left = total.left.filter(|left| !left.is_zero());
    let left = left.map(|left| format!("{} left", spoken(left)));
    let wait = total.wait.map(|wait| format!("waiting {}", spoken(wait)));
    let parts: Vec<String> = [Some(so_far), rate, left, wait].into_iter().flatten().collect();
    parts.join(", ")
}
