//! What people are told, kept: each test that gathers texts compares them, in one go, with a file in `tests/data/messages`
//! that has its name. `UPDATE=1` writes the files anew, so that a change of a message is seen as what it is to a reader.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use super::command::{Lugger, Run};

/// The texts of one test. They are compared when it ends.
pub(crate) struct Messages {
    path: PathBuf,
    text: String,
}

impl Messages {
    /// Those of the test that asks.
    pub(crate) fn of_this_test() -> Self {
        let current = thread::current();
        let name = current.name().expect("a test has a name");
        let (_, name) = name.rsplit_once("::").expect("a test is in a module");
        Self {
            path: folder().join(format!("{name}.txt")),
            text: String::new(),
        }
    }

    /// Keeps what a run told, without what is another each time.
    pub(crate) fn keep(&mut self, scene: &str, lugger: &Lugger, run: &Run) {
        let home = lugger.home().display().to_string();
        let told = run.stderr.replace(&home, "HOME");
        self.keep_text(&format!("{scene} (exit status {})", run.status), &told);
    }

    /// The same with what was printed as a result, where that is what matters.
    pub(crate) fn keep_all(&mut self, scene: &str, lugger: &Lugger, run: &Run) {
        let home = lugger.home().display().to_string();
        let told = format!("{}{}", run.stdout, run.stderr).replace(&home, "HOME");
        self.keep_text(&format!("{scene} (exit status {})", run.status), &told);
    }

    /// Keeps any text.
    pub(crate) fn keep_text(&mut self, scene: &str, told: &str) {
        assert_reads_well(scene, told);
        let told = without_progress(&without_digests(told));
        let told = without_fingerprints(&without_numbers("127.0.0.1:", &without_numbers("session-", &told)));
        writeln!(self.text, "## {scene}\n{}\n", told.trim_end()).unwrap();
    }
}

impl Drop for Messages {
    #[expect(clippy::disallowed_methods, reason = "the tests have their own environment")]
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&self.path, &self.text).unwrap();
        }
        let kept = fs::read_to_string(&self.path).unwrap_or_default();
        let differs = kept.lines().zip(self.text.lines()).find(|(kept, told)| kept != told);
        assert!(
            kept == self.text,
            "{} is old, at {differs:?}; `UPDATE=1` writes it anew",
            self.path.display()
        );
    }
}

/// Where the texts are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/messages")
}

/// No words of the compiler's, and none twice.
fn assert_reads_well(scene: &str, told: &str) {
    for odd in [
        "Os {", "Custom {", "Error(", "Some(", "kind:", "::", "; ;", ": :", ",,", ";;", "()", " struct ", "DnsName",
    ] {
        assert!(!told.contains(odd), "{scene}: {odd} in {told}");
    }
    let causes: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("  caused by: ")).collect();
    assert!(causes.windows(2).all(|pair| pair[0] != pair[1]), "{scene}: {told}");
}

/// Ports and the like, which are others each time, but for port 1, at which nobody listens.
fn without_numbers(mark: &str, text: &str) -> String {
    let mut parts = text.split(mark);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let port = &part[..part.len() - rest.len()];
        let shown = if port.is_empty() || port == "1" { port } else { "N" };
        replaced.extend([mark, shown, rest]);
    }
    replaced
}

/// The layers of one image are told of in the order in which they come.
fn without_progress(text: &str) -> String {
    let is_progress = |line: &&str| {
        let short = line.split_once(": ").map(|(short, _)| short);
        short.is_some_and(|short| short.len() == 12 && short.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_progress(line)).collect();
    lines.join("\n")
}

/// `sha256:…`: some fixtures have the path of the home in them.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let shown = if part.len() - rest.len() == 64 {
            "…"
        } else {
            &part[..part.len() - rest.len()]
        };
        replaced.extend(["sha256:", shown, rest]);
    }
    replaced
}

/// Certificates are made anew for each run.
fn without_fingerprints(text: &str) -> String {
    let is_fingerprint = |word: &str| word.len() == 95 && word.split(':').all(|pair| pair.len() == 2);
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(|word| {
            let bare = word.trim_end_matches(')');
            if is_fingerprint(bare) {
                word.replace(bare, "FINGERPRINT")
            } else {
                word.to_owned()
            }
        });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}
