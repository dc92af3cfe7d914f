//! Mirrors: asked first, and passed over when they fail in whatever way.

use super::{Pair, any_has, noise, table};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::wire::basic;

const BASIC: &str = "Basic realm=\"up\"";

#[test]
fn a_mirror_that_has_everything_is_asked_alone() {
    let pair = Pair::plain();
    pair.pull(&pair.home(""));
    assert_eq!(pair.upstream.requests().len(), 0, "{}", pair.upstream.log().lines());
    assert_eq!(pair.mirror.count("GET", "/blobs/"), 3);
}

#[test]
fn a_mirror_that_fails_is_passed_over() {
    for (act, told) in [
        (Act::error(404, "MANIFEST_UNKNOWN", "not here"), false),
        (Act::status(500), true),
        (Act::status(503), true),
        (Act::error(401, "UNAUTHORIZED", "who are you"), true),
        (Act::error(403, "DENIED", "not you"), true),
        (Act::status(429), true),
        (Act::LoseAnswer, true),
    ] {
        let pair = Pair::plain();
        let lugger = pair.home("");
        pair.mirror.rule(Rule::on("*", "/v2/").then(act));
        let stderr = pair.pull(&lugger);
        let warning = format!("warning: {} is passed over", pair.mirror.host());
        assert_eq!(stderr.matches(&warning).count(), usize::from(told), "{stderr}");
    }
}

#[test]
fn a_mirror_that_does_not_answer_is_tried_once() {
    let pair = Pair::of(Registry::start(), Registry::start(), Image::tiny(2));
    let lugger = pair.home("dial_timeout = \"2s\"");
    pair.mirror.rule(Rule::on("*", "").then(Act::LoseAnswer));
    pair.pull(&lugger);
    // The library sends a request once more where a connection closes under it.
    assert!(pair.mirror.requests().len() <= 2, "{}", pair.mirror.log().lines());
    let Pair { upstream, mirror, image } = pair;
    let dead = table(&mirror, "");
    drop(mirror);
    upstream.put_image("team/app", "2", &image);
    let lugger = Lugger::new();
    lugger.hosts(&upstream.host(), &dead);
    let run = lugger.args(["pull", &upstream.name("team/app:2")]).ok();
    assert!(run.stderr.contains("is passed over"), "{}", run.stderr);
}

#[test]
fn wrong_content_of_a_mirror_is_noticed_and_fetched_elsewhere() {
    let image = Image::with_layers(&[b"small".to_vec(), noise(3 << 20)]);
    let pair = Pair::of(Registry::start(), Registry::start(), image);
    let [small, large] = pair.image.layers.as_slice() else {
        panic!()
    };
    for digest in [&small.digest, &large.digest] {
        pair.mirror.rule(Rule::on("GET", digest).then(Act::CorruptByte(700)));
    }
    let lugger = pair.home("");
    let stderr = pair.pull(&lugger);
    assert!(stderr.matches("content does not match its digest").count() >= 2, "{stderr}");
    for digest in [&small.digest, &large.digest] {
        assert_eq!(pair.mirror.count("GET", digest), 1);
        assert_eq!(pair.upstream.count("GET", digest), 1);
    }
    assert_eq!(pair.upstream.count("GET", &pair.image.config.digest), 0);
}

#[test]
fn a_wrong_manifest_of_a_mirror_is_fetched_elsewhere() {
    let pair = Pair::plain();
    pair.mirror.rule(Rule::on("GET", "/manifests/").then(Act::CorruptByte(5)));
    let lugger = pair.home("");
    let name = pair.upstream.name(&format!("team/app@{}", pair.image.digest()));
    lugger.args(["pull", &name]).ok();
    pair.check(&lugger);
}

#[test]
fn a_blob_whose_mirror_dies_goes_on_upstream_from_its_last_byte() {
    let image = Image::with_layers(&[noise(4 << 20)]);
    let upstream = Registry::start().with_basic("ann", "geheim-canary", BASIC);
    let pair = Pair::of(upstream, Registry::start(), image);
    let layer = &pair.image.layers[0].digest;
    pair.mirror.rule(Rule::on("GET", layer).then(Act::CutAfter(2 << 20)));
    let lugger = pair.home("");
    login(&lugger, &pair.upstream);
    pair.pull(&lugger);
    assert_eq!(pair.mirror.count("GET", layer), 1);
    let resumed = pair.upstream.log().select("GET", layer);
    let range = resumed.last().unwrap().header("range").unwrap();
    assert_ne!(range, "bytes=0-");
    assert!(resumed.last().unwrap().sent < 3 << 20, "{range}");
    // The mirror never saw the password, nor anything like it.
    assert!(!any_has(&pair.mirror.requests(), "authorization"));
    assert!(any_has(&pair.upstream.requests(), "authorization"));
}

#[test]
fn a_mirror_that_asks_for_a_login_gets_its_own_or_none() {
    let mirror = Registry::start().with_basic("bob", "mirror-canary", "Basic realm=\"m\"");
    let upstream = Registry::start().with_basic("ann", "geheim-canary", BASIC);
    let pair = Pair::of(upstream, mirror, Image::tiny(1));
    let lugger = pair.home("");
    login(&lugger, &pair.upstream);
    pair.pull(&lugger);
    assert!(!any_has(&pair.mirror.requests(), "authorization"));
    let lugger = pair.home("");
    let auth = |user: &str| basic(user, "mirror-canary").trim_start_matches("Basic ").to_owned();
    lugger.config(&format!(
        r#"{{"auths":{{"{}":{{"auth":"{}"}}}}}}"#,
        pair.mirror.host(),
        auth("bob")
    ));
    let before = pair.upstream.requests().len();
    pair.pull(&lugger);
    assert_eq!(pair.upstream.requests().len(), before);
}

#[test]
fn tags_are_resolved_and_content_pushed_only_where_it_is_allowed() {
    let pair = Pair::plain();
    let lugger = pair.home("capabilities = [\"pull\"]");
    pair.pull(&lugger);
    assert_eq!(pair.mirror.count("*", "/manifests/1"), 0);
    assert_eq!(pair.upstream.count("GET", "/blobs/"), 0);
    lugger.args(["tag", &pair.name(), &pair.upstream.name("team/new:1")]).ok();
    lugger.args(["push", &pair.upstream.name("team/new:1")]).ok();
    assert_eq!(pair.upstream.digest("team/new", "1").as_deref(), Some(pair.image.digest()));
    assert_eq!(pair.mirror.tags("team/new").len(), 0);
    lugger.hosts(&pair.upstream.host(), "capabilities = [\"pull\", \"resolve\"]\n");
    let refused = lugger.args(["push", &pair.upstream.name("team/new:1")]).run();
    assert_eq!(refused.status, 0, "what is there already needs no push");
    lugger.args(["tag", &pair.name(), &pair.upstream.name("team/new:2")]).ok();
    let refused = lugger.args(["push", &pair.upstream.name("team/new:2")]).fails(8);
    assert!(refused.stderr.contains("lets no host be pushed to"), "{}", refused.stderr);
}

#[test]
fn a_push_goes_to_the_first_host_that_takes_it() {
    let pair = Pair::plain();
    let lugger = pair.home("capabilities = [\"push\"]");
    pair.pull(&lugger);
    assert_eq!(pair.mirror.requests().len(), 0);
    lugger.args(["tag", &pair.name(), &pair.upstream.name("team/new:1")]).ok();
    lugger.args(["push", &pair.upstream.name("team/new:1")]).ok();
    assert_eq!(pair.mirror.digest("team/new", "1").as_deref(), Some(pair.image.digest()));
    assert_eq!(pair.upstream.tags("team/new").len(), 0);
}

#[test]
fn a_login_is_proved_by_the_registry_itself() {
    let upstream = Registry::start().with_basic("ann", "geheim-canary", BASIC);
    let pair = Pair::of(upstream, Registry::start(), Image::tiny(1));
    login(&pair.home(""), &pair.upstream);
    assert_eq!(pair.mirror.requests().len(), 0);
}

#[test]
fn whoever_changes_a_registry_does_not_look_at_a_mirror_of_it() {
    let pair = Pair::plain();
    let lugger = pair.home("capabilities = [\"pull\", \"resolve\"]");
    pair.mirror.put_image("team/app", "1", &Image::tiny(9));
    let new = pair.upstream.name("team/app:2");
    lugger.args(["tag", "--remote", &pair.name(), &new]).ok();
    assert_eq!(pair.upstream.digest("team/app", "2").as_deref(), Some(pair.image.digest()));
    lugger.args(["delete", "--yes", &new]).ok();
    assert_eq!(pair.upstream.tags("team/app"), ["1"]);
    assert_eq!(pair.mirror.requests().len(), 0, "{}", pair.mirror.log().lines());
}

#[test]
fn a_file_that_is_wrong_stops_the_command() {
    let pair = Pair::plain();
    let lugger = pair.home("skip_verify = \"perhaps\"");
    let run = lugger.args(["pull", &pair.name()]).fails(1);
    assert!(
        run.stderr.contains("hosts.toml:2:15: `skip_verify` should be true or false"),
        "{}",
        run.stderr
    );
    assert_eq!(pair.upstream.requests().len() + pair.mirror.requests().len(), 0);
}

fn login(lugger: &Lugger, registry: &Registry) {
    let call = lugger.args(["login", &registry.host(), "-u", "ann", "--password-stdin"]);
    call.stdin("geheim-canary").ok();
}
