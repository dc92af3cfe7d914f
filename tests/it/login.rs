//! `lugger login` and `logout`: what is tried, what is stored where, and what nobody gets to see. Credential helpers
//! are in `helpers`, the tokens bought with a login in `tokens`, docker's `config.json` in `config`,
//! and the token server that a registry keeps to in `realms`.

mod config;
mod helpers;
mod identity;
mod realms;
mod tokens;

use crate::support::command::{Call, Lugger, Run};
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::terminal::Terminal;
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire;

const PASSWORD: &str = "s3cr:et \"canary pässword\\";
const WRONG: &str = "wr0ng-canary";

fn bob() -> Users {
    Users::default().user("bob", PASSWORD, &[("*", "pull,push")])
}

fn basic_registry() -> Registry {
    Registry::start().with_basic("bob", PASSWORD, r#"Basic realm="the registry""#)
}

/// `bob:password` in base64, as `config.json` keeps it.
fn packed(password: &str) -> String {
    wire::basic("bob", password).trim_start_matches("Basic ").to_string()
}

fn login(lugger: &Lugger, registry: &Registry, password: &str) -> Call {
    let call = lugger.args(["login", &registry.host(), "--username", "bob", "--password-stdin"]);
    call.stdin(password)
}

fn config_text(lugger: &Lugger) -> String {
    std::fs::read_to_string(lugger.config_path()).unwrap()
}

/// The `auth` that is stored for a registry.
fn stored(lugger: &Lugger, registry: &Registry) -> Option<String> {
    let config: serde_json::Value = serde_json::from_str(&config_text(lugger)).unwrap();
    config["auths"][registry.host()]["auth"].as_str().map(String::from)
}

/// No form of a password is in what was printed.
fn assert_discreet(run: &Run) {
    for password in [PASSWORD, WRONG] {
        for secret in [password, packed(password).as_str(), "s3cr:et", "opaque.", "identity-"] {
            for output in [&run.stdout, &run.stderr] {
                assert!(!output.contains(secret), "{secret} in {output}");
            }
        }
    }
}

#[test]
fn a_password_is_proved_and_then_stored() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    let run = login(&lugger, &registry, PASSWORD).ok();
    assert_eq!(run.stdout, "Login Succeeded\n");
    assert!(run.stderr.contains("unencrypted"), "{}", run.stderr);
    assert_discreet(&run);
    assert_eq!(stored(&lugger, &registry), Some(packed(PASSWORD)));
    let authorizations: Vec<bool> = registry
        .requests()
        .iter()
        .map(|request| request.header("authorization").is_some())
        .collect();
    assert_eq!(authorizations, [false, true]);
}

#[test]
fn a_login_with_tokens_is_proved_by_one() {
    let tokens = TokenServer::start(bob());
    let (lugger, registry) = (Lugger::new(), Registry::start().with_token_server(&tokens));
    let run = login(&lugger, &registry, PASSWORD).ok();
    assert_discreet(&run);
    assert_eq!(stored(&lugger, &registry), Some(packed(PASSWORD)));
    let asked = tokens.log().requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].parameter("service").as_deref(), Some("fake registry"));
    assert_eq!(asked[0].parameters("scope"), [""; 0]);
    assert_eq!(asked[0].header("authorization"), Some(wire::basic("bob", PASSWORD).as_str()));
    assert!(!asked[0].target().contains("s3cr"));
}

#[test]
fn one_line_end_is_not_part_of_the_password() {
    for (typed, meant) in [
        ("canary", "canary"),
        ("canary\n", "canary"),
        ("canary\r\n", "canary"),
        ("canary\n\n", "canary\n"),
        (" canary ", " canary "),
    ] {
        let lugger = Lugger::new();
        let registry = Registry::start().with_basic("bob", meant, "Basic realm=x");
        login(&lugger, &registry, typed).ok();
        assert_eq!(stored(&lugger, &registry), Some(packed(meant)), "{typed:?}");
    }
}

#[test]
fn a_refused_login_stores_nothing() {
    let tokens = TokenServer::start(bob());
    for registry in [basic_registry(), Registry::start().with_token_server(&tokens)] {
        let lugger = Lugger::new();
        let run = login(&lugger, &registry, WRONG).fails(4);
        assert!(run.stderr.contains("error: cannot log in"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert_discreet(&run);
        assert!(!lugger.config_path().exists());
        assert!(registry.requests().len() <= 3);
    }
}

#[test]
fn a_refused_login_keeps_the_earlier_one() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    login(&lugger, &registry, PASSWORD).ok();
    let before = config_text(&lugger);
    login(&lugger, &registry, WRONG).fails(4);
    assert_eq!(config_text(&lugger), before);
}

#[test]
fn a_login_without_a_terminal_fails_at_once() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    for arguments in [vec!["login"], vec!["login", "-u", "bob"]] {
        let host = registry.host();
        let run = lugger.args([arguments, vec![&host]].concat()).fails(2);
        assert!(run.stderr.contains("--password-stdin"), "{}", run.stderr);
    }
    login(&lugger, &registry, "").fails(2);
    lugger.args(["login", &registry.host(), "--password-stdin"]).fails(2);
    assert_eq!(registry.requests().len(), 0);
}

#[test]
fn a_password_on_the_command_line_is_warned_of() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    let run = lugger.args(["login", &registry.host(), "-u", "bob", "-p", PASSWORD]).ok();
    assert!(run.stderr.contains("--password-stdin"), "{}", run.stderr);
    assert_discreet(&run);
}

#[test]
fn a_typed_password_is_not_shown() {
    let (lugger, registry) = (
        Lugger::new(),
        Registry::start().with_basic("bob", "typed-canary", "Basic realm=x"),
    );
    let terminal = Terminal::start(&lugger.args(["login", &registry.host()]), 100, 20);
    terminal.wait_for("Username:");
    terminal.type_text("bob");
    terminal.send_keys(&["Enter"]);
    terminal.wait_for("Password:");
    terminal.type_text("typed-canary");
    terminal.send_keys(&["Enter"]);
    let screen = terminal.wait_for("Login Succeeded");
    assert_eq!(terminal.wait(), 0);
    assert!(!screen.contains("typed-canary"), "{screen}");
    assert_eq!(stored(&lugger, &registry), Some(packed("typed-canary")));
}

#[test]
fn a_registry_that_asks_for_nothing_is_warned_of() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let run = login(&lugger, &registry, PASSWORD).ok();
    assert!(run.stderr.contains("warning: ") && run.stderr.contains("asked for no login"));
    assert_eq!(stored(&lugger, &registry), Some(packed(PASSWORD)));
    assert!(
        registry
            .requests()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
}

#[test]
fn what_is_no_registry_gets_no_login() {
    let page = Act::Status {
        code: 200,
        headers: vec![("content-type".to_string(), "text/html".to_string())],
        body: b"<h1>Welcome</h1>".to_vec(),
    };
    for act in [page, Act::status(404)] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        registry.rule(Rule::on("*", "").then(act));
        let run = login(&lugger, &registry, PASSWORD).run();
        assert_ne!(run.status, 0, "{}", run.stderr);
        assert!(run.stderr.contains("not as a registry"), "{}", run.stderr);
        assert!(!lugger.config_path().exists());
    }
}

#[test]
fn a_logout_forgets_one_login_or_all() {
    let (lugger, one, other) = (Lugger::new(), basic_registry(), basic_registry());
    for registry in [&one, &other] {
        login(&lugger, registry, PASSWORD).ok();
    }
    let run = lugger.args(["logout", &one.host()]).ok();
    assert_eq!(run.stdout, format!("Removing login credentials for {}\n", one.host()));
    assert_eq!(
        (stored(&lugger, &one), stored(&lugger, &other)),
        (None, Some(packed(PASSWORD)))
    );
    let run = lugger.args(["logout", &one.host()]).ok();
    assert_eq!(run.stdout, format!("Not logged in to {}\n", one.host()));
    login(&lugger, &one, PASSWORD).ok();
    let run = lugger.args(["logout", "--all"]).ok();
    assert_eq!(run.stdout.lines().count(), 2);
    assert_eq!((stored(&lugger, &one), stored(&lugger, &other)), (None, None));
}
