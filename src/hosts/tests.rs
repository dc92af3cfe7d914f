//! Host configuration, read from folders as people lay them out.

use std::fs;
use std::path::Path;

use super::*;

struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
        }
    }

    fn with(self, path: &str, text: &str) -> Self {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn path(&self, rest: &str) -> PathBuf {
        self.root.path().join(rest)
    }

    fn of(&self, registry: &str) -> Result<HostConfig, HostsError> {
        let folders = vec![self.path("own"), self.path("containerd")];
        Hosts::new(folders, self.path("docker")).of(&registry.parse().unwrap())
    }

    /// The addresses in the order of the endpoints; `-` for the registry's own.
    fn asked(&self, registry: &str) -> Vec<String> {
        let shown = |endpoint: Endpoint| endpoint.address.map_or("-".to_owned(), |at| at.name().to_string());
        self.of(registry).unwrap().endpoints.into_iter().map(shown).collect()
    }

    fn problem(text: &str) -> String {
        let machine = Self::new().with("own/reg.example/hosts.toml", text);
        let error = machine.of("reg.example").unwrap_err().to_string();
        let start = format!("{}:", machine.path("own/reg.example/hosts.toml").display());
        error.strip_prefix(&start).unwrap_or_else(|| panic!("{error}")).to_owned()
    }
}

#[test]
fn the_first_folder_that_knows_a_registry_decides() {
    let file = |host: &str| format!("[host.\"https://{host}\"]\n");
    let machine = Machine::new()
        .with("own/reg.example_5000_/hosts.toml", &file("a"))
        .with("own/reg.example:5000/hosts.toml", &file("b"))
        .with("own/other.example:1/hosts.toml", &file("c"))
        .with("containerd/reg.example/hosts.toml", &file("d"))
        .with("containerd/docker.io/hosts.toml", &file("e"))
        .with("containerd/_default/hosts.toml", &file("f"));
    for (registry, mirror) in [
        ("reg.example:5000", "a"),
        ("other.example:1", "c"),
        ("reg.example", "d"),
        ("registry-1.docker.io", "e"),
        ("quay.io", "f"),
    ] {
        assert_eq!(machine.asked(registry), [mirror, "-"], "{registry}");
    }
    assert_eq!(Machine::new().of("quay.io").unwrap(), HostConfig::default());
}

#[test]
fn hosts_are_asked_in_the_order_of_the_file() {
    let text = "[host.\"https://z\"]\n[host.\"https://m\"]\n[host.\"https://a\"]\n[host.\"https://m\".header]\nx = \"1\"\n";
    let machine = Machine::new().with("own/_default/hosts.toml", &format!("server = \"https://up\"\n{text}"));
    assert_eq!(machine.asked("reg.example"), ["z", "m", "a", "up"]);
}

#[test]
fn every_key_is_read() {
    let text = r#"
        server = "http://reg.example/api"
        override_path = true
        [host."https://m:5000"]
        capabilities = ["pull", "resolve"]
        ca = ["ca.pem", "ca2.pem"]
        client = [["c.cert", "c.key"]]
        skip_verify = true
        dial_timeout = "200ms"
        [host."https://m:5000".header]
        Authorization = "Basic abc"
        x = ["1", "2"]
        [host."https://n"]
        ca = "ca.pem"
        client = "c.cert"
    "#;
    let mut machine = Machine::new().with("own/reg.example/hosts.toml", text);
    for file in ["ca.pem", "ca2.pem", "c.cert", "c.key"] {
        machine = machine.with(&format!("own/reg.example/{file}"), "");
    }
    let file = |name: &str| machine.path("own/reg.example").join(name);
    let config = machine.of("reg.example").unwrap();
    let [m, n, upstream] = config.endpoints.as_slice() else {
        panic!()
    };
    assert!(m.capabilities.allow(Capability::Resolve) && !m.capabilities.allow(Capability::Push));
    let client = ClientCertificate {
        certificate: file("c.cert"),
        key: Some(file("c.key")),
    };
    let tls = Tls {
        authorities: vec![file("ca.pem"), file("ca2.pem")],
        client: Some(client),
        skip_verify: true,
    };
    assert_eq!(m.tls, tls);
    assert_eq!(m.dial_timeout, Some(Duration::from_millis(200)));
    let headers: Vec<_> = m
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
        .collect();
    assert_eq!(headers, [("Authorization", "Basic abc"), ("x", "1"), ("x", "2")]);
    assert!(!format!("{m:?}").contains("abc"));
    assert_eq!(
        (n.tls.authorities.len(), n.tls.client.as_ref().unwrap().key.as_ref()),
        (1, None)
    );
    let address = upstream.address.as_ref().unwrap();
    assert_eq!((address.is_secure(), address.prefix()), (false, "/api"));
    assert_eq!(config.remarks, Vec::<String>::new());
}

#[test]
fn what_cannot_be_meant_is_told_with_its_place_and_without_its_line() {
    for (text, problem) in [
        (
            "[host.\"https://m\"]\nskip_verify = \"no\"",
            "2:15: `skip_verify` should be true or false",
        ),
        ("\n server = 5", "2:11: `server` should be a string"),
        (
            "capabilities = [\"fly\"]",
            "1:16: `capabilities` should be of pull, resolve, push and referrers",
        ),
        ("[host.\"ftp://m\"]", "1:7: `ftp` is not http or https"),
        (
            "dial_timeout = \"soon\"",
            "1:16: `dial_timeout` should be a time such as \"200ms\" or \"1m30s\"",
        ),
        (
            "client = [[\"a\", \"b\", \"c\"]]",
            "1:11: `client` should be a file, or pairs of certificate and key",
        ),
        ("host = 1", "1:8: `host` should be a table"),
        (
            "[header]\nAuthorization = 1",
            "2:17: `Authorization` should be a string or an array of strings",
        ),
    ] {
        assert_eq!(Machine::problem(text), problem);
    }
    let broken = Machine::problem("[header]\nAuthorization = \"Basic c2VjcmV0\n");
    assert!(broken.starts_with("2:") && !broken.contains("c2VjcmV0"), "{broken}");
    let missing = Machine::problem("ca = \"none.pem\"");
    assert!(
        missing.starts_with("1:6: `ca` names") && missing.contains("none.pem: No such file"),
        "{missing}"
    );
}

#[test]
fn an_unknown_key_is_passed_over_but_not_silently() {
    let machine = Machine::new().with("own/reg.example/hosts.toml", "\n[host.\"https://m\"]\nskip_verfy = true\n");
    let config = machine.of("reg.example").unwrap();
    assert!(!config.endpoints[0].tls.skip_verify);
    assert!(config.remarks[0].ends_with("hosts.toml:3: `skip_verfy` is unknown, and is passed over"));
}

#[test]
fn dockers_folders_give_certificates_where_nothing_else_does() {
    let machine = Machine::new()
        .with("docker/reg.example:5000/b.crt", "")
        .with("docker/reg.example:5000/a.crt", "")
        .with("docker/reg.example:5000/client.cert", "")
        .with("docker/reg.example:5000/client.key", "")
        .with("docker/half.example/client.cert", "")
        .with("own/plain.example/ca.crt", "");
    let tls = |registry: &str| machine.of(registry).unwrap().endpoints.remove(0).tls;
    let found = tls("reg.example:5000");
    let names: Vec<_> = found.authorities.iter().filter_map(|path| path.file_name()).collect();
    assert_eq!(names, ["a.crt", "b.crt"]);
    assert!(found.client.unwrap().key.unwrap().ends_with("client.key"));
    assert_eq!(tls("plain.example").authorities, [machine.path("own/plain.example/ca.crt")]);
    assert_eq!(tls("reg.example"), Tls::default());
    let halved = machine.of("half.example").unwrap_err().to_string();
    assert!(halved.ends_with("client.cert has no client.key beside it"), "{halved}");
}

#[test]
fn a_table_for_the_registry_itself_is_no_mirror() {
    let table = "[host.\"https://reg.example\"]\nskip_verify = true\n";
    let asked = |text: &str| {
        let machine = Machine::new().with("own/reg.example/hosts.toml", text);
        let endpoints = machine.of("reg.example").unwrap().endpoints;
        endpoints.iter().map(|endpoint| endpoint.tls.skip_verify).collect::<Vec<_>>()
    };
    assert_eq!(asked(table), [true]);
    assert_eq!(asked(&format!("server = \"https://reg.example\"\n{table}")), [true]);
    assert_eq!(asked(&format!("{table}capabilities = [\"pull\"]")), [true, true]);
    assert_eq!(asked(&format!("server = \"https://other.example\"\n{table}")), [true, false]);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let machine = Machine::new().with("own/reg.example/hosts.toml/x", "");
    let error = machine.of("reg.example").unwrap_err().to_string();
    assert!(error.starts_with("cannot read") && Path::new("x").is_relative(), "{error}");
}
