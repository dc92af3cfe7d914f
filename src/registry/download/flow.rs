//! What one request for a blob shows of its host: when its bytes begin, and how fast they come.

use std::time::Duration;

use tokio::time::Instant;

use crate::registry::download::parallelism::Parallelism;
use crate::registry::download::rate::Rate;

/// The time that the rate of one connection is measured over.
const GLANCE: Duration = Duration::from_millis(25);
/// So many bytes say something of the rate however short they took.
const ENOUGH: u64 = 128 << 10;

/// Measures one request for a blob.
pub(in crate::registry) struct Flow {
    parallelism: Parallelism,
    /// When it was sent, and then since when its rate is measured.
    since: Instant,
    flows: bool,
    /// What came since then.
    bytes: u64,
}

impl Flow {
    /// Measures a request that is sent now.
    pub(super) fn start(parallelism: &Parallelism) -> Self {
        parallelism.begins(Instant::now());
        Self {
            parallelism: parallelism.clone(),
            since: Instant::now(),
            flows: false,
            bytes: 0,
        }
    }

    /// Counts bytes that arrived.
    pub(super) fn arrived(&mut self, bytes: u64) {
        let now = Instant::now();
        self.parallelism.arrived(bytes);
        if !self.flows {
            // What comes first says when, and not how fast.
            self.parallelism.flows(now, now - self.since);
            (self.flows, self.since) = (true, now);
            return;
        }
        self.bytes += bytes;
        if now - self.since >= GLANCE {
            self.parallelism.note_rate(Rate::of(self.bytes, now - self.since));
            (self.since, self.bytes) = (now, 0);
        }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        if self.flows {
            self.parallelism.ends();
        }
        if self.bytes >= ENOUGH {
            self.parallelism.note_rate(Rate::of(self.bytes, self.since.elapsed()));
        }
    }
}
