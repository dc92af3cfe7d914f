//! `lugger inspect` and `lugger digest`.

use serde_json::json;

use super::{json as parsed, keep, siblings};
use crate::support::command::Lugger;
use crate::support::image::{Family, Image, Index, Recipe};
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};

#[test]
fn raw_is_the_manifest_to_the_byte() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("app", "1", &image);
    let run = lugger.args(["inspect", "--raw", &registry.name("app:1")]).ok();
    assert_eq!(run.bytes, image.manifest.bytes);
    assert_eq!(registry.requests().len(), 1, "{}", registry.log().lines());
}

#[test]
fn raw_is_the_index_to_the_byte_or_the_manifest_of_a_platform() {
    let (lugger, registry, index) = indexed();
    let name = registry.name("app:1");
    assert_eq!(lugger.args(["inspect", "--raw", &name]).ok().bytes, index.manifest.bytes);
    let run = lugger.args(["inspect", "--raw", "--platform", "linux/arm64", &name]).ok();
    assert_eq!(run.bytes, index.images[1].manifest.bytes);
}

#[test]
fn config_is_the_config_to_the_byte() {
    let (lugger, registry, index) = indexed();
    let name = registry.name("app:1");
    for (platform, image) in [("linux/amd64", &index.images[0]), ("linux/arm64/v8", &index.images[1])] {
        let run = lugger.args(["inspect", "--config", "--platform", platform, &name]).ok();
        assert_eq!(run.bytes, image.config.bytes, "{platform}");
    }
    let layers = index.images[0]
        .layers
        .iter()
        .filter(|layer| registry.count("GET", &layer.digest) > 0);
    assert_eq!(layers.count(), 0);
}

#[test]
fn the_summary_has_one_fact_a_line() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), labelled());
    registry.put_image("app", "1", &image);
    let name = registry.name("app:1");
    let summary = lugger.args(["inspect", &name]).ok().stdout;
    let facts = [
        ("Name", name.as_str()),
        ("Digest", image.digest()),
        ("Media type", Family::Oci.manifest()),
        ("Created", "2026-01-02T03:04:05Z"),
        ("User", "nobody"),
        ("Working dir", "/srv"),
        ("Entrypoint", "/bin/sh -c"),
        ("Cmd", "echo hello"),
        ("Ports", "8080/tcp"),
        ("Env", "A=1"),
        ("Label", "team=blue"),
    ];
    for (fact, value) in facts {
        let line = format!("{fact:<12} {value}");
        assert!(summary.lines().any(|found| found == line), "{line}\n---\n{summary}");
    }
    assert!(summary.lines().any(|line| line.starts_with("Layer        sha256:")));
    assert!(!summary.contains("Author"), "{summary}");
}

#[test]
fn texts_of_an_image_do_not_steer_the_terminal() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let settings = r#"{"Labels":{"a":"\u001b[2Jx\ny"},"User":"\u001b]0;title\u0007"}"#;
    registry.put_image("app", "1", &Recipe::default().settings(settings).layer(b"x").build());
    let summary = lugger.args(["inspect", &registry.name("app:1")]).ok().stdout;
    assert!(!summary.contains('\u{1b}') && !summary.contains('\u{7}'), "{summary:?}");
    assert!(summary.lines().any(|line| line == "Label        a= [2Jx y"), "{summary:?}");
}

#[test]
fn the_summary_of_an_index_lists_its_platforms() {
    let (lugger, registry, index) = indexed();
    let summary = lugger.args(["inspect", &registry.name("app:1")]).ok().stdout;
    for (platform, image) in [("linux/amd64", &index.images[0]), ("linux/arm64/v8", &index.images[1])] {
        let line = format!("Platform     {platform:<16} {}", image.digest());
        assert!(summary.lines().any(|found| found == line), "{line}\n---\n{summary}");
    }
    assert!(!summary.contains("Layer"), "{summary}");
}

#[test]
fn json_tells_the_same_of_an_image() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), labelled());
    registry.put_image("app", "1", &image);
    let name = registry.name("app:1");
    let layer = &image.layers[0];
    let size: usize = image.blobs().map(|blob| blob.size).sum();
    let expected = json!({
        "name": name, "digest": image.digest(), "mediaType": Family::Oci.manifest(), "size": size,
        "created": "2026-01-02T03:04:05Z", "author": null,
        "platforms": [{"platform": "linux/amd64", "digest": image.digest()}],
        "layers": [{"digest": layer.digest, "size": layer.size, "mediaType": layer.media_type}],
        "user": "nobody", "workingDir": "/srv", "entrypoint": ["/bin/sh", "-c"], "cmd": ["echo", "hello"],
        "env": ["A=1"], "exposedPorts": ["8080/tcp"], "labels": {"team": "blue"},
    });
    assert_eq!(parsed(&lugger.args(["inspect", "--format", "json", &name]).ok()), expected);
}

#[test]
fn json_tells_the_platforms_of_an_index() {
    let (lugger, registry, index) = indexed();
    let told = parsed(&lugger.args(["inspect", "--format", "json", &registry.name("app:1")]).ok());
    let expected = json!([
        {"platform": "linux/amd64", "digest": index.images[0].digest()},
        {"platform": "linux/arm64/v8", "digest": index.images[1].digest()},
    ]);
    assert_eq!((&told["platforms"], &told["size"]), (&expected, &json!(null)));
    assert_eq!(told["digest"], index.digest());
}

#[test]
fn a_place_on_disk_is_inspected_like_a_registry() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    keep(&lugger, "app:1", &image);
    lugger.args(["copy", "-q", "store:app:1", "oci:out:x"]).ok();
    for place in ["store:app:1", "oci:out:x", "oci:out"] {
        assert_eq!(
            lugger.args(["inspect", "--raw", place]).ok().bytes,
            image.manifest.bytes,
            "{place}"
        );
        assert_eq!(
            lugger.args(["inspect", "--config", place]).ok().bytes,
            image.config.bytes,
            "{place}"
        );
        assert_eq!(lugger.args(["digest", place]).ok().stdout.trim(), image.digest(), "{place}");
    }
}

#[test]
fn the_ways_of_showing_exclude_each_other() {
    let lugger = Lugger::new();
    lugger.args(["inspect", "--raw", "--config", "app"]).fails(2);
    lugger.args(["inspect", "--raw", "--format", "json", "app"]).fails(2);
}

#[test]
fn a_digest_is_asked_for_by_head() {
    let (lugger, registry, index) = indexed();
    let run = lugger.args(["digest", &registry.name("app:1")]).ok();
    assert_eq!(run.stdout, format!("{}\n", index.digest()));
    assert_eq!(registry.count("HEAD", "/manifests/1"), 1);
    assert_eq!(registry.requests().len(), 1, "{}", registry.log().lines());
}

#[test]
fn a_digest_that_head_does_not_tell_is_computed() {
    let (lugger, registry, index) = indexed();
    let hidden = Act::RemoveHeader("docker-content-digest".to_string());
    registry.rule(Rule::on("*", "/manifests/").then(hidden));
    let run = lugger.args(["digest", &registry.name("app:1")]).ok();
    assert_eq!(run.stdout, format!("{}\n", index.digest()));
    assert_eq!(registry.count("GET", "/manifests/1"), 1);
}

#[test]
fn a_digest_without_head_is_computed() {
    let (lugger, registry, index) = indexed();
    registry.rule(Rule::on("HEAD", "/manifests/").then(Act::status(405)));
    let run = lugger.args(["digest", &registry.name("app:1")]).ok();
    assert_eq!(run.stdout, format!("{}\n", index.digest()));
}

fn indexed() -> (Lugger, Registry, Index) {
    let (registry, (one, other)) = (Registry::start(), siblings());
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")]);
    registry.put_index("app", "1", &index);
    (Lugger::new(), registry, index)
}

fn labelled() -> Image {
    let settings = r#"{"User":"nobody","WorkingDir":"/srv","Entrypoint":["/bin/sh","-c"],"Cmd":["echo","hello"],
        "Env":["A=1"],"ExposedPorts":{"8080/tcp":{}},"Labels":{"team":"blue"}}"#;
    Recipe::default().settings(settings).layer(b"content").build()
}
