//! Tokens: which are asked for, how often, and what happens when they run out or do not suffice.

use std::sync::Arc;

use crate::login::{PASSWORD, WRONG, assert_discreet, bob, login, packed};
use crate::push::{keep, push};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;

struct Guarded {
    lugger: Lugger,
    registry: Registry,
    tokens: Arc<TokenServer>,
}

/// A registry that bob, who is logged in, may use.
fn guarded() -> Guarded {
    let tokens = Arc::new(TokenServer::start(bob()));
    let registry = Registry::start().with_token_server(&tokens);
    let lugger = Lugger::new();
    let (host, auth) = (registry.host(), packed(PASSWORD));
    lugger.config(&format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#));
    Guarded {
        lugger,
        registry,
        tokens,
    }
}

impl Guarded {
    fn scopes(&self) -> Vec<Vec<String>> {
        let asked = self.tokens.log().requests();
        asked.iter().map(|request| request.parameters("scope")).collect()
    }

    /// From this request on the tokens handed out before it are worth nothing.
    fn forget_tokens_after(&self, method: &str, part: &str) {
        let tokens = Arc::clone(&self.tokens);
        let forget = Act::edit(move |_, _| tokens.forget_tokens());
        self.registry.rule(Rule::on(method, part).times(1).then(forget));
    }
}

fn many_layers() -> Image {
    let layers: Vec<Vec<u8>> = (0..20_u8).map(|layer| vec![layer; 5_000]).collect();
    Image::with_layers(&layers)
}

#[test]
fn a_pull_of_many_layers_asks_for_one_token_to_pull() {
    let guarded = guarded();
    guarded.registry.put_image("app", "1", &many_layers());
    let run = guarded.lugger.args(["pull", &guarded.registry.name("app:1")]).ok();
    assert_eq!(guarded.scopes(), [["repository:app:pull"]]);
    assert_discreet(&run);
}

#[test]
fn a_push_of_many_layers_asks_for_one_token_to_push() {
    let guarded = guarded();
    let name = guarded.registry.name("app:1");
    keep(&guarded.lugger, &name, &many_layers());
    let run = push(&guarded.lugger, &name).ok();
    assert_eq!(guarded.scopes(), [["repository:app:pull,push"]]);
    assert_discreet(&run);
}

#[test]
fn a_mount_asks_for_both_repositories() {
    let guarded = guarded();
    let image = Image::tiny(1);
    guarded.registry.put_image("base", "1", &image);
    for name in ["base:1", "app:1"] {
        keep(&guarded.lugger, &guarded.registry.name(name), &image);
    }
    push(&guarded.lugger, &guarded.registry.name("app:1")).ok();
    assert_eq!(guarded.registry.count("PUT", "/uploads/"), 0);
    let scopes = guarded.scopes();
    assert_eq!(scopes.len(), 2, "{scopes:?}");
    let mut both = scopes[1].clone();
    both.sort_unstable();
    assert_eq!(both, ["repository:app:pull,push", "repository:base:pull"]);
}

#[test]
fn a_token_may_run_out_in_the_middle_of_a_pull() {
    let guarded = guarded();
    guarded.registry.put_image("app", "1", &many_layers());
    guarded.forget_tokens_after("GET", "/blobs/");
    let run = guarded
        .lugger
        .args(["pull", "--jobs", "1", &guarded.registry.name("app:1")])
        .ok();
    assert_eq!(guarded.tokens.count(), 2);
    assert_discreet(&run);
}

#[test]
fn a_token_may_run_out_in_the_middle_of_a_push() {
    for (method, part) in [("POST", ""), ("PUT", "/uploads/")] {
        let guarded = guarded();
        let (name, image) = (guarded.registry.name("app:1"), Image::tiny(1));
        keep(&guarded.lugger, &name, &image);
        guarded.forget_tokens_after(method, part);
        let run = guarded.lugger.args(["push", "--jobs", "1", &name]).ok();
        assert_eq!(guarded.registry.digest("app", "1").as_deref(), Some(image.digest()));
        assert_eq!(guarded.tokens.count(), 2, "{method} {part}");
        assert_discreet(&run);
    }
}

#[test]
fn short_lived_tokens_are_bought_anew_in_time() {
    let tokens = TokenServer::start(bob()).expires_in(1);
    let (lugger, registry) = (Lugger::new(), Registry::start().with_token_server(&tokens));
    login(&lugger, &registry, PASSWORD).ok();
    registry.put_image("app", "1", &many_layers());
    registry.rule(Rule::on("GET", "/blobs/").times(1).then(Act::Rate(4_000)));
    lugger.args(["pull", "--jobs", "1", &registry.name("app:1")]).ok();
    assert!(
        tokens.count() > 2,
        "one for the login, one for the slow layer, one for the rest"
    );
}

#[test]
fn an_identity_token_is_exchanged_by_post() {
    let guarded = guarded();
    let (host, token) = (guarded.registry.host(), guarded.tokens.identity_token("bob"));
    let config = format!(r#"{{"auths":{{"{host}":{{"auth":"Ym9iOg==","identitytoken":"{token}"}}}}}}"#);
    guarded.lugger.config(&config);
    guarded.registry.put_image("app", "1", &Image::tiny(1));
    let run = guarded.lugger.args(["pull", &guarded.registry.name("app:1")]).ok();
    assert_discreet(&run);
    let asked = guarded.tokens.log().requests();
    assert_eq!(
        (asked.len(), asked[0].method.as_str(), asked[0].query.as_str()),
        (1, "POST", "")
    );
    for (field, value) in [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("service", "fake registry"),
        ("scope", "repository:app:pull"),
    ] {
        assert_eq!(asked[0].field(field).as_deref(), Some(value), "{field}");
    }
    assert_eq!(asked[0].header("authorization"), None);
}

#[test]
fn an_anonymous_push_is_refused_where_an_anonymous_pull_is_not() {
    let tokens = TokenServer::start(bob().anonymous(&[("app", "pull")]));
    let (lugger, registry) = (Lugger::new(), Registry::start().with_token_server(&tokens));
    registry.put_image("app", "1", &Image::tiny(1));
    lugger.args(["pull", &registry.name("app:1")]).ok();
    keep(&lugger, &registry.name("app:2"), &Image::tiny(2));
    let run = push(&lugger, &registry.name("app:2")).fails(4);
    let hint = format!("hint: run `lugger login {}`", registry.host());
    assert!(run.stderr.contains(&hint), "{}", run.stderr);
    assert_discreet(&run);
    assert_eq!((registry.count("PUT", ""), registry.tags("app").len()), (0, 1));
}

#[test]
fn a_stored_login_that_is_refused_is_a_matter_of_login() {
    let guarded = guarded();
    let (host, auth) = (guarded.registry.host(), packed(WRONG));
    let config = format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#);
    guarded.lugger.config(&config);
    guarded.registry.put_image("app", "1", &Image::tiny(1));
    let run = guarded.lugger.args(["pull", &guarded.registry.name("app:1")]).fails(4);
    assert!(run.stderr.contains("hint: run `lugger login"), "{}", run.stderr);
    assert_discreet(&run);
    assert!(guarded.tokens.count() <= 3);
}

#[test]
fn a_token_that_never_suffices_is_not_asked_for_for_ever() {
    let guarded = guarded();
    let challenge = format!(
        r#"Bearer realm="{}",service="fake registry",scope="repository:app:pull",error="insufficient_scope""#,
        guarded.tokens.realm()
    );
    let refuse = Act::error(401, "UNAUTHORIZED", "never enough");
    let refuse = Rule::on("*", "/v2/")
        .then(refuse)
        .then(Act::add_header("www-authenticate", &challenge));
    guarded.registry.rule(refuse);
    let run = guarded.lugger.args(["pull", &guarded.registry.name("app:1")]).fails(4);
    assert!(run.stderr.contains("never enough"), "{}", run.stderr);
    assert!(guarded.tokens.count() <= 4 && guarded.registry.requests().len() <= 6);
}

#[test]
fn the_token_server_may_fail_once() {
    let guarded = guarded();
    guarded.registry.put_image("app", "1", &Image::tiny(1));
    guarded.tokens.rule(Rule::on("*", "/token").times(1).then(Act::status(503)));
    guarded.lugger.args(["pull", &guarded.registry.name("app:1")]).ok();
    assert_eq!(guarded.tokens.count(), 2);
}

#[test]
fn a_token_server_that_redirects_gets_no_password_sent_on() {
    let (guarded, thief) = (guarded(), Registry::start());
    guarded.registry.put_image("app", "1", &Image::tiny(1));
    let target = format!("{}/token", thief.origin());
    guarded.tokens.rule(Rule::on("*", "/token").then(Act::Redirect(target, 302)));
    let run = guarded.lugger.args(["pull", &guarded.registry.name("app:1")]).run();
    assert_ne!(run.status, 0);
    assert_eq!(thief.requests().len(), 0);
}
