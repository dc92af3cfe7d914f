//! The pages for users, README and recipes: every command on them is run and prints what they say.
//!
//! All commands of a page are one shell session, in a network and a home of its own: there `localhost:5000`, `ghcr.io`
//! and the other registries of the page are real ones on that loopback, and `docker` is a real Docker Engine. What has to
//! be there before, such as an image to pull, is in `tests/data/pages`, by heading. `UPDATE=1` writes what is printed
//! into the page.

mod blocks;
mod compare;
mod session;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::Lugger;
use blocks::Page;

/// What is on a page and cannot be run inside a session, with what runs it instead.
const ELSEWHERE: [(&str, &str); 7] = [
    ("examples/quickstart.sh", "a test below, with a debug build"),
    ("tests/run.sh", "the gate is nothing else"),
    ("fuzz/run.sh 600", "`tests/run.sh` runs it with five seconds instead of 600"),
    ("tests/conformance.sh SUITE", "needs a build of the suite, and Go for that"),
    ("cargo bench", "takes ten minutes; the lints compile it"),
    (
        "dist/build.sh",
        "needs a toolchain for static programs; delivery is tested with the debug build",
    ),
    (
        "cargo install --path .",
        "takes as long as a release build; delivery is tested with the debug build",
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn readme_does_what_it_says() {
    holds("README.md", "readme.sh");
}

#[test]
fn recipes_do_what_they_say() {
    holds("examples/README.md", "recipes.sh");
}

#[expect(clippy::disallowed_methods, reason = "the tests have their own environment")]
fn holds(page: &str, before: &str) {
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let page = Page::parse(&text);
    assert!(!page.commands.is_empty(), "nothing to run");
    let before = fs::read_to_string(root().join("tests/data/pages").join(before)).unwrap();
    let printed = session::run(&page, &before);
    let mut wrong = Vec::new();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (command, printed) in page.commands.iter().zip(&printed).rev() {
        let fine = match &command.output {
            Some(expected) => compare::same(expected, &printed.output),
            None => printed.status == 0,
        };
        if !fine {
            wrong.push(format!(
                "line {}: {}\n--- says\n{}\n--- prints (exit status {})\n{}",
                command.line + 1,
                command.text,
                command.output.as_deref().unwrap_or_default().join("\n"),
                printed.status,
                printed.output.join("\n")
            ));
        }
        if let (false, Some(range)) = (fine, command.output_lines.clone()) {
            lines.splice(range, printed.output.iter().cloned());
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
    wrong.reverse();
    assert!(
        wrong.is_empty(),
        "{}\n\n{} commands are not as the page says",
        wrong.join("\n\n"),
        wrong.len()
    );
}

/// Flags change, and a page may name one in passing.
#[test]
fn what_the_pages_name_exists() {
    let lugger = Lugger::new();
    let overview = lugger.args(["--help"]).ok().stdout;
    let mut missing = Vec::new();
    for page in ["README.md", "examples/README.md", "SECURITY.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for span in blocks::code_spans(&text) {
            let Some((command, flags)) = blocks::command_of(&span) else {
                continue;
            };
            if !overview
                .lines()
                .any(|line| line.trim_start().split([' ', ',']).next() == Some(&command))
            {
                if span.starts_with("lugger ") {
                    missing.push(format!("{page}: there is no {span}"));
                }
                continue;
            }
            let help = lugger.args([command.as_str(), "--help"]).ok().stdout;
            let unknown = flags.into_iter().filter(|flag| !names_flag(&help, flag));
            missing.extend(unknown.map(|flag| format!("{page}: lugger {command} has no {flag}")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

fn names_flag(help: &str, flag: &str) -> bool {
    help.split([' ', ',', '\n', '=', '[']).any(|word| word == flag)
}

#[test]
fn the_quickstart_runs_on_a_machine_that_has_nothing_but_rust() {
    let home = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(root().join("examples/quickstart.sh"));
    let run = command.arg("dev").env("TMPDIR", home.path()).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("They are the same."), "{said}");
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().collect();
    assert!(left.is_empty(), "it leaves {left:?}");
}

/// Is this command run by something else?
fn is_elsewhere(command: &str) -> bool {
    let words = command.split(" #").next().unwrap_or_default().trim();
    ELSEWHERE
        .iter()
        .any(|(text, _)| words == *text || words.starts_with(&format!("{text} ")))
}

/// A list of exceptions that nobody needs any more hides what it excused.
#[test]
fn every_exception_is_on_a_page() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let benches = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/README.md")).unwrap_or_default();
    for (command, _) in ELSEWHERE {
        assert!(text.contains(command) || benches.contains(command), "{command}");
    }
}
