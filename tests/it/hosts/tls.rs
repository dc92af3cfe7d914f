//! Schemes, certificates and proxies: nothing lenient is chosen silently.

use std::fs;

use super::{Pair, any_has, table};
use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::wire::basic;

/// A name that no machine has; requests for it go through a proxy.
const FAR: &str = "reg.example:5000";
const AUTHORITY: &str = "Test Authority of the Harbour";

fn with_image(registry: Registry) -> Registry {
    registry.put_image("team/app", "1", &Image::tiny(1));
    registry
}

/// As if the registry were far away: it serves as the proxy on the way there.
fn far(lugger: &Lugger, registry: &Registry, arguments: &[&str]) -> Call {
    let proxy = format!("http://{}", registry.host());
    lugger.args(arguments).env("HTTP_PROXY", &proxy).env("HTTPS_PROXY", &proxy)
}

#[test]
fn a_loopback_registry_may_be_plain_and_gets_no_password_before_it_has_answered() {
    let registry = with_image(Registry::start().with_basic("ann", "geheim-canary", "Basic realm=\"r\""));
    let lugger = Lugger::new();
    let auth = basic("ann", "geheim-canary").trim_start_matches("Basic ").to_owned();
    lugger.config(&format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.host()));
    lugger.args(["pull", &registry.name("team/app:1")]).ok();
    assert!(!any_has(&registry.requests()[..1], "authorization"));
}

#[test]
fn any_other_registry_is_plain_only_by_flag() {
    let registry = with_image(Registry::start());
    let lugger = Lugger::new();
    let name = format!("{FAR}/team/app:1");
    far(&lugger, &registry, &["pull", &name]).fails(5);
    assert_eq!(
        registry.count("GET", "") + registry.count("HEAD", ""),
        0,
        "{}",
        registry.log().lines()
    );
    far(&lugger, &registry, &["pull", "--plain-http", &name]).ok();
    lugger.hosts(FAR, &format!("server = \"http://{FAR}\"\n"));
    far(&lugger, &registry, &["digest", &name]).ok();
}

#[test]
fn a_plain_registry_that_moves_everybody_to_https_is_spoken_to_by_https() {
    let registry = with_image(Registry::start());
    let moved = Act::Redirect(format!("https://{FAR}{{target}}"), 301);
    registry.rule(Rule::on("*", "/v2/").then(moved));
    let lugger = Lugger::new();
    // The proxy leads to no HTTPS, so it ends there.
    far(&lugger, &registry, &["pull", "--plain-http", &format!("{FAR}/team/app:1")]).fails(5);
    assert!(registry.count("CONNECT", "") > 0);
}

#[test]
fn an_unknown_authority_is_named_and_can_be_given() {
    let registry = with_image(Registry::start_tls());
    let lugger = Lugger::new();
    let name = registry.name("team/app:1");
    let run = lugger.args(["digest", &name]).fails(5);
    for words in ["authority that is not known here", AUTHORITY, "--ca-file"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert_eq!(registry.count("GET", "") + registry.count("HEAD", "/manifests/"), 0);
    fs::write(lugger.home().join("ca.pem"), registry.authority_pem()).unwrap();
    lugger.args(["pull", "--ca-file", "ca.pem", &name]).ok();
    lugger.args(["digest", "--insecure", &name]).ok();
    lugger.args(["digest", &name]).fails(5);
    fs::write(lugger.home().join("none.pem"), "nothing").unwrap();
    let run = lugger.args(["digest", "--ca-file", "none.pem", &name]).fails(1);
    assert!(run.stderr.contains("none.pem holds no certificate in PEM"), "{}", run.stderr);
}

#[test]
fn certificates_lie_beside_the_hosts_file_or_in_dockers_layout() {
    let registry = with_image(Registry::start_tls());
    let name = registry.name("team/app:1");
    let lugger = Lugger::new();
    let folder = lugger.hosts_folder(&registry.host());
    fs::write(folder.join("ca.crt"), registry.authority_pem()).unwrap();
    lugger.args(["pull", &name]).ok();
    lugger.hosts(&registry.host(), "");
    lugger.args(["digest", &name]).fails(5);
    lugger.hosts(&registry.host(), "ca = \"ca.crt\"\n");
    lugger.args(["digest", &name]).ok();
    lugger.hosts(&registry.host(), &table(&registry, "ca = [\"ca.crt\"]"));
    lugger.args(["digest", &name]).ok();
    lugger.hosts(&registry.host(), "skip_verify = true\n");
    lugger.args(["digest", &name]).ok();
}

#[test]
fn a_client_certificate_is_shown_to_its_own_host_alone() {
    let registry = with_image(Registry::start_mutual_tls());
    let name = registry.name("team/app:1");
    let lugger = Lugger::new();
    let folder = lugger.hosts_folder(&registry.host());
    fs::write(folder.join("ca.crt"), registry.authority_pem()).unwrap();
    lugger.args(["digest", &name]).fails(5);
    fs::write(folder.join("both.pem"), registry.client_pem()).unwrap();
    lugger.hosts(&registry.host(), "ca = \"ca.crt\"\nclient = \"both.pem\"\n");
    lugger.args(["pull", &name]).ok();
    // The same server under another name is another host: nothing is shown to it.
    let away = format!("{}/storage/{{last}}", registry.origin().replace("127.0.0.1", "localhost"));
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Redirect(away, 307)));
    lugger.args(["copy", &name, "oci:away"]).fails(5);
    assert_eq!(registry.count("GET", "/storage/"), 0);
}

#[test]
fn a_mirror_with_an_unknown_certificate_is_passed_over() {
    let pair = Pair::of(Registry::start(), Registry::start_tls(), Image::tiny(1));
    let stderr = pair.pull(&pair.home(""));
    assert!(stderr.contains(AUTHORITY), "{stderr}");
    assert_eq!(pair.mirror.count("GET", ""), 0);
    pair.pull(&pair.home("skip_verify = true"));
    assert!(pair.mirror.count("GET", "/blobs/") > 0);
}

#[test]
fn the_wrong_scheme_is_told() {
    let (plain, secure) = (Registry::start(), Registry::start_tls());
    let lugger = Lugger::new();
    let told = |registry: &Registry, server: String, words: &str| {
        lugger.hosts(&registry.host(), &format!("server = \"{server}\"\n"));
        let run = lugger.args(["digest", &registry.name("team/app:1")]).fails(5);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    };
    told(&plain, format!("https://{}", plain.host()), "it speaks plain HTTP, not HTTPS");
    told(&secure, format!("http://{}", secure.host()), "it may want HTTPS");
}

#[test]
fn a_registry_on_this_machine_is_reached_without_the_proxy() {
    let registry = with_image(Registry::start());
    let secure = with_image(Registry::start_tls());
    // Nobody listens on the first port.
    let proxy = "http://127.0.0.1:1";
    let lugger = Lugger::new();
    let behind = |name: String| {
        let call = lugger.args(["digest", "--insecure", &name]);
        call.env("HTTP_PROXY", proxy)
            .env("HTTPS_PROXY", proxy)
            .env("ALL_PROXY", proxy)
    };
    behind(registry.name("team/app:1")).ok();
    behind(secure.name("team/app:1")).ok();
    behind(registry.name("team/app:1").replace("127.0.0.1", "localhost")).ok();
    behind("reg.example/team/app:1".to_owned()).fails(5);
}
