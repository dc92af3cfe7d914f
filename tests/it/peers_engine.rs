//! Docker Engine as a place, with a real one: images keep their IDs on every way, and run where they arrive.

use crate::peers_docker::{engine, run, runnable, text};
use crate::peers_steps::hold;
use crate::support::command::Lugger;
use crate::support::image::{Family, Image};
use crate::support::peers::distribution::Distribution;
use crate::support::peers::dockerd::Engine;

fn lugger(engine: &Engine) -> Lugger {
    Lugger::new().env("DOCKER_HOST", engine.address())
}

fn id(engine: &Engine, name: &str) -> String {
    let told = engine.docker(&["image", "inspect", "--format", "{{.Id}}", name]);
    text(&told).trim().to_string()
}

/// Gives the engine an image by its own `docker load`.
fn given(engine: &Engine, name: &str, image: &Image) {
    let lugger = Lugger::new();
    hold(&lugger, name, image);
    lugger.args(["save", name, "-o", "a.tar"]).ok();
    engine.docker(&["load", "-q", "-i", lugger.home().join("a.tar").to_str().unwrap()]);
}

#[test]
fn an_image_of_docker_is_copied_with_its_id() {
    let engine = engine();
    let lugger = lugger(&engine);
    given(&engine, "engine/copied:1", &runnable(Family::Docker, "copied"));
    lugger.args(["copy", "-q", "docker-daemon:engine/copied:1", "oci:out:x"]).ok();
    let manifest = lugger.args(["inspect", "--raw", "oci:out:x"]).ok().stdout;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["config"]["digest"], id(&engine, "engine/copied:1"));
    let layer = manifest["layers"][0]["mediaType"].as_str().unwrap();
    assert!(layer.ends_with("gzip"), "it is compressed on the way: {layer}");
    let by_id = format!("docker-daemon:{}", id(&engine, "engine/copied:1"));
    let config = lugger.args(["inspect", "--config", &by_id]).ok().bytes;
    assert_eq!(config, lugger.args(["inspect", "--config", "oci:out:x"]).ok().bytes);
    let missing = lugger.args(["copy", "docker-daemon:engine/copied:2", "oci:out:y"]).fails(3);
    assert!(missing.stderr.contains("it has engine/copied:1"), "{}", missing.stderr);
}

#[test]
fn an_image_of_docker_is_pushed_and_docker_runs_it_under_the_other_name() {
    let (registry, engine) = (Distribution::open(), engine());
    let lugger = lugger(&engine);
    given(&engine, "engine/pushed:1", &runnable(Family::Oci, "pushed"));
    let name = registry.name("engine/other:1");
    lugger
        .args(["push", "-q", "--from", "docker-daemon:engine/pushed:1", &name])
        .ok();
    let before = id(&engine, "engine/pushed:1");
    engine.docker(&["rmi", "--force", &before]);
    engine.docker(&["pull", "--quiet", &name]);
    assert_eq!(id(&engine, &name), before);
    assert_eq!(run(&engine, &name), "pushed\n");
}

#[test]
fn docker_runs_what_was_pulled_into_it() {
    let (registry, engine) = (Distribution::open(), engine());
    let lugger = lugger(&engine);
    for (family, tag) in [(Family::Oci, "oci"), (Family::Docker, "docker")] {
        let name = registry.name(&format!("engine/pulled:{tag}"));
        let image = runnable(family, "pulled");
        hold(&lugger, &name, &image);
        lugger.args(["push", "-q", &name]).ok();
        lugger.args(["pull", "-q", &name, "--to", "docker-daemon:"]).ok();
        assert_eq!(id(&engine, &name), image.config.digest);
        assert_eq!(run(&engine, &name), "pulled\n");
        let other = format!("docker-daemon:engine/copy-of-{tag}:1");
        lugger.args(["copy", "-q", &format!("store:{name}"), &other]).ok();
        assert_eq!(run(&engine, &format!("engine/copy-of-{tag}:1")), "pulled\n");
    }
}

#[test]
fn what_docker_has_and_the_store_lacks_is_hinted_at() {
    let engine = engine();
    let lugger = lugger(&engine);
    given(&engine, "engine/hinted:1", &runnable(Family::Oci, "hinted"));
    let run = lugger.args(["push", "engine/hinted:1"]).fails(3);
    let hint = "`lugger push --from docker-daemon:engine/hinted:1 engine/hinted:1`";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
    let run = lugger.args(["push", "engine/nothing:1"]).fails(3);
    assert!(!run.stderr.contains("docker-daemon"), "{}", run.stderr);
}

#[test]
fn what_docker_saved_is_loaded_with_its_layers_compressed_once() {
    let engine = engine();
    let image = runnable(Family::Docker, "saved");
    given(&engine, "engine/saved:1", &image);
    let lugger = Lugger::new();
    let path = lugger.home().join("s.tar");
    engine.docker(&["save", "-o", path.to_str().unwrap(), "engine/saved:1"]);
    assert_eq!(
        lugger.args(["load", "-i", "s.tar"]).ok().stdout,
        "Loaded image: engine/saved:1\n"
    );
    let manifest = lugger.args(["inspect", "--raw", "store:engine/saved:1"]).ok().stdout;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["config"]["digest"], image.config.digest);
    let layer = manifest["layers"][0]["mediaType"].as_str().unwrap();
    assert!(layer.ends_with("gzip"), "{layer}");
}
