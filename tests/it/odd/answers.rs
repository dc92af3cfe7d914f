//! Refusals and limits: what is tried again, what is waited for, and what is told.

use super::{assert_kept, assert_nothing_kept, assert_pushed, pull, ready, serving};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

fn waiting(code: u16, wait: &str) -> Act {
    let answer = Response::error(code, "UNAVAILABLE", "busy").header("retry-after", wait);
    Act::custom(move |_| answer.clone())
}

#[test]
fn a_short_wait_that_is_asked_for_is_told_and_waited_for() {
    let image = Image::tiny(1);
    let (registry, lugger) = (serving(&image), Lugger::new());
    registry.rule(Rule::on("GET", "/manifests/").times(1).then(waiting(503, "1")));
    let run = pull(&lugger, &registry).ok();
    assert!(run.stderr.contains("trying again in 1 s"), "{}", run.stderr);
    assert_kept(&lugger, &registry, &image);
}

#[test]
fn a_wait_until_a_time_gone_by_is_none() {
    let image = Image::tiny(1);
    let (registry, lugger) = (serving(&image), Lugger::new());
    let past = waiting(503, "Fri, 02 Jan 2015 03:04:00 GMT");
    registry.rule(Rule::on("GET", "/manifests/").times(3).then(past));
    let run = pull(&lugger, &registry).ok();
    assert!(!run.stderr.contains("trying again"), "{}", run.stderr);
    assert_eq!(registry.count("GET", "/manifests/"), 4);
}

#[test]
fn a_wait_of_a_day_is_told_and_not_waited_for() {
    let (registry, lugger) = (serving(&Image::tiny(1)), Lugger::new());
    registry.rule(Rule::on("*", "").then(waiting(503, "86400")));
    let run = pull(&lugger, &registry).fails(5);
    assert!(run.stderr.contains("it asks to wait 86400 s"), "{}", run.stderr);
    assert_eq!(registry.requests().len(), 1, "{}", registry.log().lines());
}

#[test]
fn a_head_that_fails_once_is_asked_again() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.rule(Rule::on("POST", "mount=").then(Act::status(405)));
    registry.rule(Rule::on("HEAD", "/blobs/").times(1).then(Act::status(500)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, &image);
    assert_eq!(registry.count("HEAD", "/blobs/"), 4);
}

#[test]
fn a_refusal_is_not_asked_for_twice() {
    for (code, status) in [(400, 1), (403, 4), (404, 3), (413, 8), (501, 5)] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        registry.rule(Rule::on("PUT", "/manifests/").times(1).then(Act::status(code)));
        ready(&lugger, &registry, &Image::tiny(1)).fails(status);
        assert_eq!(registry.count("PUT", "/manifests/"), 1, "{code}");
        let (registry, lugger) = (serving(&Image::tiny(1)), Lugger::new());
        registry.rule(Rule::on("GET", "/manifests/").times(1).then(Act::status(code)));
        pull(&lugger, &registry).fails(status);
        assert_eq!(registry.count("GET", "/manifests/"), 1, "{code}");
        assert_nothing_kept(&lugger);
    }
}

#[test]
fn an_error_body_is_not_read_to_an_end_it_does_not_have() {
    let (registry, lugger) = (serving(&Image::tiny(1)), Lugger::new());
    let endless = Rule::on("GET", "/manifests/")
        .then(Act::status(403))
        .then(Act::Endless(vec![b'x'; 4096]));
    registry.rule(endless);
    let run = pull(&lugger, &registry).fails(4);
    assert!(run.stderr.len() < 2_000, "{}", run.stderr);
}

#[test]
fn a_quota_that_calls_itself_too_many_requests_is_not_asked_for_again() {
    for part in ["/manifests/", "/uploads/"] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        let message = "Quota exceeded: the repository may hold 10 MiB";
        registry.rule(Rule::on("PUT", part).then(Act::error(429, "TOOMANYREQUESTS", message)));
        let run = ready(&lugger, &registry, &Image::with_layers(&[b"one".to_vec()])).fails(8);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert!(registry.count("PUT", part) <= 2, "{}", registry.log().lines());
    }
}

#[test]
fn the_limit_of_pulls_is_told_with_its_window() {
    let (registry, lugger) = (serving(&Image::tiny(1)), Lugger::new());
    let message = "You have reached your unauthenticated pull rate limit";
    let limited = Response::error(429, "TOOMANYREQUESTS", message)
        .header("ratelimit-limit", "100;w=21600")
        .header("ratelimit-remaining", "0;w=21600");
    registry.rule(Rule::on("GET", "/manifests/").then(Act::custom(move |_| limited.clone())));
    let run = pull(&lugger, &registry).fails(6);
    assert!(run.stderr.contains(message), "{}", run.stderr);
    assert!(run.stderr.contains("100 in 6 h"), "{}", run.stderr);
    assert!(registry.count("GET", "/manifests/") <= 2, "{}", registry.log().lines());
}
