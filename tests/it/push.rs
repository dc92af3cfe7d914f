//! `lugger push`: what a registry is asked, in which order, and what is said at the end. How single blobs get there is
//! in `uploads`, blobs the registry has elsewhere are in `mounts`, registries that refuse or fail in `refusals`, and what goes on in `resume`.

mod mounts;
mod refusals;
mod resume;
mod tags;
mod uploads;

use crate::support::command::{Call, Lugger};
use crate::support::image::{Image, Index};
use crate::support::layout::OciLayout;
use crate::support::registry::Registry;
use crate::support::tar::noise;

/// Brings an image into the store under this name.
pub(crate) fn keep(lugger: &Lugger, name: &str, image: &Image) {
    let layout = lugger.home().join(&image.digest()["sha256:".len()..]);
    let from = OciLayout::write(&layout, "image", image);
    lugger.args(["copy", "-q", &from, &format!("store:{name}")]).ok();
}

fn keep_index(lugger: &Lugger, name: &str, index: &Index) {
    let layout = lugger.home().join("index");
    OciLayout::new(&layout).index("image", index);
    let from = format!("oci:{}:image", layout.display());
    lugger.args(["copy", "-q", &from, &format!("store:{name}")]).ok();
}

/// A push of what has just been stored under that name.
pub(crate) fn push(lugger: &Lugger, name: &str) -> Call {
    lugger.args(["push", name])
}

/// Stores an image as `app:1` of the registry; the push is not yet started.
fn ready(lugger: &Lugger, registry: &Registry, image: &Image) -> Call {
    keep(lugger, &registry.name("app:1"), image);
    push(lugger, &registry.name("app:1"))
}

/// One large layer and one small one.
fn large() -> Image {
    Image::with_layers(&[noise(7, 400_000), b"small".to_vec()])
}

/// Every request as its method and what it is about.
fn steps(registry: &Registry) -> Vec<String> {
    let about = |path: &str| {
        let kinds = ["/manifests/", "/uploads/", "/blobs/"];
        let kind = kinds.iter().find(|kind| path.contains(**kind));
        kind.map_or(path.to_string(), |kind| kind.trim_matches('/').to_string())
    };
    let requests = registry.requests();
    requests
        .iter()
        .map(|request| format!("{} {}", request.method, about(&request.path)))
        .collect()
}

fn assert_pushed(registry: &Registry, repository: &str, tag: &str, image: &Image) {
    assert_eq!(registry.digest(repository, tag).as_deref(), Some(image.digest()));
    for blob in image.blobs() {
        assert_eq!(registry.blob(&blob.digest).as_ref(), Some(&blob.bytes));
    }
}

#[test]
fn a_push_asks_first_and_sends_the_manifest_last() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let run = ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    let mut steps = steps(&registry);
    let ends = (steps.remove(0), steps.pop().unwrap());
    assert_eq!(ends, ("HEAD manifests".to_string(), "PUT manifests".to_string()));
    for step in ["POST uploads", "PUT uploads"] {
        assert_eq!(steps.iter().filter(|taken| *taken == step).count(), 3, "{step}");
    }
    assert_eq!((steps.len(), registry.open_uploads()), (6, 0));
    let size = image.manifest.size;
    assert_eq!(run.stdout, format!("1: digest: {} size: {size}\n", image.digest()));
}

#[test]
fn a_blob_goes_in_one_put_of_known_length() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), large());
    ready(&lugger, &registry, &image).ok();
    let mut lengths: Vec<u64> = image.blobs().map(|blob| blob.size as u64).collect();
    let puts = registry.log().select("PUT", "/uploads/");
    let mut sent: Vec<u64> = puts.iter().map(|put| put.body_len).collect();
    lengths.sort_unstable();
    sent.sort_unstable();
    assert_eq!(sent, lengths);
    for put in &puts {
        assert_eq!(put.header("content-length"), Some(put.body_len.to_string().as_str()));
        assert_eq!(put.header("transfer-encoding"), None);
        assert_eq!(put.header("content-type"), Some("application/octet-stream"));
    }
    for post in registry.log().select("POST", "/uploads/") {
        assert_eq!(post.header("content-length"), Some("0"));
    }
    assert_eq!(registry.count("PATCH", ""), 0);
}

#[test]
fn a_layer_that_is_there_twice_is_sent_once() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let mut image = Image::tiny(1);
    let (first, second) = (image.layers[0].clone(), image.layers[1].clone());
    let manifest = String::from_utf8(image.manifest.bytes).unwrap();
    let manifest = manifest.replace(&second.descriptor(), &first.descriptor());
    image.manifest = crate::support::image::Blob::new(&image.manifest.media_type, manifest.into_bytes());
    image.layers = vec![first.clone(), first];
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!(registry.count("PUT", "/uploads/"), 2);
}

#[test]
fn an_up_to_date_image_costs_one_request() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let call = ready(&lugger, &registry, &image);
    let first = call.clone().ok();
    let before = registry.requests().len();
    let second = call.ok();
    assert_eq!(steps(&registry)[before..], ["HEAD manifests"]);
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn another_tag_of_a_pushed_image_sends_no_blob() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    ready(&lugger, &registry, &image).ok();
    keep(&lugger, &registry.name("app:2"), &image);
    push(&lugger, &registry.name("app:2")).ok();
    assert_pushed(&registry, "app", "2", &image);
    assert_eq!(registry.count("PUT", "/uploads/"), 3);
}

#[test]
fn the_images_of_an_index_come_before_it() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let (one, other) = (Image::tiny(1), Image::tiny(2));
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64")]);
    keep_index(&lugger, &registry.name("app:1"), &index);
    push(&lugger, &registry.name("app:1")).ok();
    assert_eq!(registry.manifest("app", "1").as_ref(), Some(&index.manifest.bytes));
    let puts = registry.log().select("PUT", "");
    let (blobs, manifests) = puts.split_at(puts.len() - 3);
    assert!(blobs.iter().all(|put| put.path.contains("/uploads/")));
    let mut children: Vec<&str> = manifests[..2].iter().map(|put| put.path.as_str()).collect();
    let mut expected = [one, other].map(|image| format!("/v2/app/manifests/{}", image.digest()));
    children.sort_unstable();
    expected.sort_unstable();
    assert_eq!(children, expected);
    assert_eq!(manifests[2].path, "/v2/app/manifests/1");
    assert_eq!(manifests[2].header("content-type"), Some(index.manifest.media_type.as_str()));
}

#[test]
fn all_tags_are_those_of_the_repository() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    for (name, seed) in [("app:1", 1), ("app:2", 2), ("app/other:3", 3)] {
        keep(&lugger, &registry.name(name), &Image::tiny(seed));
    }
    let run = lugger.args(["push", "--all-tags", &registry.name("app")]).ok();
    assert_eq!(registry.tags("app"), ["1", "2"]);
    assert_eq!(registry.tags("app/other").len(), 0);
    assert_eq!(run.stdout.lines().count(), 2);
    lugger.args(["push", "-a", &registry.name("app:1")]).fails(2);
    lugger.args(["push", "-a", &registry.name("none")]).fails(3);
}

#[test]
fn a_quiet_push_prints_the_digest_and_nothing_else() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    keep(&lugger, &registry.name("app:1"), &image);
    let run = lugger.args(["push", "-q", &registry.name("app:1")]).ok();
    let expected = format!("{}@{}\n", registry.name("app"), image.digest());
    assert_eq!((run.stdout, run.stderr), (expected, String::new()));
}

#[test]
fn an_image_the_store_does_not_have_is_not_found() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let run = push(&lugger, &registry.name("app:1")).fails(3);
    assert!(run.stderr.contains("hint: `lugger images`"), "{}", run.stderr);
    assert_eq!((registry.requests().len(), run.stdout.as_str()), (0, ""));
}
