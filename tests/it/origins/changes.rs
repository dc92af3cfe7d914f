//! A registry that names another token server than before: what it named first, what it names then, and who sees the login.

use std::fs;

use super::{BASIC, PASSWORD, USER, assert_clean, assert_discreet, assert_untouched, logged_in, packed};
use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::token::TokenServer;
use crate::support::users::Users;

/// How the registry asked for a login at first, and where the login came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// A token server at its own origin, after `lugger login`.
    Own,
    /// The password itself, after `lugger login`.
    Basic,
    /// Nothing at all, at `lugger login` and after it.
    Nothing,
    /// A token server on another host, after `lugger login`.
    Other,
    /// A token server at its own origin, with a login from a helper.
    HelperOwn,
    /// The password itself, with a login of docker's file.
    FileBasic,
    /// A token server on another host, which was asked without a login.
    Anonymous,
}

/// What the registry names then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Same,
    AnotherHost,
    /// A token server that would be asked over plain HTTP, by a registry that speaks HTTPS.
    PlainHttp,
}

const FIRSTS: [First; 7] = [
    First::Own,
    First::Basic,
    First::Nothing,
    First::Other,
    First::HelperOwn,
    First::FileBasic,
    First::Anonymous,
];

#[test]
fn a_login_goes_to_no_token_server_that_is_named_later() {
    for first in FIRSTS {
        for then in [Then::Same, Then::AnotherHost, Then::PlainHttp] {
            // A fake token server speaks plain HTTP, which a registry over TLS cannot name in the first place.
            if then != Then::PlainHttp || !matches!(first, First::Other | First::Anonymous) {
                change(first, then);
            }
        }
    }
}

fn change(first: First, then: Then) {
    let variant = format!("{first:?}, then {then:?}");
    let users = || {
        Users::default()
            .user(USER, PASSWORD, &[("*", "pull")])
            .anonymous(&[("app", "pull")])
    };
    let (tokens, stranger) = (TokenServer::start(users()), TokenServer::start(users()));
    let (registry, lugger) = scene(first, then, &tokens);
    begin(&lugger, &registry, first);
    let registry = match then {
        Then::Same => asking(registry, first, &tokens),
        Then::AnotherHost | Then::PlainHttp => registry.with_token_server(&stranger),
    };
    if first == First::Anonymous {
        lugger.config(&docker_config(&registry.host()));
    }
    let run = pull(&lugger, &registry);
    assert_discreet(&variant, &run);
    // A login that was never given to anyone goes where the registry says when it first is.
    let allowed = then == Then::Same || first == First::Anonymous;
    assert_eq!(run.status == 0, allowed, "{variant}\n{}", run.stderr);
    if first != First::Anonymous {
        assert_clean(&variant, stranger.log());
    }
    if !allowed {
        assert_eq!(run.status, 4, "{variant}\n{}", run.stderr);
        assert_untouched(&variant, stranger.log());
    }
    if then == Then::AnotherHost && !allowed {
        accept(&variant, &lugger, &registry, &stranger);
    }
}

/// The refusal names a way out, which works.
fn accept(variant: &str, lugger: &Lugger, registry: &Registry, stranger: &TokenServer) {
    let refused = pull(lugger, registry);
    let way = format!("`lugger login {}` accepts it", registry.host());
    assert!(refused.stderr.contains(&way), "{variant}\n{}", refused.stderr);
    login(lugger, registry);
    let run = pull(lugger, registry);
    assert_eq!(run.status, 0, "{variant}\n{}", run.stderr);
    assert!(stranger.count() > 0, "{variant}");
}

fn scene(first: First, then: Then, tokens: &TokenServer) -> (Registry, Lugger) {
    let registry = if then == Then::PlainHttp {
        Registry::start_tls()
    } else {
        Registry::start()
    };
    registry.put_image("app", "1", &Image::tiny(1));
    let mut lugger = match first {
        First::FileBasic => logged_in(&registry.host()),
        _ => Lugger::new(),
    };
    if first == First::HelperOwn {
        lugger.helper("vault", &format!(r#"echo '{{"Username":"{USER}","Secret":"{PASSWORD}"}}'"#));
        lugger.config(r#"{"credsStore":"vault"}"#);
    }
    if then == Then::PlainHttp {
        let file = lugger.home().join("authority.pem");
        fs::write(&file, registry.authority_pem()).unwrap();
        lugger = lugger.env("SSL_CERT_FILE", file);
    }
    (asking(registry, first, tokens), lugger)
}

fn asking(registry: Registry, first: First, tokens: &TokenServer) -> Registry {
    match first {
        First::Own | First::HelperOwn => registry.with_realm(tokens, "/token"),
        First::Basic | First::FileBasic => registry.with_basic(USER, PASSWORD, BASIC),
        First::Nothing => registry,
        First::Other | First::Anonymous => registry.with_token_server(tokens),
    }
}

fn begin(lugger: &Lugger, registry: &Registry, first: First) {
    if matches!(first, First::Own | First::Basic | First::Nothing | First::Other) {
        login(lugger, registry);
    }
    let run = pull(lugger, registry);
    assert_eq!(run.status, 0, "{first:?}\n{}", run.stderr);
}

fn login(lugger: &Lugger, registry: &Registry) {
    let host = registry.host();
    let call = lugger.args(["login", &host, "-u", USER, "--password-stdin"]);
    call.stdin(PASSWORD).ok();
}

/// Into a store of its own, or nothing would be asked for.
fn pull(lugger: &Lugger, registry: &Registry) -> Run {
    let store = tempfile::tempdir().unwrap();
    let store = store.path().join("store");
    lugger
        .args(["--store", store.to_str().unwrap(), "pull", &registry.name("app:1")])
        .run()
}

fn docker_config(host: &str) -> String {
    format!(r#"{{"auths":{{"{host}":{{"auth":"{}"}}}}}}"#, packed())
}
