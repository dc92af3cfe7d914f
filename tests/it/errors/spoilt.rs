//! Stores and layouts that others made or changed.

use std::fs;
use std::os::unix::fs::symlink;

use super::{keep, with_app, with_manifest};
use crate::serve::Serving;
use crate::support::command::Lugger;
use crate::support::disk::Disk;
use crate::support::image::{Image, Index};
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;
use crate::support::registry::Registry;

/// What is done to a store.
type Spoil<'a> = dyn Fn(&Lugger) + 'a;

#[test]
fn a_layout_that_contradicts_itself_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let image = Image::tiny(1);
    let layer = image.layers[0].descriptor();
    let larger = layer.replace(&image.layers[0].size.to_string(), "99");
    OciLayout::write(&lugger.home().join("sizes"), "a", &with_manifest(&image, &layer, &larger));
    let index = lugger.home().join("huge/index.json");
    OciLayout::write(&lugger.home().join("huge"), "a", &image);
    let json = fs::read_to_string(&index).unwrap();
    let size = image.manifest.size.to_string();
    fs::write(&index, json.replace(&size, "5000000")).unwrap();
    OciLayout::write(&lugger.home().join("entry"), "a", &image);
    let index = lugger.home().join("entry/index.json");
    let json = fs::read_to_string(&index).unwrap();
    fs::write(&index, json.replace("\"digest\"", "\"hash\"")).unwrap();
    let runs: [&[&str]; 5] = [
        &["copy", "-q", "oci:entry:a", "store:new:1"],
        &["check", "--store", "sizes"],
        &["copy", "-q", "oci:sizes:a", "store:new:1"],
        &["copy", "-q", "oci:huge:a", "store:new:1"],
        &["check", "--store", "huge"],
    ];
    for words in runs {
        messages.keep_all(&words.join(" "), &lugger, &lugger.args(words).run());
    }
}

#[test]
fn a_store_that_others_changed_is_told() {
    let mut messages = Messages::of_this_test();
    let index = |lugger: &Lugger, json: &str| fs::write(lugger.store().join("index.json"), json).unwrap();
    let name = r#"{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"docker.io/library/app:1"}}]}"#;
    let scenes: [(&str, &Spoil<'_>); 4] = [
        ("an entry without a digest", &|lugger| index(lugger, name)),
        ("blobs elsewhere", &|lugger| {
            let blobs = lugger.store().join("blobs");
            fs::rename(&blobs, lugger.home().join("elsewhere")).unwrap();
            symlink("../elsewhere", blobs).unwrap();
        }),
        ("a file", &|lugger| {
            fs::remove_dir_all(lugger.store()).unwrap();
            fs::write(lugger.store(), "x").unwrap();
        }),
        ("a folder of other things", &|lugger| {
            fs::remove_file(lugger.store().join("oci-layout")).unwrap();
            fs::remove_file(lugger.store().join("index.json")).unwrap();
        }),
    ];
    for (scene, spoil) in scenes {
        let lugger = Lugger::new();
        keep(&lugger, "app:1", &Image::tiny(1));
        spoil(&lugger);
        for words in [&["inspect", "store:app:1"][..], &["check"], &["images"], &["prune"]] {
            let run = lugger.args(words).run();
            messages.keep(&format!("{scene}: {}", words[0]), &lugger, &run);
        }
    }
}

#[test]
fn a_disk_without_room_is_told_before_anything_is_fetched() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    registry.put_image("app", "1", &Image::with_layers(&[vec![b'x'; 3 << 20]]));
    let _disk = Disk::mount(&lugger.store(), "size=1m");
    let run = lugger.args(["pull", "-q", &registry.name("app:1")]).fails(1);
    assert_eq!(registry.count("GET", "/blobs/"), 0, "{run:?}");
    messages.keep("pull", &lugger, &run);
}

#[test]
fn an_image_for_another_platform_is_told() {
    let ((registry, _), mut messages) = (with_app(), Messages::of_this_test());
    let lugger = Lugger::new();
    let call = lugger.args(["pull", "-q", "--platform", "windows/amd64", &registry.name("app:1")]);
    messages.keep("pull", &lugger, &call.run());
}

#[test]
fn what_the_server_does_not_delete_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let image = Image::tiny(1);
    keep(&lugger, "app:1", &Image::tiny(9));
    let serving = Serving::of(lugger, &[] as &[&str]);
    let index = Index::of(&[(&image, "linux/amd64")]);
    serving.push("team", "1", &image);
    serving.push_manifest("team", "all", &index.manifest);
    let mut tell = |scene: &str, target: &str| {
        let answer = serving.send("DELETE", target, &[], b"");
        messages.keep_text(scene, &format!("{} {}", answer.status, answer.text()));
    };
    tell("a part of an index", &format!("/v2/team/manifests/{}", image.digest()));
    tell("a layer in use", &format!("/v2/team/blobs/{}", image.layers[0].digest));
    tell("what came in otherwise", "/v2/docker.io/library/app/manifests/1");
}
