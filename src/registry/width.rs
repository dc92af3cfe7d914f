//! How many connections a download is worth: more as long as they make it faster.
//!
//! One connection is begun with. Whoever reads tells how long it had to wait for bytes: where hashing or the disk is what
//! takes the time, further connections gain nothing, and none are made. Times and bytes come from outside, so that
//! all of this is arithmetic.

use std::time::{Duration, Instant};

/// How long is looked at least before anything is judged.
const GLANCE: Duration = Duration::from_millis(200);
/// How long more connections have to show that they are worth it; far away ones need some round trips to get going.
const TRIAL: Duration = Duration::from_millis(1500);
/// How long until more connections may be found to be a loss.
const LOSS: Duration = Duration::from_millis(600);
/// How long it stays at what was found good before more is tried again.
const REST: Duration = Duration::from_secs(20);
/// To how many hundredths more connections must raise the rate of all downloads to be kept.
const GAIN: u64 = 125;
/// A reader that waits for more hundredths of its time than this is held up by the network.
const STARVED: u32 = 70;
/// One that waits for fewer has more connections than it can use.
const SATED: u32 = 10;
/// Bytes a second that are enough: hashing takes about half that time again, and what a connection this fast takes is mostly
/// the time to copy.
const ENOUGH: u64 = 400_000_000;
/// How many times as many are tried next.
const STEP: usize = 4;

/// The number of connections to use, and what it was learned from.
pub(super) struct Width {
    now: usize,
    most: usize,
    /// What there was before the last step up, while it is on trial.
    trial: Option<Before>,
    rests_until: Option<Instant>,
    was_judged: bool,
    /// Since when it is looked, the bytes at that time, and the waiting since.
    since: Instant,
    bytes_then: u64,
    waited: Duration,
}

#[derive(Clone, Copy)]
struct Before {
    width: usize,
    /// Over all downloads.
    connections: usize,
    /// In bytes per second.
    rate: u64,
}

impl Width {
    /// One connection, which may become `most`.
    pub(super) fn new(most: usize, at: Instant, bytes: u64) -> Self {
        Self {
            now: 1,
            most,
            trial: None,
            rests_until: None,
            was_judged: false,
            since: at,
            bytes_then: bytes,
            waited: Duration::ZERO,
        }
    }

    /// How many connections there may be.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// Is one connection known to be enough for now?
    pub(super) fn is_settled(&self) -> bool {
        self.was_judged && self.now == 1
    }

    /// The reader had to wait for bytes.
    pub(super) fn waited(&mut self, time: Duration) {
        self.waited += time;
    }

    /// Looks at what came over the `connections` of all downloads together: `bytes` is all that has arrived until `at`.
    pub(super) fn judge(&mut self, at: Instant, bytes: u64, connections: usize) {
        let looked = at.saturating_duration_since(self.since);
        if looked < GLANCE {
            return;
        }
        let milliseconds = u64::try_from(looked.as_millis()).unwrap_or(u64::MAX);
        let rate = bytes.saturating_sub(self.bytes_then).saturating_mul(1000) / milliseconds.max(1);
        match self.trial.take() {
            Some(before) if before.still_hopes(looked, rate, connections) => {
                self.trial = Some(before);
                return;
            }
            Some(before) if before.is_no_gain(rate, connections) => {
                self.now = before.width;
                self.rests_until = Some(at + REST);
            }
            _ => self.adapt(at, looked, rate, connections),
        }
        self.was_judged = true;
        self.since = at;
        self.bytes_then = bytes;
        self.waited = Duration::ZERO;
    }

    /// Takes more or fewer, by how long the reader had to wait.
    fn adapt(&mut self, at: Instant, looked: Duration, rate: u64, connections: usize) {
        let hundredth = looked / 100;
        let may_grow = self.now < self.most && self.rests_until.is_none_or(|until| at >= until);
        if self.waited < hundredth * SATED {
            self.now = self.now.div_ceil(2);
        } else if self.waited > hundredth * STARVED && rate < ENOUGH && may_grow {
            self.trial = Some(Before {
                width: self.now,
                connections,
                rate,
            });
            self.now = (self.now * STEP).min(self.most);
        }
    }
}

impl Before {
    /// Is it no gain so far? Where other downloads have the connections, or had them before, nothing was tried.
    fn is_no_gain(self, rate: u64, connections: usize) -> bool {
        let tried = connections * 2 >= self.connections * 3;
        tried && rate < self.rate.saturating_mul(GAIN) / 100
    }

    /// Is it no gain, but too early to say so?
    fn still_hopes(self, looked: Duration, rate: u64, connections: usize) -> bool {
        let enough = if rate < self.rate { LOSS } else { TRIAL };
        looked < enough && self.is_no_gain(rate, connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A download whose rate is a function of its connections, of which the reader waits a given part of the time.
    struct Download {
        width: Width,
        at: Instant,
        bytes: u64,
    }

    impl Download {
        fn new(most: usize) -> Self {
            let at = Instant::now();
            Self {
                width: Width::new(most, at, 0),
                at,
                bytes: 0,
            }
        }

        fn run(&mut self, tenths: usize, waiting: f64, rate: impl Fn(usize) -> u64) -> usize {
            self.run_with(tenths, waiting, rate, |width| width)
        }

        fn run_with(
            &mut self,
            tenths: usize,
            waiting: f64,
            rate: impl Fn(usize) -> u64,
            in_use: impl Fn(usize) -> usize,
        ) -> usize {
            let step = Duration::from_millis(50);
            for _ in 0..tenths * 2 {
                self.at += step;
                self.bytes += rate(in_use(self.width.now())) / 20;
                self.width.waited(step.mul_f64(waiting));
                self.width.judge(self.at, self.bytes, in_use(self.width.now()));
            }
            self.width.now()
        }
    }

    #[test]
    fn connections_that_are_throttled_one_by_one_become_as_many_as_there_may_be() {
        assert_eq!(Download::new(8).run(6, 0.98, |width| 20_000_000 * width as u64), 8);
    }

    #[test]
    fn a_line_that_all_share_is_left_to_one() {
        let mut download = Download::new(8);
        assert_eq!(download.run(30, 0.98, |_| 5_000_000), 1);
        assert_eq!(
            download.run(100, 0.98, |_| 5_000_000),
            1,
            "and is not tried again all the time"
        );
        let seen = (0..200).map(|_| download.run(1, 0.98, |_| 5_000_000)).max();
        assert!(seen > Some(1), "but once in a while, for lines change");
    }

    #[test]
    fn a_reader_that_never_waits_gets_no_more() {
        assert_eq!(Download::new(8).run(30, 0.05, |_| 900_000_000), 1);
    }

    #[test]
    fn a_connection_that_is_fast_enough_is_left_alone() {
        assert_eq!(Download::new(8).run(30, 0.9, |_| 800_000_000), 1);
    }

    #[test]
    fn what_is_no_longer_needed_is_given_back() {
        let mut download = Download::new(8);
        download.run(10, 0.98, |width| 20_000_000 * width as u64);
        assert_eq!(download.run(20, 0.0, |_| 900_000_000), 1);
    }

    #[test]
    fn connections_that_others_have_are_not_judged() {
        let mut download = Download::new(8);
        assert!(download.run_with(50, 0.98, |all| 20_000_000 * all as u64, |_| 8) > 1);
        assert_eq!(download.run(10, 0.98, |width| 20_000_000 * width as u64), 8);
    }
}
