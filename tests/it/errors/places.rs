//! Stores, folders and archives that cannot be read or written.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::{keep, with_app};
use crate::support::command::Lugger;
use crate::support::disk::Disk;
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;

#[test]
fn a_store_that_cannot_be_used_is_told() {
    let ((registry, _), mut messages) = (with_app(), Messages::of_this_test());
    let name = registry.name("app:1");
    let lugger = Lugger::new();
    fs::write(lugger.store(), "precious").unwrap();
    messages.keep("a file", &lugger, &lugger.args(["pull", "-q", &name]).fails(1));
    let lugger = Lugger::new();
    fs::create_dir(lugger.store()).unwrap();
    fs::write(lugger.store().join("thesis.txt"), "precious").unwrap();
    messages.keep(
        "a folder of other things",
        &lugger,
        &lugger.args(["pull", "-q", &name]).fails(1),
    );
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let mark = lugger.store().join("oci-layout");
    fs::write(&mark, r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    messages.keep("a layout of the future", &lugger, &lugger.args(["images"]).fails(1));
    fs::write(&mark, "nothing").unwrap();
    messages.keep("a mark that is none", &lugger, &lugger.args(["images"]).fails(1));
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let index = lugger.store().join("index.json");
    for (scene, json) in [
        ("an index that is none", "{"),
        ("an index without a list", r#"{"manifests":7}"#),
    ] {
        fs::write(&index, json).unwrap();
        messages.keep(scene, &lugger, &lugger.args(["images"]).fails(1));
        messages.keep_all(&format!("{scene}, checked"), &lugger, &lugger.args(["check"]).run());
    }
}

#[test]
fn a_disk_that_takes_nothing_is_told_with_a_way_out() {
    let ((registry, _), mut messages) = (with_app(), Messages::of_this_test());
    let lugger = Lugger::new();
    let disk = Disk::mount(&lugger.store(), "size=4m");
    keep(&lugger, "app:1", &Image::tiny(2));
    disk.remount("ro");
    for words in [["tag", "app:1", "app:2"].as_slice(), &["rmi", "app:1"], &["prune"]] {
        messages.keep(&format!("read-only: {}", words[0]), &lugger, &lugger.args(words).fails(1));
    }
    let pull = lugger.args(["pull", "-q", &registry.name("app:1")]);
    messages.keep("read-only: pull", &lugger, &pull.fails(1));
}

#[test]
fn a_store_of_another_user_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    keep(&lugger, "app:1", &Image::tiny(1));
    for path in [
        lugger.store(),
        lugger.store().join("index.json"),
        lugger.home().join("docker"),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    fs::set_permissions(lugger.home(), fs::Permissions::from_mode(0o755)).unwrap();
    for words in [["images"].as_slice(), &["tag", "app:1", "app:2"]] {
        let call = lugger.args(words).env("DOCKER_CONFIG", "/nowhere").env("HOME", "/nowhere");
        let run = call.under("setpriv", ["--reuid=54321", "--clear-groups"]).fails(1);
        messages.keep(words[0], &lugger, &run);
    }
}

#[test]
fn damage_is_told_with_how_to_mend_it() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let image = Image::tiny(1);
    keep(&lugger, "app:1", &image);
    let blob = |digest: &str| lugger.store().join("blobs").join(digest.replace(':', "/"));
    fs::write(blob(&image.layers[0].digest), "short").unwrap();
    messages.keep_all("a short layer", &lugger, &lugger.args(["check"]).run());
    fs::remove_file(blob(&image.config.digest)).unwrap();
    messages.keep_all("a missing config", &lugger, &lugger.args(["check"]).run());
    messages.keep("its summary", &lugger, &lugger.args(["inspect", "store:app:1"]).run());
    messages.keep_all("mended", &lugger, &lugger.args(["check", "--repair"]).run());
}

#[test]
fn files_that_are_not_what_they_should_be_are_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    keep(&lugger, "app:1", &Image::tiny(1));
    fs::create_dir(lugger.home().join("folder")).unwrap();
    fs::write(lugger.home().join("folder/a"), "a").unwrap();
    fs::write(lugger.home().join("text"), "hello").unwrap();
    symlink("elsewhere", lugger.home().join("link")).unwrap();
    let two = lugger.home().join("two");
    let mut layout = OciLayout::new(&two);
    layout.image("a", &Image::tiny(1));
    layout.image("b", &Image::tiny(2));
    let foreign = Recipe::default()
        .layer(b"x")
        .stored_as("application/vnd.oci.image.layer.nondistributable.v1.tar", b"x".to_vec())
        .build();
    OciLayout::write(&lugger.home().join("foreign"), "a", &foreign);
    let artifact = Recipe::default().settings(r#"{"config":7}"#).build();
    OciLayout::write(&lugger.home().join("odd"), "a", &artifact);
    let runs: [&[&str]; 17] = [
        &["load", "-i", "nothing.tar"],
        &["load", "-i", "folder"],
        &["load", "-i", "text"],
        &["load"],
        &["copy", "-q", "oci:two", "store:c:1"],
        &["copy", "-q", "oci:nowhere:a", "store:c:1"],
        &["copy", "-q", "oci:folder:a", "store:c:1"],
        &["copy", "-q", "oci:two:c", "store:c:1"],
        &["copy", "-q", "oci:foreign:a", "store:c:1"],
        &["copy", "-q", "docker-archive:text", "store:c:1"],
        &["append", "-q", "oci:odd:a", "-t", "c:1", "--env", "A=b"],
        &["append", "-q", "store:app:1", "-t", "c:1", "--layer", "text"],
        &[
            "append",
            "-q",
            "store:app:1",
            "-t",
            "c:1",
            "--layer",
            "folder",
            "--platform",
            "windows/amd64",
        ],
        &["export", "store:app:1", "--to", "folder"],
        &["export", "store:app:1", "--to", "nowhere/root"],
        &["export", "store:app:1", "-o", "folder"],
        &["save", "app:1", "-o", "nowhere/a.tar"],
    ];
    for words in runs {
        messages.keep(&words.join(" "), &lugger, &lugger.args(words).run());
    }
}
