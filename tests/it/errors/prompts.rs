//! What is told to a person at a terminal, and what is not shown there.

use super::keep;
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::terminal::Terminal;

#[test]
fn what_is_no_text_is_neither_read_from_a_terminal_nor_shown_on_one() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    keep(&lugger, "app:1", &Image::tiny(1));
    let runs: [&[&str]; 5] = [
        &["load"],
        &["save", "app:1"],
        &["append", "scratch", "-t", "app:2", "--layer", "-"],
        &["kube-secret", "regcred", "registry.invalid"],
        &["export", "store:app:1", "-o", "-"],
    ];
    for words in runs {
        let terminal = Terminal::start(&lugger.args(words), 250, 10);
        let status = terminal.wait();
        terminal.wait_for("error: ");
        messages.keep_text(&format!("{} (exit status {status})", words.join(" ")), &terminal.history());
    }
}

#[test]
fn a_no_at_the_question_deletes_nothing() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    for tag in ["1", "pr-1", "pr-2"] {
        registry.put_image("app", tag, &Image::tiny(1));
    }
    let words = ["delete", "--filter", "pr-*", "--keep", "0", &registry.name("app")];
    let terminal = Terminal::start(&lugger.args(words), 120, 20);
    terminal.wait_for("[y/N]");
    terminal.send_keys(&["n", "Enter"]);
    assert_eq!(terminal.wait(), 1);
    messages.keep_text("by rules", &terminal.wait_for("error: "));
    assert_eq!(registry.tags("app").len(), 3);
}
