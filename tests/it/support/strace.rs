//! A program under `strace`: every call by which it changes something below a directory, and runs in which one of these
//! calls fails, or is the last that the program comes to. What should then be found on the disk is left to the tests.
//!
//! `strace` counts calls for each thread, so a call is named by its path as well: few paths are written by two threads. It
//! chooses a call by the words of its arguments: in an open folder that is the name alone.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::command::{Call, Run};
use super::peers::process::{reached, signal};

/// The calls that change names or bytes on a disk. Of `openat` only those count that may make a file or empty one.
const CALLS: &str = "openat,write,pwrite64,writev,rename,renameat,renameat2,fsync,fdatasync,unlink,unlinkat,ftruncate,\
                     mkdir,mkdirat,rmdir,linkat,link,symlinkat,fchmod,chmod,copy_file_range,fallocate,syncfs";

/// How long a run may take to come to a call.
const PATIENCE: Duration = Duration::from_mins(1);

/// One call: the `nth` of its kind for that path, in a run from beginning to end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Point {
    pub(crate) call: String,
    /// Below the directory that is watched; empty for itself.
    pub(crate) path: PathBuf,
    /// Is it called by its last name, in a folder that is open?
    pub(crate) in_folder: bool,
    pub(crate) nth: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of `{}`", self.call, self.nth, self.path.display())
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The program is killed when it asks for it: nothing comes of it.
    KilledBefore,
    /// The program is killed when it is done: nothing comes after it.
    KilledAfter,
    /// It fails, and nothing comes of it.
    Fails(&'static str),
    /// It says that one byte is written, and there is none.
    Short,
}

impl Fate {
    /// Can this become of such a call?
    pub(crate) fn suits(self, point: &Point) -> bool {
        self != Self::Short || point.call.contains("write")
    }

    fn words(self) -> String {
        match self {
            Self::KilledBefore => "signal=KILL".to_string(),
            // A minute, of which the kill waits for next to nothing.
            Self::KilledAfter => "delay_exit=60000000".to_string(),
            Self::Fails(error) => format!("error={error}"),
            Self::Short => "retval=1".to_string(),
        }
    }
}

/// All calls of a run that change something below `root`, in their order.
pub(crate) fn record(call: &Call, root: &Path) -> Vec<Point> {
    let log = Log::new();
    let traced = call
        .clone()
        .under("strace", log.words(&["-y", "-s", "0", "-e", &format!("trace={CALLS}")]));
    traced.ok();
    let mut counts = HashMap::new();
    let mut points = Vec::new();
    for line in log.lines() {
        let Some(mut point) = parse(&line, root) else { continue };
        let nth = counts.entry(point.clone()).or_insert(0);
        *nth += 1;
        point.nth = *nth;
        if point.call != "openat" || line.contains("O_CREAT") || line.contains("O_TRUNC") {
            points.push(point);
        }
    }
    points
}

/// The calls of these kinds that a run makes, as `strace` tells them, whatever the run comes to.
pub(crate) fn calls(call: &Call, kinds: &str) -> Vec<String> {
    let log = Log::new();
    call.clone()
        .under("strace", log.words(&["-e", &format!("trace={kinds}")]))
        .run();
    log.lines()
}

/// A run in which this becomes of a call; `None` if the run never came to that call.
pub(crate) fn run(call: &Call, root: &Path, point: &Point, fate: Fate) -> Option<Run> {
    let log = Log::new();
    let path = if point.in_folder {
        PathBuf::from(point.path.file_name().unwrap())
    } else {
        root.join(&point.path)
    };
    // A slash at the end would be another path.
    let path = path.to_str().unwrap().trim_end_matches('/');
    let (trace, inject) = (
        format!("trace={}", point.call),
        format!("inject={}:{}:when={}", point.call, fate.words(), point.nth),
    );
    let words = log.words(&["-P", path, "-e", &trace, "-e", &inject]);
    let mut running = call.clone().under("strace", words).start();
    if fate == Fate::KilledAfter {
        let mut delayed = None;
        reached(PATIENCE, || {
            delayed = log.delayed();
            delayed.is_some() || running.has_ended()
        });
        // strace itself would wait until the delay is over.
        for process in delayed.into_iter().flat_map(|thread| [thread, running.pid()]) {
            signal(process, "KILL");
        }
    }
    let run = running.wait();
    let came = match fate {
        Fate::KilledBefore | Fate::KilledAfter => run.status == -9,
        Fate::Fails(_) | Fate::Short => log.lines().iter().any(|line| line.ends_with("(INJECTED)")),
    };
    came.then_some(run)
}

/// Where one `strace` writes.
struct Log(tempfile::NamedTempFile);

impl Log {
    fn new() -> Self {
        Self(tempfile::NamedTempFile::new().unwrap())
    }

    fn words(&self, more: &[&str]) -> Vec<String> {
        let file = self.0.path().to_str().unwrap();
        let all = ["-f", "-qq", "-e", "signal=none", "-o", file];
        all.iter().chain(more).chain(&["--"]).map(ToString::to_string).collect()
    }

    /// The thread that waits after its call.
    fn delayed(&self) -> Option<u32> {
        let line = self.lines().into_iter().find(|line| line.ends_with("(DELAYED)"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.path()).unwrap();
        text.lines().map(|line| line.trim_end().to_string()).collect()
    }
}

/// The call and its first path below `root`, the one by which strace chooses, not yet counted. A call during which another
/// thread was heard has two lines; the first counts.
fn parse(line: &str, root: &Path) -> Option<Point> {
    let (_, said) = line.split_once(' ')?;
    let (call, arguments) = said.trim_start().split_once('(')?;
    if !call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let root = root.to_str()?;
    // Where the program stands is told too, and is no argument.
    let mut places = arguments.match_indices(root);
    let (at, _) = places.find(|(at, _)| !arguments[..*at].ends_with("AT_FDCWD<"))?;
    let rest = &arguments[at + root.len()..];
    let end = rest.find(['"', '>'])?;
    let path = PathBuf::from(rest[..end].trim_start_matches('/'));
    let name = rest[end..]
        .strip_prefix(">, \"")
        .and_then(|rest| Some(&rest[..rest.find('"')?]));
    // Of what is written only the length is told, as three dots behind nothing.
    let name = name.filter(|name| !name.is_empty());
    Some(Point {
        call: call.to_string(),
        path: name.map_or(path.clone(), |name| path.join(name)),
        in_folder: name.is_some(),
        nth: 0,
    })
}
