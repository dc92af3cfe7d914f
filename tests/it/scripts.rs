//! A pipeline: real shell scripts without a terminal, which know the program by its exit status and stdout alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::peers_steps::{hold, stock_as};
use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};

const PASSWORD: &str = "pw-canary $x 'q'";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A script in the program's own surroundings, where it finds the program by its name.
fn run(lugger: &Lugger, name: &str, words: &str) -> Call {
    let program = Path::new(env!("CARGO_BIN_EXE_lugger"));
    let link = lugger.home().join("bin/lugger");
    if !link.exists() {
        std::os::unix::fs::symlink(program, &link).unwrap();
    }
    let words: Vec<String> = words.split_whitespace().map(String::from).collect();
    let script = script(name).display().to_string();
    lugger.args([script].into_iter().chain(words))
}

fn released(lugger: &Lugger, registry: &Distribution, version: &str) -> Call {
    let call = run(lugger, "release.sh", "").stdin(PASSWORD);
    let call = call.env("REGISTRY", registry.host()).env("REPO", "team/app");
    call.env("VERSION", version)
        .env("COMMIT", "sha-0a1b2c3")
        .env("USERNAME", "ann")
}

#[test]
fn a_release_is_pushed_tagged_awaited_and_looked_at() {
    let registry = Distribution::htpasswd("ann", PASSWORD, "r");
    let (lugger, image) = (Lugger::of("/bin/sh"), Image::tiny(1));
    let keeper = Lugger::new().env("LUGGER_STORE", lugger.store());
    hold(&keeper, &registry.name("team/app:1.4.2"), &image);
    let bytes: usize = image.blobs().map(|blob| blob.size).sum();
    let done = released(&lugger, &registry, "1.4.2").ok();
    let name = registry.name("team/app");
    let expected = format!("released {name}@{}, {bytes} bytes\n", image.digest());
    assert_eq!(done.stdout, expected);
    assert_eq!(
        fs::read_to_string(lugger.home().join("digest.txt")).unwrap(),
        format!("{}\n", image.digest())
    );
    for tag in ["1.4.2", "1.4", "1", "latest", "edge", "sha-0a1b2c3"] {
        let inspected = skopeo::skopeo(&[
            "inspect",
            "--tls-verify=false",
            "--creds",
            &format!("ann:{PASSWORD}"),
            "--format={{.Digest}}",
            &format!("docker://{name}:{tag}"),
        ]);
        assert_eq!(String::from_utf8_lossy(&inspected.stdout).trim(), image.digest(), "{tag}");
    }
    assert_eq!(registry.count("PUT", "/blobs/uploads/"), 3, "each blob is moved once");
    assert_eq!(registry.count("PUT", "/manifests/"), 6);
    let again = released(&lugger, &registry, "1.4.2").ok();
    assert_eq!(again.stdout, "1.4.2 is released already\n");
}

#[test]
fn a_release_ends_with_the_status_of_the_step_that_failed() {
    let registry = Distribution::htpasswd("ann", PASSWORD, "r");
    let lugger = Lugger::of("/bin/sh");
    let wrong = released(&lugger, &registry, "1.4.2").stdin("wrong-canary").fails(4);
    assert_eq!(wrong.stdout, "");
    let absent = released(&lugger, &registry, "1.4.2").fails(3);
    assert!(absent.stderr.contains("the store has no image"), "{}", absent.stderr);
    let keeper = Lugger::new().env("LUGGER_STORE", lugger.store());
    hold(&keeper, &registry.name("team/app:main"), &Image::tiny(1));
    released(&lugger, &registry, "main").fails(2);
    assert!(!lugger.home().join("digest.txt").exists());
    assert_eq!(registry.count("PUT", "/manifests/"), 0);
}

/// What the script decides.
fn decides(lugger: &Lugger, words: &str) -> String {
    let run = run(lugger, "branches.sh", words).ok();
    assert_eq!(run.stderr, "");
    run.stdout.trim_end().to_string()
}

#[test]
fn each_way_to_fail_is_a_branch_of_a_script() {
    let registry = Distribution::htpasswd("ann", PASSWORD, "r");
    stock_as(&format!("ann:{PASSWORD}"), &registry.name("team/app:1"), &Image::tiny(1));
    let lugger = Lugger::of("/bin/sh");
    let name = registry.name("team/app");
    for command in ["pull", "exists", "wait --timeout 5s", "digest", "list-tags"] {
        let tag = if command == "list-tags" { "" } else { ":1" };
        assert_eq!(decides(&lugger, &format!("{command} {name}{tag}")), "log in", "{command}");
    }
    let login = run(
        &lugger,
        "branches.sh",
        &format!("login {} -u ann --password-stdin", registry.host()),
    );
    assert_eq!(login.stdin(PASSWORD).ok().stdout, "go on\n");
    for (words, decision) in [
        (format!("pull {name}:1"), "go on"),
        (format!("exists {name}:1"), "go on"),
        (format!("exists {name}:1 --platform linux/s390x"), "build it"),
        (format!("exists {name}:2"), "build it"),
        (format!("wait {name}:2 --timeout 1s"), "build it"),
        (format!("pull {name}:2"), "build it"),
        (format!("push {name}:2"), "build it"),
        (format!("push {name}:1 --semver"), "mend the script"),
        (format!("pull {name}:1 --format json"), "mend the script"),
        ("pull Upper/Case".to_string(), "mend the script"),
        ("frobnicate".to_string(), "mend the script"),
        ("exists 127.0.0.1:1/app:1".to_string(), "try later"),
        ("wait 127.0.0.1:1/app:1 --timeout 1s".to_string(), "try later"),
        (format!("logout {}", registry.host()), "go on"),
        (format!("kube-secret x {}", registry.host()), "log in"),
    ] {
        assert_eq!(decides(&lugger, &words), decision, "{words}");
    }
}

#[test]
fn what_a_real_registry_never_says_is_a_branch_too() {
    let image = Image::tiny(1);
    let scene = Scene {
        registry: crate::support::registry::Registry::start(),
        lugger: Lugger::of("/bin/sh"),
    };
    scene.registry.put_image("app", "1", &image);
    let name = scene.registry.name("app");
    assert_eq!(decides(&scene.lugger, &format!("pull {name}:1")), "go on");
    let under = |scene: &Scene, rule: Rule, words: &str| {
        scene.registry.clear_rules();
        scene.registry.rule(rule);
        decides(&scene.lugger, words)
    };
    let busy = Rule::on("*", "/manifests/")
        .then(Act::add_header("retry-after", "0"))
        .then(Act::status(429));
    assert_eq!(under(&scene, busy, &format!("digest {name}:1")), "slow down");
    let broken = Rule::on("*", "/manifests/").then(Act::status(503));
    assert_eq!(under(&scene, broken, &format!("digest {name}:1")), "try later");
    let immutable = || Rule::on("PUT", "/manifests/2").then(Act::error(400, "TAG_INVALID", "the tag is immutable"));
    assert_eq!(
        under(&scene, immutable(), &format!("push {name}:1 --also-tag 2")),
        "take another tag"
    );
    let flipped = || Rule::on("GET", "/blobs/").then(Act::CorruptByte(3));
    let other = Image::tiny(2);
    scene.registry.put_image("app", "3", &other);
    assert_eq!(under(&scene, flipped(), &format!("pull {name}:3")), "call somebody");
}
