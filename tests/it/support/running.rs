//! A program under way: its streams are read as they come, its memory is watched, and it may be interrupted or killed.

use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::canary;
use super::command::Run;
use super::peers::process::{reached, signal};

/// How long a run may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_mins(3);

/// A started run; it is killed if it is dropped before it ended.
pub(crate) struct Running {
    child: Child,
    stdout: Stream,
    stderr: Stream,
    peak: Option<JoinHandle<Option<u64>>>,
    /// Is what it prints a Secret, by its own words?
    prints_secret: bool,
}

impl Running {
    pub(super) fn new(mut child: Child, stdin: Option<Vec<u8>>, prints_secret: bool) -> Self {
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), stdin) {
            // A program that does not read its input to the end is not wrong for that.
            thread::spawn(move || pipe.write_all(&bytes).ok());
        }
        let stdout = Stream::read(child.stdout.take().unwrap());
        let stderr = Stream::read(child.stderr.take().unwrap());
        let pid = child.id();
        Self {
            child,
            stdout,
            stderr,
            peak: Some(thread::spawn(move || watch_memory(pid))),
            prints_secret,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.text()
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    pub(crate) fn wait_for_stdout(&mut self, part: &str) {
        let stdout = self.stdout.clone();
        self.wait_until(&format!("stdout has {part:?}"), || stdout.text().contains(part));
    }

    pub(crate) fn wait_for_stderr(&mut self, part: &str) {
        let stderr = self.stderr.clone();
        self.wait_until(&format!("stderr has {part:?}"), || stderr.text().contains(part));
    }

    /// Until this is so; it fails if the program ends before.
    pub(crate) fn wait_until(&mut self, what: &str, mut condition: impl FnMut() -> bool) {
        let child = &mut self.child;
        let mut ended = false;
        let held = reached(PATIENCE, || {
            let seen = condition();
            // What was written last is read after the end is seen.
            let last = std::mem::replace(&mut ended, child.try_wait().unwrap().is_some());
            seen || last
        });
        let (stdout, stderr) = (self.stdout(), self.stderr());
        assert!(held && condition(), "never came true: {what}\n{stdout}\n{stderr}");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        signal(self.pid(), "INT");
    }

    pub(crate) fn terminate(&self) {
        signal(self.pid(), "TERM");
    }

    /// Without a chance to tidy up.
    pub(crate) fn kill(mut self) -> Run {
        self.child.kill().ok();
        self.wait()
    }

    pub(crate) fn wait(mut self) -> Run {
        let mut status = None;
        let child = &mut self.child;
        let ended = reached(PATIENCE, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "still running\n{}\n{}", self.stdout(), self.stderr());
        self.finish(status.unwrap())
    }

    fn finish(&mut self, status: ExitStatus) -> Run {
        let bytes = self.stdout.end();
        let stderr = self.stderr.end();
        let signal = status.signal().unwrap_or_default();
        Run {
            status: status.code().unwrap_or(-signal),
            stdout: String::from_utf8_lossy(&bytes).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            bytes,
            peak_rss_kib: self.peak.take().and_then(|watcher| watcher.join().unwrap()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if !thread::panicking() {
            let stdout = self.stdout();
            let stdout = if self.prints_secret {
                canary::beside_secret(&stdout)
            } else {
                stdout
            };
            canary::assert_discreet("stdout", &stdout);
            canary::assert_discreet("stderr", &self.stderr());
        }
    }
}

/// One output of the program, read by a thread.
#[derive(Clone)]
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Stream {
    fn read(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut chunk = vec![0; 64 << 10];
            while let Ok(length @ 1..) = pipe.read(&mut chunk) {
                sink.lock().unwrap().extend_from_slice(&chunk[..length]);
            }
        });
        Self {
            bytes,
            reader: Arc::new(Mutex::new(Some(reader))),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// Everything, once the program has closed it.
    fn end(&self) -> Vec<u8> {
        if let Some(reader) = self.reader.lock().unwrap().take() {
            reader.join().unwrap();
        }
        self.bytes.lock().unwrap().clone()
    }
}

/// The high-water mark is the kernel's own; it is read again and again because it goes with the process.
fn watch_memory(pid: u32) -> Option<u64> {
    let mut peak = None;
    while let Some(now) = high_water_mark(pid) {
        peak = Some(now);
        thread::sleep(Duration::from_millis(2));
    }
    peak
}

fn high_water_mark(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
