//! Docker Engine as a place, with an Engine that is made for it: what it is asked, and what it may do wrong.

mod failing;
mod hints;

use std::fs;
use std::sync::{Arc, Mutex};

use crate::support::archive::{Saved, docker};
use crate::support::command::Lugger;
use crate::support::engine::FakeEngine;
use crate::support::image::Image;
use crate::support::scene::Scene;
use crate::support::tar::noise;

/// An archive of docker with this image.
fn archive(image: &Image) -> Vec<u8> {
    docker(&[Saved::old(image, &["app:1"])])
}

fn with(engine: &FakeEngine) -> Lugger {
    Lugger::new().env("DOCKER_HOST", engine.address())
}

#[test]
fn an_image_of_the_engine_is_read_wherever_a_place_is() {
    let image = Image::with_layers(&[noise(1, 700_000), b"small".to_vec()]);
    let bytes = archive(&image);
    let engine = FakeEngine::start(move |exchange| exchange.usual(&bytes));
    let lugger = with(&engine);
    lugger.args(["copy", "-q", "docker-daemon:app:1", "oci:out:x"]).ok();
    let digest = lugger.args(["digest", "docker-daemon:app:1"]).ok().stdout;
    assert_eq!(lugger.args(["digest", "oci:out:x"]).ok().stdout, digest);
    for place in ["oci:out:x", "docker-daemon:app:1"] {
        let config = lugger.args(["inspect", "--config", place]).ok().bytes;
        assert_eq!(config, image.config.bytes, "{place}");
    }
    let root = lugger.args(["export", "docker-daemon:app:1"]).ok().bytes;
    assert!(root.len() > 700_000, "{}", root.len());
    let words = ["append", "docker-daemon:app:1", "--label", "a=b", "-t", "new:1"];
    lugger.args(words).ok();
    let config = lugger.args(["inspect", "--config", "store:new:1"]).ok().stdout;
    assert!(config.contains(r#""a":"b""#), "{config}");
    let asked: Vec<String> = engine
        .heads()
        .iter()
        .map(|head| head.lines().next().unwrap().to_string())
        .collect();
    assert_eq!(
        asked[..2],
        ["GET /images/app:1/json HTTP/1.1", "GET /images/app:1/get HTTP/1.1"]
    );
}

#[test]
fn an_engine_may_listen_on_a_port_of_this_machine() {
    let image = Image::tiny(1);
    let bytes = archive(&image);
    let engine = FakeEngine::over_tcp(move |exchange| exchange.usual(&bytes));
    let lugger = with(&engine)
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1");
    let config = lugger.args(["inspect", "--config", "docker-daemon:app:1"]).ok().bytes;
    assert_eq!(config, image.config.bytes);
}

#[test]
fn an_image_goes_from_the_engine_to_a_registry_and_no_login_goes_to_the_engine() {
    let image = Image::with_layers(&[noise(1, 200_000)]);
    let bytes = archive(&image);
    let engine = FakeEngine::start(move |exchange| exchange.usual(&bytes));
    let mut scene = Scene::new();
    scene.lugger = with(&engine);
    scene
        .lugger
        .config(r#"{"auths":{"docker":{"auth":"YTpjYW5hcnk="},"https://index.docker.io/v1/":{"auth":"YTpjYW5hcnk="}}}"#);
    scene.call("push -q --from docker-daemon:app:1 @/team/app:1").ok();
    let pushed = scene.registry.manifest("team/app", "1").unwrap();
    let pushed: serde_json::Value = serde_json::from_slice(&pushed).unwrap();
    assert_eq!(pushed["config"]["digest"], image.config.digest, "the image keeps its ID");
    let media_type = pushed["layers"][0]["mediaType"].as_str().unwrap();
    assert!(media_type.ends_with("gzip"), "{media_type}");
    assert!(!scene.lugger.store().join("index.json").exists());
    scene
        .call("push -q --compress zstd --level 1 --from docker-daemon:app:1 @/team/app:2")
        .ok();
    let pushed = String::from_utf8(scene.registry.manifest("team/app", "2").unwrap()).unwrap();
    assert!(pushed.contains("layer.v1.tar+zstd"), "{pushed}");
    for head in engine.heads() {
        let head = head.to_lowercase();
        assert!(!head.contains("authorization") && !head.contains("x-registry-auth"), "{head}");
    }
    // Without a name the image is called as where it goes.
    scene.call("push -q --from docker-daemon: @/team/app:3").ok();
    let name = scene.registry.name("team/app:3");
    let asked = engine.heads().concat();
    assert!(asked.contains(&format!("GET /images/{name}/get HTTP/1.1")), "{asked}");
}

#[test]
fn what_is_pulled_goes_into_the_engine_as_it_comes() {
    let (scene, image) = Scene::with_large_layer(3 << 20);
    let taken = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&taken);
    let engine = FakeEngine::start(move |exchange| {
        if !exchange.asks("POST /images/load?quiet=1") {
            return exchange.usual(&[]);
        }
        let body = exchange.body().unwrap();
        *into.lock().unwrap() = body;
        exchange.answer("200 OK", "{\"stream\":\"Loaded image: x\\n\"}\r\n")
    });
    let said = scene
        .call("pull @/team/app:1 --to docker-daemon:")
        .env("DOCKER_HOST", engine.address())
        .ok()
        .stdout;
    assert!(said.contains("Status: Downloaded newer image"), "{said}");
    let archive = taken.lock().unwrap().clone();
    let elsewhere = Lugger::new();
    let loaded = elsewhere.args(["load"]).stdin(archive).ok().stdout;
    assert_eq!(loaded, format!("Loaded image: {}\n", scene.registry.name("team/app:1")));
    let digest = elsewhere.args(["digest", &format!("store:{}", scene.registry.name("team/app:1"))]);
    assert_eq!(digest.ok().stdout.trim(), image.digest());
    let store = scene.lugger.store();
    assert!(
        !store.join("blobs").exists() && !store.join("partial").exists(),
        "nothing is kept"
    );
}

#[test]
fn an_archive_is_read_with_the_limit_and_the_compression_that_are_asked_for() {
    let scene = Scene::new();
    let zeros = Image::with_layers(&[vec![0; 4 << 20]]);
    let wrapped = crate::support::tar::gzip(&archive(&zeros));
    fs::write(scene.lugger.home().join("a.tgz"), wrapped).unwrap();
    let refused = scene
        .call("push -q --max-size 1M --from docker-archive:a.tgz @/team/app:1")
        .fails(1);
    assert!(refused.stderr.contains("`--max-size` allows more"), "{}", refused.stderr);
    scene
        .call("copy -q --max-size 9M --compress none docker-archive:a.tgz @/team/app:1")
        .ok();
    let copied = String::from_utf8(scene.registry.manifest("team/app", "1").unwrap()).unwrap();
    assert!(copied.contains(&zeros.layers[0].digest), "{copied}");
    scene
        .call("copy --compress gzip --level 10 docker-archive:a.tgz oci:x")
        .fails(2);
}

#[test]
fn a_place_needs_a_name_and_a_tag_where_it_is_written() {
    let scene = Scene::of(&Image::tiny(1));
    for words in [
        "copy docker-daemon: oci:x",
        "copy @/team/app:1 docker-daemon:",
        "inspect docker-daemon:",
        "copy @/team/app:1 docker-daemon:App",
    ] {
        scene.call(words).fails(2);
    }
    let digest = Image::tiny(1).digest().to_string();
    let run = scene.call(&format!("pull @/team/app@{digest} --to docker-daemon:")).fails(2);
    assert!(run.stderr.contains("has no tag"), "{}", run.stderr);
}
