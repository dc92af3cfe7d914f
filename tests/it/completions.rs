//! Completion: the scripts, the words that the program answers them with, and both together in real shells.

mod shells;
mod start;
mod words;

use std::fs;
use std::path::Path;

use crate::support::command::Lugger;

const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "lugger.bash"),
    ("zsh", "_lugger"),
    ("fish", "lugger.fish"),
    ("powershell", "_lugger.ps1"),
    ("elvish", "lugger.elv"),
];

#[test]
#[expect(clippy::disallowed_methods, reason = "the tests have their own environment")]
fn the_scripts_are_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let lugger = Lugger::new();
    for (shell, file) in SCRIPTS {
        let printed = lugger.args(["completion", shell]).ok().stdout;
        let path = folder.join(file);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &printed).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap();
        assert!(
            kept == printed,
            "completions/{file} is old; `UPDATE=1 cargo test completions` writes it anew"
        );
    }
}

#[test]
fn where_the_program_is_not_asked_its_script_has_commands_and_flags() {
    let script = Lugger::new().args(["completion", "powershell"]).ok().stdout;
    for word in ["list-tags", "all-platforms", "password-stdin"] {
        assert!(script.contains(word), "powershell does not complete {word}");
    }
}
