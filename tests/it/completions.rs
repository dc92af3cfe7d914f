//! The scripts in `completions/` are what the program prints.

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
fn a_script_completes_commands_and_flags() {
    let lugger = Lugger::new();
    for (shell, _) in SCRIPTS {
        let script = lugger.args(["completion", shell]).ok().stdout;
        for word in ["list-tags", "all-platforms", "password-stdin"] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
    }
}
