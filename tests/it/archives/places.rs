//! Archives as places of `copy`, `inspect`, `digest`, `push --from` and `pull --to`.

use std::fs;

use super::{config_and_manifest, store};
use crate::peers_steps::hold;
use crate::support::archive::{Saved, called, docker, oci};
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, Recipe};
use crate::support::scene::Scene;
use crate::support::server::Act;
use crate::support::tar::noise;
use crate::support::terminal::Terminal;

#[test]
fn an_image_goes_from_a_registry_through_an_archive_to_another_repository_unchanged() {
    let image = Image::with_layers(&[noise(1, 200_000), b"small".to_vec()]);
    for kind in ["oci-archive", "docker-archive"] {
        let scene = Scene::of(&image);
        scene.call(&format!("copy -q @/team/app:1 {kind}:a.tar:app:1")).ok();
        let digest = scene.call(&format!("digest {kind}:a.tar")).ok().stdout;
        assert_eq!(digest.trim(), image.digest(), "{kind}");
        scene.call(&format!("copy -q {kind}:a.tar:app:1 @/team/copy:1")).ok();
        assert_eq!(scene.registry.manifest("team/copy", "1"), Some(image.manifest.bytes.clone()));
        assert!(
            !scene.lugger.store().join("index.json").exists(),
            "the store had no part in it"
        );
    }
}

#[test]
fn a_body_that_breaks_off_goes_on_where_the_archive_ends() {
    let (scene, image) = Scene::with_large_layer(3 << 20);
    let part = format!("/blobs/{}", image.layers[0].digest);
    scene.rule_once("GET", &part, Act::CutAfter(1 << 20));
    scene.call("copy -q @/team/app:1 oci-archive:a.tar:v1").ok();
    let whole = fs::read(scene.lugger.home().join("a.tar")).unwrap();
    let undisturbed = Scene::of(&image);
    undisturbed.call("copy -q @/team/app:1 oci-archive:a.tar:v1").ok();
    assert!(whole == fs::read(undisturbed.lugger.home().join("a.tar")).unwrap());
}

#[test]
fn what_proves_wrong_on_its_way_leaves_no_archive() {
    let (scene, image) = Scene::with_large_layer(1 << 20);
    let part = format!("/blobs/{}", image.layers[0].digest);
    scene.rule("GET", &part, Act::CorruptByte(5000));
    scene.call("copy -q @/team/app:1 oci-archive:a.tar").fails(7);
    assert!(!scene.lugger.home().join("a.tar").exists());
}

#[test]
fn an_archive_is_pushed_and_a_pull_makes_one() {
    let scene = Scene::new();
    let image = Image::tiny(1);
    let archive = docker(&[Saved::old(&image, &["app:1"])]);
    fs::write(scene.lugger.home().join("a.tar"), &archive).unwrap();
    scene.call("push -q --from docker-archive:a.tar @/team/app:1").ok();
    let pushed = scene.registry.manifest("team/app", "1").unwrap();
    let pushed: serde_json::Value = serde_json::from_slice(&pushed).unwrap();
    assert_eq!(pushed["config"]["digest"], image.config.digest, "the image keeps its ID");
    assert!(
        !scene.lugger.store().join("index.json").exists(),
        "the store had no part in it"
    );
    scene.call("pull -q @/team/app:1 --to docker-archive:b.tar:app:2").ok();
    let elsewhere = Lugger::new();
    let archive = fs::read(scene.lugger.home().join("b.tar")).unwrap();
    assert_eq!(elsewhere.args(["load"]).stdin(archive).ok().stdout, "Loaded image: app:2\n");
    let (config, _) = config_and_manifest(&elsewhere, "app:2");
    assert_eq!(config.as_bytes(), image.config.bytes);
    scene.call("pull @/team/app:1 @/team/app:2 --to oci:x").fails(2);
    scene.call("push @/team/app:1 @/team/app:2 --from oci:x").fails(2);
}

#[test]
fn the_manifest_of_an_archive_is_the_same_however_it_is_asked_for() {
    let lugger = Lugger::new();
    let archive = docker(&[Saved::old(&Image::with_layers(&[noise(1, 600_000)]), &["app:1"])]);
    fs::write(lugger.home().join("a.tar"), &archive).unwrap();
    let digest = lugger.args(["digest", "docker-archive:a.tar:app:1"]).ok().stdout;
    let through_stdin = lugger.args(["digest", "docker-archive:-"]).stdin(archive).ok().stdout;
    lugger.args(["load", "-i", "a.tar"]).ok();
    let loaded = lugger.args(["digest", "store:app:1"]).ok().stdout;
    assert_eq!([&digest, &through_stdin], [&loaded, &loaded]);
    let shown = lugger.args(["inspect", "docker-archive:a.tar"]).ok().stdout;
    assert!(shown.contains(digest.trim()) && shown.contains("linux/amd64"), "{shown}");
}

#[test]
fn of_several_images_one_has_to_be_named() {
    let lugger = Lugger::new();
    let (one, other) = (Image::tiny(1), Image::tiny(2));
    let archive = docker(&[Saved::old(&one, &["app:1"]), Saved::new(&other, &["team/app:2"])]);
    fs::write(lugger.home().join("d.tar"), archive).unwrap();
    let archive = oci(&[(&one, &called("v1")), (&other, &called("v2"))]).finish();
    fs::write(lugger.home().join("o.tar"), archive).unwrap();
    for (place, offered) in [("docker-archive:d.tar", "app:1, team/app:2"), ("oci-archive:o.tar", "v1, v2")] {
        let run = lugger.args(["copy", place, "oci:out"]).fails(1);
        assert!(run.stderr.contains("several images to choose from"), "{}", run.stderr);
        assert!(run.stderr.contains(offered), "{}", run.stderr);
        let run = lugger.args(["copy", &format!("{place}:nothing"), "oci:out"]).fails(3);
        assert!(run.stderr.contains(offered), "{}", run.stderr);
    }
    let digest = lugger.args(["digest", "oci-archive:o.tar:v2"]).ok().stdout;
    assert_eq!(digest.trim(), other.digest());
    lugger
        .args(["copy", "-q", "docker-archive:d.tar:docker.io/team/app:2", "oci:out:x"])
        .ok();
    let config = lugger.args(["inspect", "--config", "oci:out:x"]).ok().bytes;
    assert_eq!(config, other.config.bytes);
}

#[test]
fn a_copy_to_stdout_leaves_it_to_the_archive() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    hold(&lugger, "app:1", &image);
    let archive = lugger.args(["copy", "store:app:1", "docker-archive:-:app:1"]).ok();
    let elsewhere = Lugger::new();
    elsewhere
        .args(["copy", "docker-archive:-", "store:there:1"])
        .stdin(archive.bytes)
        .ok();
    store(&elsewhere).assert_sound();
    assert_eq!(elsewhere.args(["digest", "store:there:1"]).ok().stdout.trim(), image.digest());
}

#[test]
fn an_index_in_an_archive_is_copied_whole_or_by_platform() {
    let scene = Scene::new();
    let [amd, arm] = ["linux/amd64", "linux/arm64"].map(|platform| Recipe::default().platform(platform).layer(b"x").build());
    let index = Index::of(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")]);
    crate::support::layout::OciLayout::new(&scene.lugger.home().join("layout")).index("x", &index);
    scene.call("copy -q oci:layout:x oci-archive:a.tar:x").ok();
    assert_eq!(scene.call("digest oci-archive:a.tar").ok().stdout.trim(), index.digest());
    scene.call("copy -q oci-archive:a.tar @/team/app:all").ok();
    assert_eq!(scene.registry.digest("team/app", "all").as_deref(), Some(index.digest()));
    scene
        .call("copy -q --platform linux/arm64 oci-archive:a.tar @/team/app:arm")
        .ok();
    assert_eq!(scene.registry.digest("team/app", "arm").as_deref(), Some(arm.digest()));
}

#[test]
fn a_terminal_is_neither_read_nor_filled() {
    let lugger = Lugger::new();
    hold(&lugger, "app:1", &Image::tiny(1));
    for (words, way_out) in [
        (&["save", "app:1"][..], "`-o FILE`"),
        (&["load"], "name a file"),
        (&["copy", "store:app:1", "docker-archive:-"], "stdout is a terminal"),
        (&["copy", "docker-archive:-", "store:app:2"], "stdin is a terminal"),
    ] {
        let terminal = Terminal::start(&lugger.args(words), 100, 20);
        assert_eq!(terminal.wait(), 2, "{words:?}");
        let screen = terminal.wait_for("error:");
        assert!(screen.contains(way_out), "{screen}");
    }
}
