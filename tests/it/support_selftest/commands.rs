//! The runner and the terminal, with the shell in place of the program.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::clock;
use crate::support::command::Lugger;
use crate::support::peers::process::{self, reached};
use crate::support::terminal::Terminal;

#[test]
fn a_run_sees_nothing_of_the_machine() {
    let shell = Lugger::of("/bin/sh").env("A", "1");
    let run = shell.args(["-c", "env; pwd"]).env("B", "2").ok();
    let home = shell.home().display().to_string();
    let mut names: Vec<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    names.retain(|name| !clock::variables().any(|(variable, _)| variable == **name));
    names.sort_unstable();
    let expected = "A B DOCKER_CONFIG HOME LANG LUGGER_STORE PATH PWD RUST_BACKTRACE RUST_LOG TMPDIR XDG_RUNTIME_DIR";
    assert_eq!(names.join(" "), expected);
    assert!(run.stdout.contains(&format!("LUGGER_STORE={}\n", shell.store().display())));
    assert!(run.stdout.ends_with(&format!("{home}\n")));
    assert!(shell.config_path().parent().unwrap().is_dir());
    assert!(Lugger::new().args(["--version"]).command().get_program().len() > 5);
}

#[test]
fn streams_and_status_are_kept_apart() {
    let shell = Lugger::of("/bin/sh");
    let run = shell
        .args(["-c", "cat; echo problem >&2; exit 7"])
        .stdin("in\u{0}put")
        .fails(7);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("in\u{0}put", "problem\n"));
    assert_eq!(run.bytes, b"in\0put");
    let elsewhere = tempfile::tempdir().unwrap();
    let run = shell.args(["-c", "pwd; sleep 0.1"]).directory(elsewhere.path()).run();
    assert_eq!(run.stdout.trim(), elsewhere.path().display().to_string());
    assert!(run.peak_rss_kib.unwrap() > 100);
}

#[test]
#[should_panic(expected = "exit status 1, expected 0")]
fn an_unexpected_status_shows_both_streams() {
    Lugger::of("/bin/false").args([""; 0]).ok();
}

#[test]
#[should_panic(expected = "`no-such-program` is needed: install the Debian package such-programs")]
fn a_missing_program_fails_the_test_by_name() {
    process::run(&mut Command::new("no-such-program"), "such-programs");
}

#[test]
fn a_run_in_the_background_can_be_watched_and_ended() {
    let shell = Lugger::of("/bin/sh");
    let wait = "trap 'echo bye; exit 130' INT TERM; echo ready >&2; while :; do sleep 0.01; done";
    let mut first = shell.args(["-c", wait]).start();
    first.wait_for_stderr("ready");
    first.interrupt();
    first.wait_for_stdout("bye");
    assert_eq!(first.wait().status, 130);
    let mut second = shell.args(["-c", wait]).start();
    second.wait_for_stderr("ready");
    second.terminate();
    assert_eq!(second.wait().status, 130);
    let mut third = shell.args(["-c", wait]).start();
    third.wait_for_stderr("ready");
    assert_eq!(third.kill().status, -9);
}

#[test]
fn a_dropped_run_is_gone() {
    let running = Lugger::of("/bin/sleep").args(["60"]).start();
    let process = format!("/proc/{}", running.pid());
    assert!(fs::exists(&process).unwrap());
    drop(running);
    assert!(reached(Duration::from_secs(5), || !fs::exists(&process).unwrap()));
}

#[test]
fn a_helper_is_found_on_the_path() {
    let shell = Lugger::of("/bin/sh");
    shell.helper("test", "cat; exit 1");
    shell.config(r#"{"credsStore":"test"}"#);
    let run = shell.args(["-c", "cat docker/config.json"]).ok();
    assert_eq!(run.stdout, fs::read_to_string(shell.config_path()).unwrap());
    let run = shell.args(["-c", "docker-credential-test get"]).stdin("host").fails(1);
    assert_eq!(run.stdout, "host");
}

#[test]
fn a_terminal_takes_keys_and_shows_the_screen() {
    let shell = Lugger::of("/bin/sh");
    let script = r#"stty size; test -t 2 && echo "a terminal: ä"; stty -echo; read -r x; stty size; printf '\033[31mgot %s\033[0m' "$x"; exit 3"#;
    let terminal = Terminal::start(&shell.args(["-c", script]), 50, 10);
    assert!(terminal.wait_for("a terminal: ä").starts_with("10 50\n"));
    terminal.resize(60, 12);
    terminal.type_text("Enter -l ;");
    terminal.send_keys(&["Enter"]);
    assert_eq!(terminal.wait(), 3);
    let screen = terminal.capture();
    assert!(screen.contains("12 60\ngot Enter -l ;"), "{screen}");
    assert_eq!(screen.matches("Enter").count(), 1, "the input was not echoed:\n{screen}");
    assert!(terminal.styled().contains("\u{1b}[31mgot"), "{:?}", terminal.styled());
}

#[test]
fn control_c_in_a_terminal_reaches_the_program() {
    let shell = Lugger::of("/bin/sh");
    let script = "trap 'exit 130' INT; echo ready; while :; do sleep 0.01; done";
    let terminal = Terminal::start(&shell.args(["-c", script]), 40, 5);
    terminal.wait_for("ready");
    terminal.send_keys(&["C-c"]);
    assert_eq!(terminal.wait(), 130);
}
