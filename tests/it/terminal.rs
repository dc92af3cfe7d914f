//! What a person at a terminal sees: bars that end in docker's words and never wrap, Ctrl-C, the prompts of a login;
//! and that no escape code leaves the terminal.

use std::time::Duration;

use crate::peers_steps::{check, downloaded, hold, layered, up_to_date};
use crate::support::command::{Call, Lugger, Run};
use crate::support::gate::Gate;
use crate::support::image::{Blob, Image};
use crate::support::peers::process::reached;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::tar::noise;
use crate::support::terminal::Terminal;

const SIZES: [(u16, u16); 2] = [(80, 24), (40, 20)];

/// Three layers, the second of which takes some seconds at `SLOW`.
fn image() -> Image {
    Image::with_layers(&[b"small".to_vec(), noise(1, 600 << 10), noise(2, 100 << 10)])
}

/// Bytes a second of each blob.
const SLOW: u64 = 300 << 10;

fn slow_blobs(registry: &Registry, rate: u64) {
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Rate(rate)));
    registry.rule(Rule::on("PUT", "/blobs/").then(Act::Rate(rate)));
}

/// Looks at the screen again and again until the text is there; answers every screen seen.
fn watch(terminal: &Terminal, columns: u16, last: &str) -> Vec<String> {
    let mut screens = Vec::new();
    let shown = reached(Duration::from_mins(1), || {
        screens.push(terminal.capture());
        screens.last().is_some_and(|screen| screen.contains(last))
    });
    assert!(shown, "never showed {last:?}:\n{}", screens.pop().unwrap_or_default());
    for screen in &screens {
        for line in screen.lines().map(str::trim_end) {
            assert!(line.chars().count() <= columns.into(), "too wide: {line:?}");
        }
    }
    screens
}

fn short(blob: &Blob) -> &str {
    &blob.digest["sha256:".len()..][..12]
}

/// The lines of a screen that are about blobs, as id and state.
fn blob_lines(screen: &str) -> Vec<(&str, &str)> {
    let pairs = screen.lines().filter_map(|line| line.trim_end().split_once(": "));
    pairs
        .filter(|(id, _)| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect()
}

/// Each blob has one line, in whatever screen it is seen: a line that wrapped would leave its rest behind.
fn never_wrapped(screens: &[String], blobs: usize) {
    for screen in screens {
        let lines = blob_lines(screen);
        assert!(lines.len() <= blobs, "{screen}");
        let states = lines.iter().map(|(_, state)| *state);
        for state in states {
            let known = ["Waiting", "Downloading", "Pushing", "Verifying", "Pull complete", "Pushed"];
            assert!(known.iter().any(|word| state.starts_with(word)), "{state:?} in\n{screen}");
        }
    }
}

#[test]
fn a_pull_shows_bars_and_ends_in_docker_s_words() {
    for (columns, rows) in SIZES {
        let (registry, lugger, image) = (Registry::start(), Lugger::new(), image());
        registry.put_image("app", "1", &image);
        slow_blobs(&registry, SLOW);
        let name = registry.name("app:1");
        let terminal = Terminal::start(&lugger.args(["pull", &name]), columns, rows);
        let screens = watch(&terminal, columns, "Status: Downloaded");
        assert_eq!(terminal.wait(), 0);
        never_wrapped(&screens, 4);
        let mark = if columns == 80 { "=>" } else { "%" };
        let under_way = screens.iter().any(|screen| {
            let bars = screen.contains("Downloading") && screen.contains(mark);
            bars && screen.starts_with("1: Pulling from app\n") && blob_lines(screen).len() == 4
        });
        assert!(under_way, "no bar was seen:\n{}", screens.join("\n---\n"));
        let screen = terminal.history();
        for blob in image.blobs() {
            assert!(screen.contains(&format!("{}: Pull complete", short(blob))), "{screen}");
        }
        assert!(!screen.contains("Downloading"), "{screen}");
        let unwrapped = screen.replace('\n', "");
        let result = downloaded(&name, image.digest()).replace('\n', "");
        assert!(
            unwrapped.contains("1: Pulling from app") && unwrapped.ends_with(&result),
            "{screen}"
        );
        let again = Terminal::start(&lugger.args(["pull", &name]), columns, rows);
        assert_eq!(again.wait(), 0);
        let result = up_to_date(&name, image.digest()).replace('\n', "");
        assert!(again.history().replace('\n', "").ends_with(&result), "{}", again.history());
        assert!(blob_lines(&again.history()).is_empty(), "{}", again.history());
    }
}

#[test]
fn a_push_shows_bars_and_ends_with_the_digest() {
    for (columns, rows) in SIZES {
        let (registry, lugger, image) = (Registry::start(), Lugger::new(), image());
        slow_blobs(&registry, SLOW);
        let name = registry.name("app:1");
        hold(&lugger, &name, &image);
        let terminal = Terminal::start(&lugger.args(["push", &name]), columns, rows);
        let screens = watch(&terminal, columns, "1: digest: ");
        assert_eq!(terminal.wait(), 0);
        never_wrapped(&screens, 4);
        assert!(
            screens.iter().any(|screen| screen.contains("Pushing")),
            "{}",
            screens.join("\n---\n")
        );
        let screen = terminal.history();
        for blob in image.blobs() {
            assert!(screen.contains(&format!("{}: Pushed", short(blob))), "{screen}");
        }
        let result = format!("1: digest: {} size: {}", image.digest(), image.manifest.size);
        assert!(screen.replace('\n', "").ends_with(&result), "{screen}");
        let again = Terminal::start(&lugger.args(["push", &name]), columns, rows);
        assert_eq!(again.wait(), 0);
        assert!(again.history().replace('\n', "").ends_with(&result), "{}", again.history());
    }
}

#[test]
fn more_layers_than_the_terminal_has_rows_are_folded_and_counted() {
    let (registry, lugger, image) = (Registry::start(), Lugger::new(), layered(30));
    registry.put_image("app", "1", &image);
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Delay(Duration::from_millis(200))));
    let name = registry.name("app:1");
    let terminal = Terminal::start(&lugger.args(["pull", &name]), 40, 20);
    let screens = watch(&terminal, 40, "Status: Downloaded");
    assert_eq!(terminal.wait(), 0);
    assert!(
        screens.iter().any(|screen| screen.contains(" of 31 done")),
        "{}",
        screens.join("\n---\n")
    );
    let folded = screens.iter().any(|screen| blob_lines(screen).len() == 18);
    assert!(folded, "as many as there is room for:\n{}", screens.join("\n---\n"));
    let history = terminal.history();
    assert!(blob_lines(&history).is_empty(), "what does not fit is summed up:\n{history}");
    let (_, end) = history.split_once("1: Pulling from app\n").unwrap();
    let (sums, _) = end.split_once("Digest: ").unwrap();
    assert!(
        sums.starts_with("31 x Pull complete\n") && sums.ends_with("31 of 31 done\n"),
        "{history}"
    );
}

#[test]
fn a_terminal_that_changes_its_width_shows_a_page_of_that_width() {
    let (registry, lugger, image) = (Registry::start(), Lugger::new(), image());
    registry.put_image("app", "1", &image);
    let gate = Gate::default();
    registry.rule(Rule::on("GET", &image.layers[2].digest).then(gate.act()));
    registry.rule(Rule::on("GET", &image.layers[1].digest).then(Act::Rate(SLOW)));
    let terminal = Terminal::start(&lugger.args(["pull", &registry.name("app:1")]), 80, 24);
    terminal.wait_for("Downloading [");
    for (columns, rows) in [(40, 24), (120, 30), (60, 10)] {
        terminal.resize(columns, rows);
        // What the new width made of the old page is there until the next one.
        let settled = reached(Duration::from_secs(30), || {
            let screen = terminal.capture();
            let ids = |id: &str| screen.matches(id).count() == 1;
            image.blobs().all(|blob| ids(short(blob))) && screen.lines().all(|line| line.len() <= columns.into())
        });
        assert!(settled, "{columns} columns:\n{}", terminal.capture());
    }
    gate.open();
    assert_eq!(terminal.wait(), 0);
}

#[test]
fn an_error_stands_below_the_bars_as_they_were() {
    let (registry, lugger, image) = (Registry::start(), Lugger::new(), image());
    registry.put_image("app", "1", &image);
    registry.rule(Rule::on("GET", &image.layers[2].digest).then(Act::CorruptByte(5)));
    slow_blobs(&registry, SLOW);
    let terminal = Terminal::start(&lugger.args(["pull", &registry.name("app:1")]), 80, 24);
    watch(&terminal, 80, "error: cannot pull");
    assert_eq!(terminal.wait(), 7);
    let screen = terminal.history();
    let (bars, error) = screen.split_once("error: cannot pull").unwrap();
    assert_eq!(blob_lines(bars).len(), 4, "{screen}");
    assert!(blob_lines(error).is_empty(), "{screen}");
    assert!(error.contains("caused by: "), "{screen}");
}

#[test]
fn results_go_where_stdout_leads_while_the_terminal_shows_bars() {
    let (registry, image, shell) = (Registry::start(), image(), Lugger::of("/bin/sh"));
    registry.put_image("app", "1", &image);
    slow_blobs(&registry, SLOW);
    let name = registry.name("app:1");
    let program = env!("CARGO_BIN_EXE_lugger");
    let terminal = Terminal::start(&shell.args(["-c", &format!("{program} pull {name} >out")]), 80, 24);
    let screens = watch(&terminal, 80, "Pull complete");
    assert!(
        screens.iter().any(|screen| screen.contains("Downloading [")),
        "{}",
        screens.join("\n---\n")
    );
    assert_eq!(terminal.wait(), 0);
    assert!(!terminal.history().contains("Status:"), "{}", terminal.history());
    let out = std::fs::read_to_string(shell.home().join("out")).unwrap();
    assert_eq!(out, downloaded(&name, image.digest()));
    let quiet = Terminal::start(&shell.args(["-c", &format!("{program} push -q {name}")]), 100, 24);
    assert_eq!(quiet.wait(), 0);
    let expected = format!("{}@{}", registry.name("app"), image.digest());
    assert_eq!(quiet.history().replace('\n', ""), expected);
}

#[test]
fn control_c_keeps_what_has_arrived_for_the_next_pull() {
    let (registry, lugger, image) = (Registry::start(), Lugger::new(), image());
    registry.put_image("app", "1", &image);
    slow_blobs(&registry, 100 << 10);
    let name = registry.name("app:1");
    let terminal = Terminal::start(&lugger.args(["pull", &name]), 80, 24);
    let begun = reached(Duration::from_mins(1), || {
        let sent = registry.log().select("GET", &image.layers[1].digest);
        sent.first().is_some_and(|request| request.sent > 100 << 10) && terminal.capture().contains("kB/")
    });
    assert!(begun, "{}", terminal.capture());
    terminal.send_keys(&["C-c"]);
    assert_eq!(terminal.wait(), 130);
    let screen = terminal.history();
    let last = screen.lines().rfind(|line| !line.trim().is_empty()).unwrap();
    assert_eq!(
        last.trim_end(),
        "interrupted; what has arrived is kept for the next run",
        "{screen}"
    );
    for blob in image.blobs() {
        assert_eq!(screen.matches(short(blob)).count(), 1, "one line is left of each:\n{screen}");
    }
    assert!(!screen.contains("^C"), "{screen}");
    let store = check(&lugger.store());
    store.assert_sound();
    assert!(store.names().is_empty(), "{:?}", store.names());
    registry.clear_rules();
    let before = registry.requests().len();
    let run = lugger.args(["pull", &name]).ok();
    assert_eq!(run.stdout, downloaded(&name, image.digest()));
    let resumed = registry
        .requests()
        .into_iter()
        .skip(before)
        .find(|request| request.path.ends_with(&image.layers[1].digest));
    let range = resumed
        .as_ref()
        .and_then(|request| request.header("range"))
        .unwrap_or("nothing");
    assert!(range.starts_with("bytes=") && !range.starts_with("bytes=0-"), "{range}");
    assert!(run.stderr.contains("Resuming at "), "{}", run.stderr);
    check(&lugger.store()).assert_sound();
}

#[test]
fn a_login_asks_for_name_and_password_and_shows_no_password() {
    let registry = Registry::start().with_basic("ann", "s3cret canary", r#"Basic realm="here""#);
    let lugger = Lugger::new();
    let terminal = Terminal::start(&lugger.args(["login", &registry.host()]), 80, 24);
    terminal.wait_for("Username:");
    terminal.type_text("ann");
    terminal.send_keys(&["Enter"]);
    terminal.wait_for("Password:");
    terminal.wait_for_silence();
    terminal.type_text("s3cret canary");
    terminal.send_keys(&["Enter"]);
    assert_eq!(terminal.wait(), 0);
    let screen = terminal.history();
    assert!(screen.contains("Username: ann\nPassword:"), "{screen}");
    assert!(screen.contains("Login Succeeded"), "{screen}");
    assert!(!screen.contains("s3cret"), "{screen}");
    let again = Terminal::start(&lugger.args(["login", &registry.host()]), 80, 24);
    again.wait_for("Username (ann):");
    again.send_keys(&["Enter"]);
    again.wait_for("Password:");
    again.wait_for_silence();
    again.type_text("wrong");
    again.send_keys(&["Enter"]);
    assert_eq!(again.wait(), 4);
    assert!(!again.history().contains("wrong"), "{}", again.history());
}

#[test]
fn control_c_at_a_password_prompt_leaves_the_terminal_as_it_was() {
    let registry = Registry::start().with_basic("ann", "pw-canary", r#"Basic realm="here""#);
    let login = format!("{} login -u ann {}", env!("CARGO_BIN_EXE_lugger"), registry.host());
    let script = format!(r#"trap : INT; {login}; echo "ended $?"; read -r line; echo "got $line""#);
    let shell = Lugger::of("/bin/sh");
    for _ in 0..4 {
        let terminal = Terminal::start(&shell.args(["-c", &script]), 80, 24);
        terminal.wait_for("Password:");
        terminal.wait_for_silence();
        terminal.send_keys(&["C-c"]);
        assert!(terminal.wait_for("ended 130").contains("interrupted"));
        terminal.type_text("seen");
        terminal.send_keys(&["Enter"]);
        assert_eq!(terminal.wait(), 0);
        let screen = terminal.history();
        assert_eq!(screen.matches("seen").count(), 2, "what is typed is shown again:\n{screen}");
    }
}

#[test]
fn control_c_at_the_prompt_for_the_name_ends_the_login() {
    let registry = Registry::start().with_basic("ann", "pw-canary", r#"Basic realm="here""#);
    let lugger = Lugger::new();
    // Several, since it was a matter of luck once.
    for _ in 0..4 {
        let terminal = Terminal::start(&lugger.args(["login", &registry.host()]), 80, 24);
        terminal.wait_for("Username:");
        terminal.send_keys(&["C-c"]);
        assert_eq!(terminal.wait(), 130);
        assert!(terminal.history().contains("interrupted"), "{}", terminal.history());
    }
    assert!(!lugger.config_path().exists());
}

#[test]
fn no_escape_code_leaves_for_a_pipe() {
    let (registry, lugger, image) = (Registry::start(), Lugger::new(), image());
    registry.put_image("app", "1", &image);
    let name = registry.name("app:1");
    let copy = registry.name("copy:1");
    plain(&lugger.args(["pull", &name]).ok());
    lugger.args(["tag", &name, &copy]).ok();
    plain(&lugger.args(["push", &copy]).ok());
    plain(&lugger.args(["list-tags", &registry.name("app")]).ok());
    plain(&lugger.args(["images"]).ok());
    plain(&lugger.args(["inspect", &name]).ok());
    plain(&lugger.args(["pull", &registry.name("app:none")]).fails(3));
    plain(&lugger.args(["pull", "--no-such-flag"]).fails(2));
    plain(&lugger.args(["--help"]).ok());
    // Bars are asked for, but there is no terminal that could show them.
    lugger.args(["rmi", &name, &copy]).ok();
    plain(&lugger.args(["pull", "--progress", "bars", &name]).env("TERM", "xterm").ok());
}

fn plain(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(['\u{1b}', '\r', '\u{8}']), "{text:?}");
    }
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let registry = Registry::start();
    let lugger = Lugger::new();
    let missing = registry.name("app:none");
    let error = |call: Call| {
        let terminal = Terminal::start(&call, 100, 24);
        assert_eq!(terminal.wait(), 3);
        let styled = terminal.styled();
        assert!(styled.contains("cannot pull"), "{styled}");
        styled
    };
    assert!(error(lugger.args(["pull", &missing])).contains("\u{1b}[1m"));
    let quiet = [
        lugger.args(["pull", &missing]).env("NO_COLOR", "1"),
        lugger.args(["pull", "--color", "never", &missing]),
    ];
    for call in quiet {
        let styled = error(call);
        assert!(!styled.contains('\u{1b}'), "{styled:?}");
    }
}
