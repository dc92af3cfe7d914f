//! Large layers over several connections: asked for where one connection holds the transfer up, and right whatever the
//! registry makes of it. The registry here throttles each connection, as proxies and storage do.

use super::{check, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image};
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Rule};
use crate::support::tar::noise;

/// Bytes a second over one connection: the layer would take several seconds over one.
const RATE: u64 = 12 << 20;
const SIZE: usize = 40 << 20;

struct Throttled {
    registry: Registry,
    lugger: Lugger,
    layer: Blob,
}

fn throttled() -> Throttled {
    let image = Image::with_layers(&[noise(11, SIZE)]);
    let registry = serving(&image);
    Throttled {
        registry,
        lugger: Lugger::new(),
        layer: image.layers[0].clone(),
    }
}

impl Throttled {
    fn on_layer(&self) -> Rule {
        Rule::on("GET", &self.layer.digest)
    }

    fn slow_down(&self) {
        self.registry.rule(self.on_layer().then(Act::Rate(RATE)));
    }

    fn pull(&self, flags: &[&str]) {
        let name = self.registry.name("app:1");
        let run = self.lugger.args([&["pull", &name][..], flags].concat()).ok();
        check(&self.lugger).assert_sound();
        // What comes ahead of its turn waits in memory.
        let peak = run.peak_rss_kib.expect("the run was long enough to be watched");
        assert!(peak < 64 << 10, "{peak} KiB");
    }

    fn requests(&self) -> Vec<Request> {
        self.registry.log().select("GET", &self.layer.digest)
    }

    fn at_once(&self) -> usize {
        self.registry.log().most_at_once("GET", &self.layer.digest)
    }

    /// How many bytes of the layer went out, beyond those of the layer.
    fn sent_too_much(&self) -> u64 {
        let sent: u64 = self.requests().iter().map(|request| request.sent).sum();
        sent.saturating_sub(self.layer.size as u64)
    }
}

/// Does a request ask for a stretch in the middle?
fn is_bounded(request: &Request) -> bool {
    request.header("range").is_some_and(|range| !range.ends_with('-'))
}

#[test]
fn a_throttled_layer_comes_over_several_connections() {
    let scene = throttled();
    scene.slow_down();
    scene.pull(&[]);
    assert!(scene.at_once() > 2, "{}", scene.registry.log().lines());
    assert!(scene.at_once() <= 8, "{}", scene.registry.log().lines());
    assert!(scene.requests().iter().any(is_bounded), "{}", scene.registry.log().lines());
    assert_eq!(scene.sent_too_much(), 0, "every range ends where the next begins");
}

#[test]
fn one_job_is_one_connection() {
    let scene = throttled();
    scene.slow_down();
    scene.pull(&["--jobs", "1"]);
    assert_eq!((scene.at_once(), scene.requests().len()), (1, 1));
}

#[test]
fn each_range_is_asked_of_the_registry_so_that_every_redirect_is_fresh() {
    let scene = throttled();
    let storage = scene.registry.origin().to_owned() + "/storage/{last}";
    scene.registry.rule(Rule::on("GET", "/storage/").then(Act::Rate(RATE)));
    scene
        .registry
        .rule(Rule::on("GET", "/v2/app/blobs/").then(Act::Redirect(storage, 307)));
    scene.pull(&[]);
    let asked = scene.registry.count("GET", &format!("/v2/app/blobs/{}", scene.layer.digest));
    let stored = scene.registry.count("GET", &format!("/storage/{}", scene.layer.digest));
    assert_eq!(asked, stored);
    assert!(asked > 3, "{}", scene.registry.log().lines());
}

#[test]
fn a_registry_without_ranges_is_left_at_one_connection() {
    let scene = throttled();
    scene
        .registry
        .rule(scene.on_layer().then(Act::IgnoreRange).then(Act::Rate(RATE)));
    scene.pull(&[]);
    let completed = scene.requests().iter().filter(|request| request.sent >= SIZE as u64).count();
    assert_eq!(completed, 1, "{}", scene.registry.log().lines());
    assert!(scene.requests().len() <= 5, "{}", scene.registry.log().lines());
}

#[test]
fn a_registry_that_wants_fewer_requests_gets_fewer() {
    for (status, code) in [(429, "TOOMANYREQUESTS"), (503, "UNAVAILABLE")] {
        let scene = throttled();
        let enough = Act::error(status, code, "slow down");
        scene
            .registry
            .rule(scene.on_layer().when(is_bounded).nth(2..=99).then(enough));
        scene.slow_down();
        scene.pull(&[]);
        // The first part, one round of seven more, and all the rest.
        assert!(scene.requests().len() <= 9, "{}", scene.registry.log().lines());
    }
}

#[test]
fn ranges_that_break_off_are_gone_on_with() {
    let scene = throttled();
    for turn in [1, 3, 4] {
        let cut = scene.on_layer().when(is_bounded).nth(turn..=turn);
        scene.registry.rule(cut.then(Act::Rate(RATE)).then(Act::CutAfter(900_000)));
    }
    scene.slow_down();
    scene.pull(&[]);
    let share = scene.sent_too_much() * 100 / SIZE as u64;
    assert!(share < 10, "{share} % were sent twice: {}", scene.registry.log().lines());
}

#[test]
fn what_came_ahead_is_kept_when_the_place_it_waits_for_breaks_off() {
    let scene = throttled();
    // The first part breaks off at its end, when the ranges behind it are under way.
    let cut = scene.on_layer().times(1);
    scene.registry.rule(cut.then(Act::Rate(RATE)).then(Act::CutAfter(3_000_000)));
    scene.slow_down();
    scene.pull(&[]);
    let share = scene.sent_too_much() * 100 / SIZE as u64;
    assert!(share < 10, "{share} % were sent twice: {}", scene.registry.log().lines());
}

#[test]
fn a_range_that_is_another_is_not_taken() {
    for lie in ["bytes 0-4194303/41943040", "bytes 1-2/3", "nonsense"] {
        let scene = throttled();
        let lie = Act::edit(move |_, response| {
            response.remove_header("content-range");
            response.add_header("content-range", lie);
        });
        scene.registry.rule(scene.on_layer().when(is_bounded).times(3).then(lie));
        scene.slow_down();
        scene.pull(&[]);
    }
}

#[test]
fn a_corrupt_range_is_found_and_the_layer_fetched_anew() {
    let scene = throttled();
    let corrupt = scene.on_layer().when(is_bounded).times(1);
    scene.registry.rule(corrupt.then(Act::CorruptByte(1000)));
    scene.slow_down();
    scene.pull(&[]);
}

#[test]
fn a_layer_that_comes_fast_enough_is_not_divided() {
    let image = Image::with_layers(&[noise(11, SIZE)]);
    let (registry, lugger) = (serving(&image), Lugger::new());
    // What takes the time is the reader: it may take no more than this.
    lugger.args(["pull", "--limit-rate", "30M", &registry.name("app:1")]).ok();
    check(&lugger).assert_sound();
    let asked = registry.log().select("GET", &image.layers[0].digest);
    let ranges: Vec<&str> = asked.iter().filter_map(|request| request.header("range")).collect();
    assert_eq!(registry.log().most_at_once("GET", &image.layers[0].digest), 1);
    assert!(ranges.len() <= 10, "{ranges:?}");
}
