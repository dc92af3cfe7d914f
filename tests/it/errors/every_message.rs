//! Every message is seen: each text in the sources that people read is in a file of kept messages or in what some test
//! expects, or it is named in [`UNSEEN`] with the reason why not. A new message without a test fails here.
//!
//! A text is a literal with at least two words, whatever it is handed to: an error, a hint, a warning, a heading. What
//! stands between its places for values is looked for, the longest part of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::unseen::UNSEEN;
use crate::support::messages;

#[test]
fn every_message_is_seen_by_a_test_or_has_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seen = expectations(root);
    let messages = messages_of(&root.join("src"));
    assert!(messages.len() > 500, "only {} messages were found", messages.len());
    let is_excused = |message: &Message| UNSEEN.iter().any(|(text, _)| *text == message.text);
    let unseen = messages
        .iter()
        .filter(|message| !seen.has(&message.text) && !is_excused(message));
    let unseen: Vec<String> = unseen
        .map(|message| format!("{}: {:?}", message.place, message.text))
        .collect();
    assert!(
        unseen.is_empty(),
        "{} messages without a test:\n{}",
        unseen.len(),
        unseen.join("\n")
    );
    let is_old = |text: &str| seen.has(text) || !messages.iter().any(|message| message.text == text);
    let old: Vec<&str> = UNSEEN.iter().map(|(text, _)| *text).filter(|text| is_old(text)).collect();
    assert!(old.is_empty(), "{} are seen, or said no more:\n{}", old.len(), old.join("\n"));
}

struct Message {
    place: String,
    /// The longest part without a value in it.
    text: String,
}

/// What the tests expect, and what they have kept.
#[derive(Default)]
struct Seen {
    expected: Vec<String>,
    kept: String,
}

impl Seen {
    /// Is a message among them, or at least half of it? Many tests look for its telling words alone.
    fn has(&self, text: &str) -> bool {
        let is_half = |part: &str| is_prose(part) && part.len() * 2 >= text.len() && text.contains(part);
        let mut expected = self.expected.iter();
        self.kept.contains(text) || expected.any(|part| part.contains(text) || is_half(part))
    }
}

fn expectations(root: &Path) -> Seen {
    let mut seen = Seen::default();
    for path in files(&root.join("tests")) {
        if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("errors/unseen.rs") {
            let source = fs::read_to_string(&path).unwrap();
            seen.expected
                .extend(literals(&source).into_iter().map(|literal| literal.text));
        }
    }
    for path in files(&messages::folder()) {
        seen.kept += &fs::read_to_string(path).unwrap();
    }
    for path in files(&root.join("src")) {
        let source = fs::read_to_string(&path).unwrap();
        let begin = begin_of_tests(&path, &source);
        let expected = literals(&source).into_iter().filter(|literal| literal.at >= begin);
        seen.expected.extend(expected.map(|literal| literal.text));
    }
    seen
}

fn messages_of(folder: &Path) -> Vec<Message> {
    let mut found = Vec::new();
    for path in files(folder) {
        // The scripts for shells are programs of their own, and the simulation is a test.
        if path.extension().is_none_or(|extension| extension != "rs") || path.starts_with(folder.join("simulation")) {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let end = begin_of_tests(&path, &source);
        let name = path.strip_prefix(folder).unwrap().display().to_string();
        let literals = literals(&source)
            .into_iter()
            .filter(|literal| literal.at < end && !literal.is_of_attribute);
        found.extend(literals.filter_map(|literal| {
            let line = source[..literal.at].lines().count();
            let text = longest_part(&literal.text);
            is_prose(&text).then(|| Message {
                place: format!("src/{name}:{line}"),
                text,
            })
        }));
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let all = entries.into_iter();
    all.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// Where in a source the tests begin; what is for tests as a whole begins with them.
fn begin_of_tests(path: &Path, source: &str) -> usize {
    let whole = ["tests.rs", "testing.rs", "fuzzing.rs"];
    let is_for_tests =
        path.components().any(|part| part.as_os_str() == "tests") || whole.iter().any(|name| path.ends_with(name));
    if is_for_tests {
        return 0;
    }
    source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len())
}

fn is_prose(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1);
    words.count() >= 2 && text.trim().contains(' ')
}

/// The longest part of a text between the places for values and the ends of lines.
fn longest_part(text: &str) -> String {
    let shielded = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut parts: Vec<&str> = Vec::new();
    for line in shielded.split('\n') {
        let mut rest = line;
        while let Some((before, behind)) = rest.split_once('{') {
            parts.push(before);
            rest = behind.split_once('}').map_or("", |(_, rest)| rest);
        }
        parts.push(rest);
    }
    let longest = parts.iter().map(|part| part.trim()).rev().max_by_key(|part| part.len());
    longest.unwrap_or_default().replace('\u{1}', "{").replace('\u{2}', "}")
}

struct Literal {
    at: usize,
    text: String,
    /// Is it handed to an attribute, other than to say what an error says?
    is_of_attribute: bool,
}

/// The texts in a source, without those in comments, their escapes read.
fn literals(source: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut at = 0;
    let (mut attribute, mut brackets) = (None, 0_usize);
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let (text, length) = if rest.starts_with("//") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if let Some(length) = raw_begin(source, at) {
            let end = format!("\"{}", "#".repeat(length - 2));
            let inside = &rest[length..];
            let size = inside.find(&end).expect("a raw text ends");
            (Some(inside[..size].to_owned()), length + size + end.len())
        } else if let Some(length) = character(rest) {
            (None, length)
        } else if let Some(inside) = rest.strip_prefix('"') {
            let (text, length) = unescaped(inside);
            (Some(text), length + 1)
        } else {
            if attribute.is_none() && (rest.starts_with("#[") || rest.starts_with("#![")) {
                attribute = Some(!rest.starts_with("#[error("));
                brackets = 0;
            }
            if rest.starts_with('[') {
                brackets += 1;
            } else if rest.starts_with(']') && attribute.is_some() {
                brackets -= 1;
                attribute = attribute.filter(|_| brackets > 0);
            }
            (None, rest.chars().next().map_or(1, char::len_utf8))
        };
        found.extend(text.map(|text| Literal {
            at,
            text,
            is_of_attribute: attribute == Some(true),
        }));
        at += length;
    }
    found
}

/// How long `r#"` is, if a raw text begins here and not a name's last letter.
fn raw_begin(source: &str, at: usize) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let before = source[..at].chars().next_back();
    let marks = source[at..]
        .strip_prefix('r')
        .filter(|_| !before.is_some_and(|c| is_name(c) && c != 'b'))?;
    let inside = marks.trim_start_matches('#');
    inside.starts_with('"').then(|| marks.len() - inside.len() + 2)
}

/// How long a character is that stands in quotes; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return Some(inside.char_indices().skip(2).find(|(_, c)| *c == '\'')?.0 + 2);
    }
    let c = inside.chars().next()?;
    inside[c.len_utf8()..].starts_with('\'').then(|| c.len_utf8() + 2)
}

/// A text up to its closing quote, and how long it is in the source with that.
fn unescaped(inside: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = inside.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (text, at + 1),
            '\\' => match characters.next().expect("an escape has a letter").1 {
                '\n' => while characters.next_if(|(_, c)| c.is_whitespace()).is_some() {},
                'n' => text.push('\n'),
                'u' => while characters.next_if(|(_, c)| *c != '}').is_some() {},
                other => text.push(other),
            },
            c => text.push(c),
        }
    }
    panic!("a text without an end: {inside:.40}");
}

#[test]
fn texts_are_told_from_all_else() {
    let source = r##"
        // "no text here"
        #[arg(help = "no message either")]
        #[error("cannot {verb} `{path}`, \
                 which is {{odd}}")]
        fn f<'a>(c: char) { if c == '"' || c == '\'' { say(r#"a "raw" text"#, "an \"escaped\" one") } }
    "##;
    let all = literals(source);
    let texts: Vec<(&str, bool)> = all
        .iter()
        .map(|literal| (literal.text.as_str(), literal.is_of_attribute))
        .collect();
    let expected = [
        ("no message either", true),
        ("cannot {verb} `{path}`, which is {{odd}}", false),
        ("a \"raw\" text", false),
        ("an \"escaped\" one", false),
    ];
    assert_eq!(texts, expected);
    assert_eq!(longest_part("cannot {verb} `{path}`, which is {{odd}}"), "`, which is {odd}");
    assert!(is_prose("is odd") && !is_prose("odd") && !is_prose("application/json") && !is_prose("a b c"));
}
