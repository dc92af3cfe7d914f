//! Upload locations on another origin, given by the answer to POST or to PATCH, and redirects of what is sent.

use super::{BASIC, Door, Home, assert_clean, assert_discreet, assert_untouched, forms};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::tar::noise;

/// Every variant that was tried, by its name.
pub(super) fn variants(door: Door) -> Vec<String> {
    [sessions(door), chunks(door), redirects(door)].concat()
}

/// A registry that takes manifests unseen, and a home with an image to push there.
fn expecting(door: Door, image: &Image) -> Home {
    let home = Home::new(door);
    let source = Registry::start();
    source.put_image("app", "1", image);
    let to = home.registry.name("new:1");
    home.lugger
        .args(["copy", "-q", &source.name("app:1"), &format!("store:{to}")])
        .ok();
    let digest = image.digest().to_string();
    let stored = Act::custom(move |_| Response::new(201).header("docker-content-digest", &digest));
    home.registry.rule(shown("PUT", "/manifests/").then(stored));
    home
}

fn shown(method: &str, part: &str) -> Rule {
    Rule::on(method, part).when(|request| request.header("authorization").is_some())
}

/// The session that POST opens is elsewhere, and elsewhere takes it, or asks for a login in vain.
fn sessions(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for form in 0..3 {
        for asks in ["nothing", "Basic", "Bearer"] {
            let other = Registry::start();
            let (name, base) = forms(&other)[form].clone();
            let variant = format!("{door:?}: a session at {name} that asks for {asks}");
            let home = expecting(door, &Image::tiny(1));
            let opened = move |_: &_| Response::new(202).header("location", &format!("{base}/upload?_state=1"));
            home.registry.rule(shown("POST", "/uploads/").then(Act::custom(opened)));
            let bearer = format!(r#"Bearer realm="{}/token",service="s""#, other.origin());
            other.rule(Rule::on("PUT", "/upload").then(match asks {
                "nothing" => Act::status(201),
                "Basic" => challenge(BASIC.to_string()),
                _ => challenge(bearer),
            }));
            let run = home.run("push", "new:1");
            assert_eq!(run.status == 0, asks == "nothing", "{variant}\n{}", run.stderr);
            assert!(other.count("PUT", "/upload") > 0, "{variant}: nobody went there");
            assert_eq!(other.count("*", "/token"), 0, "{variant}: {}", other.log().lines());
            home.assert_used(&variant);
            assert_clean(&variant, other.log());
            assert_discreet(&variant, &run);
            tried.push(variant);
        }
    }
    tried
}

fn length(request: &Request) -> usize {
    request.header("content-length").unwrap_or_default().parse().unwrap_or(0)
}

fn challenge(value: String) -> Act {
    Act::custom(move |_| Response::new(401).header("www-authenticate", &value))
}

/// The first piece goes home, and its answer says that the rest is to go elsewhere.
fn chunks(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for form in 0..3 {
        let other = Registry::start();
        let (name, base) = forms(&other)[form].clone();
        let variant = format!("{door:?}: the next piece to {name}");
        let home = expecting(door, &Image::with_layers(&[noise(7, 1 << 20)]));
        let large = shown("PUT", "/blobs/").when(|request| length(request) > 1 << 19);
        home.registry.rule(large.then(Act::status(413)));
        let next = format!("{base}/upload?_state=2");
        let moved = move |_: &_| Response::new(202).header("location", &next).header("range", "0-1");
        home.registry.rule(shown("PATCH", "/blobs/").then(Act::custom(moved.clone())));
        other.rule(Rule::on("PATCH", "/upload").then(Act::custom(moved)));
        other.rule(Rule::on("PUT", "/upload").then(Act::status(201)));
        let run = home.run("push", "new:1");
        let pieces = (home.registry.count("PATCH", ""), other.count("PATCH", "/upload"));
        assert!(pieces.0 > 0 && pieces.1 > 0, "{variant}: {pieces:?}\n{}", run.stderr);
        home.assert_used(&variant);
        assert_clean(&variant, other.log());
        assert_discreet(&variant, &run);
        tried.push(variant);
    }
    tried
}

/// What is sent is redirected: a PUT of a blob nowhere, a POST and a manifest without the login.
fn redirects(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for (method, part) in [("PUT", "/uploads/"), ("POST", "/uploads/"), ("PUT", "/manifests/")] {
        for status in [301, 302, 303, 307, 308] {
            let (home, other) = (expecting(door, &Image::tiny(1)), Registry::start());
            let variant = format!("{door:?}: {status} of {method} {part}");
            home.registry.clear_rules();
            let target = format!("{}{{path}}", other.origin());
            home.registry.rule(shown(method, part).then(Act::Redirect(target, status)));
            let run = home.run("push", "new:1");
            let followed = matches!(status, 307 | 308) && (method, part) != ("PUT", "/uploads/");
            if followed {
                assert!(!other.requests().is_empty(), "{variant}: nobody went there");
            } else {
                assert_ne!(run.status, 0, "{variant}");
                assert_untouched(&variant, other.log());
            }
            home.assert_used(&variant);
            assert_clean(&variant, other.log());
            assert_discreet(&variant, &run);
            tried.push(variant);
        }
    }
    tried
}
