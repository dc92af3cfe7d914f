//! Running the built program, each test in a home of its own: nothing of the machine's logins, stores or settings is
//! seen, and nothing is left behind. A run that does not end fails the test, and so does one that shows or leaves a
//! secret. Terminals are in `terminal`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use super::canary;
use super::clock;
use super::running::Running;

const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A home in which the program is run, as often as one likes.
pub(crate) struct Lugger {
    home: TempDir,
    program: OsString,
    environment: Vec<(OsString, OsString)>,
}

impl Lugger {
    pub(crate) fn new() -> Self {
        Self::of(env!("CARGO_BIN_EXE_lugger"))
    }

    /// The same surroundings for another program.
    pub(crate) fn of(program: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        for directory in ["bin", "docker", "run", "tmp"] {
            fs::create_dir(home.path().join(directory)).unwrap();
        }
        let environment = surroundings(home.path());
        Self {
            home,
            program: program.into(),
            environment,
        }
    }

    /// One run, not yet started.
    pub(crate) fn args<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Call {
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_os_string());
        let environment = self.environment.clone();
        let directory = self.home.path().to_path_buf();
        Call {
            program: self.program.clone(),
            arguments: arguments.collect(),
            environment,
            directory,
            stdin: None,
        }
    }

    /// For every run in this home.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_os_string()));
        self
    }

    /// A credential helper `docker-credential-NAME` on the path, as a shell script.
    pub(crate) fn helper(&self, name: &str, script: &str) {
        let path = self.home.path().join(format!("bin/docker-credential-{name}"));
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes docker's `config.json`.
    pub(crate) fn config(&self, json: &str) {
        fs::write(self.config_path(), json).unwrap();
    }

    /// The folder of a registry's `hosts.toml` and certificates.
    pub(crate) fn hosts_folder(&self, registry: &str) -> PathBuf {
        let folder = self.home.path().join(".config/lugger/certs.d").join(registry);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Writes a registry's `hosts.toml`.
    pub(crate) fn hosts(&self, registry: &str, toml: &str) {
        fs::write(self.hosts_folder(registry).join("hosts.toml"), toml).unwrap();
    }

    /// The working directory of every run, too.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.home.path().join("store")
    }

    /// Docker's `config.json`; its directory exists.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.home.path().join("docker/config.json")
    }
}

impl Drop for Lugger {
    fn drop(&mut self) {
        if !thread::panicking() {
            canary::assert_home_is_clean(self.home.path());
        }
    }
}

/// Whoever could be made to tell more is told to.
fn surroundings(home: &Path) -> Vec<(OsString, OsString)> {
    let path = format!("{}:{SYSTEM_PATH}", home.join("bin").display());
    let below = |name: &str| home.join(name).into_os_string();
    let mut variables: Vec<(OsString, OsString)> = vec![
        ("HOME".into(), home.into()),
        ("PATH".into(), path.into()),
        ("RUST_BACKTRACE".into(), "full".into()),
        ("RUST_LOG".into(), "trace".into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("TMPDIR".into(), below("tmp")),
        ("XDG_RUNTIME_DIR".into(), below("run")),
        ("DOCKER_CONFIG".into(), below("docker")),
        ("LUGGER_STORE".into(), below("store")),
    ];
    variables.extend(clock::variables());
    variables
}

/// One run of the program.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: PathBuf,
    stdin: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_os_string()));
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.directory = directory.to_path_buf();
        self
    }

    /// Run by another program, to whose words the program and its own are added.
    pub(crate) fn under<A: Into<OsString>>(mut self, program: &str, words: impl IntoIterator<Item = A>) -> Self {
        let run = std::mem::replace(&mut self.program, program.into());
        let words = words.into_iter().map(Into::into).chain([run]);
        self.arguments = words.chain(std::mem::take(&mut self.arguments)).collect();
        self
    }

    /// Empty unless this is said.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    pub(crate) fn run(self) -> Run {
        self.start().wait()
    }

    /// Runs and insists on success.
    pub(crate) fn ok(self) -> Run {
        self.fails(0)
    }

    /// Runs and insists on this exit status.
    pub(crate) fn fails(self, status: i32) -> Run {
        let told = format!("{self:?}");
        let run = self.run();
        let Run { stdout, stderr, .. } = &run;
        assert!(
            run.status == status,
            "{told}\nexit status {}, expected {status}\n--- stdout\n{stdout}--- stderr\n{stderr}",
            run.status
        );
        run
    }

    /// Runs in the background.
    pub(crate) fn start(self) -> Running {
        let mut command = self.command();
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot run {self:?}: {error}"));
        let prints_secret = self.arguments.first().is_some_and(|word| word == "kube-secret");
        Running::new(child, self.stdin, prints_secret)
    }

    /// For a test that wants to place the streams itself.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.directory);
        command.env_clear().envs(self.environment.iter().cloned());
        command
    }

    /// Program and arguments behind `env -i`, for those who start programs by their words.
    pub(super) fn words(&self) -> Vec<String> {
        let text = |word: &OsStr| word.to_str().expect("words of a terminal are text").to_string();
        let mut words = ["env", "-i", "-C"].map(String::from).to_vec();
        words.push(text(self.directory.as_os_str()));
        let assignments = self.environment.iter();
        words.extend(assignments.map(|(name, value)| format!("{}={}", text(name), text(value))));
        words.push(text(&self.program));
        words.extend(self.arguments.iter().map(|argument| text(argument)));
        words
    }
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit status; minus the signal where a signal ended it.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Standard output as it came.
    pub(crate) bytes: Vec<u8>,
    /// The most memory it held, as far as it was seen; none for a run of a few milliseconds.
    pub(crate) peak_rss_kib: Option<u64>,
}
