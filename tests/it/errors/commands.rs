//! What is told of words that are for the newer commands: secrets for clusters, gates, plans and further tags.

use std::time::Duration;

use super::{keep, with_app};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};

#[test]
fn a_secret_that_cannot_be_made_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    lugger.config(r#"{"auths":{"token.example":{"identitytoken":"top-canary"}}}"#);
    let runs: [&[&str]; 4] = [
        &["My_Secret", "token.example"],
        &["regcred", "token.example", "--namespace", "a.b"],
        &["regcred", "token.example"],
        &["regcred", "nowhere.example"],
    ];
    for words in runs {
        let run = lugger.args([&["kube-secret"], words].concat()).run();
        messages.keep(&words.join(" "), &lugger, &run);
    }
}

#[test]
fn a_gate_that_stays_shut_is_told() {
    let ((registry, _), mut messages) = (with_app(), Messages::of_this_test());
    let lugger = Lugger::new();
    let wait = |name: &str| lugger.args(["wait", "--timeout", "1s", &registry.name(name)]);
    messages.keep("not there", &lugger, &wait("app:2").run());
    registry.rule(Rule::on("*", "").then(Act::Delay(Duration::from_secs(10))));
    messages.keep("no answer", &lugger, &wait("app:1").run());
    messages.keep("asked once", &lugger, &lugger.args(["exists", "127.0.0.1:1/app:1"]).run());
}

#[test]
fn further_tags_and_plans_that_cannot_be_are_told() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    let name = registry.name("app:1");
    keep(&lugger, &name, &Image::tiny(1));
    registry.rule(Rule::on("PUT", "/manifests/stable").then(Act::error(400, "TAG_INVALID", "the tag is immutable")));
    let latest = registry.name("app:latest");
    let runs: [&[&str]; 5] = [
        &["push", "--semver", &latest],
        &["push", "--also-tag", "a b", &name],
        &["push", "-q", "--also-tag", "stable", "--also-tag", "more", &name],
        &["push", "--dry-run", "--from", "docker-archive:a.tar", &name],
        &["pull", "-q", "--digest-file", "nowhere/file", &name],
    ];
    for words in runs {
        let run = lugger.args(words).run();
        let shown = words.join(" ").replace(&registry.host(), "HOST");
        messages.keep(&shown, &lugger, &run);
    }
}

/// In a network of its own, which nobody reaches.
#[test]
fn a_server_for_everybody_warns() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let hash = "$2y$04$abcdefghijklmnopqrstuuJ6iS1o9dHqBmpDPTOS7cHyfWtvUzq1C";
    std::fs::write(lugger.home().join("users"), format!("alice:{hash}\n")).unwrap();
    for words in [
        &["serve", "--addr", "0.0.0.0:5000"][..],
        &["serve", "--addr", "0.0.0.0:5000", "--htpasswd", "users"],
    ] {
        let mut running = lugger.args(words).under("unshare", ["-n"]).start();
        running.wait_for_stdout("\n");
        running.terminate();
        messages.keep(&words.join(" "), &lugger, &running.wait());
    }
    let junk = |what: &str| format!("-----BEGIN {what}-----\nAAAA\n-----END {what}-----\n");
    std::fs::write(lugger.home().join("cert.pem"), junk("CERTIFICATE")).unwrap();
    std::fs::write(lugger.home().join("none.pem"), junk("PRIVATE KEY")).unwrap();
    let [certificate, key, _] = crate::support::server::certificate_pems();
    std::fs::write(lugger.home().join("own.pem"), certificate).unwrap();
    std::fs::write(lugger.home().join("key.pem"), key).unwrap();
    for (certificate, key) in [("cert.pem", "key.pem"), ("own.pem", "none.pem")] {
        let words = ["serve", "--addr", "127.0.0.1:0", "--cert", certificate, "--key", key];
        messages.keep(&words.join(" "), &lugger, &lugger.args(words).fails(1));
    }
}
