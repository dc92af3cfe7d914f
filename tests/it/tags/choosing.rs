//! Which tags are shown, and in which order.

use serde_json::json;

use super::super::listing::google;
use super::{image, json as parsed, rows};
use crate::support::image::{Image, Recipe};
use crate::support::scene::Scene;
use crate::support::server::{Act, Response};

const TAGS: [&str; 8] = ["latest", "1.9.0", "v1.10.0", "1.2", "1.10.0-rc.1", "2.0.0", "edge", "1"];

/// Images of one tag each; the one in front is the newest.
fn scene() -> Scene {
    let scene = Scene::new();
    for (age, tag) in TAGS.into_iter().enumerate() {
        let built = image(age);
        scene.registry.put_image("team/app", tag, &made(&built, age));
    }
    scene
}

/// The same image, older by so many months.
fn made(image: &Image, months: usize) -> Image {
    crate::commands::made_at(&format!("2025-{:02}-02T03:04:05Z", 12 - months), image)
}

fn names(scene: &Scene, words: &str) -> String {
    let run = scene.call(&format!("list-tags --format names {words} @/team/app")).ok();
    assert_eq!(run.stderr, "");
    run.stdout.trim_end().replace('\n', " ")
}

#[test]
fn tags_are_sorted_by_age_name_and_version() {
    let scene = scene();
    for (words, expected) in [
        ("", "1 1.10.0-rc.1 1.2 1.9.0 2.0.0 edge latest v1.10.0"),
        ("--sort name", "1 1.10.0-rc.1 1.2 1.9.0 2.0.0 edge latest v1.10.0"),
        ("--sort semver", "2.0.0 v1.10.0 1.10.0-rc.1 1.9.0 1.2 1 edge latest"),
        ("--sort created", "latest 1.9.0 v1.10.0 1.2 1.10.0-rc.1 2.0.0 edge 1"),
        ("--sort created --limit 2", "latest 1.9.0"),
        ("--sort semver --limit 2", "2.0.0 v1.10.0"),
        ("--filter *1.*", "1.10.0-rc.1 1.2 1.9.0 v1.10.0"),
        ("--filter nothing*", ""),
        ("--semver >=1.2,<2", "1.2 1.9.0 v1.10.0"),
        ("--semver 1 --sort semver", "v1.10.0 1.9.0 1.2 1"),
        ("--semver >=1.2,<2 --filter v* --sort created", "v1.10.0"),
    ] {
        assert_eq!(names(&scene, words), expected, "{words}");
    }
}

#[test]
fn rows_of_a_table_and_of_json_come_in_the_same_order() {
    let scene = scene();
    for (words, expected) in [
        ("", TAGS.join(" ")),
        ("--sort semver --limit 3", "2.0.0 v1.10.0 1.10.0-rc.1".to_string()),
        ("--sort name --filter 1*", "1 1.10.0-rc.1 1.2 1.9.0".to_string()),
        ("--sort created --limit 3", TAGS[..3].join(" ")),
    ] {
        let listed = scene.call(&format!("list-tags --format json {words} @/team/app")).ok();
        assert_eq!(rows(&listed).join(" "), expected, "{words}");
        let table = scene.call(&format!("tags {words} @/team/app")).ok();
        let tags: Vec<&str> = table
            .stdout
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().nth(1).unwrap())
            .collect();
        assert_eq!(tags.join(" "), expected, "{words}");
    }
}

#[test]
fn tags_of_one_digest_stay_together_in_any_order() {
    let scene = Scene::new();
    for tag in ["1.2.3", "1.2", "latest", "1.10.0"] {
        scene.registry.put_image("team/app", tag, &image(1));
    }
    scene.registry.put_image("team/app", "1.3.0", &image(2));
    for (words, expected) in [
        ("--sort semver", ["1.10.0,1.2.3,1.2,latest", "1.3.0"]),
        ("--sort name", ["1.10.0,1.2,1.2.3,latest", "1.3.0"]),
    ] {
        let run = scene.call(&format!("list-tags --format json {words} @/team/app")).ok();
        assert_eq!(rows(&run), expected, "{words}");
    }
}

#[test]
fn what_is_no_range_is_wrong_usage() {
    let scene = scene();
    for words in ["--semver newest", "--semver v1", "--limit 0", "--limit -1", "--sort size"] {
        let run = scene.call(&format!("list-tags {words} @/team/app")).fails(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{words}");
    }
    assert_eq!(scene.registry.count("*", ""), 0);
}

#[test]
fn the_wide_table_has_sizes_and_platforms() {
    let scene = Scene::new();
    let built = Recipe::default().platform("linux/arm64/v8").layer(&[b'x'; 3000]).build();
    scene.registry.put_image("team/app", "1", &built);
    let run = scene.call("list-tags -w @/team/app").ok();
    let lines: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["DIGEST", "TAGS", "TIMESTAMP", "SIZE", "PLATFORMS"]);
    assert_eq!((lines[1].len(), lines[1][4]), (5, "linux/arm64/v8"));
    assert!(lines[1][3].ends_with("kB"), "{:?}", lines[1]);
}

#[test]
fn images_without_a_tag_are_shown_where_no_filter_leaves_them_out() {
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let (a, b, c) = (digest("a"), digest("b"), digest("c"));
    let scene = Scene::new();
    let list = google(&[
        (&a, &["v1", "1.2.0"], "1700000000000", "0"),
        (&b, &[], "1800000000000", "0"),
        (&c, &["v10", "edge"], "1600000000000", "0"),
    ]);
    scene.rule("GET", "/tags/list", Act::custom(move |_| Response::json(200, list.clone())));
    for (words, expected) in [
        ("", vec!["", "1.2.0,v1", "edge,v10"]),
        ("--sort name", vec!["1.2.0,v1", "edge,v10", ""]),
        ("--sort semver", vec!["v10,edge", "1.2.0,v1", ""]),
        ("--sort semver --limit 2", vec!["v10", "1.2.0"]),
        ("--sort name --limit 3", vec!["1.2.0,v1", "edge"]),
        ("--sort name --limit 5", vec!["1.2.0,v1", "edge,v10", ""]),
        ("--limit 2", vec!["", "1.2.0,v1"]),
        ("--filter v*", vec!["v1", "v10"]),
        ("--semver >=1.1", vec!["1.2.0", "v10"]),
    ] {
        let run = scene.call(&format!("list-tags --format json {words} @/team/app")).ok();
        assert_eq!(rows(&run), expected, "{words}");
    }
    assert_eq!(names(&scene, "--sort created"), "1.2.0 v1 edge v10");
    assert_eq!(scene.registry.count("*", "/v2/"), scene.registry.count("GET", "/tags/list"));
    let untagged = scene.call("list-tags --format json --limit 1 @/team/app").ok();
    assert_eq!(parsed(&untagged)[0]["tags"], json!([]));
}
