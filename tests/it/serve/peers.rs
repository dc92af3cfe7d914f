//! Other programs push to the server and pull from it, and nobody changes a byte.

use super::Serving;
use crate::peers_steps::{check, downloaded, hold, stock, stock_index};
use crate::support::command::Lugger;
use crate::support::image::{Family, Image, Index, Recipe};
use crate::support::peers::dockerd::Engine;
use crate::support::peers::skopeo::{copy, inspect, raw_manifest};
use crate::support::store_check::StoreCheck;
use crate::support::tar::{noise, runnable_root};

#[test]
fn lugger_pushes_lists_deletes_and_pulls() {
    let serving = Serving::start();
    let name = serving.name("team/app:1");
    // Large enough to be fetched over several connections.
    let image = Image::with_layers(&[noise(1, 24 << 20), b"small".to_vec()]);
    let client = Lugger::new();
    hold(&client, &name, &image);
    client.args(["push", &name]).ok();
    assert_eq!(serving.names(), ["@/team/app:1"]);
    serving.store().assert_sound();
    let receiver = Lugger::new();
    assert_eq!(receiver.args(["pull", &name]).ok().stdout, downloaded(&name, image.digest()));
    check(&receiver.store()).assert_sound();
    let listed = client.args(["list-repos", serving.address()]).ok().stdout;
    assert!(listed.contains("team/app"), "{listed}");
    let listed = client.args(["list-tags", &serving.name("team/app")]).ok().stdout;
    assert!(listed.contains(&image.digest()["sha256:".len()..][..12]), "{listed}");
    let second = serving.name("other/app:1");
    client.args(["copy", "-q", &name, &second]).ok();
    client.args(["delete", "-y", &name]).ok();
    assert_eq!(serving.manifest("team/app", "1"), None);
    assert_eq!(serving.manifest("other/app", "1").as_deref(), Some(image.digest()));
    let images = serving.lugger.args(["images"]).ok().stdout;
    assert!(images.contains(&serving.name("other/app")), "{images}");
}

#[test]
fn skopeo_pushes_an_image_and_an_index_and_gets_them_back() {
    let serving = Serving::start();
    let image = Recipe::default().gzipped().layer(b"one").layer(b"two").build();
    stock(&serving.name("theirs/app:1"), &image);
    assert_eq!(raw_manifest(&serving.name("theirs/app:1")), image.manifest.bytes);
    assert_eq!(inspect(&serving.name("theirs/app:1"))["RepoTags"], serde_json::json!(["1"]));
    let one = Recipe::default().platform("linux/amd64").layer(b"one").build();
    let two = Recipe::default().platform("linux/arm64").layer(b"two").build();
    let index = Index::of(&[(&one, "linux/amd64"), (&two, "linux/arm64")]);
    stock_index(&serving.name("theirs/both:1"), &index);
    assert_eq!(raw_manifest(&serving.name("theirs/both:1")), index.manifest.bytes);
    assert_eq!(serving.names(), ["@/theirs/app:1", "@/theirs/both:1"]);
    let directory = tempfile::tempdir().unwrap();
    copy(
        &format!("docker://{}", serving.name("theirs/both:1")),
        &format!("oci:{}:x", directory.path().display()),
    );
    StoreCheck::of(directory.path()).assert_sound();
    serving.store().assert_sound();
}

#[test]
fn docker_pulls_runs_and_pushes() {
    let (serving, engine) = (Serving::start(), Engine::start());
    let (ours, theirs) = (serving.name("ours/run:1"), serving.name("theirs/run:1"));
    let image = Recipe::default()
        .family(Family::Docker)
        .gzipped()
        .tar(runnable_root())
        .settings(r#"{"Env":["PATH=/usr/bin:/bin"],"Cmd":["/bin/echo","from a store"]}"#)
        .build();
    hold(&serving.lugger, &ours, &image);
    let said = String::from_utf8(engine.docker(&["pull", &ours]).stdout).unwrap();
    assert!(said.contains(image.digest()), "{said}");
    engine.docker(&["tag", &ours, &theirs]);
    let said = String::from_utf8(engine.docker(&["push", &theirs]).stdout).unwrap();
    let digest = said.split("digest: ").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(serving.manifest("theirs/run", "1").as_deref(), Some(digest));
    let by_digest = format!("{}@{digest}", serving.name("theirs/run"));
    engine.docker(&["pull", "--quiet", &by_digest]);
    serving.store().assert_sound();
}

#[test]
fn a_store_is_a_mirror_for_whoever_wants_images_of_another_registry() {
    let lugger = Lugger::new();
    let image = Image::tiny(1);
    let name = "registry.example:5000/team/app:1";
    hold(&lugger, name, &image);
    let serving = Serving::of(lugger, &["--read-only"]);
    let client = Lugger::new();
    let mirror = format!(
        "[host.\"http://{}\"]\ncapabilities = [\"pull\", \"resolve\"]\n",
        serving.address()
    );
    client.hosts("registry.example:5000", &mirror);
    assert_eq!(client.args(["pull", name]).ok().stdout, downloaded(name, image.digest()));
    check(&client.store()).assert_sound();
}
