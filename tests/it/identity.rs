//! Content is what its digest, its size and its only meaning say, or it is not taken: documents that two programs could
//! read differently, digests that are none, sizes that do not fit, receipts for something else. Accidents on the way are
//! in `pull`.

mod digests;
mod documents;
mod moving;
mod nesting;
mod sizes;

use crate::support::command::{Call, Lugger, Run};
use crate::support::image::{Blob, Image};
use crate::support::registry::Registry;
use crate::support::store_check::StoreCheck;

fn pull(lugger: &Lugger, name: &str) -> Call {
    lugger.args(["pull", "--platform", "linux/amd64", name])
}

/// A manifest with one text of it replaced by another, under its new digest.
fn rewritten(manifest: &Blob, from: &str, to: &str) -> Blob {
    let json = String::from_utf8(manifest.bytes.clone()).unwrap();
    assert!(json.contains(from), "{from} is not in {json}");
    Blob::new(&manifest.media_type, json.replacen(from, to, 1).into_bytes())
}

/// A registry with the blobs of an image, and this manifest as `app:1`.
fn serving(image: &Image, manifest: &Blob) -> Registry {
    let registry = Registry::start();
    image.blobs().for_each(|blob| registry.put_blob("app", blob));
    registry.put_manifest("app", None, &image.manifest);
    registry.put_manifest("app", Some("1"), manifest);
    registry
}

/// Pulls `app:1`, and insists on a refusal that leaves nothing with a name.
fn refused(registry: &Registry, what: &str) -> Run {
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry.name("app:1")).run();
    assert!(matches!(run.status, 1 | 7), "{what}: {}\n{}", run.status, run.stderr);
    assert_eq!(run.stdout, "", "{what}");
    let store = StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"]);
    assert_eq!(store.names(), Vec::<String>::new(), "{what}");
    if lugger.store().exists() {
        assert_eq!(store.complaints(), Vec::<String>::new(), "{what}");
    }
    run
}

fn assert_nothing_fetched(registry: &Registry, what: &str) {
    assert_eq!(registry.count("*", "/blobs/"), 0, "{what}: {}", registry.log().lines());
    assert_eq!(registry.count("*", "/manifests/"), 1, "{what}: {}", registry.log().lines());
}
