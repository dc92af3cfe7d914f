//! The code on a page: fenced blocks, what is typed in them and what is printed after it.

use std::ops::Range;

/// Runs the last YAML block above, which is a workflow of a CI system, as that does.
const WORKFLOW: &str = "workflow";

/// A page, read.
pub(super) struct Page {
    pub(super) commands: Vec<Command>,
    pub(super) files: Vec<File>,
}

/// Something to type.
pub(super) struct Command {
    /// The heading it stands under.
    pub(super) heading: String,
    /// Its line on the page, from 0.
    pub(super) line: usize,
    pub(super) text: String,
    /// What it prints, where the page says so; else it shall only succeed.
    pub(super) output: Option<Vec<String>>,
    /// Where that stands on the page.
    pub(super) output_lines: Option<Range<usize>>,
}

/// A block that is a file, such as settings.
pub(super) struct File {
    pub(super) heading: String,
    pub(super) kind: String,
    pub(super) text: String,
}

/// A fenced block of a page.
struct Block<'a> {
    heading: &'a str,
    kind: &'a str,
    /// The line of its first line, from 0.
    start: usize,
    lines: Vec<&'a str>,
}

impl Page {
    pub(super) fn parse(text: &str) -> Self {
        let mut page = Self {
            commands: Vec::new(),
            files: Vec::new(),
        };
        for block in blocks(text) {
            match block.kind {
                "console" => page.commands.extend(dialogue(&block)),
                "sh" => page.commands.extend(script(&block)),
                "text" => {}
                "" => panic!("line {}: a block that does not say what it is", block.start),
                kind => {
                    page.files.push(File {
                        heading: block.heading.to_owned(),
                        kind: kind.to_owned(),
                        text: block.lines.join("\n") + "\n",
                    });
                    if kind == "yaml" {
                        page.commands.push(silent(&block, 0, WORKFLOW));
                    }
                }
            }
        }
        page
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut heading = "";
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let fence = line.strip_prefix("```");
        match (inside, fence) {
            (false, Some(kind)) => blocks.push(Block {
                heading,
                kind,
                start: number + 1,
                lines: Vec::new(),
            }),
            (true, None) => blocks.last_mut().unwrap().lines.push(line),
            (false, None) if line.starts_with('#') => heading = line.trim_start_matches('#').trim(),
            (false, None) => assert!(!line.starts_with("    "), "line {}: code without a fence", number + 1),
            (true, Some(_)) => {}
        }
        inside ^= fence.is_some();
    }
    blocks
}

/// Lines after `$ ` with what is printed below.
fn dialogue(block: &Block<'_>) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut continues = false;
    for (number, line) in block.lines.iter().enumerate() {
        let at = block.start + number;
        if let Some(text) = line.strip_prefix("$ ") {
            commands.push(Command {
                heading: block.heading.to_owned(),
                line: at,
                text: text.to_owned(),
                output: Some(Vec::new()),
                output_lines: Some(at + 1..at + 1),
            });
        } else {
            let command = commands.last_mut().expect("a dialogue begins with `$ `");
            let range = command.output_lines.as_mut().unwrap();
            if continues {
                command.text = format!("{}\n{line}", command.text);
                *range = at + 1..at + 1;
            } else {
                command.output.as_mut().unwrap().push((*line).to_owned());
                range.end = at + 1;
            }
        }
        continues = line.ends_with(['\\', '|']) && commands.last().is_some_and(|c| c.output.as_ref().unwrap().is_empty());
    }
    // A blank line before the next prompt is for the eye.
    for command in &mut commands {
        let output = command.output.as_mut().unwrap();
        while output.last().is_some_and(String::is_empty) {
            output.pop();
            command.output_lines.as_mut().unwrap().end -= 1;
        }
    }
    commands
}

/// Commands of which only the success is told: each line one, unless it goes on or a loop is open.
fn script(block: &Block<'_>) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut whole = true;
    for (number, line) in block.lines.iter().enumerate() {
        if whole && line.is_empty() {
            continue;
        }
        if whole {
            commands.push(silent(block, number, line));
        } else {
            let command = commands.last_mut().unwrap();
            command.text = format!("{}\n{line}", command.text);
        }
        let text = &commands.last().unwrap().text;
        let is_open = opens(text);
        whole = !line.ends_with(['\\', '|']) && !is_open;
    }
    commands.retain(|command| !super::is_elsewhere(&command.text));
    commands
}

/// Is a loop or a case begun that has not ended?
fn opens(text: &str) -> bool {
    (text.contains("; do") && !text.ends_with("done"))
        || (text.ends_with(" in") || text.contains(" in\n")) && !text.ends_with("esac")
}

fn silent(block: &Block<'_>, number: usize, text: &str) -> Command {
    Command {
        heading: block.heading.to_owned(),
        line: block.start + number,
        text: text.to_owned(),
        output: None,
        output_lines: None,
    }
}

/// What stands between backquotes in the text.
pub(super) fn code_spans(text: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            // A table has to write a bar as `\|`.
            let line = line.replace("\\|", "|");
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

/// The command and the long flags of `lugger COMMAND ...`, or of `COMMAND ...` alone as tables have it.
pub(super) fn command_of(span: &str) -> Option<(String, Vec<String>)> {
    let call = span
        .split('|')
        .map(str::trim)
        .find(|part| part.starts_with("lugger "))
        .unwrap_or(span);
    let mut words = call.split_whitespace().skip_while(|word| *word == "lugger");
    let command = words
        .next()
        .filter(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))?;
    let flags = words.map(|word| word.trim_matches(['[', ']', '.', '…']));
    let flags = flags.filter(|word| word.starts_with("--") && word.len() > 2);
    let name = |flag: &str| flag.split('=').next().unwrap_or(flag).to_owned();
    Some((command.to_owned(), flags.map(name).collect()))
}
