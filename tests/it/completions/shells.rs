//! Completion as a person has it: the scripts where a package puts them, in the real shells, at a real terminal.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::process::reached;
use crate::support::registry::Registry;
use crate::support::terminal::Terminal;

/// How a shell that is set up to be quiet begins a line.
const PROMPT: &str = "$ ";

/// One that shells complete in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    /// With the script read at the start.
    Bash,
    /// With the scripts of all programs found when they are needed, by Debian's bash-completion.
    PackagedBash,
    Zsh,
    Fish,
    Elvish,
}

const ALL: [Shell; 5] = [Shell::Bash, Shell::PackagedBash, Shell::Zsh, Shell::Fish, Shell::Elvish];

/// A shell at a terminal, with the program on its path.
struct Session {
    terminal: Terminal,
    /// The shell's home lives as long as it does.
    lugger: Lugger,
}

impl Session {
    fn start(shell: Shell) -> Self {
        Self::in_home(shell, Lugger::of(shell.program()))
    }

    fn in_home(shell: Shell, lugger: Lugger) -> Self {
        let home = lugger.home();
        symlink(env!("CARGO_BIN_EXE_lugger"), home.join("bin/lugger")).unwrap();
        shell.set_up(home);
        let call = lugger.args(shell.flags()).env("XDG_DATA_DIRS", home.join("share"));
        let call = call.env("ZDOTDIR", home).env("XDG_DATA_HOME", home.join("data"));
        let terminal = Terminal::start(&call, 200, 30);
        terminal.wait_for(PROMPT.trim_end());
        Self { terminal, lugger }
    }

    /// Types, asks for completion, and waits until the line is this. On a busy machine the half second that a registry is
    /// given may be too short: then it is asked once more, when that is forgotten.
    fn completes(&self, typed: &str, line: &str) {
        self.terminal.type_text(typed);
        let line = format!("{PROMPT}{line}");
        let done = (0..6).any(|_| {
            self.terminal.send_keys(&["Tab"]);
            reached(Duration::from_secs(10), || self.terminal.history().contains(&line))
        });
        assert!(done, "never {line:?}:\n{}", self.terminal.history());
    }

    /// Waits for a line of the terminal that begins so, behind the prompt.
    fn shows(&self, line: &str) {
        self.terminal.wait_for(&format!("{PROMPT}{line}"));
    }

    /// All that is on the screen.
    fn screen(&self) -> String {
        self.terminal.capture().trim_end().to_string()
    }
}

impl Shell {
    fn program(self) -> &'static str {
        match self {
            Self::Bash | Self::PackagedBash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Elvish => "elvish",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Bash | Self::PackagedBash => &["--noprofile", "--rcfile", "bashrc", "-i"],
            Self::Zsh => &["-d", "-i"],
            Self::Fish => &["-i"],
            Self::Elvish => &["-rc", "rc.elv"],
        }
    }

    /// Puts the script where the shell finds it, and makes the shell say nothing else.
    fn set_up(self, home: &Path) {
        let write = |path: &str, text: &str| {
            let path = home.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let script =
            |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)).unwrap();
        match self {
            Self::Bash => write("bashrc", &format!("{}\nPS1='{PROMPT}'", script("lugger.bash"))),
            Self::PackagedBash => {
                write("data/bash-completion/completions/lugger", &script("lugger.bash"));
                write(
                    "bashrc",
                    &format!(". /usr/share/bash-completion/bash_completion\nPS1='{PROMPT}'"),
                );
            }
            Self::Zsh => {
                write("functions/_lugger", &script("_lugger"));
                let start = "fpath=(~/functions $fpath)\nautoload -Uz compinit\ncompinit -u -D\n";
                write(".zshrc", &format!("{start}PS1='{PROMPT}'"));
            }
            Self::Fish => {
                write("share/fish/vendor_completions.d/lugger.fish", &script("lugger.fish"));
                let quiet = "set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n";
                let prompt = format!("function fish_prompt\n    echo -n '{PROMPT}'\nend\n");
                write(".config/fish/config.fish", &format!("{quiet}{prompt}"));
            }
            Self::Elvish => {
                let prompt = format!("set edit:prompt = {{ put '{PROMPT}' }}\nset edit:rprompt = {{ }}\n");
                write("rc.elv", &format!("{prompt}{}", script("lugger.elv")));
            }
        }
    }
}

fn registry() -> Registry {
    let registry = Registry::start();
    for tag in ["1.0", "1.1", "2-final"] {
        registry.put_image("team/app", tag, &Image::tiny(1));
    }
    registry
}

/// A whole line by its beginnings: a command, a repository without a blank behind it, a tag with one, a flag, its value.
fn a_line_is_completed(shell: Shell) {
    let registry = registry();
    let session = Session::start(shell);
    let name = registry.name("team/app:");
    session.completes("lugger pul", "lugger pull");
    session.completes(&registry.name("te"), &format!("lugger pull {name}"));
    session.completes("2", &format!("lugger pull {name}2-final"));
    session.completes("--all-p", &format!("lugger pull {name}2-final --all-platforms"));
    session.completes(
        "--platform linux/am",
        &format!("lugger pull {name}2-final --all-platforms --platform linux/amd64"),
    );
    session.terminal.type_text("end");
    session.shows(&format!(
        "lugger pull {name}2-final --all-platforms --platform linux/amd64 end"
    ));
}

#[test]
fn bash_completes_a_line() {
    a_line_is_completed(Shell::Bash);
}

#[test]
fn bash_completes_a_line_where_scripts_are_found_when_they_are_needed() {
    a_line_is_completed(Shell::PackagedBash);
}

#[test]
fn zsh_completes_a_line() {
    a_line_is_completed(Shell::Zsh);
}

#[test]
fn fish_completes_a_line() {
    a_line_is_completed(Shell::Fish);
}

#[test]
fn elvish_completes_a_line() {
    a_line_is_completed(Shell::Elvish);
}

#[test]
fn all_tags_are_shown_to_whoever_asks_again() {
    let registry = registry();
    for shell in ALL {
        let session = Session::start(shell);
        session
            .terminal
            .type_text(&format!("lugger pull {}", registry.name("team/app:")));
        session.terminal.send_keys(&["Tab", "Tab", "Tab"]);
        for tag in ["1.0", "1.1", "2-final"] {
            session.terminal.wait_for(tag);
        }
    }
}

#[test]
fn a_registry_that_is_gone_or_silent_leaves_the_line_as_it_was() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = Registry::start().host();
    for shell in ALL {
        let session = Session::start(shell);
        for host in [&gone, &silent.local_addr().unwrap().to_string()] {
            let line = format!("lugger pull {host}/team/app:");
            let begun = Instant::now();
            session.terminal.type_text(&line);
            session.terminal.send_keys(&["Tab"]);
            session.terminal.type_text("x");
            session.shows(&format!("{line}x"));
            // The program itself would wait for half a minute.
            assert!(begun.elapsed() < Duration::from_secs(20), "{shell:?} {:?}", begun.elapsed());
            let screen = session.screen();
            assert_eq!(screen.lines().last(), Some(format!("{PROMPT}{line}x").as_str()), "{shell:?}");
            // Elvish has a word of its own for that.
            let mut said = screen
                .lines()
                .filter(|line| !line.starts_with(PROMPT) && *line != "error: no candidates");
            assert_eq!(said.next(), None, "{shell:?}:\n{screen}");
            session.terminal.send_keys(&["C-u"]);
        }
    }
}

#[test]
fn bash_completes_a_line_where_colons_do_not_break_words() {
    let registry = registry();
    let session = Session::start(Shell::Bash);
    session.terminal.type_text("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}");
    session.terminal.send_keys(&["Enter"]);
    let name = registry.name("team/app:");
    session.completes(
        &format!("lugger pull {}", registry.name("te")),
        &format!("lugger pull {name}"),
    );
    session.completes("2", &format!("lugger pull {name}2-final"));
    session.completes(
        "--platform=linux/s3",
        &format!("lugger pull {name}2-final --platform=linux/s390x"),
    );
}

#[test]
fn bash_completes_what_gates_and_secrets_are_for() {
    let registry = registry();
    let host = registry.host().replace("127.0.0.1", "localhost");
    let lugger = Lugger::of("bash");
    lugger.config(r#"{"auths":{"reg.example:5000":{}}}"#);
    let session = Session::in_home(Shell::Bash, lugger);
    for command in ["exists", "wait"] {
        let line = format!("lugger {command} {host}/team/app:");
        session.completes(&format!("lugger {command} {host}/te"), &line);
        session.completes("2", &format!("{line}2-final"));
        session.terminal.send_keys(&["C-u"]);
    }
    session.completes("lugger kube-secret x re", "lugger kube-secret x reg.example:5000");
}

#[test]
fn words_in_quotes_and_behind_an_equals_sign_are_completed() {
    let registry = registry();
    for shell in [Shell::Bash, Shell::PackagedBash, Shell::Zsh, Shell::Fish] {
        let session = Session::start(shell);
        session.completes("lugger pull --platform=linux/s3", "lugger pull --platform=linux/s390x");
        let name = registry.name("team/app:2");
        session.completes(
            &format!("'{name}"),
            &format!("lugger pull --platform=linux/s390x '{name}-final'"),
        );
    }
}

#[test]
fn paths_are_completed_behind_a_flag_and_a_place() {
    for shell in [Shell::Bash, Shell::PackagedBash, Shell::Zsh, Shell::Fish] {
        let lugger = Lugger::of(shell.program());
        fs::create_dir_all(lugger.home().join("some where/below")).unwrap();
        fs::write(lugger.home().join("some where/below/file.tar"), "").unwrap();
        let session = Session::in_home(shell, lugger);
        session.completes("lugger load -i so", r"lugger load -i some\ where/");
        session.completes("b", r"lugger load -i some\ where/below/");
        session.completes("f", r"lugger load -i some\ where/below/file.tar");
        session.terminal.send_keys(&["C-u"]);
        session.completes("lugger copy oci:so", r"lugger copy oci:some\ where/");
        session.completes("b", r"lugger copy oci:some\ where/below/");
        session.terminal.send_keys(&["C-u"]);
        session.completes("lugger prune --store ~/so", r"lugger prune --store ~/some\ where/");
        session.terminal.send_keys(&["C-u"]);
        assert!(session.lugger.home().exists());
    }
}
