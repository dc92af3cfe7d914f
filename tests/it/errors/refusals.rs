//! What registries refuse, and registries that are not there: exit statuses 3 to 8.

use super::{keep, told, with_app};
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, Recipe};
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

#[test]
fn a_missing_tag_is_not_found() {
    let (registry, _) = with_app();
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:2")]), 3, &registry);
    let expected = "error: cannot pull `HOST/app:2`
  caused by: GET http://HOST/v2/app/manifests/2: 404 MANIFEST_UNKNOWN: manifest unknown

hint: the nearest there is: `1`; `lugger list-tags HOST/app` shows all
";
    assert_eq!(said, expected);
}

#[test]
fn a_missing_repository_is_not_found() {
    let (registry, _) = with_app();
    let said = told(Lugger::new().args(["list-tags", &registry.name("nothing")]), 3, &registry);
    let expected = "error: cannot list the tags of `HOST/nothing`
  caused by: GET http://HOST/v2/nothing/tags/list: 404 NAME_UNKNOWN: repository name not known to registry

hint: there is no repository `nothing`; `lugger list-repos HOST` shows those there are, if the registry lists them
";
    assert_eq!(said, expected);
}

#[test]
fn a_missing_platform_lists_those_there_are() {
    let registry = Registry::start();
    let (one, other) = (
        Image::tiny(1),
        Recipe::default().platform("linux/arm64/v8").layer(b"x").build(),
    );
    registry.put_index("app", "1", &Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")]));
    let lugger = Lugger::new();
    let call = lugger.args(["pull", "-q", "--platform", "windows/amd64", &registry.name("app:1")]);
    let expected = "error: cannot pull `HOST/app:1`
  caused by: no image for windows/amd64; there are linux/amd64, linux/arm64/v8
";
    assert_eq!(told(call, 3, &registry), expected);
}

#[test]
fn an_image_the_store_does_not_have_is_not_found() {
    let (registry, _) = with_app();
    let said = told(Lugger::new().args(["push", "-q", &registry.name("app:1")]), 3, &registry);
    let expected = "error: cannot push `HOST/app:1`
  caused by: the store has no image `HOST/app:1`

hint: `lugger images` shows what the store has; `lugger pull` fetches an image
";
    assert_eq!(said, expected);
    assert!(registry.requests().is_empty());
}

#[test]
fn a_wrong_password_is_refused() {
    let (registry, image) = (Registry::start(), Image::tiny(1));
    let registry = registry.with_basic("alice", "right-canary", r#"Basic realm="test""#);
    registry.put_image("app", "1", &image);
    let lugger = Lugger::new();
    let call = lugger.args(["login", &registry.host(), "-u", "alice", "--password-stdin"]);
    let said = told(call.stdin("wrong-canary"), 4, &registry);
    let expected = "error: cannot log in to HOST
  caused by: GET http://HOST/v2/: 401 UNAUTHORIZED: authentication required (as `alice`)

hint: check user and password; many registries want an access token in place of the password
";
    assert_eq!(said, expected);
}

#[test]
fn a_registry_that_wants_a_login_names_the_command() {
    let (registry, image) = (Registry::start(), Image::tiny(1));
    let registry = registry.with_basic("alice", "right-canary", r#"Basic realm="test""#);
    registry.put_image("app", "1", &image);
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:1")]), 4, &registry);
    let expected = "error: cannot pull `HOST/app:1`
  caused by: GET http://HOST/v2/app/manifests/1: 401 UNAUTHORIZED: authentication required (without a login)

hint: run `lugger login HOST`; `lugger auth HOST/app` shows as whom it sees you now
";
    assert_eq!(said, expected);
}

#[test]
fn a_host_that_is_unknown_is_unreachable() {
    let run = Lugger::new().args(["digest", "no-such-host.invalid/app:1"]).fails(5);
    let expected = "error: cannot find the digest of `no-such-host.invalid/app:1`
  caused by: HEAD https://no-such-host.invalid/v2/app/manifests/1: no address is known for no-such-host.invalid: ";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
    let hint = "\nhint: is the host written right, and is this machine connected to a network?\n";
    assert!(run.stderr.ends_with(hint), "{}", run.stderr);
}

#[test]
fn a_closed_port_is_unreachable() {
    // Nothing listens on port 1; a port that was free a moment ago may be taken by another test.
    let run = Lugger::new().args(["inspect", "127.0.0.1:1/app:1"]).fails(5);
    let expected = "error: cannot inspect `127.0.0.1:1/app:1`
  caused by: GET http://127.0.0.1:1/v2/app/manifests/1: Connection refused (os error 111)

hint: is a registry running at 127.0.0.1:1?
";
    assert_eq!(run.stderr, expected);
}

#[test]
fn a_registry_that_keeps_failing_is_unreachable() {
    let (registry, _) = with_app();
    let busy = Response::error(503, "UNAVAILABLE", "service down").header("retry-after", "0");
    registry.rule(Rule::on("GET", "/manifests/").then(Act::custom(move |_| busy.clone())));
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:1")]), 5, &registry);
    let expected = "error: cannot pull `HOST/app:1`
  caused by: GET http://HOST/v2/app/manifests/1: 503 UNAVAILABLE: service down
";
    assert_eq!(said, expected);
    assert_eq!(registry.count("GET", "/manifests/1"), 5);
}

#[test]
fn a_limit_with_a_long_wait_is_told_with_its_length_and_not_waited_for() {
    let (registry, _) = with_app();
    let limited = Response::error(429, "TOOMANYREQUESTS", "pull rate limit").header("retry-after", "3600");
    registry.rule(Rule::on("*", "/manifests/").then(Act::custom(move |_| limited.clone())));
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:1")]), 6, &registry);
    let expected = "error: cannot pull `HOST/app:1`
  caused by: GET http://HOST/v2/app/manifests/1: 429 TOOMANYREQUESTS: pull rate limit (it asks to wait 3600 s)
";
    assert_eq!(said, expected);
    assert_eq!(registry.requests().len(), 1);
}

#[test]
fn a_layer_that_is_another_is_a_mismatch() {
    let (registry, image) = with_app();
    let layer = &image.layers[0];
    registry.rule(Rule::on("GET", &layer.digest).then(Act::CorruptByte(100)));
    let lugger = Lugger::new();
    let said = told(lugger.args(["pull", "-q", &registry.name("app:1")]), 7, &registry);
    assert!(said.starts_with("error: cannot pull `HOST/app:1`\n"), "{said}");
    let cause = format!(
        "caused by: content does not match its digest: expected {}, got sha256:",
        layer.digest
    );
    assert!(said.contains(&cause), "{said}");
    assert_eq!(lugger.args(["images", "--format", "json"]).ok().stdout, "[]\n");
}

#[test]
fn a_manifest_that_is_another_is_a_mismatch() {
    let (registry, image) = with_app();
    registry.rule(Rule::on("GET", "/manifests/").then(Act::ReplaceBody(Image::tiny(2).manifest.bytes)));
    let name = registry.name(&format!("app@{}", image.digest()));
    let said = told(Lugger::new().args(["pull", "-q", &name]), 7, &registry);
    assert!(
        said.contains(image.digest()) && said.contains(Image::tiny(2).digest()),
        "{said}"
    );
}

#[test]
fn a_tag_that_must_not_move_is_refused() {
    let said = push_refused(Act::error(400, "TAG_INVALID", "the tag '1' is immutable"));
    let expected = "error: cannot push `HOST/app:1`
  caused by: PUT http://HOST/v2/app/manifests/1: 400 TAG_INVALID: the tag '1' is immutable
";
    assert_eq!(said, expected);
}

#[test]
fn a_quota_and_a_read_only_mirror_are_refusals() {
    let said = push_refused(Act::error(403, "DENIED", "adding 2 MiB exceeds the quota of 1 MiB"));
    assert!(
        said.ends_with("403 DENIED: adding 2 MiB exceeds the quota of 1 MiB\n"),
        "{said}"
    );
    let said = push_refused(Act::error(405, "UNSUPPORTED", "the operation is unsupported"));
    assert!(said.ends_with("405 UNSUPPORTED: the operation is unsupported\n"), "{said}");
}

#[test]
fn a_web_page_is_no_manifest() {
    let (registry, _) = with_app();
    page_everywhere(&registry);
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:1")]), 1, &registry);
    let expected = "error: cannot pull `HOST/app:1`
  caused by: HOST/app:1 is not usable
  caused by: this is no manifest: expected value at line 1 column 1 (it begins `<html><title>Welcome</title></html>`)
";
    assert_eq!(said, expected);
}

#[test]
fn a_web_page_is_no_list_of_tags() {
    let (registry, _) = with_app();
    page_everywhere(&registry);
    let said = told(Lugger::new().args(["list-tags", &registry.name("app")]), 1, &registry);
    assert!(said.contains("http://HOST/v2/app/tags/list is no list of tags"), "{said}");
}

#[test]
fn the_title_of_a_page_is_told_where_a_refusal_has_no_code() {
    let (registry, _) = with_app();
    let page = Response::new(403).body("<html><head><title>Blocked by the proxy</title></head></html>");
    registry.rule(Rule::on("GET", "/manifests/").then(Act::custom(move |_| page.clone())));
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:1")]), 4, &registry);
    assert!(
        said.contains("manifests/1: 403 Blocked by the proxy (without a login)\n"),
        "{said}"
    );
}

#[test]
fn a_registrys_words_do_not_steer_the_terminal() {
    let (registry, _) = with_app();
    let body = r#"{"errors":[{"code":"DEN\u001b[31mIED","message":"a\u001b]0;title\u0007b\r\u009b2J\nc","detail":"\u202ed"}]}"#;
    let answer = Response::json(403, body);
    registry.rule(Rule::on("GET", "/manifests/").then(Act::custom(move |_| answer.clone())));
    let said = told(Lugger::new().args(["pull", "-q", &registry.name("app:1")]), 4, &registry);
    let steering = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!said.contains(steering), "{said:?}");
    assert!(
        said.contains("manifests/1: 403 DEN[31mIED: a]0;titleb2Jc: d (without a login)\n"),
        "{said:?}"
    );
}

fn page_everywhere(registry: &Registry) {
    let page = Response::new(200)
        .header("content-type", "text/html")
        .body("<html><title>Welcome</title></html>");
    registry.rule(Rule::on("*", "/v2/").then(Act::custom(move |_| page.clone())));
}

/// What is said when the manifest of a push is answered like this, which must count as a refusal.
fn push_refused(answer: Act) -> String {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    keep(&lugger, &registry.name("app:1"), &Image::tiny(1));
    registry.rule(Rule::on("PUT", "/manifests/").then(answer));
    let said = told(lugger.args(["push", "-q", &registry.name("app:1")]), 8, &registry);
    assert_eq!(registry.count("PUT", "/manifests/"), 1, "a refusal is not tried again");
    said
}
