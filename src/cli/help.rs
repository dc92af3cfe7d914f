//! The help of the whole program: its commands in groups, which clap has no word for.

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use crate::cli::args::Arguments;

/// Commands that belong together.
pub(crate) struct Group {
    pub(crate) heading: &'static str,
    pub(crate) commands: &'static [&'static str],
}

/// Every command is in one of them, and stands where it stands here.
pub(crate) const GROUPS: [Group; 4] = [
    Group {
        heading: "Everyday",
        commands: &[
            "login",
            "logout",
            "pull",
            "push",
            "tag",
            "list-tags",
            "images",
            "rmi",
            "prune",
            "check",
        ],
    },
    Group {
        heading: "Registries",
        commands: &["list-repos", "inspect", "digest", "exists", "wait", "delete", "copy", "auth"],
    },
    Group {
        heading: "Files and servers",
        commands: &["load", "save", "export", "append", "serve"],
    },
    Group {
        heading: "Shells and scripts",
        commands: &["completion", "kube-secret", "man"],
    },
];

/// The names of all commands.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|group| group.commands).copied()
}

/// Help with the groups, which are laid out only for those who ask for them; anything else as it was said.
pub(crate) fn with_groups(said: clap::Error) -> clap::Error {
    match said.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            grouped().try_get_matches().err().unwrap_or(said)
        }
        _ => said,
    }
}

/// The program with its commands in groups.
fn grouped() -> clap::Command {
    let program = Arguments::command();
    let header = *program.get_styles().get_header();
    let groups = groups(&program);
    program.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}{header}Global options:{header:#}\n{{options}}{{after-help}}"
    ))
}

/// The list that clap makes of all commands, in our order and with our headings, so that it is coloured and fits the screen
/// as all its lists.
fn groups(program: &clap::Command) -> String {
    let in_order = |list: clap::Command, (place, name)| list.mut_subcommand(name, |command| command.display_order(place));
    let mut list = names().enumerate().fold(program.clone(), in_order);
    list = list.disable_help_subcommand(true).help_template("{subcommands}");
    let list = list.render_help().ansi().to_string();
    let mut entries = entries(&list).into_iter();
    let header = program.get_styles().get_header();
    let mut text = String::new();
    for Group { heading, commands } in &GROUPS {
        text.extend([format!("{header}{heading}:{header:#}\n")]);
        text.extend(entries.by_ref().take(commands.len()));
        text.push('\n');
    }
    text
}

/// Each with its further lines, which are indented more than the first.
fn entries(list: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in list.lines() {
        let is_first = line.starts_with("  ") && !line.starts_with("   ");
        match entries.last_mut() {
            Some(entry) if !is_first => entry.extend([line, "\n"]),
            _ => entries.push(format!("{line}\n")),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    /// The commands of the examples in a help, as they are typed behind pipes and in substitutions too.
    fn examples(help: &str) -> Vec<String> {
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        let block: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        let commands = block.join("\n").replace("\\\n", " ");
        let parts = commands.split(['\n', '|', '(', ')']).map(str::trim);
        let parts = parts.filter(|part| part.starts_with("lugger "));
        parts.map(|part| part.split('>').next().unwrap_or(part).to_owned()).collect()
    }

    fn own_commands() -> Vec<clap::Command> {
        Arguments::command().get_subcommands().cloned().collect()
    }

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped: Vec<&str> = names().collect();
        grouped.sort_unstable();
        let commands = own_commands();
        let mut commands: Vec<&str> = commands.iter().map(clap::Command::get_name).collect();
        commands.sort_unstable();
        assert_eq!(grouped, commands);
    }

    #[test]
    fn the_groups_hold_whole_entries_in_their_order_on_every_screen() {
        for width in [40, 80, 100] {
            let text = groups(&Arguments::command().term_width(width));
            let text = clap::builder::StyledStr::from(text).to_string();
            let entries = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
            let shown: Vec<&str> = entries.filter_map(|line| line.split_whitespace().next()).collect();
            assert_eq!(shown, names().collect::<Vec<_>>(), "{text}");
            let too_long = text.lines().find(|line| line.chars().count() > width);
            assert_eq!(too_long, None, "{width}");
            let headings = text.lines().filter(|line| !line.starts_with(' ') && line.ends_with(':'));
            assert_eq!(headings.count(), GROUPS.len(), "{text}");
        }
    }

    #[test]
    fn every_command_has_examples_and_all_of_them_are_understood() {
        let program = Arguments::command();
        let own = program.get_after_long_help().map(ToString::to_string);
        let helps = own_commands().into_iter().map(|command| {
            let help = command.get_after_help().map(ToString::to_string);
            (command.get_name().to_owned(), help)
        });
        for (name, help) in helps.chain([(String::from("lugger"), own)]) {
            let examples = examples(&help.unwrap_or_default());
            assert!(!examples.is_empty(), "`{name}` has no examples");
            for example in examples {
                let words = shlex::split(&example).unwrap();
                let understood = Arguments::try_parse_from(&words);
                assert!(understood.is_ok(), "{example}\n{}", understood.err().unwrap());
                assert!(name == "lugger" || words.contains(&name), "`{name}` shows `{example}`");
            }
        }
    }
}
