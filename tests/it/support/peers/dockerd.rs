//! A Docker Engine of our own, without network and with its data in a temporary directory: the last word on whether an
//! image can be loaded, pulled and run. It takes a second or two to start, so tests that need it should be few.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

use super::process::{Daemon, attempt, reached, run};

const PACKAGE: &str = "docker.io";

/// The running engine.
pub(crate) struct Engine {
    root: TempDir,
    daemon: Option<Daemon>,
}

impl Engine {
    pub(crate) fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let log = File::create(root.path().join("dockerd.log")).unwrap();
        let mut command = Command::new("dockerd");
        command
            .args([
                "--iptables=false",
                "--ip-forward=false",
                "--ip-masq=false",
                "--bridge=none",
                "--data-root",
            ])
            .arg(root.path().join("data"));
        command.arg("--exec-root").arg(root.path().join("exec"));
        command
            .arg("-p")
            .arg(root.path().join("pid"))
            .arg("-H")
            .arg(socket(root.path()));
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut engine = Self {
            root,
            daemon: Some(Daemon::spawn(&mut command, PACKAGE)),
        };
        engine.wait();
        engine
    }

    fn wait(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        let up = reached(Duration::from_mins(1), || {
            daemon.has_ended() || self.try_docker(&["version"]).status.success()
        });
        let log = fs::read_to_string(self.root.path().join("dockerd.log")).unwrap();
        assert!(up && !daemon.has_ended(), "dockerd did not start:\n{log}");
        self.daemon = Some(daemon);
    }

    /// Runs docker against this engine; a failure is a panic with what it said.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Output {
        run(&mut self.command(arguments), PACKAGE)
    }

    /// Runs docker against this engine, well or badly.
    pub(crate) fn try_docker(&self, arguments: &[&str]) -> Output {
        attempt(&mut self.command(arguments), PACKAGE)
    }

    /// For `docker-daemon:` names and for `DOCKER_HOST`.
    pub(crate) fn address(&self) -> String {
        socket(self.root.path())
    }

    /// The directory of its socket, its `pid`, `exec` and `data`.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A run of docker against this engine, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.env("DOCKER_CONFIG", self.root().join("client"));
        command.env_remove("DOCKER_CONTEXT").env("DOCKER_HOST", self.address());
        command.args(arguments);
        command
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.stop(Duration::from_secs(30));
        }
        // Network namespaces and layers of containers that were running would keep the directory from going.
        for mount in mounts_below(self.root.path()) {
            Command::new("umount").arg("-l").arg(&mount).status().ok();
        }
    }
}

fn socket(root: &Path) -> String {
    format!("unix://{}/sock", root.display())
}

/// The innermost first.
fn mounts_below(root: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
    let mut below: Vec<PathBuf> = points.filter(|point| point.starts_with(root)).collect();
    below.sort();
    below.reverse();
    below
}
