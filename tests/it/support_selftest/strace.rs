//! Killed before a call means that nothing came of it, killed after it that all did; the shell shows which.

use std::fs;

use crate::support::command::{Call, Lugger};
use crate::support::strace::{Fate, Point, record, run};

/// The file after a run in which this becomes of the second of three lines, and the exit status.
fn second_line(fate: Fate) -> (String, i32) {
    let shell = shell();
    let run = run(&three_lines(&shell), &shell.store(), &point("write", "lines", 2), fate).expect("the call is come to");
    (fs::read_to_string(shell.store().join("lines")).unwrap(), run.status)
}

fn shell() -> Lugger {
    let shell = Lugger::of("/bin/sh");
    fs::create_dir(shell.store()).unwrap();
    shell
}

fn three_lines(shell: &Lugger) -> Call {
    shell.args(["-c", "set -e; cd store; { echo 1; echo 2; echo 3; } >\"$PWD/lines\""])
}

fn point(call: &str, path: &str, nth: usize) -> Point {
    Point {
        call: call.to_string(),
        path: path.into(),
        in_folder: false,
        nth,
    }
}

#[test]
fn a_run_is_killed_before_or_after_a_call_and_no_other_one() {
    assert_eq!(second_line(Fate::KilledBefore), ("1\n".to_string(), -9));
    assert_eq!(second_line(Fate::KilledAfter), ("1\n2\n".to_string(), -9));
}

#[test]
fn a_call_fails_or_says_more_than_it_did() {
    let (lines, status) = second_line(Fate::Fails("ENOSPC"));
    assert_eq!(lines, "1\n");
    assert_ne!(status, 0);
    // The shell asks again for the other byte of its line.
    assert_eq!(second_line(Fate::Short), ("1\n\n3\n".to_string(), 0));
}

#[test]
fn the_calls_of_a_run_are_recorded_with_their_paths_and_what_is_not_come_to_is_told() {
    let shell = shell();
    let points = record(&three_lines(&shell), &shell.store());
    let of_lines: Vec<&Point> = points.iter().filter(|point| point.path.ends_with("lines")).collect();
    for expected in [point("openat", "lines", 1), point("write", "lines", 3)] {
        assert!(of_lines.contains(&&expected), "{points:?}");
    }
    let never = run(
        &three_lines(&shell),
        &shell.store(),
        &point("write", "lines", 4),
        Fate::KilledBefore,
    );
    assert!(never.is_none());
}

#[test]
fn a_call_in_an_open_folder_is_known_by_the_name_it_is_given() {
    let shell = shell();
    fs::create_dir(shell.store().join("folder")).unwrap();
    for name in ["one", "two"] {
        fs::write(shell.store().join("folder").join(name), "").unwrap();
    }
    // `rm` opens the folder and removes what is in it from there.
    let removal = shell.args(["-c", "rm -r \"$PWD/store/folder\""]);
    let mut points = record(&removal, &shell.store());
    fs::create_dir(shell.store().join("folder")).unwrap();
    for name in ["one", "two"] {
        fs::write(shell.store().join("folder").join(name), "").unwrap();
    }
    points.retain(|point| point.path.ends_with("folder/two"));
    let [two] = points.as_slice() else { panic!("{points:?}") };
    assert!(two.in_folder && two.call == "unlinkat", "{two:?}");
    run(&removal, &shell.store(), two, Fate::Fails("EIO")).expect("the call is come to");
    let left = fs::read_dir(shell.store().join("folder")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["two"]);
}
