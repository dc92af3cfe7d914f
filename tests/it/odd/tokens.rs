//! The answers of token servers, and how often they are asked.

use super::{assert_kept, assert_nothing_kept, bob, challenged, home_of_bob, many_layers, pull, ready, serving};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::token::TokenServer;

/// A registry that lets in whoever has this token, and the server that answers the question for one in these words.
fn issuing(image: &Image, token: &str, answer: &str) -> (Registry, TokenServer) {
    let (registry, tokens) = (serving(image), TokenServer::start(bob()));
    let line = [format!(r#"Bearer realm="{}",service="reg""#, tokens.realm())];
    let expected = format!("Bearer {token}");
    let outside = move |request: &Request| request.header("authorization") != Some(expected.as_str());
    let refuse = Act::custom(move |_| challenged(&line));
    registry.rule(Rule::on("*", "/v2/").when(outside).then(refuse));
    let answer = Response::json(200, answer.to_string());
    tokens.rule(Rule::on("*", "/token").then(Act::custom(move |_| answer.clone())));
    (registry, tokens)
}

#[test]
fn a_token_may_come_under_either_name() {
    let image = Image::tiny(1);
    for answer in [
        r#"{"access_token":"good"}"#,
        r#"{"token":"good"}"#,
        r#"{"token":"other","access_token":"good"}"#,
        r#"{"token":"good","access_token":"","refresh_token":null}"#,
    ] {
        let (registry, tokens) = issuing(&image, "good", answer);
        let lugger = home_of_bob(&registry.host());
        pull(&lugger, &registry).ok();
        assert_kept(&lugger, &registry, &image);
        assert_eq!(tokens.count(), 1, "{answer}");
    }
}

#[test]
fn an_answer_without_a_token_or_over_all_measure_is_an_error() {
    let image = Image::tiny(1);
    let large = format!(r#"{{"token":"{}"}}"#, "x".repeat(2 << 20));
    for answer in ["{}", r#"{"token":""}"#, r#"{"token":"a b\nc"}"#, "<html>", &large] {
        let (registry, tokens) = issuing(&image, "good", answer);
        let lugger = home_of_bob(&registry.host());
        let run = pull(&lugger, &registry).fails(1);
        assert_nothing_kept(&lugger);
        assert!(run.stderr.len() < 2_000, "{}", run.stderr);
        assert!(run.peak_rss_kib.unwrap_or_default() < 100 << 10);
        assert!(tokens.count() <= 2, "{}", tokens.log().lines());
        let requests = registry.requests();
        assert!(requests.iter().all(|request| request.header("authorization").is_none()));
    }
}

#[test]
fn whatever_is_said_of_its_life_one_token_serves_one_pull() {
    let image = many_layers();
    for life in [
        "",
        r#","expires_in":0"#,
        r#","expires_in":-5"#,
        r#","expires_in":300,"issued_at":"2001-01-01T00:00:00Z""#,
        r#","expires_in":300,"issued_at":"2999-01-01T00:00:00Z""#,
        r#","expires_in":300,"issued_at":"yesterday""#,
        r#","expires_in":9223372036854775807"#,
    ] {
        let (registry, tokens) = issuing(&image, "good", &format!(r#"{{"token":"good"{life}}}"#));
        let lugger = home_of_bob(&registry.host());
        pull(&lugger, &registry).ok();
        assert_kept(&lugger, &registry, &image);
        assert_eq!(tokens.count(), 1, "{life}");
    }
}

#[test]
fn a_token_may_be_long_and_need_not_be_a_jwt() {
    let (image, long) = (Image::tiny(1), "~opaque.".repeat(1 << 10));
    let (registry, _tokens) = issuing(&image, &long, &format!(r#"{{"token":"{long}"}}"#));
    let lugger = home_of_bob(&registry.host());
    pull(&lugger, &registry).ok();
    assert_kept(&lugger, &registry, &image);
}

/// A registry for which no token is ever enough.
fn never_satisfied(tokens: &TokenServer) -> Registry {
    let registry = Registry::start();
    let line = [format!(r#"Bearer realm="{}",error="insufficient_scope""#, tokens.realm())];
    let refuse = Act::custom(move |_| challenged(&line));
    registry.rule(Rule::on("*", "/v2/").then(refuse));
    registry
}

#[test]
fn a_push_that_is_never_let_in_ends() {
    let tokens = TokenServer::start(bob());
    let registry = never_satisfied(&tokens);
    let run = ready(&home_of_bob(&registry.host()), &registry, &Image::tiny(1)).fails(4);
    assert!(run.stderr.contains("authentication required"), "{}", run.stderr);
    assert_eq!(registry.count("PUT", ""), 0);
    // Each of the three blobs is asked for with two tokens.
    assert!(registry.count("POST", "mount=") <= 6, "{}", registry.log().lines());
}
