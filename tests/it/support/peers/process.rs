//! Starting, waiting for and stopping other programs.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program that runs in the background until this is dropped.
pub(crate) struct Daemon {
    child: Child,
}

impl Daemon {
    pub(crate) fn spawn(command: &mut Command, package: &str) -> Self {
        let child = command.stdin(Stdio::null()).spawn();
        Self {
            child: child.unwrap_or_else(|error| missing(command.get_program(), package, &error)),
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Asks it to end, and insists after the patience is used up.
    pub(crate) fn stop(&mut self, patience: Duration) {
        if self.has_ended() {
            return;
        }
        signal(self.child.id(), "TERM");
        let child = &mut self.child;
        if !reached(patience, || child.try_wait().unwrap().is_some()) {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop(Duration::from_secs(10));
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let command = format!("kill -{name} {pid}");
    Command::new("sh").args(["-c", &command]).stderr(Stdio::null()).status().ok();
}

/// Runs a program to its end; a failure is a panic with what it said.
pub(crate) fn run(command: &mut Command, package: &str) -> Output {
    let output = attempt(command, package);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a program to its end, well or badly.
pub(crate) fn attempt(command: &mut Command, package: &str) -> Output {
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| missing(command.get_program(), package, &error))
}

fn missing(program: &OsStr, package: &str, error: &std::io::Error) -> ! {
    let program = program.display();
    match error.kind() {
        ErrorKind::NotFound => {
            panic!("`{program}` is needed: install the Debian package {package}")
        }
        _ => panic!("cannot run `{program}`: {error}"),
    }
}

/// Asks until the answer is yes or the time is up.
pub(crate) fn reached(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A port nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
