//! Manifests, indexes and configs that two programs could read differently.

use super::{assert_nothing_fetched, refused, rewritten, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Family, Image, Index, Recipe};
use crate::support::registry::Registry;

/// A document made ambiguous, in every way that readers are known to differ about. `list` is its list of descriptors, and
/// `first` the first of them.
fn ambiguous(document: &Blob, list: &str, first: &str) -> Vec<(String, Blob)> {
    let upper = list.to_uppercase();
    let title = format!("{}{}", &upper[..1], &list[1..]);
    let inside = |fields: &str| first.replacen('{', &format!("{{ {fields},"), 1);
    let put = |name: &str, from: &str, to: &str| (name.to_string(), rewritten(document, from, to));
    let framed = |name: &str, before: &[u8], after: &[u8]| {
        let bytes = [before, &document.bytes, after].concat();
        (name.to_string(), Blob::new(&document.media_type, bytes))
    };
    let kept = r#""kept""#;
    let mut bent = rewritten(document, kept, r#""ke?pt""#).bytes;
    let at = bent.iter().position(|byte| *byte == b'?').unwrap();
    bent[at] = 0xff;
    vec![
        put("a list there twice", "{", &format!("{{ \"{list}\": [],")),
        put(
            "a list there twice, once escaped",
            "{",
            &format!("{{ \"\\u00{:x}{}\": [],", list.as_bytes()[0], &list[1..]),
        ),
        put("a list in upper case beside it", "{", &format!("{{ \"{upper}\": [],")),
        put(
            "a list in upper case instead",
            &format!("\"{list}\""),
            &format!("\"{upper}\""),
        ),
        put("a list with a capital beside it", "{", &format!("{{ \"{title}\": [],")),
        put("a type in another case", "{", "{ \"MediaType\": \"x/y\","),
        put("a digest there twice", first, &inside(r#""digest":"sha256:00""#)),
        put("a digest in another case", first, &inside(r#""Digest":"sha256:00""#)),
        put("a size in another case", first, &inside(r#""SIZE":1"#)),
        put("an annotation there twice", kept, r#""kept", "a":"1", "a":"2""#),
        put("an unknown key there twice", "{", "{ \"x\": 1, \"x\": 1,"),
        put(
            "an unknown key there twice, deep",
            "{",
            "{ \"x\": [{\"y\":[{\"z\":1,\"z\":2}]}],",
        ),
        put("no number", "{", "{ \"x\": NaN,"),
        framed("a second document behind it", b"", b"{}"),
        framed("a text behind it", b"", b"x"),
        framed("a byte order mark", b"\xef\xbb\xbf", b""),
        ("bytes that are no text".to_string(), Blob::new(&document.media_type, bent)),
    ]
}

#[test]
fn a_manifest_that_could_be_read_in_two_ways_is_refused_by_tag_and_by_digest() {
    let image = Image::tiny(1);
    for (what, manifest) in ambiguous(&image.manifest, "layers", &image.layers[0].descriptor()) {
        let registry = serving(&image, &manifest);
        let run = refused(&registry, &what);
        assert!(run.stderr.contains("this is no manifest"), "{what}: {}", run.stderr);
        assert_nothing_fetched(&registry, &what);
        let by_digest = registry.name(&format!("app@{}", manifest.digest));
        Lugger::new().args(["pull", &by_digest]).fails(1);
        assert_eq!(registry.count("*", "/blobs/"), 0, "{what}");
    }
}

#[test]
fn an_index_that_could_be_read_in_two_ways_is_refused() {
    let image = Image::tiny(1);
    let index = Index::of(&[(&image, "linux/amd64")]);
    let entry = format!("\"digest\": \"{}\"", image.digest());
    for (what, manifest) in ambiguous(&index.manifest, "manifests", &image.manifest.descriptor().replace(" }", "")) {
        let registry = serving(&image, &manifest);
        refused(&registry, &what);
        assert_nothing_fetched(&registry, &what);
    }
    let platform = rewritten(&index.manifest, r#""os":"linux""#, r#""os":"linux","OS":"windows""#);
    let registry = serving(&image, &platform);
    refused(&registry, "an operating system in another case");
    assert!(String::from_utf8_lossy(&platform.bytes).contains(&entry));
}

/// An image with this text for its config.
fn with_config(config: impl Into<Vec<u8>>) -> Image {
    let image = Image::tiny(1);
    let config = Blob::new(&image.config.media_type, config.into());
    let manifest = rewritten(&image.manifest, &image.config.descriptor(), &config.descriptor());
    Image {
        config,
        manifest,
        ..image
    }
}

#[test]
fn a_config_that_could_be_read_in_two_ways_is_not_chosen_by() {
    let platform = r#""os":"linux","architecture":"amd64""#;
    for config in [
        format!(r#"{{{platform},"os":"windows"}}"#),
        format!(r#"{{{platform},"OS":"windows"}}"#),
        format!(r#"{{{platform},"config":{{"User":"root","User":"nobody"}}}}"#),
        format!(r#"{{{platform},"config":{{"User":"root","user":"nobody"}}}}"#),
        format!(r#"{{{platform},"config":{{"Labels":{{"a":"1","a":"2"}}}}}}"#),
        format!(r#"{{{platform},"rootfs":{{"diff_ids":[],"Diff_Ids":[]}}}}"#),
        format!("{{{platform}}} {{}}"),
        format!("\u{feff}{{{platform}}}"),
    ] {
        let image = with_config(config.clone());
        let registry = Registry::start();
        registry.put_image("app", "one", &image);
        registry.put_index("app", "1", &Index::of(&[(&image, ""), (&Image::tiny(2), "")]));
        refused(&registry, &config);
        let run = Lugger::new().args(["inspect", &registry.name("app:one")]).fails(1);
        assert!(run.stderr.contains("is not usable"), "{config}: {}", run.stderr);
    }
}

#[test]
fn keys_that_are_anybodys_may_differ_in_case_alone() {
    let settings = r#"{"Labels":{"version":"1","Version":"2","USER":"3"},"User":"u"}"#;
    for family in [Family::Oci, Family::Docker] {
        let recipe = Recipe::default().family(family).settings(settings).layer(b"x");
        let image = recipe.manifest_field(r#""X-Layers": [], "x-layers": []"#).build();
        let registry = Registry::start();
        registry.put_index("app", "1", &Index::of(&[(&image, ""), (&Image::tiny(2), "linux/arm64")]));
        let lugger = Lugger::new();
        super::pull(&lugger, &registry.name("app:1")).ok();
        let run = lugger
            .args(["inspect", "--platform", "linux/amd64", &registry.name("app:1")])
            .ok();
        assert!(run.stdout.contains("Version=2"), "{}", run.stdout);
    }
}
