//! What registries refuse or do not have, and what else may have been meant.

use super::{keep, with_app};
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, Recipe};
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

fn with_tags(repository: &str, tags: &[&str]) -> Registry {
    let registry = Registry::start();
    for tag in tags {
        registry.put_image(repository, tag, &Image::tiny(1));
    }
    registry
}

#[test]
fn a_name_that_is_not_there_is_told_with_those_near_it() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = with_tags("team/app", &["latest", "1.4.7", "1.4.8", "1.5.0", "2.0.0", "edge"]);
    for reference in [
        "team/app:lastest",
        "team/app:1.4.9",
        "team/app:V1.4.8",
        "team/app:1.4",
        "team/app:nothing",
    ] {
        for command in ["pull", "digest"] {
            let run = lugger.args([command, &registry.name(reference)]).fails(3);
            messages.keep(&format!("{command} {reference}"), &lugger, &run);
        }
    }
    for reference in ["team/ap:1.4.8", "other:1"] {
        let run = lugger.args(["pull", &registry.name(reference)]).fails(3);
        messages.keep(&format!("pull {reference}"), &lugger, &run);
    }
    let run = lugger.args(["list-tags", &registry.name("team/ap")]).fails(3);
    messages.keep("list-tags team/ap", &lugger, &run);
    keep(&lugger, "local/app:1.4.8", &Image::tiny(1));
    for reference in ["local/app:1.4.9", "locla/app:1.4.8", "nothing:1"] {
        let run = lugger.args(["tag", reference, "other:1"]).fails(3);
        messages.keep(&format!("tag {reference}"), &lugger, &run);
    }
    let run = lugger.args(["push", &registry.name("team/app:9")]).fails(3);
    messages.keep("push team/app:9", &lugger, &run);
}

/// The look for what was meant is no cause for another failure, nor for a wait.
#[test]
fn where_near_names_cannot_be_had_the_failure_stays_what_it_was() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = with_tags("team/app", &["latest"]);
    registry.rule(Rule::on("GET", "/tags/list").then(Act::error(503, "UNAVAILABLE", "down")));
    registry.rule(Rule::on("GET", "/_catalog").then(Act::error(401, "UNAUTHORIZED", "not you")));
    let mut run = lugger.args(["pull", &registry.name("team/app:lastest")]).fails(3);
    // Whether another try is begun before the look is over, and after how long, is chance.
    let lines = run.stderr.lines().filter(|line| !line.contains("; trying again in"));
    run.stderr = lines.collect::<Vec<_>>().join("\n");
    messages.keep("no list of tags", &lugger, &run);
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/tags/list").then(Act::Delay(std::time::Duration::from_secs(5))));
    let run = lugger.args(["pull", &registry.name("team/app:lastest")]).fails(3);
    messages.keep("a list of tags that does not come", &lugger, &run);
}

#[test]
fn a_missing_platform_is_told_with_those_there_are() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = Registry::start();
    let other = Recipe::default().platform("linux/arm64/v8").layer(b"x").build();
    let index = Index::of(&[(&Image::tiny(1), "linux/amd64"), (&other, "linux/arm64/v8")]);
    registry.put_index("app", "1", &index);
    for command in ["pull", "inspect", "export"] {
        let call = lugger.args([command, "--platform", "windows/amd64", &registry.name("app:1")]);
        messages.keep(command, &lugger, &call.fails(3));
    }
}

#[test]
fn a_limit_is_told_with_how_long_and_how_much() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (registry, _) = with_app();
    let limited = Response::error(429, "TOOMANYREQUESTS", "pull rate limit");
    let answers = [
        ("a long wait", limited.clone().header("retry-after", "3600")),
        (
            "what Docker Hub says",
            limited
                .clone()
                .header("ratelimit-limit", "100;w=21600")
                .header("ratelimit-remaining", "0;w=21600"),
        ),
    ];
    for (scene, answer) in answers {
        registry.clear_rules();
        registry.rule(Rule::on("*", "/manifests/").then(Act::custom(move |_| answer.clone())));
        let run = lugger.args(["pull", "-q", &registry.name("app:1")]).fails(6);
        messages.keep(scene, &lugger, &run);
    }
    registry.clear_rules();
    let short = limited.header("retry-after", "1");
    registry.rule(
        Rule::on("GET", "/manifests/")
            .times(1)
            .then(Act::custom(move |_| short.clone())),
    );
    let run = lugger.args(["pull", "-q", &registry.name("app:1")]).ok();
    messages.keep("a wait that is waited", &lugger, &run);
}

#[test]
fn what_a_registry_refuses_is_told_in_its_words() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (registry, image) = with_app();
    let name = registry.name("app:1");
    let refusals = [
        (
            "an immutable tag",
            "PUT",
            "/manifests/",
            Act::error(400, "TAG_INVALID", "the tag '1' is immutable"),
        ),
        (
            "a quota",
            "PUT",
            "/manifests/",
            Act::error(403, "DENIED", "adding 2 MiB exceeds the quota of 1 MiB"),
        ),
        (
            "a mirror",
            "POST",
            "/blobs/uploads/",
            Act::error(405, "UNSUPPORTED", "the operation is unsupported"),
        ),
        (
            "no repository",
            "POST",
            "/blobs/uploads/",
            Act::error(404, "NAME_UNKNOWN", "repository does not exist"),
        ),
        ("an upload nowhere", "POST", "/blobs/uploads/", Act::status(202)),
        (
            "an upload sent elsewhere",
            "PUT",
            "/blobs/uploads/",
            Act::Redirect("http://127.0.0.1:1/x".to_owned(), 307),
        ),
        ("too large", "PUT", "/blobs/uploads/", Act::status(413)),
        ("a status that is none", "PUT", "/blobs/uploads/", Act::status(203)),
    ];
    for (at, (scene, method, part, act)) in (10..).zip(refusals) {
        registry.clear_rules();
        registry.rule(Rule::on(method, part).then(act));
        // Without the look whether it is there already, which would end it.
        registry.rule(Rule::on("HEAD", "/blobs/").then(Act::status(404)));
        let name = registry.name(&format!("app{at}:1"));
        keep(&lugger, &name, &Image::tiny(at));
        messages.keep(scene, &lugger, &lugger.args(["push", "-q", "--jobs", "1", &name]).run());
    }
    registry.clear_rules();
    let page = Response::new(200)
        .header("content-type", "text/html")
        .body("<html><title>Welcome</title></html>");
    let mismatch = Act::CorruptByte(100);
    let reads = [
        ("a page", "/manifests/", Act::custom(move |_| page.clone())),
        ("another layer", image.layers[0].digest.as_str(), mismatch),
        ("no code", "/manifests/", Act::status(418)),
        (
            "schema 1",
            "/manifests/",
            Act::ReplaceBody(br#"{"schemaVersion":1,"name":"app"}"#.to_vec()),
        ),
        (
            "no manifest",
            "/manifests/",
            Act::ReplaceBody(br#"{"schemaVersion":2}"#.to_vec()),
        ),
        (
            "circles",
            "/manifests/",
            Act::Redirect(format!("{}/v2/app/manifests/1", registry.origin()), 307),
        ),
        ("not HTTP", "/manifests/", Act::Redirect("ftp://127.0.0.1/x".to_owned(), 307)),
    ];
    for (scene, part, act) in reads {
        registry.clear_rules();
        registry.rule(Rule::on("GET", part).then(act));
        let run = Lugger::new().args(["pull", "-q", &name]).run();
        messages.keep(scene, &lugger, &run);
    }
}

#[test]
fn lists_that_are_none_are_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (registry, _) = with_app();
    let json = |body: &str| {
        let answer = Response::json(200, body.to_owned());
        Act::custom(move |_| answer.clone())
    };
    let link = |target: &str| {
        let answer = Response::json(200, r#"{"tags":["1"]}"#).header("link", &format!("<{target}>; rel=\"next\""));
        Act::custom(move |_| answer.clone())
    };
    let lists = [
        ("a page", json("<html>")),
        ("no list", json(r#"{"tags":7}"#)),
        ("goes elsewhere", link("http://127.0.0.1:1/v2/app/tags/list?last=1")),
        ("goes in a circle", link("/v2/app/tags/list?last=1")),
    ];
    for (scene, act) in lists {
        registry.clear_rules();
        registry.rule(Rule::on("GET", "/tags/list").then(act));
        messages.keep(scene, &lugger, &lugger.args(["list-tags", &registry.name("app")]).fails(1));
    }
    registry.rule(Rule::on("GET", "/_catalog").then(Act::error(404, "UNSUPPORTED", "no")));
    messages.keep("no catalog", &lugger, &lugger.args(["list-repos", &registry.host()]).run());
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/_catalog").then(json("[]")));
    messages.keep(
        "a catalog that is none",
        &lugger,
        &lugger.args(["list-repos", &registry.host()]).run(),
    );
}

#[test]
fn a_deletion_that_cannot_be_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = with_tags("app", &["1", "2", "pr-1", "pr-2"]);
    registry.put_image("app", "3", &Image::tiny(3));
    let delete = |words: &[&str]| lugger.args([&["delete"], words].concat()).run();
    let (repository, tag) = (registry.name("app"), registry.name("app:1"));
    let by_digest = registry.name(&format!("app@{}", Image::tiny(1).digest()));
    messages.keep_all("nobody to ask", &lugger, &delete(&[&by_digest]));
    messages.keep_all("shown only", &lugger, &delete(&["--dry-run", &by_digest]));
    messages.keep_all(
        "by rules",
        &lugger,
        &delete(&["--dry-run", "--filter", "pr-*", "--keep", "0", &repository]),
    );
    messages.keep_all(
        "nothing by rules",
        &lugger,
        &delete(&["--yes", "--filter", "none-*", "--keep", "0", &repository]),
    );
    messages.keep_all("not there", &lugger, &delete(&["--yes", &registry.name("app:nothing")]));
    registry.rule(Rule::on("DELETE", "").then(Act::error(405, "UNSUPPORTED", "deleting is disabled")));
    messages.keep_all("not here", &lugger, &delete(&["--yes", &tag]));
    messages.keep_all("not here by digest", &lugger, &delete(&["--yes", &by_digest]));
    registry.clear_rules();
    registry.rule(Rule::on("DELETE", "").then(Act::status(202)));
    messages.keep_all("said and not done", &lugger, &delete(&["--yes", &tag]));
    registry.clear_rules();
    let one_manifest = Act::error(400, "UNSUPPORTED", "a tag alone cannot be deleted");
    registry.rule(Rule::on("DELETE", "/manifests/1").then(one_manifest));
    messages.keep_all("a tag not alone", &lugger, &delete(&[&tag]));
}
