//! `lugger exists` and `lugger wait`: whether an image is there, by the exit status alone.

use std::time::{Duration, Instant};

use crate::support::image::{Image, Index};
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

fn served() -> (Scene, Index) {
    let scene = Scene::new();
    let index = Index::of(&[(&Image::tiny(1), "linux/amd64"), (&Image::tiny(2), "linux/arm64/v8")]);
    scene.registry.put_index("team/app", "1", &index);
    (scene, index)
}

/// Runs, insists on this status, and on silence.
fn says(scene: &Scene, words: &str, status: i32) {
    let run = scene.call(words).fails(status);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{words}");
}

#[test]
fn what_is_there_exists_and_what_is_not_does_not() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    let digest = image.digest();
    for (reference, status) in [
        ("team/app:1", 0),
        ("team/app:2", 3),
        ("team/app", 3),
        ("team/none:1", 3),
        (&format!("team/app@{digest}"), 0),
        (
            &format!(
                "team/app@{}",
                digest
                    .replace(|c: char| c.is_ascii_digit(), "e")
                    .replacen("shaeee", "sha256", 1)
            ),
            3,
        ),
    ] {
        says(&scene, &format!("exists @/{reference}"), status);
    }
    assert_eq!(scene.registry.count("*", "/blobs/"), 0);
    assert!(!scene.lugger.store().exists());
}

#[test]
fn an_image_that_is_there_costs_one_head() {
    let scene = Scene::of(&Image::tiny(1));
    for command in ["exists", "wait"] {
        let before = scene.registry.requests().len();
        says(&scene, &format!("{command} @/team/app:1"), 0);
        let asked: Vec<String> = scene
            .registry
            .requests()
            .split_off(before)
            .into_iter()
            .map(|it| it.method)
            .collect();
        assert_eq!(asked, ["HEAD"], "{command}");
    }
}

#[test]
fn a_platform_is_there_or_not() {
    let (scene, _) = served();
    scene.registry.put_image("team/app", "plain", &Image::tiny(3));
    for (words, status) in [
        ("team/app:1 --platform linux/arm64", 0),
        ("team/app:1 --platform linux/amd64 --platform linux/arm64", 0),
        ("team/app:1 --platform linux/s390x", 3),
        ("team/app:1 --platform linux/amd64 --platform windows/amd64", 3),
        ("team/app:plain --platform linux/amd64", 0),
        ("team/app:plain --platform linux/arm64", 3),
        ("team/app:none --platform linux/amd64", 3),
    ] {
        says(&scene, &format!("exists @/{words}"), status);
    }
}

#[test]
fn what_cannot_be_known_is_told() {
    let scene = Scene::of(&Image::tiny(1));
    scene.rule("*", "/app/manifests/denied", Act::error(403, "DENIED", "not for you"));
    scene.rule("*", "/app/manifests/odd", Act::status(400));
    for (tag, status) in [("denied", 4), ("odd", 1)] {
        let run = scene.call(&format!("exists @/team/app:{tag}")).fails(status);
        assert!(
            run.stderr.starts_with("error: cannot look for `") && run.stdout.is_empty(),
            "{}",
            run.stderr
        );
    }
    let run = scene.lugger.args(["exists", "127.0.0.1:1/app:1"]).fails(5);
    assert!(run.stderr.contains("is a registry running at 127.0.0.1:1?"), "{}", run.stderr);
    scene.call("exists @/team/App:1").fails(2);
}

#[test]
fn a_wait_ends_when_the_image_comes() {
    let scene = Scene::new();
    let (mut running, image) = (scene.call("wait @/team/app:1 --timeout 2m").start(), Image::tiny(1));
    running.wait_for_stderr(&format!("waiting up to 120 s for {}\n", scene.registry.name("team/app:1")));
    assert!(!running.has_ended());
    scene.registry.put_image("team/app", "1", &image);
    let run = running.wait();
    assert_eq!(
        (run.status, run.stdout.as_str(), run.stderr.lines().count()),
        (0, "", 1),
        "{}",
        run.stderr
    );
}

#[test]
fn a_wait_for_a_digest_and_for_a_platform_ends_with_them() {
    let scene = Scene::new();
    let (amd, arm) = (Image::tiny(1), Image::tiny(2));
    let index = Index::of(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")]);
    scene.registry.put_image("team/app", "1", &amd);
    let by_digest = scene.call(&format!("wait @/team/app@{} --timeout 2m", index.digest()));
    let by_platform = scene.call("wait @/team/app:1 --platform linux/arm64 --timeout 2m");
    let mut runs = [by_digest.start(), by_platform.start()];
    for run in &mut runs {
        run.wait_for_stderr("waiting up to");
    }
    scene.registry.put_index("team/app", "1", &index);
    for run in runs {
        assert_eq!(run.wait().status, 0);
    }
}

#[test]
fn an_image_for_another_platform_is_looked_into_once() {
    let scene = Scene::of(&Image::tiny(1));
    scene
        .call("wait @/team/app:1 --platform linux/arm64 --timeout 4s --interval 1s")
        .fails(3);
    assert!(
        scene.registry.count("HEAD", "/manifests/") >= 3,
        "{}",
        scene.registry.log().lines()
    );
    assert_eq!(scene.registry.count("GET", ""), 2, "{}", scene.registry.log().lines());
}

#[test]
fn a_wait_in_vain_exits_3_in_its_time_and_asks_ever_less_often() {
    let (scene, begun) = (Scene::new(), Instant::now());
    let run = scene.call("wait @/team/app:1 --timeout 5s").fails(3);
    assert!(begun.elapsed() >= Duration::from_secs(4));
    let name = scene.registry.name("team/app:1");
    let told = format!("error: waited up to 5 s for `{name}`, in vain\n  caused by: the registry does not have it yet\n");
    assert!(run.stderr.ends_with(&told) && run.stdout.is_empty(), "{}", run.stderr);
    let looks = scene.registry.log().select("HEAD", "/manifests/1");
    assert!(matches!(looks.len(), 4..=6), "{} looks", looks.len());
    let pauses: Vec<Duration> = looks.windows(2).map(|two| two[1].started - two[0].started).collect();
    assert!(pauses[1] > pauses[0] && pauses[2] > pauses[1], "{pauses:?}");
}

#[test]
fn a_wait_outlasts_a_registry_that_is_away_busy_or_broken() {
    for act in [
        Act::status(503),
        Act::status(429),
        Act::CloseBeforeBody(0),
        Act::error(404, "NAME_UNKNOWN", ""),
    ] {
        let scene = Scene::of(&Image::tiny(1));
        scene.registry.rule(Rule::on("*", "").times(7).then(act));
        let run = scene.call("wait @/team/app:1 --timeout 2m").ok();
        assert_eq!(run.stdout, "");
        assert!(scene.registry.requests().len() > 7, "{}", scene.registry.log().lines());
    }
}

#[test]
fn a_registry_that_starts_late_is_waited_for() {
    use crate::support::peers::distribution::Distribution;
    let mut registry = Distribution::open();
    let name = registry.name("team/app:1");
    crate::peers_steps::stock(&name, &Image::tiny(1));
    registry.stop();
    let scene = Scene::new();
    let mut running = scene.lugger.args(["wait", &name, "--timeout", "2m"]).start();
    std::thread::sleep(Duration::from_secs(2));
    assert!(!running.has_ended());
    registry.restart();
    assert_eq!(running.wait().status, 0);
}

#[test]
fn what_never_answered_is_unreachable_or_busy() {
    let scene = Scene::new();
    let run = scene.lugger.args(["wait", "127.0.0.1:1/app:1", "--timeout", "2s"]).fails(5);
    assert!(
        run.stderr
            .contains("error: waited up to 2 s for `127.0.0.1:1/app:1`, in vain\n"),
        "{}",
        run.stderr
    );
    for (act, status) in [
        (Act::status(503), 5),
        (Act::status(429), 6),
        (Act::Delay(Duration::from_secs(20)), 5),
    ] {
        let scene = Scene::of(&Image::tiny(1));
        scene.rule("*", "", act);
        let run = scene.call("wait @/team/app:1 --timeout 12s").fails(status);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_refused_login_ends_a_wait_at_once() {
    let registry = Registry::start().with_basic("ann", "pw-canary", r#"Basic realm="r""#);
    let scene = Scene::with(registry);
    let begun = Instant::now();
    let run = scene.call("wait @/team/app:1 --timeout 2m").fails(4);
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert!(run.stderr.contains("hint: run `lugger login "), "{}", run.stderr);
    let tokens = TokenServer::start(Users::default().anonymous(&[("other", "pull")]));
    let scene = Scene::with(Registry::start().with_token_server(&tokens));
    scene.call("wait @/team/app:1 --timeout 2m").fails(4);
}

#[test]
fn a_certificate_that_nobody_knows_ends_a_wait_at_once() {
    let scene = Scene::with(Registry::start_tls());
    let begun = Instant::now();
    let run = scene.call("wait @/team/app:1 --timeout 2m").fails(5);
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert!(run.stderr.contains("--ca-file FILE"), "{}", run.stderr);
}

#[test]
fn times_are_checked() {
    let scene = Scene::new();
    for words in ["--timeout 0", "--timeout x", "--interval 0s", "--timeout -1s"] {
        scene.call(&format!("wait @/team/app:1 {words}")).fails(2);
    }
    assert_eq!(scene.registry.requests().len(), 0);
}
