//! Indexes in indexes: deep, wide, and in circles.

use super::refused;
use crate::support::command::Lugger;
use crate::support::image::{Blob, Family, Image};
use crate::support::registry::Registry;

fn index_of(entries: &[String]) -> Blob {
    let json = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}}"#,
        Family::Oci.index(),
        entries.join(",")
    );
    Blob::new(Family::Oci.index(), json.into_bytes())
}

/// Both the way to one image and the way to all of them.
fn ends_early(registry: &Registry, most: usize) {
    let lugger = Lugger::new();
    for flags in [&["--all-platforms"][..], &["--platform", "linux/amd64"]] {
        let name = registry.name("app:1");
        let run = lugger.args(["pull", &name].iter().chain(flags)).run();
        assert!(matches!(run.status, 1 | 3 | 7), "{}\n{}", run.status, run.stderr);
        assert_eq!(run.stdout, "");
        if let Some(peak) = run.peak_rss_kib {
            assert!(peak < 200 << 10, "{peak} KiB");
        }
    }
    assert!(registry.requests().len() <= most, "{} requests", registry.requests().len());
    assert_eq!(registry.count("*", "/blobs/"), 0);
}

#[test]
fn three_thousand_indexes_in_one_another_are_given_up_early() {
    let registry = Registry::start();
    let image = Image::tiny(1);
    registry.put_image("app", "image", &image);
    let mut outer = image.manifest;
    for _ in 0..3000 {
        outer = index_of(&[outer.descriptor()]);
        registry.put_manifest("app", Some("1"), &outer);
    }
    ends_early(&registry, 20);
}

#[test]
fn ten_thousand_images_are_too_many() {
    let registry = Registry::start();
    let image = Image::tiny(1);
    registry.put_image("app", "image", &image);
    let entry = image.manifest.descriptor();
    let entries: Vec<String> = (0..10_001)
        .map(|at| entry.replace(image.digest(), &format!("sha256:{at:064x}")))
        .collect();
    registry.put_manifest("app", Some("1"), &index_of(&entries));
    let run = Lugger::new()
        .args(["pull", "--all-platforms", &registry.name("app:1")])
        .fails(1);
    assert!(run.stderr.contains("10000 pieces"), "{}", run.stderr);
    assert!(registry.requests().len() < 5, "{}", registry.requests().len());
}

#[test]
fn indexes_that_multiply_with_every_level_are_given_up() {
    let registry = Registry::start();
    let image = Image::tiny(1);
    registry.put_image("app", "image", &image);
    let mut below = vec![image.manifest.descriptor()];
    // Every level has fifty indexes of all that is in the level below.
    for level in 0..5 {
        below = (0..50)
            .map(|at| {
                let mut index = index_of(&below);
                index.bytes.extend(format!("{}\n", " ".repeat(level * 50 + at)).bytes());
                let index = Blob::new(Family::Oci.index(), index.bytes);
                registry.put_manifest("app", None, &index);
                index.descriptor()
            })
            .collect();
    }
    registry.put_manifest("app", Some("1"), &index_of(&below));
    ends_early(&registry, 400);
}

/// A circle cannot be had by honest digests: somewhere bytes are not those of their name.
#[test]
fn two_indexes_that_hold_each_other_are_a_mismatch() {
    let registry = Registry::start();
    let lie = format!("sha256:{}", "a".repeat(64));
    let mut second = Blob::new(Family::Oci.index(), Vec::new());
    second.digest.clone_from(&lie);
    second.size = 300;
    let first = index_of(&[second.descriptor()]);
    let mut bytes = index_of(&[first.descriptor()]).bytes;
    bytes.resize(300, b' ');
    registry.put_manifest("app", Some("1"), &first);
    registry.put_manifest("app", None, &Blob { bytes, ..second });
    let run = refused(&registry, "a circle");
    assert_eq!(run.status, 7, "{}", run.stderr);
    assert!(registry.requests().len() < 5, "{}", registry.log().lines());
}
