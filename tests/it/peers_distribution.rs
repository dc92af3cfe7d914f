//! The program against CNCF distribution: what arrives there and comes back, how many requests that takes by the
//! registry's own count, passwords, mounts, and a registry that goes away in the middle. Tokens are in `peers_token`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::peers_steps::{check, downloaded, hold, layered, stock, up_to_date};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::tar::noise;

const PASSWORD: &str = r#"s3cr:et"canary"#;
const REALM: &str = r#"a b, "q""#;

#[test]
fn what_is_pushed_is_there_byte_for_byte_and_is_pulled_again() {
    let registry = Distribution::open();
    let (image, name) = (Image::tiny(1), registry.name("team/app:1"));
    let sender = Lugger::new();
    hold(&sender, &name, &image);
    let pushed = sender.args(["push", &name]).ok();
    let expected = format!("1: digest: {} size: {}\n", image.digest(), image.manifest.size);
    assert_eq!(pushed.stdout, expected);
    assert!(pushed.stderr.contains("The push refers to repository ["), "{}", pushed.stderr);
    assert_eq!(skopeo::raw_manifest(&name), image.manifest.bytes);
    let receiver = Lugger::new();
    let pulled = receiver.args(["pull", &name]).ok();
    assert_eq!(pulled.stdout, downloaded(&name, image.digest()));
    check(&receiver.store()).assert_sound();
    assert_eq!(check(&receiver.store()).names(), [name.as_str()]);
    let again = receiver.args(["pull", &name]).ok();
    assert_eq!(again.stdout, up_to_date(&name, image.digest()));
}

#[test]
fn the_registry_is_looked_at_without_pulling() {
    let registry = Distribution::open();
    let (first, second) = (Image::tiny(1), Image::tiny(2));
    stock(&registry.name("team/app:1"), &first);
    stock(&registry.name("team/app:2"), &second);
    let lugger = Lugger::new();
    let tagged = registry.name("team/app:latest");
    lugger.args(["tag", "--remote", &registry.name("team/app:2"), &tagged]).ok();
    assert_eq!(registry.count("PUT", "/blobs/uploads/"), 6, "a tag moves no blob");
    let digest = lugger.args(["digest", &tagged]).ok().stdout;
    assert_eq!(digest, format!("{}\n", second.digest()));
    assert_eq!(digest.trim(), skopeo::inspect_digest(&tagged));
    assert_eq!(lugger.args(["inspect", "--raw", &tagged]).ok().bytes, second.manifest.bytes);
    assert_eq!(lugger.args(["inspect", "--config", &tagged]).ok().bytes, second.config.bytes);
    let listed = lugger
        .args(["list-tags", "--format", "json", &registry.name("team/app")])
        .ok();
    let rows: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    let mut tags: Vec<(String, String)> = rows.iter().map(row).collect();
    tags.sort();
    let mut expected = [
        (first.digest().to_string(), "1".to_string()),
        (second.digest().to_string(), "2 latest".to_string()),
    ];
    expected.sort();
    assert_eq!(tags, expected);
    assert!(!lugger.store().join("blobs").exists(), "nothing was pulled");
}

/// The digest of a row and its tags.
fn row(row: &Value) -> (String, String) {
    let tags = row["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap());
    let mut tags: Vec<&str> = tags.collect();
    tags.sort_unstable();
    (row["digest"].as_str().unwrap().to_string(), tags.join(" "))
}

#[test]
fn all_tags_of_a_repository_go_up_and_come_down_together() {
    let registry = Distribution::open();
    let (sender, receiver) = (Lugger::new(), Lugger::new());
    let repository = registry.name("team/app");
    let images = [1, 2, 3].map(|seed| (format!("{repository}:v{seed}"), Image::tiny(seed)));
    for (name, image) in &images {
        hold(&sender, name, image);
    }
    let pushed = sender.args(["push", "--all-tags", "-q", &repository]).ok();
    let pulled = receiver.args(["pull", "--all-tags", "-q", &repository]).ok();
    for (name, image) in &images {
        assert_eq!(skopeo::inspect_digest(name), image.digest());
        let line = format!("{repository}@{}\n", image.digest());
        assert!(
            pushed.stdout.contains(&line) && pulled.stdout.contains(&line),
            "{pushed:?}\n{pulled:?}"
        );
    }
    check(&receiver.store()).assert_sound();
    let names: Vec<&str> = images.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(check(&receiver.store()).names(), names);
}

#[test]
fn a_name_that_is_not_there_exits_3() {
    let registry = Distribution::open();
    stock(&registry.name("team/app:1"), &Image::tiny(1));
    let lugger = Lugger::new();
    for command in ["pull", "digest", "inspect"] {
        for missing in ["team/app:2", "team/none:1"] {
            let run = lugger.args([command, &registry.name(missing)]).fails(3);
            assert_eq!(run.stdout, "", "{command} {missing}");
        }
    }
    lugger.args(["list-tags", &registry.name("team/none")]).fails(3);
}

#[test]
fn an_image_of_22_layers_takes_no_more_requests_than_it_must() {
    let registry = Distribution::open();
    let (image, name) = (layered(22), registry.name("team/app:1"));
    let sender = Lugger::new();
    hold(&sender, &name, &image);
    let first_push = requests_of(&registry, || sender.args(["push", &name]).ok());
    assert!(first_push.len() <= 72, "first push: {}\n{first_push:#?}", first_push.len());
    let second_push = requests_of(&registry, || sender.args(["push", &name]).ok());
    assert!(matches!(second_push.len(), 1..=2), "second push: {second_push:#?}");
    let receiver = Lugger::new();
    let first_pull = requests_of(&registry, || receiver.args(["pull", &name]).ok());
    assert!(
        matches!(first_pull.len(), 24..=25),
        "first pull: {}\n{first_pull:#?}",
        first_pull.len()
    );
    let second_pull = requests_of(&registry, || receiver.args(["pull", &name]).ok());
    assert_eq!(second_pull.len(), 1, "second pull: {second_pull:#?}");
}

type Requests = Vec<(String, String, u16)>;

fn requests_of<T>(registry: &Distribution, step: impl FnOnce() -> T) -> Requests {
    let before = registry.requests().len();
    step();
    registry.requests().split_off(before)
}

#[test]
fn a_login_proves_the_password_keeps_it_and_is_used() {
    let registry = Distribution::htpasswd("ann", PASSWORD, REALM);
    let (image, name) = (Image::tiny(1), registry.name("team/app:1"));
    let lugger = Lugger::new();
    lugger.config(r#"{"HttpHeaders":{"X-Kept":"yes"},"psFormat":"table"}"#);
    let login = lugger.args(["login", registry.host(), "-u", "ann", "-p", PASSWORD]).ok();
    assert_eq!(login.stdout, "Login Succeeded\n");
    let config: Value = serde_json::from_slice(&fs::read(lugger.config_path()).unwrap()).unwrap();
    assert_eq!(
        (&config["HttpHeaders"]["X-Kept"], &config["psFormat"]),
        (&"yes".into(), &"table".into())
    );
    assert!(config["auths"][registry.host()].is_object(), "{config}");
    assert_eq!(mode(&lugger.config_path()), 0o600);
    hold(&lugger, &name, &image);
    lugger.args(["push", &name]).ok();
    let run = lugger.args(["pull", &name]).ok();
    assert_eq!(run.stdout, up_to_date(&name, image.digest()));
    lugger.args(["rmi", &name]).ok();
    assert_eq!(lugger.args(["pull", &name]).ok().stdout, downloaded(&name, image.digest()));
    lugger.args(["logout", registry.host()]).ok();
    let config: Value = serde_json::from_slice(&fs::read(lugger.config_path()).unwrap()).unwrap();
    assert!(config["auths"][registry.host()].is_null(), "{config}");
    assert_eq!(
        (&config["HttpHeaders"]["X-Kept"], &config["psFormat"]),
        (&"yes".into(), &"table".into())
    );
    let refused = lugger.args(["pull", &name]).fails(4);
    assert!(
        refused.stderr.contains(&format!("lugger login {}", registry.host())),
        "{}",
        refused.stderr
    );
    lugger.args(["push", &name]).fails(4);
}

#[test]
fn a_password_comes_through_stdin_with_or_without_a_line_end() {
    let registry = Distribution::htpasswd("ann", PASSWORD, REALM);
    for end in ["", "\n", "\r\n"] {
        let lugger = Lugger::new();
        let login = lugger.args(["login", registry.host(), "--username", "ann", "--password-stdin"]);
        let run = login.stdin(format!("{PASSWORD}{end}")).ok();
        assert_eq!(run.stdout, "Login Succeeded\n");
        assert!(!run.stderr.contains("s3cr"), "{}", run.stderr);
        lugger.args(["list-tags", &registry.name("none")]).fails(3);
    }
}

#[test]
fn a_wrong_password_exits_4_and_leaves_the_logins_as_they_were() {
    let registry = Distribution::htpasswd("ann", PASSWORD, REALM);
    let lugger = Lugger::new();
    for (user, password) in [("ann", "s3cr-canary"), ("ann", "wrong-canary"), ("bob", PASSWORD)] {
        let run = lugger.args(["login", registry.host(), "-u", user, "-p", password]).fails(4);
        assert_eq!(run.stdout, "");
        assert!(!run.stderr.contains("wrong-canary"), "{}", run.stderr);
        assert!(!lugger.config_path().exists());
    }
    lugger.args(["login", registry.host(), "-u", "ann", "-p", PASSWORD]).ok();
    let before = fs::read(lugger.config_path()).unwrap();
    lugger
        .args(["login", registry.host(), "-u", "ann", "-p", "wrong-canary"])
        .fails(4);
    assert_eq!(fs::read(lugger.config_path()).unwrap(), before);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_blob_that_another_repository_has_is_mounted_and_not_sent() {
    let registry = Distribution::open();
    let (image, name) = (Image::tiny(1), registry.name("base/app:1"));
    stock(&name, &image);
    let lugger = Lugger::new();
    lugger.args(["pull", &name]).ok();
    let other = registry.name("derived/app:1");
    lugger.args(["tag", &name, &other]).ok();
    let requests = requests_of(&registry, || lugger.args(["push", &other]).ok());
    for blob in image.blobs() {
        let hex = blob.digest.trim_start_matches("sha256:");
        let mounted = requests.iter().any(|(method, path, status)| {
            let asked = path.contains("mount=sha256") && path.contains(hex) && path.contains("from=base");
            method == "POST" && asked && *status == 201
        });
        assert!(mounted, "{hex} was not mounted:\n{requests:#?}");
    }
    assert!(
        !requests
            .iter()
            .any(|(method, path, _)| method == "PUT" && path.contains("/blobs/"))
    );
    assert_eq!(skopeo::inspect_digest(&other), image.digest());
    let receiver = Lugger::new();
    receiver.args(["pull", &other]).ok();
    check(&receiver.store()).assert_sound();
}

#[test]
fn a_mount_says_from_where() {
    let registry = Distribution::open();
    let name = registry.name("base/app:1");
    stock(&name, &Image::tiny(1));
    let lugger = Lugger::new();
    lugger.args(["pull", &name]).ok();
    let other = registry.name("derived/app:1");
    lugger.args(["tag", &name, &other]).ok();
    let run = lugger.args(["push", &other]).ok();
    assert_eq!(run.stderr.matches(": Mounted from base/app\n").count(), 3, "{}", run.stderr);
}

#[test]
fn two_pulls_of_one_image_at_once_fetch_each_blob_once() {
    let registry = Distribution::open();
    let contents: Vec<Vec<u8>> = (1..=8).map(|seed| noise(seed, 2 << 20)).collect();
    let (image, name) = (Image::with_layers(&contents), registry.name("team/app:1"));
    stock(&name, &image);
    let lugger = Lugger::new();
    let both = [(); 2].map(|()| lugger.args(["pull", &name]).start());
    for run in both.map(crate::support::running::Running::wait) {
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(run.stdout.contains(image.digest()), "{}", run.stdout);
    }
    check(&lugger.store()).assert_sound();
    assert_eq!(registry.count("GET", "/v2/team/app/blobs/sha256:"), 9);
}

#[test]
fn a_push_outlives_a_restart_of_the_registry() {
    let mut registry = Distribution::open();
    let contents: Vec<Vec<u8>> = (1..=16).map(|seed| noise(seed, 3 << 20)).collect();
    let (image, name) = (Image::with_layers(&contents), registry.name("team/app:1"));
    let lugger = Lugger::new();
    hold(&lugger, &name, &image);
    let mut push = lugger.args(["push", "--jobs", "1", &name]).start();
    push.wait_until("a first layer has arrived", || registry.count("PUT", "/blobs/uploads/") > 0);
    registry.restart();
    let put_before = registry.count("PUT", "/blobs/uploads/");
    let run = push.wait();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(put_before < 17, "the restart came too late");
    assert!(registry.count("PUT", "/blobs/uploads/") > put_before);
    assert_eq!(skopeo::inspect_digest(&name), image.digest());
    let receiver = Lugger::new();
    receiver.args(["pull", &name]).ok();
    check(&receiver.store()).assert_sound();
}
