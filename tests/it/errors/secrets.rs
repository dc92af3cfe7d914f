//! No secret is printed, whatever goes wrong.

use std::fs;

use super::{keep, with_app};
use crate::support::canary::assert_discreet;
use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::wire::basic;

const PASSWORD: &str = "correct-canary-battery";

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
        "{}/storage/{{last}}?X-Amz-Signature=top-canary&X-Amz-Credential=key-id",
        registry.origin()
    );
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Redirect(address, 307)));
    registry.rule(Rule::on("GET", "/storage/").then(Act::custom(|_| Response::new(404).body("NoSuchKey"))));
    let run = Lugger::new().args(["pull", &registry.name("app:1")]).run();
    assert_ne!(run.status, 0);
    let shown = "?X-Amz-Signature=…&X-Amz-Credential=…: 404 NoSuchKey";
    assert!(run.stderr.contains(shown), "{}", run.stderr);
    assert!(
        !run.stderr.contains("top-canary") && !run.stderr.contains("key-id"),
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
        Registry::start().with_habits(|habits| habits.location = "{origin}{path}?_state={state}&sig=top-canary".into());
    let lugger = Lugger::new();
    keep(&lugger, &registry.name("app:1"), &Image::tiny(1));
    registry.rule(Rule::on("PUT", "/blobs/uploads/").then(Act::error(403, "DENIED", "not you")));
    let run = lugger.args(["push", &registry.name("app:1")]).fails(4);
    assert!(run.stderr.contains("_state=…&sig=…"), "{}", run.stderr);
    assert!(!run.stderr.contains("top-canary"), "{}", run.stderr);
}

/// Addresses come from the environment, from settings and from registries, and any may have a user and a password in it.
#[test]
fn a_password_in_an_address_is_not_shown() {
    let (registry, _) = with_app();
    let inside = registry.origin().replace("http://", "http://alice:top-canary@");
    let pull = |registry: &Registry| Lugger::new().args(["pull", &registry.name("app:1")]).run();

    let proxy = "http://alice:top-canary@127.0.0.1:1";
    let proxied = Lugger::new().env("HTTPS_PROXY", proxy).env("https_proxy", proxy);
    assert_told(&proxied.args(["pull", "registry.invalid/app:1"]).run(), "registry.invalid");

    let mirrored = Lugger::new();
    mirrored.hosts(&registry.host(), &format!("[host.\"{inside}\"]\n"));
    let run = mirrored.args(["pull", &registry.name("app:1")]).run();
    assert_discreet("a mirror with a password", &run.stderr);

    registry.rule(Rule::on("GET", "/blobs/").then(Act::Redirect(format!("{inside}/storage/gone"), 307)));
    assert_told(&pull(&registry), "error: ");
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/manifests/").then(Act::Redirect(format!("{inside}/gone?token=top-canary"), 307)));
    assert_told(&pull(&registry), "error: ");

    let realm = format!(r#"Bearer realm="{inside}/token",service="s""#);
    let asking = Registry::start().with_basic("alice", PASSWORD, &realm);
    assert_told(&pull(&asking), "error: ");

    let uploading = Registry::start().with_habits(|habits| habits.location = format!("{inside}{{path}}?key=top-canary"));
    let lugger = Lugger::new();
    keep(&lugger, &uploading.name("app:1"), &Image::tiny(1));
    assert_told(&lugger.args(["push", &uploading.name("app:1")]).run(), "error: ");
}

/// What another program is started with can be seen by every user of the machine.
#[test]
fn a_helper_learns_a_password_from_its_input_alone() {
    let registry = Registry::start().with_basic("alice", PASSWORD, r#"Basic realm="test""#);
    let lugger = Lugger::new();
    lugger.helper(
        "quiet",
        r#"cat >>"$HOME/vault"; { echo "$@"; env; } >>"$HOME/tmp/told"; echo '{}'"#,
    );
    lugger.config(r#"{"credsStore":"quiet"}"#);
    let login = lugger.args(["login", "-u", "alice", "--password-stdin", &registry.host()]);
    login.stdin(PASSWORD).ok();
    let read = |name: &str| fs::read_to_string(lugger.home().join(name)).unwrap();
    assert!(read("vault").contains(PASSWORD));
    let told = read("tmp/told");
    assert!(told.contains("store\n"), "{told}");
    assert_discreet("the helper's surroundings", &told);
}

/// It failed, and said what with; that it did not say too much is seen to in every run.
fn assert_told(run: &Run, part: &str) {
    assert!(run.status != 0 && run.stderr.contains(part), "{run:?}");
}

fn locked() -> Registry {
    let registry = Registry::start();
    registry.put_image("app", "1", &Image::tiny(1));
    registry.with_basic("alice", "another-canary", r#"Basic realm="test""#)
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
