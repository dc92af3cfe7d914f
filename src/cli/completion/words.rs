//! From the words of a line to those that can stand at its end. Which argument the cursor is at is for clap's engine to find;
//! here its arguments learn what they mean, and its answer is written for the shell.
//!
//! A line of the answer is a word, and behind a tab what it is. One that begins with a tab tells the shell to look for `files` or
//! `folders` itself, behind what stands in the third field: shells know best about `~` and the like.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use lugger::text::one_line;

use crate::cli::args::Arguments;
use crate::cli::completion::meaning::Meaning;
use crate::cli::completion::names::{self, Then};
use crate::cli::completion::shell;
use crate::cli::completion::surroundings::Surroundings;

/// The most words that are offered of one kind.
const MAX_WORDS: usize = 500;
/// The tags of the candidates that are no words.
const FILES: &str = "\tfiles";
const FOLDERS: &str = "\tfolders";
/// Where an image may be, other than on a registry.
const PLACES: [&str; 5] = ["store:", "oci:", "oci-archive:", "docker-archive:", "docker-daemon:"];

/// The lines for the shell.
pub(super) fn answer(shell: Shell, words: &[OsString]) -> Vec<String> {
    let typed: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut line = shell::read(shell, &typed);
    // Before the program there may be assignments, or another program that runs it.
    let program = line
        .iter()
        .position(|word| Path::new(word).file_stem() == Some(OsStr::new("lugger")));
    line.drain(..program.unwrap_or_default());
    let (Some(last), Some(word)) = (typed.last(), line.pop()) else {
        return Vec::new();
    };
    // Asked for what begins with a dash, the engine prefers flags of one letter.
    let found = candidates(&line, if word == "-" { "" } else { &word });
    // Flags would bury the names; who wants one begins it.
    let only_flags = found.iter().all(is_flag);
    let wanted = found
        .iter()
        .filter(|one| only_flags || word.starts_with('-') || !is_flag(one));
    wanted.filter_map(|one| written(shell, last, &word, one)).collect()
}

fn candidates(line: &[String], word: &str) -> Vec<CompletionCandidate> {
    let surroundings = Arc::new(Surroundings::of(line));
    let mut command = taught(Arguments::command(), &surroundings);
    let words: Vec<OsString> = line.iter().map(String::as_str).chain([word]).map(OsString::from).collect();
    complete(&mut command, words, line.len(), None).unwrap_or_default()
}

fn is_flag(candidate: &CompletionCandidate) -> bool {
    candidate.get_value().to_string_lossy().starts_with('-')
}

/// A candidate as a line of the answer, in place of a word that was `typed` so.
fn written(shell: Shell, typed: &str, word: &str, candidate: &CompletionCandidate) -> Option<String> {
    let value = candidate.get_value().to_str()?;
    // Of a command's names the engine takes the first by the alphabet.
    let command = candidate.get_id().and_then(|id| id.strip_prefix("command::"));
    let value = command.filter(|command| command.starts_with(word)).unwrap_or(value);
    if let Some(kind) = [FILES, FOLDERS].into_iter().find(|kind| value.ends_with(kind)) {
        let before = value.strip_suffix(kind)?;
        return Some(format!("{kind}\t{before}"));
    }
    let value = shell::written(shell, typed, value);
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let help = one_line(help.lines().next().unwrap_or_default());
    Some(if help.is_empty() { value } else { format!("{value}\t{help}") })
}

/// The command, with what completes the values of its arguments.
fn taught(command: Command, surroundings: &Arc<Surroundings>) -> Command {
    let command = command.mut_args(|argument| completed(argument, surroundings));
    command.mut_subcommands(|command| taught(command, surroundings))
}

fn completed(argument: Arg, surroundings: &Arc<Surroundings>) -> Arg {
    let Some(meaning) = argument.get::<Meaning>().copied() else {
        return argument;
    };
    let surroundings = Arc::clone(surroundings);
    let completer = move |word: &OsStr| {
        word.to_str()
            .map(|word| values(meaning, &surroundings, word))
            .unwrap_or_default()
    };
    argument.add(ArgValueCompleter::new(completer))
}

/// What can stand for an argument that begins like a word.
fn values(meaning: Meaning, surroundings: &Surroundings, word: &str) -> Vec<CompletionCandidate> {
    // A flag has begun, and no name does so.
    if word.starts_with('-') {
        return Vec::new();
    }
    let is_remote = || surroundings.line().iter().any(|word| word == "--remote");
    let some = match meaning {
        Meaning::StoredImage if is_remote() => names::registry_images(surroundings, word),
        Meaning::StoredImage => names::stored_images(surroundings, word),
        Meaning::RegistryImage => names::registry_images(surroundings, word),
        Meaning::AnyImage => any_images(surroundings, word),
        Meaning::StoredRepository => names::stored_repositories(surroundings, word),
        Meaning::RegistryRepository => names::registry_repositories(surroundings, word, Then::End),
        Meaning::Host => names::hosts(surroundings, word, ""),
        Meaning::Place | Meaning::StoredPlace | Meaning::Base => return places(meaning, surroundings, word),
        Meaning::Platform => return offered(names::platforms(surroundings, word)),
        Meaning::Path => return vec![CompletionCandidate::new(FILES)],
        Meaning::Folder => return vec![CompletionCandidate::new(FOLDERS)],
    };
    offered(spread(some))
}

fn any_images(surroundings: &Surroundings, word: &str) -> BTreeSet<String> {
    let mut names = names::stored_images(surroundings, word);
    names.extend(names::registry_images(surroundings, word));
    names
}

fn places(meaning: Meaning, surroundings: &Surroundings, word: &str) -> Vec<CompletionCandidate> {
    if let Some(name) = word.strip_prefix("store:") {
        let names = spread(names::stored_images(surroundings, name));
        return offered(names.into_iter().map(|name| format!("store:{name}")).collect());
    }
    for (place, kind) in [("oci:", FOLDERS), ("oci-archive:", FILES), ("docker-archive:", FILES)] {
        if word.starts_with(place) {
            return vec![CompletionCandidate::new(format!("{place}{kind}"))];
        }
    }
    if word.starts_with("docker-daemon:") {
        return Vec::new();
    }
    let scratch = (meaning == Meaning::Base).then_some("scratch");
    let fixed = PLACES.into_iter().chain(scratch).filter(|place| place.starts_with(word));
    let names = if meaning == Meaning::StoredPlace {
        any_images(surroundings, word)
    } else {
        names::registry_images(surroundings, word)
    };
    offered(spread(names).into_iter().chain(fixed.map(str::to_owned)).collect())
}

/// Not more names than a person can look through. The first and the last are always among them, so that what all have in
/// common, which is what the shell types, is not made longer.
fn spread(names: BTreeSet<String>) -> Vec<String> {
    let last = names.last().cloned().filter(|_| names.len() > MAX_WORDS);
    let first = names.into_iter().take(if last.is_some() { MAX_WORDS - 1 } else { MAX_WORDS });
    first.chain(last).collect()
}

/// In this order.
fn offered(names: Vec<String>) -> Vec<CompletionCandidate> {
    let names = names.into_iter().enumerate();
    names
        .map(|(order, name)| CompletionCandidate::new(name).display_order(Some(order)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What nobody but the user can know.
    const FREE: [&str; 21] = [
        "USER",
        "PASS",
        "N",
        "TIME",
        "RATE",
        "AGE",
        "PATTERN",
        "RANGE",
        "TAG",
        "NAME",
        "NAMESPACE",
        "SIZE",
        "K=V",
        "WORDS",
        "USER[:GROUP]",
        "PORT[/PROTOCOL]",
        "HOST:PORT",
        "HOST[:PORT]",
        // Folders in an image.
        "workdir",
        "volumes",
        // The line itself.
        "words",
    ];

    fn arguments(command: &Command) -> Vec<(String, Arg)> {
        let own = command
            .get_arguments()
            .map(|argument| (command.get_name().to_owned(), argument.clone()));
        own.chain(command.get_subcommands().flat_map(arguments)).collect()
    }

    #[test]
    fn every_argument_says_what_it_means() {
        let mut command = Arguments::command();
        command.build();
        for (of, argument) in arguments(&command) {
            let takes_value = argument.get_num_args().is_some_and(|count| count.takes_values());
            let names = argument.get_value_names().unwrap_or_default();
            let names = names
                .iter()
                .map(clap::builder::Str::as_str)
                .chain([argument.get_id().as_str()]);
            let is_free = names.into_iter().any(|name| FREE.contains(&name));
            let is_known = argument.get::<Meaning>().is_some() || !argument.get_possible_values().is_empty();
            assert!(
                !takes_value || is_free || is_known,
                "`{}` of `lugger {of}` can be completed only if it has a meaning: #[arg(add = Meaning::...)]",
                argument.get_id()
            );
        }
    }

    #[test]
    fn what_many_names_have_in_common_stays_the_same_when_they_are_fewer() {
        let names: BTreeSet<String> = (0..5000).map(|n| format!("v{n:04}")).collect();
        let few = spread(names.clone());
        assert_eq!((few.len(), few.first(), few.last()), (MAX_WORDS, names.first(), names.last()));
        let exactly: BTreeSet<String> = names.into_iter().take(MAX_WORDS).collect();
        assert_eq!(spread(exactly.clone()), exactly.into_iter().collect::<Vec<_>>());
    }
}
