//! Distribution with each way of authentication, and the Docker Engine.

use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::dockerd::Engine;
use crate::support::peers::jwt::{JwtServer, SERVICE};
use crate::support::peers::skopeo::{copy, inspect_digest, raw_manifest, try_skopeo};
use crate::support::server::{Act, Rule};
use crate::support::tar::runnable_root;
use crate::support::users::Users;
use crate::support::wire::{basic, get, send};

#[test]
fn distribution_keeps_an_image_byte_for_byte_and_over_a_restart() {
    let mut registry = Distribution::open();
    let image = Image::tiny(1);
    push(&image, &registry.name("team/app:1"));
    registry.restart();
    assert_eq!(inspect_digest(&registry.name("team/app:1")), image.digest());
    assert_eq!(raw_manifest(&registry.name("team/app:1")), image.manifest.bytes);
    assert_eq!(registry.count("PUT", "/v2/team/app/manifests/1"), 1);
    let pings = registry.requests().iter().filter(|(_, path, _)| path == "/v2/").count();
    assert_eq!(pings, registry.count("GET", "/v2/") - registry.count("GET", "/v2/team"));
}

#[test]
fn distribution_asks_for_the_password_under_the_realm_it_was_given() {
    let registry = Distribution::htpasswd("ann", "pass:canary", r#"a b, "q""#);
    let refused = get(registry.host(), "/v2/", &[]);
    assert_eq!(refused.header("www-authenticate"), Some(r#"Basic realm="a b, \"q\"""#));
    assert_eq!(
        get(registry.host(), "/v2/", &[("Authorization", &basic("ann", "pass:canary"))]).status,
        200
    );
    assert!(pushed_as(&registry, "ann:pass:canary"));
    assert!(!pushed_as(&registry, "ann:wrong"));
}

#[test]
fn distribution_believes_a_signed_token_and_no_other() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    let token = |user: &str, scope: &str| -> String {
        let target = format!("/token?service={SERVICE}&scope={scope}");
        let answer = get(&server.host(), &target, &[("Authorization", &basic(user, "pw-canary"))]);
        format!("Bearer {}", answer.json()["token"].as_str().unwrap())
    };
    let ask = |method: &str, target: &str, token: &str| {
        send(method, registry.host(), target, &[("Authorization", token)], &[]).status
    };
    assert_eq!(ask("GET", "/v2/", &token("ann", "")), 200);
    assert_eq!(ask("GET", "/v2/", "Bearer not.a.token"), 401);
    assert_eq!(
        ask("POST", "/v2/app/blobs/uploads/", &token("ann", "repository:app:pull,push")),
        202
    );
    assert_eq!(
        ask("POST", "/v2/app/blobs/uploads/", &token("bob", "repository:app:pull,push")),
        401
    );
    assert_eq!(ask("GET", "/v2/_catalog", &token("ann", "registry:catalog:*")), 200);
    let wrong = get(&server.host(), "/token?service=s", &[("Authorization", &basic("ann", "x"))]);
    assert_eq!(wrong.status, 401);
}

#[test]
fn skopeo_logs_in_through_the_token_server() {
    let server = JwtServer::start(users());
    let registry = Distribution::token(&server);
    assert!(pushed_as(&registry, "ann:pw-canary"));
    assert!(!pushed_as(&registry, "bob:pw-canary"));
    assert!(!pushed_as(&registry, "ann:wrong"));
    assert_eq!(
        inspect_digest(&registry.name("app:x")),
        Image::tiny(2).digest(),
        "anonymous pull"
    );
    assert!(server.log().count("GET", "/token") >= 4);
    server.rule(Rule::on("GET", "/token").then(Act::status(500)));
    assert!(!pushed_as(&registry, "ann:pw-canary"));
}

#[test]
fn a_token_is_refused_once_its_time_is_over() {
    let statuses = [0, 300].map(|lifetime| {
        let server = JwtServer::with_lifetime(users(), lifetime);
        let registry = Distribution::token(&server);
        let token = get(&server.host(), "/token?service=registry.test", &[]).json();
        assert_eq!(token["expires_in"], lifetime);
        let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
        get(registry.host(), "/v2/", &[("Authorization", &bearer)]).status
    });
    assert_eq!(statuses, [401, 200]);
}

#[test]
fn a_mirror_of_a_registry_can_be_configured() {
    let upstream = Distribution::open();
    let image = Image::tiny(3);
    push(&image, &upstream.name("app:1"));
    let mut mirror = Distribution::configured(&format!("proxy:\n  remoteurl: http://{}\n", upstream.host()));
    assert_eq!(inspect_digest(&mirror.name("app:1")), image.digest());
    mirror.stop();
    assert!(std::net::TcpStream::connect(mirror.host()).is_err());
    assert!(mirror.root().join("config.yml").exists());
}

#[test]
fn docker_runs_an_image_that_it_pulled_from_distribution() {
    let registry = Distribution::open();
    let image = Recipe::default().gzipped().tar(runnable_root()).build();
    let name = registry.name("app:1");
    push(&image, &name);
    let engine = Engine::start();
    engine.docker(&["pull", "--quiet", &name]);
    let said = engine.docker(&["run", "--rm", "--network", "none", &name, "/bin/echo", "from the image"]);
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "from the image\n");
    assert!(
        !engine
            .try_docker(&["pull", "--quiet", &registry.name("app:none")])
            .status
            .success()
    );
    assert!(engine.address().starts_with("unix:///"));
}

fn users() -> Users {
    Users::default()
        .user("ann", "pw-canary", &[("*", "pull,push,delete,*")])
        .user("bob", "pw-canary", &[("*", "pull")])
        .anonymous(&[("*", "pull")])
}

fn push(image: &Image, name: &str) {
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", image);
    copy(&source, &format!("docker://{name}"));
}

fn pushed_as(registry: &Distribution, credentials: &str) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", &Image::tiny(2));
    let target = format!("docker://{}", registry.name("app:x"));
    let arguments = [
        "copy",
        "--preserve-digests",
        "--dest-tls-verify=false",
        "--dest-creds",
        credentials,
        &source,
        &target,
    ];
    try_skopeo(&arguments).status.success()
}
