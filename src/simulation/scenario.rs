//! What is drawn from a seed: images, networks, faults, and how fast the reader is.

use std::time::Duration;

use fastrand::Rng;

/// One run: what is moved, over which network, and what goes wrong.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) seed: u64,
    pub(super) direction: Direction,
    /// The sizes of the layers in bytes.
    pub(super) sizes: Vec<u64>,
    pub(super) jobs: usize,
    /// The network before the registry that is read from.
    pub(super) source: Conditions,
    /// The network before the registry that is written to.
    pub(super) target: Conditions,
    /// What goes wrong at the registry that is read from.
    pub(super) faults: Vec<Fault>,
    /// What goes wrong at its mirror, if there is one.
    pub(super) mirror: Option<Vec<Fault>>,
    /// What goes wrong at the registry that is written to.
    pub(super) upload_faults: Vec<Fault>,
    /// How fast the reader takes bytes, in bytes per second: a disk, a hash, an upload beyond.
    pub(super) reader: Option<f64>,
    /// Whether the registry ignores ranges.
    pub(super) ignores_ranges: bool,
    /// Whether blobs are at a storage host that the registry redirects to.
    pub(super) redirects: bool,
    /// Whether the registry keeps the beginning of an upload that broke off.
    pub(super) keeps_uploads: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Pull,
    Push,
    /// From one registry to another.
    Copy,
}

/// How a network behaves.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pub(super) round_trip: Duration,
    pub(super) first_byte: FirstByte,
    /// Bytes per second that each connection gets, each from the given time on.
    pub(super) connection: Vec<(Duration, f64)>,
    /// Bytes per second that all connections get together.
    pub(super) shared: Vec<(Duration, f64)>,
    /// How many pieces are on their way at most before the reader takes one.
    pub(super) window: usize,
    /// The shortest and the longest piece in bytes.
    pub(super) pieces: (u64, u64),
}

/// How long a registry takes from a request to the first byte.
#[derive(Clone, Debug)]
pub(super) enum FirstByte {
    Constant(Duration),
    /// One of ten takes three to ten times as long.
    LongTailed(Duration),
    /// Each request under way adds a tenth.
    Growing(Duration),
}

/// What happens to one request for a blob.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// Which request for a blob it hits, counted at its host from 0.
    pub(super) request: usize,
    pub(super) kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum FaultKind {
    /// The connection breaks after this part of the body.
    Reset(f64),
    /// The body ends after this part without an error, as one without a length does.
    End(f64),
    /// Nothing comes after this part of the body.
    Stall(f64),
    /// From this part on a byte comes every few seconds.
    Trickle(f64),
    /// The connection breaks before the head.
    NoHead,
    /// A status instead of the blob, and the seconds of its `Retry-After`.
    Status(u16, Option<u64>),
    /// The 206 has so many bytes more than were asked for.
    TooLong(u64),
    /// The 206 has only this part of what was asked for, and says so.
    TooShort(f64),
    /// The 206 begins elsewhere.
    Misplaced,
    /// 200 with the whole blob.
    Whole,
}

const MIB: f64 = 1024.0 * 1024.0;

impl Scenario {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let direction = *pick(&mut rng, &[Direction::Pull; 6], &[Direction::Push; 2], &[Direction::Copy]);
        let has_mirror = direction == Direction::Pull && rng.u8(..8) == 0;
        let is_calm = rng.bool();
        let count = if rng.u8(..4) == 0 { rng.usize(1..7) } else { 1 };
        let sizes = (0..count).map(|_| draw_size(&mut rng, has_mirror || count > 1)).collect();
        let mut scenario = Self {
            seed,
            direction,
            sizes,
            jobs: *[8, 8, 8, 8, 1, 2, 3, 16].get(rng.usize(..8)).unwrap(),
            source: Conditions::draw(&mut rng),
            target: Conditions::draw(&mut rng),
            faults: Vec::new(),
            mirror: None,
            upload_faults: Vec::new(),
            reader: (rng.u8(..6) == 0).then(|| MIB * log_uniform(&mut rng, 2.0, 400.0)),
            ignores_ranges: rng.u8(..12) == 0,
            redirects: rng.u8(..3) == 0,
            keeps_uploads: rng.bool(),
        };
        if !is_calm {
            scenario.faults = draw_faults(&mut rng, fault, scenario.redirects);
            scenario.upload_faults = draw_faults(&mut rng, |rng, _| upload_fault(rng), false);
        }
        if has_mirror {
            let faults = draw_faults(&mut rng, |rng, _| mirror_fault(rng), false);
            scenario.mirror = Some(faults);
        }
        scenario.fit_pieces();
        scenario
    }

    pub(super) fn total(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// Makes pieces so large that a run is some hundred of them: the smallest ones belong to small blobs.
    fn fit_pieces(&mut self) {
        let least = self.total() / 600;
        for conditions in [&mut self.source, &mut self.target] {
            let (shortest, longest) = conditions.pieces;
            let longest = longest.max(least).min(super::content::LONGEST_PIECE);
            conditions.pieces = (shortest.max(least / 2).clamp(1, longest), longest);
        }
    }

    /// The same scenario without one of its complications, for each it has: what a failure shrinks by.
    pub(super) fn simpler(&self) -> Vec<(&'static str, Self)> {
        let mut all = Vec::new();
        let mut add = |name, change: &dyn Fn(&mut Self)| {
            let mut simpler = self.clone();
            change(&mut simpler);
            if format!("{simpler:?}") != format!("{self:?}") {
                all.push((name, simpler));
            }
        };
        add("half-the-layers", &|it| it.sizes.truncate(it.sizes.len().div_ceil(2)));
        add("half-the-size", &|it| {
            it.sizes.iter_mut().for_each(|size| *size = size.div_ceil(2));
        });
        add("no-first-fault", &|it| {
            it.faults.pop();
        });
        add("no-upload-fault", &|it| {
            it.upload_faults.pop();
        });
        add("no-mirror-fault", &|it| {
            it.mirror.as_mut().and_then(Vec::pop);
        });
        add("no-mirror", &|it| it.mirror = None);
        add("fast-reader", &|it| it.reader = None);
        add("ranges", &|it| it.ignores_ranges = false);
        add("no-redirect", &|it| it.redirects = false);
        add("steady-rates", &|it| {
            for conditions in [&mut it.source, &mut it.target] {
                conditions.connection.truncate(1);
                conditions.shared.truncate(1);
            }
        });
        add("steady-first-byte", &|it| {
            it.source.first_byte = FirstByte::Constant(it.source.first_byte.base());
        });
        all
    }
}

impl Conditions {
    fn draw(rng: &mut Rng) -> Self {
        let base = Duration::from_secs_f64(log_uniform(rng, 0.0005, 0.4));
        let first_byte = match rng.u8(..4) {
            0 => FirstByte::LongTailed(base),
            1 => FirstByte::Growing(base),
            _ => FirstByte::Constant(base),
        };
        let shortest = log_uniform(rng, 1.0, 1e5) as u64;
        Self {
            round_trip: Duration::from_secs_f64(log_uniform(rng, 0.0002, 0.2)),
            first_byte,
            connection: rates(rng, 0.5, 1000.0),
            shared: rates(rng, 2.0, 3000.0),
            window: rng.usize(1..16),
            pieces: (shortest, shortest + log_uniform(rng, 1.0, 2e5) as u64),
        }
    }

    /// Returns the rate of one connection at a time since the beginning, in bytes per second.
    pub(super) fn connection_rate(&self, at: Duration) -> f64 {
        rate_at(&self.connection, at)
    }

    /// Returns the rate of all connections together.
    pub(super) fn shared_rate(&self, at: Duration) -> f64 {
        rate_at(&self.shared, at)
    }
}

impl FirstByte {
    pub(super) fn base(&self) -> Duration {
        match self {
            Self::Constant(base) | Self::LongTailed(base) | Self::Growing(base) => *base,
        }
    }

    pub(super) fn draw(&self, rng: &mut Rng, under_way: usize) -> Duration {
        match self {
            Self::Constant(base) => *base,
            Self::LongTailed(base) => base.mul_f64(if rng.u8(..10) == 0 { 3.0 + 7.0 * rng.f64() } else { 1.0 }),
            Self::Growing(base) => base.mul_f64(1.0 + under_way as f64 / 10.0),
        }
    }
}

fn rate_at(rates: &[(Duration, f64)], at: Duration) -> f64 {
    let current = rates.iter().rev().find(|(from, _)| *from <= at);
    current.map_or(1e6, |(_, rate)| *rate)
}

/// A rate in bytes per second, between bounds in MiB, that changes up to twice.
fn rates(rng: &mut Rng, least: f64, most: f64) -> Vec<(Duration, f64)> {
    let mut rates = vec![(Duration::ZERO, MIB * log_uniform(rng, least, most))];
    if rng.u8(..4) == 0 {
        for _ in 0..rng.usize(1..3) {
            let at = Duration::from_secs_f64(log_uniform(rng, 0.1, 30.0));
            rates.push((at, MIB * log_uniform(rng, least, most)));
        }
        rates.sort_by_key(|(at, _)| *at);
    }
    rates
}

fn draw_size(rng: &mut Rng, is_small: bool) -> u64 {
    if is_small {
        // Some sizes only: a mirror's bytes are hashed, and each size is hashed once more to know the digest.
        return *[1, 4095, 70_000, 1_048_577, 3 << 20, 9_999_999, 24 << 20]
            .get(rng.usize(..7))
            .unwrap();
    }
    log_uniform(rng, 1.0, 400.0 * MIB) as u64 + rng.u64(..3)
}

fn draw_faults(rng: &mut Rng, mut kind: impl FnMut(&mut Rng, bool) -> FaultKind, redirects: bool) -> Vec<Fault> {
    let count = rng.usize(1..5);
    let mut faults: Vec<Fault> = (0..count)
        .map(|_| Fault {
            request: log_uniform(rng, 1.0, 24.0) as usize - 1,
            kind: kind(rng, redirects),
        })
        .collect();
    faults.sort_by_key(|fault| fault.request);
    faults.dedup_by_key(|fault| fault.request);
    // A layer that only trickles is left after one more try.
    let mut trickles = 0;
    faults.retain(|fault| {
        trickles += usize::from(matches!(fault.kind, FaultKind::Trickle(_)));
        trickles < 2 || !matches!(fault.kind, FaultKind::Trickle(_))
    });
    faults
}

fn fault(rng: &mut Rng, redirects: bool) -> FaultKind {
    match rng.u8(..13) {
        0 => FaultKind::Reset(rng.f64()),
        1 => FaultKind::End(rng.f64()),
        2 => FaultKind::Stall(rng.f64()),
        3 => FaultKind::Trickle(rng.f64()),
        4 => FaultKind::NoHead,
        5 => FaultKind::Status(429, Some(rng.u64(..20))),
        6 => FaultKind::Status(429, None),
        7 => FaultKind::Status(*[500, 502, 503, 504].get(rng.usize(..4)).unwrap(), None),
        8 => FaultKind::TooLong(rng.u64(1..3_000_000)),
        9 => FaultKind::TooShort(rng.f64()),
        10 => FaultKind::Misplaced,
        11 if redirects => FaultKind::Status(403, None),
        _ => FaultKind::Whole,
    }
}

fn mirror_fault(rng: &mut Rng) -> FaultKind {
    match rng.u8(..4) {
        0 => FaultKind::Status(*[400, 403, 404, 416, 429, 500, 503].get(rng.usize(..7)).unwrap(), None),
        _ => fault(rng, false),
    }
}

fn upload_fault(rng: &mut Rng) -> FaultKind {
    match rng.u8(..6) {
        0 | 1 => FaultKind::Reset(rng.f64()),
        2 => FaultKind::Stall(rng.f64()),
        3 => FaultKind::NoHead,
        4 => FaultKind::Status(429, Some(rng.u64(..20))),
        _ => FaultKind::Status(*[500, 502, 503, 504].get(rng.usize(..4)).unwrap(), None),
    }
}

fn pick<'a, T>(rng: &mut Rng, one: &'a [T], other: &'a [T], last: &'a [T]) -> &'a T {
    let at = rng.usize(..one.len() + other.len() + last.len());
    one.iter().chain(other).chain(last).nth(at).unwrap()
}

/// Draws a number so that each doubling is as likely as the next.
fn log_uniform(rng: &mut Rng, least: f64, most: f64) -> f64 {
    least * (most / least).powf(rng.f64())
}
