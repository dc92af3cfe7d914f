//! No secret is printed, whatever goes wrong.

use super::{keep, with_app};
use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::wire::basic;

const PASSWORD: &str = "correct-horse-battery";

#[test]
fn a_refused_login_does_not_show_the_password() {
    let registry = locked();
    let lugger = Lugger::new();
    let by_flag = lugger
        .args(["login", "-u", "alice", "-p", PASSWORD, &registry.host()])
        .fails(4);
    let call = lugger.args(["login", "-u", "alice", "--password-stdin", &registry.host()]);
    for run in [by_flag, call.stdin(PASSWORD).fails(4)] {
        assert_hidden(&run);
    }
    assert!(!lugger.config_path().exists(), "a refusal stores nothing");
}

#[test]
fn a_stored_login_that_is_refused_does_not_show_the_password() {
    let registry = locked();
    let lugger = Lugger::new();
    lugger.config(&stored_login(&registry));
    keep(&lugger, &registry.name("app:1"), &Image::tiny(1));
    let name = registry.name("app:1");
    let commands: [&[&str]; 4] = [&["pull", &name], &["push", &name], &["inspect", &name], &["digest", &name]];
    for arguments in commands {
        assert_hidden(&lugger.args(arguments).fails(4));
    }
}

#[test]
fn a_config_that_cannot_be_read_does_not_show_what_is_in_it() {
    let registry = locked();
    let lugger = Lugger::new();
    lugger.config(&stored_login(&registry).replace('}', ""));
    let run = lugger.args(["pull", &registry.name("app:1")]).fails(1);
    assert!(run.stderr.contains("config.json"), "{}", run.stderr);
    assert_hidden(&run);
}

#[test]
fn a_signed_address_is_shown_without_its_signature() {
    let (registry, image) = with_app();
    let address = format!(
        "{}/storage/{{last}}?X-Amz-Signature=topsecret&X-Amz-Credential=key-id",
        registry.origin()
    );
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Redirect(address, 307)));
    registry.rule(Rule::on("GET", "/storage/").then(Act::custom(|_| Response::new(404).body("NoSuchKey"))));
    let run = Lugger::new().args(["pull", &registry.name("app:1")]).run();
    assert_ne!(run.status, 0);
    let shown = "?X-Amz-Signature=…&X-Amz-Credential=…: 404 NoSuchKey";
    assert!(run.stderr.contains(shown), "{}", run.stderr);
    assert!(
        !run.stderr.contains("topsecret") && !run.stderr.contains("key-id"),
        "{}",
        run.stderr
    );
    assert!(
        image
            .blobs()
            .any(|blob| run.stderr.contains(&format!("/storage/{}", blob.digest)))
    );
}

#[test]
fn the_address_of_an_upload_is_shown_without_its_state() {
    let registry =
        Registry::start().with_habits(|habits| habits.location = "{origin}{path}?_state={state}&sig=topsecret".into());
    let lugger = Lugger::new();
    keep(&lugger, &registry.name("app:1"), &Image::tiny(1));
    registry.rule(Rule::on("PUT", "/blobs/uploads/").then(Act::error(403, "DENIED", "not you")));
    let run = lugger.args(["push", &registry.name("app:1")]).fails(4);
    assert!(run.stderr.contains("_state=…&sig=…"), "{}", run.stderr);
    assert!(!run.stderr.contains("topsecret"), "{}", run.stderr);
}

fn locked() -> Registry {
    let registry = Registry::start();
    registry.put_image("app", "1", &Image::tiny(1));
    registry.with_basic("alice", "another", r#"Basic realm="test""#)
}

fn encoded() -> String {
    basic("alice", PASSWORD).split_off("Basic ".len())
}

fn stored_login(registry: &Registry) -> String {
    format!(r#"{{"auths":{{"{}":{{"auth":"{}"}}}}}}"#, registry.host(), encoded())
}

fn assert_hidden(run: &Run) {
    for output in [&run.stdout, &run.stderr] {
        assert!(!output.contains(PASSWORD) && !output.contains(&encoded()), "{output}");
    }
}
