//! Amazon: a password of half a day for the user `AWS`, a HEAD of blobs that is always refused, answers that say less
//! than others do, tags that cannot be moved, and repositories that somebody has to make first.

use super::{PASSWORD, assert_kept, copies_without_mounts, deletions, goes_there_and_back, login, mounts_nothing, sent};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Response, Rule};
use crate::support::wire::basic;

const CHALLENGE: &str = r#"Basic realm="https://127.0.0.1/",service="ecr.amazonaws.com""#;

fn guarded(registry: Registry) -> Scene {
    let scene = Scene::with(registry.with_basic("AWS", PASSWORD, CHALLENGE));
    let refusal = Act::custom(|_| Response::new(401).header("www-authenticate", CHALLENGE));
    scene.rule("HEAD", "/blobs/", refusal);
    scene.rule("DELETE", "", Act::error(405, "UNSUPPORTED", "The operation is unsupported"));
    login(&scene, "AWS", PASSWORD);
    scene
}

fn registry() -> Scene {
    guarded(Registry::start())
}

/// What is put is acknowledged with a bare 201.
fn terse(scene: &Scene) {
    let bare = Rule::on("PUT", "/manifests/").then(Act::RemoveHeader("location".into()));
    scene
        .registry
        .rule(bare.then(Act::RemoveHeader("docker-content-digest".into())));
}

#[test]
fn an_image_goes_to_amazon_and_back_although_it_tells_nothing_of_blobs() {
    let (scene, image) = (registry(), Image::tiny(1));
    terse(&scene);
    goes_there_and_back(&scene, &image);
    let origin = scene.registry.origin();
    assert!(
        origin.starts_with("http://127.0.0.1:"),
        "the location of an upload is absolute"
    );
    let expected = basic("AWS", PASSWORD);
    for shown in sent(&scene.registry, "PUT", "", "authorization") {
        assert_eq!(shown, expected);
    }
}

#[test]
fn a_mount_that_amazon_answers_with_an_upload_is_one() {
    let (registry, image) = (Registry::start(), Image::tiny(1));
    mounts_nothing(&registry, &image);
    let scene = guarded(registry);
    terse(&scene);
    copies_without_mounts(&scene, &image);
}

#[test]
fn a_tag_that_amazon_does_not_move_stops_another_image_but_not_the_same() {
    let (scene, image) = (registry(), Image::tiny(1));
    scene.registry.put_image("team/app", "1", &image);
    let message = "The image tag '1' already exists in the 'team/app' repository and cannot be overwritten \
                   because the repository is immutable.";
    scene.rule("PUT", "/manifests/1", Act::error(400, "TAG_INVALID", message));
    scene.stored("team/app:1", &image);
    scene.call("push @/team/app:1").ok();
    assert_kept(&scene.registry, "1", &image);
    scene.stored("team/app:1", &Image::tiny(2));
    let run = scene.call("push @/team/app:1").fails(8);
    assert!(run.stderr.contains("immutable"), "{}", run.stderr);
    assert_eq!(scene.registry.digest("team/app", "1").unwrap(), image.digest());
}

#[test]
fn a_repository_that_amazon_does_not_know_has_to_be_made_first() {
    let scene = registry();
    let message = "The repository with name 'team/app' does not exist in the registry with id '123456789012'";
    scene.rule("POST", "/blobs/uploads/", Act::error(404, "NAME_UNKNOWN", message));
    scene.stored("team/app:1", &Image::tiny(1));
    let run = scene.call("push @/team/app:1").fails(3);
    for part in ["team/app", "NAME_UNKNOWN", "does not exist"] {
        assert!(run.stderr.contains(part), "{part} is not in\n{}", run.stderr);
    }
    assert_eq!(scene.registry.count("PUT", ""), 0);
}

#[test]
fn amazon_deletes_nothing_and_says_so() {
    let (scene, image) = (registry(), Image::tiny(1));
    scene.registry.put_image("team/app", "1", &image);
    let run = scene.call("delete --yes @/team/app:1").fails(8);
    assert!(run.stderr.contains("The operation is unsupported"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert!(deletions(&scene.registry).len() <= 2, "{}", scene.registry.log().lines());
    assert_kept(&scene.registry, "1", &image);
}
