//! Tars, valid and not: what is read of one is what GNU tar, libarchive and Python read of it; or it is refused.

mod cases;
mod readers;

use std::fs;
use std::path::Path;

use crate::support::archive::{Saved, docker};
use crate::support::command::{Lugger, Run};
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;
use readers::{READERS, gnu, meaning, taken_out};

/// How a tar ends.
const END: [u8; 1024] = [0; 1024];

/// What the root filesystem is of an image with this one layer, by the names and sizes in it; `None` if it is refused.
fn exported(lugger: &Lugger, layer: &[u8], refused: impl FnOnce(&Run)) -> Option<readers::Meaning> {
    let (images, out) = (lugger.home().join("images"), lugger.home().join("out.tar"));
    OciLayout::write(&images, "app", &Recipe::default().tar(layer.to_vec()).build());
    let run = lugger.args(["export", "oci:images:app", "-o", "out.tar"]).run();
    assert!(matches!(run.status, 0 | 1), "{}", run.stderr);
    fs::remove_dir_all(images).unwrap();
    if run.status != 0 {
        refused(&run);
    }
    let found = (run.status == 0).then(|| meaning(&gnu(&out)));
    let _ = fs::remove_file(out);
    found
}

/// How others read it who read it differently.
fn differences(path: &Path, found: &readers::Meaning) -> Vec<String> {
    let readers = READERS.iter().map(|(reader, list)| (reader, meaning(&list(path))));
    let other = readers.filter(|(_, read)| read != found);
    other.map(|(reader, read)| format!("  {reader} reads {read:?}")).collect()
}

#[test]
fn what_is_read_of_a_layer_is_what_others_read_of_it() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let path = lugger.home().join("layer.tar");
    let mut wrong = Vec::new();
    for (name, tar, is_read) in cases::all() {
        let layer = [&tar[..], &END].concat();
        fs::write(&path, &layer).unwrap();
        let found = exported(&lugger, &layer, |run| messages.keep(name, &lugger, run));
        if found.is_some() != is_read {
            wrong.push(format!("{name}: it is {}read", if is_read { "not " } else { "" }));
        }
        let differences = found.as_ref().map(|found| differences(&path, found)).unwrap_or_default();
        if !differences.is_empty() {
            wrong.push(format!("{name}: {found:?}\n{}", differences.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_image_that_is_loaded_is_the_one_that_others_find_in_the_archive() {
    let archive = |name: &str, seed| docker(&[Saved::old(&Image::tiny(seed), &[name])]);
    let [whole, hidden] = [("seen:1", 1), ("hidden:1", 2)].map(|(name, seed)| archive(name, seed));
    let mut loaded = 0;
    for (name, tar, _) in cases::all() {
        let lugger = Lugger::new();
        let path = lugger.home().join("archive.tar");
        // What is behind the last whole header of the case is an image too, for whoever takes it for one.
        let archive = [&tar[..], &whole, &hidden].concat();
        fs::write(&path, &archive).unwrap();
        let run = lugger.args(["load", "-i", "archive.tar"]).run();
        assert!(!run.stderr.contains("panicked"), "{name}: {}", run.stderr);
        if run.status == 0 {
            loaded += 1;
            for manifest in taken_out(&path, "manifest.json") {
                let is_same = manifest.is_some_and(|json| json.contains(r#""seen:1""#)) == run.stdout.contains("seen:1");
                assert!(is_same, "{name}: {}", run.stdout);
            }
        }
    }
    assert!(loaded > 40, "{loaded} of them leave the image alone");
}
