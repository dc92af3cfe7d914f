//! One page of the manual. What a command is and takes, `clap_mangen` tells; the blocks below its help become sections.

use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::help::{GROUPS, names};
use crate::cli::man::words::{ENVIRONMENT, FILES};

/// The order that manuals have; other sections stand before them.
const ORDER: [&str; 5] = ["EXIT STATUS", "ENVIRONMENT", "FILES", "NOTES", "EXAMPLES"];

/// A heading, and the lines below it.
type Section<'a> = (String, Vec<&'a str>);

/// The page of a command, or of the program itself.
pub(super) fn of(program: &clap::Command, command: &clap::Command, date: Option<&str>) -> anyhow::Result<String> {
    let is_program = command.get_name() == program.get_name();
    let version = program.get_version().unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let page = clap_mangen::Man::new(command.clone().override_usage(usage))
        .title(name(command).to_uppercase())
        // Nothing at all would make what follows the date.
        .date(date.unwrap_or("\"\""))
        .source(format!("{} {version}", program.get_name()))
        .manual("User Commands");
    let mut roff = Vec::new();
    page.render_title(&mut roff)?;
    page.render_name_section(&mut roff)?;
    page.render_synopsis_section(&mut roff)?;
    page.render_description_section(&mut roff)?;
    if is_program {
        groups(program).to_writer(&mut roff)?;
    }
    page.render_options_section(&mut roff)?;
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let beyond: &[&str] = if is_program { &[ENVIRONMENT, FILES] } else { &[] };
    let mut all = sections(&help);
    all.extend(beyond.iter().flat_map(|text| sections(text)));
    all.sort_by_key(|(heading, _)| ORDER.iter().position(|known| known == heading));
    for section in &all {
        written(section).to_writer(&mut roff)?;
    }
    see_also(program, command).to_writer(&mut roff)?;
    // The space above possible values, said in a way that mandoc takes too.
    Ok(String::from_utf8(roff)?.replace("\n.br\n\n.br\n", "\n.sp\n"))
}

/// The commands that have a page, in the order of the help.
pub(super) fn commands(program: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    names().filter_map(|name| program.find_subcommand(name))
}

/// The name of a page, as `lugger-pull`.
pub(super) fn name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn groups(program: &clap::Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for group in &GROUPS {
        roff.control("SS", [group.heading]);
        for command in group.commands.iter().filter_map(|name| program.find_subcommand(name)) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            roff.control("TP", []);
            roff.text([bold(name(command)), roman("(1)")]);
            roff.text([roman(about)]);
        }
    }
    roff
}

/// A block with a heading is a section of its own; other paragraphs are notes.
fn sections(help: &str) -> Vec<Section<'_>> {
    let blocks = help.split("\n\n").filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            let mut lines = block.lines();
            match lines.next().and_then(|first| first.strip_suffix(':')) {
                Some(heading) => (heading.to_uppercase(), lines.collect()),
                None => ("NOTES".to_owned(), block.lines().collect()),
            }
        })
        .collect()
}

fn written((heading, lines): &Section<'_>) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading.as_str()]);
    let as_it_stands = heading == "EXAMPLES";
    if as_it_stands {
        roff.control("nf", []);
    }
    for line in lines {
        match line.trim().split_once("   ") {
            _ if as_it_stands => {
                roff.text([roman(*line)]);
            }
            Some((term, text)) => {
                roff.control("TP", []);
                roff.text([bold(term)]);
                roff.text([roman(text.trim())]);
            }
            None => {
                roff.text([roman(line.trim())]);
            }
        }
    }
    if as_it_stands {
        roff.control("fi", []);
    }
    roff
}

/// The page of the program, and those of the same group; from there all pages and other programs.
fn see_also(program: &clap::Command, command: &clap::Command) -> Roff {
    let own = command.get_name();
    let group = GROUPS.iter().find(|group| group.commands.contains(&own));
    let others = match group {
        Some(group) => group.commands.iter().filter(|name| **name != own).copied().collect(),
        None => names().collect::<Vec<_>>(),
    };
    let others = others.into_iter().map(|name| format!("{}-{name}", program.get_name()));
    let mut pages: Vec<String> = match group {
        Some(_) => [program.get_name().to_owned()].into_iter().chain(others).collect(),
        None => others.chain(["docker", "skopeo"].map(str::to_owned)).collect(),
    };
    let last = pages.pop();
    let mut words = Vec::new();
    for page in pages {
        words.extend([bold(page), roman("(1), ")]);
    }
    words.extend(last.into_iter().flat_map(|page| [bold(page), roman("(1)")]));
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text(words);
    roff
}
