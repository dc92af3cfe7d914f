//! The lines that stand on a terminal at one moment, laid out for its size: one a blob, and the total.
//!
//! A page of text from a model and a clock. Painting it, and cutting what is still too long, is left to `screen`.

use std::time::Instant;

use super::screen::ROOM_FOR_ECHO;
use super::state::{Blob, Model, State, Total, percent};
use super::words::{Direction, spoken};
use crate::cli::size::{fine, human};

/// With more than a step for each percent a bar says nothing more; with fewer than ten it says less than the numbers beside it.
const STEPS: std::ops::RangeInclusive<usize> = 10..=100;
/// `[`, `>` and `]` round the steps, then a space and both sizes at their widest.
const ROUND_THE_STEPS: usize = 3 + 1 + 8 + 1 + 7;

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// The page during the transfer.
pub(super) fn live(model: &Model, direction: Direction, window: Window, now: Instant) -> Vec<String> {
    let mut page = blob_lines(model, direction, window, now);
    let folded = page.len() < model.blobs().len();
    page.extend(total_line(model, folded, window, now));
    page
}

/// The page that stays. As docker's it has each blob, and no total; but where they are more than a screen takes, only those
/// that did not get there, if any, and sums of the others.
pub(super) fn last(model: &Model, direction: Direction, window: Window, now: Instant) -> Vec<String> {
    if model.blobs().len() <= room(window) {
        return blob_lines(model, direction, window, now);
    }
    let on_its_way = |blob: &&Blob| !blob.is_done() && blob.state != State::Waiting;
    let left = model.blobs().iter().filter(on_its_way).take(room(window));
    let mut page: Vec<String> = left.map(|blob| blob_line(blob, direction, window, now)).collect();
    page.extend(
        ends(model, direction, now)
            .into_iter()
            .map(|(end, count)| format!("{count} x {end}")),
    );
    let total = model.total(now);
    page.push(format!("{}/{}  {}", human(total.at), human(total.of), count(model)));
    page
}

/// How many blobs became done in which way, in the order in which the first of each did.
fn ends(model: &Model, direction: Direction, now: Instant) -> Vec<(String, usize)> {
    let mut done: Vec<&Blob> = model.blobs().iter().filter(|blob| blob.is_done()).collect();
    done.sort_by_key(|blob| blob.rank);
    let mut ends: Vec<(String, usize)> = Vec::new();
    for end in done.into_iter().map(|blob| direction.caption(&blob.state, now)) {
        match ends.iter_mut().find(|(before, _)| *before == end) {
            Some((_, count)) => *count += 1,
            None => ends.push((end, 1)),
        }
    }
    ends
}

fn blob_lines(model: &Model, direction: Direction, window: Window, now: Instant) -> Vec<String> {
    let shown = visible(model.blobs(), room(window));
    let lines = shown.into_iter().map(|blob| blob_line(blob, direction, window, now));
    lines.collect()
}

/// Rows for blobs: one is the total's, one that of the line above.
fn room(window: Window) -> usize {
    window.rows.saturating_sub(2).max(1)
}

/// Folds away what is done, oldest first, and if that is not enough what waits, last first.
fn visible(blobs: &[Blob], room: usize) -> Vec<&Blob> {
    let excess = blobs.len().saturating_sub(room);
    let mut shown: Vec<&Blob> = blobs
        .iter()
        .filter(|blob| blob.rank.is_none_or(|rank| rank >= excess))
        .collect();
    while shown.len() > room {
        let waiting = shown.iter().rposition(|blob| blob.state == State::Waiting);
        shown.remove(waiting.unwrap_or(shown.len() - 1));
    }
    shown
}

fn blob_line(blob: &Blob, direction: Direction, window: Window, now: Instant) -> String {
    let caption = format!("{}: {}", blob.digest.short(), direction.caption(&blob.state, now));
    if !direction.has_bar(&blob.state) {
        return caption;
    }
    let gauges = [bar(blob, &caption, window), Some(sizes(blob)), Some(share(blob))];
    let fitting = gauges
        .into_iter()
        .flatten()
        .map(|gauge| format!("{caption} {gauge}"))
        .find(|line| line.len() <= window.columns);
    fitting.unwrap_or(caption)
}

fn bar(blob: &Blob, caption: &str, window: Window) -> Option<String> {
    let room = window.columns.saturating_sub(caption.len() + 1 + ROUND_THE_STEPS);
    let steps = room.min(*STEPS.end());
    let filled = usize::try_from(percent(blob.at, blob.size)).unwrap_or(100) * steps / 100;
    let bar = format!("[{:=<filled$}>{:left$}] {}", "", "", sizes(blob), left = steps - filled);
    (steps >= *STEPS.start()).then_some(bar)
}

fn sizes(blob: &Blob) -> String {
    format!("{:>8}/{}", fine(blob.at), fine(blob.size))
}

fn share(blob: &Blob) -> String {
    format!("{:>3}%", percent(blob.at, blob.size))
}

fn total_line(model: &Model, folded: bool, window: Window, now: Instant) -> Option<String> {
    let mut parts = flow(model.total(now));
    if folded {
        parts.push(count(model));
    }
    // The rate goes first, then the time left: the first and the last part say how far it is.
    let room = window.columns.saturating_sub(ROOM_FOR_ECHO);
    while parts.len() > 1 && parts.join("  ").len() > room {
        parts.remove(1);
    }
    (!parts.is_empty()).then(|| parts.join("  "))
}

fn count(model: &Model) -> String {
    format!("{} of {} done", model.done(), model.blobs().len())
}

fn flow(total: Total) -> Vec<String> {
    let bytes = (total.of > 0).then(|| format!("{}/{}", human(total.at), human(total.of)));
    let rate = total.rate.map(|rate| format!("{}/s", human(rate)));
    let left = total.left.filter(|left| !left.is_zero());
    let left = left.map(|left| format!("{} left", spoken(left)));
    let wait = total.wait.map(|wait| format!("waiting {}", spoken(wait)));
    [bytes, rate, left, wait].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lugger::transfer::{Event, How};

    use super::*;
    use crate::cli::progress::samples::{advanced, arrived, done, planned, started};

    /// The page a second after these events, without the ids.
    fn page(direction: Direction, rows: usize, columns: usize, events: &[Event]) -> Vec<String> {
        let begin = Instant::now();
        let mut model = Model::default();
        for event in events {
            model.take(event.clone(), begin);
        }
        let page = live(&model, direction, Window { rows, columns }, begin + Duration::from_secs(1));
        let without_id = |line: &String| line.split_once(": ").map_or(line.clone(), |(_, rest)| rest.to_owned());
        page.iter().map(without_id).collect()
    }

    fn half_way(direction: Direction, columns: usize) -> String {
        let events = [planned(&[3_145_728]), started(0, 0), advanced(0, 524_288)];
        page(direction, 24, columns, &events).swap_remove(0)
    }

    #[test]
    fn a_narrow_terminal_drops_the_bar_then_the_sizes() {
        let pull = Direction::Pull;
        let wide = format!("Downloading [{}>{}]  524.3kB/3.146MB", "=".repeat(16), " ".repeat(84));
        assert_eq!(half_way(pull, 200), wide);
        let eighty = format!("Downloading [{}>{}]  524.3kB/3.146MB", "=".repeat(5), " ".repeat(29));
        assert_eq!(half_way(pull, 80), eighty);
        assert_eq!(half_way(pull, 50), "Downloading  524.3kB/3.146MB");
        assert_eq!(half_way(pull, 40), "Downloading  16%");
        assert_eq!(half_way(pull, 28), "Downloading");
        assert_eq!(half_way(Direction::Push, 40), "Pushing  524.3kB/3.146MB");
    }

    #[test]
    fn a_pushed_blob_keeps_its_full_bar_until_it_is_confirmed() {
        let events = [planned(&[100]), started(0, 0), arrived(0)];
        assert_eq!(page(Direction::Pull, 24, 60, &events)[0], "Verifying");
        let full = format!("Pushing [{}>]     100B/100B", "=".repeat(18));
        assert_eq!(page(Direction::Push, 24, 60, &events)[0], full);
    }

    #[test]
    fn with_more_blobs_than_rows_the_done_ones_fold_first_and_then_the_waiting() {
        let mut events = vec![planned(&[10; 8]), started(7, 4)];
        let begin = ["Waiting", "Waiting", "Waiting", "Resuming at 4 B", "4B/80B  0 of 8 done"];
        assert_eq!(page(Direction::Copy, 6, 80, &events), begin);
        events.extend((0..6).map(|n| done(n, How::Moved)));
        let later = ["Copied", "Copied", "Waiting", "Resuming at 4 B", "64B/80B  6 of 8 done"];
        assert_eq!(page(Direction::Copy, 6, 80, &events), later);
    }

    #[test]
    fn the_total_gives_up_the_rate_before_the_count() {
        let total = |columns| {
            let begin = Instant::now();
            let mut model = Model::default();
            model.take(planned(&[10_000_000; 10]), begin);
            model.take(done(1, How::Moved), begin);
            model.take(advanced(0, 4_000_000), begin);
            let window = Window { rows: 6, columns };
            live(&model, Direction::Pull, window, begin + Duration::from_secs(1)).pop()
        };
        assert_eq!(total(80).as_deref(), Some("14MB/100MB  4MB/s  22 s left  1 of 10 done"));
        assert_eq!(total(40).as_deref(), Some("14MB/100MB  22 s left  1 of 10 done"));
        assert_eq!(total(30).as_deref(), Some("14MB/100MB  1 of 10 done"));
    }
}
