//! Stores that cannot be written or read: full, read-only, no store at all, damaged. The file systems are made for the
//! test, which takes root; a test that cannot make one fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{keep, told, with_app};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::process;
use crate::support::registry::Registry;
use crate::support::store_check::StoreCheck;
use crate::support::tar::noise;

#[test]
fn a_full_disk_leaves_a_sound_store_and_the_next_run_goes_on() {
    let (registry, lugger) = (Registry::start(), Lugger::new());
    let image = Image::with_layers(&[noise(1, 400_000), noise(2, 400_000), noise(3, 1_500_000)]);
    registry.put_image("big", "1", &image);
    let disk = Disk::mount(&lugger.store(), "size=1m");
    keep(&lugger, "app:1", &Image::tiny(1));
    let pull = lugger.args(["pull", "-q", "--jobs", "1", &registry.name("big:1")]);
    let said = told(pull.clone(), 1, &registry);
    assert!(said.starts_with("error: cannot pull `HOST/big:1`\n"), "{said}");
    let ends = "No space left on device (os error 28)\n\nhint: make room there, or name another place with `--store`; \
                what has arrived is kept for the next run\n";
    assert!(said.ends_with(ends), "{said}");
    assert_eq!(names(&lugger), ["docker.io/library/app:1"]);
    assert_eq!(lugger.args(["images"]).ok().stdout.lines().count(), 2);

    disk.remount("size=16m");
    let before = sent(&registry);
    pull.ok();
    let whole: usize = image.layers.iter().map(|layer| layer.size).sum();
    assert!(
        sent(&registry) - before < whole as u64 - 500_000,
        "{}",
        registry.log().lines()
    );
    assert_eq!(
        names(&lugger),
        [
            "127.0.0.1/big:1".replace("127.0.0.1", &registry.host()),
            "docker.io/library/app:1".into()
        ]
    );
}

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
        assert!(
            said.contains(&path) && said.contains("Not a directory (os error 20)"),
            "{arguments:?}: {said}"
        );
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

/// A file system in memory; it is unmounted when this is dropped, which must be before the home around it.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, options: &str) -> Self {
        fs::create_dir(at).unwrap();
        let words = ["-t", "tmpfs", "-o", options, "tmpfs"];
        process::run(Command::new("mount").args(words).arg(at), "mount");
        Self(at.to_path_buf())
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        process::run(Command::new("mount").args(["-o", &options]).arg(&self.0), "mount");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

/// How many bytes of blobs the registry has sent.
fn sent(registry: &Registry) -> u64 {
    registry
        .log()
        .select("GET", "/blobs/")
        .iter()
        .map(|request| request.sent)
        .sum()
}

fn names(lugger: &Lugger) -> Vec<String> {
    let check = StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock", "partial"]);
    check.assert_sound();
    check.names()
}
