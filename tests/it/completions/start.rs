//! What the program begins before it has to: nothing. A start that reads certificates or starts threads is not felt in one run, but
//! at each Tab, and in each turn of a loop.

use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::scene::Scene;
use crate::support::strace;

/// The calls by which files are opened, threads and processes started, and others spoken to.
const CALLS: &str = "openat,open,clone,clone3,fork,vfork,socket,connect";

/// What a program is linked with, and what the standard library asks of the system.
const OF_EVERY_PROGRAM: [&str; 5] = ["/lib/", "/lib64/", "/usr/lib/", "/etc/ld.so", "/proc/self/maps"];

/// What a run does beside being loaded.
fn doings(call: &Call) -> Vec<String> {
    let mut calls = strace::calls(call, CALLS);
    calls.retain(|line| !OF_EVERY_PROGRAM.iter().any(|path| line.contains(&format!("\"{path}"))));
    calls
}

#[test]
fn help_version_scripts_and_flags_open_nothing_and_start_nothing() {
    let lugger = Lugger::new();
    lugger.config(r#"{"auths":{"reg.example":{}}}"#);
    for words in [
        "--version",
        "--help",
        "pull --help",
        "completion bash",
        "completion bash -- lugger pu",
        "completion zsh -- lugger pull --all",
        "completion fish -- lugger save --format o",
        "completion bash -- lugger save -o x",
        "nonsense",
    ] {
        let call = lugger.args(words.split(' '));
        assert_eq!(doings(&call), [""; 0], "{words}");
    }
}

#[test]
fn names_of_the_store_start_no_thread_and_read_no_certificate() {
    let scene = Scene::new();
    scene.stored("team/app:1", &Image::tiny(1));
    let home = scene.lugger.home().display().to_string();
    let name = scene.registry.name("team/app:1");
    for words in [
        "completion bash -- lugger push 127",
        "images",
        &format!("tag {name} team:2"),
        "rmi team:2",
        "prune",
    ] {
        let done = doings(&scene.lugger.args(words.split(' ')));
        assert!(!done.is_empty(), "{words}");
        let foreign: Vec<&String> = done.iter().filter(|line| !is_of(line, &home)).collect();
        assert!(foreign.is_empty(), "{words}: {foreign:?}");
    }
}

/// Is a file opened below a folder, or by its name in one that is open?
fn is_of(line: &str, folder: &str) -> bool {
    line.contains("openat(") && (line.contains(&format!("\"{folder}")) || !line.contains("\"/"))
}
