//! What goes wrong, as it is told: the exit status, the whole text on stderr, and the way out where there is one.

mod answers;
mod bases;
mod commands;
mod contents;
mod disks;
mod engines;
mod every_message;
mod exported;
mod logins;
mod network;
mod packed;
mod places;
mod prompts;
mod refusals;
mod registries;
mod secrets;
mod serving;
mod spoilt;
mod streams;
mod unseen;
mod usage;
mod words;

use crate::support::command::{Call, Lugger};
use crate::support::image::{Blob, Image};
use crate::support::layout::OciLayout;
use crate::support::registry::Registry;

/// What a run that must fail says, with `HOST` in place of the registry's.
fn told(call: Call, status: i32, registry: &Registry) -> String {
    let run = call.fails(status);
    assert_eq!(run.stdout, "", "a failure has no result");
    run.stderr.replace(&registry.host(), "HOST")
}

/// A registry with `app:1`.
fn with_app() -> (Registry, Image) {
    let (registry, image) = (Registry::start(), Image::tiny(1));
    registry.put_image("app", "1", &image);
    (registry, image)
}

/// Puts an image into the store under this name.
fn keep(lugger: &Lugger, name: &str, image: &Image) {
    let source = OciLayout::write(&lugger.home().join(format!("from-{}", &image.digest()[7..])), "it", image);
    lugger.args(["copy", "-q", &source, &format!("store:{name}")]).ok();
}

/// An image with another config.
fn with_config(json: &str) -> Image {
    let image = Image::tiny(1);
    let config = Blob::new(&image.config.media_type, json.as_bytes().to_vec());
    let mut changed = with_manifest(&image, &image.config.descriptor(), &config.descriptor());
    changed.config = config;
    changed
}

/// An image with other words in its manifest.
fn with_manifest(image: &Image, from: &str, to: &str) -> Image {
    let text = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    let mut changed = image.clone();
    changed.manifest = Blob::new(&image.manifest.media_type, text.replace(from, to).into_bytes());
    changed
}
