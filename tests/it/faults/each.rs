//! Each kind of fault, under pulls and pushes of an image with layers of all sizes.

use crate::faults::scenes::{assert_all_well, mixed, pull, push, small};
use crate::peers_steps::stock;
use crate::support::fault_proxy::{Asked, Fault, Kind, Spoil, on};
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::store_check::StoreCheck;

/// A byte in the middle of whatever is under way.
const SOMEWHERE: u64 = 7_654_321;

const REFUSALS: [Fault; 6] = [
    Fault::Refuse(500, None),
    Fault::Refuse(502, None),
    Fault::Refuse(503, None),
    Fault::Refuse(504, None),
    Fault::Refuse(429, Some(0)),
    Fault::Refuse(429, Some(1)),
];

type Case = (fn(&Asked) -> bool, u64, Fault);

fn is_manifest_asked_for(asked: &Asked) -> bool {
    asked.is("GET", Kind::Manifest)
}

fn is_blob_asked_for(asked: &Asked) -> bool {
    asked.is("GET", Kind::Blob)
}

fn is_large_layer_sent(asked: &Asked) -> bool {
    asked.sends_blob() && asked.length > 8 << 20
}

fn is_session_asked_for(asked: &Asked) -> bool {
    asked.is("POST", Kind::Upload)
}

fn is_manifest_sent(asked: &Asked) -> bool {
    asked.is("PUT", Kind::Manifest)
}

fn pulls_outlive(image: &Image, cases: &[Case]) {
    let registry = Distribution::open();
    stock(&registry.name("team/app:1"), image);
    assert_all_well(cases, |_, (meant, times, fault)| {
        pull(&registry, image, on(*meant, *times, *fault))
    });
}

/// What the registry then has is also read by another client.
fn pushes_outlive(image: &Image, cases: &[Case]) {
    let registry = Distribution::open();
    assert_all_well(cases, |at, (meant, times, fault)| {
        let repository = format!("team/app{at}");
        let outcome = push(&registry, image, &repository, on(*meant, *times, *fault));
        let out = tempfile::tempdir().unwrap();
        let name = registry.name(&format!("{repository}:1"));
        if outcome.is_well() {
            skopeo::copy(&format!("docker://{name}"), &format!("oci:{}:x", out.path().display()));
            StoreCheck::of(out.path()).assert_sound();
            assert_eq!(skopeo::inspect_digest(&name), image.digest());
        }
        outcome
    });
}

fn with_each(faults: impl IntoIterator<Item = Fault>, meant: fn(&Asked) -> bool, times: u64) -> Vec<Case> {
    faults.into_iter().map(|fault| (meant, times, fault)).collect()
}

#[test]
fn a_pull_of_layers_of_all_sizes_outlives_each_kind_of_fault() {
    let spoils = [Spoil::Fin, Spoil::Rst, Spoil::End, Spoil::Flip, Spoil::Drip];
    let spoils = spoils.map(|spoil| Fault::Down(spoil, SOMEWHERE));
    let answers = [Fault::Refuse(503, None), Fault::Refuse(429, Some(0)), Fault::LoseAnswer];
    let faults = spoils.into_iter().chain(answers);
    pulls_outlive(&mixed(), &with_each(faults, is_blob_asked_for, 4));
}

#[test]
fn a_push_of_layers_of_all_sizes_outlives_each_kind_of_fault() {
    let spoils = [Spoil::Fin, Spoil::Rst, Spoil::Flip, Spoil::Drip];
    let spoils = spoils.map(|spoil| Fault::Up(spoil, SOMEWHERE));
    let answers = [Fault::Refuse(503, None), Fault::Refuse(429, Some(0)), Fault::LoseAnswer];
    let faults = spoils.into_iter().chain(answers);
    pushes_outlive(&mixed(), &with_each(faults, is_large_layer_sent, 1));
}

#[test]
fn a_pull_outlives_refusals_of_manifests_and_layers() {
    let layers = with_each(REFUSALS, is_blob_asked_for, 2);
    let manifests = with_each(REFUSALS, is_manifest_asked_for, 2);
    pulls_outlive(&small(), &[layers, manifests].concat());
}

#[test]
fn a_pull_outlives_a_manifest_that_breaks_off_or_is_lost() {
    let spoils = [Spoil::Fin, Spoil::Rst, Spoil::Drip].map(|spoil| Fault::Down(spoil, SOMEWHERE));
    let faults = spoils.into_iter().chain([Fault::LoseAnswer]);
    pulls_outlive(&small(), &with_each(faults, is_manifest_asked_for, 2));
}

#[test]
fn a_push_outlives_refusals_of_sessions_layers_and_manifests() {
    let meant: [fn(&Asked) -> bool; 3] = [is_session_asked_for, Asked::sends_blob, is_manifest_sent];
    let cases = meant.map(|meant| with_each(REFUSALS, meant, 2));
    pushes_outlive(&small(), &cases.concat());
}

#[test]
fn a_push_outlives_lost_answers_and_a_manifest_that_breaks_off() {
    let meant: [fn(&Asked) -> bool; 3] = [is_session_asked_for, Asked::sends_blob, is_manifest_sent];
    let lost = meant.map(|meant| -> Case { (meant, 2, Fault::LoseAnswer) });
    let breaks = [Spoil::Fin, Spoil::Rst].map(|spoil| Fault::Up(spoil, SOMEWHERE));
    pushes_outlive(&small(), &[&lost[..], &with_each(breaks, is_manifest_sent, 2)].concat());
}
