//! Blobs that are not what their digest and size say.

use super::{check, has, path, pull, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image};
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};

/// A registry that serves the first layer of its image as the rule says.
fn spoiling(change: impl FnOnce(Rule) -> Rule) -> (Registry, Blob) {
    let image = Image::tiny(1);
    let registry = serving(&image);
    let layer = image.layers[0].clone();
    registry.rule(change(Rule::on("GET", &format!("/blobs/{}", layer.digest))));
    (registry, layer)
}

/// Nothing with a final name that is not sound, and no name for the image.
fn assert_nothing_taken(lugger: &Lugger, layer: &Blob) {
    assert!(!has(lugger, layer));
    assert_eq!(check(lugger).names(), Vec::<String>::new());
    check(lugger).assert_sound();
}

#[test]
fn a_byte_that_fell_over_once_is_fetched_again() {
    let (registry, layer) = spoiling(|rule| rule.times(1).then(Act::CorruptByte(700)));
    let lugger = Lugger::new();
    pull(&lugger, &registry.name("app:1")).ok();
    let tries = registry.log().select("GET", &layer.digest);
    assert_eq!(tries.len(), 2, "{}", registry.log().lines());
    assert!(tries.iter().all(|request| request.header("range").is_none()));
    check(&lugger).assert_sound();
}

#[test]
fn a_byte_that_stays_wrong_is_exit_7_after_one_more_try() {
    let (registry, layer) = spoiling(|rule| rule.then(Act::CorruptByte(700)));
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry.name("app:1")).fails(7);
    assert!(run.stderr.contains(&layer.digest), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!(registry.count("GET", &layer.digest), 2, "{}", registry.log().lines());
    assert_nothing_taken(&lugger, &layer);
    registry.clear_rules();
    pull(&lugger, &registry.name("app:1")).ok();
    check(&lugger).assert_sound();
}

#[test]
fn a_blob_longer_or_shorter_than_announced_is_exit_7() {
    let longer = |body: &[u8]| [body, b"x"].concat();
    let shorter = |body: &[u8]| body[..body.len() - 1].to_vec();
    for change in [&longer as &dyn Fn(&[u8]) -> Vec<u8>, &shorter] {
        let body = change(&Image::tiny(1).layers[0].bytes);
        let (registry, layer) = spoiling(|rule| rule.then(Act::ReplaceBody(body)));
        let lugger = Lugger::new();
        pull(&lugger, &registry.name("app:1")).fails(7);
        assert_nothing_taken(&lugger, &layer);
    }
}

#[test]
fn a_blob_that_does_not_end_is_exit_7_without_being_kept() {
    let (registry, layer) = spoiling(|rule| rule.then(Act::Endless(vec![b'x'; 4096])));
    let lugger = Lugger::new();
    pull(&lugger, &registry.name("app:1")).fails(7);
    assert_nothing_taken(&lugger, &layer);
    let kept: u64 = super::partial(&lugger).iter().sum();
    assert!(kept <= layer.size as u64, "{kept} bytes kept");
}

#[test]
fn a_login_page_in_place_of_a_blob_is_exit_7() {
    let page = Act::ReplaceBody(b"<html><body>Please log in</body></html>".to_vec());
    let (registry, layer) = spoiling(|rule| rule.then(page));
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry.name("app:1")).run();
    assert_eq!(run.status, 7, "{}", run.stderr);
    assert_nothing_taken(&lugger, &layer);
}

#[test]
fn a_blob_the_registry_lacks_is_exit_3() {
    let missing = Act::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    let (registry, layer) = spoiling(|rule| rule.then(missing));
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry.name("app:1")).fails(3);
    assert!(run.stderr.contains("BLOB_UNKNOWN"), "{}", run.stderr);
    assert_nothing_taken(&lugger, &layer);
}

#[test]
fn a_blob_that_is_there_twice_in_an_image_is_fetched_once() {
    let image = Image::with_layers(&[b"same".to_vec()]);
    let twice = image.layers[0].descriptor();
    let json = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let json = json.replace(&twice, &format!("{twice}, {twice}"));
    let manifest = Blob::new(&image.manifest.media_type, json.into_bytes());
    let (lugger, registry) = (Lugger::new(), serving(&image));
    registry.put_manifest("app", Some("twice"), &manifest);
    pull(&lugger, &registry.name("app:twice")).ok();
    assert_eq!(registry.count("GET", &image.layers[0].digest), 1);
    assert!(path(&lugger, &manifest.digest).exists());
    check(&lugger).assert_sound();
}
