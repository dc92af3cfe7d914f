//! Who is kept out: by passwords, by TLS, by a store that is only read.

use std::fs;
use std::process::Command;

use super::Serving;
use crate::peers_steps::hold;
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::skopeo::{copy, skopeo, try_skopeo};
use crate::support::server::certificate_pems;
use crate::support::wire::{basic, get};

pub(super) const PASSWORD: &str = "a:canary-password";

/// A file of one user, made by the tool that people make it with.
pub(super) fn users(lugger: &Lugger) -> String {
    let made = Command::new("htpasswd").args(["-Bbn", "anna", PASSWORD]).output().unwrap();
    assert!(made.status.success());
    let path = lugger.home().join("docker/users");
    fs::write(&path, made.stdout).unwrap();
    path.display().to_string()
}

#[test]
fn only_users_with_the_right_password_are_let_in() {
    let lugger = Lugger::new();
    let users = users(&lugger);
    let serving = Serving::of(lugger, &["--htpasswd", &users]);
    for (target, header) in [
        ("/v2/", None),
        ("/v2/_catalog", Some(basic("anna", "wrong"))),
        ("/v2/app/manifests/1", Some(basic("ben", PASSWORD))),
        ("/v2/app/tags/list", Some(basic("anna", ""))),
        ("/v2/", Some("Bearer x".to_string())),
        ("/v2/", Some("Basic !".to_string())),
        ("/elsewhere", None),
    ] {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("Authorization", value.as_str())).collect();
        let answer = get(serving.address(), target, &headers);
        assert_eq!(answer.status, 401, "{target} {headers:?}");
        assert_eq!(answer.json()["errors"][0]["code"], "UNAUTHORIZED");
        assert!(answer.header("WWW-Authenticate").unwrap().starts_with("Basic realm="));
    }
    let right = basic("anna", PASSWORD);
    for _ in 0..2 {
        assert_eq!(get(serving.address(), "/v2/", &[("Authorization", &right)]).status, 200);
    }
    let image = Image::tiny(1);
    let name = serving.name("app:1");
    let pusher = Lugger::new();
    hold(&pusher, &name, &image);
    pusher.args(["push", &name]).fails(4);
    let login = ["login", "-u", "anna", "--password-stdin", serving.address()];
    pusher.args(login).stdin("canary-wrong").fails(4);
    pusher.args(login).stdin(PASSWORD).ok();
    pusher.args(["push", &name]).ok();
    assert_eq!(serving.names(), ["@/app:1"]);
}

#[test]
fn a_file_that_keeps_nobody_out_or_everybody_is_refused() {
    let lugger = Lugger::new();
    let path = lugger.home().join("users");
    for (text, wrong) in [
        ("anna:{SHA}x\n", "line 1: not a user with a bcrypt hash"),
        ("", "has no users"),
    ] {
        fs::write(&path, text).unwrap();
        let run = lugger
            .args(["serve", "--addr", "127.0.0.1:0", "--htpasswd", path.to_str().unwrap()])
            .fails(1);
        assert!(run.stderr.contains(wrong) && run.stdout.is_empty(), "{}", run.stderr);
    }
}

#[test]
fn over_tls_whoever_trusts_the_authority_pushes_and_pulls() {
    let lugger = Lugger::new();
    let [certificate, key, authority] = certificate_pems();
    let file = |name: &str, pem: &str| {
        let path = lugger.home().join(name);
        fs::write(&path, pem).unwrap();
        path.display().to_string()
    };
    let (certificate, key, authority) = (
        file("cert.pem", &certificate),
        file("key.pem", &key),
        file("ca.crt", &authority),
    );
    let swapped = ["serve", "--addr", "127.0.0.1:0", "--cert", &key, "--key", &certificate];
    let run = lugger.args(swapped).fails(1);
    assert!(run.stderr.contains("cannot serve the store"), "{}", run.stderr);
    lugger.args(["serve", "--cert", &certificate]).fails(2);
    let mut serving = Serving::of(lugger, &["--cert", &certificate, "--key", &key]);
    assert!(serving.running().stdout().contains(" at https://127.0.0.1:"));
    let image = Image::tiny(1);
    let name = serving.name("app:1");
    let other = Lugger::new();
    hold(&other, &name, &image);
    other.args(["push", &name]).fails(5);
    other.args(["--ca-file", &authority, "push", &name]).ok();
    let seen = serving.lugger.args(["digest", &format!("store:{name}")]).ok().stdout;
    assert!(seen.contains(image.digest()), "{seen}");
    let directory = serving.lugger.home().display().to_string();
    let target = format!("docker://{name}");
    let raw = skopeo(&["inspect", "--raw", "--cert-dir", &directory, &target]).stdout;
    assert_eq!(raw, image.manifest.bytes);
    assert!(!try_skopeo(&["inspect", "--raw", &target]).status.success());
}

#[test]
fn a_store_that_is_only_read_is_served_and_not_changed() {
    let lugger = Lugger::new();
    let image = Image::tiny(1);
    hold(&lugger, "docker.io/library/app:1", &image);
    let serving = Serving::of(lugger, &["--read-only"]);
    let full = "docker.io/library/app";
    assert_eq!(serving.manifest(full, "1").as_deref(), Some(image.digest()));
    for (method, target) in [
        ("POST", "/v2/app/blobs/uploads/".to_string()),
        ("PUT", format!("/v2/{full}/manifests/2")),
        ("DELETE", format!("/v2/{full}/manifests/1")),
        ("DELETE", format!("/v2/{full}/blobs/{}", image.layers[0].digest)),
        ("PATCH", "/v2/app/blobs/uploads/1".to_string()),
    ] {
        serving.refused((405, "UNSUPPORTED"), method, &target, &[], b"");
    }
    let name = serving.name("app:1");
    let pusher = Lugger::new();
    hold(&pusher, &name, &image);
    pusher.args(["push", &name]).fails(8);
    let directory = tempfile::tempdir().unwrap();
    copy(
        &format!("docker://{}", serving.name(&format!("{full}:1"))),
        &format!("oci:{}:x", directory.path().display()),
    );
    assert_eq!(serving.names(), ["docker.io/library/app:1"]);
}

#[test]
fn a_server_that_is_stopped_ends_well_and_one_that_cannot_listen_says_so() {
    let mut serving = Serving::start();
    let taken = serving.address().to_string();
    let run = serving.lugger.args(["serve", "--addr", &taken]).fails(1);
    assert!(run.stderr.contains(&format!("cannot listen at {taken}")), "{}", run.stderr);
    let run = serving.stop();
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let run = serving
        .lugger
        .args(["serve", "--addr", "127.0.0.1:0", "--name", "registry"])
        .fails(1);
    assert!(
        run.stderr.contains("`registry` cannot be the name of a registry"),
        "{}",
        run.stderr
    );
}
