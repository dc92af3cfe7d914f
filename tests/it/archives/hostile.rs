//! Archives that lie, climb, loop, grow or end early: each is refused with a reason, and the store stays as it was.

use std::cell::RefCell;

use super::store;
use crate::support::archive::{Saved, called, docker, layout, manifest_json, oci};
use crate::support::command::Lugger;
use crate::support::image::{Image, Recipe, sha256};
use crate::support::messages::Messages;
use crate::support::tar::{Tar, gzip, header, noise};

/// A home whose store has an image, and what its store must still be after whatever is tried.
struct Kept {
    lugger: Lugger,
    before: String,
    messages: RefCell<Messages>,
}

impl Kept {
    fn new() -> Self {
        let lugger = Lugger::new();
        let archive = docker(&[Saved::old(&Image::tiny(9), &["kept:1"])]);
        lugger.args(["load"]).stdin(archive).ok();
        let before = lugger.args(["images", "--format", "json"]).ok().stdout;
        Self {
            lugger,
            before,
            messages: RefCell::new(Messages::of_this_test()),
        }
    }

    /// Is refused with this status and reason, quickly and with little memory.
    fn refuses(&self, what: &str, archive: Vec<u8>, status: i32, reason: &str) {
        let run = self.lugger.args(["load"]).stdin(archive).run();
        assert_eq!(run.status, status, "{what}: {}", run.stderr);
        assert!(run.stderr.contains(reason), "{what}: {}", run.stderr);
        self.messages.borrow_mut().keep(what, &self.lugger, &run);
        assert!(run.stderr.contains("error: cannot load"), "{what}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{what}");
        assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
        let peak = run.peak_rss_kib.unwrap_or_default();
        assert!(peak < 150 << 10, "{what}: {peak} KiB");
        store(&self.lugger).assert_sound();
        let after = self.lugger.args(["images", "--format", "json"]).ok().stdout;
        assert_eq!(after, self.before, "{what}");
    }
}

fn saved() -> Saved {
    Saved::old(&Image::tiny(1), &["app:1"])
}

/// An archive of one image whose `manifest.json` is this.
fn with_manifest(json: &str) -> Vec<u8> {
    saved()
        .onto(Tar::default())
        .file("manifest.json", 0o644, json.as_bytes())
        .finish()
}

/// A whole archive of which one member more is this.
fn with_member(member: impl FnOnce(Tar) -> Tar) -> Vec<u8> {
    let tar = saved().onto(Tar::default());
    member(tar)
        .file("manifest.json", 0o644, manifest_json(&[saved()]).as_bytes())
        .finish()
}

#[test]
fn what_is_no_archive_is_refused() {
    let kept = Kept::new();
    for (what, bytes, reason) in [
        ("nothing", Vec::new(), "it is empty"),
        ("noise", noise(4, 100_000), "it is no tar archive"),
        ("text", b"hello\n".repeat(1000), "it is no tar archive"),
        ("a short text", b"hello\n".to_vec(), "cut short"),
        ("an archive of nothing", vec![0; 10240], "neither `manifest.json`"),
        (
            "an archive of other things",
            Tar::default().file("a", 0o644, b"b").finish(),
            "neither `manifest.json`",
        ),
        ("xz", b"\xfd7zXZ\0\0\0".to_vec(), "compressed with xz"),
        ("gzip of noise", gzip(&noise(4, 10_000)), "it is no tar archive"),
        ("a header of gzip", vec![0x1f, 0x8b], "damaged"),
    ] {
        kept.refuses(what, bytes, 1, reason);
    }
}

#[test]
fn an_archive_that_was_cut_short_is_refused_wherever_it_was() {
    let kept = Kept::new();
    let whole = docker(&[saved()]);
    let zstd = zstd::encode_all(&*whole, 3).unwrap();
    for (what, bytes) in [("plain", whole.clone()), ("gzip", gzip(&whole)), ("zstd", zstd)] {
        // A plain one may lack the second of the two blocks that end it.
        let end = if what == "plain" {
            bytes.len() - 1024
        } else {
            bytes.len() - 1
        };
        for length in [1, 100, 511, 512, 513, end / 3, end / 2, end - 600, end] {
            let run = kept.lugger.args(["load"]).stdin(bytes[..length.min(end)].to_vec()).fails(1);
            assert!(!run.stderr.contains("panicked"), "{what}, {length}: {}", run.stderr);
        }
        store(&kept.lugger).assert_sound();
    }
    assert_eq!(kept.lugger.args(["images", "--format", "json"]).ok().stdout, kept.before);
}

#[test]
fn a_layer_that_is_not_the_one_in_the_config_is_refused() {
    let kept = Kept::new();
    let changed = |change: fn(&mut Saved)| {
        let mut saved = saved();
        change(&mut saved);
        docker(&[saved])
    };
    let mismatch = "not the one that the config names";
    kept.refuses("other bytes", changed(|saved| saved.layers[1].1[600] ^= 1), 7, mismatch);
    kept.refuses("swapped", changed(|saved| saved.layers.swap(0, 1)), 7, mismatch);
    kept.refuses(
        "compressed",
        changed(|saved| saved.layers[0].1 = gzip(b"something else")),
        7,
        mismatch,
    );
    let behind = changed(|saved| {
        let mut tar = saved.layers[0].1.clone();
        tar.extend_from_slice(&[1; 512]);
        saved.layers[0].1 = tar;
    });
    kept.refuses("behind the end", behind, 7, mismatch);
    let cut = changed(|saved| {
        let whole = gzip(&saved.layers[0].1);
        saved.layers[0].1 = whole[..whole.len() - 3].to_vec();
    });
    kept.refuses("cut gzip", cut, 1, "cannot be read");
    let more = changed(|saved| saved.layers.push(("more/layer.tar".to_owned(), b"more".to_vec())));
    kept.refuses("more", more, 7, "3 layers for an image of 2");
    kept.refuses(
        "fewer",
        changed(|saved| drop(saved.layers.pop())),
        7,
        "1 layers for an image of 2",
    );
}

#[test]
fn nothing_of_several_images_is_loaded_if_one_is_bad() {
    let kept = Kept::new();
    let good = Saved::old(&Image::tiny(2), &["good:1"]);
    let mut bad = Saved::new(&Image::tiny(3), &["bad:1"]);
    bad.layers[1].1[600] ^= 1;
    kept.refuses("docker's", docker(&[good, bad]), 7, "not the one");
    let mut bad = Image::tiny(3);
    bad.layers[1].bytes[600] ^= 1;
    let both = oci(&[(&Image::tiny(2), &called("good:1")), (&bad, &called("bad:1"))]);
    kept.refuses("a layout", both.finish(), 7, "does not match its digest");
}

#[test]
fn a_config_that_is_not_what_it_is_called_is_refused() {
    let kept = Kept::new();
    let mut renamed = saved();
    renamed.config.0 = format!("{}.json", "a".repeat(64));
    kept.refuses("old", docker(&[renamed]), 7, "is not the one it is called");
    let mut renamed = saved();
    renamed.config.0 = format!("blobs/sha256/{}", "a".repeat(64));
    kept.refuses("new", docker(&[renamed]), 7, "is not the one it is called");
    for (what, config) in [
        ("no rootfs", &br#"{"os":"linux"}"#[..]),
        ("no digests", br#"{"rootfs":{"diff_ids":["x","y"]}}"#),
        ("twice", br#"{"rootfs":{"diff_ids":[]},"rootfs":{"diff_ids":[]}}"#),
        ("no JSON", b"<html>"),
        ("deep", &b"[".repeat(200_000)),
    ] {
        let mut saved = saved();
        saved.config = (format!("{}.json", &sha256(config)[7..]), config.to_vec());
        kept.refuses(what, docker(&[saved]), 1, "is not usable");
    }
    let mut huge = saved();
    huge.config = ("config".to_owned(), vec![b' '; 9 << 20]);
    kept.refuses("huge", docker(&[huge]), 1, "cannot be read");
}

#[test]
fn members_that_climb_or_lead_elsewhere_are_refused() {
    let kept = Kept::new();
    for (what, archive) in [
        ("up", with_member(|tar| tar.file("../up", 0o644, b"x"))),
        ("up in the middle", with_member(|tar| tar.file("a/../../up", 0o644, b"x"))),
        ("absolute", with_member(|tar| tar.file("/etc/passwd", 0o644, b"x"))),
        ("a link out", with_member(|tar| tar.symlink("a/link", "../../up"))),
        ("an absolute link", with_member(|tar| tar.symlink("link", "/etc/passwd"))),
        (
            "a hard link out",
            with_member(|tar| tar.entry("link", 0o644, b'1', "../up", b"")),
        ),
    ] {
        kept.refuses(what, archive, 1, "leads out of the archive");
    }
    let climbing = manifest_json(&[saved()]).replace("\"Layers\":[\"", "\"Layers\":[\"../../");
    kept.refuses("in manifest.json", with_manifest(&climbing), 1, "leads out of the archive");
    let absolute = manifest_json(&[saved()]).replace("\"Config\":\"", "\"Config\":\"/etc/");
    kept.refuses("the config", with_manifest(&absolute), 1, "leads out of the archive");
}

#[test]
fn links_in_a_circle_are_refused() {
    let kept = Kept::new();
    let mut circle = saved();
    circle.layers[0].0 = "a".to_owned();
    let whole = saved();
    let tar = whole.onto(Tar::default()).symlink("a", "b").symlink("b", "a");
    let tar = tar.file("manifest.json", 0o644, manifest_json(&[circle]).as_bytes());
    kept.refuses("of two", tar.finish(), 1, "lead in a circle");
    let tar = Tar::default().symlink("manifest.json", "manifest.json");
    kept.refuses("of one", tar.finish(), 1, "lead in a circle");
}

#[test]
fn what_other_readers_could_take_for_something_else_is_refused() {
    let kept = Kept::new();
    let twice = with_member(|tar| tar.file(&saved().layers[0].0, 0o644, b"something else"));
    kept.refuses("a member twice", twice, 1, "is there twice");
    let same_size = with_member(|tar| {
        let mut other = saved().layers[0].1.clone();
        other[600] ^= 1;
        tar.file(&saved().layers[0].0, 0o644, &other)
    });
    kept.refuses("a member twice, of one size", same_size, 1, "is there twice");
    let manifests = with_member(|tar| tar.file("./manifest.json", 0o644, b"[]"));
    kept.refuses("two manifests", manifests, 1, "is there twice");
    let keys = manifest_json(&[saved()]).replace("{\"Config\"", "{\"Config\":\"other\",\"Config\"");
    kept.refuses("two configs", with_manifest(&keys), 1, "is not usable");
    let sparse = with_member(|tar| tar.entry("sparse", 0o644, b'S', "", b""));
    kept.refuses("sparse", sparse, 1, "sparse files");
    let names = docker(&[saved(), Saved::new(&Image::tiny(2), &["docker.io/library/app:1"])]);
    kept.refuses("two images of one name", names, 1, "several images of the name `app:1`");
}

#[test]
fn what_is_larger_than_sensible_is_refused_before_it_is_read() {
    let kept = Kept::new();
    for kind in [b'L', b'K', b'x', b'g'] {
        let long = header("././@LongLink", 0o644, kind, "", 1 << 30).to_vec();
        kept.refuses("a long name of a gigabyte", long, 1, "a record of 1073741824 bytes");
    }
    let huge = format!("[{}]", " ".repeat(5 << 20));
    kept.refuses("manifest.json", with_manifest(&huge), 1, "at most 4194304 are read");
    kept.refuses("deep JSON", with_manifest(&"[".repeat(1 << 20)), 1, "is not usable");
    let deep = Tar::default()
        .file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)
        .file("index.json", 0o644, "[".repeat(1 << 20).as_bytes());
    kept.refuses("a deep index", deep.finish(), 1, "is not usable");
    let zeros = zstd::encode_all(&*vec![0; 64 << 20], 3).unwrap();
    let bomb = |words: &[&str], archive: Vec<u8>| {
        let run = kept.lugger.args([&["load"], words].concat()).stdin(archive).fails(1);
        assert!(run.stderr.contains("`--max-size` allows more"), "{}", run.stderr);
    };
    bomb(&["--max-size", "50M"], zeros.clone());
    let mut inside = saved();
    inside.layers[0].1 = zeros;
    bomb(&["--max-size", "50M"], docker(&[inside]));
    store(&kept.lugger).assert_sound();
}

#[test]
fn a_manifest_that_names_what_is_not_there_is_refused() {
    let kept = Kept::new();
    let json = manifest_json(&[saved()]);
    for (what, archive, reason) in [
        (
            "no layer",
            with_manifest(&json.replace("/layer.tar", "/other.tar")),
            "is missing in the archive",
        ),
        (
            "no config",
            with_manifest(&json.replace(".json", ".jsn")),
            "is missing in the archive",
        ),
        ("no list", with_manifest("{}"), "is not usable"),
        (
            "no tags",
            with_manifest(&json.replace("[\"app:1\"]", "\"app:1\"")),
            "is not usable",
        ),
        (
            "a bad tag",
            with_manifest(&json.replace("app:1", "App:1")),
            "the archive calls an image `App:1`",
        ),
        (
            "a folder",
            with_manifest(&json.replace("/layer.tar", "")),
            "is missing in the archive",
        ),
    ] {
        kept.refuses(what, archive, 1, reason);
    }
}

#[test]
fn a_layout_in_an_archive_is_held_to_its_digests() {
    let kept = Kept::new();
    let name = called("app:1");
    let mut image = Image::tiny(1);
    image.layers[0].bytes[600] ^= 1;
    kept.refuses("a layer", oci(&[(&image, &name)]).finish(), 7, "does not match its digest");
    let mut image = Image::tiny(1);
    image.manifest.bytes[5] ^= 1;
    kept.refuses("a manifest", oci(&[(&image, &name)]).finish(), 7, "is damaged");
    let mut image = Image::tiny(1);
    image.layers[0].bytes.pop();
    kept.refuses("a size", oci(&[(&image, &name)]).finish(), 1, "is not in the archive");
    let image = Image::tiny(1);
    let entry = format!(
        "{}, \"annotations\":{{{name}}} }}",
        image.manifest.descriptor().trim_end_matches(" }")
    );
    kept.refuses("no blobs", layout(&[], &[entry]).finish(), 1, "is not in the archive");
    let tar = Tar::default()
        .file("oci-layout", 0o644, br#"{"imageLayoutVersion":"2.0.0"}"#)
        .file("index.json", 0o644, br#"{"manifests":[]}"#);
    kept.refuses("a version", tar.finish(), 1, "of version 2.0.0");
    let other = Recipe::default().layer(b"another").build();
    let twice = oci(&[(&image, &name), (&other, &name)]);
    kept.refuses("two images of one name", twice.finish(), 1, "several images of the name");
}

#[test]
fn a_directory_that_is_no_layout_is_refused() {
    let kept = Kept::new();
    let folder = kept.lugger.home().join("folder");
    std::fs::create_dir(&folder).unwrap();
    kept.lugger.args(["load", "-i", "folder"]).fails(3);
    std::fs::write(folder.join("manifest.json"), "[]").unwrap();
    let run = kept.lugger.args(["load", "-i", "folder"]).fails(1);
    assert!(run.stderr.contains("is no image layout"), "{}", run.stderr);
    let run = kept.lugger.args(["load", "-i", "nothing.tar"]).fails(3);
    assert!(run.stderr.starts_with("error: cannot load `nothing.tar`"), "{}", run.stderr);
}

#[test]
fn layers_that_were_made_before_the_error_leave_nothing() {
    let lugger = Lugger::new();
    let mut bad = saved();
    bad.layers[1].1[600] ^= 1;
    lugger.args(["load"]).stdin(docker(&[bad])).fails(7);
    let blobs = std::fs::read_dir(lugger.store().join("blobs/sha256")).map_or(0, Iterator::count);
    assert_eq!(blobs, 0);
    assert!(
        !lugger.store().join("partial").exists() || std::fs::read_dir(lugger.store().join("partial")).unwrap().count() == 0
    );
    store(&lugger).assert_sound();
}
