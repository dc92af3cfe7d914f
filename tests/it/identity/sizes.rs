//! Sizes that are none, and sizes that are another's.

use super::{refused, rewritten, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index};
use crate::support::registry::Registry;

/// Sizes that no content of this size has, as JSON.
fn wrong(size: usize) -> Vec<String> {
    let near = [0, size - 1, size + 1].map(|size| size.to_string());
    let odd = ["-1", "9223372036854775807", "9223372036854775808", "18446744073709551616"].map(String::from);
    let written = [
        "1e3".to_string(),
        format!("{size}.0"),
        format!("\"{size}\""),
        "null".into(),
        "[]".into(),
    ];
    near.into_iter().chain(odd).chain(written).collect()
}

fn resized(document: &Blob, content: &Blob, size: &str) -> Blob {
    let right = content.descriptor();
    let right = right.trim_end_matches(" }");
    let bent = right.replace(&format!("\"size\": {}", content.size), &format!("\"size\": {size}"));
    rewritten(document, right, &bent)
}

#[test]
fn a_size_that_is_not_the_contents_is_refused_and_nothing_kept() {
    let image = Image::tiny(1);
    let index = Index::of(&[(&image, "linux/amd64")]);
    for (place, document, content) in [
        ("a layer", &image.manifest, &image.layers[0]),
        ("the config", &image.manifest, &image.config),
        ("an entry", &index.manifest, &image.manifest),
    ] {
        for size in wrong(content.size) {
            let what = format!("{size} for {place}");
            let registry = serving(&image, &resized(document, content, &size));
            let run = refused(&registry, &what);
            assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
        }
    }
}

#[test]
fn sizes_that_cannot_be_added_up_are_no_danger() {
    let image = Image::tiny(1);
    let most = i64::MAX.to_string();
    let mut manifest = image.manifest.clone();
    for layer in &image.layers {
        manifest = resized(&manifest, layer, &most);
    }
    let registry = serving(&image, &manifest);
    let lugger = Lugger::new();
    // Twice the most and a config are over what 64 bits hold.
    let run = lugger.args(["inspect", "--format", "json", &registry.name("app:1")]).ok();
    assert!(run.stdout.contains(&u64::MAX.to_string()), "{}", run.stdout);
    refused(&registry, "twice the most there is");
}

#[test]
fn what_has_a_wrong_size_is_not_sent_on_either() {
    let image = Image::tiny(1);
    for size in ["0", "1", "9223372036854775807"] {
        let source = serving(&image, &resized(&image.manifest, &image.layers[0], size));
        let (target, lugger) = (Registry::start(), Lugger::new());
        let run = lugger.args(["copy", &source.name("app:1"), &target.name("app:1")]).fails(7);
        assert_eq!(run.stdout, "", "{size}");
        assert_eq!(target.digest("app", "1"), None, "{size}");
    }
}
