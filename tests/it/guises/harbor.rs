//! Harbor: a token server of its own below `/service/token`, a challenge for tokens only where nothing was shown, one for
//! a password to a token that is too weak, tags that cannot be moved, and pages only for those who ask for them.

use super::{PASSWORD, assert_kept, deletions, goes_there_and_back, listed, login};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire;

const USER: &str = "robot$ci+push";

/// What the token server says, under the name of the registry.
fn relay(host: &str, request: &Request) -> Response {
    let shown = request.header("authorization").map(|value| ("authorization", value));
    let shown: Vec<(&str, &str)> = shown.into_iter().collect();
    let answer = wire::get(host, &format!("/token?{}", request.query), &shown);
    Response::json(answer.status, answer.body)
}

fn registry() -> (TokenServer, Scene) {
    let rights: &[(&str, &str)] = &[("team/app", "pull,push,delete"), ("team/base", "pull")];
    let tokens = TokenServer::start(Users::default().user(USER, PASSWORD, rights));
    let registry = Registry::start();
    let realm = format!("{}/service/token", registry.origin());
    let scene = Scene::with(registry.with_realm(&tokens, &realm));
    let host = tokens.host();
    scene.rule("GET", "/service/token", Act::custom(move |request| relay(&host, request)));
    login(&scene, USER, PASSWORD);
    (tokens, scene)
}

/// Asks those for a password who have shown something already.
fn behave(scene: &Scene) {
    let weak = Act::edit(|_, answer| {
        if answer.status == 401 {
            *answer = Response::error(401, "UNAUTHORIZED", "unauthorized to access repository: team/app")
                .header("www-authenticate", r#"Basic realm="harbor""#);
        }
    });
    let shown = Rule::on("*", "/v2/").when(|request| request.header("authorization").is_some());
    scene.registry.rule(shown.then(weak));
}

#[test]
fn an_image_goes_to_harbor_and_back_by_its_own_token_server() {
    let (tokens, scene) = registry();
    behave(&scene);
    goes_there_and_back(&scene, &Image::tiny(1));
    let asked = scene.registry.log().select("*", "/service/token");
    assert!(!asked.is_empty() && asked.iter().all(|request| request.method == "GET"));
    assert_eq!(tokens.count(), asked.len(), "the token server is reached by that way only");
    for request in scene.registry.log().select("*", "/v2/") {
        let shown = request.header("authorization").unwrap_or("Bearer");
        assert!(
            shown.starts_with("Bearer"),
            "a password went to {}: {shown}",
            request.target()
        );
    }
}

#[test]
fn a_mount_at_harbor_asks_for_two_rights_at_once() {
    let ((_tokens, scene), image) = (registry(), Image::tiny(1));
    behave(&scene);
    scene.registry.put_image("team/base", "1", &image);
    scene.call("copy -q @/team/base:1 @/team/app:1").ok();
    assert_kept(&scene.registry, "1", &image);
    assert_eq!(scene.registry.count("PUT", "/blobs/"), 0, "{}", scene.registry.log().lines());
    let asked = scene.registry.log().select("GET", "/service/token");
    let both = |request: &Request| {
        let scopes = request.parameters("scope").join(" ");
        scopes.contains("team/base:pull") && scopes.contains("team/app:pull,push")
    };
    assert!(asked.iter().any(both), "{}", scene.registry.log().lines());
}

#[test]
fn a_tag_that_harbor_does_not_move_stops_another_image_but_not_the_same() {
    let ((_tokens, scene), image) = (registry(), Image::tiny(1));
    scene.registry.put_image("team/app", "1", &image);
    let message = "Failed to process request due to 'team/app:1' configured as immutable.";
    let refusal = Act::error(412, "PRECONDITION", message);
    let shown = Rule::on("PUT", "/manifests/").when(|request| request.header("authorization").is_some());
    scene.registry.rule(shown.then(refusal));
    scene.stored("team/app:1", &image);
    scene.call("push @/team/app:1").ok();
    scene.stored("team/app:1", &Image::tiny(2));
    let run = scene.call("push @/team/app:1").fails(8);
    assert!(run.stderr.contains("configured as immutable"), "{}", run.stderr);
    assert_kept(&scene.registry, "1", &image);
}

#[test]
fn all_tags_of_harbor_are_listed_with_pages_or_without() {
    let (_tokens, scene) = registry();
    behave(&scene);
    let expected: Vec<String> = (100..230).map(|number| format!("v{number}")).collect();
    for tag in &expected {
        scene.registry.put_image("team/app", tag, &Image::tiny(1));
    }
    assert_eq!(listed(&scene.lugger, &scene.registry.name("team/app")), expected);
    let mut pages = scene.registry.log().select("GET", "/tags/list");
    pages.retain(|request| request.status == 200);
    assert!(
        pages.len() == 1 || pages[0].parameter("n").is_some(),
        "{}",
        scene.registry.log().lines()
    );
}

#[test]
fn at_harbor_a_tag_is_deleted() {
    let (_tokens, scene) = registry();
    behave(&scene);
    for tag in ["1", "2"] {
        scene.registry.put_image("team/app", tag, &Image::tiny(1));
    }
    scene.call("delete @/team/app:1").ok();
    assert_eq!(scene.registry.tags("team/app"), ["2"]);
    assert_eq!(deletions(&scene.registry), ["1"]);
}
