//! The tools side by side. Each knows how it is emptied, what it is told to do, and where what it did can be seen.

mod curl;
mod docker;
mod lugger;
mod skopeo;

use std::process::Command;

use crate::ground::Ground;
use crate::settings::Way;
use crate::support::peers::process::{attempt, run};

pub(crate) trait Tool {
    fn name(&self) -> &'static str;

    /// Makes an empty place, or one with nothing but the image that is to be pushed.
    fn prepare(&mut self, ground: &Ground, way: Way, repository: &str);

    /// What is measured.
    fn command(&self, ground: &Ground, way: Way, repository: &str) -> Command;

    /// Processes that do the work for that program.
    fn daemons(&self) -> Vec<u32> {
        Vec::new()
    }

    /// That everything is where it should be.
    fn check(&self, ground: &Ground, way: Way, repository: &str);

    /// Makes room on the disk.
    fn clear(&mut self);
}

/// Those that can move this image; lugger first, with which the others are compared.
pub(crate) fn all(ground: &Ground) -> Vec<Box<dyn Tool>> {
    let layers = ground.image().layers.len();
    let mut tools: Vec<Box<dyn Tool>> = vec![Box::new(lugger::Lugger::new()), Box::new(skopeo::Skopeo::new())];
    if layers <= docker::MOST_LAYERS {
        tools.push(Box::new(docker::Docker::new()));
    }
    if layers == 1 {
        tools.push(Box::new(curl::Curl::new()));
    }
    tools
}

/// The programs that are not there, each with its Debian package.
pub(crate) fn missing() -> Vec<String> {
    let needed = [
        ("docker-registry", "docker-registry"),
        ("skopeo", "skopeo"),
        ("dockerd", "docker.io"),
        ("docker", "docker.io"),
        ("curl", "curl"),
        ("sha256sum", "coreutils"),
        ("sync", "coreutils"),
    ];
    let absent = needed.into_iter().filter(|(program, _)| !is_there(program));
    absent
        .map(|(program, package)| format!("`{program}` (Debian package {package})"))
        .collect()
}

fn is_there(program: &str) -> bool {
    let question = format!("command -v {program}");
    attempt(Command::new("sh").args(["-c", &question]), "dash").status.success()
}

/// One line that says who was measured.
pub(crate) fn versions() -> String {
    let asked = [
        [env!("CARGO_BIN_EXE_lugger"), "--version"],
        ["skopeo", "--version"],
        ["dockerd", "--version"],
        ["curl", "--version"],
        ["docker-registry", "--version"],
    ];
    asked.map(first_line).join("; ")
}

fn first_line([program, argument]: [&str; 2]) -> String {
    let said = run(Command::new(program).arg(argument), program).stdout;
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().next().unwrap_or_default();
    line.split([',', '(']).next().unwrap_or_default().trim().to_string()
}
