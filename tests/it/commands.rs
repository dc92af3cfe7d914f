//! What each command does, prints and asks of a registry. Pulling, pushing and logging in have modules of their own.

mod checking;
mod copying;
mod listing;
mod naming;
mod showing;
mod stored;

use std::path::Path;

use serde_json::Value;

use crate::support::command::{Lugger, Run};
use crate::support::image::{Blob, Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::store_check::StoreCheck;

#[test]
fn help_and_version_are_results() {
    let lugger = Lugger::new();
    assert_eq!(
        lugger.args(["--version"]).ok().stdout,
        concat!("lugger ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let commands = "login logout pull push tag list-tags tags images rmi prune check inspect digest copy completion man";
    for command in commands.split(' ') {
        let help = lugger.args([command, "--help"]).ok();
        assert!(help.stdout.contains("Usage: lugger "), "{command}: {}", help.stdout);
        assert_eq!(help.stderr, "", "{command}");
    }
    let help = lugger.args(["--help"]).ok().stdout;
    assert!(
        help.contains("Exit status:\n  0     done") && help.contains("list-tags"),
        "{help}"
    );
    assert!(!lugger.store().exists(), "asking for help makes a store");
}

#[test]
fn a_command_without_its_arguments_is_wrong_usage() {
    let lugger = Lugger::new();
    let wrong: [&[&str]; 6] = [
        &[],
        &["pull"],
        &["frobnicate"],
        &["tag", "a"],
        &["copy", "a"],
        &["images", "--colour"],
    ];
    for arguments in wrong {
        let run = lugger.args(arguments).fails(2);
        assert!(
            run.stdout.is_empty() && run.stderr.contains("Usage:"),
            "{arguments:?}: {}",
            run.stderr
        );
    }
}

#[test]
fn every_shell_gets_a_script_of_its_own() {
    let lugger = Lugger::new();
    let marks = [
        ("bash", "complete -F _lugger"),
        ("zsh", "#compdef lugger"),
        ("fish", "complete -c lugger"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[lugger]"),
    ];
    for (shell, mark) in marks {
        let run = lugger.args(["completion", shell]).ok();
        assert!(run.stdout.contains(mark) && run.stderr.is_empty(), "{shell}");
    }
    lugger.args(["completion", "tcsh"]).fails(2);
}

/// Puts an image into the store under this name, by way of a directory.
fn keep(lugger: &Lugger, name: &str, image: &Image) {
    let source = OciLayout::write(&lugger.home().join(format!("from-{}", &image.digest()[7..])), "it", image);
    lugger.args(["copy", "-q", &source, &format!("store:{name}")]).ok();
}

/// The names in the store, which is looked through on the way.
fn names(lugger: &Lugger) -> Vec<String> {
    names_in(&lugger.store())
}

/// The same of any layout that lugger writes.
fn names_in(layout: &Path) -> Vec<String> {
    let check = StoreCheck::of(layout).allowing(&["lock", "index.lock"]);
    check.assert_sound();
    check.names()
}

fn has_blob(lugger: &Lugger, digest: &str) -> bool {
    lugger.store().join("blobs").join(digest.replace(':', "/")).exists()
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// The rows of a table, split where the columns are.
fn rows(run: &Run) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        line.split("   ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .map(String::from)
            .collect()
    };
    run.stdout.lines().map(cells).collect()
}

/// The first twelve digits, as tables show them.
fn short(digest: &str) -> &str {
    &digest[7..19]
}

/// The same image, made at another time: `2025-01-02T03:04:05Z`.
pub(crate) fn made_at(time: &str, image: &Image) -> Image {
    let swapped = |blob: &Blob, from: &str, to: &str| {
        let text = String::from_utf8(blob.bytes.clone()).unwrap();
        assert!(text.contains(from) && from.len() == to.len());
        Blob::new(&blob.media_type, text.replace(from, to).into_bytes())
    };
    let config = swapped(&image.config, "2026-01-02T03:04:05Z", time);
    let manifest = swapped(&image.manifest, &image.config.digest, &config.digest);
    Image {
        config,
        manifest,
        layers: image.layers.clone(),
    }
}

/// Two images for two platforms with one layer in common.
fn siblings() -> (Image, Image) {
    let of = |platform: &str| {
        Recipe::default()
            .platform(platform)
            .layer(b"common")
            .layer(platform.as_bytes())
    };
    (of("linux/amd64").build(), of("linux/arm64/v8").build())
}
