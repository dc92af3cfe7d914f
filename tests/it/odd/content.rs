//! Manifests and blobs in forms that are rare, and storages whose signatures run out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{assert_kept, assert_nothing_kept, pull, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Family, Image, Index, sha512};
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::tar::gzip;

const DIGEST: &str = "docker-content-digest";

/// An image with one word of its manifest replaced by another.
fn rewritten(image: &Image, from: &str, to: &str) -> Image {
    let json = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    assert!(json.contains(from));
    let manifest = Blob::new(&image.manifest.media_type, json.replace(from, to).into_bytes());
    Image {
        manifest,
        ..image.clone()
    }
}

/// A field put into the descriptor of the first layer.
fn with_field(image: &Image, field: &str) -> Image {
    let layer = image.layers[0].descriptor();
    rewritten(image, &layer, &layer.replacen('{', &format!("{{ {field}, "), 1))
}

#[test]
fn what_is_accepted_is_said_in_full_by_head_and_get() {
    let (one, other) = (Image::tiny(1), Image::tiny(2));
    for index in [
        Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64")]),
        Index::docker(&[(&one, "linux/amd64"), (&other, "linux/arm64")]),
    ] {
        let registry = Registry::start();
        registry.put_index("app", "1", &index);
        let wanted = [Family::Oci, Family::Docker].map(|family| [family.manifest(), family.index()]);
        let lacking = move |request: &Request| {
            let accept = request.header("accept").unwrap_or_default();
            !wanted.concat().iter().all(|media_type| accept.contains(media_type))
        };
        let unknown = Act::error(404, "MANIFEST_UNKNOWN", "no manifest of an accepted type");
        registry.rule(Rule::on("*", "/manifests/").when(lacking).then(unknown));
        let lugger = Lugger::new();
        pull(&lugger, &registry).ok();
        pull(&lugger, &registry).ok();
        let refused = registry.requests().into_iter().filter(|request| request.status != 200);
        assert_eq!(refused.count(), 0, "{}", registry.log().lines());
        assert_eq!(registry.count("HEAD", "/manifests/1"), 1, "{}", registry.log().lines());
    }
}

#[test]
fn a_digest_header_of_another_algorithm_is_no_matter() {
    let image = Image::tiny(1);
    let digests = [
        sha512(&image.manifest.bytes),
        "md5:d41d8cd98f00b204e9800998ecf8427e".to_string(),
    ];
    for digest in digests {
        let registry = serving(&image);
        let header = Act::edit(move |_, answer| {
            answer.remove_header(DIGEST);
            answer.add_header(DIGEST, &digest);
        });
        registry.rule(Rule::on("*", "/manifests/").then(header));
        let lugger = Lugger::new();
        pull(&lugger, &registry).ok();
        assert_kept(&lugger, &registry, &image);
    }
}

#[test]
fn of_several_variants_the_highest_that_runs_is_taken() {
    let images = [1, 2, 3].map(Image::tiny);
    let entry = |at: usize, platform: &'static str| (&images[at], platform);
    let all = [entry(0, "linux/arm/v8"), entry(1, "linux/arm/v6"), entry(2, "linux/arm/v7")];
    for (entries, wanted) in [(&all[..], 2), (&all[..2], 1)] {
        let registry = Registry::start();
        registry.put_index("app", "1", &Index::of(entries));
        let name = registry.name("app:1");
        Lugger::new().args(["pull", "--platform", "linux/arm/v7", &name]).ok();
        for (at, image) in images.iter().enumerate() {
            assert_eq!(
                registry.count("GET", &image.layers[0].digest),
                usize::from(at == wanted),
                "{at}"
            );
        }
    }
}

#[test]
fn a_body_that_ends_too_early_is_gone_on_with_and_then_given_up() {
    let image = Image::tiny(1);
    let (registry, layer) = (serving(&image), &image.layers[0]);
    let half = layer.bytes[..layer.size / 2].to_vec();
    let rule = Rule::on("GET", &layer.digest);
    registry.rule(
        rule.then(Act::IgnoreRange)
            .then(Act::ReplaceBody(half.clone()))
            .then(Act::Chunked),
    );
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry).run();
    assert!(matches!(run.status, 5 | 7), "{}: {}", run.status, run.stderr);
    let requests = registry.log().select("GET", &layer.digest);
    let range = format!("bytes={}-", half.len());
    assert_eq!(requests[1].header("range"), Some(range.as_str()));
    assert!(requests.len() <= 6, "{}", requests.len());
    assert_nothing_kept(&lugger);
}

#[test]
fn a_signature_that_ran_out_is_asked_for_anew_at_the_registry() {
    let image = Image::tiny(1);
    let (registry, storage, layer) = (serving(&image), Registry::start(), &image.layers[0]);
    storage.put_blob("any", layer);
    let (place, signed) = (storage.origin().to_string(), Arc::new(AtomicUsize::new(0)));
    let redirect = Act::custom(move |request| {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        let signature = signed.fetch_add(1, Ordering::Relaxed);
        Response::new(307).header("location", &format!("{place}/storage/{last}?sig={signature}"))
    });
    registry.rule(Rule::on("GET", &layer.digest).then(redirect));
    storage.rule(Rule::on("GET", "sig=0").then(Act::CutAfter(1000)));
    let expired = Response::new(403).body("<Error><Code>AccessDenied</Code></Error>");
    storage.rule(Rule::on("GET", "sig=1").then(Act::custom(move |_| expired.clone())));
    let lugger = Lugger::new();
    pull(&lugger, &registry).ok();
    assert_kept(&lugger, &registry, &image);
    let asked = registry.log().select("GET", &layer.digest);
    let ranges: Vec<_> = asked.iter().map(|request| request.header("range")).collect();
    assert_eq!(ranges, [None, Some("bytes=1000-"), Some("bytes=1000-")]);
    assert_eq!(storage.count("GET", ""), 3);
}

#[test]
fn bytes_that_are_called_encoded_are_kept_as_they_came() {
    let recipe = crate::support::image::Recipe::default().layer(b"a layer").gzipped();
    for image in [recipe.build(), Image::tiny(1)] {
        let registry = serving(&image);
        let encoded = Act::add_header("content-encoding", "gzip");
        registry.rule(Rule::on("GET", "").then(encoded));
        let lugger = Lugger::new();
        pull(&lugger, &registry).ok();
        assert_kept(&lugger, &registry, &image);
    }
}

#[test]
fn nothing_is_asked_for_in_another_encoding() {
    let image = Image::tiny(1);
    let registry = serving(&image);
    let zipped = |request: &Request| request.header("accept-encoding").is_some_and(|said| said != "identity");
    let small = |_: &Request, answer: &mut Response| {
        answer.body = gzip(&answer.body).into();
        answer.add_header("content-encoding", "gzip");
    };
    registry.rule(Rule::on("GET", "").when(zipped).then(Act::edit(small)));
    let lugger = Lugger::new();
    pull(&lugger, &registry).ok();
    assert_kept(&lugger, &registry, &image);
}

#[test]
fn content_in_a_descriptor_and_its_other_addresses_are_passed_over_for_the_registry() {
    let elsewhere = Registry::start();
    let url = format!(r#""urls":["{}/layer"]"#, elsewhere.origin());
    for field in [r#""data":"aGVsbG8=""#, r#""data":"not base64!""#, &url] {
        let image = with_field(&Image::tiny(1), field);
        let registry = serving(&image);
        let lugger = Lugger::new();
        pull(&lugger, &registry).ok();
        assert_kept(&lugger, &registry, &image);
        assert_eq!(registry.count("GET", "/blobs/"), 3, "{field}");
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn a_digest_of_unknown_algorithm_is_refused() {
    let image = Image::tiny(1);
    let digest = &image.layers[0].digest;
    let unknown = rewritten(&image, digest, &digest.replace("sha256:", "blake3:"));
    let (registry, lugger) = (serving(&unknown), Lugger::new());
    let run = pull(&lugger, &registry).fails(1);
    assert!(run.stderr.contains("digest"), "{}", run.stderr);
    assert_eq!(registry.count("GET", "/blobs/"), 0);
    assert_nothing_kept(&lugger);
}

#[test]
fn a_manifest_that_was_compressed_on_the_way_is_read() {
    let image = Image::tiny(1);
    let registry = serving(&image);
    let small = |_: &Request, answer: &mut Response| {
        answer.body = gzip(&answer.body).into();
        answer.add_header("content-encoding", "gzip");
    };
    registry.rule(Rule::on("GET", "/manifests/").then(Act::edit(small)));
    let lugger = Lugger::new();
    pull(&lugger, &registry).ok();
    assert_kept(&lugger, &registry, &image);
}
