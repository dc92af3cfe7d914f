//! How much a list asks of a registry, and what it does where that is too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{heads, image, looks, rows, with_images};
use crate::support::image::Index;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};

#[test]
fn names_cost_one_request_however_many_there_are() {
    let scene = with_images(50);
    for words in [
        "",
        "--sort name",
        "--sort semver",
        "--filter v1*",
        "--semver >=3",
        "--limit 7",
    ] {
        let before = scene.registry.count("*", "/v2/team");
        scene.call(&format!("list-tags --format names {words} @/team/app")).ok();
        assert_eq!(scene.registry.count("*", "/v2/team") - before, 1, "{words}");
    }
    assert!(!scene.lugger.store().exists(), "nothing was learned");
}

#[test]
fn only_what_is_shown_is_looked_up_where_the_order_is_known() {
    for (words, heads_sent, digests) in [
        ("--sort semver --limit 3", 3, 3),
        ("--sort name --limit 3", 3, 3),
        ("--filter v1? --limit 5", 10, 10),
        ("--semver >=38", 2, 2),
        ("", 40, 40),
    ] {
        let scene = with_images(40);
        scene.call(&format!("list-tags {words} @/team/app")).ok();
        assert_eq!(heads(&scene.registry), heads_sent, "{words}");
        assert_eq!(looks(&scene.registry), 2 * digests, "{words}");
    }
}

#[test]
fn an_image_is_looked_at_once_however_many_tags_and_indexes_have_it() {
    let scene = Scene::new();
    let (one, two, three) = (image(1), image(2), image(3));
    let indexes = [
        Index::of(&[(&one, "linux/amd64"), (&two, "linux/arm64")]),
        Index::of(&[(&two, "linux/arm64"), (&three, "linux/s390x")]),
    ];
    for (number, index) in indexes.iter().enumerate() {
        scene.registry.put_index("team/app", &format!("index{number}"), index);
        scene.registry.put_index("team/app", &format!("also{number}"), index);
    }
    for (tag, image) in [("one", &one), ("two", &two), ("deux", &two)] {
        scene.registry.put_image("team/app", tag, image);
    }
    let run = scene.call("list-tags --sort name --format json @/team/app").ok();
    assert_eq!(rows(&run), ["also0,index0", "also1,index1", "deux,two", "one"]);
    assert_eq!(heads(&scene.registry), 7);
    assert_eq!(
        scene.registry.count("GET", "/manifests/sha256:"),
        5,
        "{}",
        scene.registry.log().lines()
    );
    assert_eq!(scene.registry.count("GET", "/blobs/sha256:"), 3);
}

#[test]
fn tags_are_looked_up_side_by_side_but_not_without_bound() {
    let scene = with_images(80);
    scene
        .registry
        .rule(Rule::on("*", "/manifests/").then(Act::Delay(Duration::from_millis(30))));
    scene.call("list-tags @/team/app").ok();
    let at_once = scene.registry.log().most_at_once("*", "/v2/team/app/");
    assert!((9..=32).contains(&at_once), "{at_once}");
}

#[test]
fn a_registry_that_finds_it_too_many_requests_gets_fewer_and_is_listed_to_the_end() {
    let scene = with_images(60);
    let busy = Arc::new(AtomicUsize::new(0));
    let (entering, leaving) = (Arc::clone(&busy), busy);
    let too_many = move |_: &_| entering.fetch_add(1, Ordering::SeqCst) >= 3;
    let left = Act::edit(move |_, _| {
        leaving.fetch_sub(1, Ordering::SeqCst);
    });
    let refused = Rule::on("*", "team/app/").when(too_many).then(refusal()).then(left.clone());
    scene.registry.rule(refused);
    let served = Rule::on("*", "team/app/").then(Act::Delay(Duration::from_millis(15)));
    scene.registry.rule(served.then(left));
    let run = scene.call("list-tags --format json @/team/app").ok();
    assert_eq!(rows(&run).len(), 60);
    let asked = scene.registry.count("*", "/v2/team/app/");
    let needed = 1 + 60 * 3;
    assert!((needed + 1..needed + 90).contains(&asked), "{asked}");
}

fn refusal() -> Act {
    let mut refusal = Act::error(429, "TOOMANYREQUESTS", "slow down");
    if let Act::Status { headers, .. } = &mut refusal {
        headers.push(("retry-after".to_string(), "0".to_string()));
    }
    refusal
}

#[test]
fn a_registry_that_never_has_time_ends_the_list_as_rate_limited() {
    let scene = with_images(40);
    scene.rule("HEAD", "/manifests/", refusal());
    scene.rule("GET", "/manifests/", refusal());
    let run = scene.call("list-tags @/team/app").fails(6);
    assert!(
        run.stderr.contains("TOOMANYREQUESTS") || run.stderr.contains("429"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_vanishes_while_it_is_listed_is_left_out() {
    let scene = with_images(6);
    let gone = image(2);
    scene.rule("HEAD", "/manifests/v1", Act::status(404));
    scene.rule("GET", "/manifests/v1", Act::error(404, "MANIFEST_UNKNOWN", "gone"));
    let part = format!("/manifests/{}", gone.digest());
    scene.registry.rule(
        Rule::on("GET", &part)
            .times(1)
            .then(Act::error(404, "MANIFEST_UNKNOWN", "gone")),
    );
    let run = scene.call("list-tags --sort name --format json @/team/app").ok();
    assert_eq!(rows(&run), ["v0", "v3", "v4", "v5"]);
    scene.registry.clear_rules();
    let run = scene.call("list-tags --sort name --format json @/team/app").ok();
    assert_eq!(
        rows(&run),
        ["v0", "v1", "v2", "v3", "v4", "v5"],
        "and is not remembered as gone"
    );
}
