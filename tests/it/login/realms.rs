//! The token server that a registry named when a login was first given to it is the only one that logins go to.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{PASSWORD, assert_discreet, bob, login, packed};
use crate::support::command::{Call, Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::token::TokenServer;
use crate::support::users::Users;

/// A registry with `app:1`, and two servers of the same tokens, the first of which it names.
struct Moving {
    registry: Registry,
    first: TokenServer,
    second: TokenServer,
}

impl Moving {
    fn new(users: fn() -> Users) -> Self {
        let (first, second) = (TokenServer::start(users()), TokenServer::start(users()));
        let registry = Registry::start().with_token_server(&first);
        registry.put_image("app", "1", &Image::tiny(1));
        Self { registry, first, second }
    }

    /// Names the other server from now on.
    fn moved(self) -> Self {
        Self {
            registry: self.registry.with_token_server(&self.second),
            ..self
        }
    }

    fn name(&self) -> String {
        self.registry.name("app:1")
    }

    fn login(&self, lugger: &Lugger) -> Call {
        login(lugger, &self.registry, PASSWORD)
    }

    /// What docker's own login leaves behind.
    fn log_in_by_docker(&self, lugger: &Lugger) {
        let host = self.registry.host();
        let auth = packed(PASSWORD);
        lugger.config(&format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#));
    }

    /// The other server is named with the first, and was not spoken to.
    fn assert_stopped(&self, run: &Run) {
        let origin = |tokens: &TokenServer| tokens.realm().trim_end_matches("/token").to_string();
        let way_out = format!("lugger login {}", self.registry.host());
        for words in [origin(&self.first), origin(&self.second), way_out] {
            assert!(run.stderr.contains(&words), "{words} is not in\n{}", run.stderr);
        }
        assert_eq!(self.second.count(), 0, "{}", self.second.log().lines());
        assert_discreet(run);
    }
}

fn pull(lugger: &Lugger, moving: &Moving) -> Call {
    lugger.args(["pull", &moving.name()])
}

#[test]
fn another_token_server_than_at_the_login_gets_nothing_until_a_login_accepts_it() {
    let (moving, lugger) = (Moving::new(bob), Lugger::new());
    moving.login(&lugger).ok();
    pull(&lugger, &moving).ok();
    let moving = moving.moved();
    let name = moving.name();
    for words in [
        &["pull", &name][..],
        &["push", &name],
        &["inspect", &name],
        &["auth", &name],
        &["list-tags", &moving.registry.name("app")],
        &["delete", "--yes", &name],
    ] {
        let run = lugger.args(words).run();
        assert_eq!(run.status, 4, "{words:?}: {}", run.stderr);
        assert_eq!(moving.second.count(), 0, "{words:?}");
    }
    moving.assert_stopped(&pull(&lugger, &moving).fails(4));
    let said = moving.login(&lugger).ok().stderr;
    assert!(said.contains("from now on; they went to"), "{said}");
    let said = moving.login(&lugger).ok().stderr;
    assert!(!said.contains("from now on"), "{said}");
    lugger.args(["digest", &name]).ok();
    assert!(moving.second.count() > 1);
}

#[test]
fn the_first_use_of_a_login_that_docker_made_decides() {
    for by in ["password", "identity token"] {
        let (moving, lugger) = (Moving::new(bob), Lugger::new());
        moving.log_in_by_docker(&lugger);
        if by == "identity token" {
            let (host, token) = (moving.registry.host(), moving.first.identity_token("bob"));
            let auth = packed(PASSWORD);
            lugger.config(&format!(
                r#"{{"auths":{{"{host}":{{"auth":"{auth}","identitytoken":"{token}"}}}}}}"#
            ));
        }
        pull(&lugger, &moving).ok();
        let moving = moving.moved();
        let run = lugger.args(["digest", &moving.name()]).fails(4);
        moving.assert_stopped(&run);
    }
}

#[test]
fn a_logout_forgets_the_token_server() {
    let (moving, lugger) = (Moving::new(bob), Lugger::new());
    moving.login(&lugger).ok();
    lugger.args(["logout", &moving.registry.host()]).ok();
    let moving = moving.moved();
    moving.log_in_by_docker(&lugger);
    pull(&lugger, &moving).ok();
    assert!(moving.second.count() > 0);
}

#[test]
fn a_login_that_was_refused_decides_nothing() {
    let (moving, lugger) = (Moving::new(bob), Lugger::new());
    login(&lugger, &moving.registry, super::WRONG).fails(4);
    let moving = moving.moved();
    moving.log_in_by_docker(&lugger);
    pull(&lugger, &moving).ok();
}

#[test]
fn nobody_without_a_login_is_stopped() {
    let open = || bob().anonymous(&[("app", "pull")]);
    let (moving, lugger) = (Moving::new(open), Lugger::new());
    pull(&lugger, &moving).ok();
    let moving = moving.moved();
    lugger.args(["digest", &moving.name()]).ok();
    assert!(moving.second.count() > 0);
}

#[test]
fn a_token_server_at_the_registry_itself_is_always_its_own() {
    let (moving, lugger) = (Moving::new(bob), Lugger::new());
    moving.login(&lugger).ok();
    let home = Moving {
        registry: moving.registry.with_realm(&moving.first, "/token"),
        ..moving
    };
    pull(&lugger, &home).ok();
    let moving = home.moved();
    moving.assert_stopped(&lugger.args(["digest", &moving.name()]).fails(4));
}

#[test]
fn a_home_that_cannot_be_written_to_keeps_nobody_out() {
    let (moving, lugger) = (Moving::new(bob), Lugger::new());
    moving.log_in_by_docker(&lugger);
    // A file where the folder should be hinders root too.
    fs::create_dir_all(lugger.home().join(".config")).unwrap();
    fs::write(lugger.home().join(".config/lugger"), "").unwrap();
    pull(&lugger, &moving).ok();
    let moving = moving.moved();
    lugger.args(["digest", &moving.name()]).ok();
}

#[test]
fn what_is_remembered_is_no_secret_and_for_its_owner_alone() {
    let (moving, lugger) = (Moving::new(bob), Lugger::new());
    moving.login(&lugger).ok();
    let folder = lugger.home().join(".config/lugger/realms");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = fs::read_to_string(&files[0]).unwrap();
    let server = moving.first.realm();
    assert_eq!(
        text,
        format!("{} {}\n", moving.registry.host(), server.trim_end_matches("/token"))
    );
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
}
