//! Docker Hub: tokens for everybody, blobs at a storage elsewhere that takes no login, a rate that is counted by GET and
//! not by HEAD and refused without saying how long, and no deletion.

use super::{PASSWORD, assert_kept, deletions, goes_there_and_back, login};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

/// Docker Hub, its token server, and the storage with the blobs of this image.
struct Hub {
    tokens: TokenServer,
    storage: Registry,
    scene: Scene,
}

impl Hub {
    fn with_storage_of(image: &Image) -> Self {
        let users = Users::default()
            .user("ann", PASSWORD, &[("team/app", "pull,push,delete")])
            .anonymous(&[("team/app", "pull")]);
        let tokens = TokenServer::start(users);
        let scene = Scene::with(Registry::start().with_token_server(&tokens));
        let storage = Registry::start();
        image.blobs().for_each(|blob| storage.put_blob("any", blob));
        let target = format!("{}/storage/{{last}}?X-Amz-Signature=canary", storage.origin());
        let shown = Rule::on("GET", "/blobs/").when(|request| request.header("authorization").is_some());
        scene.registry.rule(shown.then(Act::Redirect(target, 307)));
        let refusal = Act::error(405, "UNSUPPORTED", "The operation is unsupported.");
        scene.rule("DELETE", "", refusal);
        Self { tokens, storage, scene }
    }

    /// Tells how much is left, in every answer about an image.
    fn counts(self) -> Self {
        let counted = Rule::on("*", "/manifests/").then(Act::add_header("ratelimit-limit", "100;w=21600"));
        let counted = counted.then(Act::add_header("ratelimit-remaining", "99;w=21600"));
        let counted = counted.then(Act::add_header("docker-ratelimit-source", "192.0.2.1"));
        self.scene.registry.rule(counted);
        self
    }

    fn assert_storage_saw_no_login(&self) {
        for request in self.storage.requests() {
            assert_eq!(request.header("authorization"), None);
            assert_eq!(request.status, 200, "{}", self.storage.log().lines());
        }
    }
}

#[test]
fn an_image_goes_to_docker_hub_and_back_by_its_storage() {
    let image = Image::tiny(1);
    let hub = Hub::with_storage_of(&image).counts();
    login(&hub.scene, "ann", PASSWORD);
    goes_there_and_back(&hub.scene, &image);
    for blob in image.blobs() {
        assert!(hub.storage.count("GET", &blob.digest) > 0, "{}", hub.storage.log().lines());
    }
    hub.assert_storage_saw_no_login();
}

#[test]
fn everybody_pulls_from_docker_hub_and_pays_for_it_once() {
    let image = Image::tiny(1);
    let hub = Hub::with_storage_of(&image).counts();
    hub.scene.registry.put_image("team/app", "1", &image);
    let visitor = Lugger::new();
    let name = hub.scene.registry.name("team/app:1");
    visitor.args(["pull", &name]).ok();
    let paid = || hub.scene.registry.log().select("GET", "/manifests/");
    let taken = |status: u16| paid().iter().filter(|request| request.status == status).count();
    assert_eq!(taken(200), 1, "{}", hub.scene.registry.log().lines());
    let again = visitor.args(["pull", &name]).ok();
    assert!(again.stdout.contains("up to date"), "{}", again.stdout);
    visitor.args(["digest", &name]).ok();
    assert_eq!(taken(200), 1, "what is unchanged is found out by HEAD");
    hub.assert_storage_saw_no_login();
    let asked = hub.tokens.log().requests();
    assert!(!asked.is_empty() && asked.iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn a_used_up_rate_at_docker_hub_ends_the_pull_after_few_tries() {
    let hub = Hub::with_storage_of(&Image::tiny(1));
    hub.scene.registry.put_image("team/app", "1", &Image::tiny(1));
    let message = "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";
    let shown = Rule::on("GET", "/manifests/").when(|request| request.header("authorization").is_some());
    hub.scene
        .registry
        .rule(shown.then(Act::error(429, "TOOMANYREQUESTS", message)));
    let run = hub.scene.call("pull @/team/app:1").fails(6);
    assert!(run.stderr.contains("pull rate limit"), "{}", run.stderr);
    let tries = hub.scene.registry.log().select("GET", "/manifests/");
    let tries = tries.iter().filter(|request| request.status == 429).count();
    assert!((1..=5).contains(&tries), "{}", hub.scene.registry.log().lines());
    assert_eq!(hub.storage.requests().len(), 0);
}

#[test]
fn docker_hub_deletes_nothing_and_says_so() {
    let image = Image::tiny(1);
    let hub = Hub::with_storage_of(&image);
    hub.scene.registry.put_image("team/app", "1", &image);
    login(&hub.scene, "ann", PASSWORD);
    let run = hub.scene.call("delete --yes @/team/app:1").fails(8);
    assert!(run.stderr.contains("The operation is unsupported"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert!(
        deletions(&hub.scene.registry).len() <= 2,
        "{}",
        hub.scene.registry.log().lines()
    );
    assert_kept(&hub.scene.registry, "1", &image);
}
