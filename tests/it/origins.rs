//! Credentials stay at home: with every kind of redirect, upload location, token realm, next page and foreign challenge,
//! no login and no token reaches a second origin, and none is printed. Each variant is a row of a table; what the program
//! does apart from that is in `redirects`.

mod changes;
mod downward;
mod realms;
mod upward;

use std::collections::BTreeSet;
use std::thread;

use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Log, Request, percent_decoded};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

const USER: &str = "bob";
const PASSWORD: &str = "canary2-of-the-harbour";
const BASIC: &str = r#"Basic realm="home""#;
/// What every token of the fake token server begins with, and every refresh token.
const TOKENS: [&str; 2] = ["opaque.canary.", "identity-canary-"];

#[test]
fn no_login_leaves_the_origin_it_is_for() {
    // Some variants wait between their tries, so the tables are gone through side by side.
    let mut tables = vec![thread::spawn(realms::variants)];
    for door in [Door::Password, Door::Tokens] {
        tables.push(thread::spawn(move || downward::variants(door)));
        tables.push(thread::spawn(move || upward::variants(door)));
    }
    let variants: Vec<String> = tables.into_iter().flat_map(|table| table.join().unwrap()).collect();
    let different: BTreeSet<&String> = variants.iter().collect();
    assert_eq!(different.len(), variants.len(), "two variants are one");
    assert!(variants.len() >= 30, "only {} variants", variants.len());
}

/// `bob:password` in base64.
fn packed() -> String {
    basic(USER, PASSWORD).trim_start_matches("Basic ").to_string()
}

/// A home that knows the login of this registry.
fn logged_in(host: &str) -> Lugger {
    let lugger = Lugger::new();
    lugger.config(&format!(r#"{{"auths":{{"{host}":{{"auth":"{}"}}}}}}"#, packed()));
    lugger
}

fn users() -> Users {
    Users::default().user(USER, PASSWORD, &[("*", "pull,push,delete")])
}

/// How a registry asks for the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Password,
    Tokens,
}

/// A registry with a door, and the token server behind it.
struct Home {
    registry: Registry,
    tokens: TokenServer,
    lugger: Lugger,
}

impl Home {
    fn new(door: Door) -> Self {
        Self::of(Registry::start(), door)
    }

    fn of(registry: Registry, door: Door) -> Self {
        let tokens = TokenServer::start(users());
        let registry = match door {
            Door::Password => registry.with_basic(USER, PASSWORD, BASIC),
            // A path of the registry itself, so that TLS or another name is no matter.
            Door::Tokens => registry.with_realm(&tokens, "/token"),
        };
        registry.put_image("app", "1", &Image::tiny(1));
        let lugger = logged_in(&registry.host());
        Self {
            registry,
            tokens,
            lugger,
        }
    }

    fn run(&self, command: &str, rest: &str) -> Run {
        self.lugger.args([command, &self.registry.name(rest)]).run()
    }

    /// The login was at home at least, or else a variant shows nothing.
    fn assert_used(&self, variant: &str) {
        let requests = self.registry.requests();
        let shown = requests.iter().any(|request| request.header("authorization").is_some());
        assert!(shown, "{variant}: the login was not used\n{}", self.registry.log().lines());
    }
}

/// Nothing of the login is in what was printed.
fn assert_discreet(variant: &str, run: &Run) {
    for secret in secrets() {
        for output in [&run.stdout, &run.stderr] {
            assert!(!output.contains(&secret), "{variant}: {secret} is in\n{output}");
        }
    }
}

/// Nothing of the login is in any request of a stranger's log.
fn assert_clean(variant: &str, log: &Log) {
    log.requests().iter().for_each(|request| assert_free(variant, request));
}

fn assert_free(variant: &str, request: &Request) {
    for name in ["authorization", "proxy-authorization", "cookie"] {
        let value = request.header(name);
        assert_eq!(value, None, "{variant}: {name} went along with {}", request.target());
    }
    let headers: Vec<&str> = request.headers.iter().map(|(_, value)| value.as_str()).collect();
    let headers = headers.join("\n");
    let body = String::from_utf8_lossy(&request.body);
    let all = format!("{}\n{headers}\n{body}", request.target());
    for secret in secrets() {
        let plainly = all.contains(&secret) || percent_decoded(&all).contains(&secret);
        assert!(!plainly, "{variant}: {secret} went along with {}", request.target());
    }
}

fn secrets() -> Vec<String> {
    let mut secrets = vec![PASSWORD.to_string(), packed()];
    secrets.extend(TOKENS.map(String::from));
    secrets
}

fn assert_untouched(variant: &str, log: &Log) {
    assert_eq!(log.requests().len(), 0, "{variant}: {}", log.lines());
}

/// The forms in which the same address of another origin may be given to a plain registry of 127.0.0.1.
fn forms(other: &Registry) -> [(&'static str, String); 3] {
    let port = other.host().rsplit(':').next().unwrap().to_string();
    [
        ("another port", other.origin().to_string()),
        ("another name", format!("http://localhost:{port}")),
        ("no scheme", format!("//127.0.0.1:{port}")),
    ]
}
