//! Digests that are none, and the same bytes under two algorithms.

use super::{assert_nothing_fetched, pull, refused, rewritten, serving};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index, Recipe, sha256, sha512};
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::store_check::StoreCheck;

const HEADER: &str = "docker-content-digest";

/// What a descriptor may not name its content by, as JSON.
fn no_digests() -> Vec<String> {
    let hex = "0123456789abcdef".repeat(4);
    vec![
        r#""sha256:../../../../etc/passwd""#.to_string(),
        format!(r#""../../x:{hex}""#),
        format!(r#""sha256:../{}""#, &hex[3..]),
        format!(r#""sha256/../{hex}""#),
        r#""""#.to_string(),
        "null".to_string(),
        "1".to_string(),
        format!(r#""sha256:{}""#, hex.to_uppercase()),
        format!(r#""SHA256:{hex}""#),
        format!(r#""sha256:{}""#, &hex[1..]),
        format!(r#""sha256:{hex}0""#),
        format!(r#""sha512:{hex}""#),
        format!(r#""sha1:{}""#, &hex[..40]),
        format!(r#""md5:{}""#, &hex[..32]),
        format!(r#""foo:{hex}""#),
        format!(r#""{hex}""#),
        r#""sha256:""#.to_string(),
        r#""foo:""#.to_string(),
        format!(r#""sha256:{}\u0000""#, &hex[1..]),
        format!(r#""sha256:{}\n""#, &hex[1..]),
        format!(r#""sha256:{hex}\n""#),
        format!(r#""sha256:{}g""#, &hex[1..]),
        format!(r#""sha256:{}%2f""#, &hex[3..]),
        format!(r#"" sha256:{hex}""#),
    ]
}

#[test]
fn what_is_no_digest_is_refused_before_anything_is_asked_for() {
    let image = Image::tiny(1);
    let index = Index::of(&[(&image, "linux/amd64")]);
    for bad in no_digests() {
        for (place, document, good) in [
            ("a layer", &image.manifest, &image.layers[1].digest),
            ("the config", &image.manifest, &image.config.digest),
            ("an entry", &index.manifest, &image.manifest.digest),
        ] {
            let what = format!("{bad} for {place}");
            let manifest = rewritten(document, &format!("\"digest\": \"{good}\""), &format!("\"digest\": {bad}"));
            let registry = serving(&image, &manifest);
            refused(&registry, &what);
            assert_nothing_fetched(&registry, &what);
        }
    }
}

#[test]
fn what_is_no_digest_is_no_reference() {
    let (registry, lugger) = (Registry::start(), Lugger::new());
    for bad in no_digests().iter().filter_map(|bad| bad.strip_prefix('"')?.strip_suffix('"')) {
        let name = registry.name(&format!("app@{bad}"));
        lugger.args(["pull", &name]).fails(2);
    }
    assert_eq!(registry.requests().len(), 0, "{}", registry.log().lines());
}

/// The manifest of an image under its SHA-512.
fn strong(manifest: &Blob) -> Blob {
    Blob {
        digest: sha512(&manifest.bytes),
        ..manifest.clone()
    }
}

#[test]
fn what_is_pinned_by_sha512_is_verified_by_sha512() {
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    let pinned = strong(&image.manifest);
    let header = |digest: &str| {
        let digest = digest.to_string();
        Act::edit(move |_, answer| {
            answer.remove_header(HEADER);
            answer.add_header(HEADER, &digest);
        })
    };
    let registry = serving(&image, &pinned);
    let name = registry.name(&format!("app@{}", pinned.digest));
    registry.rule(Rule::on("*", "/manifests/").then(header(&sha256(&pinned.bytes))));
    let lugger = Lugger::new();
    pull(&lugger, &name).ok();
    StoreCheck::of(&lugger.store())
        .allowing(&["lock", "index.lock"])
        .assert_sound();
    // Other bytes, whose SHA-256 is told honestly.
    registry.clear_rules();
    let lie = Rule::on("*", "/manifests/").then(Act::ReplaceBody(other.manifest.bytes.clone()));
    registry.rule(lie.then(header(other.digest())));
    let lugger = Lugger::new();
    let run = pull(&lugger, &name).fails(7);
    assert!(run.stderr.contains(&pinned.digest), "{}", run.stderr);
    assert_eq!(registry.count("GET", other.layers[0].digest.as_str()), 0);
}

#[test]
fn the_same_bytes_under_two_algorithms_are_verified_by_each() {
    let same = Recipe::default().layer(b"same").build().layers[0].clone();
    let twin = Blob {
        digest: sha512(&same.bytes),
        ..same.clone()
    };
    let image = Image::with_layers(&[b"same".to_vec()]);
    let both = format!("{}, {}", same.descriptor(), twin.descriptor());
    let manifest = rewritten(&image.manifest, &same.descriptor(), &both);
    let registry = serving(&image, &manifest);
    registry.put_blob("app", &twin);
    let lugger = Lugger::new();
    pull(&lugger, &registry.name("app:1")).ok();
    StoreCheck::of(&lugger.store())
        .allowing(&["lock", "index.lock"])
        .assert_sound();
    registry.rule(Rule::on("GET", &twin.digest).then(Act::CorruptByte(3)));
    let run = refused(&registry, "the twin is another");
    assert_eq!(run.status, 7);
}

#[test]
fn every_digest_that_an_answer_names_is_the_contents() {
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    let (right, wrong) = (image.digest().to_string(), other.digest().to_string());
    let (right_too, wrong_too) = (sha512(&image.manifest.bytes), sha512(&other.manifest.bytes));
    for (named, sound) in [
        (vec![&right, &right_too], true),
        (vec![&right, &right], true),
        (vec![&right, &wrong], false),
        (vec![&wrong, &right], false),
        (vec![&right, &wrong_too], false),
        (vec![&wrong_too], false),
    ] {
        let registry = serving(&image, &image.manifest);
        let told: Vec<String> = named.into_iter().cloned().collect();
        let what = told.join(" and ");
        let says = Act::edit(move |_, answer| {
            answer.remove_header(HEADER);
            for digest in &told {
                answer.add_header(HEADER, digest);
            }
        });
        registry.rule(Rule::on("*", "/manifests/").then(says));
        if sound {
            pull(&Lugger::new(), &registry.name("app:1")).ok();
            continue;
        }
        let run = refused(&registry, &what);
        assert_eq!(run.status, 7, "{what}: {}", run.stderr);
        assert_eq!(registry.count("*", "/blobs/"), 0, "{what}");
    }
}

#[test]
fn a_receipt_is_for_the_manifest_by_every_algorithm_it_names() {
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    for (named, status) in [
        (vec![image.digest().to_string(), other.digest().to_string()], 7),
        (vec![sha512(&other.manifest.bytes)], 7),
        (vec![sha512(&image.manifest.bytes)], 0),
    ] {
        let (source, registry, lugger) = (Registry::start(), Registry::start(), Lugger::new());
        source.put_image("app", "1", &image);
        let says = Act::edit(move |_, answer| {
            answer.remove_header(HEADER);
            for digest in &named {
                answer.add_header(HEADER, digest);
            }
        });
        registry.rule(Rule::on("PUT", "/manifests/").then(says));
        let copy = ["copy", &source.name("app:1"), &registry.name("app:1")];
        lugger.args(copy).fails(status);
    }
}
