//! The program is killed before and after each call by which it changes the store, and each of these calls fails: the
//! store is then as it was before or as it is after, and the next run ends well.
//!
//! The suite takes every call of the pull of a tag that moved and a spread of the others; `LUGGER_TEST_ROUNDS=all` takes
//! all of them.

mod scenes;
mod verdict;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use crate::support::strace::{self, Fate, Point};
use scenes::{ALL, Case};

const FATES: [Fate; 5] = [
    Fate::KilledBefore,
    Fate::KilledAfter,
    Fate::Fails("ENOSPC"),
    Fate::Fails("EIO"),
    Fate::Short,
];

/// How many of the calls that were recorded may not be come to again: another thread may be at them next time.
const MISSED_PERCENT: usize = 3;

/// How often a call is waited for to be made by the thread that made the one before it.
const TRIES: usize = 12;

#[test]
#[expect(clippy::print_stdout, reason = "the figures, for whoever wants to see them")]
fn whatever_call_is_the_last_or_fails_the_store_is_as_before_or_as_after_and_the_next_run_ends_well() {
    let all = takes_all();
    let mut trials = VecDeque::new();
    let mut told = Vec::new();
    for case in &ALL {
        let points = record(case);
        assert!(points.len() >= case.least, "{}: only {points:?}", case.name);
        let chosen = chosen(case, &points, all);
        told.push(format!("{}: {} calls, {} runs", case.name, points.len(), chosen.len()));
        trials.extend(chosen);
    }
    let total = trials.len();
    let Findings { wrong, missed } = run_all(trials);
    println!("{}\n{total} runs, missed:\n{}", told.join("\n"), missed.join("\n"));
    assert!(wrong.is_empty(), "{} of {total} runs:\n{}", wrong.len(), wrong.join("\n"));
    assert!(missed.len() * 100 <= total * MISSED_PERCENT, "{}", missed.join("\n"));
}

#[test]
fn a_small_blob_is_synced_before_its_rename_and_every_name_before_the_image_has_its_own() {
    let case = ALL.iter().find(|case| case.name == "pull of many small layers").unwrap();
    let points = record(case);
    let last = |call: &str, path: &Path| {
        points
            .iter()
            .rposition(|point| point.call.starts_with(call) && point.path == path)
    };
    let renamed: Vec<&Path> = points
        .iter()
        .filter(|point| point.call.starts_with("rename") && point.path.starts_with("partial"))
        .map(|point| point.path.as_path())
        .collect();
    assert_eq!(renamed.len(), 12, "{points:?}");
    for blob in renamed {
        let steps = ["write", "fsync", "rename"].map(|call| last(call, blob));
        assert!(steps.is_sorted() && steps[0].is_some(), "{}: {points:?}", blob.display());
        assert!(last("rename", blob) < last("fsync", Path::new("blobs/sha256")), "{points:?}");
    }
    let index = Path::new(".tmp-index.json");
    let steps = [
        last("fsync", Path::new("blobs/sha256")),
        last("rename", index),
        last("fsync", Path::new("")),
    ];
    assert!(steps.is_sorted() && steps[0].is_some(), "{points:?}");
}

#[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the program")]
fn takes_all() -> bool {
    std::env::var_os("LUGGER_TEST_ROUNDS").is_some_and(|rounds| rounds == "all")
}

/// One run to be tried.
type Trial = (&'static Case, Point, Fate);

#[derive(Default)]
struct Findings {
    wrong: Vec<String>,
    missed: Vec<String>,
}

fn record(case: &Case) -> Vec<Point> {
    let scene = (case.prepare)();
    strace::record(&scene.call(case.words), &scene.lugger.store())
}

/// All, or every so many; which of them does not change from day to day.
fn chosen(case: &'static Case, points: &[Point], all: bool) -> Vec<Trial> {
    let every = if all { 1 } else { case.every };
    let pairs = points.iter().flat_map(|point| FATES.map(|fate| (case, point.clone(), fate)));
    let possible = pairs.filter(|(_, point, fate)| fate.suits(point));
    possible.step_by(every).collect()
}

fn run_all(trials: VecDeque<Trial>) -> Findings {
    let (trials, findings) = (Mutex::new(trials), Mutex::new(Findings::default()));
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let Some((case, point, fate)) = trials.lock().unwrap().pop_front() else {
                        return;
                    };
                    run_one(case, &point, fate, &findings);
                }
            });
        }
    });
    findings.into_inner().unwrap()
}

fn run_one(case: &Case, point: &Point, fate: Fate, findings: &Mutex<Findings>) {
    let told = format!("{}: {fate:?} {point}", case.name);
    let tried = (0..TRIES).find_map(|_| {
        let scene = (case.prepare)();
        let before = verdict::names(&scene);
        let run = strace::run(&scene.call(case.words), &scene.lugger.store(), point, fate)?;
        Some((scene, before, run))
    });
    let Some((scene, before, run)) = tried else {
        return findings.lock().unwrap().missed.push(told);
    };
    // Where a name has just come to be, another program is asked too.
    let sample = fate == Fate::KilledAfter && point.call.starts_with("rename");
    let mut wrong = verdict::after_trial(case, &scene, &before, &run, fate);
    if sample {
        verdict::assert_read_by_skopeo(&scene);
    }
    wrong.extend(verdict::after_next_run(case, &scene, &before));
    if sample {
        verdict::assert_read_by_skopeo(&scene);
    }
    let mut findings = findings.lock().unwrap();
    findings.wrong.extend(wrong.into_iter().map(|what| format!("{told}: {what}")));
}
