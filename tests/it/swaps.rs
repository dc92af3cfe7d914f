//! Somebody who may write to the store puts links in the place of its folders and takes them away again, over and over
//! while the program runs: whatever the program then does or fails to do, it does nothing where the links lead.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::support::image::Image;
use crate::support::scene::Scene;
use crate::support::server::Act;
use crate::support::store_check::StoreCheck;

/// How many images come and go while the folders are swapped.
const IMAGES: u8 = 12;
/// Long enough ago that a prune takes what is left over.
const AGO: Duration = Duration::from_hours(30 * 24);

/// What is outside, with all by which a change would be seen.
fn seen(folder: &Path) -> Vec<(PathBuf, u64, u32, i64, i64, Vec<u8>)> {
    let mut seen = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = fs::symlink_metadata(&path).unwrap();
        if file.is_dir() {
            seen.extend(self::seen(&path));
        }
        let content = fs::read(&path).unwrap_or_default();
        seen.push((path, file.ino(), file.mode(), file.mtime(), file.mtime_nsec(), content));
    }
    let file = fs::metadata(folder).unwrap();
    seen.push((
        folder.to_owned(),
        file.ino(),
        file.mode(),
        file.mtime(),
        file.mtime_nsec(),
        Vec::new(),
    ));
    seen.sort();
    seen
}

/// A file that looks left over for long.
fn plant(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "precious").unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - AGO).unwrap();
}

/// Everything that the program could take for a file of its own, whichever folder of the store leads here.
fn tempting(outside: &Path, images: &[Image]) {
    let nobodys = "0".repeat(64);
    plant(&outside.join("precious"));
    for hex in images
        .iter()
        .flat_map(Image::blobs)
        .map(|blob| &blob.digest[7..])
        .chain([nobodys.as_str()])
    {
        for name in [hex.to_string(), format!("sha256/{hex}"), format!("sha256-{hex}")] {
            plant(&outside.join(name));
        }
    }
}

#[test]
fn folders_that_are_swapped_for_links_while_the_program_runs_lead_it_nowhere() {
    for swapped in ["blobs", "blobs/sha256", "partial", "uploads"] {
        let scene = Scene::new();
        let images: Vec<Image> = (1..=IMAGES).map(Image::tiny).collect();
        for (number, image) in (1..).zip(&images) {
            scene.registry.put_image("team/app", &number.to_string(), image);
        }
        scene.stored("team/here:1", &Image::tiny(100));
        scene.rule("PUT", "/uploads/", Act::status(403));
        let (store, outside) = (scene.lugger.store(), scene.lugger.home().join("outside"));
        // So that the folder stays: an empty one goes.
        for kept in ["partial", "uploads"] {
            fs::create_dir_all(store.join(kept)).unwrap();
            fs::write(store.join(kept).join("kept"), "kept").unwrap();
            File::open(store.join(kept).join("kept"))
                .unwrap()
                .set_modified(SystemTime::now())
                .unwrap();
        }
        tempting(&outside, &images);
        let (inside, link) = (store.join(swapped), scene.lugger.home().join("link"));
        symlink(&outside, &link).unwrap();
        let before = seen(&outside);

        let (done, swaps) = (AtomicBool::new(false), AtomicU32::new(0));
        let mut succeeded = 0;
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    renameat_with(CWD, &inside, CWD, &link, RenameFlags::EXCHANGE).unwrap();
                    let swaps = swaps.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_micros(u64::from(swaps % 7) * 300));
                }
            });
            for number in 1..=IMAGES {
                for words in [
                    format!("pull -q @/team/app:{number}"),
                    "push -q @/team/here:1".to_string(),
                    format!("rmi @/team/app:{number}"),
                    "prune".to_string(),
                    "check --repair".to_string(),
                ] {
                    let run = scene.call(&words).run();
                    assert!((0..101).contains(&run.status), "{swapped}, {words}: {run:?}");
                    succeeded += u32::from(run.status == 0);
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(seen(&outside), before, "{swapped}");
        assert!(
            swaps.load(Ordering::Relaxed) > 100 && succeeded > 0,
            "{swapped}: {swaps:?}, {succeeded}"
        );

        if fs::symlink_metadata(&inside).unwrap().is_symlink() {
            renameat_with(CWD, &inside, CWD, &link, RenameFlags::EXCHANGE).unwrap();
        }
        for kept in ["partial", "uploads"] {
            fs::remove_dir_all(store.join(kept)).unwrap();
        }
        // While its folders were away the store looked empty, and a prune may have taken what a name needs. Names stay.
        scene.call("check --repair").run();
        for name in StoreCheck::of(&store).names() {
            scene.lugger.args(["rmi", &name]).ok();
        }
        scene.call("pull -q @/team/app:1").ok();
        scene.call("prune").ok();
        scene.assert_sound();
    }
}
