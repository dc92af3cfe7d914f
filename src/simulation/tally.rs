//! What is counted during a run.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Counters of one run.
pub(super) struct Tally {
    counts: Mutex<Counts>,
    begun: Instant,
    /// Whether each request is told.
    traces: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// When the first blob was asked for.
    pub(super) begun: Option<Instant>,
    /// Bytes of blobs that registries sent, whether they were read or not.
    pub(super) sent: u64,
    /// Bytes of blobs that arrived at a registry.
    pub(super) uploaded: u64,
    /// Bytes that the client took from connections and has not handed on yet, and the most of them.
    pub(super) held: u64,
    pub(super) most_held: u64,
    /// The most requests for blobs under way at once at one host.
    pub(super) most_under_way: usize,
    /// Requests for blobs at the registry, and at the mirror.
    pub(super) requests: usize,
    pub(super) mirror_requests: usize,
    /// Requests at the mirror for bytes that it was asked for before.
    pub(super) mirror_repeats: usize,
    /// Requests for blobs that came before the time that `Retry-After` had named.
    pub(super) impatient: usize,
    /// Faults that came to pass, and how long a client may rightly wait for them.
    pub(super) faults: usize,
    pub(super) excused: Duration,
}

impl Tally {
    pub(super) fn new(traces: bool) -> Self {
        Self {
            counts: Mutex::default(),
            begun: Instant::now(),
            traces,
        }
    }

    /// Tells what happens and when, to a developer who plays one seed.
    pub(super) fn trace(&self, line: impl FnOnce() -> String) {
        if self.traces {
            let _ = writeln!(std::io::stderr(), "{:9.3} s  {}", self.begun.elapsed().as_secs_f64(), line());
        }
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap());
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().unwrap().clone()
    }

    pub(super) fn taken(&self, bytes: u64) {
        self.count(|counts| {
            counts.held += bytes;
            counts.most_held = counts.most_held.max(counts.held);
        });
    }

    pub(super) fn handed_on(&self, bytes: u64) {
        self.count(|counts| counts.held = counts.held.saturating_sub(bytes));
    }
}
