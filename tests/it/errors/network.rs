//! Registries that cannot be reached, or not be believed: what stands in the way, and what to do about it.

use std::fs;

use super::with_app;
use crate::support::command::Lugger;
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::server::{Act, Flaw, Response, Rule};

#[test]
fn what_is_wrong_with_a_certificate_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let unknown = Registry::start_tls();
    messages.keep(
        "an authority that nobody knows",
        &lugger,
        &lugger.args(["digest", &unknown.name("app:1")]).fails(5),
    );
    for flaw in [Flaw::Expired, Flaw::OtherName] {
        let registry = Registry::start_flawed(flaw);
        fs::write(lugger.home().join("ca.pem"), registry.authority_pem()).unwrap();
        let run = lugger
            .args(["digest", "--ca-file", "ca.pem", &registry.name("app:1")])
            .fails(5);
        messages.keep(&format!("{flaw:?}"), &lugger, &run);
    }
    fs::write(lugger.home().join("none.pem"), "nothing").unwrap();
    for file in ["none.pem", "nothing.pem"] {
        let run = lugger.args(["digest", "--ca-file", file, &unknown.name("app:1")]).fails(1);
        messages.keep(file, &lugger, &run);
    }
    fs::write(lugger.hosts_folder(&unknown.host()).join("client.pem"), "nothing").unwrap();
    lugger.hosts(&unknown.host(), "client = \"client.pem\"\n");
    messages.keep(
        "a certificate of the client's that is none",
        &lugger,
        &lugger.args(["digest", &unknown.name("app:1")]).fails(1),
    );
}

#[test]
fn the_wrong_scheme_is_told_with_the_flag() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (plain, secure) = (Registry::start(), Registry::start_tls());
    lugger.hosts(&plain.host(), &format!("server = \"https://{}\"\n", plain.host()));
    messages.keep(
        "HTTPS spoken to plain HTTP",
        &lugger,
        &lugger.args(["digest", &plain.name("app:1")]).fails(5),
    );
    lugger.hosts(&secure.host(), &format!("server = \"http://{}\"\n", secure.host()));
    messages.keep(
        "plain HTTP spoken to HTTPS",
        &lugger,
        &lugger.args(["digest", &secure.name("app:1")]).fails(5),
    );
}

#[test]
fn who_cannot_be_reached_is_named() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let run = lugger.args(["inspect", "127.0.0.1:1/app:1"]).fails(5);
    messages.keep("nobody listens", &lugger, &run);
    let mut run = lugger.args(["digest", "no-such-host.invalid/app:1"]).fails(5);
    // How the system says that there is no such name depends on whether it can ask anybody.
    let known = "no address is known for no-such-host.invalid: ";
    let (before, words) = run.stderr.split_once(known).unwrap();
    let after = words.split_once('\n').unwrap().1;
    run.stderr = format!("{before}{known}WORDS OF THE SYSTEM\n{after}");
    messages.keep("a host without an address", &lugger, &run);
}

/// A network of its own, in which there is nothing.
#[test]
fn a_machine_that_is_not_connected_is_told_so() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    for host in ["no-such-host.invalid", "192.0.2.1"] {
        let run = lugger
            .args(["digest", &format!("{host}/app:1")])
            .under("unshare", ["-n"])
            .fails(5);
        messages.keep(host, &lugger, &run);
    }
}

#[test]
fn a_proxy_that_is_in_the_way_is_named_with_its_variable() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (registry, _) = with_app();
    for (scene, status) in [("refused", 403), ("wants a login", 407)] {
        registry.clear_rules();
        let answer = Response::new(status);
        registry.rule(Rule::on("CONNECT", "").then(Act::custom(move |_| answer.clone())));
        let proxy = format!("http://bob:top-canary@{}", registry.host());
        let run = lugger
            .args(["digest", "registry.invalid/app:1"])
            .env("HTTPS_PROXY", proxy)
            .fails(5);
        messages.keep(&format!("a proxy that {scene}"), &lugger, &run);
    }
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let call = lugger.args(["digest", "registry.invalid/app:1"]);
        let run = call.env(variable, "http://127.0.0.1:1").fails(5);
        messages.keep(&format!("nobody listens at {variable}"), &lugger, &run);
    }
}
