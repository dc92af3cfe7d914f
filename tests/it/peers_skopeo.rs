//! The program and skopeo on the same images: each reads what the other wrote, on a registry, in the store and in a
//! layout directory, and nobody changes a byte.

use std::path::Path;

use crate::peers_steps::{check, hold, stock, stock_index};
use crate::support::command::Lugger;
use crate::support::image::{Family, Image, Index, Recipe, sha256};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo::{copy, inspect, inspect_digest, raw_manifest, skopeo};
use crate::support::store_check::StoreCheck;

#[test]
fn an_image_of_skopeo_goes_through_the_store_unchanged() {
    let registry = Distribution::open();
    let (from, to) = (registry.name("theirs/app:1"), registry.name("ours/app:2"));
    let image = Recipe::default().gzipped().layer(b"one").layer(b"two").build();
    stock(&from, &image);
    let lugger = Lugger::new();
    lugger.args(["pull", &from]).ok();
    lugger.args(["tag", &from, &to]).ok();
    lugger.args(["push", &to]).ok();
    assert_eq!(raw_manifest(&to), image.manifest.bytes);
    let seen = inspect(&to);
    assert_eq!(seen["Digest"], image.digest());
    assert_eq!(seen["Layers"].as_array().unwrap().len(), 2);
    assert_eq!(seen["RepoTags"], serde_json::json!(["2"]));
}

#[test]
fn an_index_goes_through_the_store_with_all_its_platforms() {
    let registry = Distribution::open();
    let (from, to) = (registry.name("theirs/app:1"), registry.name("ours/app:1"));
    let index = two_platforms();
    stock_index(&from, &index);
    let lugger = Lugger::new();
    lugger.args(["pull", "--all-platforms", &from]).ok();
    check(&lugger.store()).assert_sound();
    lugger.args(["tag", &from, &to]).ok();
    let pushed = lugger.args(["push", "-q", &to]).ok();
    assert_eq!(pushed.stdout, format!("{}@{}\n", registry.name("ours/app"), index.digest()));
    assert_eq!(raw_manifest(&to), index.manifest.bytes);
    let elsewhere = tempfile::tempdir().unwrap();
    copy(&format!("docker://{to}"), &format!("oci:{}:x", elsewhere.path().display()));
    StoreCheck::of(elsewhere.path()).assert_sound();
}

#[test]
fn one_platform_of_an_index_is_the_image_that_skopeo_would_choose() {
    let registry = Distribution::open();
    let name = registry.name("theirs/app:1");
    let index = two_platforms();
    stock_index(&name, &index);
    let lugger = Lugger::new();
    let pulled = lugger.args(["pull", "-q", "--platform", "linux/arm64", &name]).ok();
    assert_eq!(pulled.stdout, format!("{}@{}\n", registry.name("theirs/app"), index.digest()));
    check(&lugger.store()).absent_children().assert_sound();
    assert_eq!(stored_manifest(&lugger.store(), &name), index.images[1].manifest.bytes);
    lugger.args(["pull", "--platform", "linux/s390x", &name]).fails(3);
}

fn two_platforms() -> Index {
    let [amd, arm] = ["linux/amd64", "linux/arm64"].map(|platform| {
        let content = format!("for {platform}\n");
        Recipe::default().platform(platform).layer(content.as_bytes()).build()
    });
    Index::of(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")])
}

#[test]
fn skopeo_reads_the_store_and_copies_out_of_it() {
    let registry = Distribution::open();
    let name = registry.name("team/app:1");
    let image = Image::tiny(4);
    stock(&name, &image);
    let lugger = Lugger::new();
    lugger.args(["pull", &name]).ok();
    assert_eq!(stored_manifest(&lugger.store(), &name), image.manifest.bytes);
    let out = tempfile::tempdir().unwrap();
    copy(&in_layout(&lugger.store(), &name), &in_layout(out.path(), "x"));
    StoreCheck::of(out.path()).assert_sound();
    assert_eq!(stored_manifest(out.path(), "x"), image.manifest.bytes);
    let pushed = registry.name("team/copy:1");
    copy(&in_layout(&lugger.store(), &name), &format!("docker://{pushed}"));
    assert_eq!(inspect_digest(&pushed), image.digest());
}

#[test]
fn what_skopeo_converts_to_either_family_is_pulled_and_kept() {
    let registry = Distribution::open();
    let directory = tempfile::tempdir().unwrap();
    let image = Recipe::default().gzipped().layer(b"one").build();
    let source = OciLayout::write(directory.path(), "x", &image);
    for (format, media_type) in [("v2s2", Family::Docker.manifest()), ("oci", Family::Oci.manifest())] {
        let name = registry.name(&format!("theirs/{format}:1"));
        let target = format!("docker://{name}");
        skopeo(&["copy", "--format", format, "--dest-tls-verify=false", &source, &target]);
        let bytes = raw_manifest(&name);
        assert!(String::from_utf8_lossy(&bytes).contains(media_type), "{format}");
        let lugger = Lugger::new();
        let pulled = lugger.args(["pull", "-q", &name]).ok();
        assert!(
            pulled.stdout.ends_with(&format!("@{}\n", sha256(&bytes))),
            "{}",
            pulled.stdout
        );
        check(&lugger.store()).assert_sound();
        // This skopeo finds an image of Docker's types by its name nowhere; where there is only one, it needs no name.
        let only = format!("oci:{}", lugger.store().display());
        assert_eq!(skopeo(&["inspect", "--raw", &only]).stdout, bytes);
        let back = registry.name(&format!("ours/{format}:1"));
        lugger.args(["tag", &name, &back]).ok();
        lugger.args(["push", &back]).ok();
        assert_eq!(raw_manifest(&back), bytes);
    }
}

#[test]
fn skopeo_reads_a_layout_that_a_copy_wrote() {
    let registry = Distribution::open();
    let name = registry.name("team/app:1");
    let index = two_platforms();
    stock_index(&name, &index);
    let lugger = Lugger::new();
    let layout = lugger.home().join("layout");
    let target = in_layout(&layout, "app");
    let run = lugger.args(["copy", "-q", &name, &target]).ok();
    assert!(run.stdout.contains(index.digest()), "{}", run.stdout);
    check(&layout).assert_sound();
    assert_eq!(stored_manifest(&layout, "app"), index.manifest.bytes);
    let back = registry.name("team/back:1");
    copy(&target, &format!("docker://{back}"));
    assert_eq!(inspect_digest(&back), index.digest());
}

#[test]
fn a_layout_that_skopeo_wrote_is_copied_to_a_registry() {
    let registry = Distribution::open();
    let name = registry.name("theirs/app:1");
    let index = two_platforms();
    stock_index(&name, &index);
    let directory = tempfile::tempdir().unwrap();
    let layout = in_layout(directory.path(), "app");
    copy(&format!("docker://{name}"), &layout);
    let lugger = Lugger::new();
    let target = registry.name("ours/app:1");
    lugger.args(["copy", &layout, &target]).ok();
    assert_eq!(raw_manifest(&target), index.manifest.bytes);
    assert_eq!(lugger.args(["digest", &layout]).ok().stdout.trim(), index.digest());
}

#[test]
fn one_image_of_a_layout_that_skopeo_wrote_is_chosen_by_platform() {
    let registry = Distribution::open();
    let name = registry.name("theirs/app:1");
    let index = two_platforms();
    stock_index(&name, &index);
    let lugger = Lugger::new();
    let target = registry.name("ours/arm:1");
    lugger.args(["copy", "--platform", "linux/arm64", &name, &target]).ok();
    assert_eq!(inspect(&target)["Architecture"], "arm64");
    assert_eq!(inspect_digest(&target), index.images[1].digest());
}

#[test]
fn skopeo_and_the_program_put_images_into_one_layout_in_turn() {
    let lugger = Lugger::new();
    let (ours, theirs) = (Image::tiny(5), Image::tiny(6));
    hold(&lugger, "127.0.0.1:5/ours:1", &ours);
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", &theirs);
    copy(&source, &in_layout(&lugger.store(), "127.0.0.1:5/theirs:1"));
    check(&lugger.store()).assert_sound();
    let listed = lugger.args(["images", "--digests"]).ok().stdout;
    for (name, image) in [("127.0.0.1:5/ours", &ours), ("127.0.0.1:5/theirs", &theirs)] {
        let line = listed.lines().find(|line| line.starts_with(&format!("{name} ")));
        assert!(line.is_some_and(|line| line.contains(image.digest())), "{name}:\n{listed}");
    }
    assert_eq!(stored_manifest(&lugger.store(), "127.0.0.1:5/ours:1"), ours.manifest.bytes);
}

fn in_layout(directory: &Path, name: &str) -> String {
    format!("oci:{}:{name}", directory.display())
}

/// The manifest of a name in a layout, as skopeo reads it.
fn stored_manifest(directory: &Path, name: &str) -> Vec<u8> {
    skopeo(&["inspect", "--raw", &in_layout(directory, name)]).stdout
}
