//! The display for programs: `--progress json` makes of stderr one JSON object a line (NDJSON), and of nothing else.
//!
//! # The schema, version 1
//!
//! Every object has `time`, when it was written (RFC 3339, UTC, milliseconds), and `event`, what it tells. Sizes and
//! offsets are bytes, a rate is bytes a second, waits are milliseconds, digests are whole. What is unknown is left out.
//! Within a version, events and members may be added, so readers skip those that they do not know; what is there keeps
//! its name and its meaning, or the version changes.
//!
//! | event | members | told |
//! |---|---|---|
//! | `begin` | `schema`, `program`, `version`, `command` if it could be understood | once, first |
//! | `planned` | `direction` (`pull`, `push`, `copy` or `check`), `source` and `target` of a pull, push or copy, `blobs` of `digest`, `size`, `mediaType`, `bytes` their sum | once an image, before its blobs |
//! | `started` | `digest`, `size`, `offset`: above 0 where it goes on with what was there | each time that bytes of a blob begin to come |
//! | `progress` | `digest`, `size`, `at` | once a second at most for a blob, if it got further |
//! | `arrived` | `digest`, `size` | when all its bytes went through, before they are confirmed |
//! | `interrupted` | `digest`, `reason`, `waitMs` until it is tried again | each time |
//! | `done` | `digest`, `size`, `how` (`moved`, `mounted`, `exists`, or `read` by a check), `from` what it was mounted | once a blob |
//! | `sealed` | `digest` | when a manifest is in its place, the image's own last |
//! | `total` | `at`, `of`: bytes that have to move, `rate`, `leftMs`, `done` of `blobs` | once a second at most, and when a transfer is over |
//! | `wait` | `registry`, `reason`, `waitMs` | when all requests to a registry wait, once for all of them |
//! | `note`, `warning` | `message` | as they come |
//! | `error` | `exit`, `message`, `causes` from the outermost to the innermost, `hint` | last, if the command fails |
//! | `end` | `exit`: 0 | last, if it does not |
//!
//! A check names blobs before it has read what they are, and so leaves out `mediaType`. With `--quiet` there are only
//! `begin`, waits, warnings, and the last object. A prompt is for the person at a terminal and stays text.

use std::time::{Duration, Instant};

use lugger::oci::Descriptor;
use lugger::transfer::{Event, How};

use super::Sink;
use super::record::{BlobRecord, HowRecord, Record, line, milliseconds};
use super::state::{Blob, Model, State};
use super::words::{Direction, clean};

/// Often enough for a bar that a program draws, and few enough lines for a log that keeps them.
const PAUSE: Duration = Duration::from_secs(1);

/// Objects that follow each other.
pub(super) struct Json {
    direction: Direction,
    /// From where to where.
    ends: Option<[String; 2]>,
    out: Sink,
    told: Instant,
    at: Vec<u64>,
}

impl Json {
    /// Periodic objects count from `now`.
    pub(super) fn new(direction: Direction, out: Sink, now: Instant) -> Self {
        Self {
            direction,
            ends: None,
            out,
            told: now,
            at: Vec::new(),
        }
    }

    /// The plans from now on are of what goes from one place to another.
    pub(super) fn between(&mut self, source: &str, target: &str) {
        self.ends = Some([clean(source), clean(target)]);
    }

    /// What the model keeps no state of.
    pub(super) fn hear(&self, event: &Event) {
        match event {
            Event::Planned { blobs } => self.write(&Record::Planned {
                direction: self.direction.name(),
                source: self.ends.as_ref().map(|[source, _]| source.as_str()),
                target: self.ends.as_ref().map(|[_, target]| target.as_str()),
                blobs: blobs.iter().map(|blob| self.planned(blob)).collect(),
                bytes: blobs.iter().fold(0, |sum, blob| sum.saturating_add(blob.size)),
            }),
            Event::Sealed { digest } => self.write(&Record::Sealed { digest }),
            Event::Started { .. }
            | Event::Advanced { .. }
            | Event::Arrived { .. }
            | Event::Interrupted { .. }
            | Event::Done { .. } => {}
        }
    }

    /// A blob is in another state.
    pub(super) fn tell(&self, blob: &Blob, now: Instant) {
        let (digest, size) = (&blob.digest, blob.size);
        let offset = match &blob.state {
            State::Waiting => return,
            State::Moving => 0,
            State::Resuming { offset } => *offset,
            State::Arrived => return self.write(&Record::Arrived { digest, size }),
            State::Interrupted { reason, until } => {
                let wait_ms = milliseconds(until.saturating_duration_since(now));
                return self.write(&Record::Interrupted { digest, reason, wait_ms });
            }
            State::Done(how) => {
                let how = self.how(how);
                return self.write(&Record::Done { digest, size, how });
            }
        };
        self.write(&Record::Started { digest, size, offset });
    }

    /// Whatever else is told.
    pub(super) fn write(&self, record: &Record<'_>) {
        (self.out)(&line(record));
    }

    /// Tells how far everything is, when it is time and if something moved.
    pub(super) fn tick(&mut self, model: &Model, now: Instant) {
        if now.saturating_duration_since(self.told) < PAUSE {
            return;
        }
        self.told = now;
        if self.tell_what_moved(model) {
            self.sum_up(model, now);
        }
    }

    /// The last sum, where there was anything to do.
    pub(super) fn close(&self, model: &Model, now: Instant) {
        if !model.blobs().is_empty() {
            self.sum_up(model, now);
        }
    }

    fn tell_what_moved(&mut self, model: &Model) -> bool {
        let mut moved = false;
        self.at.resize(model.blobs().len(), 0);
        for (blob, told) in model.blobs().iter().zip(&mut self.at) {
            if *told == blob.at {
                continue;
            }
            *told = blob.at;
            moved = true;
            if matches!(blob.state, State::Moving | State::Resuming { .. }) {
                let (digest, size, at) = (&blob.digest, blob.size, blob.at);
                (self.out)(&line(&Record::Progress { digest, size, at }));
            }
        }
        moved
    }

    fn sum_up(&self, model: &Model, now: Instant) {
        let total = model.total(now);
        self.write(&Record::Total {
            at: total.at,
            of: total.of,
            rate: total.rate,
            left_ms: total.left.map(milliseconds),
            done: model.done(),
            blobs: model.blobs().len(),
        });
    }

    /// Of what it has yet to read a check knows no more than the name.
    fn planned<'a>(&self, blob: &'a Descriptor) -> BlobRecord<'a> {
        BlobRecord {
            digest: &blob.digest,
            size: blob.size,
            media_type: (self.direction != Direction::Check).then(|| blob.media_type.to_string()),
        }
    }

    fn how(&self, how: &How) -> HowRecord {
        match how {
            _ if self.direction == Direction::Check => HowRecord::Read,
            How::Moved => HowRecord::Moved,
            How::AlreadyThere => HowRecord::Exists,
            How::Mounted(from) => HowRecord::Mounted { from: from.to_string() },
        }
    }
}
