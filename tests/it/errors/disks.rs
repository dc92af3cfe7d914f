//! Stores that cannot be written or read: read-only, no store at all, damaged. Full ones are in `space`.

use std::fs;

use super::{keep, told, with_app};
use crate::support::command::Lugger;
use crate::support::disk::Disk;
use crate::support::image::Image;
use crate::support::store_check::StoreCheck;

#[test]
fn a_read_only_store_can_be_read_and_says_what_cannot_be_written() {
    let ((registry, _), lugger) = (with_app(), Lugger::new());
    let disk = Disk::mount(&lugger.store(), "size=4m");
    keep(&lugger, "app:1", &Image::tiny(2));
    disk.remount("ro");
    assert_eq!(lugger.args(["images"]).ok().stdout.lines().count(), 2);
    assert_eq!(
        lugger.args(["digest", "store:app:1"]).ok().stdout.trim(),
        Image::tiny(2).digest()
    );
    lugger.args(["copy", "store:app:1", &registry.name("copy:1")]).ok();
    let commands: [&[&str]; 4] = [
        &["pull", "-q", &registry.name("app:1")],
        &["tag", "app:1", "app:2"],
        &["rmi", "app:1"],
        &["prune"],
    ];
    for arguments in commands {
        let said = told(lugger.args(arguments), 1, &registry);
        assert!(said.contains("Read-only file system (os error 30)"), "{arguments:?}: {said}");
        assert!(said.contains(&lugger.store().display().to_string()), "{arguments:?}: {said}");
    }
    assert_eq!(names(&lugger), ["docker.io/library/app:1"]);
}

#[test]
fn a_store_that_is_a_file_is_named_and_left_alone() {
    let ((registry, _), lugger) = (with_app(), Lugger::new());
    fs::write(lugger.store(), "precious").unwrap();
    let name = registry.name("app:1");
    let commands: [&[&str]; 3] = [&["images"], &["pull", "-q", &name], &["prune"]];
    for arguments in commands {
        let said = told(lugger.args(arguments), 1, &registry);
        let path = lugger.store().display().to_string();
        assert!(said.contains(&path) && said.contains("is no folder"), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(lugger.store()).unwrap(), "precious");
}

#[test]
fn a_folder_with_other_things_in_it_is_no_store() {
    let ((registry, _), lugger) = (with_app(), Lugger::new());
    fs::create_dir(lugger.store()).unwrap();
    fs::write(lugger.store().join("thesis.txt"), "precious").unwrap();
    let said = told(lugger.args(["pull", "-q", &registry.name("app:1")]), 1, &registry);
    assert!(said.contains(&lugger.store().display().to_string()), "{said}");
    let left: Vec<_> = fs::read_dir(lugger.store()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_damaged_index_is_told_and_not_written_over() {
    let ((registry, _), lugger) = (with_app(), Lugger::new());
    keep(&lugger, "app:1", &Image::tiny(1));
    let index = lugger.store().join("index.json");
    let damaged = fs::read_to_string(&index).unwrap().replacen('{', "", 1);
    fs::write(&index, &damaged).unwrap();
    let name = registry.name("app:1");
    let commands: [&[&str]; 5] = [
        &["images"],
        &["pull", "-q", &name],
        &["tag", "app:1", "app:2"],
        &["rmi", "app:1"],
        &["prune"],
    ];
    for arguments in commands {
        let said = told(lugger.args(arguments), 1, &registry);
        assert!(said.contains(&index.display().to_string()), "{arguments:?}: {said}");
        assert_eq!(fs::read_to_string(&index).unwrap(), damaged, "{arguments:?}");
    }
    let blobs = fs::read_dir(lugger.store().join("blobs/sha256")).unwrap();
    assert!(blobs.count() >= 4, "what the index named is gone");
}

#[test]
fn a_damaged_manifest_hinders_only_its_own_image() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    keep(&lugger, "app:2", &Image::tiny(2));
    let blob = lugger.store().join("blobs").join(image.digest().replace(':', "/"));
    fs::write(&blob, "{}").unwrap();
    assert_eq!(lugger.args(["images"]).ok().stdout.lines().count(), 3);
    lugger.args(["inspect", "store:app:1"]).fails(7);
    lugger.args(["inspect", "store:app:2"]).ok();
    lugger.args(["rmi", "app:1"]).ok();
    assert_eq!(names(&lugger), ["docker.io/library/app:2"]);
}

fn names(lugger: &Lugger) -> Vec<String> {
    let check = StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock", "partial"]);
    check.assert_sound();
    check.names()
}
