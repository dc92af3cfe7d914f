//! Screens in the middle of a transfer, at a point at which the registry falls silent: once that is for long enough there
//! are neither rate nor time left, and nothing on the screen changes.

use std::time::Duration;

use super::{Set, WIDTHS};
use crate::peers_steps::hold;
use crate::support::gate::Gate;
use crate::support::image::Image;
use crate::support::peers::process::reached;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::tar::noise;
use crate::support::terminal::Terminal;

fn layers() -> Vec<Vec<u8>> {
    (3..8)
        .map(|size| noise(size, usize::try_from(size).unwrap() * 100_000))
        .collect()
}

/// The same in all widths at once, as most of it is waiting. It is silent when rates were seen, where there is room for
/// them, and are gone again everywhere.
fn frozen(scene: &str, total: &str, set: impl Fn() -> Set) {
    let sets = WIDTHS.map(|columns| (columns, set()));
    let running = sets.each_ref().map(|(columns, set)| set.terminal(*columns));
    let mut rates = [false; WIDTHS.len() - 1];
    let silent = reached(Duration::from_secs(25), || {
        let screens = running.each_ref().map(Terminal::capture);
        for (seen, screen) in rates.iter_mut().zip(&screens[1..]) {
            *seen |= screen.contains("B/s");
        }
        rates == [true; WIDTHS.len() - 1] && screens.iter().all(|screen| screen.trim_end().ends_with(total))
    });
    assert!(silent, "it never fell silent:\n{}", running[1].history());
    for ((columns, set), terminal) in sets.iter().zip(&running) {
        set.check(scene, *columns, terminal);
    }
}

#[test]
fn a_pull_with_layers_in_every_state() {
    let gate = Gate::default();
    frozen("pull_middle", "\n1.13MB/2.21MB", || {
        let registry = Registry::start();
        let (image, base) = (Image::with_layers(&layers()), Image::with_layers(&layers()[..1]));
        registry.put_image("team/app", "1", &image);
        registry.put_image("team/app", "base", &base);
        let at = |layer: usize, act: Act| registry.rule(Rule::on("GET", &image.layers[layer].digest).then(act));
        at(2, Act::StallAfter(123_456));
        at(3, Act::StallAfter(599_999));
        at(4, gate.act());
        let set = Set::new(registry, "pull @/team/app:1");
        set.lugger.args(["pull", "-q", &set.registry.name("team/app:base")]).ok();
        set
    });
    gate.open();
}

#[test]
fn a_push_of_which_one_layer_is_not_confirmed() {
    let gate = Gate::default();
    frozen("push_middle", "\n2.21MB/2.21MB", || {
        let (registry, image) = (Registry::start(), Image::with_layers(&layers()));
        registry.put_blob("team/app", &image.layers[0]);
        let hex = image.layers[2].digest.replace("sha256:", "");
        registry.rule(Rule::on("PUT", &hex).then(gate.act()));
        let set = Set::new(registry, "push @/team/app:1");
        hold(&set.lugger, &set.registry.name("team/app:1"), &image);
        set
    });
    gate.open();
}

#[test]
fn a_hundred_layers_of_which_those_that_are_done_fold_away() {
    frozen("folded_middle", "\n2.16MB/5.23MB  41 of 101 done", || {
        let registry = Registry::start();
        let layers: Vec<Vec<u8>> = (0..100).map(|seed| noise(seed, 50_000)).collect();
        let image = Image::with_layers(&layers);
        registry.put_image("team/app", "1", &image);
        for layer in &image.layers[40..] {
            registry.rule(Rule::on("GET", &layer.digest).then(Act::StallAfter(20_000)));
        }
        Set::new(registry, "pull --jobs 3 @/team/app:1")
    });
}
