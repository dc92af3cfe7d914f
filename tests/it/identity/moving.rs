//! A name that means something else with every question.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::pull;
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index};
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::store_check::StoreCheck;

/// Answers each question about the tag with the next of these.
fn flitting(registry: &Registry, documents: Vec<Blob>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let next = move |_: &Request| {
        let document = &documents[asked.fetch_add(1, Ordering::Relaxed) % documents.len()];
        Response::new(200)
            .header("content-type", &document.media_type)
            .header("docker-content-digest", &document.digest)
            .body(document.bytes.clone())
    };
    registry.rule(Rule::on("*", "/manifests/1").then(Act::custom(next)));
}

fn store(lugger: &Lugger) -> StoreCheck {
    StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"])
}

#[test]
fn a_tag_that_moves_with_every_question_gives_one_whole_image() {
    let images = [1, 2, 3].map(Image::tiny);
    let registry = Registry::start();
    for image in &images {
        registry.put_image("app", "1", image);
    }
    flitting(&registry, images.iter().map(|image| image.manifest.clone()).collect());
    let lugger = Lugger::new();
    for _ in 0..4 {
        let run = pull(&lugger, &registry.name("app:1")).ok();
        assert_eq!(store(&lugger).names(), [registry.name("app:1")]);
        store(&lugger).assert_sound();
        let index = std::fs::read_to_string(lugger.store().join("index.json")).unwrap();
        let told = images.iter().find(|image| run.stdout.contains(image.digest()));
        let told = told.unwrap_or_else(|| panic!("no digest is told: {}", run.stdout));
        assert!(
            index.contains(told.digest()),
            "{} is told, but not kept: {index}",
            told.digest()
        );
    }
    let target = Registry::start();
    lugger.args(["copy", &registry.name("app:1"), &target.name("app:1")]).ok();
    let copied = target.digest("app", "1").unwrap();
    let copied = images.iter().find(|image| image.digest() == copied).unwrap();
    assert!(copied.blobs().all(|blob| target.has_blob("app", &blob.digest)));
}

#[test]
fn an_index_that_moves_with_every_question_gives_the_images_of_one() {
    let pairs = [[1, 2], [3, 4]].map(|seeds| seeds.map(Image::tiny));
    let indexes = pairs
        .each_ref()
        .map(|[a, b]| Index::of(&[(a, "linux/amd64"), (b, "linux/arm64")]));
    let registry = Registry::start();
    for index in &indexes {
        registry.put_index("app", "1", index);
    }
    flitting(&registry, indexes.iter().map(|index| index.manifest.clone()).collect());
    let lugger = Lugger::new();
    lugger.args(["pull", "--all-platforms", &registry.name("app:1")]).ok();
    store(&lugger).assert_sound();
    let fetched = |image: &Image| registry.count("GET", &image.manifest.digest) > 0;
    let of_each = pairs
        .each_ref()
        .map(|pair| pair.iter().filter(|image| fetched(image)).count());
    assert!(of_each == [2, 0] || of_each == [0, 2], "{of_each:?}");
}
