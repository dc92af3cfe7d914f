//! Azure: a login that is a refresh token under a user of zeros, exchanged by POST; mounts that become uploads; tags that
//! can be deleted alone.

use super::{copies_without_mounts, deletions, goes_there_and_back, listed, login, mounts_nothing};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

fn tokens() -> TokenServer {
    let rights: &[(&str, &str)] = &[("*", "pull,push,delete")];
    let tokens = TokenServer::start(Users::default().user("azure", "unused-canary", rights));
    tokens.rule(Rule::on("GET", "/token").then(Act::error(400, "UNSUPPORTED", "grant_type is missing")));
    tokens
}

/// A home that is logged in by a refresh token.
fn registry() -> (TokenServer, Scene, String) {
    let tokens = tokens();
    let scene = Scene::with(Registry::start().with_token_server(&tokens));
    let refresh = tokens.identity_token("azure");
    login(&scene, NOBODY, &refresh);
    (tokens, scene, refresh)
}

#[test]
fn an_image_goes_to_azure_and_back_by_a_refresh_token() {
    let (tokens, scene, refresh) = registry();
    goes_there_and_back(&scene, &Image::tiny(1));
    assert_eq!(tokens.log().count("GET", ""), 0, "{}", tokens.log().lines());
    for request in tokens.log().select("POST", "/token") {
        assert_eq!(request.field("grant_type").as_deref(), Some("refresh_token"));
        assert_eq!(request.field("refresh_token").as_deref(), Some(refresh.as_str()));
        assert!(request.field("service").is_some() && request.field("client_id").is_some());
        assert_eq!(request.header("authorization"), None);
    }
    for request in scene.registry.requests() {
        let shown = request.header("authorization").unwrap_or_default();
        assert!(!shown.contains(&refresh) && !shown.starts_with("Basic"), "{shown}");
    }
}

#[test]
fn a_mount_that_azure_answers_with_an_upload_is_one() {
    let (tokens, image, registry) = (tokens(), Image::tiny(1), Registry::start());
    mounts_nothing(&registry, &image);
    let scene = Scene::with(registry.with_token_server(&tokens));
    login(&scene, NOBODY, &tokens.identity_token("azure"));
    copies_without_mounts(&scene, &image);
}

#[test]
fn at_azure_a_tag_goes_alone() {
    let (_tokens, scene, _) = registry();
    for tag in ["1", "2"] {
        scene.registry.put_image("team/app", tag, &Image::tiny(1));
    }
    scene.call("delete @/team/app:1").ok();
    assert_eq!(listed(&scene.lugger, &scene.registry.name("team/app")), ["2"]);
    assert_eq!(deletions(&scene.registry), ["1"]);
    let status = scene.registry.log().select("DELETE", "").last().unwrap().status;
    assert_eq!(status, 202);
}
