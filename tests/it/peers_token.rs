//! The program against CNCF distribution that believes signed tokens only: login, push and pull through a token server,
//! what may be done without a login, and how many tokens that takes.

use crate::peers_steps::{check, downloaded, hold, layered, stock_as, up_to_date};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::jwt::JwtServer;
use crate::support::peers::skopeo;
use crate::support::tar::noise;
use crate::support::users::Users;

fn users() -> Users {
    Users::default()
        .user("ann", "pw-canary", &[("*", "pull,push")])
        .user("bob", "pw-canary", &[("*", "pull")])
        .anonymous(&[("team/open", "pull")])
}

#[test]
fn push_and_pull_go_through_signed_tokens_after_a_login() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let (image, name) = (Image::tiny(1), registry.name("team/app:1"));
    let lugger = Lugger::new();
    let login = lugger.args(["login", registry.host(), "-u", "ann", "-p", "pw-canary"]).ok();
    assert_eq!(login.stdout, "Login Succeeded\n");
    hold(&lugger, &name, &image);
    lugger.args(["push", &name]).ok();
    lugger.args(["rmi", &name]).ok();
    assert_eq!(lugger.args(["pull", &name]).ok().stdout, downloaded(&name, image.digest()));
    assert_eq!(lugger.args(["pull", &name]).ok().stdout, up_to_date(&name, image.digest()));
    check(&lugger.store()).assert_sound();
    let listed = lugger.args(["list-tags", &registry.name("team/app")]).ok();
    assert!(
        listed.stdout.contains(&image.digest()["sha256:".len()..][..12]),
        "{}",
        listed.stdout
    );
}

#[test]
fn a_refused_login_exits_4_and_stores_nothing() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let lugger = Lugger::new();
    lugger
        .args(["login", registry.host(), "-u", "ann", "-p", "wrong-canary"])
        .fails(4);
    assert!(!lugger.config_path().exists());
}

#[test]
fn without_a_login_what_is_open_can_be_pulled_and_nothing_pushed() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let (image, name) = (Image::tiny(1), registry.name("team/open:1"));
    stock_as("ann:pw-canary", &name, &image);
    let lugger = Lugger::new();
    assert_eq!(lugger.args(["pull", &name]).ok().stdout, downloaded(&name, image.digest()));
    // The same image is there already: pushing it changes nothing, and needs no right.
    lugger.args(["push", &name]).ok();
    let other = registry.name("team/open:2");
    hold(&lugger, &other, &Image::tiny(2));
    let run = lugger.args(["push", &other]).fails(4);
    assert!(
        run.stderr.contains(&format!("lugger login {}", registry.host())),
        "{}",
        run.stderr
    );
    lugger.args(["pull", &registry.name("team/closed:1")]).fails(4);
}

#[test]
fn a_user_who_may_only_pull_is_refused_a_push_with_4() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let name = registry.name("team/app:1");
    let lugger = Lugger::new();
    lugger.args(["login", registry.host(), "-u", "bob", "-p", "pw-canary"]).ok();
    hold(&lugger, &name, &Image::tiny(1));
    lugger.args(["push", &name]).fails(4);
    assert_eq!(registry.count("PUT", "/"), 0);
}

#[test]
fn one_token_serves_all_layers_of_a_pull() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let (image, name) = (layered(12), registry.name("team/app:1"));
    stock_as("ann:pw-canary", &name, &image);
    let lugger = Lugger::new();
    lugger.args(["login", registry.host(), "-u", "bob", "-p", "pw-canary"]).ok();
    let before = server.log().count("*", "/token");
    lugger.args(["pull", &name]).ok();
    assert_eq!(server.log().count("*", "/token") - before, 1, "{}", server.log().lines());
    assert_eq!(registry.count("GET", "/v2/team/app/blobs/"), 13);
}

#[test]
fn tokens_that_live_a_second_do_not_stop_a_push_or_a_pull() {
    let server = JwtServer::with_lifetime(users(), 1);
    let registry = Distribution::token(&server);
    let contents: Vec<Vec<u8>> = (1..=12).map(|seed| noise(seed, 3 << 20)).collect();
    let (image, name) = (Image::with_layers(&contents), registry.name("team/app:1"));
    let lugger = Lugger::new();
    lugger.args(["login", registry.host(), "-u", "ann", "-p", "pw-canary"]).ok();
    hold(&lugger, &name, &image);
    lugger.args(["push", "--jobs", "1", &name]).ok();
    lugger.args(["rmi", &name]).ok();
    let pulled = lugger.args(["pull", "--jobs", "1", &name]).ok();
    assert_eq!(pulled.stdout, downloaded(&name, image.digest()));
    check(&lugger.store()).assert_sound();
}

#[test]
fn a_mount_asks_for_the_right_to_read_the_other_repository() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let (image, name) = (Image::tiny(1), registry.name("base/app:1"));
    stock_as("ann:pw-canary", &name, &image);
    let lugger = Lugger::new();
    lugger.args(["login", registry.host(), "-u", "ann", "-p", "pw-canary"]).ok();
    lugger.args(["pull", &name]).ok();
    let other = registry.name("derived/app:1");
    lugger.args(["tag", &name, &other]).ok();
    let before = registry.count("PUT", "/blobs/");
    lugger.args(["push", &other]).ok();
    assert_eq!(registry.count("PUT", "/blobs/"), before, "mounted, not sent");
    let both = server.log().requests().into_iter().filter(|request| {
        let scopes = request.parameters("scope").join(" ");
        scopes.contains("repository:base/app:pull") && scopes.contains("repository:derived/app:pull,push")
    });
    assert!(both.count() >= 1, "{}", server.log().lines());
    assert_eq!(registry.count("POST", "mount=sha256"), 3);
    assert_eq!(skopeo_digest(&other), image.digest());
}

fn skopeo_digest(name: &str) -> String {
    let target = format!("docker://{name}");
    let arguments = ["inspect", "--raw", "--tls-verify=false", "--creds", "ann:pw-canary", &target];
    crate::support::image::sha256(&skopeo::skopeo(&arguments).stdout)
}
