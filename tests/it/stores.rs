//! A store in which somebody else has put things: what lies under a blob's name and is none is neither sent nor kept.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::image::{Blob, Image};
use crate::support::scene::Scene;

/// What only its owner may see.
const SECRET: &str = "the secret of somebody else";

fn path_of(scene: &Scene, digest: &str) -> PathBuf {
    scene.lugger.store().join("blobs").join(digest.replace(':', "/"))
}

/// Other bytes of the same length.
fn spoilt(blob: &Blob) -> Vec<u8> {
    blob.bytes.iter().map(|byte| byte ^ 1).collect()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Puts something in the place of a blob, by its name: what a person with access to the folder can make.
fn plant(what: &str, path: &Path, blob: &Blob, secret: &Path) {
    fs::remove_file(path).ok();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    match what {
        "link" => symlink(secret, path).unwrap(),
        "dangling link" => symlink("nowhere", path).unwrap(),
        "link to a device" => symlink("/dev/zero", path).unwrap(),
        "pipe" => pipe(path),
        "socket" => drop(UnixListener::bind(path).unwrap()),
        "folder" => fs::create_dir(path).unwrap(),
        "hard link" => fs::hard_link(secret, path).unwrap(),
        "other bytes" => fs::write(path, spoilt(blob)).unwrap(),
        "fewer bytes" => fs::write(path, &blob.bytes[1..]).unwrap(),
        "more bytes" => fs::write(path, [&blob.bytes[..], b"x"].concat()).unwrap(),
        "no bytes" => fs::write(path, b"").unwrap(),
        _ => panic!("{what}"),
    }
}

/// A file of the size of a blob, that is none of the store's.
fn secret(scene: &Scene, blob: &Blob) -> PathBuf {
    let path = scene.lugger.home().join("secret");
    let text: Vec<u8> = SECRET.bytes().cycle().take(blob.size).collect();
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn nothing_but_the_blob_itself_is_sent_from_under_its_name() {
    let image = Image::tiny(1);
    for planted in [
        "link",
        "link to a device",
        "pipe",
        "socket",
        "folder",
        "fewer bytes",
        "more bytes",
        "no bytes",
    ] {
        for blob in [&image.layers[1], &image.config, &image.manifest] {
            let scene = Scene::new();
            scene.stored("team/app:1", &image);
            let secret = secret(&scene, blob);
            plant(planted, &path_of(&scene, &blob.digest), blob, &secret);
            let run = scene.call("push --stall-timeout 5s @/team/app:1").run();
            assert!(run.status != 0, "{planted}: {run:?}");
            let bodies: Vec<u8> = scene
                .registry
                .requests()
                .iter()
                .flat_map(|request| request.body.clone())
                .collect();
            let sent = String::from_utf8_lossy(&bodies).into_owned();
            assert!(!sent.contains(SECRET), "{planted} was sent");
            assert!(scene.registry.tags("team/app").is_empty(), "{planted} has a tag");
            assert!(!run.stderr.contains(SECRET), "{planted}: {}", run.stderr);
        }
    }
}

#[test]
fn other_bytes_of_the_right_size_never_get_a_name_at_the_registry() {
    let image = Image::tiny(1);
    for planted in ["other bytes", "hard link"] {
        for blob in [&image.layers[1], &image.config, &image.manifest] {
            let scene = Scene::new();
            scene.stored("team/app:1", &image);
            let secret = secret(&scene, blob);
            plant(planted, &path_of(&scene, &blob.digest), blob, &secret);
            let run = scene.call("push @/team/app:1").run();
            assert!(run.status != 0, "{planted}: {run:?}");
            assert!(!scene.registry.has_blob("team/app", &blob.digest), "{planted}");
            assert!(scene.registry.tags("team/app").is_empty(), "{planted}");
        }
    }
}

#[test]
fn what_was_planted_under_a_blobs_name_is_replaced_by_a_pull() {
    let image = Image::tiny(1);
    let all = [
        "other bytes",
        "fewer bytes",
        "more bytes",
        "no bytes",
        "link",
        "dangling link",
        "pipe",
        "socket",
        "hard link",
    ];
    for planted in all {
        for blob in [&image.layers[0], &image.config, &image.manifest] {
            let scene = Scene::of(&image);
            let before = Image::tiny(2);
            scene.registry.put_image("team/other", "1", &before);
            scene.call("pull -q @/team/other:1").ok();
            let secret = secret(&scene, blob);
            let kept = fs::read(&secret).unwrap();
            plant(planted, &path_of(&scene, &blob.digest), blob, &secret);
            scene.call("pull -q @/team/app:1").ok();
            scene.assert_sound();
            assert_eq!(fs::read(&secret).unwrap(), kept, "{planted}: the other file was written to");
            let file = fs::symlink_metadata(path_of(&scene, &blob.digest)).unwrap();
            assert!(file.is_file(), "{planted}");
        }
    }
}

#[test]
fn a_folder_under_a_blobs_name_stops_a_pull_and_is_left_alone() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    scene.stored("team/other:1", &Image::tiny(2));
    let layer = &image.layers[0];
    plant("folder", &path_of(&scene, &layer.digest), layer, Path::new(""));
    let run = scene.call("pull -q @/team/app:1").fails(1);
    assert!(run.stderr.contains(&layer.digest[7..]), "{}", run.stderr);
    scene.call("check --repair").ok();
    scene.call("pull -q @/team/app:1").ok();
    scene.assert_sound();
}

#[test]
fn a_blob_that_is_there_and_right_is_not_fetched_again() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    scene.stored("team/other:1", &image);
    scene.call("pull -q @/team/app:1").ok();
    assert_eq!(scene.registry.count("GET", "/blobs/"), 0, "{}", scene.registry.log().lines());
}

#[test]
fn an_image_that_is_up_to_date_is_one_request_and_reads_no_layer() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    scene.call("pull -q @/team/app:1").ok();
    let before = scene.registry.requests().len();
    let log = scene.lugger.home().join("calls");
    let words = ["-f", "-qq", "-e", "trace=openat", "-o", log.to_str().unwrap(), "--"];
    scene.call("pull -q @/team/app:1").under("strace", words).ok();
    assert_eq!(scene.registry.requests().len(), before + 1);
    let opened = fs::read_to_string(log).unwrap();
    assert!(
        opened.contains("index.json") && !opened.contains(&image.layers[0].digest[7..]),
        "{opened}"
    );
}

/// What a folder holds, with the content of its files.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut content: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap_or_default()))
        .collect();
    content.sort();
    content
}

#[test]
fn a_linked_store_is_one_but_its_folders_must_lie_in_it() {
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    for linked in ["blobs", "blobs/sha256", "partial"] {
        let scene = Scene::of(&image);
        scene.registry.put_image("team/other", "1", &other);
        scene.call("pull -q @/team/other:1").ok();
        let (inside, outside) = (scene.lugger.store().join(linked), scene.lugger.home().join("outside"));
        if inside.exists() {
            fs::rename(&inside, &outside).unwrap();
        } else {
            fs::create_dir(&outside).unwrap();
        }
        symlink(&outside, &inside).unwrap();
        let before = content(&outside);
        for words in [
            "pull @/team/app:1",
            "push @/team/other:1",
            "rmi @/team/other:1",
            "prune",
            "check --repair",
            "copy @/team/app:1 oci:store:it",
        ] {
            let run = scene.call(words).fails(1);
            assert!(run.stderr.contains("is a symbolic link"), "{linked}, {words}: {}", run.stderr);
        }
        assert_eq!(content(&outside), before, "{linked}");
    }
    let scene = Scene::of(&image);
    let elsewhere = scene.lugger.home().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, scene.lugger.store()).unwrap();
    scene.call("pull -q @/team/app:1").ok();
    scene.call("check").ok();
    scene.assert_sound();
}

#[test]
fn a_path_in_place_of_a_digest_leads_nowhere() {
    let scene = Scene::new();
    let store = scene.lugger.store();
    scene.stored("team/app:1", &Image::tiny(1));
    let outside = scene.lugger.home().join("outside");
    fs::write(&outside, SECRET).unwrap();
    for digest in [
        "sha256:../../../outside",
        "../../outside:aa",
        "sha256:/etc/passwd",
        "",
        r"sha256:\u0000",
    ] {
        let entry = format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":27,"annotations":{{"org.opencontainers.image.ref.name":"docker.io/library/evil:1"}}}}"#
        );
        fs::write(
            store.join("index.json"),
            format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#),
        )
        .unwrap();
        for words in [
            "inspect store:evil:1",
            "copy store:evil:1 oci:there",
            "copy oci:store oci:there",
        ] {
            let run = scene.call(words).run();
            assert!(run.status != 0 && !run.stderr.contains(SECRET), "{digest}, {words}: {run:?}");
        }
        scene.call("images").ok();
        let run = scene.call("check").fails(1);
        assert!(
            run.stdout.starts_with("index.json does not tell its images"),
            "{}",
            run.stdout
        );
        scene.call("rmi evil:1").run();
        assert_eq!(fs::read_to_string(&outside).unwrap(), SECRET);
    }
}
