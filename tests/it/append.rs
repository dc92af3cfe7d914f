//! `lugger append`: the same files make the same image, whatever the base is, and Docker runs it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::command::{Call, Lugger};
use crate::support::image::{Family, Image, Index, Recipe, sha256};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo::{raw_manifest, skopeo};
use crate::support::store_check::StoreCheck;
use crate::support::tar::{Tar, gzip};

/// A folder with a file of each kind; another umask, other rights; every time younger.
fn folder(lugger: &Lugger, name: &str, umask: u32) -> PathBuf {
    let folder = lugger.home().join(name);
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::write(folder.join("b.txt"), "second").unwrap();
    fs::write(folder.join("a.txt"), "first").unwrap();
    fs::write(folder.join("bin/run"), "#!/bin/sh\n").unwrap();
    fs::hard_link(folder.join("a.txt"), folder.join("c.txt")).unwrap();
    symlink("/etc/../a.txt", folder.join("link")).unwrap();
    for (path, mode) in [("b.txt", 0o666), ("a.txt", 0o666), ("bin/run", 0o777), ("bin", 0o777)] {
        let rights = fs::Permissions::from_mode(mode & !umask);
        fs::set_permissions(folder.join(path), rights).unwrap();
    }
    folder
}

fn with_layer(lugger: &Lugger, base: &str, layer: &str, new: &str) -> Call {
    lugger.args(["append", base, "--layer", layer, "-t", new])
}

fn base(lugger: &Lugger, image: &Image) -> String {
    OciLayout::write(&lugger.home().join(format!("base-{}", &image.digest()[7..20])), "it", image)
}

fn blob(lugger: &Lugger, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().unwrap();
    fs::read(lugger.store().join("blobs").join(digest.replace(':', "/"))).unwrap()
}

fn raw(lugger: &Lugger, name: &str) -> Value {
    let run = lugger.args(["inspect", "--raw", &format!("store:{name}")]).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

fn config(lugger: &Lugger, manifest: &Value) -> Value {
    serde_json::from_slice(&blob(lugger, &manifest["config"])).unwrap()
}

fn digest(run: &str) -> &str {
    run.lines().find_map(|line| line.strip_prefix("Digest: ")).unwrap()
}

/// What GNU tar lists of a layer.
fn listed(lugger: &Lugger, layer: &Value) -> String {
    let file = lugger.home().join("layer");
    fs::write(&file, blob(lugger, layer)).unwrap();
    let mut tar = Command::new("tar");
    let listed = tar.args(["--numeric-owner", "--full-time", "--utc", "-tvf"]).arg(&file);
    let output = listed.output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_files_make_one_digest_at_any_time_and_under_any_umask() {
    let mut digests = Vec::new();
    for umask in [0o022, 0o077] {
        let lugger = Lugger::new();
        let folder = folder(&lugger, "tree", umask);
        let base = base(&lugger, &Image::tiny(1));
        let layer = format!("{}:/opt", folder.display());
        let run = with_layer(&lugger, &base, &layer, "new:1").ok().stdout;
        digests.push(digest(&run).to_owned());
        StoreCheck::of(&lugger.store())
            .allowing(&["lock", "index.lock"])
            .assert_sound();
    }
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn a_folder_is_a_layer_with_its_files_in_order_and_root_as_their_owner() {
    let lugger = Lugger::new();
    let layer = format!("{}:/opt/app", folder(&lugger, "tree", 0o077).display());
    with_layer(&lugger, "scratch", &layer, "new:1").ok();
    let layer = &raw(&lugger, "new:1")["layers"][0];
    let expected = "\
-rw-r--r-- 0/0 5 1970-01-01 00:00:00 opt/app/a.txt
-rw-r--r-- 0/0 6 1970-01-01 00:00:00 opt/app/b.txt
drwxr-xr-x 0/0 0 1970-01-01 00:00:00 opt/app/bin/
-rwxr-xr-x 0/0 10 1970-01-01 00:00:00 opt/app/bin/run
hrw-r--r-- 0/0 0 1970-01-01 00:00:00 opt/app/c.txt link to opt/app/a.txt
lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 opt/app/link -> /etc/../a.txt";
    assert_eq!(listed(&lugger, layer), expected);
}

#[test]
fn modes_are_kept_where_that_is_asked_for_and_times_up_to_the_epoch() {
    let lugger = Lugger::new();
    let folder = folder(&lugger, "tree", 0o077);
    let file = folder.join("b.txt");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o4750)).unwrap();
    let touched = Command::new("touch").args(["-d", "2001-02-03T04:05:06Z"]).arg(&file).status();
    assert!(touched.unwrap().success());
    let words = [
        "append",
        "scratch",
        "--keep-modes",
        "--layer",
        folder.to_str().unwrap(),
        "-t",
        "new:1",
    ];
    lugger.args(words).env("SOURCE_DATE_EPOCH", "1000000000").ok();
    let manifest = raw(&lugger, "new:1");
    let listed = listed(&lugger, &manifest["layers"][0]);
    assert!(listed.contains("-rwsr-x--- 0/0 6 2001-02-03 04:05:06 b.txt"), "{listed}");
    assert!(listed.contains("-rw------- 0/0 5 2001-09-09 01:46:40 a.txt"), "{listed}");
    assert_eq!(config(&lugger, &manifest)["created"], "2001-09-09T01:46:40Z");
    lugger.args(words).env("SOURCE_DATE_EPOCH", "yesterday").fails(2);
}

#[test]
fn every_platform_of_the_base_gets_the_layer_and_attestations_are_left_behind() {
    let lugger = Lugger::new();
    let image = |platform: &str| Recipe::default().platform(platform).layer(platform.as_bytes()).build();
    let (one, other, attestation) = (image("linux/amd64"), image("linux/arm64/v8"), Image::tiny(9));
    let index = Index::with_attestation(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")], &attestation);
    OciLayout::new(&lugger.home().join("base")).index("it", &index);
    let base = format!("oci:{}:it", lugger.home().join("base").display());
    let folder = folder(&lugger, "tree", 0o022);
    with_layer(&lugger, &base, folder.to_str().unwrap(), "new:1").ok();
    let new = raw(&lugger, "new:1");
    let entries = new["manifests"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for (entry, old) in entries.iter().zip([&one, &other]) {
        let manifest: Value = serde_json::from_slice(&blob(&lugger, entry)).unwrap();
        assert_eq!(manifest["layers"][0]["digest"], old.layers[0].digest);
        assert_eq!(manifest["layers"].as_array().unwrap().len(), 2);
        assert_eq!(manifest["annotations"]["org.opencontainers.image.base.digest"], old.digest());
    }
    assert_eq!(
        entries[1]["platform"],
        json!({"os": "linux", "architecture": "arm64", "variant": "v8"})
    );
    let words = ["append", &base, "--platform", "linux/arm64", "--label", "a=b", "-t", "new:2"];
    lugger.args(words).ok();
    assert_eq!(config(&lugger, &raw(&lugger, "new:2"))["architecture"], "arm64");
    let wrong = lugger
        .args(["append", &base, "--platform", "linux/s390x", "-t", "new:3"])
        .fails(3);
    assert!(wrong.stderr.contains("linux/arm64/v8"), "{}", wrong.stderr);
}

#[test]
fn settings_are_changed_and_the_rest_stays() {
    let lugger = Lugger::new();
    let settings = r#"{"Cmd":["bash"],"Env":["PATH=/bin"],"Labels":{"old":"1"}}"#;
    let base = base(&lugger, &Recipe::default().layer(b"x").settings(settings).build());
    let words = [
        "append",
        &base,
        "-t",
        "new:1",
        "--label",
        "team=core",
        "--env",
        "A=b c",
        "--expose",
        "80",
    ];
    let more = [
        "--entrypoint",
        "/app --serve 'two words'",
        "--cmd",
        "[\"x\"]",
        "--workdir",
        "/srv",
        "--user",
        "1:2",
    ];
    lugger.args(words.iter().chain(&more)).ok();
    let manifest = raw(&lugger, "new:1");
    let config = config(&lugger, &manifest);
    assert_eq!(config["config"]["Entrypoint"], json!(["/app", "--serve", "two words"]));
    assert_eq!(config["config"]["Cmd"], json!(["x"]));
    assert_eq!(config["config"]["Env"], json!(["PATH=/bin", "A=b c"]));
    assert_eq!(config["config"]["Labels"], json!({"old": "1", "team": "core"}));
    assert_eq!(config["config"]["ExposedPorts"], json!({"80/tcp": {}}));
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    for (flag, value) in [("--label", "x"), ("--expose", "0"), ("--cmd", "'"), ("--level", "77")] {
        let run = lugger.args(["append", &base, "-t", "new:2", flag, value]).fails(2);
        assert!(run.stderr.contains(flag), "{}", run.stderr);
    }
}

#[test]
fn a_tar_is_taken_as_it_is_and_a_compressed_one_byte_for_byte() {
    let lugger = Lugger::new();
    let tar = Tar::default().file("x/y", 0o600, b"content").finish();
    let packed = gzip(&tar);
    let (plain, gzipped) = (lugger.home().join("a.tar"), lugger.home().join("a.tgz"));
    fs::write(&plain, &tar).unwrap();
    fs::write(&gzipped, &packed).unwrap();
    let layers = [
        "--layer",
        plain.to_str().unwrap(),
        "--layer",
        gzipped.to_str().unwrap(),
        "--layer",
        "-",
    ];
    let words = ["append", "scratch", "--compress", "zstd", "-t", "new:1"];
    lugger.args(words.iter().chain(&layers)).stdin(tar.clone()).ok();
    let manifest = raw(&lugger, "new:1");
    let types: Vec<&str> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["mediaType"].as_str().unwrap())
        .collect();
    let of = |kind: &str| format!("application/vnd.oci.image.layer.v1.tar+{kind}");
    assert_eq!(types, [of("zstd"), of("gzip"), of("zstd")]);
    assert_eq!(manifest["layers"][1]["digest"], sha256(&packed));
    assert_eq!(manifest["layers"][0]["digest"], manifest["layers"][2]["digest"]);
    let diff_ids = &config(&lugger, &manifest)["rootfs"]["diff_ids"];
    assert_eq!(*diff_ids, json!([sha256(&tar), sha256(&tar), sha256(&tar)]));
}

#[test]
fn what_cannot_be_a_layer_is_refused_and_nothing_is_kept() {
    let lugger = Lugger::new();
    let home = lugger.home().to_owned();
    let tar = Tar::default().file("x", 0o600, &[7; 4000]).finish();
    let write = |name: &str, bytes: &[u8]| fs::write(home.join(name), bytes).unwrap();
    write("text", b"this is no archive, however long it is".repeat(40).as_slice());
    write("empty", b"");
    write("cut", &tar[..2000]);
    write("cut.gz", &gzip(&tar)[..30]);
    fs::create_dir(home.join("pipes")).unwrap();
    assert!(Command::new("mkfifo").arg(home.join("pipes/p")).status().unwrap().success());
    for (name, reason) in [
        ("text", "no tar"),
        ("empty", "nothing in it"),
        ("cut", "cut cannot be a layer"),
        ("cut.gz", "cut.gz cannot be a layer"),
        ("pipes", "neither a file, a folder nor a link"),
        ("not there", "No such file"),
    ] {
        let path = home.join(name);
        let run = with_layer(&lugger, "scratch", path.to_str().unwrap(), "new:1").fails(1);
        assert!(run.stderr.contains(reason), "{name}: {}", run.stderr);
        assert_eq!(
            StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"]).names(),
            [""; 0]
        );
        let blobs = fs::read_dir(lugger.store().join("blobs")).unwrap().count();
        assert_eq!(blobs, 0, "{name}");
    }
}

#[test]
fn an_artifact_is_no_base() {
    let lugger = Lugger::new();
    let mut artifact = Image::tiny(1);
    artifact.manifest.bytes = String::from_utf8(artifact.manifest.bytes.clone())
        .unwrap()
        .replace(
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.example.config.v1+json",
        )
        .into_bytes();
    artifact.manifest.digest = sha256(&artifact.manifest.bytes);
    artifact.manifest.size = artifact.manifest.bytes.len();
    let base = base(&lugger, &artifact);
    let run = lugger.args(["append", &base, "--label", "a=b", "-t", "new:1"]).fails(1);
    assert!(run.stderr.contains("is no image"), "{}", run.stderr);
}

#[test]
fn it_is_pushed_in_one_go_and_the_bases_layers_are_mounted() {
    let (lugger, registry) = (Lugger::new(), Distribution::open());
    let image = Recipe::default().family(Family::Docker).layer(b"base").gzipped().build();
    let from = base(&lugger, &image);
    let (upstream, golden) = (registry.name("team/base:1"), registry.name("golden/base:1"));
    lugger.args(["copy", "-q", &from, &upstream]).ok();
    let folder = folder(&lugger, "tree", 0o022);
    let words = [
        "append",
        &upstream,
        "--layer",
        folder.to_str().unwrap(),
        "-t",
        &golden,
        "--push",
        "-q",
    ];
    let run = lugger.args(words).ok();
    let manifest = raw_manifest(&golden);
    assert_eq!(
        run.stdout,
        format!("{}@{}\n", registry.name("golden/base"), sha256(&manifest))
    );
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["layers"][0]["digest"], image.layers[0].digest);
    assert_eq!(
        manifest["layers"][1]["mediaType"],
        "application/vnd.docker.image.rootfs.diff.tar.gzip"
    );
    assert!(registry.count("POST", "mount=") > 0);
    let to = format!("dir:{}", lugger.home().join("skopeo").display());
    skopeo(&["copy", "--src-tls-verify=false", &format!("docker://{golden}"), &to]);
    assert!(Path::new(&to[4..]).join("manifest.json").exists());
}
