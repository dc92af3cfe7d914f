//! Token realms: the login goes to the realm and nowhere else, the tokens come back to the registry only, and a realm that
//! sends on, or that must not be trusted, gets nothing further.

use std::fs;

use super::{Home, PASSWORD, USER, assert_clean, assert_discreet, assert_untouched, logged_in, users};
use crate::support::command::Run;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;
use crate::support::wire::basic;

/// Every variant that was tried, by its name.
pub(super) fn variants() -> Vec<String> {
    let mut tried = allowed();
    tried.extend(redirecting());
    tried.extend(forbidden());
    tried
}

/// A registry that names this realm for these tokens.
fn naming(tokens: TokenServer, realm: &str, registry: Registry) -> Home {
    let registry = registry.with_realm(&tokens, realm);
    registry.put_image("app", "1", &Image::tiny(1));
    let lugger = logged_in(&registry.host());
    Home {
        registry,
        tokens,
        lugger,
    }
}

fn login(home: &Home) -> Run {
    let host = home.registry.host();
    let call = home.lugger.args(["login", &host, "-u", USER, "--password-stdin"]);
    call.stdin(PASSWORD).run()
}

/// The password is at no place but the realm, and what it bought at no place but the registry.
fn assert_apart(variant: &str, home: &Home) {
    for request in home.registry.log().select("*", "/v2/") {
        let shown = request.header("authorization").unwrap_or("Bearer ");
        assert!(shown.starts_with("Bearer "), "{variant}: {shown} at the registry");
        assert!(!request.target().contains(PASSWORD), "{variant}");
    }
    for request in home.tokens.log().requests() {
        let shown = request.header("authorization").unwrap_or_default();
        assert!(shown.is_empty() || shown == basic(USER, PASSWORD), "{variant}: {shown}");
        assert!(!request.target().contains(PASSWORD), "{variant}: a password is in a URL");
    }
}

fn allowed() -> Vec<String> {
    let mut tried = Vec::new();
    for name in ["another port", "another name", "no scheme", "a path of its own"] {
        let tokens = TokenServer::start(users());
        let realm = match name {
            "another port" => tokens.realm(),
            "another name" => tokens.realm().replace("127.0.0.1", "localhost"),
            "no scheme" => tokens.realm().replace("http:", ""),
            _ => "/token".to_string(),
        };
        let variant = format!("a realm with {name}");
        let home = naming(tokens, &realm, Registry::start());
        let (run, other) = (login(&home), home.run("pull", "app:1"));
        for run in [&run, &other] {
            assert_eq!(run.status, 0, "{variant}\n{}", run.stderr);
            assert_discreet(&variant, run);
        }
        assert_eq!(home.tokens.count() == 0, name == "a path of its own", "{variant}");
        home.assert_used(&variant);
        assert_apart(&variant, &home);
        tried.push(variant);
    }
    tried
}

/// A realm that redirects to another origin, asked with a password by GET and with a refresh token by POST.
fn redirecting() -> Vec<String> {
    let mut tried = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        for by in ["password", "refresh token"] {
            let variant = format!("a realm that sends a {by} on with {status}");
            let (tokens, other) = (TokenServer::start(users()), TokenServer::start(users()));
            let refresh = tokens.identity_token(USER);
            tokens.rule(Rule::on("*", "/token").then(Act::Redirect(other.realm(), status)));
            let realm = tokens.realm();
            let home = naming(tokens, &realm, Registry::start());
            if by == "refresh token" {
                let entry = format!(r#"{{"auth":"{}","identitytoken":"{refresh}"}}"#, super::packed());
                home.lugger
                    .config(&format!(r#"{{"auths":{{"{}":{entry}}}}}"#, home.registry.host()));
            }
            let run = home.run("pull", "app:1");
            assert_eq!(run.status, 4, "{variant}\n{}", run.stderr);
            assert!(home.tokens.count() > 0, "{variant}: the realm was not asked");
            assert_discreet(&variant, &run);
            assert_untouched(&variant, other.log());
            tried.push(variant);
        }
    }
    tried
}

/// Realms that nothing may be sent to, not even a request without a login.
fn forbidden() -> Vec<String> {
    let mut tried = Vec::new();
    for name in [
        "plain HTTP",
        "plain HTTP by another name",
        "a user in it",
        "a private address",
    ] {
        let variant = format!("a realm with {name}");
        let tokens = TokenServer::start(users());
        let (registry, realm) = match name {
            "plain HTTP" => (Registry::start_tls(), tokens.realm()),
            "a user in it" => (Registry::start(), tokens.realm().replace("//", "//bob:x@")),
            "a private address" => (Registry::start(), "http://10.255.255.1:9/token".to_string()),
            _ => (Registry::start_tls(), tokens.realm().replace("127.0.0.1", "localhost")),
        };
        let pem = name.starts_with("plain").then(|| registry.authority_pem().to_string());
        let mut home = naming(tokens, &realm, registry);
        if let Some(pem) = pem {
            let file = home.lugger.home().join("authority.pem");
            fs::write(&file, pem).unwrap();
            home.lugger = home.lugger.env("SSL_CERT_FILE", file);
        }
        for run in [login(&home), home.run("pull", "app:1")] {
            assert_eq!(run.status, 4, "{variant}\n{}", run.stderr);
            assert_discreet(&variant, &run);
        }
        assert_untouched(&variant, home.tokens.log());
        assert_clean(&variant, home.registry.log());
        tried.push(variant);
    }
    tried
}
