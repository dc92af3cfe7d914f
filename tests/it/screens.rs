//! What stands on the screen, kept as text in `tests/data/screens`: every scene in a narrow, a usual and a wide terminal.
//!
//! `UPDATE=1 cargo test screens` writes the files anew, to be read before they are kept. What the machine chooses has a
//! placeholder of the same width; what time would change is waited for. The scenes themselves are in `screens/`.

mod frozen;
mod whole;

use std::fs;
use std::path::Path;

use crate::support::command::{Call, Lugger};
use crate::support::registry::Registry;
use crate::support::terminal::Terminal;

const WIDTHS: [u16; 3] = [40, 80, 200];
const ROWS: u16 = 24;

/// All that is needed for one run, which is not begun.
struct Set {
    registry: Registry,
    lugger: Lugger,
    words: Vec<String>,
}

impl Set {
    fn new(registry: Registry, words: &str) -> Self {
        Self::of(registry, Lugger::new(), words)
    }

    /// In the words `@/` stands for the registry, and `@` for its host.
    fn of(registry: Registry, lugger: Lugger, words: &str) -> Self {
        let words = words.split_whitespace().map(|word| word.replace('@', &registry.host()));
        Self {
            words: words.collect(),
            lugger,
            registry,
        }
    }

    /// The same run by a shell script, in which `$@` is the program and its words.
    fn in_shell(registry: Registry, script: &str, words: &str) -> Self {
        let mut set = Self::of(registry, Lugger::of("/bin/sh"), words);
        let begin = ["-c", script, "sh", env!("CARGO_BIN_EXE_lugger")].map(str::to_owned);
        set.words.splice(..0, begin);
        set
    }

    fn call(&self) -> Call {
        self.lugger.args(&self.words)
    }

    fn terminal(&self, columns: u16) -> Terminal {
        Terminal::start(&self.call(), columns, ROWS)
    }

    /// Looks at a screen: it is the one that is kept, and as wide as it may be.
    fn check(&self, scene: &str, columns: u16, terminal: &Terminal) {
        let screen = terminal.capture();
        for line in screen.lines() {
            assert!(line.chars().count() <= columns.into(), "{scene}: too wide: {line:?}");
        }
        for line in terminal.unwrapped().lines().filter(|line| is_progress(line)) {
            assert!(line.trim_end().chars().count() <= columns.into(), "{scene}: wraps: {line:?}");
        }
        let port = self.registry.host().rsplit(':').next().unwrap().to_owned();
        compare(scene, columns, &trimmed(&masked(&screen, &port)));
    }
}

/// A run to its end in each width, and once more in a pipe, where nothing steers a terminal.
fn whole(scene: &str, status: i32, set: impl Fn() -> Set) {
    for columns in WIDTHS {
        let set = set();
        let terminal = set.terminal(columns);
        assert_eq!(terminal.wait(), status, "{}", terminal.history());
        set.check(scene, columns, &terminal);
    }
    let run = set().call().fails(status);
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{scene}: {text:?}");
    }
}

/// The lines that are painted: of a blob, and the total.
fn is_progress(line: &str) -> bool {
    let id = line.split_once(": ").map_or("", |(id, _)| id);
    let is_blob = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_blob || line.ends_with(" done") || line.contains("B/s")
}

/// The text with a placeholder wherever this stands, be it over the end of a line.
fn masked(screen: &str, number: &str) -> String {
    let mut letters: Vec<char> = screen.chars().collect();
    let places: Vec<usize> = (0..letters.len()).filter(|at| letters[*at] != '\n').collect();
    let number: Vec<char> = number.chars().collect();
    for window in places.windows(number.len()) {
        if window.iter().map(|at| letters[*at]).eq(number.iter().copied()) {
            for at in window {
                letters[*at] = 'P';
            }
        }
    }
    letters.into_iter().collect()
}

fn trimmed(screen: &str) -> String {
    let lines: Vec<&str> = screen.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[expect(clippy::disallowed_methods, reason = "the tests have their own environment")]
fn compare(scene: &str, columns: u16, screen: &str) {
    let name = format!("tests/data/screens/{scene}_{columns}.txt");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, screen).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == screen,
        "{name} is another screen; if the new one is right, `UPDATE=1 cargo test screens` keeps it\n--- kept\n{kept}--- now\n{screen}"
    );
}

#[test]
fn a_number_over_the_end_of_a_line_is_masked() {
    assert_eq!(
        masked("at 127.0.0.1:123\n45/app 12345 1234", "12345"),
        "at 127.0.0.1:PPP\nPP/app PPPPP 1234"
    );
}
