//! Which image of an index is pulled.

use serde_json::Value;

use super::{check, has, holds, path, pull, root};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Family, Image, Index, Recipe};
use crate::support::registry::Registry;

const PLATFORMS: [&str; 3] = ["linux/amd64", "linux/arm64/v8", "linux/s390x"];

fn image(platform: &str) -> Image {
    Recipe::default().platform(platform).layer(platform.as_bytes()).build()
}

fn images() -> [Image; 3] {
    PLATFORMS.map(image)
}

fn index(images: &[Image; 3]) -> Index {
    let entries: Vec<(&Image, &str)> = images.iter().zip(PLATFORMS).collect();
    Index::of(&entries)
}

fn serving(index: &Index) -> Registry {
    let registry = Registry::start();
    registry.put_index("app", "1", index);
    registry
}

/// Where this machine's image is among `PLATFORMS`.
fn host() -> usize {
    usize::from(cfg!(target_arch = "aarch64"))
}

/// An index that only holds another one.
fn around(inner: &Blob) -> Blob {
    let kind = Family::Oci.index();
    let json = format!(
        r#"{{ "schemaVersion":2,"mediaType":"{kind}", "manifests":[ {} ] }}"#,
        inner.descriptor()
    );
    Blob::new(kind, json.into_bytes())
}

fn assert_only(lugger: &Lugger, images: &[Image], wanted: &[usize]) {
    for (at, image) in images.iter().enumerate() {
        assert_eq!(holds(lugger, image), wanted.contains(&at), "{at}");
        assert_eq!(has(lugger, &image.layers[0]), wanted.contains(&at), "{at}");
    }
}

#[test]
fn an_index_gives_the_image_of_this_machine_and_prints_its_own_digest() {
    let images = images();
    let entries: Vec<(&Image, &str)> = images.iter().zip(PLATFORMS).collect();
    for index in [Index::of(&entries), Index::docker(&entries)] {
        let (lugger, registry) = (Lugger::new(), serving(&index));
        let run = pull(&lugger, &registry.name("app:1")).ok();
        assert!(run.stdout.contains(index.digest()), "{}", run.stdout);
        assert_eq!(root(&lugger, &registry.name("app:1")), images[host()].digest());
        assert_only(&lugger, &images, &[host()]);
        check(&lugger).assert_sound();
    }
}

#[test]
fn another_platform_is_pulled_when_asked_for_under_any_of_its_names() {
    let images = images();
    let registry = serving(&index(&images));
    for platform in ["linux/arm64/v8", "linux/arm64", "linux/aarch64"] {
        let lugger = Lugger::new();
        lugger.args(["pull", "--platform", platform, &registry.name("app:1")]).ok();
        assert_only(&lugger, &images, &[1]);
        check(&lugger).assert_sound();
    }
}

#[test]
fn two_platforms_make_an_index_of_just_these() {
    let images = images();
    let index = index(&images);
    let (lugger, registry) = (Lugger::new(), serving(&index));
    let (name, platforms) = (registry.name("app:1"), ["linux/amd64", "linux/s390x"]);
    lugger
        .args(["pull", "--platform", platforms[0], "--platform", platforms[1], &name])
        .ok();
    assert_only(&lugger, &images, &[0, 2]);
    let digest = root(&lugger, &name);
    assert_ne!(digest, index.digest());
    let json: Value = serde_json::from_slice(&std::fs::read(path(&lugger, &digest)).unwrap()).unwrap();
    let kept: Vec<&str> = json["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["digest"].as_str().unwrap())
        .collect();
    assert_eq!(kept, [images[0].digest(), images[2].digest()]);
    check(&lugger).assert_sound();
}

#[test]
fn all_platforms_keep_the_index_as_it_is() {
    let images = images();
    let index = index(&images);
    let (lugger, registry) = (Lugger::new(), serving(&index));
    let name = registry.name("app:1");
    lugger.args(["pull", "--all-platforms", &name]).ok();
    assert_eq!(root(&lugger, &name), index.digest());
    assert_only(&lugger, &images, &[0, 1, 2]);
    check(&lugger).assert_sound();
}

#[test]
fn another_choice_of_platforms_is_not_taken_for_up_to_date() {
    let images = images();
    let (lugger, registry) = (Lugger::new(), serving(&index(&images)));
    let name = registry.name("app:1");
    for platform in [PLATFORMS[0], PLATFORMS[2]] {
        let run = lugger.args(["pull", "--platform", platform, &name]).ok();
        assert!(run.stdout.contains("Downloaded newer image"), "{}", run.stdout);
    }
    assert_eq!(root(&lugger, &name), images[2].digest());
    let before = registry.requests().len();
    lugger.args(["pull", "--platform", PLATFORMS[2], &name]).ok();
    assert_eq!(registry.requests().len(), before + 1, "{}", registry.log().lines());
}

#[test]
fn a_platform_that_does_not_exist_is_exit_3_and_those_that_do_are_listed() {
    let registry = serving(&index(&images()));
    let lugger = Lugger::new();
    let run = lugger
        .args(["pull", "--platform", "linux/riscv64", &registry.name("app:1")])
        .fails(3);
    for platform in ["linux/riscv64", "linux/amd64", "linux/arm64", "linux/s390x"] {
        assert!(run.stderr.contains(platform), "{}", run.stderr);
    }
    assert_eq!(check(&lugger).names(), Vec::<String>::new());
    assert_eq!(registry.count("*", "/blobs/"), 0, "{}", registry.log().lines());
}

#[test]
fn an_attestation_that_comes_first_is_passed_over() {
    let (wanted, attestation) = (image(PLATFORMS[host()]), Image::tiny(9));
    let index = Index::with_attestation(&[(&wanted, PLATFORMS[host()])], &attestation);
    let (lugger, registry) = (Lugger::new(), serving(&index));
    pull(&lugger, &registry.name("app:1")).ok();
    assert!(holds(&lugger, &wanted) && !has(&lugger, &attestation.manifest));
    let run = lugger
        .args(["pull", "--platform", "linux/riscv64", &registry.name("app:1")])
        .fails(3);
    assert!(!run.stderr.contains("unknown"), "{}", run.stderr);
}

#[test]
fn an_entry_without_a_platform_is_known_by_its_config() {
    let images = images();
    let entries: Vec<(&Image, &str)> = images.iter().map(|image| (image, "")).collect();
    let (lugger, registry) = (Lugger::new(), serving(&Index::of(&entries)));
    lugger
        .args(["pull", "--platform", "linux/s390x", &registry.name("app:1")])
        .ok();
    assert_eq!(root(&lugger, &registry.name("app:1")), images[2].digest());
    check(&lugger).assert_sound();
}

#[test]
fn an_image_without_an_index_is_kept_with_a_warning_if_it_is_for_another_platform() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.put_image("app", "1", &image("linux/s390x"));
    let call = |platform| lugger.args(["pull", "--platform", platform, &registry.name("app:1")]);
    for status in ["Downloaded newer image", "Image is up to date"] {
        let run = call("linux/arm64").ok();
        assert!(run.stdout.contains(status), "{}", run.stdout);
        let warnings = run.stderr.matches("warning: the image is for linux/s390x").count();
        assert_eq!(warnings, 1, "{status}: {}", run.stderr);
        assert!(!run.stdout.contains("warning"), "{}", run.stdout);
    }
    let run = call("linux/s390x").ok();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn an_index_inside_an_index_is_looked_into() {
    let images = images();
    let inner = index(&images);
    let registry = serving(&inner);
    let outer = around(&inner.manifest);
    registry.put_manifest("app", Some("outer"), &outer);
    let name = registry.name("app:outer");
    let lugger = Lugger::new();
    pull(&lugger, &name).ok();
    assert_eq!(root(&lugger, &name), images[host()].digest());
    lugger.args(["pull", "--all-platforms", &name]).ok();
    assert_eq!(root(&lugger, &name), outer.digest);
    assert_only(&lugger, &images, &[0, 1, 2]);
    check(&lugger).assert_sound();
}

#[test]
fn an_index_too_deep_is_refused() {
    let inner = index(&images());
    let registry = serving(&inner);
    let mut outer = inner.manifest;
    for _ in 0..6 {
        outer = around(&outer);
        registry.put_manifest("app", Some("deep"), &outer);
    }
    let lugger = Lugger::new();
    let run = lugger.args(["pull", "--all-platforms", &registry.name("app:deep")]).fails(1);
    assert!(run.stderr.contains("deep"), "{}", run.stderr);
    pull(&lugger, &registry.name("app:deep")).fails(3);
    assert_eq!(check(&lugger).names(), Vec::<String>::new());
    assert_eq!(registry.count("*", "/blobs/"), 0, "{}", registry.log().lines());
}

#[test]
fn an_index_that_claims_to_hold_itself_is_refused() {
    let registry = Registry::start();
    let mut inner = index(&images()).manifest;
    let lie = inner.digest.clone();
    inner.bytes = around(&inner).bytes;
    inner.size = inner.bytes.len();
    inner.digest = lie;
    registry.put_manifest("app", None, &inner);
    registry.put_manifest("app", Some("loop"), &around(&inner));
    let lugger = Lugger::new();
    for arguments in [&["--all-platforms"][..], &[]] {
        let name = registry.name("app:loop");
        let words = ["pull", &name].into_iter().chain(arguments.iter().copied());
        lugger.args(words).fails(7);
    }
    assert!(registry.requests().len() < 10, "{}", registry.log().lines());
}
