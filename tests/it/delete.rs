//! `delete`: the tag alone where that can be, and never more than was asked for or agreed to.

use crate::listing::google;
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index, Recipe};
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::terminal::Terminal;
use crate::support::token::TokenServer;
use crate::support::users::Users;

/// One image under several tags.
fn registry_with(tags: &[&str]) -> Registry {
    let registry = Registry::start();
    for tag in tags {
        registry.put_image("app", tag, &Image::tiny(1));
    }
    registry
}

/// The same on a registry that deletes no tag alone, as distribution 2.8.
fn unable_with(tags: &[&str]) -> Registry {
    registry_with(tags).with_habits(|habits| habits.delete_by_tag = false)
}

fn deletes(registry: &Registry) -> usize {
    registry.count("DELETE", "/manifests/")
}

#[test]
fn a_tag_goes_alone() {
    let registry = registry_with(&["a", "b"]);
    let run = Lugger::new().args(["delete", &registry.name("app:a")]).ok();
    assert_eq!(run.stdout, format!("Deleted: {}\n", registry.name("app:a")));
    assert_eq!(registry.tags("app"), ["b"]);
    assert!(registry.manifest("app", Image::tiny(1).digest()).is_some());
}

#[test]
fn where_a_tag_cannot_go_alone_nothing_goes_unasked() {
    for answer in [(400, "DIGEST_INVALID"), (405, "UNSUPPORTED"), (404, "MANIFEST_UNKNOWN")] {
        let registry = registry_with(&["a", "b"]);
        registry.rule(Rule::on("DELETE", "/manifests/a").then(Act::error(answer.0, answer.1, "no")));
        let run = Lugger::new().args(["delete", &registry.name("app:a")]).fails(8);
        for part in ["app:a", "app:b", Image::tiny(1).digest(), "--yes"] {
            assert!(run.stderr.contains(part), "{part} is not in\n{}", run.stderr);
        }
        assert_eq!(registry.tags("app"), ["a", "b"]);
        assert_eq!(deletes(&registry), 1);
        let run = Lugger::new().args(["delete", "--yes", &registry.name("app:a")]).ok();
        assert_eq!(run.stdout.lines().count(), 3, "{}", run.stdout);
        assert!(registry.tags("app").is_empty());
    }
}

#[test]
fn a_person_is_asked() {
    for (answer, status, left) in [("n", 1, 2), ("y", 0, 0)] {
        let registry = unable_with(&["a", "b"]);
        let lugger = Lugger::new();
        let terminal = Terminal::start(&lugger.args(["delete", &registry.name("app:a")]), 120, 30);
        terminal.wait_for("Delete all of them? [y/N]");
        terminal.send_keys(&[answer, "Enter"]);
        assert_eq!(terminal.wait(), status);
        assert_eq!(registry.tags("app").len(), left, "{answer}");
    }
}

#[test]
fn what_was_named_entirely_is_not_asked_about() {
    let registry = unable_with(&["a", "b"]);
    let names = [registry.name("app:a"), registry.name("app:b")];
    Lugger::new().args(["delete", &names[0], &names[1]]).ok();
    assert!(registry.tags("app").is_empty());
    let registry = unable_with(&["only"]);
    Lugger::new().args(["delete", &registry.name("app:only")]).ok();
    assert!(registry.tags("app").is_empty());
}

#[test]
fn a_part_of_an_index_is_warned_about() {
    let image = Image::tiny(1);
    let registry = registry_with(&[]);
    registry.put_index("app", "all", &Index::of(&[(&image, "linux/amd64")]));
    let name = registry.name(&format!("app@{}", image.digest()));
    let run = Lugger::new().args(["delete", &name]).ok();
    assert!(run.stderr.contains("is not usable without"), "{}", run.stderr);
    let registry = unable_with(&["a"]);
    registry.put_index("app", "all", &Index::of(&[(&image, "linux/amd64")]));
    Lugger::new().args(["delete", &registry.name("app:a")]).fails(8);
    assert_eq!(registry.tags("app"), ["a", "all"]);
}

#[test]
fn a_digest_with_tags_is_asked_about() {
    let registry = registry_with(&["a", "b"]);
    let name = registry.name(&format!("app@{}", Image::tiny(1).digest()));
    let run = Lugger::new().args(["delete", &name]).fails(8);
    assert!(run.stderr.contains("app:a") && run.stderr.contains("app:b"), "{}", run.stderr);
    assert_eq!(deletes(&registry), 0);
    let run = Lugger::new().args(["delete", "-y", &name]).ok();
    assert!(run.stdout.contains(&format!("Deleted: {name}\n")));
    assert!(registry.tags("app").is_empty());
}

#[test]
fn googles_tags_go_before_the_digest() {
    let registry = registry_with(&["a", "b"]);
    let digest = Image::tiny(1).digest().to_string();
    let body = google(&[(&digest, &["a", "b"], "1", "1")]);
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(move |_| Response::json(200, body.clone()))));
    let dangling = Act::error(400, "GOOGLE_MANIFEST_DANGLING_TAG", "Manifest is still referenced by tag: a");
    registry.rule(Rule::on("DELETE", "/manifests/sha256:").times(1).then(dangling));
    Lugger::new()
        .args(["delete", "--yes", &registry.name(&format!("app@{digest}"))])
        .ok();
    let sent = registry.log().select("DELETE", "/manifests/");
    let ends: Vec<&str> = sent
        .iter()
        .map(|request| &request.path["/v2/app/manifests/".len()..])
        .collect();
    assert_eq!(ends, [&digest, "a", "b", &digest]);
    assert!(registry.manifest("app", &digest).is_none());
}

#[test]
fn a_deletion_that_did_nothing_is_a_failure() {
    let registry = registry_with(&["a"]);
    registry.rule(Rule::on("DELETE", "/manifests/").then(Act::status(202)));
    let run = Lugger::new().args(["delete", &registry.name("app:a")]).fails(8);
    assert!(run.stderr.contains("still has it"), "{}", run.stderr);
}

#[test]
fn what_is_not_there_is_not_found_unless_that_does_not_matter() {
    for registry in [registry_with(&["a"]), unable_with(&["a"])] {
        let name = registry.name("app:none");
        Lugger::new().args(["delete", &name]).fails(3);
        let both = ["delete", "--ignore-missing", &name, &registry.name("app:a")];
        Lugger::new().args(both).ok();
        assert!(registry.tags("app").is_empty());
    }
}

#[test]
fn a_refused_change_is_no_inability() {
    let registry = registry_with(&["a"]);
    let immutable = Act::error(400, "DENIED", "tag is immutable");
    registry.rule(Rule::on("DELETE", "/manifests/").then(immutable));
    Lugger::new().args(["delete", "--yes", &registry.name("app:a")]).fails(8);
    assert_eq!(deletes(&registry), 1);
}

#[test]
fn the_right_to_delete_is_asked_for() {
    let rights = [("app", "pull,delete")];
    let tokens = TokenServer::start(Users::default().user("ann", "pw-canary", &rights).user(
        "bob",
        "pw-canary",
        &[("app", "pull")],
    ));
    let registry = registry_with(&["a", "b"]).with_token_server(&tokens);
    let lugger = Lugger::new();
    lugger.args(["login", &registry.host(), "-u", "bob", "-p", "pw-canary"]).ok();
    lugger.args(["delete", &registry.name("app:a")]).fails(4);
    lugger.args(["login", &registry.host(), "-u", "ann", "-p", "pw-canary"]).ok();
    lugger.args(["delete", &registry.name("app:a")]).ok();
    assert_eq!(registry.tags("app"), ["b"]);
    assert!(
        tokens
            .log()
            .select("GET", "")
            .iter()
            .any(|request| { request.parameters("scope") == ["repository:app:delete"] })
    );
}

#[test]
fn the_right_that_the_registry_names_is_asked_for() {
    let tokens = TokenServer::start(Users::default().user("ann", "pw-canary", &[("app", "pull,push,purge")]));
    let registry = registry_with(&["a", "b"]).with_token_server(&tokens);
    let challenge = format!(
        r#"Bearer realm="{}",service="fake",scope="repository:app:purge""#,
        tokens.realm()
    );
    let wants = Act::error(401, "UNAUTHORIZED", "needs more");
    registry.rule(
        Rule::on("DELETE", "/manifests/a")
            .times(2)
            .then(wants)
            .then(Act::add_header("www-authenticate", &challenge)),
    );
    registry.rule(Rule::on("DELETE", "/manifests/a").then(Act::status(202)));
    registry.rule(Rule::on("HEAD", "/manifests/a").then(Act::status(404)));
    let lugger = Lugger::new();
    lugger.args(["login", &registry.host(), "-u", "ann", "-p", "pw-canary"]).ok();
    lugger.args(["delete", &registry.name("app:a")]).ok();
    let asked = tokens.log().requests();
    let scopes: Vec<String> = asked.iter().flat_map(|request| request.parameters("scope")).collect();
    assert!(scopes.contains(&"repository:app:purge".to_string()), "{scopes:?}");
}

#[test]
fn a_dry_run_deletes_nothing() {
    let registry = registry_with(&["a", "b"]);
    let run = Lugger::new().args(["delete", "--dry-run", &registry.name("app:a")]).ok();
    assert_eq!(run.stdout, format!("Would delete: {}\n", registry.name("app:a")));
    assert!(run.stderr.contains("app:b"), "{}", run.stderr);
    Lugger::new()
        .args(["delete", "--dry-run", &registry.name("app:none")])
        .fails(3);
    assert_eq!(deletes(&registry), 0);
}

/// Images made in different years: `v1` in 2001, `v2` in 2002, and so on, and one without an age.
fn ages() -> Registry {
    let registry = Registry::start();
    for year in 1..=4_u8 {
        let made = format!(r#"{{}}, "created":"200{year}-01-01T00:00:00Z""#);
        registry.put_image("app", &format!("v{year}"), &dated(year, &made));
    }
    registry.put_image("app", "pr-1", &dated(1, r#"{}, "created":"2001-01-01T00:00:00Z""#));
    registry
}

/// The fixture's config has a date of its own, which is renamed.
fn dated(seed: u8, settings: &str) -> Image {
    let mut image = Recipe::default().layer(&[seed]).settings(settings).build();
    let config = String::from_utf8(image.config.bytes.clone()).unwrap();
    let config = config.replace(r#""created":"2026-01-02T03:04:05Z""#, r#""was":"2026""#);
    let renamed = Blob::new(&image.config.media_type, config.into_bytes());
    let manifest = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let manifest = manifest.replace(&image.config.descriptor(), &renamed.descriptor());
    image.manifest = Blob::new(&image.manifest.media_type, manifest.into_bytes());
    image.config = renamed;
    image
}

#[test]
fn rules_choose_by_age_number_and_name() {
    let lugger = Lugger::new();
    for (rules, left) in [
        (vec!["--keep", "2"], vec!["v3", "v4"]),
        (vec!["--older-than", "1d", "--keep", "3"], vec!["v2", "v3", "v4"]),
        (vec!["--filter", "pr-*"], vec!["v1", "v2", "v3", "v4"]),
        (vec!["--filter", "v*", "--keep", "3"], vec!["pr-1", "v2", "v3", "v4"]),
        (vec!["--older-than", "5000w"], vec!["pr-1", "v1", "v2", "v3", "v4"]),
    ] {
        let registry = ages();
        let repository = registry.name("app");
        let with = |more: &'static str| [vec!["delete", &repository, more], rules.clone()].concat();
        let shown = lugger.args(with("--dry-run")).ok().stdout;
        assert_eq!(registry.tags("app").len(), 5);
        let gone = lugger.args(with("--yes")).ok().stdout;
        assert_eq!(shown.replace("Would delete", "Deleted"), gone);
        assert_eq!(registry.tags("app"), left, "{rules:?}");
    }
}

/// A manifest in a format that is not read any more.
fn unreadable() -> Blob {
    let bytes = br#"{"schemaVersion":1,"name":"app","tag":"old","fsLayers":[],"history":[]}"#;
    Blob::new("application/vnd.docker.distribution.manifest.v1+prettyjws", bytes.to_vec())
}

#[test]
fn what_cannot_be_read_is_of_unknown_age_and_stays() {
    let registry = ages();
    registry.put_manifest("app", Some("old"), &unreadable());
    registry.put_manifest("app", Some("unnamed"), &unreadable());
    let nameless = Act::RemoveHeader("docker-content-digest".to_string());
    registry.rule(Rule::on("*", "/manifests/unnamed").then(nameless));
    // Its other image is the oldest of all.
    let old = dated(9, r#"{}, "created":"1999-01-01T00:00:00Z""#);
    let damaged = Image::tiny(77);
    registry.put_index("app", "half", &Index::of(&[(&old, "linux/amd64"), (&damaged, "linux/arm64")]));
    let part = format!("/manifests/{}", damaged.digest());
    registry.rule(Rule::on("GET", &part).then(Act::CorruptByte(20)));
    for rules in [["--keep", "1"], ["--older-than", "1d"]] {
        let run = Lugger::new()
            .args(["delete", "--yes", &registry.name("app"), rules[0], rules[1]])
            .ok();
        for line in [
            "app:half is listed without details",
            "app:old is listed without details",
            "app:unnamed is not listed",
            "of unknown age, and kept: half, old\n",
        ] {
            assert!(run.stderr.contains(line), "{line} is not in\n{}", run.stderr);
        }
        let left = registry.tags("app");
        assert!(
            ["half", "old", "unnamed"]
                .iter()
                .all(|tag| left.contains(&(*tag).to_string())),
            "{left:?}"
        );
        assert!(!left.contains(&"v1".to_string()), "{left:?}");
    }
    assert_eq!(registry.tags("app"), ["half", "old", "unnamed"]);
}

#[test]
fn rules_ask_and_are_for_repositories() {
    let registry = ages();
    let run = Lugger::new().args(["delete", &registry.name("app"), "--keep", "2"]).fails(8);
    assert!(
        run.stderr.contains("app:v1") && !run.stderr.contains("app:v3"),
        "{}",
        run.stderr
    );
    Lugger::new()
        .args(["delete", &registry.name("app:v1"), "--keep", "2"])
        .fails(2);
    Lugger::new()
        .args(["delete", &registry.name("app"), "--older-than", "soon"])
        .fails(2);
    assert_eq!(deletes(&registry), 0);
}

#[test]
fn rules_never_take_what_they_keep() {
    let registry = ages().with_habits(|habits| habits.delete_by_tag = false);
    let run = Lugger::new()
        .args([
            "delete",
            "--yes",
            &registry.name("app"),
            "--filter",
            "v[12]*",
            "--filter",
            "x",
        ])
        .run();
    assert_eq!(run.status, 2, "a rule is given once");
    let run = Lugger::new()
        .args(["delete", "--yes", &registry.name("app"), "--filter", "v?"])
        .fails(8);
    assert_eq!(registry.tags("app"), ["pr-1", "v1"], "{}", run.stderr);
}
