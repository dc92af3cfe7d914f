//! Refresh tokens in place of passwords: docker's identity tokens, and Azure's user without a name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::login::assert_discreet;
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

const AZURE_USER: &str = "00000000-0000-0000-0000-000000000000";

fn bob() -> Users {
    Users::default().user("bob", "bob's canary", &[("*", "pull,push")])
}

/// A registry with two images, and the login of a user for it in docker's file.
fn registry(lugger: &Lugger, tokens: &TokenServer, username: &str, password: &str) -> Registry {
    let registry = Registry::start().with_token_server(tokens);
    let auth = STANDARD.encode(format!("{username}:{password}"));
    lugger.config(&format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.host()));
    for repository in ["app", "other"] {
        registry.put_image(repository, "1", &Image::tiny(1));
    }
    registry
}

#[test]
fn azures_user_without_a_name_has_a_refresh_token_for_a_password() {
    let (lugger, tokens) = (Lugger::new(), TokenServer::start(bob()));
    let refresh = tokens.identity_token("bob");
    let registry = registry(&lugger, &tokens, AZURE_USER, &refresh);
    assert_discreet(&lugger.args(["pull", &registry.name("app:1")]).ok());
    let asked = tokens.log().requests();
    assert_eq!((asked.len(), asked[0].method.as_str()), (1, "POST"));
    assert_eq!(asked[0].field("refresh_token").as_deref(), Some(refresh.as_str()));
    assert_eq!(asked[0].header("authorization"), None);
}

#[test]
fn a_token_server_that_takes_no_post_is_asked_by_get() {
    for status in [400, 401, 404, 405] {
        let users = Users::default().user(AZURE_USER, "a canary", &[("*", "pull")]);
        let (lugger, tokens) = (Lugger::new(), TokenServer::start(users));
        tokens.rule(Rule::on("POST", "/token").then(Act::error(status, "UNSUPPORTED", "no")));
        let registry = registry(&lugger, &tokens, AZURE_USER, "a canary");
        lugger.args(["pull", &registry.name("app:1")]).ok();
        let methods: Vec<String> = tokens.log().requests().into_iter().map(|asked| asked.method).collect();
        assert_eq!(methods, ["POST", "GET"], "{status}");
    }
}

#[test]
fn a_refresh_token_that_is_changed_for_another_is_not_used_again() {
    let (lugger, tokens) = (Lugger::new(), TokenServer::start(bob()));
    let (stored, newest) = (tokens.identity_token("bob"), tokens.identity_token("bob"));
    let given = newest.clone();
    let rotate = Act::edit(move |_, answer| {
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        answer.body = body.replacen('{', &format!(r#"{{"refresh_token":"{given}","#), 1).into();
    });
    tokens.rule(Rule::on("POST", "/token").times(1).then(rotate));
    let registry = registry(&lugger, &tokens, AZURE_USER, &stored);
    lugger.args(["copy", &registry.name("app:1"), &registry.name("other:2")]).ok();
    let asked = tokens.log().requests();
    let used: Vec<Option<String>> = asked.iter().map(|asked| asked.field("refresh_token")).collect();
    assert!(used.len() > 1, "{used:?}");
    assert_eq!(used[0].as_deref(), Some(stored.as_str()));
    assert!(used[1..].iter().all(|used| *used == Some(newest.clone())), "{used:?}");
}
