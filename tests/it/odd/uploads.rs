//! Uploads that a registry refuses, questions, or takes in its own order.

use super::{assert_pushed, bob, home_of_bob, ready};
use crate::push::keep;
use crate::support::command::Lugger;
use crate::support::image::{Image, Recipe};
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::tar::noise;
use crate::support::token::TokenServer;

fn large() -> Image {
    Image::with_layers(&[noise(5, 3_000_000)])
}

fn is_large(request: &Request) -> bool {
    let length = request.header("content-length").and_then(|length| length.parse::<u64>().ok());
    length.is_some_and(|length| length > 1_000_000)
}

fn put_of_the_large_layer() -> Rule {
    Rule::on("PUT", "/uploads/").when(is_large)
}

fn refuse(after: usize, code: u16, body: &str) -> Act {
    Act::Refuse {
        after,
        code,
        headers: Vec::new(),
        body: body.into(),
    }
}

#[test]
fn a_registry_without_mounts_that_does_not_tell_what_it_has_gets_everything() {
    let wrong_length = Act::custom(|_| Response::new(200).header("content-length", "5"));
    for answer in [Act::status(401), Act::status(403), Act::status(405), wrong_length] {
        let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
        registry.rule(Rule::on("POST", "mount=").then(Act::status(405)));
        registry.rule(Rule::on("HEAD", "/blobs/").then(answer));
        ready(&lugger, &registry, &image).ok();
        assert_pushed(&registry, &image);
        assert_eq!(
            (registry.count("HEAD", "/blobs/"), registry.count("PUT", "/uploads/")),
            (3, 3)
        );
    }
}

#[test]
fn a_token_refused_in_the_middle_of_an_upload_is_renewed_and_the_upload_begun_anew() {
    let tokens = TokenServer::start(bob());
    let (registry, image) = (Registry::start().with_token_server(&tokens), large());
    registry.rule(put_of_the_large_layer().times(1).then(refuse(1 << 20, 401, "too late")));
    ready(&home_of_bob(&registry.host()), &registry, &image).ok();
    assert_pushed(&registry, &image);
    assert_eq!(tokens.count(), 2);
    let puts: Vec<Request> = registry
        .log()
        .select("PUT", "/uploads/")
        .into_iter()
        .filter(is_large)
        .collect();
    let [first, second] = &puts[..] else {
        panic!("{}", registry.log().lines())
    };
    assert_ne!(first.path, second.path);
    assert_ne!(first.header("authorization"), second.header("authorization"));
    assert_eq!(second.body_len, image.layers[0].size as u64);
}

#[test]
fn a_refusal_in_the_middle_of_an_upload_is_told_as_such() {
    for (code, status) in [(401, 4), (403, 4), (507, 5)] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        registry.rule(put_of_the_large_layer().then(refuse(1 << 20, code, "the words of the registry")));
        let run = ready(&lugger, &registry, &large()).fails(status);
        assert!(run.stderr.contains("the words of the registry"), "{code}: {}", run.stderr);
        assert_eq!(registry.count("PUT", "/manifests/"), 0);
    }
}

/// A registry that breaks the first upload, so that the second one asks before it sends.
fn breaking_once(second: Option<Act>) -> Registry {
    let registry = Registry::start();
    registry.rule(put_of_the_large_layer().times(1).then(Act::CloseBeforeBody(100_000)));
    let asks = |request: &Request| request.header("expect").is_some();
    if let Some(act) = second {
        registry.rule(Rule::on("PUT", "/uploads/").when(asks).times(1).then(act));
    }
    registry
}

#[test]
fn an_upload_that_asks_first_sends_nothing_where_it_is_refused() {
    for (code, tries) in [(401, 3), (417, 3)] {
        let (registry, image) = (breaking_once(Some(refuse(0, code, "not now"))), large());
        ready(&Lugger::new(), &registry, &image).ok();
        assert_pushed(&registry, &image);
        let puts: Vec<Request> = registry
            .log()
            .select("PUT", "/uploads/")
            .into_iter()
            .filter(is_large)
            .collect();
        assert_eq!(puts.len(), tries, "{code}: {}", registry.log().lines());
        assert_eq!(
            (puts[1].header("expect"), puts[1].body_len),
            (Some("100-continue"), 0),
            "{code}"
        );
        assert_eq!((puts[0].header("expect"), puts[2].header("expect")), (None, None), "{code}");
    }
}

#[test]
fn an_upload_that_asks_first_goes_on_where_nothing_is_said() {
    let (registry, image) = (breaking_once(None), large());
    ready(&Lugger::new(), &registry, &image).ok();
    assert_pushed(&registry, &image);
    let puts: Vec<Request> = registry
        .log()
        .select("PUT", "/uploads/")
        .into_iter()
        .filter(is_large)
        .collect();
    assert_eq!(puts.len(), 2, "{}", registry.log().lines());
    assert_eq!(puts[1].header("expect"), Some("100-continue"));
}

#[test]
fn every_tag_is_a_put_of_its_own() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    for tag in ["app:1", "app:2", "app:3"] {
        keep(&lugger, &registry.name(tag), &image);
    }
    lugger.args(["push", "--all-tags", &registry.name("app")]).ok();
    assert_eq!(registry.tags("app"), ["1", "2", "3"]);
    let puts = registry.log().select("PUT", "/manifests/");
    assert_eq!(puts.len(), 3, "{}", registry.log().lines());
    assert!(puts.iter().all(|put| put.query.is_empty()));
}

#[test]
fn the_manifest_waits_for_the_slowest_blob() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let mut contents: Vec<Vec<u8>> = (0..10_u8).map(|layer| vec![layer; 1_000]).collect();
    contents.push(noise(9, 200_000));
    let image = Image::with_layers(&contents);
    let slow = |request: &Request| request.header("content-length").is_some_and(|length| length.len() == 6);
    registry.rule(Rule::on("PUT", "/uploads/").when(slow).then(Act::Rate(400_000)));
    ready(&lugger, &registry, &image).ok();
    assert_pushed(&registry, &image);
    // A registry that lacked a blob would have refused the manifest.
    let last = registry.requests().pop().unwrap();
    assert_eq!(
        (last.method.as_str(), last.path.as_str(), last.status),
        ("PUT", "/v2/app/manifests/1", 201)
    );
    assert_eq!(registry.count("PUT", "/manifests/"), 1);
}

#[test]
fn what_a_registry_does_not_take_is_not_made_into_something_else() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
    let frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0];
    let image = Recipe::default().layer(b"content").stored_as(media_type, frame).build();
    let refusal = Act::error(400, "MANIFEST_INVALID", "unsupported media type");
    registry.rule(Rule::on("PUT", "/manifests/").then(refusal));
    let run = ready(&lugger, &registry, &image).fails(1);
    assert!(
        run.stderr.contains("MANIFEST_INVALID: unsupported media type"),
        "{}",
        run.stderr
    );
    let puts = registry.log().select("PUT", "/manifests/");
    assert_eq!(puts.len(), 1, "{}", registry.log().lines());
    assert_eq!(puts[0].body, image.manifest.bytes);
    assert_eq!(registry.tags("app").len(), 0);
}
