//! What goes wrong, as it is told: the exit status, the whole text on stderr, and the way out where there is one.

mod disks;
mod refusals;
mod secrets;
mod streams;
mod words;

use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
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
