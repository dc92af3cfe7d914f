//! Networks that are played from seeds, in paused time, below the registry's HTTP: whatever a seed draws, the bytes are
//! right, few are moved twice, and it ends about as soon as it could.
//!
//! The real client runs here: planning, workers, retries, redirects, mirrors and uploads. What is played is what it cannot
//! decide. A run takes this for granted of the world, and draws all else:
//!
//! - a connection delivers in order, and loses nothing before it breaks;
//! - connections that share a link are served in the order of their pieces;
//! - a registry that gives a range gives the bytes of that blob;
//! - time goes by milliseconds, and hashing takes none.
//!
//! A failing seed prints the line that plays it again, and shrinks to the fewest complications that still fail.
//! `LUGGER_SEEDS=1000000 cargo test --profile simulation --lib simulation` plays a million.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what is played need not be exact"
)]

mod content;
mod link;
mod places;
mod registry;
mod scenario;
mod tally;
mod verdict;

use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use crate::credentials::Credentials;
use crate::hosts::Hosts;
use crate::journal::Journal;
use crate::oci::Selection;
use crate::reference::Reference;
use crate::registry::{Network, Notices, Pace, Trust};
use crate::settings::LoginFiles;
use crate::transfer::{Options, Progress, copy};

use places::{Images, MemorySink, MemorySource};
use registry::World;
use scenario::{Direction, Scenario};
use tally::Tally;
use verdict::{Outcome, complaint};

/// How many seeds a usual test run plays.
const SEEDS: u64 = 10_000;
/// Longer than any run takes: one that waits in vain is found.
const FOREVER: Duration = Duration::from_hours(1);

#[test]
fn every_network_is_mastered() {
    if let Some(seed) = number("LUGGER_SEED") {
        let scenario = Scenario::draw(seed);
        let complaint = judge(&scenario, true);
        assert!(complaint.is_none(), "{}\n{scenario:#?}", complaint.unwrap());
        return;
    }
    let (first, count) = (
        number("LUGGER_FIRST_SEED").unwrap_or(0),
        number("LUGGER_SEEDS").unwrap_or(SEEDS),
    );
    let failures = play(first..first + count);
    let shown: Vec<&str> = failures.iter().take(10).map(String::as_str).collect();
    assert!(
        failures.is_empty(),
        "{} of {count} seeds fail:\n{}",
        failures.len(),
        shown.join("\n")
    );
}

/// Plays seeds on all cores and returns what is wrong with those that fail; it stops after a hundred.
fn play(seeds: std::ops::Range<u64>) -> Vec<String> {
    // Thousands of expected panics would bury the report.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let (next, full) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !full.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    if let Some(complaint) = judge(&Scenario::draw(seed), false) {
                        let mut failures = failures.lock().unwrap();
                        let shrinks = failures.len() < 10;
                        failures.push(report(seed, &complaint, shrinks));
                        full.store(failures.len() >= 100, Ordering::Relaxed);
                    }
                    if seed % 100_000 == 99_999 {
                        let _ = writeln!(std::io::stderr(), "{} seeds", seed + 1);
                    }
                }
            });
        }
    });
    panic::set_hook(hook);
    failures.into_inner().unwrap()
}

/// One line that plays a failure again, and what is left of it.
fn report(seed: u64, complaint: &str, shrinks: bool) -> String {
    let (mut scenario, mut complaint, mut without) = (Scenario::draw(seed), complaint.to_owned(), Vec::new());
    while shrinks && without.len() < 40 {
        let fails = |(name, next): (_, Scenario)| judge(&next, false).map(|why| (name, next, why));
        let Some((name, next, why)) = scenario.simpler().into_iter().find_map(fails) else {
            break;
        };
        (scenario, complaint) = (next, why);
        without.push(name);
    }
    format!(
        "LUGGER_SEED={seed} cargo test --lib simulation # {complaint}\n  shrunk by {without:?} to {:?} {:?} jobs {} faults {:?} mirror {:?} upload faults {:?} reader {:?} ignores ranges {} redirects {}\n  source {:?}\n  target {:?}",
        scenario.direction,
        scenario.sizes,
        scenario.jobs,
        scenario.faults,
        scenario.mirror,
        scenario.upload_faults,
        scenario.reader,
        scenario.ignores_ranges,
        scenario.redirects,
        scenario.source,
        scenario.target,
    )
}

/// Plays a scenario and returns what is wrong with the run.
fn judge(scenario: &Scenario, traces: bool) -> Option<String> {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        fastrand::seed(scenario.seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(scenario, traces))
    }));
    match outcome {
        Ok(outcome) => complaint(scenario, &outcome),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Some(
                text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                    .unwrap_or_default(),
            )
        }
    }
}

async fn run(scenario: &Scenario, traces: bool) -> Outcome {
    let started = Instant::now();
    let (tally, images) = (Arc::new(Tally::new(traces)), Images::of(scenario));
    let world = Arc::new(World::new(scenario, images.clone(), Arc::clone(&tally)));
    let network = network(scenario).over(Arc::clone(&world) as _);
    let from = if scenario.mirror.is_some() {
        "mirrored.test/s/s:1"
    } else {
        "source.test/s/s:1"
    };
    let (source, target) = (image(&network, from), image(&network, "target.test/t/t:1"));
    let options = Options {
        selection: Selection::All,
        referrers: false,
        jobs: scenario.jobs,
        limit: None,
        progress: Progress::silent(),
    };
    let memory = MemorySource {
        tally: Arc::clone(&tally),
        images: images.clone(),
    };
    let sink = MemorySink {
        tally: Arc::clone(&tally),
        rate: scenario.reader,
        held: Mutex::default(),
    };
    let moved = async {
        match scenario.direction {
            Direction::Pull => copy(&source, &sink, &options).await,
            Direction::Push => copy(&memory, &target, &options).await,
            Direction::Copy => copy(&source, &target, &options).await,
        }
    };
    let error = match tokio::time::timeout(FOREVER, moved).await {
        Err(_) => Some("it does not end".to_owned()),
        Ok(outcome) => outcome.err().map(|error| format!("{error:?}")),
    };
    let counts = tally.counts();
    if error.is_none() && scenario.direction != Direction::Pull {
        let stored = images.manifest.blobs().all(|blob| world.has_stored(&blob.digest.to_string()));
        assert!(stored, "not all layers are at the target");
    }
    Outcome {
        error,
        begun: counts.begun.map_or(Duration::ZERO, |begun| begun - started),
        time: counts.begun.map_or(Duration::ZERO, |begun| begun.elapsed()),
        counts,
    }
}

fn image(network: &Network, name: &str) -> crate::registry::Image {
    let reference: Reference = name.parse().unwrap();
    network.repository(reference.repository()).unwrap().image(reference.at())
}

/// A network of registries that speak plain HTTP, one of them with a mirror.
fn network(scenario: &Scenario) -> Network {
    static HOSTS: LazyLock<TempDir> = LazyLock::new(|| {
        let hosts = tempfile::tempdir().unwrap();
        let mirror = "[host.\"http://mirror.test\"]\ncapabilities = [\"pull\"]\n";
        for (name, more) in [("source.test", ""), ("target.test", ""), ("mirrored.test", mirror)] {
            std::fs::create_dir(hosts.path().join(name)).unwrap();
            let text = format!("server = \"http://{name}\"\n{more}");
            std::fs::write(hosts.path().join(name).join("hosts.toml"), text).unwrap();
        }
        hosts
    });
    let logins = LoginFiles::docker(HOSTS.path());
    Network::new(
        Arc::new(Credentials::new(logins, None, Vec::new())),
        Hosts::new(vec![HOSTS.path().to_owned()], PathBuf::from("/nonexistent")),
        Trust::default(),
        Notices::to(|_| ()),
        Pace {
            connections: scenario.jobs,
            ..Pace::USUAL
        },
        Journal::default(),
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "which seeds to play is for the developer's shell to say"
)]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
