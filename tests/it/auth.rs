//! Where a login comes from, which repository it is for, and what happens when it no longer works.

use std::fs;
use std::path::PathBuf;

use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::peers::skopeo::try_skopeo;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

const BASIC: &str = r#"Basic realm="r""#;
/// Prints a login, and notes in `calls` that it was asked.
const HELPER: &str = r#"cat >>calls; echo " $1" >>calls; echo '{"ServerURL":"","Username":"ann","Secret":"pw-canary"}'"#;

/// A file of logins: `KEY`, user and password each.
fn logins(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(key, user, password): &(&str, &str, &str)| {
        let auth = basic(user, password);
        format!(r#""{key}":{{"auth":"{}"}}"#, auth.trim_start_matches("Basic "))
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    format!(r#"{{"auths":{{{}}}}}"#, entries.join(","))
}

fn basic_registry() -> Registry {
    let registry = Registry::start().with_basic("ann", "pw-canary", BASIC);
    registry.put_image("team/app", "1", &Image::tiny(1));
    registry
}

fn digest(lugger: &Lugger, registry: &Registry) -> Call {
    lugger.args(["digest", &registry.name("team/app:1")])
}

/// Writes a file below the home.
fn write(lugger: &Lugger, name: &str, text: &str) -> PathBuf {
    let path = lugger.home().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

/// Docker's and podman's places in their order: each alone gives the login, and is heard before all behind it.
#[test]
fn a_login_comes_from_the_first_place_that_has_it() {
    let registry = basic_registry();
    let places = [
        "docker/config.json",
        "run/containers/auth.json",
        ".config/containers/auth.json",
        ".dockercfg",
    ];
    let flat = |text: String| text["{\"auths\":".len()..text.len() - 1].to_owned();
    for first in 0..places.len() {
        let lugger = Lugger::new();
        for (position, place) in places.iter().enumerate().skip(first) {
            let user = if position == first { "ann" } else { "eve" };
            let text = logins(&[(&registry.host(), user, "pw-canary")]);
            write(&lugger, place, &if *place == ".dockercfg" { flat(text) } else { text });
        }
        let run = digest(&lugger, &registry).ok();
        assert_eq!(run.stderr, "", "{}", places[first]);
    }
}

#[test]
fn the_variables_come_before_the_files() {
    let registry = basic_registry();
    let (ann, eve) = (
        logins(&[(&registry.host(), "ann", "pw-canary")]),
        logins(&[(&registry.host(), "eve", "pw-canary")]),
    );
    let lugger = Lugger::new();
    lugger.config(&eve);
    let named = write(&lugger, "docker/named.json", &ann);
    digest(&lugger, &registry).env("REGISTRY_AUTH_FILE", &named).ok();
    let named = write(&lugger, "docker/named.json", &eve);
    let call = || digest(&lugger, &registry).env("REGISTRY_AUTH_FILE", &named);
    call().env("DOCKER_AUTH_CONFIG", &ann).ok();
    let run = call().env("DOCKER_AUTH_CONFIG", r#"{"auths":{},"credsStore":"x"}"#).fails(4);
    assert!(
        run.stderr.contains("the field `credsStore` is unknown there"),
        "{}",
        run.stderr
    );
    let run = call().env("DOCKER_AUTH_CONFIG", &eve).fails(4);
    let said = format!(
        "the stored login `{}` in DOCKER_AUTH_CONFIG was refused; going on without it\n",
        registry.host()
    );
    assert!(run.stderr.contains(&said), "{}", run.stderr);
}

#[test]
fn a_named_file_takes_the_place_of_podmans_and_is_written_to() {
    let registry = basic_registry();
    let lugger = Lugger::new();
    write(
        &lugger,
        "run/containers/auth.json",
        &logins(&[(&registry.host(), "ann", "pw-canary")]),
    );
    let named = lugger.home().join("docker/named.json");
    let with = |call: Call| call.env("REGISTRY_AUTH_FILE", &named);
    with(digest(&lugger, &registry)).fails(4);
    with(
        lugger
            .args(["login", &registry.host(), "-u", "ann", "--password-stdin"])
            .stdin("pw-canary"),
    )
    .ok();
    with(digest(&lugger, &registry)).ok();
    assert!(!lugger.config_path().exists());
    with(lugger.args(["logout", &registry.host()])).ok();
    with(digest(&lugger, &registry)).fails(4);
}

#[test]
fn a_broken_file_matters_only_where_no_earlier_one_has_the_login() {
    let registry = basic_registry();
    let lugger = Lugger::new();
    lugger.config(&logins(&[(&registry.host(), "ann", "pw-canary")]));
    write(&lugger, "run/containers/auth.json", "{");
    let run = digest(&lugger, &registry).ok();
    assert!(
        run.stderr.starts_with("warning: `") && run.stderr.contains("is not valid JSON"),
        "{}",
        run.stderr
    );
    lugger.config("{}");
    let run = digest(&lugger, &registry).fails(1);
    assert!(
        run.stderr.contains("run/containers/auth.json` is not valid JSON"),
        "{}",
        run.stderr
    );
}

/// Row 24.
#[test]
fn entries_are_read_in_every_form_that_docker_has_written() {
    let registry = Registry::start().with_basic("ann", "p:w-canary", BASIC);
    registry.put_image("team/app", "1", &Image::tiny(1));
    let host = registry.host();
    for (key, auth) in [
        (host.clone(), "YW5uOnA6dy1jYW5hcnk="),
        (format!("https://{host}/v2/"), "YW5uOnA6dy1jYW5hcnk="),
        (format!("http://{host}"), "YW5uOnA6dy1jYW5hcnk"),
        (format!("{host}/v1/"), "YW5uOnA6dy1jYW5hcnkAAA"),
    ] {
        let lugger = Lugger::new();
        let helpers = format!(r#""credsStore":"gone","credHelpers":{{"{host}":""}}"#);
        lugger.config(&format!(r#"{{"auths":{{"{key}":{{"auth":"{auth}"}}}},{helpers}}}"#));
        let run = digest(&lugger, &registry).ok();
        assert_eq!(run.stderr, "", "{key}");
    }
}

/// Row 25, with a copy between two repositories that no one login may both read and write.
#[test]
fn two_repositories_of_a_registry_have_two_logins() {
    let users = Users::default().user("reader", "r-canary", &[("team/base", "pull")]).user(
        "writer",
        "w-canary",
        &[("team/app/web", "pull,push")],
    );
    let tokens = TokenServer::start(users);
    let registry = Registry::start().with_token_server(&tokens);
    registry.put_image("team/base", "1", &Image::tiny(1));
    let host = registry.host();
    let lugger = Lugger::new();
    lugger.config(&logins(&[
        (&host, "nobody", "x-canary"),
        (&format!("{host}/team"), "reader", "r-canary"),
        (&format!("{host}/team/app"), "writer", "w-canary"),
        (&format!("{host}/team/ap"), "nobody", "x-canary"),
    ]));
    let (from, to) = (registry.name("team/base:1"), registry.name("team/app/web:1"));
    lugger.args(["copy", &from, &to]).ok();
    let file = lugger.config_path();
    let flags = ["inspect", "--raw", "--tls-verify=false", "--authfile", file.to_str().unwrap()];
    for name in [from, to] {
        let place = format!("docker://{name}");
        let peer = try_skopeo(&[&flags[..], &[place.as_str()]].concat());
        assert!(peer.status.success(), "skopeo reads the keys otherwise: {name}");
    }
    assert_eq!(registry.digest("team/app/web", "1"), registry.digest("team/base", "1"));
}

fn public_registry() -> (TokenServer, Registry) {
    let users = Users::default().anonymous(&[("team/app", "pull")]);
    let tokens = TokenServer::start(users);
    let registry = Registry::start().with_token_server(&tokens);
    registry.put_image("team/app", "1", &Image::tiny(1));
    (tokens, registry)
}

/// Row 22: what GHCR and others say to an expired token, even where the image is public.
#[test]
fn a_login_that_is_dead_keeps_nobody_from_a_public_image() {
    for status in [401, 403] {
        let (tokens, registry) = public_registry();
        let refuse = Rule::on("GET", "/token").when(|request| request.header("authorization").is_some());
        tokens.rule(refuse.then(Act::status(status)));
        let lugger = Lugger::new();
        lugger.config(&logins(&[(&registry.host(), "ann", "old-canary")]));
        let run = lugger.args(["pull", &registry.name("team/app:1")]).ok();
        let said = format!(
            "warning: the stored login `{0}` in {1} was refused; going on without it; `lugger logout {0}` removes it\n",
            registry.host(),
            lugger.config_path().display()
        );
        assert_eq!(run.stderr.matches(&said).count(), 1, "{}", run.stderr);
        assert_eq!(tokens.count(), 2, "{}", tokens.log().lines());
    }
}

#[test]
fn a_push_with_a_dead_login_is_refused_and_says_which() {
    let (_tokens, registry) = public_registry();
    let lugger = Lugger::new();
    let (from, to) = (registry.name("team/app:1"), registry.name("team/new:1"));
    lugger.args(["pull", "-q", &from]).ok();
    lugger.args(["tag", &from, &to]).ok();
    lugger.config(&logins(&[(&registry.host(), "ann", "old-canary")]));
    let run = lugger.args(["push", &to]).fails(4);
    let said = format!("caused by: the stored login `{}` in ", registry.host());
    assert!(run.stderr.contains(&said), "{}", run.stderr);
    let basic = basic_registry();
    let to = basic.name("team/new:1");
    lugger.args(["tag", &from, &to]).ok();
    lugger.config(&logins(&[(&basic.host(), "ann", "old-canary")]));
    let run = lugger.args(["push", &to]).fails(4);
    assert!(
        run.stderr.contains(&format!("the stored login `{}`", basic.host())),
        "{}",
        run.stderr
    );
}

#[test]
fn a_read_with_a_refused_password_is_tried_without() {
    let registry = Registry::start();
    registry.put_image("team/app", "1", &Image::tiny(1));
    let refusal = || Act::custom(|_| Response::error(401, "UNAUTHORIZED", "no").header("www-authenticate", BASIC));
    registry.rule(
        Rule::on("*", "")
            .when(|request| request.header("authorization").is_some())
            .then(refusal()),
    );
    registry.rule(Rule::on("*", "").times(1).then(refusal()));
    let lugger = Lugger::new();
    lugger.config(&logins(&[(&registry.host(), "ann", "old-canary")]));
    let run = digest(&lugger, &registry).ok();
    assert!(run.stderr.contains("was refused; going on without it"), "{}", run.stderr);
    assert_eq!(registry.requests().len(), 3, "{}", registry.log().lines());
}

#[test]
fn a_helper_runs_once_for_all_repositories() {
    let registry = basic_registry();
    let lugger = Lugger::new();
    lugger.helper("keeper", HELPER);
    lugger.config(r#"{"credsStore":"keeper"}"#);
    lugger
        .args(["copy", &registry.name("team/app:1"), &registry.name("other/app:1")])
        .ok();
    let calls = fs::read_to_string(lugger.home().join("calls")).unwrap();
    assert_eq!(calls, format!("{} get\n", registry.host()));
}

#[test]
fn a_helper_is_asked_once_more_after_a_refusal() {
    let registry = basic_registry();
    let lugger = Lugger::new();
    let script = r#"cat >/dev/null; password=old-canary; [ -e calls ] && password=pw-canary; echo get >>calls
echo "{\"Username\":\"ann\",\"Secret\":\"$password\"}""#;
    lugger.helper("keeper", script);
    lugger.config(r#"{"credsStore":"keeper"}"#);
    assert_eq!(digest(&lugger, &registry).ok().stderr, "");
    assert_eq!(fs::read_to_string(lugger.home().join("calls")).unwrap(), "get\nget\n");
}
