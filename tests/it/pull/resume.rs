//! Blobs that break off: the next try goes on where the last one ended, in the same run and in the next.

use std::fs;
use std::path::{Path, PathBuf};

use super::{check, partial, pull, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image};
use crate::support::registry::Registry;
use crate::support::running::Running;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::tar::noise;

const CUT: usize = 100_000;

/// An image with one layer worth resuming.
fn large() -> (Registry, Blob) {
    let image = Image::with_layers(&[noise(7, 300_000)]);
    (serving(&image), image.layers[0].clone())
}

fn on(layer: &Blob) -> Rule {
    Rule::on("GET", &format!("/blobs/{}", layer.digest))
}

/// What was asked of the layer: the Range of each request.
fn ranges(registry: &Registry, layer: &Blob) -> Vec<String> {
    let requests = registry.log().select("GET", &layer.digest);
    let range = |request: &Request| request.header("range").unwrap_or("whole").to_string();
    requests.iter().map(range).collect()
}

fn sent(registry: &Registry, layer: &Blob) -> u64 {
    let requests = registry.log().select("GET", &layer.digest);
    requests.iter().map(|request| request.sent).sum()
}

fn from(offset: impl std::fmt::Display) -> String {
    format!("bytes={offset}-")
}

fn whole() -> String {
    "whole".to_string()
}

/// A pull under way that will get no further than part of the layer.
fn stuck(lugger: &Lugger, registry: &Registry, layer: &Blob) -> Running {
    registry.rule(on(layer).times(1).then(Act::StallAfter(CUT)));
    let mut running = pull(lugger, &registry.name("app:1")).start();
    running.wait_until("a part of the layer is on disk", || held(lugger, layer) > 0);
    running
}

/// How much of the layer waits for the next try; the config may be under way beside it.
fn held(lugger: &Lugger, layer: &Blob) -> u64 {
    let (_, hex) = layer.digest.split_once(':').unwrap();
    let files = walk(&lugger.store().join("partial")).into_iter();
    let mut own = files.filter(|path| path.to_string_lossy().contains(hex));
    own.next()
        .and_then(|path| fs::metadata(path).ok())
        .map_or(0, |data| data.len())
}

#[test]
fn a_body_that_breaks_off_goes_on_with_one_range_and_no_byte_is_sent_twice() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    registry.rule(on(&layer).times(1).then(Act::CutAfter(CUT)));
    pull(&lugger, &registry.name("app:1")).ok();
    assert_eq!(ranges(&registry, &layer), [whole(), from(CUT)]);
    assert_eq!(sent(&registry, &layer), layer.size as u64);
    assert_eq!(partial(&lugger), Vec::<u64>::new());
    check(&lugger).assert_sound();
}

#[test]
fn a_transfer_that_advances_is_not_given_up_however_often_it_breaks_off() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    registry.rule(on(&layer).times(8).then(Act::CutAfter(20_000)));
    pull(&lugger, &registry.name("app:1")).ok();
    let mut expected = vec![whole()];
    expected.extend((1..=8).map(|turn| from(turn * 20_000)));
    assert_eq!(ranges(&registry, &layer), expected);
    check(&lugger).assert_sound();
}

#[test]
fn a_server_that_ignores_the_range_is_understood() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    registry.rule(on(&layer).times(1).then(Act::CutAfter(CUT)));
    registry.rule(on(&layer).then(Act::IgnoreRange));
    pull(&lugger, &registry.name("app:1")).ok();
    assert_eq!(ranges(&registry, &layer), [whole(), from(CUT)]);
    check(&lugger).assert_sound();
}

#[test]
fn a_half_that_does_not_fit_is_thrown_away_and_the_blob_begun_anew() {
    let size = large().1.size;
    let wrong = [
        Some(format!("bytes 0-{}/{size}", size - 1)),
        Some(format!("bytes {CUT}-{}/{}", size - 1, size + 1)),
        Some(format!("bytes {CUT}-{}/{size}", size - 2)),
        Some("nonsense".to_string()),
        None,
    ];
    for range in wrong {
        let told = format!("{range:?}");
        let ((registry, layer), lugger) = (large(), Lugger::new());
        registry.rule(on(&layer).times(1).then(Act::CutAfter(CUT)));
        let lie = Act::edit(move |_, response| {
            response.remove_header("content-range");
            if let Some(range) = &range {
                response.add_header("content-range", range);
            }
        });
        registry.rule(on(&layer).when(|request| request.header("range").is_some()).then(lie));
        pull(&lugger, &registry.name("app:1")).ok();
        assert_eq!(ranges(&registry, &layer), [whole(), from(CUT), whole()], "{told}");
        check(&lugger).assert_sound();
    }
}

#[test]
fn a_range_that_is_refused_begins_the_blob_anew() {
    // The second answer announces the whole blob and breaks off, as CNCF distribution 2.8 does.
    let plain = |_: usize| (Response::new(416), None);
    let announced = |size: usize| (Response::new(416).body(vec![b' '; size]), Some(33));
    for answer in [&plain as &dyn Fn(usize) -> (Response, Option<usize>), &announced] {
        let ((registry, layer), lugger) = (large(), Lugger::new());
        registry.rule(on(&layer).times(1).then(Act::CutAfter(CUT)));
        let (response, cut) = answer(layer.size);
        let refusal = on(&layer)
            .when(|request| request.header("range").is_some())
            .then(Act::custom(move |_| response.clone()));
        registry.rule(cut.into_iter().fold(refusal, |rule, keep| rule.then(Act::CutAfter(keep))));
        pull(&lugger, &registry.name("app:1")).ok();
        assert_eq!(ranges(&registry, &layer), [whole(), from(CUT), whole()]);
        check(&lugger).assert_sound();
    }
}

#[test]
fn halves_of_different_content_are_noticed_and_the_blob_begun_anew() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    let spoiled = on(&layer).times(1).then(Act::CorruptByte(5));
    registry.rule(spoiled.then(Act::CutAfter(CUT)));
    pull(&lugger, &registry.name("app:1")).ok();
    assert_eq!(ranges(&registry, &layer), [whole(), from(CUT), whole()]);
    check(&lugger).assert_sound();
}

#[test]
fn after_a_kill_only_the_rest_is_fetched() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    stuck(&lugger, &registry, &layer).kill();
    let kept = held(&lugger, &layer);
    assert!(kept > 0 && kept <= CUT as u64, "{kept}");
    check(&lugger).assert_sound();
    pull(&lugger, &registry.name("app:1")).ok();
    assert_eq!(ranges(&registry, &layer), [whole(), from(kept)]);
    assert_eq!(partial(&lugger), Vec::<u64>::new());
    check(&lugger).assert_sound();
}

#[test]
fn an_interrupt_is_exit_130_and_keeps_what_came() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    let running = stuck(&lugger, &registry, &layer);
    running.interrupt();
    let run = running.wait();
    assert_eq!((run.status, run.stdout.as_str()), (130, ""), "{}", run.stderr);
    assert_eq!(check(&lugger).names(), Vec::<String>::new());
    check(&lugger).assert_sound();
    let kept = held(&lugger, &layer);
    assert!(kept > 0, "nothing was kept");
    pull(&lugger, &registry.name("app:1")).ok();
    assert_eq!(ranges(&registry, &layer), [whole(), from(kept)]);
    check(&lugger).assert_sound();
}

#[test]
fn a_part_that_was_damaged_on_disk_is_noticed_and_fetched_anew() {
    let ((registry, layer), lugger) = (large(), Lugger::new());
    stuck(&lugger, &registry, &layer).kill();
    let folder = lugger.store().join("partial");
    let files = walk(&folder);
    for file in files {
        let mut bytes = fs::read(&file).unwrap();
        bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1);
        fs::write(&file, bytes).unwrap();
    }
    pull(&lugger, &registry.name("app:1")).ok();
    check(&lugger).assert_sound();
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .collect()
}

#[test]
fn a_server_that_falls_silent_is_left_and_asked_for_the_rest() {
    let (registry, layer) = large();
    registry.rule(on(&layer).times(1).then(Act::StallAfter(CUT)));
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry.name("app:1")).ok();
    assert!(run.stderr.contains("no answer for 30 s"), "{}", run.stderr);
    assert_eq!(ranges(&registry, &layer), ["whole".to_string(), from(CUT)]);
}
