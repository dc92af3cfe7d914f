//! Archives between the program, a Docker Engine and skopeo: each loads what the other saved, and an image keeps its ID, and
//! its digest where the format keeps it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::peers_docker::{engine, run, runnable, text};
use crate::peers_steps::{check, hold};
use crate::support::command::Lugger;
use crate::support::image::{Family, Image, Index, Recipe};
use crate::support::layout::OciLayout;
use crate::support::peers::dockerd::Engine;
use crate::support::peers::skopeo::skopeo;
use crate::support::tar::{gzip, noise, runnable_root};

#[test]
fn docker_loads_and_runs_what_was_saved() {
    let (lugger, engine) = (Lugger::new(), engine());
    for (name, family) in [("saved/oci:1", Family::Oci), ("saved/docker:1", Family::Docker)] {
        let image = runnable(family, "out of an archive");
        hold(&lugger, name, &image);
        lugger.args(["save", name, "-o", "a.tar"]).ok();
        let path = lugger.home().join("a.tar");
        let told = text(&engine.docker(&["load", "-q", "-i", path.to_str().unwrap()]));
        assert_eq!(told, format!("Loaded image: {name}\n"));
        assert_eq!(id(&engine, name), image.config.digest);
        assert_eq!(run(&engine, name), "out of an archive\n");
    }
}

#[test]
fn docker_loads_layers_of_zstd_and_several_images_at_once() {
    let (lugger, engine) = (Lugger::new(), engine());
    let root = runnable_root();
    let packed = zstd::encode_all(&*root, 3).unwrap();
    let recipe = Recipe::default()
        .settings(r#"{"Cmd":["/bin/echo","from zstd"]}"#)
        .tar(root)
        .stored_as("application/vnd.oci.image.layer.v1.tar+zstd", packed);
    let (first, second) = (recipe.build(), runnable(Family::Oci, "beside it"));
    hold(&lugger, "zstd:1", &first);
    hold(&lugger, "beside:1", &second);
    lugger.args(["save", "zstd:1", "beside:1", "-o", "a.tar"]).ok();
    let path = lugger.home().join("a.tar");
    engine.docker(&["load", "-q", "-i", path.to_str().unwrap()]);
    assert_eq!(run(&engine, "zstd:1"), "from zstd\n");
    assert_eq!(run(&engine, "beside:1"), "beside it\n");
    assert_eq!(id(&engine, "zstd:1"), first.config.digest);
}

#[test]
fn what_docker_saved_is_loaded_and_goes_back_with_its_id() {
    let (lugger, engine) = (Lugger::new(), engine());
    let image = runnable(Family::Docker, "there and back");
    hold(&lugger, "theirs:1", &image);
    lugger.args(["save", "theirs:1", "-o", "a.tar"]).ok();
    let path = |name: &str| lugger.home().join(name).display().to_string();
    engine.docker(&["load", "-q", "-i", &path("a.tar")]);
    engine.docker(&["tag", "theirs:1", "theirs:2"]);
    engine.docker(&["save", "-o", &path("b.tar"), "theirs:1", "theirs:2"]);
    let receiver = Lugger::new();
    let wrapped = gzip(&fs::read(path("b.tar")).unwrap());
    let told = receiver.args(["load"]).stdin(wrapped).ok().stdout;
    assert_eq!(told, "Loaded image: theirs:1\nLoaded image: theirs:2\n");
    check(&receiver.store()).assert_sound();
    let config = receiver.args(["inspect", "--config", "store:theirs:2"]).ok().bytes;
    assert_eq!(config, image.config.bytes);
    receiver.args(["tag", "theirs:2", "ours:1"]).ok();
    receiver.args(["save", "ours:1", "-o", &path("c.tar")]).ok();
    engine.docker(&["load", "-q", "-i", &path("c.tar")]);
    assert_eq!(id(&engine, "ours:1"), image.config.digest);
    assert_eq!(run(&engine, "ours:1"), "there and back\n");
}

fn id(engine: &Engine, name: &str) -> String {
    let told = engine.docker(&["image", "inspect", "--format", "{{.Id}}", name]);
    text(&told).trim().to_string()
}

/// An image in a layout, for skopeo to make an archive of.
fn made_by_skopeo(folder: &Path, image: &Image, to: &str) {
    let source = OciLayout::write(&folder.join("layout"), "x", image);
    skopeo(&["copy", "-q", &source, to]);
}

#[test]
fn archives_of_skopeo_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::with_layers(&[noise(1, 300_000), b"small".to_vec()]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    made_by_skopeo(folder.path(), &image, &format!("docker-archive:{}:app:1", path("d.tar")));
    made_by_skopeo(folder.path(), &image, &format!("oci-archive:{}:app:2", path("o.tar")));
    let lugger = Lugger::new();
    assert_eq!(
        lugger.args(["load", "-i", &path("d.tar")]).ok().stdout,
        "Loaded image: app:1\n"
    );
    assert_eq!(
        lugger.args(["load", "-i", &path("o.tar")]).ok().stdout,
        "Loaded image: app:2\n"
    );
    check(&lugger.store()).assert_sound();
    let config = lugger.args(["inspect", "--config", "store:app:1"]).ok().bytes;
    assert_eq!(config, image.config.bytes);
    assert_eq!(
        lugger.args(["digest", "store:app:2"]).ok().stdout.trim(),
        raw_digest(&format!("oci-archive:{}", path("o.tar")))
    );
}

#[test]
fn skopeo_reads_what_was_saved() {
    let lugger = Lugger::new();
    let image = Recipe::default().gzipped().layer(b"one").layer(&noise(3, 100_000)).build();
    hold(&lugger, "app:1", &image);
    lugger.args(["save", "app:1", "-o", "d.tar"]).ok();
    lugger.args(["save", "app:1", "--format", "oci-archive", "-o", "o.tar"]).ok();
    let path = |name: &str| lugger.home().join(name).display().to_string();
    assert_eq!(raw_digest(&format!("oci-archive:{}", path("o.tar"))), image.digest());
    assert_eq!(
        raw_digest(&format!("oci-archive:{}", path("d.tar"))),
        image.digest(),
        "it is a layout too"
    );
    let as_dockers = format!("docker-archive:{}:app:1", path("d.tar"));
    let config = skopeo(&["inspect", "--config", "--raw", &as_dockers]).stdout;
    assert_eq!(config, image.config.bytes, "the same ID");
    skopeo(&["copy", "-q", &as_dockers, &format!("dir:{}", path("copied"))]);
}

#[test]
fn skopeo_reads_all_platforms_of_an_archive() {
    let lugger = Lugger::new();
    let [amd, arm] = ["linux/amd64", "linux/arm64"].map(|platform| Recipe::default().platform(platform).layer(b"x").build());
    let index = Index::of(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")]);
    OciLayout::new(&lugger.home().join("layout")).index("x", &index);
    lugger.args(["copy", "-q", "oci:layout:x", "store:app:1"]).ok();
    lugger.args(["save", "app:1", "--format", "oci-archive", "-o", "o.tar"]).ok();
    let archive = format!("oci-archive:{}", lugger.home().join("o.tar").display());
    let directory = lugger.home().join("copied").display().to_string();
    skopeo(&["copy", "-q", "--all", &archive, &format!("dir:{directory}")]);
    let manifest = fs::read(lugger.home().join("copied/manifest.json")).unwrap();
    assert_eq!(manifest, index.manifest.bytes);
}

#[test]
fn other_readers_of_tars_see_the_same_members() {
    let lugger = Lugger::new();
    hold(&lugger, "app:1", &Image::tiny(1));
    lugger.args(["save", "app:1", "-o", "a.tar"]).ok();
    let listed = Command::new("tar")
        .args(["--full-time", "-tvf"])
        .arg(lugger.home().join("a.tar"))
        .env("TZ", "UTC")
        .output();
    let listed = listed.unwrap();
    assert!(
        listed.status.success() && listed.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed
            .lines()
            .all(|line| line.contains(" 0/0 ") && line.contains("1970-01-01 00:00:00")),
        "{listed}"
    );
    for name in ["oci-layout", "index.json", "manifest.json", "blobs/sha256/"] {
        assert!(listed.lines().any(|line| line.ends_with(name)), "{name}: {listed}");
    }
}

/// The digest of an archive's manifest, as skopeo reads it.
fn raw_digest(place: &str) -> String {
    crate::support::image::sha256(&skopeo(&["inspect", "--raw", place]).stdout)
}
