//! The five steps against CNCF distribution 2.8: open, with passwords, and with signed tokens. More of each is in the
//! `peers_` files.

use super::{PASSWORD, listed};
use crate::peers_steps::{downloaded, hold};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::jwt::JwtServer;
use crate::support::users::Users;

/// Login where there is one, push, pull, list and delete. 2.8 deletes by digest only, so the only tag goes with it.
fn takes_the_five_steps(registry: &Distribution, login: Option<&str>) {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    let (name, repository) = (registry.name("team/app:1"), registry.name("team/app"));
    if let Some(user) = login {
        hold(&lugger, &name, &image);
        lugger.args(["push", &name]).fails(4);
        let call = lugger.args(["login", registry.host(), "-u", user, "--password-stdin"]);
        assert_eq!(call.stdin(PASSWORD).ok().stdout, "Login Succeeded\n");
    }
    hold(&lugger, &name, &image);
    lugger.args(["push", &name]).ok();
    lugger.args(["rmi", &name]).ok();
    assert_eq!(lugger.args(["pull", &name]).ok().stdout, downloaded(&name, image.digest()));
    assert_eq!(listed(&lugger, &repository), ["1"]);
    lugger.args(["delete", &name]).ok();
    assert!(listed(&lugger, &repository).is_empty());
    lugger.args(["pull", &name]).fails(3);
    assert_eq!(registry.count("DELETE", image.digest()), 1);
}

#[test]
fn an_open_registry_takes_the_five_steps() {
    takes_the_five_steps(&Distribution::open(), None);
}

#[test]
fn a_registry_with_passwords_takes_the_five_steps() {
    takes_the_five_steps(&Distribution::htpasswd("ann", PASSWORD, "team"), Some("ann"));
}

#[test]
fn a_registry_with_signed_tokens_takes_the_five_steps() {
    let users = Users::default().user("ann", PASSWORD, &[("team/app", "pull,push,delete")]);
    let server = JwtServer::start(users);
    takes_the_five_steps(&Distribution::token(&server), Some("ann"));
}
