//! Docker's words for what happens to a blob, and durations and foreign text made fit to print.
//!
//! What state a blob is in is the model's business, and where a word stands on the screen the displays'.

use std::time::{Duration, Instant};

use lugger::registry::Wait;
use lugger::text::steers;
use lugger::transfer::How;

use super::state::State;
use crate::cli::size;

/// Which way blobs go: it chooses the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From a registry to the store.
    Pull,
    /// From the store to a registry.
    Push,
    /// Between any two places.
    Copy,
    /// Nowhere: they are read where they are.
    Check,
}

impl Direction {
    /// A blob's state at this moment, in a few words.
    pub(super) fn caption(self, state: &State, now: Instant) -> String {
        match state {
            State::Waiting => "Waiting".to_owned(),
            State::Moving => self.moving().to_owned(),
            State::Resuming { offset } => format!("Resuming at {}", size::spaced(*offset)),
            State::Arrived => self.arrived().to_owned(),
            State::Interrupted { reason, until } => retrying(reason, until.saturating_duration_since(now)),
            State::Done(how) => self.done(how),
        }
    }

    /// For programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Copy => "copy",
            Self::Check => "check",
        }
    }

    /// The word for bytes on their way.
    pub(super) fn moving(self) -> &'static str {
        match self {
            Self::Pull => "Downloading",
            Self::Push => "Pushing",
            Self::Copy => "Copying",
            Self::Check => "Verifying",
        }
    }

    /// Does a bar say more than the caption alone?
    pub(super) fn has_bar(self, state: &State) -> bool {
        match state {
            State::Moving => true,
            State::Arrived => self != Self::Pull,
            State::Waiting | State::Resuming { .. } | State::Interrupted { .. } | State::Done(_) => false,
        }
    }

    /// Docker has a word for this on pull only; elsewhere the bar stays full until the registry confirms.
    fn arrived(self) -> &'static str {
        match self {
            Self::Pull => "Verifying",
            Self::Push | Self::Copy | Self::Check => self.moving(),
        }
    }

    fn done(self, how: &How) -> String {
        match (how, self) {
            (How::Moved, Self::Pull) => "Pull complete".to_owned(),
            (How::Moved, Self::Push) => "Pushed".to_owned(),
            (How::Moved, Self::Copy) => "Copied".to_owned(),
            (_, Self::Check) => "Read".to_owned(),
            (How::AlreadyThere, Self::Push) => "Layer already exists".to_owned(),
            (How::AlreadyThere, Self::Pull | Self::Copy) => "Already exists".to_owned(),
            (How::Mounted(from), _) => format!("Mounted from {}", clean(from.path())),
        }
    }
}

fn retrying(reason: &str, wait: Duration) -> String {
    if wait.is_zero() {
        format!("Retrying: {reason}")
    } else {
        format!("Retrying in {}: {reason}", spoken(wait))
    }
}

/// Why all of a transfer waits for a registry, and for how long.
pub(super) fn holding_still(wait: &Wait) -> String {
    format!("{}: {}; trying again in {}", wait.registry, wait.reason, spoken(wait.time))
}

/// A duration as one says it, rounded up to a second, with two units at most.
pub(super) fn spoken(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// One line without control characters and without those that turn the writing direction: text from a registry must
/// not move the cursor or disguise itself.
pub(super) fn clean(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let kept = printable.filter(|c| !steers(*c));
    kept.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_at_most_two_units() {
        let cases = [
            (Duration::from_millis(1), "1 s"),
            (Duration::from_secs(8), "8 s"),
            (Duration::from_mins(1), "1 min"),
            (Duration::from_millis(199_500), "3 min 20 s"),
            (Duration::from_hours(1), "1 h"),
            (Duration::from_mins(125), "2 h 5 min"),
        ];
        for (time, text) in cases {
            assert_eq!(spoken(time), text);
        }
    }

    #[test]
    fn foreign_text_loses_what_could_steer_a_terminal() {
        let cases = [
            ("plain", "plain"),
            ("two\r\nlines\tapart", "two  lines apart"),
            ("  indented\n", "  indented"),
            ("\u{1b}[2Jgone\u{7}", "[2Jgone"),
            ("\u{9b}31mred", "31mred"),
            ("abc\u{202e}fed", "abcfed"),
        ];
        for (text, clear) in cases {
            assert_eq!(clean(text), clear, "{text:?}");
        }
    }

    #[test]
    fn a_wait_counts_down() {
        let now = Instant::now();
        let state = State::Interrupted {
            reason: "connection reset".to_owned(),
            until: now + Duration::from_secs(3),
        };
        let said = |after| Direction::Push.caption(&state, now + Duration::from_millis(after));
        assert_eq!(said(0), "Retrying in 3 s: connection reset");
        assert_eq!(said(1_200), "Retrying in 2 s: connection reset");
        assert_eq!(said(4_000), "Retrying: connection reset");
    }
}
