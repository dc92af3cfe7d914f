//! `lugger kube-secret`: the one command whose result is a secret.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::terminal::Terminal;

const PASSWORD: &str = "p:a\"s\\s-canary-\u{e9}";

fn auth(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

fn knowing(keys: &[&str]) -> Lugger {
    let lugger = Lugger::new();
    let entries: Vec<String> = keys
        .iter()
        .map(|key| format!(r#""{key}":{{"auth":"{}"}}"#, auth("ann", PASSWORD)))
        .collect();
    lugger.config(&format!(r#"{{"auths":{{{}}}}}"#, entries.join(",")));
    lugger
}

/// The document inside, whose bytes are looked at too.
fn document(run: &Run) -> (String, Value) {
    let line = run
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("  .dockerconfigjson: "))
        .unwrap();
    let text = String::from_utf8(BASE64_STANDARD.decode(line).unwrap()).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn logins_become_a_secret_byte_by_byte() {
    let lugger = knowing(&["reg.example:5000", "https://index.docker.io/v1/"]);
    let run = lugger.args(["kube-secret", "regcred", "reg.example:5000", "docker.io"]).ok();
    let entry = json!({"username": "ann", "password": PASSWORD, "auth": auth("ann", PASSWORD)});
    let expected = format!(r#"{{"auths":{{"reg.example:5000":{entry},"https://index.docker.io/v1/":{entry}}}}}"#);
    assert_eq!(document(&run).0, expected);
    let yaml = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"regcred\"\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {}\n",
        BASE64_STANDARD.encode(expected)
    );
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (yaml.as_str(), ""));
}

#[test]
fn names_that_yaml_would_read_as_something_else_are_quoted() {
    let lugger = knowing(&["reg.example"]);
    for name in ["1e3", "true", "null", "012", "1.5", "no"] {
        let run = lugger.args(["kube-secret", name, "reg.example", "--namespace", "on"]).ok();
        let metadata = format!("metadata:\n  name: \"{name}\"\n  namespace: \"on\"\ntype: ");
        assert!(
            run.stdout.contains(&metadata),
            "{}",
            run.stdout.lines().take(5).collect::<String>()
        );
    }
}

#[test]
fn another_reader_of_yaml_reads_the_same() {
    let lugger = knowing(&["reg.example"]);
    let run = lugger.args(["kube-secret", "1e3", "reg.example", "-n", "true"]).ok();
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &run.stdout).unwrap();
    let read = Command::new("python3")
        .args(["-c", script])
        .arg(file.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(read["metadata"], json!({"name": "1e3", "namespace": "true"}));
    assert_eq!(
        (&read["kind"], &read["type"]),
        (&json!("Secret"), &json!("kubernetes.io/dockerconfigjson"))
    );
    let data = BASE64_STANDARD
        .decode(read["data"][".dockerconfigjson"].as_str().unwrap())
        .unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&data).unwrap(), document(&run).1);
}

#[test]
fn every_name_of_docker_hub_is_one_and_so_is_its_key() {
    let lugger = knowing(&["registry-1.docker.io"]);
    let names = [
        "docker.io",
        "index.docker.io",
        "https://index.docker.io/v1/",
        "registry-1.docker.io",
    ];
    let run = lugger.args(["kube-secret", "hub"].iter().chain(&names)).ok();
    let auths = document(&run).1["auths"].as_object().unwrap().clone();
    assert_eq!(auths.keys().collect::<Vec<_>>(), ["https://index.docker.io/v1/"]);
}

#[test]
fn a_name_that_kubernetes_does_not_take_is_wrong_usage() {
    let lugger = knowing(&["reg.example"]);
    let long = "a".repeat(254);
    for name in ["Regcred", "-x", "a_b", "a..b", "", &long] {
        let run = lugger.args(["kube-secret", "--", name, "reg.example"]).fails(2);
        assert!(
            run.stdout.is_empty() && run.stderr.contains("the name of a Secret has"),
            "{}",
            run.stderr
        );
    }
    lugger.args(["kube-secret", "x", "reg.example", "-n", "a.b"]).fails(2);
    lugger.args(["kube-secret", "x"]).fails(2);
    lugger.args(["kube-secret", "x", "not a host"]).fails(2);
}

#[test]
fn a_host_without_a_login_is_told_with_the_way_to_one() {
    let lugger = knowing(&["reg.example"]);
    let run = lugger.args(["kube-secret", "x", "reg.example", "other.example"]).fails(4);
    assert_eq!(run.stdout, "", "all or nothing");
    assert!(
        run.stderr
            .starts_with("error: cannot make a secret with the login of other.example\n"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("there is no login; looked in "), "{}", run.stderr);
    assert!(
        run.stderr.ends_with("\nhint: run `lugger login other.example`\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_login_of_a_helper_is_taken_and_one_that_soon_ends_is_told() {
    let lugger = Lugger::new();
    let script = format!(
        r#"cat >/dev/null; echo '{{"ServerURL":"x","Username":"AWS","Secret":"{}"}}'"#,
        "aws-canary"
    );
    lugger.helper("ecr-login", &script);
    lugger.helper("pass", &script);
    lugger.config(r#"{"credHelpers":{"1.ecr.example":"ecr-login","reg.example":"pass"}}"#);
    let run = lugger.args(["kube-secret", "x", "1.ecr.example"]).ok();
    assert_eq!(document(&run).1["auths"]["1.ecr.example"]["password"], "aws-canary");
    let note = "note: the login of 1.ecr.example is from the helper docker-credential-ecr-login; it is good for hours only\n";
    assert_eq!(run.stderr, note);
    let run = lugger.args(["kube-secret", "x", "reg.example"]).ok();
    assert_eq!(
        (
            document(&run).1["auths"]["reg.example"]["username"].as_str(),
            run.stderr.as_str()
        ),
        (Some("AWS"), "")
    );
}

#[test]
fn tokens_that_kubelets_cannot_use_are_refused() {
    for entry in [r#""identitytoken":"t-canary""#, r#""registrytoken":"t-canary""#] {
        let lugger = Lugger::new();
        lugger.config(&format!(r#"{{"auths":{{"reg.example":{{{entry}}}}}}}"#));
        let run = lugger.args(["kube-secret", "x", "reg.example"]).fails(4);
        assert!(
            run.stderr.contains(" is a token, which kubelets cannot use: log in with "),
            "{}",
            run.stderr
        );
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_terminal_is_not_shown_the_passwords() {
    let lugger = knowing(&["reg.example"]);
    let terminal = Terminal::start(&lugger.args(["kube-secret", "x", "reg.example"]), 100, 20);
    let screen = terminal.wait_for("stdout is a terminal");
    let status = terminal.wait();
    assert_eq!(status, 2, "{screen}");
    assert!(
        screen.contains("stdout is a terminal") && !screen.contains("dockerconfigjson:"),
        "{screen}"
    );
}

#[test]
fn the_document_lets_others_in() {
    let registry = Distribution::htpasswd("ann", PASSWORD, "r");
    let (lugger, image, name) = (knowing(&[registry.host()]), Image::tiny(1), registry.name("team/app:1"));
    crate::peers_steps::hold(&lugger, &name, &image);
    lugger.args(["push", &name]).ok();
    let run = lugger.args(["kube-secret", "regcred", registry.host()]).ok();
    let node = Lugger::new();
    node.config(&document(&run).0);
    node.args(["pull", &name]).ok();
    let file = node.config_path().display().to_string();
    let inspected = skopeo::skopeo(&[
        "inspect",
        "--tls-verify=false",
        "--authfile",
        &file,
        &format!("docker://{name}"),
    ]);
    assert!(String::from_utf8_lossy(&inspected.stdout).contains(image.digest()));
}
