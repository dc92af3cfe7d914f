//! `lugger load`: every kind of archive, from a file and from stdin, and what is told of it.

use std::fs;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::{config_and_manifest, store};
use crate::support::archive::{Saved, called, docker, layout, manifest_json, oci, path};
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, Recipe, sha256};
use crate::support::layout::OciLayout;
use crate::support::tar::{Tar, gzip, noise};

fn text(image: &Image) -> String {
    String::from_utf8(image.config.bytes.clone()).unwrap()
}

/// Loads what comes on stdin.
fn load(lugger: &Lugger, archive: Vec<u8>) -> String {
    let run = lugger.args(["load"]).stdin(archive).ok();
    store(lugger).assert_sound();
    run.stdout
}

/// The layers of a name in the store before they were compressed, by their digests.
fn diff_ids(lugger: &Lugger, name: &str) -> Vec<String> {
    let (_, manifest) = config_and_manifest(lugger, name);
    let layers = manifest["layers"].as_array().unwrap().iter();
    let unpacked = layers.map(|layer| {
        assert_eq!(layer["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
        let digest = layer["digest"].as_str().unwrap().replace(':', "/");
        let file = fs::File::open(lugger.store().join("blobs").join(digest)).unwrap();
        let mut bytes = Vec::new();
        MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        sha256(&bytes)
    });
    unpacked.collect()
}

#[test]
fn an_image_of_docker_keeps_its_id_and_its_layers_are_compressed() {
    let image = Image::with_layers(&[noise(1, 700_000), b"small".to_vec()]);
    for saved in [Saved::old(&image, &["app:1"]), Saved::new(&image, &["app:1"])] {
        let lugger = Lugger::new();
        assert_eq!(load(&lugger, docker(&[saved])), "Loaded image: app:1\n");
        let (config, manifest) = config_and_manifest(&lugger, "app:1");
        assert_eq!(config, text(&image), "the ID is the config's digest");
        assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
        let expected: Vec<String> = image.layers.iter().map(|layer| layer.digest.clone()).collect();
        assert_eq!(diff_ids(&lugger, "app:1"), expected);
    }
}

#[test]
fn the_same_archive_becomes_the_same_manifest_wherever_it_is_loaded() {
    let image = Image::with_layers(&[noise(1, 1_000_000)]);
    let digests: Vec<String> = (0..2)
        .map(|_| {
            let lugger = Lugger::new();
            load(&lugger, docker(&[Saved::old(&image, &["app:1"])]));
            lugger.args(["digest", "store:app:1"]).ok().stdout
        })
        .collect();
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn an_archive_may_come_wrapped_and_from_a_file() {
    let image = Image::tiny(1);
    let plain = docker(&[Saved::old(&image, &["app:1"])]);
    let zstd = zstd::encode_all(&*plain, 3).unwrap();
    for (name, bytes) in [("a.tar", plain.clone()), ("a.tgz", gzip(&plain)), ("a.tar.zst", zstd)] {
        let lugger = Lugger::new();
        fs::write(lugger.home().join(name), &bytes).unwrap();
        assert_eq!(lugger.args(["load", "-i", name]).ok().stdout, "Loaded image: app:1\n");
        assert_eq!(load(&lugger, bytes), "Loaded image: app:1\n");
        assert_eq!(config_and_manifest(&lugger, "app:1").0, text(&image));
    }
}

#[test]
fn layers_that_are_compressed_in_the_archive_stay_as_they_are() {
    let recipe = Recipe::default().layer(b"one").layer(b"two");
    let image = recipe.build();
    let mut saved = Saved::old(&image, &["app:1"]);
    saved.layers[0].1 = gzip(&image.layers[0].bytes);
    saved.layers[1].1 = zstd::encode_all(&*image.layers[1].bytes, 3).unwrap();
    let expected = [sha256(&saved.layers[0].1), sha256(&saved.layers[1].1)];
    let lugger = Lugger::new();
    load(&lugger, docker(&[saved]));
    let (_, manifest) = config_and_manifest(&lugger, "app:1");
    for (at, kind) in [(0, "gzip"), (1, "zstd")] {
        assert_eq!(manifest["layers"][at]["digest"], expected[at]);
        let media_type = manifest["layers"][at]["mediaType"].as_str().unwrap();
        assert!(media_type.ends_with(kind), "{media_type}");
    }
}

#[test]
fn a_layer_may_be_a_link_to_another_image_of_the_archive() {
    let [one, other] = [b"one", b"two"].map(|own| Image::with_layers(&[noise(5, 100_000), own.to_vec()]));
    let first = Saved::old(&one, &["app:1"]);
    let mut second = Saved::old(&other, &["app:2"]);
    second.layers[0].0 = "shared/layer.tar".to_owned();
    second.layers[1].0 = "second/layer.tar".to_owned();
    let tar = first
        .onto(Tar::default())
        .symlink("shared/layer.tar", &format!("../{}", first.layers[0].0));
    let tar = tar
        .file("second/layer.tar", 0o644, &second.layers[1].1)
        .file(&second.config.0, 0o644, &second.config.1)
        .file("manifest.json", 0o644, manifest_json(&[first, second]).as_bytes())
        .file("repositories", 0o644, b"ignored");
    let lugger = Lugger::new();
    assert_eq!(load(&lugger, tar.finish()), "Loaded image: app:1\nLoaded image: app:2\n");
    let layers = ["app:1", "app:2"].map(|name| config_and_manifest(&lugger, name).1["layers"].clone());
    assert_eq!(layers[0][0], layers[1][0]);
    assert_ne!(layers[0][1], layers[1][1]);
}

#[test]
fn a_layer_that_is_there_twice_in_an_image_is_one_blob() {
    let layer = noise(3, 50_000);
    let image = Image::with_layers(&[layer]);
    let tar = image.layers[0].bytes.clone();
    let twice = Recipe::default().tar(tar.clone()).tar(tar).build();
    let lugger = Lugger::new();
    load(&lugger, docker(&[Saved::old(&twice, &["app:1"])]));
    let (_, manifest) = config_and_manifest(&lugger, "app:1");
    assert_eq!(manifest["layers"][0], manifest["layers"][1]);
    assert_eq!(fs::read_dir(lugger.store().join("blobs/sha256")).unwrap().count(), 3);
}

#[test]
fn a_layout_in_an_archive_keeps_its_digests() {
    let (one, other) = (Image::tiny(1), Image::tiny(2));
    let full = r#""io.containerd.image.name":"docker.io/library/app:2","org.opencontainers.image.ref.name":"2""#;
    let archive = oci(&[(&one, &called("registry.example/team/app:1")), (&other, full)]).finish();
    let lugger = Lugger::new();
    let expected = "Loaded image: registry.example/team/app:1\nLoaded image: app:2\n";
    assert_eq!(load(&lugger, archive.clone()), expected);
    for (name, image) in [("registry.example/team/app:1", &one), ("app:2", &other)] {
        let digest = lugger.args(["digest", &format!("store:{name}")]).ok().stdout;
        assert_eq!(digest.trim(), image.digest());
    }
    assert_eq!(load(&lugger, gzip(&archive)), expected);
}

#[test]
fn a_directory_that_is_a_layout_is_loaded_too() {
    let lugger = Lugger::new();
    let mut directory = OciLayout::new(&lugger.home().join("images"));
    directory.image("app:1", &Image::tiny(1));
    directory.image("app:2", &Image::tiny(2));
    let run = lugger.args(["load", "-i", "images"]).ok();
    assert_eq!(run.stdout, "Loaded image: app:1\nLoaded image: app:2\n");
    store(&lugger).assert_sound();
}

#[test]
fn where_both_formats_are_there_the_layout_counts_if_it_is_whole() {
    let image = Image::tiny(1);
    let manifest = manifest_json(&[Saved::new(&image, &["app:1"])]);
    let both = |image: &Image| oci(&[(image, &called("app:1"))]).file("manifest.json", 0o644, manifest.as_bytes());
    let lugger = Lugger::new();
    load(&lugger, both(&image).finish());
    assert_eq!(lugger.args(["digest", "store:app:1"]).ok().stdout.trim(), image.digest());
    // The layout lacks a layer under its digest, and docker's manifest names it elsewhere.
    let saved = Saved::old(&image, &["app:1"]);
    let entry = format!(
        r#"{}, "annotations":{{{}}} }}"#,
        image.manifest.descriptor().trim_end_matches(" }"),
        called("app:1")
    );
    let broken = layout(&[image.manifest.clone(), image.config.clone()], &[entry]);
    let archive = saved
        .onto(broken)
        .file("manifest.json", 0o644, manifest_json(&[saved]).as_bytes());
    let lugger = Lugger::new();
    load(&lugger, archive.finish());
    assert_eq!(config_and_manifest(&lugger, "app:1").0, text(&image));
    assert_eq!(diff_ids(&lugger, "app:1").len(), 2);
}

/// What docker since 25 says of the layers that it unpacked: each as it lies in the archive.
fn with_sources(manifest: &str, image: &Image) -> String {
    let layers = image.layers.iter();
    let sources: Vec<String> = layers
        .map(|layer| format!(r#""{}":{}"#, layer.digest, layer.descriptor()))
        .collect();
    let ending = format!(r#","LayerSources":{{{}}}}}]"#, sources.join(","));
    format!("{}{ending}", manifest.strip_suffix("}]").unwrap())
}

#[test]
fn layers_that_docker_unpacked_are_compressed_though_there_is_a_layout() {
    let image = Image::with_layers(&[noise(1, 200_000), b"small".to_vec()]);
    let manifest = with_sources(&manifest_json(&[Saved::new(&image, &["app:1"])]), &image);
    let archive = oci(&[(&image, &called("1"))]).file("manifest.json", 0o644, manifest.as_bytes());
    let archive = archive.finish();
    let lugger = Lugger::new();
    assert_eq!(load(&lugger, archive.clone()), "Loaded image: app:1\n");
    assert_eq!(config_and_manifest(&lugger, "app:1").0, text(&image));
    let expected: Vec<String> = image.layers.iter().map(|layer| layer.digest.clone()).collect();
    assert_eq!(diff_ids(&lugger, "app:1"), expected);
    let lugger = Lugger::new();
    lugger.args(["load", "--compress", "none"]).stdin(archive).ok();
    let (_, manifest) = config_and_manifest(&lugger, "app:1");
    assert_eq!(manifest["layers"][0]["digest"], image.layers[0].digest);
}

#[test]
fn layers_that_came_compressed_to_docker_keep_the_digest_of_their_image() {
    let image = Recipe::default().gzipped().layer(b"one").layer(b"two").build();
    let manifest = with_sources(&manifest_json(&[Saved::new(&image, &["app:1"])]), &image);
    let archive = oci(&[(&image, &called("app:1"))]).file("manifest.json", 0o644, manifest.as_bytes());
    let lugger = Lugger::new();
    load(&lugger, archive.finish());
    assert_eq!(lugger.args(["digest", "store:app:1"]).ok().stdout.trim(), image.digest());
}

#[test]
fn of_an_index_the_platforms_are_loaded_that_are_there() {
    let [amd, arm] = ["linux/amd64", "linux/arm64"].map(|platform| Recipe::default().platform(platform).layer(b"x").build());
    let index = Index::of(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")]);
    let entry = format!(
        r#"{}, "annotations":{{{}}} }}"#,
        index.manifest.descriptor().trim_end_matches(" }"),
        called("app:1")
    );
    let all: Vec<_> = index
        .images
        .iter()
        .flat_map(|image| image.blobs().chain([&image.manifest]))
        .collect();
    let whole: Vec<_> = all.iter().copied().chain([&index.manifest]).cloned().collect();
    let lugger = Lugger::new();
    load(&lugger, layout(&whole, std::slice::from_ref(&entry)).finish());
    assert_eq!(lugger.args(["digest", "store:app:1"]).ok().stdout.trim(), index.digest());
    let part: Vec<_> = arm.blobs().chain([&arm.manifest, &index.manifest]).cloned().collect();
    let lugger = Lugger::new();
    let run = lugger.args(["load"]).stdin(layout(&part, &[entry]).finish()).ok();
    assert!(run.stderr.contains("the archive has only linux/arm64"), "{}", run.stderr);
    let digest = lugger.args(["digest", "store:app:1"]).ok().stdout;
    assert_eq!(digest.trim(), arm.digest(), "the image that is there");
}

#[test]
fn an_image_without_a_name_is_loaded_and_can_be_named() {
    let image = Image::tiny(1);
    let archive = docker(&[Saved::old(&image, &[])]);
    let lugger = Lugger::new();
    let told = load(&lugger, archive.clone());
    assert_eq!(told, format!("Loaded image ID: {}\n", image.config.digest));
    lugger.args(["tag", &image.config.digest, "app:1"]).ok();
    assert_eq!(config_and_manifest(&lugger, "app:1").0, text(&image));
    let run = lugger.args(["load", "-t", "app:2"]).stdin(archive).ok();
    assert_eq!(run.stdout, "Loaded image: app:2\n");
    let two = docker(&[Saved::old(&image, &["a:1"]), Saved::new(&Image::tiny(2), &["a:2"])]);
    let run = lugger.args(["load", "--name", "app:3"]).stdin(two).fails(2);
    assert!(
        run.stderr.contains("`--name` is for one image, and there are 2"),
        "{}",
        run.stderr
    );
}

#[test]
fn all_names_of_an_image_are_given() {
    let image = Image::tiny(1);
    let lugger = Lugger::new();
    let told = load(&lugger, docker(&[Saved::new(&image, &["app:1", "registry.example/app:1"])]));
    assert_eq!(told, "Loaded image: app:1\nLoaded image: registry.example/app:1\n");
    let names = ["docker.io/library/app:1", "registry.example/app:1"];
    assert_eq!(store(&lugger).names(), names);
}

#[test]
fn how_layers_are_compressed_can_be_chosen() {
    let image = Image::with_layers(&[b"words and words ".repeat(50_000)]);
    let archive = docker(&[Saved::old(&image, &["app:1"])]);
    let mut sizes = Vec::new();
    for (words, kind) in [
        (&["--compress", "none"][..], "tar"),
        (&["--level", "1"], "gzip"),
        (&["--level", "9"], "gzip"),
        (&["--compress", "zstd", "--level", "19"], "zstd"),
    ] {
        let lugger = Lugger::new();
        lugger.args([&["load"], words].concat()).stdin(archive.clone()).ok();
        store(&lugger).assert_sound();
        let (_, manifest) = config_and_manifest(&lugger, "app:1");
        let media_type = manifest["layers"][0]["mediaType"].as_str().unwrap();
        assert!(media_type.ends_with(kind), "{media_type}");
        sizes.push(manifest["layers"][0]["size"].as_u64().unwrap());
    }
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
    let lugger = Lugger::new();
    let run = lugger.args(["load", "--level", "10"]).stdin(archive).fails(2);
    assert!(run.stderr.contains("the levels of gzip are 1 to 9"), "{}", run.stderr);
}

#[test]
fn what_is_there_already_stays_beside_what_is_loaded() {
    let lugger = Lugger::new();
    load(&lugger, docker(&[Saved::old(&Image::tiny(1), &["app:1"])]));
    load(&lugger, docker(&[Saved::old(&Image::tiny(2), &["app:2"])]));
    load(&lugger, docker(&[Saved::old(&Image::tiny(3), &["app:1"])]));
    assert_eq!(config_and_manifest(&lugger, "app:1").0, text(&Image::tiny(3)));
    assert_eq!(config_and_manifest(&lugger, "app:2").0, text(&Image::tiny(2)));
}

#[test]
fn an_archive_may_hold_more_than_images() {
    let image = Image::tiny(1);
    let saved = Saved::new(&image, &["app:1"]);
    let tar = Tar::default().directory("extra").file("extra/notes", 0o644, b"hello");
    let tar = saved.onto(tar).file(&path(&image.layers[0]), 0o644, &image.layers[0].bytes);
    let tar = tar.file("manifest.json", 0o644, manifest_json(&[saved]).as_bytes());
    assert_eq!(load(&Lugger::new(), tar.finish()), "Loaded image: app:1\n");
}

#[test]
fn a_file_on_stdin_is_read_where_it_is() {
    let lugger = Lugger::new();
    let path = lugger.home().join("a.tar");
    fs::write(
        &path,
        docker(&[Saved::old(&Image::with_layers(&[noise(1, 500_000)]), &["app:1"])]),
    )
    .unwrap();
    let output = lugger
        .args(["load"])
        .command()
        .stdin(fs::File::open(&path).unwrap())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Loaded image: app:1\n");
    store(&lugger).assert_sound();
}

#[test]
fn a_load_that_is_killed_leaves_a_sound_store_and_the_next_one_goes_through() {
    let lugger = Lugger::new();
    let archive = docker(&[Saved::old(&Image::with_layers(&[noise(1, 60 << 20)]), &["app:1"])]);
    fs::write(lugger.home().join("a.tar"), archive).unwrap();
    let begun = || {
        let files = fs::read_dir(lugger.store().join("partial")).into_iter().flatten().flatten();
        let large = files.filter(|file| file.metadata().is_ok_and(|file| file.len() > 100_000));
        large.count()
    };
    for end in ["kill", "interrupt"] {
        // What the run before has left is still there.
        let before = begun();
        let mut running = lugger.args(["load", "--level", "9", "-i", "a.tar"]).start();
        running.wait_until("a layer is being made", || begun() > before);
        if end == "kill" {
            running.kill();
        } else {
            running.interrupt();
            assert_eq!(running.wait().status, 130);
        }
        store(&lugger).assert_sound();
        assert!(store(&lugger).names().is_empty());
    }
    assert_eq!(lugger.args(["load", "-i", "a.tar"]).ok().stdout, "Loaded image: app:1\n");
    store(&lugger).assert_sound();
}
