//! What a registry asks for: when it first does, in which words, and where it says so.

use super::{assert_kept, assert_pushed, bob, challenged, has_token, home_of_bob, pull, ready, serving};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Rule};
use crate::support::token::TokenServer;
use crate::support::wire::{basic, from_basic};

fn bearer(tokens: &TokenServer) -> String {
    format!(r#"Bearer realm="{}",service="reg""#, tokens.realm())
}

#[test]
fn a_registry_that_is_open_for_reading_is_answered_when_it_first_asks() {
    let (tokens, registry, image) = (TokenServer::start(bob()), Registry::start(), Image::tiny(1));
    let lines = [bearer(&tokens)];
    let writes = |request: &Request| !matches!(request.method.as_str(), "GET" | "HEAD") && !has_token(request);
    let refuse = Act::custom(move |_| challenged(&lines));
    registry.rule(Rule::on("*", "").when(writes).then(refuse));
    ready(&home_of_bob(&registry.host()), &registry, &image).ok();
    assert_pushed(&registry, &image);
    let asked = tokens.log().requests();
    assert_eq!(asked.len(), 1, "{}", tokens.log().lines());
    assert_eq!(asked[0].parameters("scope"), ["repository:app:pull,push"]);
    let first = &registry.requests()[0];
    assert_eq!((first.method.as_str(), first.header("authorization")), ("HEAD", None));
    assert!(registry.log().select("PUT", "").iter().all(has_token));
}

#[test]
fn a_refusal_without_a_challenge_is_answered_as_an_earlier_one() {
    let (tokens, image) = (TokenServer::start(bob()), Image::tiny(1));
    let registry = serving(&image).with_token_server(&tokens);
    let bare = Act::error(401, "UNAUTHORIZED", "the token is not good any more");
    registry.rule(Rule::on("GET", "/blobs/").times(1).then(bare));
    let lugger = home_of_bob(&registry.host());
    lugger.args(["pull", "--jobs", "1", &registry.name("app:1")]).ok();
    assert_kept(&lugger, &registry, &image);
    assert_eq!(tokens.count(), 2);
}

#[test]
fn a_token_is_chosen_among_challenges_in_odd_spelling() {
    let (tokens, image) = (TokenServer::start(bob()), Image::tiny(1));
    let registry = serving(&image);
    let odd = format!(
        r#"Basic realm="x", bearer REALM="{}",service=reg,scope="repository:app:pull,push""#,
        tokens.realm()
    );
    let lines = ["Negotiate".to_string(), odd];
    let refuse = Act::custom(move |_| challenged(&lines));
    registry.rule(Rule::on("*", "/v2/").when(|request| !has_token(request)).then(refuse));
    let lugger = home_of_bob(&registry.host());
    pull(&lugger, &registry).ok();
    assert_kept(&lugger, &registry, &image);
    let asked = tokens.log().requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].parameter("service").as_deref(), Some("reg"));
    assert_eq!(asked[0].header("authorization"), Some(basic("bob", "canary-of-bob").as_str()));
    let passwords = registry.requests();
    let passwords = passwords
        .iter()
        .filter_map(|request| from_basic(request.header("authorization")?));
    assert_eq!(passwords.count(), 0, "the registry itself was sent the password");
}

#[test]
fn two_scopes_of_one_challenge_are_two_parameters() {
    let (tokens, registry) = (TokenServer::start(bob()), Registry::start());
    let line = [format!(
        r#"{},scope="repository:a/b:pull,push repository:c:pull""#,
        bearer(&tokens)
    )];
    let refuse = Act::custom(move |_| challenged(&line));
    registry.rule(Rule::on("*", "").when(|request| !has_token(request)).then(refuse));
    let words = ["login", &registry.host(), "-u", "bob", "--password-stdin"];
    Lugger::new().args(words).stdin("canary-of-bob").ok();
    let scopes = tokens.log().requests()[0].parameters("scope");
    assert_eq!(scopes, ["repository:a/b:pull,push", "repository:c:pull"]);
}

#[test]
fn no_cookie_is_kept() {
    let (image, storage) = (Image::tiny(1), Registry::start());
    image.blobs().for_each(|blob| storage.put_blob("any", blob));
    let registry = serving(&image);
    let cookie = Act::add_header("set-cookie", "session=1; Path=/");
    let target = format!("{}/storage/{{last}}", storage.origin());
    registry.rule(
        Rule::on("GET", "/blobs/")
            .then(Act::Redirect(target, 307))
            .then(cookie.clone()),
    );
    registry.rule(Rule::on("*", "").then(cookie));
    pull(&Lugger::new(), &registry).ok();
    let both = registry.requests().into_iter().chain(storage.requests());
    assert_eq!(both.filter(|request| request.header("cookie").is_some()).count(), 0);
}

#[test]
fn every_name_of_docker_hub_is_asked_for_at_one_place() {
    for name in ["ubuntu", "a/b", "docker.io/x", "index.docker.io/a/b", "example.com"] {
        let proxy = Registry::start();
        let run = Lugger::new().args(["pull", name]).env("HTTPS_PROXY", proxy.origin()).run();
        assert_eq!(run.status, 5, "{}", run.stderr);
        let hosts: Vec<_> = proxy
            .requests()
            .into_iter()
            .map(|request| request.header("host").map(String::from))
            .collect();
        assert!(!hosts.is_empty(), "{name} did not go through the proxy: {}", run.stderr);
        assert!(
            hosts.iter().all(|host| host.as_deref() == Some("registry-1.docker.io:443")),
            "{hosts:?}"
        );
    }
}

#[test]
fn a_refusal_without_a_challenge_is_explained_at_the_front_door() {
    for status in [401, 403] {
        let (tokens, image) = (TokenServer::start(bob()), Image::tiny(1));
        let (registry, lines) = (serving(&image), [bearer(&tokens)]);
        let door = Act::custom(move |_| challenged(&lines));
        registry.rule(Rule::on("GET", "/v2/").when(|request| request.path == "/v2/").then(door));
        let bare = Rule::on("*", "/v2/").when(|request| !has_token(request));
        registry.rule(bare.then(Act::error(status, "DENIED", "go away")));
        let lugger = home_of_bob(&registry.host());
        pull(&lugger, &registry).ok();
        assert_kept(&lugger, &registry, &image);
        assert_eq!(
            registry
                .log()
                .requests()
                .iter()
                .filter(|request| request.path == "/v2/")
                .count(),
            1
        );
        assert_eq!(tokens.log().requests()[0].parameters("scope"), ["repository:app:pull"]);
    }
}
