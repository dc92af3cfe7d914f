//! Two processes that want the same blob: one fetches it, the other waits, and takes over if the first one dies.

use std::fs;
use std::path::PathBuf;

use crate::support::gate::Gate;
use crate::support::image::Blob;
use crate::support::running::Running;
use crate::support::scene::Scene;
use crate::support::server::{Act, Request, Rule};

const SIZE: usize = 300_000;
const CUT: usize = 100_000;

fn on(layer: &Blob) -> Rule {
    Rule::on("GET", &layer.digest)
}

fn partial(scene: &Scene, layer: &Blob) -> PathBuf {
    scene.lugger.store().join("partial").join(layer.digest.replace(':', "-"))
}

fn pull(scene: &Scene) -> Running {
    scene.call("pull @/team/app:1").start()
}

/// Another pull of the same, once it has the unfinished blob of the first before it.
fn pull_behind(scene: &Scene, layer: &Blob) -> Running {
    let mut running = pull(scene);
    let (files, partial) = (format!("/proc/{}/fd", running.pid()), partial(scene, layer));
    running.wait_until("the second one has found the partial file", || {
        let files = fs::read_dir(&files).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|file| file == partial)
    });
    running
}

/// What was asked of the layer: the Range of each request.
fn ranges(scene: &Scene, layer: &Blob) -> Vec<String> {
    let requests = scene.registry.log().select("GET", &layer.digest);
    let range = |request: &Request| request.header("range").unwrap_or("whole").to_string();
    requests.iter().map(range).collect()
}

#[test]
fn of_two_that_pull_the_same_image_the_second_waits_and_finds_the_blob() {
    let (scene, image) = Scene::with_large_layer(SIZE);
    let (gate, layer) = (Gate::default(), &image.layers[0]);
    scene.registry.rule(on(layer).then(gate.act()));
    let mut first = pull(&scene);
    first.wait_until("the layer is asked for", || ranges(&scene, layer) == ["whole"]);
    let second = pull_behind(&scene, layer);
    gate.open();
    let (first, second) = (first.wait(), second.wait());
    assert_eq!((first.status, second.status), (0, 0), "{first:?}\n{second:?}");
    for blob in image.blobs() {
        assert_eq!(ranges(&scene, blob), ["whole"], "{}", scene.registry.log().lines());
    }
    let (_, hex) = layer.digest.split_once(':').unwrap();
    assert!(
        second.stderr.contains(&format!("{}: Already exists", &hex[..12])),
        "{}",
        second.stderr
    );
    assert_eq!(scene.store().names().len(), 1);
    scene.assert_sound();
}

#[test]
fn whoever_waits_for_a_process_that_is_killed_goes_on_from_its_bytes() {
    let (scene, image) = Scene::with_large_layer(SIZE);
    let layer = &image.layers[0];
    scene.registry.rule(on(layer).times(1).then(Act::StallAfter(CUT)));
    let mut first = pull(&scene);
    let held = || fs::metadata(partial(&scene, layer)).map_or(0, |file| file.len());
    first.wait_until("a part of the layer is on disk", || held() > 0);
    let second = pull_behind(&scene, layer);
    assert_eq!(first.kill().status, -9);
    let kept = held();
    let second = second.wait();
    assert_eq!(second.status, 0, "{second:?}");
    assert_eq!(ranges(&scene, layer), ["whole".to_string(), format!("bytes={kept}-")]);
    scene.assert_sound();
}

#[test]
fn whoever_waits_for_a_process_that_is_interrupted_before_the_first_byte_begins_it() {
    let (scene, image) = Scene::with_large_layer(SIZE);
    let (gate, layer) = (Gate::default(), &image.layers[0]);
    scene.registry.rule(on(layer).times(1).then(gate.act()));
    let mut first = pull(&scene);
    first.wait_until("the layer is asked for", || ranges(&scene, layer) == ["whole"]);
    let second = pull_behind(&scene, layer);
    first.interrupt();
    assert_eq!(first.wait().status, 130);
    let second = second.wait();
    gate.open();
    assert_eq!(second.status, 0, "{second:?}");
    assert_eq!(ranges(&scene, layer), ["whole", "whole"]);
    scene.assert_sound();
}
