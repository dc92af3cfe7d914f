//! Standard output that takes nothing: a disk that is full is a failure, a reader that went away is none.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use super::{keep, with_app};
use crate::support::canary::assert_discreet;
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::process;

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let commands: [&[&str]; 6] = [
        &["images"],
        &["images", "--format", "json"],
        &["inspect", "--raw", "store:app:1"],
        &["completion", "bash"],
        &["pull", "--help"],
        &["--version"],
    ];
    for arguments in commands {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = output(lugger.args(arguments).command().stdout(full));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        let expected = "error: cannot write to stdout\n  caused by: No space left on device (os error 28)\n";
        assert_eq!(said, expected, "{arguments:?}");
    }
}

#[test]
fn a_pull_whose_result_cannot_be_written_does_not_blame_the_store() {
    let (registry, _) = with_app();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = output(
        Lugger::new()
            .args(["pull", "-q", &registry.name("app:1")])
            .command()
            .stdout(full),
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("cannot write to stdout"), "{said}");
    assert!(!said.contains("hint"), "{said}");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let lugger = Lugger::new();
    keep(&lugger, "app:1", &Image::tiny(1));
    let commands: [&[&str]; 7] = [
        &["images"],
        &["images", "--format", "json"],
        &["inspect", "store:app:1"],
        &["inspect", "--raw", "store:app:1"],
        &["completion", "bash"],
        &["--help"],
        &["--version"],
    ];
    for arguments in commands {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = output(lugger.args(arguments).command().stdout(writer));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_list_that_cannot_be_written_is_a_failure_and_one_nobody_reads_is_none() {
    let (registry, _) = with_app();
    let (lugger, host) = (Lugger::new(), registry.host());
    keep(&lugger, "app:1", &Image::tiny(1));
    let shell = Lugger::of("sh");
    let repository = registry.name("app");
    let lists: [&[&str]; 4] = [
        &["list-tags", &repository],
        &["list-tags", "--format", "json", &repository],
        &["list-repos", &host],
        &["check"],
    ];
    for arguments in lists {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let run = output(lugger.args(arguments).command().stdout(full));
        assert_eq!(run.status.code(), Some(1), "{arguments:?}");
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let run = output(lugger.args(arguments).command().stdout(writer));
        assert_eq!((run.status.code(), run.stderr.len()), (Some(0), 0), "{arguments:?}");
        // Closed from the start: nothing of the store may get what was meant for it.
        let words = [
            ["-c", r#"exec "$0" "$@" >&-"#].as_slice(),
            &[env!("CARGO_BIN_EXE_lugger")],
            arguments,
        ]
        .concat();
        let closed = shell.args(words).env("LUGGER_STORE", lugger.store()).run();
        assert!(closed.status == 0 || closed.status == 1, "{arguments:?}: {closed:?}");
        lugger.args(["check"]).ok();
    }
}

#[test]
fn the_first_line_alone_is_enough_for_some() {
    let script = r#"set -o pipefail; "$0" completion bash | head -1"#;
    let output = process::run(
        Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_lugger")]),
        "bash",
    );
    let first = "# Completion of lugger for bash. The words come from the program itself.\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), first);
    assert!(output.stderr.is_empty());
}

fn output(command: &mut Command) -> Output {
    let child = command.stderr(Stdio::piped()).spawn();
    let output = child.unwrap().wait_with_output().unwrap();
    assert_discreet("stderr", &String::from_utf8_lossy(&output.stderr));
    output
}
