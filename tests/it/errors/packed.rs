//! Archives that are odd, hold other than what is asked of them, or grow.

use std::fs;

use super::keep;
use crate::support::archive::{Saved, called, docker, layout, oci};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index, Recipe};
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;
use crate::support::tar::{Tar, altered, gzip, header, padded, pax};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An index of these.
fn index(of: &[String]) -> Blob {
    Blob::new(
        INDEX,
        format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, of.join(",")).into_bytes(),
    )
}

/// A whole archive behind these blocks.
fn behind(blocks: &[&[u8]]) -> Vec<u8> {
    let whole = docker(&[Saved::old(&Image::tiny(1), &["app:1"])]);
    [&blocks.concat(), &whole[..]].concat()
}

/// A header of a sparse file with a hole at its beginning.
fn sparse() -> Vec<u8> {
    let block = altered(header("s", 0o644, b'S', "", 3), 257, b"ustar  \0");
    let block = altered(block, 386, b"00000001000\x0000000000003\0");
    [&altered(block, 483, b"00000001003\0")[..], &padded(b"abc")].concat()
}

#[test]
fn every_oddness_of_an_archive_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let image = Image::tiny(1);
    let empty = index(&[]);
    let crowd = index(&vec![empty.descriptor(); 5_001]);
    let mut deep = vec![empty.clone()];
    for _ in 0..6 {
        deep.push(index(&[deep.last().unwrap().descriptor()]));
    }
    let long = pax(&[format!("path={}", "a".repeat(4_000)).as_bytes()]);
    let member = [&long[..], &header("x", 0o644, b'0', "", 0)].concat();
    let many: Vec<u8> = (0..4_300).flat_map(|_| member.clone()).collect();
    let image_for_index = Tar::default()
        .file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#)
        .file("index.json", 0o644, &image.manifest.bytes);
    let archives = [
        ("holes", behind(&[&sparse()])),
        ("a file without a name", Tar::default().file(".", 0o644, b"x").finish()),
        ("too many names", [many, vec![0; 1024]].concat()),
        ("an image in place of the index", image_for_index.finish()),
        (
            "too many manifests",
            layout(
                &[empty.clone(), crowd.clone()],
                &[crowd.descriptor(), empty.descriptor(), crowd.descriptor()],
            )
            .finish(),
        ),
        (
            "indexes that are too deep",
            layout(&deep, &[deep.last().unwrap().descriptor()]).finish(),
        ),
    ];
    for (scene, archive) in archives {
        messages.keep(scene, &lugger, &lugger.args(["load"]).stdin(archive).fails(1));
    }
    let whole = gzip(&docker(&[Saved::old(&image, &["app:1"])]));
    let call = lugger.args(["load", "--max-size", "1k"]).stdin(whole);
    messages.keep("one that grows", &lugger, &call.fails(1));
    fs::create_dir(lugger.home().join("folder")).unwrap();
    let call = lugger.args(["load"]).under("sh", ["-c", r#"exec "$0" "$@" <folder"#]);
    messages.keep("a folder on stdin", &lugger, &call.fails(1));
}

#[test]
fn what_an_archive_does_not_have_is_told_with_what_it_has() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (one, two) = (Image::tiny(1), Image::tiny(2));
    let write = |name: &str, archive: Vec<u8>| fs::write(lugger.home().join(name), archive).unwrap();
    write("empty.tar", Tar::default().file("manifest.json", 0o644, b"[]").finish());
    write("twins.tar", oci(&[(&one, &called("a")), (&two, &called("a"))]).finish());
    let mut twins = OciLayout::new(&lugger.home().join("twins"));
    twins.image("a", &one);
    twins.image("a", &two);
    for from in [
        "docker-archive:empty.tar",
        "oci-archive:twins.tar:a",
        "oci-archive:twins.tar:b",
        "oci-archive:twins.tar:a\u{1}",
        "oci:twins:a",
        "oci:twins",
        "oci:twins:a\u{1}",
        "oci:twins:",
        "docker-archive:twins",
    ] {
        let run = lugger.args(["copy", "-q", from, "store:new:1"]).run();
        messages.keep(&from.escape_debug().to_string(), &lugger, &run);
    }
    let both = Index::of(&[(&one, "linux/amd64"), (&two, "linux/arm64")]);
    let blobs: Vec<Blob> = one.blobs().chain([&one.manifest, &both.manifest]).cloned().collect();
    let entry = both.manifest.descriptor();
    let entry = format!(
        r#"{}, "annotations":{{{}}}}}"#,
        entry.trim_end_matches(" }"),
        called("docker.io/library/part:1")
    );
    let call = lugger.args(["load", "-q"]).stdin(layout(&blobs, &[entry]).finish());
    messages.keep("one of two platforms", &lugger, &call.ok());
}

#[test]
fn what_an_archive_of_docker_cannot_hold_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let tar = Tar::default().file("a", 0o644, b"x").finish();
    let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    let packed = |bytes: Vec<u8>| Recipe::default().tar(tar.clone()).stored_as(zstd, bytes).build();
    keep(&lugger, "zstd:1", &packed(zstd::encode_all(&*tar, 3).unwrap()));
    keep(&lugger, "gzip:1", &packed(gzip(&tar)));
    let mut layout = OciLayout::new(&lugger.home().join("several"));
    let host = std::env::consts::ARCH.replace("x86_64", "amd64").replace("aarch64", "arm64");
    let host = format!("linux/{host}");
    let image = Recipe::default().platform(&host).layer(b"x").build();
    let inner = Index::of(&[(&image, &host)]);
    layout.index("inner", &inner);
    let mut outer = Index::of(&[(&image, &host)]);
    let text = String::from_utf8(outer.manifest.bytes).unwrap();
    let text = text
        .replace(&image.manifest.media_type, INDEX)
        .replace(image.digest(), inner.digest());
    outer.manifest = Blob::new(
        INDEX,
        text.replace(&image.manifest.size.to_string(), &inner.manifest.size.to_string())
            .into_bytes(),
    );
    layout.index("outer", &outer);
    for name in ["inner", "outer"] {
        lugger
            .args(["copy", "-q", &format!("oci:several:{name}"), &format!("store:{name}:1")])
            .ok();
    }
    for name in ["zstd", "gzip", "inner", "outer"] {
        let call = lugger.args(["save", &format!("{name}:1"), "-o", &format!("{name}.tar")]);
        messages.keep(name, &lugger, &call.run());
    }
    let call = lugger.args(["export", "store:outer:1", "-o", "root.tar"]);
    messages.keep("exported", &lugger, &call.fails(1));
}
