//! What the program says of itself, its help and its manual, is true and can be read by those who show it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::Lugger;

/// All pages, written by the program.
fn pages(lugger: &Lugger) -> Vec<PathBuf> {
    lugger
        .args(["man", "--to", "man"])
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .ok();
    let mut pages: Vec<PathBuf> = fs::read_dir(lugger.home().join("man"))
        .unwrap()
        .map(|page| page.unwrap().path())
        .collect();
    pages.sort();
    pages
}

/// What a program says on both streams.
fn said(command: &mut Command) -> (String, String) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// A page as man shows it, on lines so long that nothing is broken, and its complaints.
fn shown(page: &Path) -> (String, String) {
    let mut man = Command::new("man");
    man.args(["--warnings", "--local-file"]).arg(page);
    said(man.env("MANWIDTH", "400").env("MANROFFOPT", "-c").env("LC_ALL", "C.UTF-8"))
}

#[test]
fn man_and_mandoc_find_nothing_wrong_with_any_page() {
    let lugger = Lugger::new();
    let pages = pages(&lugger);
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        let (text, complaints) = shown(&page);
        assert_eq!(complaints, "", "{}", page.display());
        assert!(text.contains("SYNOPSIS") && text.contains("EXAMPLES"), "{text}");
        let (lint, _) = said(Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(&page));
        assert_eq!(lint, "", "{}", page.display());
    }
}

#[test]
fn every_command_of_the_help_has_a_page_of_its_name() {
    let lugger = Lugger::new();
    let pages = pages(&lugger);
    let mut names: Vec<&str> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    let help = lugger.args(["--help"]).ok().stdout;
    let list = help.split("Global options:").next().unwrap();
    let entries = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut expected: Vec<String> = entries
        .map(|entry| format!("lugger-{}.1", entry.split_whitespace().next().unwrap()))
        .chain(["lugger.1".to_string()])
        .collect();
    expected.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, expected);
    let page = lugger.args(["man", "list-tags"]).ok().stdout;
    assert!(
        page.contains(".TH LUGGER\\-LIST\\-TAGS 1") || page.contains(".TH LUGGER-LIST-TAGS 1"),
        "{page}"
    );
    lugger.args(["man", "frobnicate"]).fails(2);
}

#[test]
fn a_page_has_the_date_it_is_given_and_else_none() {
    let lugger = Lugger::new();
    let title = |call: crate::support::command::Call| {
        let page = call.ok().stdout;
        page.lines().find(|line| line.starts_with(".TH")).unwrap().to_string()
    };
    let version = env!("CARGO_PKG_VERSION");
    let rest = format!("\"lugger {version}\" \"User Commands\"");
    let dated = lugger.args(["man"]).env("SOURCE_DATE_EPOCH", "1700000000");
    assert_eq!(title(dated), format!(".TH LUGGER 1 2023-11-14 {rest}"));
    assert_eq!(title(lugger.args(["man"])), format!(".TH LUGGER 1 \"\" {rest}"));
}

#[test]
fn the_page_of_the_program_names_every_variable_that_is_read() {
    let source = include_str!("../../src/settings.rs");
    let is_variable = |word: &&str| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let mut variables: Vec<&str> = source.split('"').skip(1).step_by(2).filter(is_variable).collect();
    variables.sort_unstable();
    variables.dedup();
    assert!(variables.contains(&"LUGGER_STORE") && variables.len() > 5, "{variables:?}");
    let lugger = Lugger::new();
    pages(&lugger);
    let (text, _) = shown(&lugger.home().join("man/lugger.1"));
    let section = text
        .split("\nENVIRONMENT\n")
        .nth(1)
        .unwrap()
        .split("\nFILES\n")
        .next()
        .unwrap();
    for variable in variables {
        // Some are read in small letters too, of which the page tells once for all.
        let mut words = section.split([' ', '\n', ',', ';']);
        let named = words.any(|word| word == variable.to_uppercase());
        assert!(named, "{variable} is read, and not in {section}");
    }
}

#[test]
fn readme_help_and_manual_say_the_same_of_the_exit_status() {
    let readme = include_str!("../../README.md");
    let table = readme.split("## Exit status").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .collect();
    assert_eq!(rows.len(), 9, "{table}");
    let lugger = Lugger::new();
    pages(&lugger);
    let (manual, _) = shown(&lugger.home().join("man/lugger.1"));
    for told in [lugger.args(["--help"]).env("COLUMNS", "100").ok().stdout, manual] {
        let section = told
            .lines()
            .skip_while(|line| !line.to_lowercase().starts_with("exit status"))
            .skip(1);
        let found: Vec<(&str, &str)> = section
            .map_while(|line| line.trim().split_once("  ").or_else(|| line.is_empty().then_some(("", ""))))
            .map(|(code, text)| (code, text.trim()))
            .filter(|(code, _)| code.parse::<u8>().is_ok_and(|code| code < 9))
            .collect();
        assert_eq!(found, rows, "{told}");
    }
}

#[test]
fn help_fits_narrow_and_wide_screens() {
    let lugger = Lugger::new();
    for arguments in [&["--help"][..], &["-h"], &["help"], &["pull", "--help"], &["help", "append"]] {
        for width in [40, 80, 100] {
            let help = lugger.args(arguments).env("COLUMNS", width.to_string()).ok().stdout;
            // The words of the usage stay on their line.
            let mut lines = help.lines().filter(|line| !line.starts_with("Usage: "));
            let too_long = lines.find(|line| line.chars().count() > width && line.trim().contains(' '));
            assert_eq!(too_long, None, "{arguments:?} at {width}");
        }
    }
}

#[test]
fn the_program_alone_shows_the_short_help() {
    let lugger = Lugger::new();
    let run = lugger.args::<&str>([]).fails(2);
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr, lugger.args(["-h"]).ok().stdout);
}
