//! `lugger check`: what it finds in a store that was damaged, and what the next pull has to fetch after a repair.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::json as parsed;
use crate::support::image::{Blob, Image, Index};
use crate::support::scene::Scene;
use crate::support::server::Act;

/// Where a blob of the scene's store lies.
fn path_of(scene: &Scene, digest: &str) -> PathBuf {
    scene.lugger.store().join("blobs").join(digest.replace(':', "/"))
}

/// A store with `team/app:1` pulled, and its image.
fn pulled() -> (Scene, Image) {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    scene.call("pull -q @/team/app:1").ok();
    (scene, image)
}

/// Other bytes of the same length.
fn spoilt(blob: &Blob) -> Vec<u8> {
    blob.bytes.iter().map(|byte| byte ^ 1).collect()
}

/// The last line of what a check prints, after the sizes.
fn verdict(stdout: &str) -> &str {
    stdout.lines().last().unwrap().rsplit(": ").next().unwrap()
}

#[test]
fn a_sound_store_is_told_so() {
    let (scene, image) = pulled();
    let run = scene.call("check").ok();
    assert!(run.stdout.starts_with("1 image, 4 blobs with "), "{}", run.stdout);
    assert!(run.stdout.ends_with(": all is well\n"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
    let sizes = image.blobs().map(|blob| blob.size).sum::<usize>() + image.manifest.size;
    assert_eq!(
        parsed(&scene.call("check --format json").ok()),
        json!({"images": 1, "blobs": 4, "bytes": sizes, "unfinished": 0, "keptInUse": false, "damages": []})
    );
}

#[test]
fn a_store_that_is_not_there_is_well_and_not_made() {
    let scene = Scene::new();
    assert_eq!(
        scene.call("check --repair").ok().stdout,
        "0 images, 0 blobs with 0B: all is well\n"
    );
    assert!(!scene.lugger.store().exists());
    fs::write(scene.lugger.home().join("thesis.tex"), "").unwrap();
    let run = scene.call("check --repair --store .").fails(1);
    assert!(run.stderr.contains("is no image layout"), "{}", run.stderr);
}

#[test]
fn a_blob_with_other_bytes_is_exit_7_and_after_a_repair_it_alone_is_fetched() {
    let (scene, image) = pulled();
    let other = Image::tiny(2);
    scene.registry.put_image("team/app", "2", &other);
    scene.call("pull -q @/team/app:2").ok();
    let layer = &image.layers[1];
    fs::write(path_of(&scene, &layer.digest), spoilt(layer)).unwrap();
    let run = scene.call("check").fails(7);
    let place = layer.digest.replace(':', "/");
    let (name, host) = (scene.registry.name("team/app:1"), scene.registry.name("team/app:2"));
    assert!(
        run.stdout.starts_with(&format!("blobs/{place} has the content of sha256:")),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains(&format!("; needed by {name}\n")) && !run.stdout.contains(&host),
        "{}",
        run.stdout
    );
    assert_eq!(verdict(&run.stdout), "1 damage, 0 repaired");
    assert!(run.stderr.contains("hint: `lugger check --repair`"), "{}", run.stderr);
    let run = scene.call("check --repair").ok();
    assert_eq!(verdict(&run.stdout), "1 damage, 1 repaired");
    assert!(!path_of(&scene, &layer.digest).exists());
    let before = scene.registry.requests().len();
    scene.call("pull @/team/app:1").ok();
    let fetched: Vec<String> = scene.registry.requests()[before..]
        .iter()
        .filter(|request| request.path.contains("/blobs/"))
        .map(|request| request.path.clone())
        .collect();
    assert_eq!(fetched, [format!("/v2/team/app/blobs/{}", layer.digest)]);
    scene.call("check").ok();
    scene.assert_sound();
}

#[test]
fn a_damaged_manifest_is_told_by_the_names_that_need_it() {
    let (scene, image) = pulled();
    fs::write(path_of(&scene, image.digest()), spoilt(&image.manifest)).unwrap();
    let damages = parsed(&scene.call("check --format json").fails(7))["damages"].clone();
    assert_eq!(damages[0]["fault"], "content");
    assert_eq!(damages[0]["images"], json!([scene.registry.name("team/app:1")]));
    scene.call("check --repair").ok();
    scene.call("pull @/team/app:1").ok();
    assert_eq!(scene.registry.count("GET", "/blobs/"), 3, "only the manifest was damaged");
    scene.assert_sound();
}

#[test]
fn a_cut_or_a_missing_blob_is_told_and_fetched_again() {
    let (scene, image) = pulled();
    fs::write(path_of(&scene, &image.layers[0].digest), b"cut").unwrap();
    fs::remove_file(path_of(&scene, &image.config.digest)).unwrap();
    let damages = parsed(&scene.call("check --format json").fails(7))["damages"].clone();
    let mut faults: Vec<&str> = damages
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["fault"].as_str().unwrap())
        .collect();
    faults.sort_unstable();
    assert_eq!(faults, ["content", "missing"]);
    scene.call("check --repair").ok();
    // What was dropped is missing now, and its name is still there.
    let run = scene.call("check").fails(1);
    assert_eq!(verdict(&run.stdout), "2 damages, 0 repaired");
    scene.call("pull @/team/app:1").ok();
    scene.call("check").ok();
}

#[test]
fn what_is_no_file_is_neither_opened_nor_followed_and_dropped_itself() {
    let (scene, image) = pulled();
    let secret = scene.lugger.home().join("secret");
    fs::write(&secret, &image.layers[0].bytes).unwrap();
    let [link, pipe] = [0, 1].map(|at: usize| path_of(&scene, &image.layers[at].digest));
    let folder = path_of(&scene, &image.config.digest);
    for path in [&link, &pipe, &folder] {
        fs::remove_file(path).unwrap();
    }
    symlink(&secret, &link).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(&folder).unwrap();
    let run = scene.call("check").fails(1);
    for told in [
        "is a symbolic link, not a file",
        "is a pipe, not a file",
        "is a folder, not a file",
    ] {
        assert!(run.stdout.contains(told), "{}", run.stdout);
    }
    scene.call("check --repair").ok();
    assert_eq!(fs::read(&secret).unwrap(), image.layers[0].bytes);
    scene.call("pull -q @/team/app:1").ok();
    scene.assert_sound();
}

#[test]
fn a_folder_with_something_in_it_is_left_for_a_person() {
    let (scene, image) = pulled();
    let folder = path_of(&scene, &image.config.digest);
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("thesis.tex"), "").unwrap();
    let run = scene.call("check --repair").fails(1);
    assert_eq!(verdict(&run.stdout), "1 damage, 0 repaired");
    assert!(folder.join("thesis.tex").exists());
}

#[test]
fn a_damaged_index_is_told_with_the_way_out_and_the_way_out_works() {
    let (scene, _) = pulled();
    let index = scene.lugger.store().join("index.json");
    for damage in [&b""[..], b"{\"manifests\":[{]", b"\0\0\0\0"] {
        fs::write(&index, damage).unwrap();
        let run = scene.call("check --repair").fails(1);
        assert!(
            run.stdout.starts_with("index.json does not tell its images: "),
            "{}",
            run.stdout
        );
        assert!(run.stderr.contains("hint: move index.json away"), "{}", run.stderr);
        assert_eq!(fs::read(&index).unwrap(), damage, "the file is all that is left of the names");
    }
    fs::rename(&index, scene.lugger.home().join("index.json")).unwrap();
    let before = scene.registry.count("GET", "/blobs/");
    scene.call("pull -q @/team/app:1").ok();
    assert_eq!(scene.registry.count("GET", "/blobs/"), before, "all blobs were there");
    scene.call("check").ok();
}

#[test]
fn a_damaged_mark_of_a_layout_is_written_anew_where_the_rest_is_there() {
    let (scene, _) = pulled();
    let mark = scene.lugger.store().join("oci-layout");
    for damage in [Some(&b""[..]), Some(b"\0\0"), None] {
        match damage {
            Some(damage) => fs::write(&mark, damage).unwrap(),
            None => fs::remove_file(&mark).unwrap(),
        }
        let run = scene.call("check").fails(1);
        assert!(
            run.stdout.starts_with("oci-layout does not mark an image layout"),
            "{}",
            run.stdout
        );
        scene.call("check --repair").ok();
        scene.call("check").ok();
    }
    fs::write(&mark, r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    let run = scene.call("check --repair").fails(1);
    assert!(run.stderr.contains("only 1.0.0 is known"), "{}", run.stderr);
}

#[test]
fn blobs_that_no_name_reaches_are_read_too_and_all_images_of_an_index_followed() {
    let scene = Scene::new();
    let (one, other) = super::siblings();
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")]);
    scene.registry.put_index("team/app", "1", &index);
    scene.call("pull -q --all-platforms @/team/app:1").ok();
    scene.call("tag @/team/app:1 two:2").ok();
    fs::remove_file(path_of(&scene, &other.layers[1].digest)).unwrap();
    let stray = Blob::new("x/y", b"stray".to_vec());
    fs::write(path_of(&scene, &stray.digest), spoilt(&stray)).unwrap();
    let damages = parsed(&scene.call("check --format json").fails(7))["damages"].clone();
    let damages = damages.as_array().unwrap();
    let of = |digest: &str| {
        let file = format!("blobs/{}", digest.replace(':', "/"));
        damages.iter().find(|damage| damage["file"] == file).unwrap()
    };
    assert_eq!(damages.len(), 2);
    assert_eq!(of(&stray.digest)["images"], json!([]));
    let both = json!([scene.registry.name("team/app:1"), "docker.io/library/two:2"]);
    assert_eq!(of(&other.layers[1].digest)["images"], both);
}

#[test]
fn a_store_that_another_process_uses_is_checked_and_not_repaired() {
    let (scene, _) = pulled();
    let (large, image) = Scene::with_large_layer(1 << 20);
    let layer = &image.layers[0];
    large.rule("GET", &layer.digest, Act::StallAfter(1000));
    let name = large.registry.name("team/app:1");
    let mut pull = scene.lugger.args(["pull", &name]).start();
    let begun = scene.lugger.store().join("partial").join(layer.digest.replace(':', "-"));
    pull.wait_until("the pull has begun", || begun.metadata().is_ok_and(|file| file.len() > 0));
    let stray = Blob::new("x/y", b"stray".to_vec());
    fs::write(path_of(&scene, &stray.digest), spoilt(&stray)).unwrap();
    let run = scene.call("check --repair").fails(7);
    assert!(run.stdout.contains(" unfinished: 1 damage"), "{}", run.stdout);
    assert!(run.stderr.contains("another lugger is using it"), "{}", run.stderr);
    assert!(path_of(&scene, &stray.digest).exists());
    pull.kill();
    scene.call("check --repair").ok();
    assert!(!path_of(&scene, &stray.digest).exists());
}
