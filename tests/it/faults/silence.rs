//! Connections that fall silent, with the patience that `--stall-timeout` gives them.

use crate::faults::scenes::{assert_all_well, mixed, pull_with, push_with, small};
use crate::peers_steps::stock;
use crate::support::fault_proxy::{Asked, Fault, Kind, Spoil, on};
use crate::support::peers::distribution::Distribution;

const PATIENCE: [&str; 2] = ["--stall-timeout", "1"];

/// Where it falls silent: at once, and in the middle.
const PLACES: [u64; 2] = [0, 7_654_321];

#[test]
fn a_pull_outlives_layers_that_fall_silent() {
    for image in [small(), mixed()] {
        let registry = Distribution::open();
        stock(&registry.name("team/app:1"), &image);
        assert_all_well(&PLACES, |_, at| {
            let plan = on(|asked| asked.is("GET", Kind::Blob), 2, Fault::Down(Spoil::Stall, *at));
            pull_with(&PATIENCE, &registry, &image, plan)
        });
    }
}

/// A layer that fits into the buffers of the connection counts as sent, and its answer is waited for longer.
#[test]
fn a_push_outlives_a_large_layer_that_falls_silent() {
    let (registry, image) = (Distribution::open(), mixed());
    assert_all_well(&PLACES, |case, at| {
        let large = |asked: &Asked| asked.sends_blob() && asked.length > 8 << 20;
        let plan = on(large, 1, Fault::Up(Spoil::Stall, *at));
        let outcome = push_with(&PATIENCE, &registry, &image, &format!("team/app{case}"), plan);
        // The kernel gives up such a connection too, after half a minute.
        assert!(!outcome.run.stderr.contains("os error 110"), "{outcome}");
        outcome
    });
}
