//! What must hold of every run, and the best that a fixed number of connections could do.

use std::time::Duration;

use super::scenario::{Conditions, Direction, Fault, FaultKind, FirstByte, Scenario};
use super::tally::Counts;

/// Bytes that may have come ahead of their turn, and pieces on their way to the reader.
const MOST_HELD: u64 = 40 << 20;
/// What the best fixed number of connections has for the parts that come ahead of their turn, in bytes.
const MEMORY: f64 = (24_u64 << 20) as f64;

/// Blobs up to this size, in bytes, come over one connection.
const UNDIVIDED: u64 = 4 << 20;

/// How a run ended.
pub(super) struct Outcome {
    pub(super) error: Option<String>,
    /// From the beginning to the first request for a blob.
    pub(super) begun: Duration,
    /// From there to the end.
    pub(super) time: Duration,
    pub(super) counts: Counts,
}

/// Returns what is wrong with a run.
pub(super) fn complaint(scenario: &Scenario, outcome: &Outcome) -> Option<String> {
    let Outcome {
        error,
        begun,
        time,
        counts,
    } = outcome;
    if let Some(error) = error {
        return Some(format!("failed: {error}"));
    }
    let (total, connections) = (scenario.total() + 77, scenario.jobs);
    let moved = if scenario.direction == Direction::Push {
        counts.uploaded
    } else {
        counts.sent
    };
    // A request that has become slow is given up before its end: what was on its way is lost.
    let is_steady = |it: &Conditions| it.connection.len() + it.shared.len() == 2;
    let steady = is_steady(&scenario.source) && (scenario.direction == Direction::Pull || is_steady(&scenario.target));
    let allowed = match counts.faults {
        0 if steady => total,
        0 => total + total / 50,
        _ => total + total / 10 + in_flight(scenario, counts),
    };
    if moved > allowed && !repeats_by_nature(scenario, counts) {
        return Some(format!("moved {moved} bytes for {total}"));
    }
    // A registry sees only with the next piece that a request was dropped.
    let is_constant = matches!(scenario.source.first_byte, FirstByte::Constant(_));
    let dropped = counts.faults + usize::from(!steady || !is_constant);
    if counts.most_under_way > connections + dropped && scenario.sizes.len() == 1 && scenario.sizes[0] > 1 << 20 {
        return Some(format!("{} connections, {connections} allowed", counts.most_under_way));
    }
    if counts.faults == 0 && counts.most_held > MOST_HELD {
        return Some(format!("held {} bytes at once", counts.most_held));
    }
    if counts.impatient > 0 {
        return Some(format!(
            "asked {} times before the registry wanted to be asked again",
            counts.impatient
        ));
    }
    // The layer and the config, each once, until something fails.
    let at_mirror = 2 + scenario.mirror.as_ref().map_or(0, Vec::len);
    if scenario.sizes.len() == 1 && counts.mirror_requests > at_mirror {
        return Some(format!("asked the mirror {} times", counts.mirror_requests));
    }
    // A request that failed is sent to a mirror once more, if it has answered before.
    if counts.mirror_repeats > scenario.mirror.as_ref().map_or(0, Vec::len) {
        return Some(format!(
            "asked the mirror {} times for what it was asked for before",
            counts.mirror_repeats
        ));
    }
    if scenario.direction != Direction::Pull {
        return slow_upload(scenario, *begun, *time, counts);
    }
    slow_download(scenario, *begun, *time, counts)
}

/// A fault costs what was on its way over that connection.
fn in_flight(scenario: &Scenario, counts: &Counts) -> u64 {
    let one = |it: &Conditions| (it.window as u64 + 2) * it.pieces.1;
    counts.faults as u64 * one(&scenario.source).max(one(&scenario.target)).max(1 << 20)
}

/// Where ranges are ignored or wrong, or the beginning of an upload is not kept, whatever breaks off begins anew. A mirror's bytes
/// that were cut are not verified, and its status is no byte.
fn repeats_by_nature(scenario: &Scenario, counts: &Counts) -> bool {
    let whole = scenario.faults.iter().chain(scenario.mirror.iter().flatten());
    let anew = |fault: &Fault| matches!(fault.kind, FaultKind::Whole | FaultKind::Misplaced);
    let ignores = scenario.ignores_ranges || whole.into_iter().any(anew);
    counts.faults > 0 && (ignores || (scenario.direction != Direction::Pull && !scenario.upload_faults.is_empty()))
}

fn slow_download(scenario: &Scenario, begun: Duration, time: Duration, counts: &Counts) -> Option<String> {
    if scenario.ignores_ranges && counts.faults > 0 {
        return None;
    }
    let conditions = &scenario.source;
    let base = conditions.first_byte.base() + conditions.round_trip * if scenario.redirects { 2 } else { 1 };
    let tail = match conditions.first_byte {
        FirstByte::Constant(_) => 1.0,
        FirstByte::Growing(_) => 1.0 + scenario.jobs as f64 / 10.0,
        FirstByte::LongTailed(_) => 8.0,
    };
    let rounds = scenario.sizes.len().div_ceil(scenario.jobs) as f64;
    let most = if is_undivided(scenario) { 1 } else { scenario.jobs };
    // What a download takes to learn how many connections pay, or that a small one is not divided.
    let learning = (if scenario.sizes.len() == 1 { 1_u64 << 20 } else { UNDIVIDED }).min(scenario.total()) as f64
        / conditions.connection_rate(begun);
    let start = base.as_secs_f64() * (4.0 * tail + rounds) + learning + 0.1;
    // Rates may change while the first bytes teach how many connections pay: the best number may begin as late.
    let fixed = |count| {
        let late = [0.0, 0.3, 0.6, 1.0].map(|part| Duration::from_secs_f64(start * part));
        late.map(|late| fixed(scenario, begun + late, count))
            .into_iter()
            .fold(0.0, f64::max)
    };
    let one = fixed(1);
    let best = (1..=most).map(fixed).fold(f64::MAX, f64::min);
    // What a slow reader has not taken yet has the memory that further parts would need.
    let fault_free = best * if scenario.reader.is_some() { 1.5 } else { 1.25 };
    let time = time.saturating_sub(counts.excused).as_secs_f64();
    let factor = 1.0 + counts.faults as f64 / 2.0;
    let limit = fault_free * factor + start * (1.0 + counts.faults as f64);
    if time > limit {
        return Some(format!(
            "took {time:.3} s, and the best fixed number {best:.3} s (at most {limit:.3} s)"
        ));
    }
    // Layers that come side by side share what one connection has.
    let more = if scenario.sizes.len() == 1 { 1.1 } else { 1.25 };
    let limit = one * more * factor + start * (1.0 + counts.faults as f64);
    (time > limit).then(|| format!("took {time:.3} s, and one connection {one:.3} s"))
}

/// The time in seconds that a fixed number of connections takes, each of which always has a request under way: one fetches
/// everything at once, several fetch parts that fit into memory.
fn fixed(scenario: &Scenario, begun: Duration, count: usize) -> f64 {
    let conditions = &scenario.source;
    let wait = (conditions.first_byte.base() + conditions.round_trip).as_secs_f64();
    let part = (MEMORY / count as f64).min(scenario.total() as f64 / count as f64);
    let rate = |at: Duration| {
        let own = conditions.connection_rate(at);
        let efficiency = if count == 1 { 1.0 } else { (part / own) / (part / own + wait) };
        let together = (own * efficiency * count as f64).min(conditions.shared_rate(at));
        scenario.reader.map_or(together, |reader| together.min(reader))
    };
    wait + integrate(scenario.total() as f64, begun + Duration::from_secs_f64(wait), rate)
}

fn slow_upload(scenario: &Scenario, begun: Duration, time: Duration, counts: &Counts) -> Option<String> {
    let wait = |it: &Conditions| (it.first_byte.base() * 8 + it.round_trip * 8).as_secs_f64();
    let rate = |at: Duration| {
        let up = scenario.target.connection_rate(at).min(scenario.target.shared_rate(at));
        let down = scenario.source.connection_rate(at).min(scenario.source.shared_rate(at));
        if scenario.direction == Direction::Copy {
            up.min(down)
        } else {
            up
        }
    };
    // All layers over one connection each, the longest alone, or all over what they share: the slowest of these.
    let rounds = 2.0 + scenario.sizes.len().div_ceil(scenario.jobs) as f64;
    let start = rounds * (wait(&scenario.target) + wait(&scenario.source));
    let late = [0.0, 0.3, 0.6, 1.0].map(|part| begun + Duration::from_secs_f64(start * part));
    let best = late
        .map(|begun| integrate(scenario.total() as f64, begun, rate))
        .into_iter()
        .fold(0.0, f64::max);
    let time = time.saturating_sub(counts.excused).as_secs_f64();
    let repeats = 1.0 + counts.faults as f64;
    let limit = (best * 1.25 + start + 0.2) * repeats;
    (time > limit).then(|| format!("took {time:.3} s, at most {limit:.3} s were to be expected"))
}

/// May a blob come over one connection alone, since ranges fail or the registry asks for fewer requests?
fn is_undivided(scenario: &Scenario) -> bool {
    let refuses = |fault: &Fault| {
        matches!(
            fault.kind,
            FaultKind::Whole | FaultKind::TooLong(_) | FaultKind::Misplaced | FaultKind::Status(429 | 503, _)
        )
    };
    let are_small = scenario.sizes.iter().all(|size| *size <= UNDIVIDED);
    are_small || scenario.ignores_ranges || scenario.mirror.is_some() || scenario.faults.iter().any(refuses)
}

/// How long so many bytes take, from a time on, at a rate that changes with time.
fn integrate(bytes: f64, begun: Duration, rate: impl Fn(Duration) -> f64) -> f64 {
    let (mut left, mut at) = (bytes, 0.0);
    while left > 0.5 && at < 4000.0 {
        let now = rate(begun + Duration::from_secs_f64(at));
        let step = (left / now).min(0.02 + at / 50.0);
        left -= step * now;
        at += step;
    }
    at
}
