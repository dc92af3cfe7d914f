//! Manifests as registries get them wrong: the bytes, the headers, the answer to a HEAD.

use super::{check, holds, pull, root, serving};
use crate::support::command::{Lugger, Run};
use crate::support::image::{Family, Image};
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

const DIGEST: &str = "docker-content-digest";

fn on_manifests(registry: &Registry, act: Act) {
    registry.rule(Rule::on("GET", "/manifests/").then(act));
}

fn replaced(name: &'static str, value: &str) -> Act {
    let value = value.to_string();
    Act::edit(move |_, response| {
        response.remove_header(name);
        response.add_header(name, &value);
    })
}

fn page(content_type: &'static str, body: impl Into<Vec<u8>>) -> Act {
    let body = body.into();
    Act::custom(move |_| Response::new(200).header("content-type", content_type).body(body.clone()))
}

/// Pulls `app:1` and expects this status, no name in the store, and no blob asked for.
fn refused(registry: &Registry, status: i32) -> Run {
    let lugger = Lugger::new();
    let run = pull(&lugger, &registry.name("app:1")).fails(status);
    assert_eq!(check(&lugger).names(), Vec::<String>::new());
    assert_eq!(registry.count("*", "/blobs/"), 0, "{}", registry.log().lines());
    run
}

fn accepted(registry: &Registry, image: &Image) -> Lugger {
    let lugger = Lugger::new();
    pull(&lugger, &registry.name("app:1")).ok();
    assert!(holds(&lugger, image));
    assert_eq!(root(&lugger, &registry.name("app:1")), image.digest());
    check(&lugger).assert_sound();
    lugger
}

#[test]
fn bytes_altered_under_a_digest_are_exit_7() {
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    let registry = serving(&image);
    on_manifests(&registry, Act::ReplaceBody(other.manifest.bytes));
    let lugger = Lugger::new();
    let by_digest = registry.name(&format!("app@{}", image.digest()));
    let run = pull(&lugger, &by_digest).fails(7);
    assert!(run.stderr.contains(image.digest()), "{}", run.stderr);
    assert_eq!(check(&lugger).names(), Vec::<String>::new());
    assert_eq!(registry.count("*", "/blobs/"), 0);
}

#[test]
fn a_digest_header_that_is_wrong_is_exit_7() {
    let registry = serving(&Image::tiny(1));
    on_manifests(&registry, replaced(DIGEST, Image::tiny(2).digest()));
    let run = refused(&registry, 7);
    assert!(run.stderr.contains("another digest"), "{}", run.stderr);
}

#[test]
fn a_manifest_with_a_changed_byte_is_fetched_once_more() {
    let image = Image::tiny(1);
    // Some break the JSON, others its meaning.
    for byte in [0, 1, 17, 60] {
        let registry = serving(&image);
        registry.rule(Rule::on("GET", "/manifests/").times(1).then(Act::CorruptByte(byte)));
        accepted(&registry, &image);
        assert_eq!(registry.count("GET", "/manifests/"), 2, "byte {byte}");
    }
    let registry = serving(&image);
    on_manifests(&registry, Act::CorruptByte(image.manifest.bytes.len() - 2));
    assert_ne!(pull(&Lugger::new(), &registry.name("app:1")).run().status, 0);
    assert_eq!(registry.count("GET", "/manifests/"), 2);
}

#[test]
fn a_digest_header_that_is_missing_or_makes_no_sense_is_no_matter() {
    let image = Image::tiny(1);
    let acts = [
        Act::RemoveHeader(DIGEST.into()),
        replaced(DIGEST, ""),
        replaced(DIGEST, "nonsense"),
    ];
    for act in acts {
        let registry = serving(&image);
        registry.rule(Rule::on("*", "/manifests/").then(act));
        let lugger = accepted(&registry, &image);
        let run = pull(&lugger, &registry.name("app:1")).ok();
        assert!(run.stdout.contains("Image is up to date"), "{}", run.stdout);
    }
}

#[test]
fn a_registry_that_refuses_head_is_asked_by_get() {
    let image = Image::tiny(1);
    for status in [405, 403, 400, 501] {
        let registry = serving(&image);
        registry.rule(Rule::on("HEAD", "").then(Act::status(status)));
        let lugger = accepted(&registry, &image);
        let run = pull(&lugger, &registry.name("app:1")).ok();
        assert!(run.stdout.contains("Image is up to date"), "{status}: {}", run.stdout);
    }
}

#[test]
fn a_content_type_that_says_nothing_leaves_it_to_the_body() {
    let image = Image::tiny(1);
    for content_type in [
        "text/plain; charset=utf-8",
        "application/json",
        "application/octet-stream",
        "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
    ] {
        let registry = serving(&image);
        on_manifests(&registry, replaced("content-type", content_type));
        accepted(&registry, &image);
    }
    let registry = serving(&image);
    on_manifests(&registry, Act::RemoveHeader("content-type".into()));
    accepted(&registry, &image);
}

#[test]
fn a_manifest_in_chunks_without_a_length_is_read() {
    let image = Image::tiny(1);
    let registry = serving(&image);
    on_manifests(&registry, Act::Chunked);
    accepted(&registry, &image);
}

#[test]
fn a_manifest_that_breaks_off_is_asked_for_again() {
    let image = Image::tiny(1);
    let registry = serving(&image);
    registry.rule(Rule::on("GET", "/manifests/").times(1).then(Act::CutAfter(50)));
    accepted(&registry, &image);
    assert_eq!(registry.count("GET", "/manifests/"), 2);
}

#[test]
fn a_header_that_contradicts_the_body_is_refused() {
    let registry = serving(&Image::tiny(1));
    on_manifests(&registry, replaced("content-type", Family::Oci.index()));
    let run = refused(&registry, 1);
    assert!(run.stderr.contains("announced as"), "{}", run.stderr);
}

#[test]
fn an_image_that_is_an_index_too_is_refused() {
    let image = Image::tiny(1);
    let registry = serving(&image);
    let json = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let both = json.replacen('{', "{ \"manifests\": [], ", 1);
    on_manifests(&registry, page(Family::Oci.manifest(), both));
    refused(&registry, 1);
}

#[test]
fn ambiguous_json_is_refused() {
    let image = Image::tiny(1);
    let registry = serving(&image);
    let json = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let twice = json.replacen('{', "{ \"layers\": [], ", 1);
    on_manifests(&registry, page(Family::Oci.manifest(), twice));
    refused(&registry, 1);
}

#[test]
fn schema_1_is_refused_with_the_way_out() {
    let registry = serving(&Image::tiny(1));
    let json = r#"{"schemaVersion":1,"name":"app","tag":"1","fsLayers":[],"history":[],"signatures":[]}"#;
    for content_type in [
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/json",
    ] {
        registry.clear_rules();
        on_manifests(&registry, page(content_type, json));
        let run = refused(&registry, 1);
        assert!(run.stderr.contains("push it again"), "{}", run.stderr);
    }
}

#[test]
fn a_manifest_over_4_mib_is_refused_whether_it_ends_or_not() {
    let large = page(Family::Oci.manifest(), vec![b' '; (4 << 20) + 1]);
    for act in [large, Act::Endless(vec![b' '; 64 << 10])] {
        let registry = serving(&Image::tiny(1));
        on_manifests(&registry, act);
        let run = refused(&registry, 1);
        assert!(run.stderr.contains("over 4194304 bytes"), "{}", run.stderr);
        let peak = run.peak_rss_kib.unwrap_or_default();
        assert!(peak < 200 << 10, "{peak} KiB");
    }
}

#[test]
fn a_web_page_in_place_of_a_manifest_is_refused_and_shown() {
    let registry = serving(&Image::tiny(1));
    on_manifests(
        &registry,
        page("text/html; charset=utf-8", "<!doctype html><title>Log in</title>"),
    );
    let run = refused(&registry, 1);
    assert!(run.stderr.contains("<!doctype html>"), "{}", run.stderr);
}
