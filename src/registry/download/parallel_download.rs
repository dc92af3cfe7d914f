//! The bytes of a blob in their order, fetched as parts: one that is read as it comes, and others that are fetched before
//! their turn.
//!
//! Parts never overlap: each ends where the next one begins, so that no byte is sent twice. A gap is left where a part
//! failed, and is asked for when its turn comes.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::oci::Descriptor;
use crate::registry::Repository;
use crate::registry::download::download_slots::Permit;
use crate::registry::download::flow::Flow;
use crate::registry::download::parallelism::Parallelism;
use crate::registry::download::prefetch::Prefetch;
use crate::registry::download::rate::Rate;
use crate::store::{Body, Result};

/// How often it looks whether more connections are wanted, while it waits for bytes.
const LOOK: Duration = Duration::from_millis(20);
/// How often a part that is silent is asked for again, for one blob.
const MOST_REPEATS: u32 = 3;

/// A download under way.
struct ParallelDownload {
    host: Repository,
    blob: Descriptor,
    /// The offset of the next byte to hand on.
    at: u64,
    front: Option<Front>,
    /// The parts behind the front, in their order.
    ahead: VecDeque<Prefetch>,
    demand: Demand,
    /// When the last bytes came.
    last_piece: Instant,
    front_rate: FrontRate,
    repeats: u32,
    begun: Instant,
}

/// Where the next bytes come from.
enum Front {
    /// A request that is read as its bytes come.
    Direct {
        body: Body,
        end: u64,
        flow: Flow,
        _connection: Option<Permit>,
    },
    /// A part that was asked for before its turn.
    Prefetched(Prefetch),
}

impl Repository {
    /// Returns a blob's bytes from `offset` on, as this host gives them.
    pub(in crate::registry) async fn download(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        let mut ahead = self.slots.recall(&blob.digest);
        // A download that begins anew distrusts the old bytes.
        ahead.retain(|part| offset > 0 && part.start_offset() >= offset);
        let mut download = ParallelDownload {
            host: self.clone(),
            blob: blob.clone(),
            at: offset,
            front: None,
            ahead,
            demand: Demand::new(),
            last_piece: Instant::now(),
            front_rate: FrontRate::default(),
            repeats: 0,
            begun: Instant::now(),
        };
        download.prefetch();
        download.advance().await?;
        let body = stream::unfold(Some(download), |state| async {
            let mut download = state?;
            match download.next().await.transpose()? {
                Ok(piece) => Some((Ok(piece), Some(download))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(body.boxed())
    }

    fn parallelism(&self) -> &Parallelism {
        self.client.parallelism()
    }
}

impl ParallelDownload {
    /// Returns the next bytes, or `None` at the end, or where a request ended early without an error.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        // A request for all the rest is read to its own end, so that bytes too many are seen.
        while self.at < self.blob.size || matches!(self.front, Some(Front::Direct { .. })) {
            self.retire_front();
            self.prefetch();
            self.split_slow_front();
            self.advance().await?;
            let begun = Instant::now();
            let read = tokio::time::timeout(LOOK, self.read()).await;
            self.demand.waited(begun.elapsed());
            match read {
                Ok(Some(piece)) => {
                    self.front_rate.count(piece.as_ref().map_or(0, |piece| piece.len() as u64));
                    self.last_piece = Instant::now();
                    return piece.map(Some);
                }
                Ok(None) if self.has_broken_off() => return Ok(None),
                Ok(None) => self.front = None,
                Err(_) => self.repeat_if_stuck(),
            }
        }
        self.front = None;
        Ok(None)
    }

    /// Did a request end early, that was not asked for before its turn?
    fn has_broken_off(&self) -> bool {
        matches!(&self.front, Some(Front::Direct { end, .. }) if self.at < *end || self.at == self.blob.size)
    }

    /// Drops a front that has given all its bytes.
    fn retire_front(&mut self) {
        let is_over = match &self.front {
            Some(Front::Direct { end, .. }) => self.at >= *end && *end < self.blob.size,
            Some(Front::Prefetched(part)) => self.at >= part.end(),
            None => return,
        };
        if is_over {
            self.front = None;
        }
    }

    /// Makes sure that there is something to read at this place.
    async fn advance(&mut self) -> Result<()> {
        if self.front.is_some() {
            return Ok(());
        }
        self.front_rate = FrontRate::default();
        if let Some(part) = self.ahead.pop_front_if(|part| part.start_offset() <= self.at) {
            self.front = Some(Front::Prefetched(part));
            return Ok(());
        }
        // Parts that came to nothing are no reason to stop before them.
        while self.ahead.pop_front_if(|part| part.is_dead()).is_some() {}
        let gap = self.ahead.front().map_or(self.blob.size, Prefetch::start_offset);
        let connection = self.host.slots.connection(&self.blob).await?;
        let length = self.part(gap - self.at, false);
        let (body, end, flow) = self.host.request(&self.blob, &(self.at..self.at + length), gap).await?;
        if end > gap {
            // The host ignores ranges: this request brings what the parts ahead would.
            self.ahead.clear();
        }
        self.demand = Demand::new();
        self.last_piece = Instant::now();
        self.front = Some(Front::Direct {
            body,
            end,
            flow,
            _connection: connection,
        });
        Ok(())
    }

    /// Reads the next bytes of the front; `None` where it ends.
    async fn read(&mut self) -> Option<Result<Bytes>> {
        let piece = match self.front.as_mut()? {
            Front::Direct { body, end, flow, .. } => {
                let mut piece = match body.next().await? {
                    Ok(piece) => piece,
                    Err(error) => return Some(Err(error)),
                };
                // Only the bytes behind the blob's end are wrong ones, and those the reader shall see.
                if *end < self.blob.size {
                    piece.truncate(usize::try_from(*end - self.at).unwrap_or(usize::MAX));
                }
                flow.arrived(piece.len() as u64);
                piece
            }
            Front::Prefetched(part) => part.next().await?,
        };
        self.at += piece.len() as u64;
        Some(Ok(piece))
    }

    /// Where the last part ends that a request is under way for.
    fn planned(&self) -> u64 {
        self.ahead.back().map_or(self.front_end(), Prefetch::end)
    }

    /// Asks for more parts, as many as are wanted and as no other download needs the connections for.
    fn prefetch(&mut self) {
        if !Parallelism::divides(self.blob.size) {
            return;
        }
        let slots = self.host.slots.clone();
        loop {
            let (now, start) = (Instant::now(), self.planned());
            let wanted = self
                .host
                .parallelism()
                .connections(now, self.demand.is_starved(now), slots.count());
            let left = self.blob.size - start.min(self.blob.size);
            // The first part of a download is asked for with patience, unless there are to be more at once.
            let is_wanted = slots.in_use() < wanted && (self.front.is_some() || wanted > 1);
            if left == 0 || !(is_wanted || self.is_next_due(now)) {
                return;
            }
            let length = self.part(left, true);
            let Some(permits) = slots.spare(length) else { return };
            let part = Prefetch::start(&self.host, &self.blob, start..start + length, permits);
            self.ahead.push_back(part);
        }
    }

    /// Is it time to ask for another part, so that it comes when those under way end?
    fn is_next_due(&self, now: Instant) -> bool {
        // A reader that is slow has enough with one part ahead.
        let may_wait = self.ahead.is_empty() || self.demand.verdict != Some(false);
        self.front.is_some() && may_wait && self.still_to_come() < self.host.parallelism().lead(now)
    }

    /// How many bytes are under way.
    fn still_to_come(&self) -> u64 {
        let front = match &self.front {
            Some(Front::Direct { end, .. }) => end.saturating_sub(self.at),
            Some(Front::Prefetched(part)) => part.left(),
            None => 0,
        };
        front + self.ahead.iter().map(Prefetch::left).sum::<u64>()
    }

    /// Shortens a front that has become so slow that all other parts would wait for it: other connections fetch its end.
    fn split_slow_front(&mut self) {
        let (slots, end) = (self.host.slots.clone(), self.front_end());
        if self.demand.verdict != Some(true) || !self.host.parallelism().may_split(slots.count()) || !self.is_slow(end) {
            return;
        }
        let left = end.saturating_sub(self.at);
        let length = self.part(left, true).min(left / 2);
        if self.ahead.is_empty() {
            // What lies behind is planned anew.
            self.shorten_front(self.at + length);
        } else if let Some(permits) = slots.spare(length) {
            let start = end - length;
            self.shorten_front(start);
            let part = Prefetch::start(&self.host, &self.blob, start..end, permits);
            self.ahead.push_front(part);
        }
    }

    /// Will the front take much longer than anything before?
    fn is_slow(&self, end: u64) -> bool {
        let limit = self.host.parallelism().patience() * 3 + self.begun.elapsed();
        self.front_rate
            .time_for(end.saturating_sub(self.at))
            .is_some_and(|time| time > limit)
    }

    fn front_end(&self) -> u64 {
        match &self.front {
            Some(Front::Direct { end, .. }) => *end,
            Some(Front::Prefetched(part)) => part.end(),
            None => self.at,
        }
    }

    fn shorten_front(&mut self, new_end: u64) {
        match &mut self.front {
            Some(Front::Direct { end, .. }) => *end = new_end,
            Some(Front::Prefetched(part)) => part.shorten(new_end),
            None => {}
        }
    }

    fn part(&self, left: u64, early: bool) -> u64 {
        if !Parallelism::divides(self.blob.size) {
            return left;
        }
        let slots = &self.host.slots;
        let connections = (slots.in_use(), slots.count());
        self.host.parallelism().part(Instant::now(), left, connections, early)
    }

    /// Drops a front that has been silent while the parts behind it came: it is asked for again.
    fn repeat_if_stuck(&mut self) {
        let others_came = self.ahead.front().is_some_and(Prefetch::is_finished);
        if others_came && self.repeats < MOST_REPEATS && self.last_piece.elapsed() > self.host.parallelism().patience() {
            self.repeats += 1;
            self.front = None;
            self.last_piece = Instant::now();
        }
    }
}

impl Drop for ParallelDownload {
    /// What came early is right as far as it goes, and serves the next try.
    fn drop(&mut self) {
        let mut parts = std::mem::take(&mut self.ahead);
        if let Some(Front::Prefetched(part)) = self.front.take() {
            parts.push_front(part);
        }
        if !parts.is_empty() {
            self.host.slots.keep(&self.blob.digest, parts);
        }
    }
}

/// How fast the front comes, from its first bytes on.
#[derive(Default)]
struct FrontRate {
    since: Option<Instant>,
    bytes: u64,
}

impl FrontRate {
    /// How long it is measured before it says anything; it begins anew after twice that time.
    const WINDOW: Duration = Duration::from_millis(500);

    fn count(&mut self, bytes: u64) {
        match self.since {
            Some(since) if since.elapsed() <= Self::WINDOW * 2 => self.bytes += bytes,
            _ => (self.since, self.bytes) = (Some(Instant::now()), 0),
        }
    }

    /// Returns how long so many bytes take, if that is known.
    fn time_for(&self, bytes: u64) -> Option<Duration> {
        let elapsed = self.since?.elapsed();
        (elapsed >= Self::WINDOW && self.bytes > 0).then(|| Rate::of(self.bytes, elapsed).time_for(bytes))
    }
}

/// How much of its time a reader waits for bytes.
struct Demand {
    since: Instant,
    waited: Duration,
    verdict: Option<bool>,
}

impl Demand {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            waited: Duration::ZERO,
            verdict: None,
        }
    }

    fn waited(&mut self, time: Duration) {
        self.waited += time;
    }

    /// Returns whether the reader waits most of its time, or hardly ever: `None` in between, or if it is too early to say.
    fn is_starved(&mut self, now: Instant) -> Option<bool> {
        let time = now - self.since;
        if time >= LOOK {
            self.verdict = match self.waited {
                waited if waited > time / 10 * 7 => Some(true),
                waited if waited < time / 10 => Some(false),
                _ => None,
            };
            (self.since, self.waited) = (now, Duration::ZERO);
        }
        self.verdict
    }
}
