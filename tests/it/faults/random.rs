//! Faults drawn by seed: a tenth of all requests, any byte of any layer, and very many cuts of one pull.

use crate::faults::scenes::{Sum, many, mixed, pull, push, rounds, small, usual};
use crate::peers_steps::stock;
use crate::support::fault_proxy::{Asked, Plan, cuts, seeded};
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::tar::noise;

fn pulls(what: &str, seeds: u64, image: &Image, plan: impl Fn(u64) -> Plan + Sync) -> Sum {
    let registry = Distribution::open();
    stock(&registry.name("team/app:1"), image);
    many(what, seeds, image, |seed| pull(&registry, image, plan(seed)))
}

fn pushes(what: &str, seeds: u64, image: &Image, plan: impl Fn(u64) -> Plan + Sync) -> Sum {
    let registry = Distribution::open();
    let run = |seed| push(&registry, image, &format!("team/app{seed}"), plan(seed));
    many(what, seeds, image, run)
}

/// Any byte of one blob, the one of this turn.
fn one_cut(seed: u64) -> Plan {
    let mut all = cuts(seed, 1);
    let mut turns = 0;
    Box::new(move |asked: &Asked| {
        turns += u64::from(asked.moves_blob());
        if asked.moves_blob() && turns == 1 + seed % 5 {
            all(asked)
        } else {
            None
        }
    })
}

#[test]
fn pulls_of_which_a_tenth_of_the_requests_go_wrong_end_well() {
    let sum = pulls("pulls, a tenth of the requests", rounds(40), &small(), |seed| {
        seeded(seed, 10)
    });
    sum.assert_well();
    assert!(sum.faults > 0);
}

#[test]
fn pushes_of_which_a_tenth_of_the_requests_go_wrong_end_well() {
    let sum = pushes("pushes, a tenth of the requests", rounds(40), &small(), |seed| {
        seeded(seed, 10)
    });
    sum.assert_well();
    assert!(sum.faults > 0);
}

#[test]
fn a_pull_that_is_cut_at_any_byte_goes_on_there() {
    let seeds = rounds(20);
    let sum = pulls("pulls, one cut", seeds, &small(), one_cut);
    sum.assert_well();
    assert_eq!(sum.faults as u64, seeds);
    assert!(sum.resent_share() < 0.1, "{sum}");
}

#[test]
fn a_push_that_is_cut_at_any_byte_ends_well() {
    let seeds = rounds(20);
    let sum = pushes("pushes, one cut", seeds, &usual(), one_cut);
    sum.assert_well();
    assert_eq!(sum.faults as u64, seeds);
    assert!(sum.resent_share() < 0.1, "{sum}");
}

#[test]
fn a_pull_of_which_every_layer_is_cut_again_and_again_sends_little_twice() {
    let mut contents: Vec<Vec<u8>> = (1..=15).map(|seed| noise(seed, 700 << 10)).collect();
    contents.push(noise(16, 12 << 20));
    let image = Image::with_layers(&contents);
    let sum = pulls("pulls, four cuts in each layer", 1, &image, |seed| cuts(seed, 4));
    sum.assert_well();
    assert!(sum.faults >= 4 * 16, "{sum}");
    assert!(sum.resent_share() < 0.1, "{sum}");
}

#[test]
fn a_pull_of_layers_of_all_sizes_that_are_cut_ends_well() {
    let seeds = rounds(20).div_ceil(10);
    let sum = pulls("pulls of a mixed image, two cuts in each layer", seeds, &mixed(), |seed| {
        cuts(seed, 2)
    });
    sum.assert_well();
    assert!(sum.resent_share() < 0.1, "{sum}");
}
