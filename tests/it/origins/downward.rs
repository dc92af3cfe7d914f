//! Redirects of what is read, pages of lists on another origin, and challenges of those whom a redirect leads to.

use std::fs;

use super::{BASIC, Door, Home, assert_clean, assert_discreet, assert_untouched, forms};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};

/// Every variant that was tried, by its name.
pub(super) fn variants(door: Door) -> Vec<String> {
    let single = vec![relative(door), same_port_by_another_name(door), there_and_back(door)];
    [strangers(door), single, challenges(door), pages(door), schemes(door)].concat()
}

/// Another registry with the blobs, open to everyone.
fn storage() -> Registry {
    let storage = Registry::start();
    Image::tiny(1).blobs().for_each(|blob| storage.put_blob("any", blob));
    storage.put_image("app", "1", &Image::tiny(1));
    storage
}

/// Only those who have shown the login are sent on, so that it is there to be lost.
fn shown(part: &str) -> Rule {
    Rule::on("GET", part).when(|request| request.header("authorization").is_some())
}

/// Each status for blobs and for manifests, and each form for blobs; with a cookie, which is home's too.
fn strangers(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        for (part, path, forms_tried) in [("/blobs/", "/storage/{last}", 0..3), ("/manifests/", "{path}", 0..1)] {
            for form in forms_tried {
                let (home, other) = (Home::new(door), storage());
                let (name, base) = forms(&other)[form].clone();
                let variant = format!("{door:?}: {status} of {part} to {name}");
                let away = shown(part).then(Act::Redirect(format!("{base}{path}"), status));
                let cookie = Act::add_header("set-cookie", "session=1; Path=/; Domain=127.0.0.1");
                home.registry.rule(away.then(cookie));
                let run = home.run("pull", "app:1");
                assert_eq!(run.status, 0, "{variant}\n{}", run.stderr);
                assert!(other.count("GET", "") > 0, "{variant}: nobody went there");
                home.assert_used(&variant);
                assert_clean(&variant, other.log());
                assert_discreet(&variant, &run);
                tried.push(variant);
            }
        }
    }
    tried
}

/// A relative redirect stays at home, and the login with it.
fn relative(door: Door) -> String {
    let variant = format!("{door:?}: a relative redirect");
    let home = Home::new(door);
    let first = shown("/blobs/").when(first_time);
    home.registry.rule(first.then(Act::Redirect("./{last}?again".into(), 307)));
    let run = home.run("pull", "app:1");
    assert_eq!(run.status, 0, "{variant}\n{}", run.stderr);
    for request in home.registry.log().select("GET", "?again") {
        assert!(
            request.header("authorization").is_some(),
            "{variant}: the login was left behind"
        );
    }
    assert_discreet(&variant, &run);
    variant
}

fn first_time(request: &Request) -> bool {
    request.header("authorization").is_some() && !request.query.contains("again")
}

/// The same server by its other name is another origin.
fn same_port_by_another_name(door: Door) -> String {
    let variant = format!("{door:?}: the same port of localhost");
    let home = Home::new(door);
    let base = home.registry.origin().replace("127.0.0.1", "localhost");
    home.registry
        .rule(shown("/blobs/").then(Act::Redirect(format!("{base}/storage/{{last}}"), 307)));
    let run = home.run("pull", "app:1");
    assert_eq!(run.status, 0, "{variant}\n{}", run.stderr);
    let arrived = home.registry.log().select("GET", "/storage/");
    assert!(!arrived.is_empty(), "{variant}: nobody went there");
    for request in &arrived {
        super::assert_free(&variant, request);
    }
    assert_discreet(&variant, &run);
    variant
}

/// From home to another and home again.
fn there_and_back(door: Door) -> String {
    let variant = format!("{door:?}: there and back");
    let (home, other) = (Home::new(door), storage());
    let away = shown("/blobs/").when(first_time);
    home.registry
        .rule(away.then(Act::Redirect(format!("{}/x{{path}}", other.origin()), 307)));
    let back = format!("{}/v2/app/blobs/{{last}}?again", home.registry.origin());
    other.rule(Rule::on("GET", "/x/").then(Act::Redirect(back, 307)));
    let run = home.run("pull", "app:1");
    assert_eq!(run.status, 0, "{variant}\n{}", run.stderr);
    assert!(
        home.registry.count("GET", "?again") > 0 && other.count("GET", "/x/") > 0,
        "{variant}"
    );
    assert_clean(&variant, other.log());
    assert_discreet(&variant, &run);
    variant
}

/// A storage that asks for a login gets none, whatever it asks for and with whatever status.
fn challenges(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for scheme in ["Basic", "Bearer with its own realm", "Bearer with the realm of home", "none"] {
        for status in [401, 403] {
            let variant = format!("{door:?}: {status} at the storage, challenge: {scheme}");
            let (home, other, office) = (Home::new(door), storage(), storage());
            let challenge = match scheme {
                "Basic" => BASIC.to_string(),
                "Bearer with its own realm" => format!(r#"Bearer realm="{}/token",service="s""#, office.origin()),
                _ => format!(r#"Bearer realm="{}/token",service="s""#, home.registry.origin()),
            };
            let asks = scheme != "none";
            let answer = move |_: &Request| {
                let refusal = Response::error(status, "UNAUTHORIZED", "who are you");
                if asks {
                    refusal.header("www-authenticate", &challenge)
                } else {
                    refusal
                }
            };
            home.registry
                .rule(shown("/blobs/").then(Act::Redirect(format!("{}/storage/{{last}}", other.origin()), 307)));
            other.rule(Rule::on("GET", "/storage/").then(Act::custom(answer)));
            let name = home.registry.name("app:1");
            let run = home.lugger.args(["inspect", "--config", &name]).run();
            assert_ne!(run.status, 0, "{variant}");
            assert!(other.count("GET", "/storage/") > 0, "{variant}: nobody went there");
            assert_discreet(&variant, &run);
            assert_clean(&variant, other.log());
            assert_untouched(&variant, office.log());
            tried.push(variant);
        }
    }
    tried
}

/// The next page of a list on another origin.
fn pages(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for form in 0..3 {
        let (home, other) = (Home::new(door), storage());
        let (name, base) = forms(&other)[form].clone();
        let variant = format!("{door:?}: the next page at {name}");
        let link = format!(r#"<{base}/v2/app/tags/list?last=1>; rel="next""#);
        home.registry.rule(shown("/tags/list").then(Act::add_header("link", &link)));
        let run = home.run("list-tags", "app");
        assert_eq!(run.status, 1, "{variant}\n{}", run.stderr);
        home.assert_used(&variant);
        assert_untouched(&variant, other.log());
        assert_discreet(&variant, &run);
        tried.push(variant);
    }
    tried
}

/// Between TLS and plain HTTP on either side.
fn schemes(door: Door) -> Vec<String> {
    let mut tried = Vec::new();
    for (from, to) in [("TLS", "TLS"), ("TLS", "plain HTTP"), ("plain HTTP", "TLS")] {
        let variant = format!("{door:?}: from {from} to {to}");
        let start = |kind: &str| {
            if kind == "TLS" {
                Registry::start_tls()
            } else {
                Registry::start()
            }
        };
        let (mut home, other) = (Home::of(start(from), door), start(to));
        Image::tiny(1).blobs().for_each(|blob| other.put_blob("any", blob));
        let authorities: String = [(from, &home.registry), (to, &other)]
            .iter()
            .filter(|(kind, _)| *kind == "TLS")
            .map(|(_, registry)| registry.authority_pem())
            .collect();
        let file = home.lugger.home().join("authorities.pem");
        fs::write(&file, authorities).unwrap();
        home.lugger = home.lugger.env("SSL_CERT_FILE", file);
        home.registry
            .rule(shown("/blobs/").then(Act::Redirect(format!("{}/storage/{{last}}", other.origin()), 307)));
        let run = home.run("pull", "app:1");
        let downgraded = to == "plain HTTP";
        assert_eq!(run.status, i32::from(downgraded), "{variant}\n{}", run.stderr);
        assert_eq!(other.requests().is_empty(), downgraded, "{variant}");
        home.assert_used(&variant);
        assert_clean(&variant, other.log());
        assert_discreet(&variant, &run);
        tried.push(variant);
    }
    tried
}
