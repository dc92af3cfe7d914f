//! Docker's `config.json` as others wrote it: read as docker reads it, and kept where it is none of our business.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::login::{PASSWORD, basic_registry, config_text, login, packed};
use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::registry::Registry;

#[test]
fn a_login_changes_nothing_else_in_the_file() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    lugger.config(
        r#"{"zebra":{"b":1,"a":[1.50,"x"]},"auths":{"other.test":{"auth":"Ym9iOnB3","email":"a@b"}},"credHelpers":{},"alpha":null}"#,
    );
    fs::set_permissions(lugger.config_path(), Permissions::from_mode(0o644)).unwrap();
    login(&lugger, &registry, PASSWORD).ok();
    let text: String = config_text(&lugger).split_ascii_whitespace().collect();
    let (host, auth) = (registry.host(), packed(PASSWORD));
    let auths = format!(r#""auths":{{"other.test":{{"auth":"Ym9iOnB3","email":"a@b"}},"{host}":{{"auth":"{auth}"}}}}"#);
    for part in [
        auths.as_str(),
        r#""credHelpers":{},"alpha":null}"#,
        r#"{"zebra":{"b":1,"a":["#,
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_private(&lugger);
}

fn assert_private(lugger: &Lugger) {
    let mode = fs::metadata(lugger.config_path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(lugger.config_path().parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1);
}

#[test]
fn a_new_file_is_private_and_makes_its_folder() {
    let registry = basic_registry();
    let lugger = Lugger::new();
    fs::remove_dir(lugger.config_path().parent().unwrap()).unwrap();
    login(&lugger, &registry, PASSWORD).ok();
    assert_private(&lugger);
}

#[test]
fn whatever_the_mask_says_logins_and_store_are_not_for_others_to_change() {
    for mask in ["000", "077"] {
        let (lugger, registry) = (Lugger::new(), basic_registry());
        registry.put_image("app", "1", &Image::tiny(1));
        fs::remove_dir(lugger.config_path().parent().unwrap()).unwrap();
        let script = format!(r#"umask {mask}; exec "$0" "$@""#);
        let masked = |call: Call| call.under("sh", ["-c", script.as_str()]);
        masked(login(&lugger, &registry, PASSWORD)).ok();
        assert_private(&lugger);
        let folder = fs::metadata(lugger.config_path().parent().unwrap()).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700, "{mask}");
        masked(lugger.args(["pull", "-q", &registry.name("app:1")])).ok();
        let index = fs::metadata(lugger.store().join("index.json")).unwrap();
        assert_eq!(index.permissions().mode() & 0o022, 0, "{mask}");
    }
}

#[test]
fn logins_side_by_side_are_all_kept() {
    for _ in 0..5 {
        let lugger = Lugger::new();
        let registries: Vec<Registry> = (0..8).map(|_| basic_registry()).collect();
        let logins: Vec<_> = registries
            .iter()
            .map(|registry| login(&lugger, registry, PASSWORD).start())
            .collect();
        for login in logins {
            let run = login.wait();
            assert_eq!(run.status, 0, "{}", run.stderr);
        }
        let config: serde_json::Value = serde_json::from_str(&config_text(&lugger)).unwrap();
        for registry in &registries {
            assert_eq!(config["auths"][registry.host()]["auth"], packed(PASSWORD));
        }
        assert_private(&lugger);
    }
}

#[test]
fn a_linked_file_stays_a_link() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    let elsewhere = lugger.home().join("docker/elsewhere.json");
    fs::write(&elsewhere, "{}").unwrap();
    std::os::unix::fs::symlink(&elsewhere, lugger.config_path()).unwrap();
    login(&lugger, &registry, PASSWORD).ok();
    assert!(fs::symlink_metadata(lugger.config_path()).unwrap().is_symlink());
    assert!(fs::read_to_string(&elsewhere).unwrap().contains(&packed(PASSWORD)));
}

#[test]
fn a_broken_file_is_an_error_and_stays() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    let broken = r#"{"auths": {"x": {"auth": "c2VjcmV0"#;
    lugger.config(broken);
    let run = login(&lugger, &registry, PASSWORD).run();
    assert_ne!(run.status, 0);
    assert!(!run.stderr.contains("c2VjcmV0"), "{}", run.stderr);
    assert_eq!(config_text(&lugger), broken);
}

#[test]
fn a_login_is_found_under_any_form_of_its_key() {
    let (registry, image) = (basic_registry(), Image::tiny(1));
    registry.put_image("app", "1", &image);
    let auth = packed(PASSWORD);
    let entries = [
        format!(r#"{{"auth":"{auth}"}}"#),
        format!(r#"{{"auth":"{}"}}"#, auth.trim_end_matches('=')),
        r#"{"username":"bob","password":"s3cr:et \"canary pässword\\"}"#.to_string(),
    ];
    for key in ["HOST", "http://HOST", "https://HOST/v1/", "https://HOST/v2/"] {
        for entry in &entries {
            let lugger = Lugger::new();
            lugger.config(&format!(
                r#"{{"auths":{{"{}":{entry}}}}}"#,
                key.replace("HOST", &registry.host())
            ));
            lugger.args(["pull", &registry.name("app:1")]).ok();
        }
    }
}

#[test]
fn all_names_of_docker_hub_are_one() {
    let keys = [
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
    ];
    let auths: Vec<String> = keys.iter().map(|key| format!(r#""{key}":{{"auth":"Ym9iOnB3"}}"#)).collect();
    for name in [
        "",
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "https://index.docker.io/v1/",
    ] {
        let lugger = Lugger::new();
        lugger.config(&format!(r#"{{"auths":{{{},"other.test":{{}}}}}}"#, auths.join(",")));
        let host = Some(name).filter(|name| !name.is_empty());
        let run = lugger.args(["logout"].into_iter().chain(host)).ok();
        assert!(run.stdout.starts_with("Removing login credentials for "), "{}", run.stdout);
        let left: serde_json::Value = serde_json::from_str(&config_text(&lugger)).unwrap();
        assert_eq!(left, serde_json::json!({"auths": {"other.test": {}}}), "{name}");
    }
}

#[test]
fn logins_that_others_could_read_are_told_of_once_and_closed() {
    const TOLD: &str = "warning: other users of this machine could read the logins in ";
    let (lugger, registry) = (Lugger::new(), basic_registry());
    lugger.config(r#"{"auths":{"other.test":{"auth":"Ym9iOnB3"}}}"#);
    fs::set_permissions(lugger.config_path(), Permissions::from_mode(0o644)).unwrap();
    let first = login(&lugger, &registry, PASSWORD).ok();
    assert_eq!(first.stderr.matches(TOLD).count(), 1, "{}", first.stderr);
    assert_private(&lugger);
    let second = login(&lugger, &registry, PASSWORD).ok();
    assert!(!second.stderr.contains(TOLD), "{}", second.stderr);

    fs::set_permissions(lugger.config_path(), Permissions::from_mode(0o644)).unwrap();
    let out = lugger.args(["logout", "other.test"]).ok();
    assert!(out.stderr.contains(TOLD), "{}", out.stderr);
    assert_private(&lugger);

    lugger.config(r#"{"auths":{"other.test":{}}}"#);
    fs::set_permissions(lugger.config_path(), Permissions::from_mode(0o644)).unwrap();
    let none = login(&lugger, &registry, PASSWORD).ok();
    assert!(!none.stderr.contains(TOLD), "there was none: {}", none.stderr);
}

#[test]
fn a_file_that_others_may_change_is_not_believed() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    registry.put_image("app", "1", &Image::tiny(1));
    login(&lugger, &registry, PASSWORD).ok();
    let text = config_text(&lugger);
    for (mode, who) in [
        (0o622, "everybody on this machine"),
        (0o660, "the other members of its group"),
    ] {
        fs::set_permissions(lugger.config_path(), Permissions::from_mode(mode)).unwrap();
        for call in [
            lugger.args(["pull", &registry.name("app:1")]),
            lugger.args(["logout", &registry.host()]),
            login(&lugger, &registry, PASSWORD),
        ] {
            let run = call.run();
            assert!(run.status != 0, "{run:?}");
            assert!(run.stderr.contains(who) && run.stderr.contains("chmod 600"), "{}", run.stderr);
        }
        assert_eq!(config_text(&lugger), text);
    }
    fs::set_permissions(lugger.config_path(), Permissions::from_mode(0o600)).unwrap();
    lugger.args(["pull", &registry.name("app:1")]).ok();
}

#[test]
fn a_pipe_in_place_of_the_file_is_not_waited_for_and_a_device_has_no_logins() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    registry.put_image("app", "1", &Image::tiny(1));
    let path = lugger.config_path();
    assert!(
        std::process::Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let run = lugger.args(["logout"]).run();
    assert!(run.status != 0 && run.stderr.contains("it is not a regular file"), "{run:?}");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/null", &path).unwrap();
    lugger.args(["pull", &registry.name("app:1")]).ok();
}
