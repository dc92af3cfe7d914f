//! A real terminal, by a private tmux server: for prompts, progress bars, and whatever asks whether somebody is
//! looking. The screen is read as text; what the program did is left to the test to find out.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::canary;
use super::command::Call;
use super::peers::process::{reached, run};

const PATIENCE: Duration = Duration::from_mins(1);

/// tmux does not always learn how a program ended. Ctrl-C goes to the wrapper too, which outlives it.
const WRAPPER: &str = r#"trap : INT; "$@"; echo $? >STATUS"#;

/// A terminal with one program in it.
pub(crate) struct Terminal {
    directory: TempDir,
}

impl Terminal {
    pub(crate) fn start(call: &Call, columns: u16, rows: u16) -> Self {
        let terminal = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut tmux = terminal.tmux();
        // The pane has to outlive the program, or its last words would be gone.
        tmux.args(["start-server", ";", "set-option", "-g", "remain-on-exit", "on", ";"]);
        tmux.args(["set-option", "-g", "remain-on-exit-format", "", ";"]);
        tmux.args(["set-option", "-g", "status", "off", ";"]);
        tmux.args(["new-session", "-d", "-x", &columns, "-y", &rows]);
        let script = WRAPPER.replace("STATUS", &terminal.directory.path().join("status").display().to_string());
        tmux.args(["sh", "-c", &script, "sh"]);
        let words = call.clone().env("TERM", "screen-256color").words();
        run(tmux.args(words.iter().map(|word| literal(word))), "tmux");
        terminal
    }

    /// Keys by tmux's names (`Enter`, `C-c`); other words are typed as they are.
    pub(crate) fn send_keys(&self, keys: &[&str]) {
        self.ask(&[&["send-keys"], keys].concat());
    }

    /// Text, letter by letter, whatever it is.
    pub(crate) fn type_text(&self, text: &str) {
        self.ask(&["send-keys", "-l", "--", &literal(text)]);
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.ask(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// The screen.
    pub(crate) fn capture(&self) -> String {
        self.ask(&["capture-pane", "-p"])
    }

    /// The screen with what has scrolled out of it.
    pub(crate) fn history(&self) -> String {
        self.ask(&["capture-pane", "-p", "-S", "-"])
    }

    /// The screen with the lines that the terminal broke in one piece again.
    pub(crate) fn unwrapped(&self) -> String {
        self.ask(&["capture-pane", "-p", "-J"])
    }

    /// The screen with its colours, as escape sequences.
    pub(crate) fn styled(&self) -> String {
        self.ask(&["capture-pane", "-p", "-e"])
    }

    /// Waits until the screen, or what has scrolled out of it, shows this.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let mut screen = String::new();
        let shown = reached(PATIENCE, || {
            screen = self.history();
            screen.contains(text)
        });
        assert!(shown, "the terminal never showed {text:?}:\n{screen}");
        screen
    }

    /// Waits until what is typed is no longer shown: a prompt for a secret is on the screen a moment before that.
    pub(crate) fn wait_for_silence(&self) {
        let tty = self.ask(&["display-message", "-p", "#{pane_tty}"]);
        let silent = reached(PATIENCE, || {
            let settings = run(Command::new("stty").args(["-F", tty.trim(), "-a"]), "coreutils");
            String::from_utf8_lossy(&settings.stdout)
                .split_whitespace()
                .any(|word| word == "-echo")
        });
        assert!(silent, "typing is still shown:\n{}", self.history());
    }

    /// Waits for the program to end, and answers its exit status; 128 and the signal where one ended it.
    pub(crate) fn wait(&self) -> i32 {
        let mut status = None;
        let ended = reached(PATIENCE, || {
            let text = fs::read_to_string(self.directory.path().join("status"));
            status = text.ok().and_then(|text| text.trim().parse().ok());
            status.is_some()
        });
        assert!(ended, "still running:\n{}", self.history());
        status.unwrap()
    }

    fn ask<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        let output = run(self.tmux().args(arguments), "tmux");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.env_remove("TMUX").args(["-u", "-f", "/dev/null", "-S"]);
        command.arg(self.directory.path().join("tmux"));
        command
    }
}

/// A closing semicolon would end tmux's own command.
fn literal(word: &str) -> String {
    word.strip_suffix(';')
        .map_or_else(|| word.to_string(), |start| format!("{start}\\;"))
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Lines that the terminal broke are whole again.
        let screen = (!thread::panicking()).then(|| self.ask(&["capture-pane", "-p", "-J", "-S", "-"]));
        self.tmux().arg("kill-server").status().ok();
        canary::assert_discreet("the terminal", &screen.unwrap_or_default());
    }
}
