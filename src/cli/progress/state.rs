//! What is known of a transfer at one moment: each blob's state, the totals, the rate and the time left.
//!
//! Events and a clock go in, values come out: no terminal, no thread, no text. Both displays draw from it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use lugger::oci::{Descriptor, Digest};
use lugger::transfer::{Event, How};

use super::rate::Rate;
use super::words::clean;

/// Where a blob stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Moving,
    Resuming { offset: u64 },
    Arrived,
    Interrupted { reason: String, until: Instant },
    Done(How),
}

/// A blob on its way.
pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) at: u64,
    pub(super) state: State,
    /// Which one it was to become done, for folding the oldest first.
    pub(super) rank: Option<usize>,
}

impl Blob {
    fn planned(blob: &Descriptor) -> Self {
        Self {
            digest: blob.digest.clone(),
            size: blob.size,
            at: 0,
            state: State::Waiting,
            rank: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rank.is_some()
    }

    /// Bytes that were there before, or that a registry takes from itself, are nobody's work.
    fn needs_bytes(&self) -> bool {
        !matches!(self.state, State::Done(How::AlreadyThere | How::Mounted(_)))
    }
}

/// The whole of it, in bytes that have to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) at: u64,
    pub(super) of: u64,
    pub(super) rate: Option<u64>,
    pub(super) left: Option<Duration>,
    /// How long a registry still wants to be left alone, where nothing moves meanwhile.
    pub(super) wait: Option<Duration>,
}

impl Total {
    pub(super) fn percent(self) -> u64 {
        percent(self.at, self.of)
    }
}

/// All blobs of a transfer, in the order they were planned.
#[derive(Default)]
pub(super) struct Model {
    blobs: Vec<Blob>,
    places: HashMap<Digest, usize>,
    rate: Rate,
    done: usize,
    /// Until when a registry wants to be left alone, be it gone by.
    pause: Option<Instant>,
}

impl Model {
    pub(super) fn blobs(&self) -> &[Blob] {
        &self.blobs
    }

    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Takes an event in and names the blob whose state is now another one worth telling.
    pub(super) fn take(&mut self, event: Event, now: Instant) -> Option<&Blob> {
        match event {
            Event::Planned { blobs } => self.plan(&blobs),
            Event::Started { digest, offset } => self.start(&digest, offset),
            Event::Advanced { digest, bytes } => self.advance(&digest, bytes, now),
            Event::Arrived { digest } => self.change(&digest, State::Arrived),
            Event::Interrupted { digest, reason, wait } => self.interrupt(&digest, &reason, now + capped(wait)),
            Event::Done { digest, how } => self.finish(&digest, how),
            Event::Sealed { .. } => None,
        }
    }

    /// The sums at this moment.
    pub(super) fn total(&self, now: Instant) -> Total {
        let counted = || self.blobs.iter().filter(|blob| blob.needs_bytes());
        let at = counted().fold(0_u64, |sum, blob| sum.saturating_add(blob.at));
        let of = counted().fold(0_u64, |sum, blob| sum.saturating_add(blob.size));
        let rate = self.rate.per_second(now).filter(|rate| *rate > 0);
        let left = rate.map(|rate| Duration::from_secs((of - at.min(of)).div_ceil(rate)));
        let wait = self.pause.map(|until| until.saturating_duration_since(now));
        let wait = wait.filter(|wait| rate.is_none() && !wait.is_zero());
        Total {
            at,
            of,
            rate,
            left,
            wait,
        }
    }

    /// A registry wants no requests for so long: what broke off does not go on before.
    pub(super) fn pause(&mut self, wait: Duration, now: Instant) {
        let end = now + capped(wait);
        self.pause = self.pause.max(Some(end));
        self.rate.wait(end);
        for blob in &mut self.blobs {
            if let State::Interrupted { until, .. } = &mut blob.state {
                *until = end.max(*until);
            }
        }
    }

    /// A second plan, of the next image, adds to the first.
    fn plan(&mut self, blobs: &[Descriptor]) -> Option<&Blob> {
        for blob in blobs {
            if !self.places.contains_key(&blob.digest) {
                self.places.insert(blob.digest.clone(), self.blobs.len());
                self.blobs.push(Blob::planned(blob));
            }
        }
        None
    }

    fn start(&mut self, digest: &Digest, offset: u64) -> Option<&Blob> {
        let blob = self.open(digest)?;
        blob.at = offset.min(blob.size);
        blob.state = match offset {
            0 => State::Moving,
            offset => State::Resuming { offset },
        };
        Some(blob)
    }

    /// Bytes after a break mean that another connection of the same blob goes on, which is no news.
    fn advance(&mut self, digest: &Digest, bytes: u64, now: Instant) -> Option<&Blob> {
        self.rate.record(bytes, now);
        let blob = self.open(digest)?;
        blob.at = blob.at.saturating_add(bytes).min(blob.size);
        let before = std::mem::replace(&mut blob.state, State::Moving);
        (before == State::Waiting).then_some(blob)
    }

    fn change(&mut self, digest: &Digest, state: State) -> Option<&Blob> {
        let blob = self.open(digest)?;
        blob.at = blob.size;
        blob.state = state;
        Some(blob)
    }

    fn interrupt(&mut self, digest: &Digest, reason: &str, until: Instant) -> Option<&Blob> {
        let until = self.pause.map_or(until, |end| end.max(until));
        self.rate.wait(until);
        let blob = self.open(digest)?;
        blob.state = State::Interrupted {
            reason: clean(reason),
            until,
        };
        Some(blob)
    }

    fn finish(&mut self, digest: &Digest, how: How) -> Option<&Blob> {
        let rank = self.done;
        let place = *self.places.get(digest)?;
        self.change(digest, State::Done(how))?;
        self.done += 1;
        let blob = self.blobs.get_mut(place)?;
        blob.rank = Some(rank);
        Some(blob)
    }

    /// A blob that is not done: what is done stays so.
    fn open(&mut self, digest: &Digest) -> Option<&mut Blob> {
        let place = *self.places.get(digest)?;
        self.blobs.get_mut(place).filter(|blob| !blob.is_done())
    }
}

/// How much of a whole, rounded down, so that 100 % means all.
pub(super) fn percent(at: u64, of: u64) -> u64 {
    let percent = u128::from(at) * 100 / u128::from(of.max(1));
    if of == 0 {
        100
    } else {
        u64::try_from(percent).unwrap_or(100).min(100)
    }
}

/// A registry may ask for any wait, and the clock must not overflow on it.
fn capped(wait: Duration) -> Duration {
    wait.min(Duration::from_hours(7 * 24))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::progress::samples::{advanced, arrived, done, interrupted, mounted, planned, started};

    #[test]
    fn each_event_leads_to_its_state() {
        let now = Instant::now();
        let retry = State::Interrupted {
            reason: "reset [2J".to_owned(),
            until: now + Duration::from_secs(3),
        };
        let cases = [
            (vec![], State::Waiting, 0),
            (vec![started(0, 0)], State::Moving, 0),
            (vec![started(0, 40)], State::Resuming { offset: 40 }, 40),
            (vec![started(0, 40), advanced(0, 2)], State::Moving, 42),
            (vec![advanced(0, 2)], State::Moving, 2),
            (vec![started(0, 0), arrived(0)], State::Arrived, 100),
            (vec![advanced(0, 9), interrupted(0, "reset\n\u{1b}[2J")], retry, 9),
            (vec![advanced(0, 500)], State::Moving, 100),
            (vec![done(0, How::Moved), started(0, 0)], State::Done(How::Moved), 100),
        ];
        for (events, state, at) in cases {
            let mut model = Model::default();
            model.take(planned(&[100]), now);
            for event in events.clone() {
                model.take(event, now);
            }
            let blob = &model.blobs()[0];
            assert_eq!((&blob.state, blob.at), (&state, at), "{events:?}");
        }
    }

    #[test]
    fn only_news_is_told() {
        let now = Instant::now();
        let cases = [
            (started(0, 0), true),
            (advanced(0, 1), false),
            (interrupted(0, "reset"), true),
            (advanced(0, 1), false),
            (arrived(0), true),
            (done(0, How::Moved), true),
            (done(0, How::AlreadyThere), false),
            (started(7, 0), false),
        ];
        let mut model = Model::default();
        assert!(model.take(planned(&[100]), now).is_none());
        for (event, news) in cases {
            assert_eq!(model.take(event.clone(), now).is_some(), news, "{event:?}");
        }
    }

    #[test]
    fn the_total_counts_only_bytes_that_move() {
        let begin = Instant::now();
        let mut model = Model::default();
        model.take(planned(&[100, 1000, 300, 600]), begin);
        model.take(done(0, How::AlreadyThere), begin);
        model.take(mounted(2, "library/alpine"), begin);
        model.take(started(1, 500), begin);
        model.take(advanced(1, 100), begin);
        let total = model.total(begin + Duration::from_secs(1));
        assert_eq!((total.at, total.of, total.percent()), (600, 1600, 37));
        assert_eq!((total.rate, total.left), (Some(100), Some(Duration::from_secs(10))));
        assert_eq!(model.done(), 2);
    }

    #[test]
    fn a_stalled_transfer_has_no_time_left() {
        let begin = Instant::now();
        let mut model = Model::default();
        model.take(planned(&[100]), begin);
        model.take(advanced(0, 10), begin);
        let total = model.total(begin + Duration::from_mins(1));
        assert_eq!((total.rate, total.left), (None, None));
    }

    #[test]
    fn a_pause_holds_up_what_broke_off_before_and_after_it_began() {
        let begin = Instant::now();
        let mut model = Model::default();
        model.take(planned(&[100, 100]), begin);
        model.take(interrupted(0, "reset"), begin);
        model.pause(Duration::from_secs(12), begin);
        model.take(interrupted(1, "reset"), begin);
        let until = begin + Duration::from_secs(12);
        for blob in model.blobs() {
            let reason = "reset".to_owned();
            assert_eq!(blob.state, State::Interrupted { reason, until });
        }
    }

    #[test]
    fn the_time_left_after_a_pause_is_that_of_the_moving_time() {
        let begin = Instant::now();
        let at = |second| begin + Duration::from_secs(second);
        let mut model = Model::default();
        model.take(planned(&[10_000]), begin);
        let left = |model: &Model, second| {
            let total = model.total(at(second));
            (total.left.map(|left| left.as_secs()), total.wait.map(|wait| wait.as_secs()))
        };
        for second in 0..4 {
            model.take(advanced(0, 1000), at(second));
        }
        assert_eq!(left(&model, 4), (Some(6), None));
        model.pause(Duration::from_secs(30), at(4));
        assert_eq!(left(&model, 10), (None, Some(24)));
        assert_eq!(left(&model, 35), (None, None));
        for second in 40..43 {
            model.take(advanced(0, 1000), at(second));
        }
        assert_eq!(left(&model, 43), (Some(3), None));
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!([percent(999, 1000), percent(1000, 1000), percent(0, 0)], [99, 100, 100]);
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }
}
