//! CNCF distribution (`docker-registry`), the reference implementation of a registry, with its three ways of
//! authentication. Its data, configuration and access log lie in a temporary directory.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::super::{canary, wire};
use super::jwt::{ISSUER, JwtServer, SERVICE};
use super::process::{Daemon, free_port, reached, run};

const PACKAGE: &str = "docker-registry";

/// The running registry.
pub(crate) struct Distribution {
    root: TempDir,
    host: String,
    daemon: Option<Daemon>,
    marks: AtomicUsize,
}

impl Distribution {
    pub(crate) fn open() -> Self {
        Self::start("", |_| String::new())
    }

    /// One user; the realm may hold quotes and commas.
    pub(crate) fn htpasswd(user: &str, password: &str, realm: &str) -> Self {
        canary::assert_marked(password);
        Self::start("", |root| {
            let line = run(Command::new("htpasswd").args(["-Bbn", user, password]), "apache2-utils");
            let file = root.join("htpasswd");
            fs::write(&file, line.stdout).unwrap();
            // JSON strings are YAML strings, whatever is in them.
            let realm = serde_json::Value::from(realm);
            format!("auth:\n  htpasswd:\n    realm: {realm}\n    path: {}\n", file.display())
        })
    }

    /// Believes what that server signs.
    pub(crate) fn token(server: &JwtServer) -> Self {
        Self::start("", |root| {
            let bundle = root.join("token.pem");
            fs::write(&bundle, server.certificate_pem()).unwrap();
            format!(
                "auth:\n  token:\n    realm: {}\n    service: {}\n    issuer: {}\n    rootcertbundle: {}\n",
                server.realm(),
                SERVICE,
                ISSUER,
                bundle.display()
            )
        })
    }

    /// With further top-level configuration, such as `proxy:` or `validation:`.
    pub(crate) fn configured(yaml: &str) -> Self {
        Self::start(yaml, |_| String::new())
    }

    /// Speaks HTTPS with this certificate and key, in PEM.
    pub(crate) fn tls(certificate: &str, key: &str) -> Self {
        Self::start("", |root| {
            let (certificate_file, key_file) = (root.join("server.pem"), root.join("server.key"));
            fs::write(&certificate_file, certificate).unwrap();
            fs::write(&key_file, key).unwrap();
            // The first lines go on with `http:`, where the fixed part of the configuration ends.
            format!(
                "  tls:\n    certificate: {}\n    key: {}\n",
                certificate_file.display(),
                key_file.display()
            )
        })
    }

    fn start(extra: &str, auth: impl FnOnce(&Path) -> String) -> Self {
        let root = tempfile::tempdir().unwrap();
        let settings = auth(root.path()) + extra;
        let marks = AtomicUsize::new(0);
        let mut registry = Self {
            root,
            host: String::new(),
            daemon: None,
            marks,
        };
        // Between finding a free port and using it, another test may take it.
        let started = (0..5).any(|_| registry.configure(&settings).launch());
        assert!(started, "docker-registry did not start:\n{}", registry.complaint());
        registry
    }

    fn configure(&mut self, settings: &str) -> &mut Self {
        self.host = format!("127.0.0.1:{}", free_port());
        let config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}/data\n  \
             delete:\n    enabled: true\nhttp:\n  addr: {}\n  secret: loopback only\n{settings}",
            self.root().display(),
            self.host
        );
        fs::write(self.root().join("config.yml"), config).unwrap();
        self
    }

    /// Whether it came up.
    fn launch(&mut self) -> bool {
        let requests = File::options().create(true).append(true).open(self.root().join("access.log"));
        let messages = File::create(self.root().join("error.log"));
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(self.root().join("config.yml"));
        command.stdout(requests.unwrap()).stderr(messages.unwrap());
        let mut daemon = Daemon::spawn(&mut command, PACKAGE);
        // It says so once the port is its own.
        let listens = || self.complaint().contains("listening on");
        let up = reached(Duration::from_secs(20), || listens() || daemon.has_ended()) && listens();
        self.daemon = up.then_some(daemon);
        up
    }

    fn complaint(&self) -> String {
        fs::read_to_string(self.root().join("error.log")).unwrap()
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host)
    }

    /// The directory of configuration, logs and `data`.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Stops it: until `restart` nobody listens on its port.
    pub(crate) fn stop(&mut self) {
        self.daemon = None;
    }

    /// The same registry with the same data on the same port.
    pub(crate) fn restart(&mut self) {
        self.stop();
        assert!(self.launch(), "docker-registry did not start again:\n{}", self.complaint());
    }

    /// Method, path with query, and status of every request so far, in the order in which the answers ended.
    pub(crate) fn requests(&self) -> Vec<(String, String, u16)> {
        // A line is written after its answer is sent: a request of our own tells that the others have been.
        let mark = format!("/v2/?mark={}", self.marks.fetch_add(1, Ordering::Relaxed));
        wire::get(&self.host, &mark, &[]);
        let mut log = String::new();
        let seen = reached(Duration::from_secs(10), || {
            log = fs::read_to_string(self.root().join("access.log")).unwrap();
            log.contains(&format!("{mark} "))
        });
        assert!(seen, "the access log lacks {mark}:\n{log}");
        let lines = log.lines().filter_map(parse_line);
        lines.filter(|(_, path, _)| !path.starts_with("/v2/?mark=")).collect()
    }

    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        let requests = self.requests();
        requests
            .iter()
            .filter(|(sent, path, _)| sent == method && path.contains(part))
            .count()
    }
}

/// `127.0.0.1 - - [21/Nov/2026:08:44:51 +0000] "GET /v2/ HTTP/1.1" 200 2 "" "curl/7.88.1"`
fn parse_line(line: &str) -> Option<(String, String, u16)> {
    let mut quoted = line.split('"').skip(1);
    let mut request = quoted.next()?.split(' ');
    let status = quoted.next()?.split_whitespace().next()?.parse().ok()?;
    Some((request.next()?.to_string(), request.next()?.to_string(), status))
}
