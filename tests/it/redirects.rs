//! Where a registry may send us, and what goes along: credentials stay with scheme, host and port.

use std::fs;

use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Log, Request, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

const CHALLENGE: &str = r#"Basic realm="test""#;

fn pull(lugger: &Lugger, registry: &Registry) -> Call {
    lugger.args(["pull", &registry.name("app:1")])
}

/// A registry with an image as `app:1`, and a home with the login it asks for.
fn behind_a_login(image: &Image) -> (Registry, Lugger) {
    let registry = Registry::start().with_basic("bob", "canary-of-bob", CHALLENGE);
    registry.put_image("app", "1", image);
    let lugger = Lugger::new();
    know(&lugger, &registry.host());
    (registry, lugger)
}

fn know(lugger: &Lugger, host: &str) {
    let login = basic("bob", "canary-of-bob");
    let login = login.strip_prefix("Basic ").unwrap();
    lugger.config(&format!(r#"{{"auths":{{"{host}":{{"auth":"{login}"}}}}}}"#));
}

/// A registry over TLS with an image as `app:1`, and a home that trusts its certificate.
fn over_tls() -> (Registry, Lugger) {
    let registry = Registry::start_tls();
    registry.put_image("app", "1", &Image::tiny(1));
    let lugger = Lugger::new();
    let authority = lugger.home().join("authority.pem");
    fs::write(&authority, registry.authority_pem()).unwrap();
    (registry, lugger.env("SSL_CERT_FILE", authority))
}

/// Another place that has the blobs.
fn storage(image: &Image) -> Registry {
    let storage = Registry::start();
    image.blobs().for_each(|blob| storage.put_blob("any", blob));
    storage
}

fn to_storage(storage: &Registry) -> Act {
    Act::Redirect(format!("{}/storage/{{last}}", storage.origin()), 307)
}

fn authorized(log: &Log) -> usize {
    let requests = log.requests();
    let has = |request: &&Request| request.header("authorization").is_some();
    requests.iter().filter(has).count()
}

fn assert_untouched(log: &Log) {
    assert_eq!(log.requests().len(), 0, "{}", log.lines());
}

#[test]
fn a_blob_is_fetched_from_another_port_without_the_login() {
    let image = Image::tiny(1);
    let ((registry, lugger), storage) = (behind_a_login(&image), storage(&image));
    registry.rule(Rule::on("GET", "/blobs/").then(to_storage(&storage)));
    pull(&lugger, &registry).ok();
    assert_eq!(storage.count("GET", "/storage/sha256:"), 3, "{}", storage.log().lines());
    assert_eq!(authorized(storage.log()), 0);
    assert!(authorized(registry.log()) >= 4, "{}", registry.log().lines());
}

#[test]
fn every_kind_of_redirect_is_followed_for_a_blob() {
    let image = Image::tiny(1);
    for code in [301, 302, 303, 307, 308] {
        let ((registry, lugger), storage) = (behind_a_login(&image), storage(&image));
        let target = format!("{}/storage/{{last}}", storage.origin());
        registry.rule(Rule::on("GET", "/blobs/").then(Act::Redirect(target, code)));
        pull(&lugger, &registry).ok();
    }
}

#[test]
fn a_redirect_within_the_registry_keeps_the_login() {
    let image = Image::tiny(1);
    let (registry, lugger) = behind_a_login(&image);
    let elsewhere = Rule::on("GET", "/v2/app/blobs/").when(|request| request.query.is_empty());
    registry.rule(elsewhere.then(Act::Redirect("{path}?again=1".into(), 307)));
    pull(&lugger, &registry).ok();
    let again = registry.log().select("GET", "again=1");
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|request| request.header("authorization").is_some()));
}

#[test]
fn a_blob_that_breaks_off_at_the_storage_is_asked_for_at_the_registry_again() {
    let image = Image::tiny(1);
    let ((registry, lugger), storage) = (behind_a_login(&image), storage(&image));
    let layer = &image.layers[0].digest;
    registry.rule(Rule::on("GET", "/blobs/").then(to_storage(&storage)));
    storage.rule(Rule::on("GET", layer).times(1).then(Act::CutAfter(1000)));
    pull(&lugger, &registry).ok();
    for log in [registry.log(), storage.log()] {
        let requests = log.select("GET", layer);
        let last = requests.last().unwrap();
        assert_eq!(last.header("range"), Some("bytes=1000-"), "{}", log.lines());
    }
    assert_eq!(storage.count("GET", layer), 2);
}

#[test]
fn the_challenge_of_a_storage_host_is_not_answered() {
    let image = Image::tiny(1);
    let ((registry, lugger), storage) = (behind_a_login(&image), storage(&image));
    registry.rule(Rule::on("GET", "/blobs/").then(to_storage(&storage)));
    let asking = Act::custom(|_| Response::new(401).header("www-authenticate", CHALLENGE));
    storage.rule(Rule::on("GET", "/storage/").then(asking));
    pull(&lugger, &registry).fails(4);
    assert_eq!(authorized(storage.log()), 0, "{}", storage.log().lines());
}

#[test]
fn five_redirects_are_followed_and_a_sixth_is_not() {
    for (redirects, status) in [(5, 0), (6, 1), (usize::MAX, 1)] {
        let registry = Registry::start();
        registry.put_image("app", "1", &Image::tiny(1));
        let around = Act::Redirect("{path}".into(), 307);
        registry.rule(Rule::on("GET", "/manifests/1").times(redirects).then(around));
        pull(&Lugger::new(), &registry).fails(status);
        assert_eq!(registry.count("GET", "/manifests/1"), 6, "{redirects}");
    }
}

#[test]
fn from_https_no_redirect_leads_to_plain_http() {
    let plain = storage(&Image::tiny(1));
    for part in ["/manifests/", "/blobs/"] {
        let (registry, lugger) = over_tls();
        registry.rule(Rule::on("GET", part).then(to_storage(&plain)));
        let run = pull(&lugger, &registry).fails(1);
        assert!(run.stderr.contains("not HTTPS"), "{}", run.stderr);
        assert_untouched(plain.log());
    }
    let (registry, lugger) = over_tls();
    pull(&lugger, &registry).ok();
}

#[test]
fn a_redirect_to_something_other_than_http_is_refused() {
    let registry = Registry::start();
    registry.put_image("app", "1", &Image::tiny(1));
    for target in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://"] {
        registry.clear_rules();
        registry.rule(Rule::on("GET", "/manifests/").then(Act::Redirect(target.into(), 307)));
        let run = pull(&Lugger::new(), &registry).fails(1);
        assert_eq!(run.stdout, "", "{target}");
    }
}

#[test]
fn an_https_registry_cannot_name_a_plain_token_server() {
    let tokens = TokenServer::start(Users::default().anonymous(&[("app", "pull")]));
    let (registry, lugger) = over_tls();
    know(&lugger, &registry.host());
    let registry = registry.with_token_server(&tokens);
    let run = pull(&lugger, &registry).fails(4);
    assert!(run.stderr.contains("could be read on the way"), "{}", run.stderr);
    assert_untouched(tokens.log());
}

#[test]
fn a_token_server_inside_the_network_or_with_a_user_in_it_is_refused() {
    let tokens = TokenServer::start(Users::default().anonymous(&[("app", "pull")]));
    let with_user = tokens.realm().replace("http://", "http://bob:other-canary@");
    for realm in ["http://10.255.255.1:9/token", "http://169.254.169.254/token", &with_user] {
        let registry = Registry::start().with_realm(&tokens, realm);
        let lugger = Lugger::new();
        know(&lugger, &registry.host());
        let run = pull(&lugger, &registry).fails(4);
        assert!(run.stderr.contains("names the token server"), "{}", run.stderr);
        assert!(!run.stderr.contains("canary-of-bob"), "{}", run.stderr);
    }
    assert_untouched(tokens.log());
}

#[test]
fn a_token_server_that_redirects_is_not_followed() {
    let users = || Users::default().user("bob", "canary-of-bob", &[("*", "pull")]);
    let (tokens, other) = (TokenServer::start(users()), TokenServer::start(users()));
    tokens.rule(Rule::on("*", "/token").then(Act::Redirect(other.realm(), 307)));
    let registry = Registry::start().with_token_server(&tokens);
    let lugger = Lugger::new();
    let words = ["login", &registry.host(), "-u", "bob", "--password-stdin"];
    lugger.args(words).stdin("canary-of-bob").fails(4);
    pull(&lugger, &registry).fails(4);
    assert_untouched(other.log());
}

#[test]
fn an_upload_on_another_origin_gets_the_bytes_but_not_the_login() {
    let (image, other) = (Image::tiny(1), Registry::start());
    let source = Registry::start();
    source.put_image("app", "1", &image);
    let location = format!("{}/upload?_state={{state}}", other.origin());
    let registry = Registry::start()
        .with_basic("bob", "canary-of-bob", CHALLENGE)
        .with_habits(|habits| habits.location = location);
    let digest = image.digest().to_string();
    let stored = Act::custom(move |_| Response::new(201).header("docker-content-digest", &digest));
    registry.rule(Rule::on("PUT", "/manifests/").then(stored));
    other.rule(Rule::on("PUT", "/upload").then(Act::status(201)));
    let lugger = Lugger::new();
    know(&lugger, &registry.host());
    pull(&lugger, &source).ok();
    let name = registry.name("app:1");
    lugger.args(["tag", &source.name("app:1"), &name]).ok();
    lugger.args(["push", &name]).ok();
    let puts = other.log().select("PUT", "/upload");
    let mut lengths: Vec<u64> = puts.iter().map(|request| request.body_len).collect();
    let mut sizes: Vec<u64> = image.blobs().map(|blob| blob.size as u64).collect();
    lengths.sort_unstable();
    sizes.sort_unstable();
    assert_eq!(lengths, sizes, "{}", other.log().lines());
    assert_eq!(authorized(other.log()), 0);
}

#[test]
fn a_list_of_tags_that_goes_on_at_another_host_is_refused() {
    let image = Image::tiny(1);
    let ((registry, lugger), other) = (behind_a_login(&image), storage(&image));
    let link = format!(r#"<{}/v2/app/tags/list?last=1>; rel="next""#, other.origin());
    registry.rule(Rule::on("GET", "/tags/list").then(Act::add_header("link", &link)));
    let run = lugger.args(["list-tags", &registry.name("app")]).fails(1);
    assert!(run.stderr.contains("another host"), "{}", run.stderr);
    assert_untouched(other.log());
}
