//! A network's pace: when each piece of each connection arrives, with what all connections share.

use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

use super::scenario::Conditions;

/// How long unused time is made up for: tokio's timers go by milliseconds.
pub(super) const SLACK: Duration = Duration::from_millis(2);

/// The network before one registry.
pub(super) struct Link {
    conditions: Conditions,
    begun: Instant,
    /// When the bytes that all connections share will have passed.
    free: Mutex<Instant>,
    rng: Mutex<Rng>,
    under_way: Mutex<usize>,
    idle: Mutex<usize>,
}

/// One connection's own pace.
pub(super) struct Lane {
    free: Instant,
}

impl Link {
    pub(super) fn new(conditions: Conditions, seed: u64) -> Self {
        let now = Instant::now();
        Self {
            conditions,
            begun: now,
            free: Mutex::new(now),
            rng: Mutex::new(Rng::with_seed(seed)),
            under_way: Mutex::new(0),
            idle: Mutex::new(0),
        }
    }

    pub(super) fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Opens a connection, or takes an idle one, and waits until the first byte could come.
    pub(super) async fn first_byte(&self) -> Lane {
        let mut wait = self.conditions.round_trip;
        {
            let mut idle = self.idle.lock().unwrap();
            match idle.checked_sub(1) {
                Some(left) => *idle = left,
                None => wait += self.conditions.round_trip,
            }
            let mut under_way = self.under_way.lock().unwrap();
            *under_way += 1;
            wait += self.conditions.first_byte.draw(&mut self.rng.lock().unwrap(), *under_way - 1);
        }
        tokio::time::sleep(wait).await;
        Lane { free: Instant::now() }
    }

    /// A request is over. Its connection can be used again if it was read to the end.
    pub(super) fn done(&self, can_be_used_again: bool) {
        *self.under_way.lock().unwrap() -= 1;
        if can_be_used_again {
            *self.idle.lock().unwrap() += 1;
        }
    }

    /// How many requests are under way.
    pub(super) fn under_way(&self) -> usize {
        *self.under_way.lock().unwrap()
    }

    /// The length of the next piece in bytes.
    pub(super) fn piece(&self) -> u64 {
        let (shortest, longest) = self.conditions.pieces;
        self.rng.lock().unwrap().u64(shortest..=longest)
    }

    /// Waits until so many bytes have passed over a connection.
    pub(super) async fn pass(&self, lane: &mut Lane, bytes: u64) {
        let now = Instant::now();
        let at = now - self.begun;
        lane.free = lane.free.max(now - SLACK) + time(bytes, self.conditions.connection_rate(at));
        let shared = {
            let mut free = self.free.lock().unwrap();
            *free = (*free).max(now - SLACK) + time(bytes, self.conditions.shared_rate(at));
            *free
        };
        let until = lane.free.max(shared);
        if until > now {
            tokio::time::sleep_until(until).await;
        }
    }
}

fn time(bytes: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / rate)
}
