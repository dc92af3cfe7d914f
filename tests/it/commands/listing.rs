//! `lugger list-tags`.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{json as parsed, made_at, rows, short, siblings};
use crate::support::command::{Lugger, Run};
use crate::support::image::{Family, Image, Index};
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

#[test]
fn the_table_has_a_line_per_digest_and_the_newest_first() {
    let (registry, newer, older) = two_images();
    let run = Lugger::new().env("TZ", "UTC").args(["list-tags", &registry.name("app")]).ok();
    let expected = [
        vec!["DIGEST", "TAGS", "TIMESTAMP"],
        vec![short(newer.digest()), "2,latest", "2026-01-02T03:04:05"],
        vec![short(older.digest()), "1", "2025-01-02T03:04:05"],
    ];
    assert_eq!(rows(&run), expected);
    assert_eq!(run.stderr, "");
    assert_eq!(registry.count("GET", "/blobs/sha256"), 2, "only configs are read");
}

#[test]
fn the_table_tells_the_time_of_the_place() {
    let (registry, ..) = two_images();
    let run = Lugger::new()
        .env("TZ", "Asia/Seoul")
        .args(["tags", &registry.name("app")])
        .ok();
    assert!(run.stdout.contains("2026-01-02T12:04:05"), "{}", run.stdout);
}

#[test]
fn json_has_every_field_of_every_image() {
    let (registry, newer, older) = two_images();
    let row = |image: &Image, tags: &[&str], time: &str| {
        let size: usize = image.blobs().map(|blob| blob.size).sum();
        json!({
            "digest": image.digest(), "tags": tags, "timestamp": time, "size": size,
            "mediaType": Family::Oci.manifest(), "platforms": ["linux/amd64"],
        })
    };
    let expected = json!([
        row(&newer, &["2", "latest"], "2026-01-02T03:04:05Z"),
        row(&older, &["1"], "2025-01-02T03:04:05Z"),
    ]);
    assert_eq!(parsed(&list(&registry)), expected);
}

#[test]
fn an_index_is_listed_with_its_platforms_and_all_its_bytes() {
    let registry = Registry::start();
    let ((one, other), attestation) = (siblings(), Image::tiny(9));
    let index = Index::with_attestation(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")], &attestation);
    registry.put_index("app", "1", &index);
    let size: usize = one.blobs().chain(other.blobs()).map(|blob| blob.size).sum();
    let expected = json!([{
        "digest": index.digest(), "tags": ["1"], "timestamp": "2026-01-02T03:04:05Z", "size": size,
        "mediaType": Family::Oci.index(), "platforms": ["linux/amd64", "linux/arm64/v8"],
    }]);
    assert_eq!(parsed(&list(&registry)), expected);
}

#[test]
fn a_listing_in_pages_is_read_to_its_end() {
    let registry = Registry::start().with_habits(|habits| habits.page = 3);
    let image = Image::tiny(1);
    (0..8).for_each(|tag| registry.put_image("app", &format!("v{tag}"), &image));
    let listed = parsed(&list(&registry));
    assert_eq!(listed[0]["tags"], json!(["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"]));
    assert_eq!(registry.count("GET", "/tags/list"), 3);
}

#[test]
fn a_listing_without_tags_is_empty() {
    for body in [
        r#"{"name":"app","tags":null}"#,
        r#"{"name":"app"}"#,
        r#"{"name":"app","tags":[]}"#,
    ] {
        let registry = answering(body);
        assert_eq!(list(&registry).stdout, "[]\n", "{body}");
        let run = Lugger::new().args(["list-tags", &registry.name("app")]).ok();
        assert_eq!(rows(&run), [["DIGEST", "TAGS", "TIMESTAMP"]], "{body}");
    }
}

#[test]
fn what_is_no_tag_is_left_out() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let registry = answering(&format!(r#"{{"name":"app","tags":["1",null,"{digest}","bad tag","../up"]}}"#));
    registry.put_image("app", "1", &Image::tiny(1));
    let listed = parsed(&list(&registry));
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["tags"], json!(["1"]));
}

#[test]
fn a_tag_that_goes_away_meanwhile_is_left_out() {
    let registry = answering(r#"{"name":"app","tags":["1","gone"]}"#);
    registry.put_image("app", "1", &Image::tiny(1));
    assert_eq!(parsed(&list(&registry))[0]["tags"], json!(["1"]));
}

#[test]
fn a_listing_that_leads_in_a_circle_is_given_up() {
    let registry = Registry::start();
    let link = r#"</v2/app/tags/list?last=a>; rel="next""#;
    let answer = Response::json(200, r#"{"name":"app","tags":["a"]}"#).header("link", link);
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(move |_| answer.clone())));
    let run = Lugger::new().args(["list-tags", &registry.name("app")]).fails(1);
    assert!(run.stderr.contains("the list of tags never ends"), "{}", run.stderr);
}

#[test]
fn a_listing_whose_pages_bring_nothing_new_is_given_up() {
    let registry = Registry::start();
    let turn = AtomicUsize::new(0);
    let answer = move |_: &_| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        let link = format!(r#"</v2/app/tags/list?last=a&turn={turn}>; rel="next""#);
        Response::json(200, r#"{"name":"app","tags":["a"]}"#).header("link", &link)
    };
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(answer)));
    let run = Lugger::new().args(["list-tags", &registry.name("app")]).fails(1);
    assert!(run.stderr.contains("the list of tags never ends"), "{}", run.stderr);
    assert!(registry.count("GET", "/tags/list") < 5);
}

#[test]
fn a_listing_does_not_lead_to_another_host() {
    let (registry, other) = (Registry::start(), Registry::start());
    let link = format!(r#"<{}/v2/app/tags/list?last=a>; rel="next""#, other.origin());
    let answer = Response::json(200, r#"{"name":"app","tags":["a"]}"#).header("link", &link);
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(move |_| answer.clone())));
    let run = Lugger::new().args(["list-tags", &registry.name("app")]).fails(1);
    assert!(run.stderr.contains("goes on at another host"), "{}", run.stderr);
    assert!(other.requests().is_empty());
}

fn two_images() -> (Registry, Image, Image) {
    let (registry, newer) = (Registry::start(), Image::tiny(1));
    let older = made_at("2025-01-02T03:04:05Z", &newer);
    registry.put_image("app", "1", &older);
    registry.put_image("app", "latest", &newer);
    registry.put_image("app", "2", &newer);
    (registry, newer, older)
}

/// A registry whose list of the tags of `app` is this.
fn answering(body: &str) -> Registry {
    let registry = Registry::start();
    let answer = Response::json(200, body.to_string());
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(move |_| answer.clone())));
    registry
}

fn list(registry: &Registry) -> Run {
    let run = Lugger::new()
        .args(["list-tags", &registry.name("app"), "--format", "json"])
        .ok();
    assert!(serde_json::from_str::<Value>(&run.stdout).is_ok_and(|value| value.is_array()));
    run
}
