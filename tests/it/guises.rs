//! Registries as they are in the field: the same five steps (login, push, pull, list, delete) against the fake registry
//! with the manners of Google, Azure, Amazon, Harbor and Docker Hub, and against distribution itself. What each of them
//! does otherwise is in a file of its own; single refusals out of context are in `errors` and `hardships`.

mod amazon;
mod azure;
mod google;
mod harbor;
mod hub;
mod real;

use std::sync::Mutex;

use serde_json::Value;

use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::wire;

/// Blobs of `Image::tiny`.
const BLOBS: usize = 3;

/// A password that is nowhere by chance.
const PASSWORD: &str = "canary-of-the-harbour";

fn login(scene: &Scene, user: &str, password: &str) {
    let host = scene.registry.host();
    let run = scene
        .lugger
        .args(["login", &host, "-u", user, "--password-stdin"])
        .stdin(password);
    assert_eq!(run.ok().stdout, "Login Succeeded\n");
}

/// Pushes an image, drops it here, pulls it again and lists it: what is alike everywhere.
fn goes_there_and_back(scene: &Scene, image: &Image) {
    scene.stored("team/app:1", image);
    let pushed = scene.call("push @/team/app:1").ok();
    let expected = format!("1: digest: {} size: {}\n", image.digest(), image.manifest.size);
    assert_eq!(pushed.stdout, expected);
    assert_kept(&scene.registry, "1", image);
    scene.call("rmi @/team/app:1").ok();
    let pulled = scene.call("pull @/team/app:1").ok();
    assert!(pulled.stdout.contains("Downloaded newer image"), "{}", pulled.stdout);
    assert!(pulled.stdout.contains(image.digest()), "{}", pulled.stdout);
    scene.assert_sound();
    assert_eq!(listed(&scene.lugger, &scene.registry.name("team/app")), ["1"]);
}

/// Manifest and blobs are at the registry, and no upload was left open.
fn assert_kept(registry: &Registry, tag: &str, image: &Image) {
    let lines = registry.log().lines();
    assert_eq!(registry.manifest("team/app", tag).unwrap(), image.manifest.bytes, "{lines}");
    for blob in image.blobs() {
        assert!(registry.has_blob("team/app", &blob.digest), "{lines}");
    }
    assert_eq!(registry.open_uploads(), 0, "{lines}");
}

/// All tags of a repository, in order.
fn listed(lugger: &Lugger, repository: &str) -> Vec<String> {
    let run = lugger.args(["list-tags", repository, "--format", "json"]).ok();
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let mut tags: Vec<String> = rows
        .iter()
        .flat_map(|row| row["tags"].as_array().unwrap())
        .map(|tag| tag.as_str().unwrap().to_string())
        .collect();
    tags.sort();
    tags
}

/// The values of a header in all requests of a kind; empty where it was not sent.
fn sent(registry: &Registry, method: &str, part: &str, header: &str) -> Vec<String> {
    let requests = registry.log().select(method, part);
    let values = requests
        .iter()
        .map(|request| request.header(header).unwrap_or_default().to_string());
    values.collect()
}

/// What the requests for deletion named, in order.
fn deletions(registry: &Registry) -> Vec<String> {
    let requests = registry.log().select("DELETE", "");
    let last = |request: &Request| request.path.rsplit('/').next().unwrap().to_string();
    requests.iter().filter(|request| request.status != 401).map(last).collect()
}

/// From now on a mount opens an upload instead, as it may. The sessions are opened here, while nobody is asked who.
fn mounts_nothing(registry: &Registry, image: &Image) {
    let opened = image.blobs().map(|_| {
        let answer = wire::send("POST", &registry.host(), "/v2/team/app/blobs/uploads/", &[], &[]);
        answer.header("location").unwrap().to_string()
    });
    let sessions: Mutex<Vec<String>> = Mutex::new(opened.collect());
    let session = Act::custom(move |_| {
        let location = sessions.lock().unwrap().pop().unwrap();
        Response::new(202).header("location", &location)
    });
    registry.rule(
        Rule::on("POST", "mount=")
            .when(|request| request.header("authorization").is_some())
            .then(session),
    );
}

/// A copy within the registry that was not spared a single blob still comes to a good end.
fn copies_without_mounts(scene: &Scene, image: &Image) {
    scene.registry.put_image("team/base", "1", image);
    scene.call("copy -q @/team/base:1 @/team/app:1").ok();
    assert_kept(&scene.registry, "1", image);
    let mounts = scene.registry.log().select("POST", "mount=");
    let accepted = mounts.iter().filter(|request| request.status == 202).count();
    assert_eq!(accepted, BLOBS, "{}", scene.registry.log().lines());
    assert_eq!(scene.registry.count("PUT", "/blobs/uploads/session-"), BLOBS);
}
