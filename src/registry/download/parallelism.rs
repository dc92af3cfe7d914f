//! How many connections the large blobs of a host come over, and how long a part is.
//!
//! All downloads from a host report what they see: bytes as they arrive, readers that are starved, parts that fail. A
//! download begins with one connection. While its reader is starved, as many as allowed are opened on trial, and kept if
//! more bytes arrive together. Times and bytes come from outside, so that all of this is arithmetic.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::registry::download::download_slots::MEMORY;
use crate::registry::download::rate::Rate;

/// A part is at least this long, in bytes, unless the blob ends: each part costs a round trip, and often a redirect.
const SHORTEST_PART: u64 = 1 << 20;
/// Towards the end parts are shorter, down to this, so that all connections finish together.
const LAST_PART: u64 = 256 << 10;
/// Waiting for the first byte of a part takes at most one of so many parts of the time.
const WAITING: u64 = 10;
/// The same while more connections are on trial.
const ON_TRIAL: u64 = 3;
/// A connection as fast as this is enough: hashing takes half that time again.
const ENOUGH: Rate = Rate(400_000_000);
/// Blobs up to this size, in bytes, come over one connection: more requests would cost more than they bring.
const UNDIVIDED: u64 = 4 << 20;
/// The shortest time that a rate is measured over.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a host that asked for fewer requests gets one connection for each blob.
const COMPLAINT: Duration = Duration::from_secs(30);

/// What the downloads from one host have shown.
#[derive(Clone)]
pub(in crate::registry) struct Parallelism(Arc<Mutex<State>>);

struct State {
    is_mirror: bool,
    ranges: Ranges,
    /// How many connections large blobs may come over, all together.
    wanted: usize,
    trial: Option<Trial>,
    /// Is anything known of how many connections pay?
    is_judged: bool,
    /// Does the last reader that reported wait for nothing?
    is_sated: bool,
    /// Nothing is tried before this.
    rests_until: Option<Instant>,
    /// Each blob comes over one connection until then.
    complains_until: Option<Instant>,
    begun: Option<Instant>,
    /// Requests that have begun to give bytes.
    flowing: usize,
    arrived: u64,
    /// From a request to its first byte.
    first_byte: Duration,
    /// What one connection brings while its body flows.
    connection_rate: Option<Rate>,
    window: Window,
    /// The best rates that one connection and several have brought.
    alone: Rate,
    together: Rate,
}

/// Whether blobs may be divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ranges {
    Allowed,
    /// Not until several connections have shown that they bring more than one: mirrors and caches often fetch a blob
    /// anew for each range, or lend each peer to one request.
    Unproven,
    /// Ranges do not work, or do harm.
    Refused,
}

/// More connections than before, to see whether they pay.
#[derive(Clone, Copy)]
struct Trial {
    since: Instant,
    /// What there was before.
    flowing: usize,
    rate: Rate,
    /// Have the new ones had the time to begin?
    is_measured: bool,
}

/// Since when a rate is measured, and what had arrived then.
#[derive(Clone, Copy)]
struct Window {
    since: Instant,
    arrived: u64,
    most_flowing: usize,
}

impl Parallelism {
    /// Nothing is known of a host. At a mirror a blob is not divided before it has shown that more connections pay.
    pub(in crate::registry) fn new(is_mirror: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            is_mirror,
            ranges: if is_mirror { Ranges::Unproven } else { Ranges::Allowed },
            wanted: 1,
            trial: None,
            is_judged: false,
            is_sated: false,
            rests_until: None,
            complains_until: None,
            begun: None,
            flowing: 0,
            arrived: 0,
            first_byte: Duration::ZERO,
            connection_rate: None,
            window: Window {
                since: Instant::now(),
                arrived: 0,
                most_flowing: 0,
            },
            alone: Rate::default(),
            together: Rate::default(),
        })))
    }

    /// Returns whether a blob of this size, in bytes, may come as several parts.
    pub(super) fn divides(size: u64) -> bool {
        size > UNDIVIDED
    }

    /// A request for a blob is sent.
    pub(super) fn begins(&self, now: Instant) {
        self.state().begun.get_or_insert(now);
    }

    /// The first bytes of a request have come, so long after it was sent.
    pub(super) fn flows(&self, now: Instant, wait: Duration) {
        let mut state = self.state();
        let is_first = state.first_byte.is_zero();
        state.first_byte = if is_first { wait } else { (state.first_byte * 3 + wait) / 4 };
        if state.flowing == 0 {
            state.measure_anew(now);
        }
        state.flowing += 1;
        state.window.most_flowing = state.window.most_flowing.max(state.flowing);
    }

    /// Bytes of a blob have come.
    pub(super) fn arrived(&self, bytes: u64) {
        self.state().arrived += bytes;
    }

    /// One connection has shown how fast it is.
    pub(super) fn note_rate(&self, rate: Rate) {
        let mut state = self.state();
        let known = state.connection_rate;
        state.connection_rate = Some(known.map_or(rate, |known| known.blended_with(rate)));
    }

    /// A request that had begun to give bytes is over.
    pub(super) fn ends(&self) {
        self.state().flowing -= 1;
    }

    /// Returns how many connections, at most `most`, large blobs may come over now. `starved` says whether the reader
    /// that asks waits for the network most of its time, if it is known.
    pub(super) fn connections(&self, now: Instant, starved: Option<bool>, most: usize) -> usize {
        self.state().decide(now, starved, most)
    }

    /// Returns whether a request that has become slow may be given up before its end. A mirror may have begun to fetch all
    /// of it.
    pub(super) fn may_split(&self, most: usize) -> bool {
        let state = self.state();
        state.wanted.min(most) > 1 && !state.is_mirror
    }

    /// Returns how long the next part is, of `left` bytes that no request is under way for, when so many connections are in
    /// use of at most so many. A part that is asked for
    /// `early` comes when the one before it ends, so that no time is lost.
    pub(super) fn part(&self, now: Instant, left: u64, connections: (usize, usize), early: bool) -> u64 {
        self.state().part(now, left, connections, early)
    }

    /// Returns how many bytes come, over all connections, while one more waits for its first byte.
    pub(super) fn lead(&self, now: Instant) -> u64 {
        let state = self.state();
        if state.is_enough() {
            return 0;
        }
        let rate = state.rate(now).max(state.connection_rate).unwrap_or_default();
        rate.bytes_in(state.first_byte) / 2 * 3
    }

    /// Returns how long a part may be silent before it is asked for again while others come.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(1) + self.state().first_byte * 8
    }

    /// Ranges are ignored, or answered wrongly.
    pub(super) fn refuse_ranges(&self) {
        self.state().ranges = Ranges::Refused;
    }

    /// A part that was fetched before its turn failed.
    pub(super) fn failed(&self, now: Instant) {
        self.state().fail(now);
    }

    /// The host asked for fewer requests.
    pub(in crate::registry) fn complained(&self, now: Instant) {
        let mut state = self.state();
        state.wanted = 1;
        state.trial = None;
        state.complains_until = Some(now + COMPLAINT);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn decide(&mut self, now: Instant, starved: Option<bool>, most: usize) -> usize {
        self.judge(now);
        if self.ranges == Ranges::Unproven && self.alone > Rate(0) && self.together.is_gain_over(self.alone) {
            self.ranges = Ranges::Allowed;
        }
        if self.is_undivided(now) || self.connection_rate.is_none() {
            return 1;
        }
        self.is_sated = starved.map_or(self.is_sated, |starved| !starved);
        match starved {
            Some(true) if self.trial.is_none() && self.may_try(now, most) => self.try_more(now, most),
            Some(false) if self.trial.is_none() => {
                self.wanted = self.wanted.div_ceil(2);
                self.is_judged = true;
            }
            _ => {}
        }
        self.wanted.min(most)
    }

    fn may_try(&self, now: Instant, most: usize) -> bool {
        let rate = self.rate(now).max(self.connection_rate).unwrap_or_default();
        let rests = self.rests_until.is_some_and(|until| until > now);
        self.wanted < most && rate < ENOUGH && !rests && !self.is_enough()
    }

    fn try_more(&mut self, now: Instant, most: usize) {
        let rate = self.rate(now).or(self.connection_rate).unwrap_or_default();
        self.trial = Some(Trial {
            since: now,
            flowing: self.flowing,
            rate,
            is_measured: false,
        });
        self.wanted = most;
    }

    /// Is one connection enough? It may be as fast as hashing, or bring more than all parts for which there is memory, since
    /// each waits for its first byte.
    fn is_enough(&self) -> bool {
        self.connection_rate.is_some_and(|rate| rate >= ENOUGH) || self.waiting() > MEMORY - SHORTEST_PART
    }

    /// How many bytes one connection brings while another waits for its first byte.
    fn waiting(&self) -> u64 {
        self.connection_rate.unwrap_or_default().bytes_in(self.first_byte)
    }

    /// Looks whether a trial is over, and measures what all connections bring.
    fn judge(&mut self, now: Instant) {
        match self.trial {
            Some(trial) if !trial.is_measured => {
                // The new connections have to be opened, and then to give their first byte.
                if now - trial.since >= self.first_byte * 2 + GLANCE / 2 {
                    self.trial = Some(Trial {
                        is_measured: true,
                        ..trial
                    });
                    self.measure_anew(now);
                }
            }
            Some(trial) => self.judge_trial(now, trial),
            None => self.judge_rate(now),
        }
    }

    fn judge_trial(&mut self, now: Instant, trial: Trial) {
        let Some(rate) = self.rate(now).filter(|_| now - self.window.since >= self.first_byte) else {
            return;
        };
        // Where other downloads have the connections nothing was tried.
        let was_tried = self.window.most_flowing * 2 >= trial.flowing * 3;
        if rate.is_gain_over(trial.rate) || !was_tried {
            (self.trial, self.is_judged) = (None, true);
        } else if now - trial.since >= GLANCE * 5 + self.first_byte * 4 {
            (self.trial, self.is_judged) = (None, true);
            self.wanted = trial.flowing.max(1);
            self.rest(now);
        }
    }

    /// Keeps what one connection brings alone, and what several bring together.
    fn judge_rate(&mut self, now: Instant) {
        if now - self.window.since < GLANCE * 10 + self.first_byte * 2 {
            return;
        }
        if let Some(rate) = self.rate(now) {
            match self.window.most_flowing {
                0 => {}
                1 => self.alone = self.alone.max(rate),
                _ => self.together = self.together.max(rate),
            }
        }
        if self.is_enough() {
            (self.wanted, self.is_judged) = (1, true);
        }
        self.measure_anew(now);
    }

    /// Tries nothing for a while, the longer the longer downloads have gone on: then no trial comes too late by more than a
    /// fixed part of the time.
    fn rest(&mut self, now: Instant) {
        let elapsed = self.begun.map_or(Duration::ZERO, |begun| now - begun);
        self.rests_until = self.rests_until.max(Some(now + (elapsed / 6).max(GLANCE * 10)));
    }

    fn fail(&mut self, now: Instant) {
        if self.is_mirror {
            self.ranges = Ranges::Refused;
        }
        self.wanted = self.wanted.div_ceil(2);
        self.trial = None;
        self.rest(now);
    }

    fn is_undivided(&self, now: Instant) -> bool {
        self.ranges != Ranges::Allowed || self.complains_until.is_some_and(|until| until > now)
    }

    fn part(&self, now: Instant, left: u64, (in_use, most): (usize, usize), early: bool) -> u64 {
        if self.is_undivided(now) || most == 1 {
            return left;
        }
        let Some(rate) = self.connection_rate else {
            // Nothing is known: enough to learn it.
            return whole_if_short(SHORTEST_PART, left);
        };
        if left <= LAST_PART || (self.wanted == 1 && self.is_enough()) {
            return left;
        }
        let waiting = self.waiting();
        if self.wanted > 1 {
            return whole_if_short(self.part_of_many(left, in_use), left);
        }
        // Short enough that more connections, once they pay, do not wait long for this one.
        let elapsed = self.begun.map_or(Duration::ZERO, |begun| now - begun);
        let time = if self.is_sated { elapsed / 2 } else { elapsed / 8 };
        let part = rate.bytes_in(time.max(GLANCE)).max(waiting).max(LAST_PART);
        let part = match (early, self.is_judged) {
            (true, _) if !self.is_sated => part.min(MEMORY / 4),
            (true, _) => part.min(MEMORY / 2),
            (false, true) => part.max(waiting.saturating_mul(WAITING)),
            (false, false) => part,
        };
        whole_if_short(part, left)
    }

    fn part_of_many(&self, left: u64, in_use: usize) -> u64 {
        let (times, least) = match self.trial {
            // Short, so that little is left to wait for if it fails.
            Some(_) => (ON_TRIAL, LAST_PART),
            None => (WAITING, SHORTEST_PART),
        };
        let (wanted, waiting) = (self.wanted as u64, self.waiting());
        let fair = (left / wanted).max(waiting).max(LAST_PART);
        // Some memory is left for parts that came and wait for their turn.
        let part = waiting.saturating_mul(times).max(least).min(MEMORY / (wanted + 1)).min(fair);
        match self.trial {
            // Connections that begin together end one after the other, or all would wait for their first byte at once.
            Some(trial) if !trial.is_measured => (part / wanted * wanted.min(in_use as u64 + 1)).max(LAST_PART),
            _ => part,
        }
    }

    fn measure_anew(&mut self, now: Instant) {
        self.window = Window {
            since: now,
            arrived: self.arrived,
            most_flowing: self.flowing,
        };
    }

    /// The rate of all downloads, if it was looked at for long enough.
    fn rate(&self, now: Instant) -> Option<Rate> {
        let time = now - self.window.since;
        let bytes = self.arrived - self.window.arrived;
        (time >= GLANCE && bytes > 0).then(|| Rate::of(bytes, time))
    }
}

/// A rest that is not worth a request of its own goes with the last one.
fn whole_if_short(part: u64, left: u64) -> u64 {
    if left <= part + LAST_PART { left } else { part }
}
