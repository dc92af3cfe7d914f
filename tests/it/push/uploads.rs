//! One blob on its way up: where the session is, what the registry says to the question whether it has the blob, and
//! connections that break.

use crate::push::{assert_pushed, keep, large, ready};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};

fn is_large(request: &Request) -> bool {
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    length.is_some_and(|length: u64| length > 100_000)
}

fn put_of_the_large_layer() -> Rule {
    Rule::on("PUT", "/uploads/").when(is_large)
}

fn assert_no_place_twice(registry: &Registry) {
    let puts = registry.log().select("PUT", "/uploads/");
    let mut places: Vec<&str> = puts.iter().map(|put| put.path.as_str()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), puts.len(), "{}", registry.log().lines());
}

#[test]
fn a_location_may_have_any_form_and_is_kept_byte_for_byte() {
    for form in [
        "{origin}{path}?_state={state}",
        "{path}?_state={state}",
        "{path}",
        "//{host}{path}?_state={state}&x=%7e+",
        "{origin}{path}?b=2&a=1&_state={state}&empty=",
    ] {
        let (lugger, image) = (Lugger::new(), Image::tiny(1));
        let registry = Registry::start();
        let location = form.replace("{host}", &registry.host());
        let registry = registry.with_habits(|habits| habits.location = location);
        ready(&lugger, &registry, &image).ok();
        assert_pushed(&registry, "app", "1", &image);
        assert_eq!(registry.count("POST", ""), 3, "{form}");
        for put in registry.log().select("PUT", "/uploads/") {
            let digest = put.query.rsplit_once("digest=sha256%3A").unwrap().0;
            assert!(digest.is_empty() || digest.ends_with('&'), "{form}: {}", put.query);
        }
    }
}

#[test]
fn a_registry_that_does_not_tell_what_it_has_gets_everything() {
    for status in [401, 403, 405] {
        let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
        registry.rule(Rule::on("HEAD", "/blobs/").then(Act::status(status)));
        ready(&lugger, &registry, &image).ok();
        assert_pushed(&registry, "app", "1", &image);
    }
}

#[test]
fn a_blob_of_the_wrong_length_is_not_there() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let wrong = |_: &Request| Response::new(200).header("content-length", "5");
    registry.rule(Rule::on("HEAD", "/blobs/").then(Act::custom(wrong)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
}

#[test]
fn an_upload_that_breaks_begins_again_in_a_new_session() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
    registry.rule(put_of_the_large_layer().times(1).then(Act::CloseBeforeBody(200_000)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_no_place_twice(&registry);
    assert_eq!((registry.count("POST", ""), registry.count("PUT", "/uploads/")), (4, 4));
}

#[test]
fn an_upload_that_always_breaks_is_given_up() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
    registry.rule(put_of_the_large_layer().then(Act::CloseBeforeBody(200_000)));
    let run = ready(&lugger, &registry, &image).fails(5);
    assert!(run.stderr.contains("error: cannot push"), "{}", run.stderr);
    assert_no_place_twice(&registry);
    let tries = registry.count("POST", "");
    assert!((3..=8).contains(&tries), "{tries} sessions");
    assert_eq!(registry.count("PUT", "/manifests/"), 0);
}

#[test]
fn a_blob_whose_receipt_was_lost_is_not_sent_twice() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
    registry.rule(put_of_the_large_layer().times(1).then(Act::LoseAnswer));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(registry.count("PUT", "/uploads/"), 3);
}

#[test]
fn a_manifest_whose_receipt_was_lost_is_there_in_the_end() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.rule(Rule::on("PUT", "/manifests/").times(1).then(Act::LoseAnswer));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
}

#[test]
fn a_session_that_is_lost_is_opened_anew() {
    for (status, code) in [(404, "BLOB_UPLOAD_UNKNOWN"), (416, "RANGE_INVALID")] {
        let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
        registry.rule(put_of_the_large_layer().times(1).then(Act::error(status, code, "gone")));
        ready(&lugger, &registry, &image).ok();
        assert_pushed(&registry, "app", "1", &image);
        assert_no_place_twice(&registry);
    }
}

#[test]
fn a_success_without_created_is_asked_again() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.rule(Rule::on("PUT", "/uploads/").then(Act::edit(|_, answer| answer.status = 202)));
    ready(&lugger, &registry, &image).ok();
    assert_eq!(registry.count("HEAD", "/blobs/"), 3);
}

#[test]
fn no_more_uploads_are_under_way_than_asked_for() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let layers: Vec<Vec<u8>> = (0..20_u8).map(|layer| vec![layer; 20_000]).collect();
    keep(&lugger, &registry.name("app:1"), &Image::with_layers(&layers));
    lugger.args(["push", "--jobs", "3", &registry.name("app:1")]).ok();
    assert!(registry.log().most_at_once("PUT", "/uploads/") <= 3);
}
