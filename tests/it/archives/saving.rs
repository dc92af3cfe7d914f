//! `lugger save`: what an archive holds, that it is the same every time, and that it is whole or not there.

use std::collections::BTreeMap;
use std::fs;

use super::{config_and_manifest, store};
use crate::peers_steps::hold;
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, Recipe, sha256};
use crate::support::layout::OciLayout;
use crate::support::store_check::StoreCheck;
use crate::support::tar::noise;

/// The members of an archive, read by hand; those whose name ends with `/` are folders.
fn members(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut members = Vec::new();
    let mut rest = tar;
    while rest[0] != 0 {
        let name = String::from_utf8(rest[..100].split(|byte| *byte == 0).next().unwrap().to_vec()).unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[124..135]).unwrap(), 8).unwrap();
        assert_eq!(&rest[136..147], b"00000000000", "no date: {name}");
        members.push((name, rest[512..512 + size].to_vec()));
        rest = &rest[512 + size.next_multiple_of(512)..];
    }
    assert_eq!(rest, [0; 1024]);
    members
}

fn json(members: &[(String, Vec<u8>)], name: &str) -> serde_json::Value {
    let found = members.iter().find(|(member, _)| member == name);
    serde_json::from_slice(&found.unwrap_or_else(|| panic!("no {name}")).1).unwrap()
}

#[test]
fn an_archive_is_one_of_docker_and_a_layout_at_once() {
    let (lugger, image) = (Lugger::new(), Image::with_layers(&[noise(1, 300_000), b"small".to_vec()]));
    hold(&lugger, "registry.example/team/app:1", &image);
    let saved = lugger.args(["save", "registry.example/team/app:1"]).ok().bytes;
    let members = members(&saved);
    let by_name: BTreeMap<_, _> = members.iter().cloned().collect();
    assert_eq!(by_name.len(), members.len(), "each member once");
    for blob in image.blobs().chain([&image.manifest]) {
        assert_eq!(by_name[&format!("blobs/{}", blob.digest.replace(':', "/"))], blob.bytes);
    }
    let index = json(&members, "index.json");
    assert_eq!(index["manifests"][0]["digest"], image.digest());
    let annotations = &index["manifests"][0]["annotations"];
    assert_eq!(annotations["io.containerd.image.name"], "registry.example/team/app:1");
    let items = json(&members, "manifest.json");
    assert_eq!(items[0]["RepoTags"], serde_json::json!(["registry.example/team/app:1"]));
    assert_eq!(items[0]["Layers"].as_array().unwrap().len(), 2);
    assert_eq!(members[0].0, "oci-layout");
}

#[test]
fn the_same_images_become_the_same_bytes() {
    let (one, other) = (Image::tiny(1), Image::tiny(2));
    let archives: Vec<Vec<u8>> = [[&one, &other], [&other, &one]]
        .iter()
        .map(|images| {
            let lugger = Lugger::new();
            for image in *images {
                let name = if image.digest() == one.digest() { "app:1" } else { "app:2" };
                hold(&lugger, name, image);
            }
            lugger.args(["save", "app:1", "app:2"]).ok().bytes
        })
        .collect();
    assert!(archives[0] == archives[1]);
}

#[test]
fn what_is_saved_is_loaded_with_its_digest_and_all_names() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    hold(&lugger, "app:1", &image);
    lugger.args(["tag", "app:1", "other:2"]).ok();
    for format in ["docker-archive", "oci-archive"] {
        let run = lugger
            .args(["save", "app:1", "other:2", "--format", format, "-o", "a.tar"])
            .ok();
        assert_eq!(run.stdout, "");
        let elsewhere = Lugger::new();
        let archive = fs::read(lugger.home().join("a.tar")).unwrap();
        let run = elsewhere.args(["load"]).stdin(archive).ok();
        assert_eq!(run.stdout, "Loaded image: app:1\nLoaded image: other:2\n");
        store(&elsewhere).assert_sound();
        let digest = elsewhere.args(["digest", "store:other:2"]).ok().stdout;
        assert_eq!(digest.trim(), image.digest(), "{format}");
    }
}

#[test]
fn images_share_their_layers_in_an_archive_and_names_their_image() {
    let lugger = Lugger::new();
    let [one, other] = [b"one", b"two"].map(|own| Image::with_layers(&[noise(5, 100_000), own.to_vec()]));
    hold(&lugger, "app:1", &one);
    hold(&lugger, "app:2", &other);
    lugger.args(["tag", "app:1", "app:latest"]).ok();
    let members = members(&lugger.args(["save", "app:1", "app:2", "app:latest"]).ok().bytes);
    let shared = format!("blobs/{}", one.layers[0].digest.replace(':', "/"));
    assert_eq!(members.iter().filter(|(name, _)| *name == shared).count(), 1);
    let items = json(&members, "manifest.json");
    assert_eq!(items.as_array().unwrap().len(), 2);
    assert_eq!(items[0]["RepoTags"], serde_json::json!(["app:1", "app:latest"]));
    assert_eq!(json(&members, "index.json")["manifests"].as_array().unwrap().len(), 3);
}

#[test]
fn of_an_index_docker_gets_one_platform_and_a_layout_all() {
    let lugger = Lugger::new();
    let [host, arm] = ["linux/amd64", "linux/s390x"].map(|platform| Recipe::default().platform(platform).layer(b"x").build());
    let index = Index::of(&[(&host, "linux/amd64"), (&arm, "linux/s390x")]);
    let directory = lugger.home().join("layout");
    OciLayout::new(&directory).index("x", &index);
    lugger.args(["copy", "-q", "oci:layout:x", "store:app:1"]).ok();
    let run = lugger.args(["save", "app:1", "--platform", "linux/s390x"]).ok();
    let seen = members(&run.bytes);
    assert_eq!(json(&seen, "index.json")["manifests"][0]["digest"], arm.digest());
    let run = lugger.args(["save", "app:1", "--format", "oci-archive"]).ok();
    let seen = members(&run.bytes);
    assert_eq!(json(&seen, "index.json")["manifests"][0]["digest"], index.digest());
    assert!(seen.iter().all(|(name, _)| name != "manifest.json"));
    lugger.args(["save", "app:1", "--platform", "linux/riscv64"]).fails(3);
    let two = ["save", "app:1", "--platform", "linux/amd64", "--platform", "linux/s390x"];
    lugger.args(two).fails(2);
    lugger.args(["save", "app:1", "--format", "oci-dir", "-o", "dir"]).ok();
    StoreCheck::of(&lugger.home().join("dir"))
        .allowing(&["lock", "index.lock"])
        .assert_sound();
}

#[test]
fn layers_of_zstd_are_saved_for_docker_as_they_were_before() {
    let lugger = Lugger::new();
    let recipe = Recipe::default().layer(b"plain").layer(&noise(2, 100_000));
    let plain = recipe.build();
    let packed = zstd::encode_all(&*plain.layers[1].bytes, 3).unwrap();
    let image = recipe
        .stored_as("application/vnd.oci.image.layer.v1.tar+zstd", packed)
        .build();
    hold(&lugger, "app:1", &image);
    let run = lugger.args(["save", "app:1"]).ok();
    assert!(run.stderr.contains("layers of zstd are saved uncompressed"), "{}", run.stderr);
    let seen = members(&run.bytes);
    let layers = json(&seen, "manifest.json")[0]["Layers"].clone();
    let layers: Vec<String> = serde_json::from_value(layers).unwrap();
    for (name, layer) in layers.iter().zip(&plain.layers) {
        let bytes = &seen.iter().find(|(member, _)| member == name).unwrap().1;
        assert_eq!(sha256(bytes), layer.digest);
    }
    let run = lugger.args(["save", "app:1", "--format", "oci-archive"]).ok();
    assert_eq!(
        json(&members(&run.bytes), "index.json")["manifests"][0]["digest"],
        image.digest()
    );
}

#[test]
fn a_file_is_replaced_by_a_whole_archive_or_not_at_all() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    hold(&lugger, "app:1", &image);
    let path = lugger.home().join("a.tar");
    fs::write(&path, "precious").unwrap();
    lugger.args(["save", "app:1", "missing:1", "-o", "a.tar"]).fails(3);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let blob = lugger.store().join("blobs").join(image.layers[1].digest.replace(':', "/"));
    let mut bytes = fs::read(&blob).unwrap();
    bytes[600] ^= 1;
    fs::write(&blob, bytes).unwrap();
    lugger.args(["save", "app:1", "-o", "a.tar"]).fails(7);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let left = fs::read_dir(lugger.home()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".tmp")
    });
    assert_eq!(left.count(), 0);
    lugger.args(["save", "app:1", "-o", "no/such/folder/a.tar"]).fails(1);
}

#[test]
fn a_full_disk_is_told_and_a_device_stays_one() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    hold(&lugger, "app:1", &image);
    let run = lugger.args(["save", "app:1", "-o", "/dev/full"]).fails(1);
    assert!(run.stderr.contains("No space left"), "{}", run.stderr);
    lugger.args(["save", "app:1", "-o", "/dev/null"]).ok();
    let kind = fs::metadata("/dev/null").unwrap().file_type();
    assert!(!kind.is_file());
    let mut command = lugger.args(["save", "app:1"]).command();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn save_and_load_go_through_a_pipe() {
    let (lugger, image) = (Lugger::new(), Image::with_layers(&[noise(1, 3_000_000)]));
    hold(&lugger, "app:1", &image);
    let archive = lugger.args(["save", "-q", "app:1"]).ok();
    assert_eq!(archive.stderr, "");
    let elsewhere = Lugger::new();
    elsewhere.args(["load"]).stdin(archive.bytes).ok();
    assert_eq!(
        config_and_manifest(&elsewhere, "app:1"),
        config_and_manifest(&lugger, "app:1")
    );
}
