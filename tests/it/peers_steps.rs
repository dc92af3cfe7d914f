//! Steps that the tests against real peers have in common: how an image gets into a store or a registry, and what a
//! pull says when it has ended.

use std::path::Path;

use crate::support::command::Lugger;
use crate::support::image::{Image, Index};
use crate::support::layout::OciLayout;
use crate::support::peers::skopeo;
use crate::support::store_check::StoreCheck;

/// Puts an image into the store under this name, as if it had been pulled.
pub(crate) fn hold(lugger: &Lugger, name: &str, image: &Image) {
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", image);
    lugger.args(["copy", "-q", &source, &format!("store:{name}")]).ok();
}

/// Puts an image on a registry by another client.
pub(crate) fn stock(name: &str, image: &Image) {
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", image);
    skopeo::copy(&source, &format!("docker://{name}"));
}

/// The same for an index with all its images.
pub(crate) fn stock_index(name: &str, index: &Index) {
    let directory = tempfile::tempdir().unwrap();
    OciLayout::new(directory.path()).index("x", index);
    let source = format!("oci:{}:x", directory.path().display());
    skopeo::copy(&source, &format!("docker://{name}"));
}

/// So many layers of a few bytes.
pub(crate) fn layered(layers: usize) -> Image {
    let contents: Vec<Vec<u8>> = (0..layers)
        .map(|at| format!("layer {at} of {layers}\n").into_bytes())
        .collect();
    Image::with_layers(&contents)
}

/// What a pull that fetched something leaves on stdout.
pub(crate) fn downloaded(name: &str, digest: &str) -> String {
    format!("Digest: {digest}\nStatus: Downloaded newer image for {name}\n{name}\n")
}

/// What a pull that fetched nothing leaves on stdout.
pub(crate) fn up_to_date(name: &str, digest: &str) -> String {
    format!("Digest: {digest}\nStatus: Image is up to date for {name}\n{name}\n")
}

/// The same as this user, given as `NAME:PASSWORD`.
pub(crate) fn stock_as(user: &str, name: &str, image: &Image) {
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", image);
    let target = format!("docker://{name}");
    let flags = ["copy", "--preserve-digests", "--dest-tls-verify=false", "--dest-creds", user];
    skopeo::skopeo(&[&flags[..], &[&source, &target]].concat());
}

/// The check of a store of the program, which has its two locks beside the layout.
pub(crate) fn check(store: &Path) -> StoreCheck {
    StoreCheck::of(store).allowing(&["lock", "index.lock"])
}
