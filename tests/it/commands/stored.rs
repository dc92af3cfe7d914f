//! The store from outside: `lugger images`, `lugger rmi`, `lugger prune`.

use std::fs;

use serde_json::json;

use super::{has_blob, json as parsed, keep, made_at, names, rows, short, siblings};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Family, Image, Index};
use crate::support::layout::OciLayout;

#[test]
fn an_empty_store_lists_nothing_and_is_not_made() {
    let lugger = Lugger::new();
    let header = ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"];
    assert_eq!(rows(&lugger.args(["images"]).ok()), [header]);
    assert_eq!(lugger.args(["images", "--format", "json"]).ok().stdout, "[]\n");
    assert!(!lugger.store().exists());
}

#[test]
fn images_are_listed_in_dockers_columns_and_the_newest_first() {
    let (lugger, newer) = (Lugger::new(), Image::tiny(1));
    let older = made_at("2001-01-02T03:04:05Z", &newer);
    keep(&lugger, "app:1", &older);
    keep(&lugger, "ghcr.io/acme/app:2", &newer);
    let table = rows(&lugger.args(["images"]).ok());
    assert_eq!(table.len(), 3);
    assert_eq!(table[1][..3], ["ghcr.io/acme/app", "2", short(&newer.config.digest)]);
    assert_eq!(table[2][..3], ["app", "1", short(&older.config.digest)]);
    assert!(table[2][3].ends_with("years ago"), "{table:?}");
    assert!(table[2][4].ends_with("kB"), "{table:?}");
}

#[test]
fn digests_are_shown_when_asked_for() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    let table = rows(&lugger.args(["images", "--digests"]).ok());
    assert_eq!(table[0], ["REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"]);
    assert_eq!(table[1][..4], ["app", "1", image.digest(), short(&image.config.digest)]);
}

#[test]
fn an_image_without_a_tag_shows_none() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, &format!("app@{}", image.digest()), &image);
    assert_eq!(rows(&lugger.args(["images"]).ok())[1][..2], ["app", "<none>"]);
}

#[test]
fn only_images_of_one_repository_are_listed_when_asked_for() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    keep(&lugger, "app2:1", &Image::tiny(2));
    keep(&lugger, "ghcr.io/library/app:1", &Image::tiny(3));
    let table = rows(&lugger.args(["images", "docker.io/library/app"]).ok());
    assert_eq!(table.len(), 2, "{table:?}");
    assert_eq!(table[1][0], "app");
    assert_eq!(rows(&lugger.args(["images", "nothing"]).ok()).len(), 1);
}

#[test]
fn json_has_every_field_of_every_image() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    let listed = parsed(&lugger.args(["images", "--format", "json"]).ok());
    let blobs: usize = image.blobs().map(|blob| blob.size).sum();
    let size = listed[0]["size"].as_u64().unwrap();
    assert!((blobs..=blobs + image.manifest.size).contains(&usize::try_from(size).unwrap()));
    let expected = json!([{
        "name": "docker.io/library/app:1", "repository": "app", "tag": "1",
        "digest": image.digest(), "id": image.config.digest, "created": "2026-01-02T03:04:05Z",
        "size": size, "uniqueSize": size, "mediaType": Family::Oci.manifest(),
    }]);
    assert_eq!(listed, expected);
}

#[test]
fn removing_one_of_two_names_deletes_nothing() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    lugger.args(["tag", "app:1", "app:2"]).ok();
    let run = lugger.args(["rmi", "app:1"]).ok();
    assert_eq!(run.stdout, "Untagged: docker.io/library/app:1\n");
    assert_eq!(names(&lugger), ["docker.io/library/app:2"]);
    assert!(has_blob(&lugger, image.digest()));
}

#[test]
fn removing_the_last_name_deletes_what_nobody_else_uses() {
    let (lugger, (one, other)) = (Lugger::new(), siblings());
    keep(&lugger, "app:1", &one);
    keep(&lugger, "app:2", &other);
    let run = lugger.args(["rmi", "app:1"]).ok();
    let mut lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.remove(0), "Untagged: docker.io/library/app:1");
    lines.sort_unstable();
    let gone = [one.digest(), &one.config.digest, &one.layers[1].digest];
    let mut expected = gone.map(|digest| format!("Deleted: {digest}"));
    expected.sort_unstable();
    assert_eq!(lines, expected);
    assert!(has_blob(&lugger, &one.layers[0].digest), "a shared layer is gone");
    assert!(gone.iter().all(|digest| !has_blob(&lugger, digest)));
    assert_eq!(names(&lugger), ["docker.io/library/app:2"]);
}

#[test]
fn removing_an_index_deletes_all_its_images() {
    let (lugger, (one, other)) = (Lugger::new(), siblings());
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")]);
    let directory = lugger.home().join("layout");
    OciLayout::new(&directory).index("it", &index);
    lugger.args(["copy", "-q", "oci:layout:it", "store:app:1"]).ok();
    assert!(has_blob(&lugger, &other.layers[1].digest));
    lugger.args(["rmi", "app:1"]).ok();
    let left = [one.digest(), other.digest(), index.digest(), &other.layers[1].digest];
    assert!(left.iter().all(|digest| !has_blob(&lugger, digest)));
    assert!(names(&lugger).is_empty());
}

#[test]
fn several_names_go_in_one_run_and_a_digest_finds_its_image() {
    let (lugger, image, other) = (Lugger::new(), Image::tiny(1), Image::tiny(2));
    keep(&lugger, "app:1", &image);
    keep(&lugger, "app:2", &other);
    let by_digest = format!("app@{}", image.digest());
    let run = lugger.args(["rmi", &by_digest, "app:2"]).ok();
    let untagged: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("Untagged")).collect();
    assert_eq!(
        untagged,
        ["Untagged: docker.io/library/app:1", "Untagged: docker.io/library/app:2"]
    );
    assert!(names(&lugger).is_empty());
}

#[test]
fn what_images_share_is_counted_once() {
    let (lugger, (one, other)) = (Lugger::new(), siblings());
    keep(&lugger, "app:1", &one);
    keep(&lugger, "app:2", &other);
    let listed = parsed(&lugger.args(["images", "--format", "json"]).ok());
    let shared = one.layers[0].size as u64;
    for image in listed.as_array().unwrap() {
        let (size, unique) = (image["size"].as_u64().unwrap(), image["uniqueSize"].as_u64().unwrap());
        assert_eq!(size - unique, shared);
    }
    let run = lugger.args(["images", "--sizes"]).ok();
    assert!(run.stdout.lines().next().unwrap().ends_with("UNIQUE"), "{}", run.stdout);
    let blobs = fs::read_dir(lugger.store().join("blobs/sha256")).unwrap();
    let stored: u64 = blobs.map(|blob| blob.unwrap().metadata().unwrap().len()).sum();
    let total = format!("\n\nTotal: {}, each layer counted once\n", lugger::size::human(stored));
    assert!(run.stdout.ends_with(&total), "{total:?} {}", run.stdout);
    let rehearsed = lugger.args(["rmi", "--dry-run", "app:1", "app:2"]).ok().stdout;
    assert!(rehearsed.contains(&format!("Total reclaimable space: {}", lugger::size::human(stored))));
}

#[test]
fn a_pattern_chooses_what_is_listed() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    for name in ["app:pr-1", "app:1.0", "web:pr-2"] {
        keep(&lugger, name, &image);
    }
    assert_eq!(rows(&lugger.args(["images", "--filter", "pr-*"]).ok()).len(), 3);
    assert_eq!(rows(&lugger.args(["images", "app", "--filter", "pr-*"]).ok()).len(), 2);
}

#[test]
fn a_rehearsal_says_what_goes_and_leaves_it() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    lugger.args(["tag", "app:1", "app:2"]).ok();
    let would = lugger.args(["rmi", "--dry-run", "app:1"]).ok().stdout;
    assert_eq!(would, "Would untag: docker.io/library/app:1\nTotal reclaimable space: 0B\n");
    let would = lugger.args(["rmi", "--dry-run", "app:1", "app:2"]).ok().stdout;
    assert_eq!(
        would.lines().filter(|line| line.starts_with("Would delete: sha256:")).count(),
        4,
        "{would}"
    );
    assert_eq!(names(&lugger).len(), 2);
    let did = lugger.args(["rmi", "app:1", "app:2"]).ok().stdout;
    let would: Vec<&str> = would.lines().filter_map(|line| line.strip_prefix("Would delete: ")).collect();
    let did: Vec<&str> = did.lines().filter_map(|line| line.strip_prefix("Deleted: ")).collect();
    assert_eq!(would, did);
}

#[test]
fn a_rehearsed_prune_deletes_nothing() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let stray = Blob::new("application/octet-stream", vec![7; 1500]);
    let path = lugger.store().join("blobs").join(stray.digest.replace(':', "/"));
    fs::write(&path, &stray.bytes).unwrap();
    let run = lugger.args(["prune", "--dry-run"]).ok();
    let expected = format!("Would delete: {}\nTotal reclaimable space: 1.5kB\n", stray.digest);
    assert_eq!(run.stdout, expected);
    assert!(path.exists());
}

#[test]
fn rules_choose_what_is_removed() {
    let lugger = Lugger::new();
    for (tag, n) in [("pr-1", 1), ("pr-2", 2), ("1.0", 3)] {
        keep(&lugger, &format!("app:{tag}"), &Image::tiny(n));
    }
    keep(&lugger, "web:pr-1", &Image::tiny(4));
    let run = lugger.args(["rmi", "app", "--filter", "pr-*", "--keep", "1"]).ok();
    let untagged: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("Untagged: ")).collect();
    assert_eq!(untagged.len(), 1, "{untagged:?}");
    assert!(untagged[0].starts_with("Untagged: docker.io/library/app:pr-"));
    let nothing = lugger.args(["rmi", "app", "--older-than", "5000w"]).ok().stdout;
    assert_eq!(nothing, "Nothing to remove\n");
    lugger.args(["rmi", "app", "--older-than", "1s"]).ok();
    assert_eq!(names(&lugger), ["docker.io/library/web:pr-1"]);
    let narrower = lugger.args(["rmi", "web:pr-1", "--keep", "0"]).fails(2);
    assert!(narrower.stderr.contains("is narrower"), "{}", narrower.stderr);
}

#[test]
fn all_names_go_or_none() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    lugger.args(["rmi", "app:1", "app:2"]).fails(3);
    assert_eq!(names(&lugger), ["docker.io/library/app:1"]);
    lugger.args(["rmi", "--ignore-missing", "app:1", "app:2"]).ok();
    assert!(names(&lugger).is_empty());
}

#[test]
fn removing_what_is_not_there_is_not_found() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let run = lugger.args(["rmi", "app:2"]).fails(3);
    assert!(run.stderr.contains("the store has no image `app:2`"), "{}", run.stderr);
    assert_eq!(names(&lugger), ["docker.io/library/app:1"]);
}

#[test]
fn pruning_deletes_only_what_no_name_reaches() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    let stray = Blob::new("application/octet-stream", vec![7; 1500]);
    fs::write(
        lugger.store().join("blobs").join(stray.digest.replace(':', "/")),
        &stray.bytes,
    )
    .unwrap();
    let run = lugger.args(["prune"]).ok();
    assert_eq!(
        run.stdout,
        format!("Deleted: {}\nTotal reclaimed space: 1.5kB\n", stray.digest)
    );
    assert_eq!(lugger.args(["prune"]).ok().stdout, "Total reclaimed space: 0B\n");
    assert_eq!(names(&lugger), ["docker.io/library/app:1"]);
    assert!(image.blobs().all(|blob| has_blob(&lugger, &blob.digest)));
}

#[test]
fn pruning_a_store_that_is_not_there_makes_none() {
    let lugger = Lugger::new();
    assert_eq!(lugger.args(["prune"]).ok().stdout, "Total reclaimed space: 0B\n");
}
