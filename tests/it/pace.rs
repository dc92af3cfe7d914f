//! How fast and how patiently layers are moved: `--stall-timeout`, `--limit-rate`, `--jobs`, in what order, and what is
//! said when a blob is given up.

use std::time::{Duration, Instant};

use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Request, Rule};
use crate::support::tar::noise;

const SIZE: usize = 3 << 20;

fn stored_large() -> (Scene, Image) {
    let scene = Scene::with(Registry::start().with_habits(|habits| habits.resumable_uploads = true));
    let image = Image::with_layers(&[noise(3, SIZE)]);
    scene.stored("team/app:1", &image);
    (scene, image)
}

#[test]
fn a_silent_connection_is_left_for_another_one_down() {
    let (scene, image) = Scene::with_large_layer(SIZE);
    scene.rule_once("GET", &image.layers[0].digest, Act::StallAfter(1_000_000));
    scene.call("pull --stall-timeout 2s @/team/app:1").ok();
    let asked = scene.registry.log().select("GET", &image.layers[0].digest);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].header("range"), Some("bytes=1000000-"));
    scene.assert_sound();
}

#[test]
fn a_silent_connection_is_left_for_another_one_up() {
    let (scene, image) = stored_large();
    let is_large = |request: &Request| request.header("content-length").is_some_and(|length| length.len() > 6);
    // The registry reads nothing for longer than the push waits; what the system takes meanwhile is little.
    let deaf = Act::Delay(Duration::from_secs(20));
    scene
        .registry
        .rule(Rule::on("PUT", "/uploads/").when(is_large).times(1).then(deaf));
    scene.call("push --stall-timeout 2s @/team/app:1").ok();
    assert_eq!(scene.registry.digest("team/app", "1").as_deref(), Some(image.digest()));
}

#[test]
fn a_registry_that_never_answers_ends_it_with_what_was_waited_for() {
    let scene = Scene::of(&Image::tiny(1));
    scene.rule("GET", "/manifests/", Act::Delay(Duration::from_mins(1)));
    let run = scene.call("pull --stall-timeout 1s @/team/app:1").fails(5);
    assert!(run.stderr.contains("no answer for 1 s"), "{}", run.stderr);
}

#[test]
fn a_limit_holds_for_all_connections_together_both_ways() {
    let image = Image::with_layers(&[noise(1, SIZE), noise(2, SIZE)]);
    let scene = Scene::of(&image);
    let begun = Instant::now();
    scene.call("pull --limit-rate 2M @/team/app:1").ok();
    // Six megabytes; only too fast can be wrong.
    assert!(begun.elapsed() >= Duration::from_millis(2500), "{:?}", begun.elapsed());
    let begun = Instant::now();
    scene.call("copy --limit-rate 2M store:@/team/app:1 @/team/other:1").ok();
    assert!(begun.elapsed() < Duration::from_mins(1), "nothing is sent that is there");
    let other = Registry::start();
    let to = other.name("team/app:1");
    let begun = Instant::now();
    scene.call(&format!("copy --limit-rate 2M store:@/team/app:1 {to}")).ok();
    assert!(begun.elapsed() >= Duration::from_millis(2500), "{:?}", begun.elapsed());
    scene.assert_sound();
}

#[test]
fn wrong_times_and_rates_are_refused_with_an_example() {
    let scene = Scene::of(&Image::tiny(1));
    for (flag, shown) in [
        ("--stall-timeout 0", "such as 30s"),
        ("--stall-timeout soon", "such as 30s"),
        ("--limit-rate 0", "such as 500K"),
        ("--limit-rate fast", "such as 500K"),
        ("--jobs 0", "1..=64"),
    ] {
        let run = scene.call(&format!("pull {flag} @/team/app:1")).fails(2);
        assert!(run.stderr.contains(shown), "{}", run.stderr);
    }
}

#[test]
fn a_blob_that_is_given_up_tells_what_happened_each_time() {
    let (scene, image) = Scene::with_large_layer(100_000);
    let layer = &image.layers[0].digest;
    scene.registry.rule(Rule::on("GET", layer).times(2).then(Act::CutAfter(0)));
    scene.registry.rule(Rule::on("GET", layer).then(Act::StallAfter(0)));
    let run = scene.call("pull --stall-timeout 1s @/team/app:1").fails(5);
    assert!(run.stderr.contains("broke off 5 times without progress: "), "{}", run.stderr);
    assert!(run.stderr.contains("(2 times); and at last"), "{}", run.stderr);
    assert!(run.stderr.contains("no answer for 1 s"), "{}", run.stderr);
}

#[test]
fn the_largest_layers_are_begun_first_and_the_smallest_beside_them() {
    let contents: Vec<Vec<u8>> = [10, 900_000, 20_000, 500_000, 30, 700_000]
        .map(|size| noise(size as u64, size))
        .into();
    let image = Image::with_layers(&contents);
    let scene = Scene::of(&image);
    scene.rule("GET", "/blobs/", Act::Rate(1_000_000));
    scene.call("pull --jobs 2 @/team/app:1").ok();
    let asked = scene.registry.log().select("GET", "/blobs/");
    let sizes: Vec<u64> = asked.iter().map(|request| request.sent).collect();
    let at = |size: u64| sizes.iter().position(|sent| sent / 2048 == size / 2048).unwrap();
    let layer = |number: usize| image.layers[number].size as u64;
    assert!(at(layer(1)) < at(layer(3)), "{sizes:?}");
    assert!(
        at(layer(2)) < at(layer(5)),
        "small ones do not wait for large ones: {sizes:?}"
    );
}
