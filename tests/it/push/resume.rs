//! Uploads that break off and go on where the registry can: in the same run, in the next one, and from one registry to
//! another. One that keeps nothing gets the blob from its beginning.

use std::fs;
use std::time::Duration;

use super::{assert_pushed, keep, push, ready};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Rule};
use crate::support::tar::noise;

/// More than the system takes on its way to a registry that reads slowly.
const SIZE: usize = 24 << 20;
const CUT: usize = 5 << 20;

fn large() -> Image {
    Image::with_layers(&[noise(7, SIZE), b"small".to_vec()])
}

/// A registry that keeps the beginning of an upload that broke off.
fn keeping() -> Registry {
    Registry::start().with_habits(|habits| habits.resumable_uploads = true)
}

fn length(request: &Request) -> usize {
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    length.unwrap_or_default()
}

fn put_of_the_layer() -> Rule {
    Rule::on("PUT", "/uploads/").when(|request| length(request) > 1 << 20)
}

/// The announced lengths of the uploads that are about the layer.
fn lengths(registry: &Registry) -> Vec<usize> {
    let puts = registry.log().select("PUT", "/uploads/");
    puts.iter().map(length).filter(|length| *length > 1 << 20).collect()
}

fn uploads(lugger: &Lugger) -> usize {
    fs::read_dir(lugger.store().join("uploads")).map_or(0, Iterator::count)
}

#[test]
fn a_broken_upload_goes_on_where_the_registry_says() {
    let (lugger, registry, image) = (Lugger::new(), keeping(), large());
    registry.rule(put_of_the_layer().times(1).then(Act::CloseBeforeBody(CUT)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(lengths(&registry), [image.layers[0].size, image.layers[0].size - CUT]);
    assert_eq!((registry.count("GET", "/uploads/"), uploads(&lugger)), (1, 0));
}

#[test]
fn an_upload_that_advances_is_not_given_up_however_often_it_breaks() {
    let (lugger, registry, image) = (Lugger::new(), keeping(), large());
    registry.rule(put_of_the_layer().times(7).then(Act::CloseBeforeBody(1 << 20)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(registry.count("GET", "/uploads/"), 7);
}

#[test]
fn a_registry_that_kept_nothing_gets_it_from_the_beginning() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
    registry.rule(put_of_the_layer().times(1).then(Act::CloseBeforeBody(CUT)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(lengths(&registry), [image.layers[0].size; 2]);
    assert_eq!(uploads(&lugger), 0);
}

/// A push that was killed when most of the layer was on its way.
fn killed(lugger: &Lugger, registry: &Registry, image: &Image) {
    registry.rule(put_of_the_layer().times(1).then(Act::Rate(4 << 20)));
    let mut running = ready(lugger, registry, image).start();
    running.wait_until("the upload is under way", || {
        uploads(lugger) > 0 && registry.open_uploads() > 0
    });
    // The registry takes a part of the layer meanwhile, and has taken all of it only twice as late.
    std::thread::sleep(Duration::from_millis(2500));
    running.kill();
    // It reads what is on the way before it sees that nobody is there any more.
    let is_over = || {
        registry
            .log()
            .select("PUT", "/uploads/")
            .iter()
            .all(|put| put.ended.is_some())
    };
    for _ in 0..600 {
        if is_over() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the registry did not see that the push was killed");
}

#[test]
fn the_run_after_a_kill_goes_on_with_the_upload() {
    let (lugger, registry, image) = (Lugger::new(), keeping(), large());
    killed(&lugger, &registry, &image);
    push(&lugger, &registry.name("app:1")).ok();
    assert_pushed(&registry, "app", "1", &image);
    let lengths = lengths(&registry);
    assert_eq!(lengths.len(), 2, "{}", registry.log().lines());
    assert!(lengths[1] < SIZE * 3 / 4, "{lengths:?}");
    assert_eq!(uploads(&lugger), 0);
}

#[test]
fn a_session_that_is_gone_is_dropped() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
    killed(&lugger, &registry, &image);
    push(&lugger, &registry.name("app:1")).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(lengths(&registry), [image.layers[0].size; 2]);
    assert_eq!((registry.count("GET", "/uploads/"), uploads(&lugger)), (1, 0));
}

#[test]
fn what_a_session_says_of_itself_is_checked() {
    let size = large().layers[0].size;
    for range in ["0-0", "0--1", "5-9", &format!("0-{size}"), "nonsense", ""] {
        let (lugger, registry, image) = (Lugger::new(), keeping(), large());
        registry.rule(put_of_the_layer().times(1).then(Act::CloseBeforeBody(CUT)));
        let said = range.to_owned();
        let lie = Act::edit(move |_, answer| {
            answer.remove_header("range");
            if !said.is_empty() {
                answer.add_header("range", &said);
            }
        });
        registry.rule(Rule::on("GET", "/uploads/").then(lie));
        ready(&lugger, &registry, &image).ok();
        assert_pushed(&registry, "app", "1", &image);
        assert_eq!(lengths(&registry), [size; 2], "{range:?}");
    }
}

#[test]
fn a_beginning_that_arrived_wrong_is_not_gone_on_with_for_ever() {
    let (lugger, registry, image) = (Lugger::new(), keeping(), large());
    registry.rule(put_of_the_layer().times(1).then(Act::CloseBeforeBody(CUT)));
    // The registry has fewer bytes than it says, so that what follows does not fit.
    let size = CUT + 1000;
    let lie = Act::edit(move |_, answer| {
        answer.remove_header("range");
        answer.add_header("range", &format!("0-{size}"));
    });
    registry.rule(Rule::on("GET", "/uploads/").times(1).then(lie));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
}

#[test]
fn a_copy_between_registries_goes_on_at_both_ends_without_a_disk() {
    let (lugger, from, to, image) = (Lugger::new(), Registry::start(), keeping(), large());
    from.put_image("app", "1", &image);
    let layer = &image.layers[0];
    from.rule(Rule::on("GET", &layer.digest).times(1).then(Act::CutAfter(3 << 20)));
    to.rule(put_of_the_layer().nth(2..=2).then(Act::CloseBeforeBody(2 << 20)));
    let ends = [from.name("app:1"), to.name("app:1")];
    lugger.args(["copy", "--jobs", "1", &ends[0], &ends[1]]).ok();
    assert_pushed(&to, "app", "1", &image);
    let lengths = lengths(&to);
    assert_eq!(lengths.len(), 3, "{}", to.log().lines());
    // A registry that has not yet seen the first break has nothing to go on with; of the second it has.
    assert!(lengths.is_sorted_by(|longer, shorter| longer >= shorter), "{lengths:?}");
    assert!(lengths[2] < lengths[0], "{lengths:?}");
    let asked = from.log().select("GET", &layer.digest);
    let ranges: Vec<Option<&str>> = asked.iter().map(|get| get.header("range")).collect();
    let rest = |length: &usize| (*length < layer.size).then(|| format!("bytes={}-", layer.size - length));
    let rests: Vec<Option<String>> = lengths.iter().map(rest).collect();
    assert_eq!(ranges, rests.iter().map(Option::as_deref).collect::<Vec<_>>());
    assert!(!lugger.store().join("blobs").exists());
}

#[test]
fn two_pushes_at_once_do_not_share_a_session() {
    let (lugger, registry, image) = (Lugger::new(), keeping(), large());
    registry.rule(put_of_the_layer().then(Act::Rate(12 << 20)));
    keep(&lugger, &registry.name("app:1"), &image);
    let both = [(); 2].map(|()| push(&lugger, &registry.name("app:1")).start());
    for run in both.map(crate::support::running::Running::wait) {
        assert_eq!(run.status, 0, "{}", run.stderr);
    }
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(uploads(&lugger), 0);
}

#[test]
fn the_notes_on_uploads_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (lugger, registry, image) = (Lugger::new(), keeping(), large());
    killed(&lugger, &registry, &image);
    for note in fs::read_dir(lugger.store().join("uploads")).unwrap() {
        let mode = note.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
