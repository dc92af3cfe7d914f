//! `lugger tag`, in the store and on a registry.

use super::{keep, names};
use crate::support::command::Lugger;
use crate::support::image::{Image, Index};
use crate::support::registry::Registry;

#[test]
fn a_local_tag_is_another_name_for_the_same_bytes() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    let run = lugger.args(["tag", "app:1", "app:2", "registry.example/team/app"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let expected = [
        "docker.io/library/app:1",
        "docker.io/library/app:2",
        "registry.example/team/app:latest",
    ];
    assert_eq!(names(&lugger), expected);
    let digest = lugger.args(["digest", "store:registry.example/team/app"]).ok().stdout;
    assert_eq!(digest.trim(), image.digest());
}

#[test]
fn a_local_tag_moves_and_takes_a_source_by_digest() {
    let (lugger, old, new) = (Lugger::new(), Image::tiny(1), Image::tiny(2));
    keep(&lugger, "app:1", &old);
    keep(&lugger, "app:2", &new);
    lugger.args(["tag", &format!("app@{}", new.digest()), "app:1"]).ok();
    assert_eq!(lugger.args(["digest", "store:app:1"]).ok().stdout.trim(), new.digest());
    assert_eq!(names(&lugger), ["docker.io/library/app:1", "docker.io/library/app:2"]);
}

#[test]
fn a_local_tag_of_nothing_names_nothing() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let run = lugger.args(["tag", "app:3", "app:4"]).fails(3);
    assert!(run.stderr.starts_with("error: cannot tag `app:3`\n"), "{}", run.stderr);
    assert_eq!(names(&lugger), ["docker.io/library/app:1"]);
}

#[test]
fn a_digest_is_no_name_to_give() {
    let lugger = Lugger::new();
    let target = format!("app@sha256:{}", "0".repeat(64));
    let run = lugger.args(["tag", "app:1", &target]).fails(2);
    let expected = format!("error: `{target}` is no name to give: a digest follows from the content\n");
    assert_eq!(run.stderr, expected);
}

#[test]
fn a_remote_tag_in_one_repository_is_a_get_and_a_put() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("team/app", "1", &image);
    let (source, target) = (registry.name("team/app:1"), registry.name("team/app:stable"));
    lugger.args(["tag", "--remote", &source, &target]).ok();
    assert_eq!(registry.digest("team/app", "stable").as_deref(), Some(image.digest()));
    assert_eq!(registry.manifest("team/app", "stable"), Some(image.manifest.bytes));
    let methods: Vec<String> = registry.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "PUT"], "{}", registry.log().lines());
}

#[test]
fn a_remote_tag_of_an_index_is_of_the_whole_index() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let (one, other) = super::siblings();
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")]);
    registry.put_index("app", "1", &index);
    let names = ["app:1", "app:2", "app:3"].map(|name| registry.name(name));
    lugger
        .args(["tag", "--remote"].into_iter().chain(names.iter().map(String::as_str)))
        .ok();
    assert_eq!(registry.digest("app", "2").as_deref(), Some(index.digest()));
    assert_eq!(registry.digest("app", "3").as_deref(), Some(index.digest()));
}

#[test]
fn a_remote_tag_in_another_repository_mounts_the_layers() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("team/app", "1", &image);
    let (source, target) = (registry.name("team/app:1"), registry.name("live/app:1"));
    lugger.args(["tag", "--remote", &source, &target]).ok();
    assert_eq!(registry.digest("live/app", "1").as_deref(), Some(image.digest()));
    assert_eq!(registry.count("POST", "mount="), 3, "{}", registry.log().lines());
    let moved = registry.count("GET", "/blobs/") + registry.count("PUT", "/blobs/");
    assert_eq!(moved, 0, "{}", registry.log().lines());
}

#[test]
fn a_remote_tag_does_not_reach_another_registry() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let source = registry.name("app:1");
    let run = lugger.args(["tag", "--remote", &source, "ghcr.io/acme/app:1"]).fails(2);
    let hint = format!("`ghcr.io/acme/app:1` is on another registry; run `lugger copy {source} ghcr.io/acme/app:1`");
    assert_eq!(run.stderr, format!("error: cannot tag `{source}`\n  caused by: {hint}\n"));
    assert!(registry.requests().is_empty());
}
