//! Registries that fail for a moment, refuse for good, or are none.

use crate::push::{assert_pushed, ready};
use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::tar::noise;

const OTHER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn a_registry_that_is_busy_once_is_asked_again() {
    for (method, part) in [
        ("HEAD", "/manifests/"),
        ("POST", "/uploads/"),
        ("PUT", "/uploads/"),
        ("PUT", "/manifests/"),
    ] {
        for status in [500, 503, 429] {
            let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
            registry.rule(Rule::on(method, part).times(1).then(Act::status(status)));
            ready(&lugger, &registry, &image).ok();
            assert_pushed(&registry, "app", "1", &image);
        }
    }
}

#[test]
fn a_tag_that_may_not_change_is_refused() {
    for (status, code, message) in [
        (400, "TAG_INVALID", "The image tag '1' already exists and is immutable"),
        (412, "PRECONDITION", "configured as immutable"),
        (409, "TAG_ALREADY_EXISTS", "tag exists"),
    ] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        registry.rule(Rule::on("PUT", "/manifests/").then(Act::error(status, code, message)));
        let run = ready(&lugger, &registry, &Image::tiny(1)).fails(8);
        assert_refused(&run, message);
        assert_eq!(registry.count("PUT", "/manifests/"), 1);
    }
}

#[test]
fn a_tag_that_may_not_change_and_need_not_is_fine() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("app", "1", &image);
    registry.rule(Rule::on("PUT", "").then(Act::error(400, "TAG_INVALID", "immutable")));
    ready(&lugger, &registry, &image).ok();
}

#[test]
fn a_full_quota_is_a_refusal_and_no_matter_of_login() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let message = "adding 1 MiB would exceed the configured upper limit, quota 10 MiB";
    registry.rule(Rule::on("PUT", "").then(Act::error(403, "DENIED", message)));
    let run = ready(&lugger, &registry, &Image::tiny(1)).fails(8);
    assert_refused(&run, message);
}

fn assert_refused(run: &Run, message: &str) {
    assert!(run.stderr.contains(message), "{}", run.stderr);
    assert!(!run.stderr.contains("lugger login"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_push_that_is_not_permitted_asks_for_a_login_at_once() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(Rule::on("POST", "").then(Act::error(403, "DENIED", "requested access is denied")));
    let run = ready(&lugger, &registry, &Image::with_layers(&[b"one".to_vec()])).fails(4);
    let hint = format!("hint: run `lugger login {}`", registry.host());
    assert!(run.stderr.contains(&hint), "{}", run.stderr);
    assert_eq!(registry.count("PUT", ""), 0);
}

#[test]
fn a_receipt_for_something_else_is_a_mismatch() {
    for part in ["/uploads/", "/manifests/"] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        let other = |_: &Request| Response::new(201).header("docker-content-digest", OTHER);
        registry.rule(Rule::on("PUT", part).then(Act::custom(other)));
        ready(&lugger, &registry, &Image::tiny(1)).fails(7);
        assert!(registry.count("PUT", part) <= 6);
    }
}

#[test]
fn a_receipt_need_not_name_a_digest() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let bare = |_: &Request, answer: &mut Response| answer.headers.clear();
    registry.rule(Rule::on("PUT", "").then(Act::edit(bare)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
}

#[test]
fn a_web_site_that_likes_everything_is_no_registry() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let page = |_: &Request| {
        Response::new(200)
            .header("content-type", "text/html")
            .body("<h1>Welcome</h1>")
    };
    registry.rule(Rule::on("*", "").then(Act::custom(page)));
    let run = ready(&lugger, &registry, &Image::tiny(1)).run();
    assert_ne!(run.status, 0, "{}", run.stdout);
    assert!(run.stderr.starts_with("The push refers") && run.stderr.contains("error: cannot push"));
    assert_eq!(run.stdout, "");
    assert!(registry.requests().len() < 40);
}

#[test]
fn a_manifest_that_was_not_kept_is_an_error() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(Rule::on("PUT", "/manifests/").then(Act::status(200)));
    let run = ready(&lugger, &registry, &Image::tiny(1)).fails(1);
    assert!(run.stderr.contains("does not have it"), "{}", run.stderr);
}

#[test]
fn a_manifest_is_looked_for_by_digest_where_answers_name_none() {
    // HEAD and GET as registries and proxies have them, and who may push but not look.
    let nameless = || Act::RemoveHeader("docker-content-digest".into());
    for (head, get) in [
        (nameless(), nameless()),
        (Act::status(405), nameless()),
        (Act::status(404), nameless()),
        (Act::status(403), Act::status(403)),
        (Act::status(405), Act::status(405)),
    ] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        registry.rule(Rule::on("PUT", "/manifests/").then(nameless()));
        registry.rule(Rule::on("HEAD", "/manifests/").then(head));
        registry.rule(Rule::on("GET", "/manifests/").then(get));
        let image = Image::tiny(1);
        ready(&lugger, &registry, &image).ok();
        assert!(registry.manifest("app", image.digest()).is_some());
    }
}

#[test]
fn a_manifest_that_is_another_one_afterwards_is_an_error() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(Rule::on("PUT", "/manifests/").then(Act::RemoveHeader("docker-content-digest".into())));
    registry.rule(Rule::on("HEAD", "/manifests/").then(Act::RemoveHeader("docker-content-digest".into())));
    registry.rule(Rule::on("GET", "/manifests/").then(Act::CorruptByte(40)));
    ready(&lugger, &registry, &Image::tiny(1)).fails(7);
}

fn too_much(code: u16) -> Act {
    Act::Refuse {
        after: 100_000,
        code,
        headers: vec![],
        body: b"that is too much".to_vec(),
    }
}

fn length(request: &Request) -> u64 {
    request
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0)
}

#[test]
fn a_refusal_in_the_middle_of_an_upload_is_heard() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(Rule::on("PUT", "/uploads/").then(too_much(403)));
    let run = ready(&lugger, &registry, &Image::with_layers(&[noise(3, 4_000_000)])).fails(4);
    assert!(run.stderr.contains("403 that is too much"), "{}", run.stderr);
}

#[test]
fn a_registry_that_takes_no_large_request_gets_chunks() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(
        Rule::on("*", "/uploads/")
            .when(|request| length(request) > 1_000_000)
            .then(too_much(413)),
    );
    let image = Image::with_layers(&[noise(3, 4_000_000)]);
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    let patches = registry.log().select("PATCH", "/uploads/");
    let taken: Vec<&Request> = patches.iter().filter(|patch| patch.status == 202).collect();
    assert!(taken.len() > 4, "{} chunks", taken.len());
    let ranges: Vec<&str> = taken.iter().filter_map(|patch| patch.header("content-range")).collect();
    assert!(ranges[0].starts_with("0-"), "{ranges:?}");
}

#[test]
fn a_registry_that_takes_next_to_nothing_is_given_up() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(
        Rule::on("*", "/uploads/")
            .when(|request| length(request) > 1000)
            .then(too_much(413)),
    );
    let run = ready(&lugger, &registry, &Image::with_layers(&[noise(3, 4_000_000)])).fails(8);
    assert!(run.stderr.contains("takes no request of"), "{}", run.stderr);
    assert!(registry.requests().len() < 40, "{} requests", registry.requests().len());
}

#[test]
fn a_registry_that_takes_no_login_for_an_upload_is_told_twice() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.rule(Rule::on("PUT", "/uploads/").then(Act::error(401, "UNAUTHORIZED", "no")));
    let run = ready(&lugger, &registry, &Image::with_layers(&[noise(3, 4000)])).fails(4);
    assert!(run.stderr.contains("hint: run `lugger login"), "{}", run.stderr);
    assert!(registry.count("PUT", "/uploads/") <= 4);
}
