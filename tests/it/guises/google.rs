//! Google: tokens by GET only, refusals without a challenge, whole uploads only, a list that says everything, and an
//! image that stays as long as a tag is on it.

use super::{BLOBS, PASSWORD, deletions, goes_there_and_back, listed, login, sent};
use crate::listing::google;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

/// The users Google knows: one for a token of an hour, one for the key of a service.
const USERS: [&str; 2] = ["oauth2accesstoken", "_json_key"];

fn registry() -> (TokenServer, Scene) {
    let rights: &[(&str, &str)] = &[("team/app", "pull,push,delete")];
    let users = USERS
        .iter()
        .fold(Users::default(), |users, user| users.user(user, PASSWORD, rights));
    let tokens = TokenServer::start(users);
    tokens.rule(Rule::on("POST", "/token").then(Act::status(404)));
    let scene = Scene::with(Registry::start().with_token_server(&tokens));
    (tokens, scene)
}

/// The manners of Google, in which this refusal comes without a challenge and the image has these tags.
fn behave(scene: &Scene, refusal: u16, image: &Image, tags: &[&str]) {
    scene.registry.clear_rules();
    let list = google(&[(image.digest(), tags, "1700000000000", "1800000000000")]);
    let listing = Act::edit(move |_, answer| {
        if answer.status == 200 {
            *answer = Response::json(200, list.clone());
        }
    });
    scene.rule("GET", "/tags/list", listing);
    scene.rule("PATCH", "", Act::error(405, "UNSUPPORTED", "chunked uploads are unsupported"));
    let dangling = Act::error(400, "GOOGLE_MANIFEST_DANGLING_TAG", "Manifest is still referenced by tag");
    let tagged = Rule::on("DELETE", "/manifests/sha256:").when(|request| request.header("authorization").is_some());
    scene.registry.rule(tagged.times(1).then(dangling));
    let mute = Act::edit(move |_, answer| {
        if answer.status == 401 {
            *answer = Response::error(refusal, "DENIED", "denied");
        }
    });
    scene.rule("*", "/manifests/", mute);
}

#[test]
fn an_image_goes_to_google_and_back_by_tokens_that_are_asked_for_by_get() {
    for (user, refusal) in USERS.into_iter().zip([401, 403]) {
        let ((tokens, scene), image) = (registry(), Image::tiny(1));
        behave(&scene, refusal, &image, &["1"]);
        login(&scene, user, PASSWORD);
        goes_there_and_back(&scene, &image);
        let asked = tokens.log().select("GET", "/token");
        let shown: Vec<_> = asked.iter().filter_map(|request| request.header("authorization")).collect();
        assert!(
            !shown.is_empty() && shown.iter().all(|shown| *shown == basic(user, PASSWORD)),
            "{shown:?}"
        );
        assert_eq!(scene.registry.count("PATCH", ""), 0);
        assert_eq!(
            scene.registry.count("PUT", "/blobs/uploads/"),
            BLOBS,
            "a location is good for one request"
        );
        for length in sent(&scene.registry, "PUT", "/blobs/uploads/", "content-length") {
            assert!(!length.is_empty(), "an upload in chunks of HTTP is refused too");
        }
    }
}

#[test]
fn googles_list_spares_the_requests_for_each_tag() {
    let ((_tokens, scene), image) = (registry(), Image::tiny(1));
    scene.registry.put_image("team/app", "1", &image);
    behave(&scene, 401, &image, &["1", "latest"]);
    login(&scene, USERS[0], PASSWORD);
    assert_eq!(listed(&scene.lugger, &scene.registry.name("team/app")), ["1", "latest"]);
    assert_eq!(
        scene.registry.count("*", "/manifests/"),
        0,
        "{}",
        scene.registry.log().lines()
    );
}

#[test]
fn at_google_a_tag_goes_alone_and_an_image_after_its_tags() {
    let ((_tokens, scene), image) = (registry(), Image::tiny(1));
    for tag in ["1", "2"] {
        scene.registry.put_image("team/app", tag, &image);
    }
    behave(&scene, 403, &image, &["1", "2"]);
    login(&scene, USERS[0], PASSWORD);
    scene.call("delete @/team/app:2").ok();
    assert_eq!(scene.registry.tags("team/app"), ["1"]);
    behave(&scene, 403, &image, &["1"]);
    scene.call(&format!("delete --yes @/team/app@{}", image.digest())).ok();
    assert!(scene.registry.manifest("team/app", image.digest()).is_none());
    let mut named = deletions(&scene.registry);
    named.retain(|name| name != "2");
    named.dedup();
    assert_eq!(named, [image.digest(), "1", image.digest()]);
}
