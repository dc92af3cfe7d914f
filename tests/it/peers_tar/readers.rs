//! What other programs say is in a tar.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// One entry as it is listed.
#[derive(Debug)]
pub(super) struct Entry {
    name: Vec<u8>,
    kind: u8,
    size: u64,
    /// Where a link leads.
    target: Vec<u8>,
}

/// What unpacking into an empty folder gives: for each path its kind, its size and where it leads.
pub(super) type Meaning = BTreeMap<String, (char, u64, String)>;

/// How a program lists a tar.
type List = fn(&Path) -> Vec<Entry>;

/// Those that are asked.
pub(super) const READERS: [(&str, List); 3] = [("GNU tar", gnu), ("libarchive", libarchive), ("Python", python)];

/// As GNU tar lists it: rights, owners, size, day, time, name.
pub(super) fn gnu(path: &Path) -> Vec<Entry> {
    let mut tar = Command::new("tar");
    tar.args(["-tv", "--quoting-style=escape", "--numeric-owner", "--full-time", "-f"]);
    lines(tar.arg(path), 5)
}

/// As libarchive lists it: rights, links, owner, group, size, month, day, time, name.
fn libarchive(path: &Path) -> Vec<Entry> {
    lines(Command::new("bsdtar").args(["--numeric-owner", "-tvf"]).arg(path), 8)
}

/// The lines of a list that have so many fields before the name, the first of them the rights.
fn lines(command: &mut Command, fields: usize) -> Vec<Entry> {
    let output = command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC").output().unwrap();
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| of_line(line, fields)).collect()
}

fn of_line(line: &[u8], fields: usize) -> Entry {
    let mut rest = line;
    let mut before = Vec::new();
    for _ in 0..fields {
        let start = rest.iter().position(|byte| *byte != b' ').unwrap();
        let end = rest.iter().skip(start).position(|byte| *byte == b' ').unwrap() + start;
        before.push(String::from_utf8_lossy(&rest[start..end]).into_owned());
        rest = &rest[end..];
    }
    let said = &rest[1..];
    let split = |mark: &[u8]| {
        said.windows(mark.len())
            .position(|window| window == mark)
            .map(|at| (at, mark.len()))
    };
    let mark = split(b" -> ").or_else(|| split(b" link to "));
    let (name, target) = match mark {
        Some((at, length)) => (&said[..at], &said[at + length..]),
        None => (said, &b""[..]),
    };
    let is_hard = mark.is_some_and(|(_, length)| length > 4);
    let size = if fields == 5 { &before[2] } else { &before[4] };
    Entry {
        name: unescaped(name),
        kind: if is_hard { b'h' } else { before[0].as_bytes()[0] },
        size: size.parse().unwrap_or_default(),
        target: unescaped(target),
    }
}

/// The bytes behind backslashes: three octal digits, or a letter, or the byte itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let (byte, used) = match tail {
            _ if *first != b'\\' => (*first, 1),
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => (((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'), 4),
            [letter, ..] => {
                let letters = b"a\x07b\x08f\x0cn\nr\rt\tv\x0b";
                let known = letters.chunks(2).find(|pair| pair[0] == *letter);
                (known.map_or(*letter, |pair| pair[1]), 2)
            }
            [] => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    bytes
}

/// As Python's module lists it, in digits.
fn python(path: &Path) -> Vec<Entry> {
    const SCRIPT: &str = r#"
import sys, tarfile
kinds = [("isreg", "-"), ("isdir", "d"), ("issym", "l"), ("islnk", "h"), ("ischr", "c"), ("isblk", "b"), ("isfifo", "p")]
with tarfile.open(sys.argv[1], "r:", encoding="utf-8", errors="surrogateescape") as tar:
    for entry in tar:
        kind = next((kind for name, kind in kinds if getattr(entry, name)()), "?")
        words = [word.encode("utf-8", "surrogateescape").hex() for word in (entry.name, entry.linkname)]
        print(kind, entry.size, *["x" + word for word in words])
"#;
    let output = Command::new("python3").args(["-c", SCRIPT]).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let bytes = |word: &str| {
        let digits = word.as_bytes()[1..].chunks(2);
        digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    let entry = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let kind = words[0].as_bytes()[0];
        Entry {
            name: bytes(words[2]),
            kind,
            size: words[1].parse().unwrap(),
            target: if matches!(kind, b'l' | b'h') {
                bytes(words[3])
            } else {
                Vec::new()
            },
        }
    };
    text.lines().map(entry).collect()
}

fn normal(name: &[u8]) -> String {
    let parts = name.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    parts
        .map(|part| part.escape_ascii().to_string())
        .collect::<Vec<_>>()
        .join("/")
}

/// What a list comes to: a later entry replaces an earlier one, and another name of a file is that file.
pub(super) fn meaning(entries: &[Entry]) -> Meaning {
    let mut meaning = Meaning::new();
    for entry in entries {
        let path = normal(&entry.name);
        let parents = path.match_indices('/').map(|(at, _)| path[..at].to_string());
        for parent in parents.collect::<Vec<_>>() {
            meaning.entry(parent).or_insert(('d', 0, String::new()));
        }
        let of = |target: &[u8]| target.escape_ascii().to_string();
        let what = match entry.kind {
            b'h' => meaning
                .get(&normal(&entry.target))
                .cloned()
                .unwrap_or(('?', 0, of(&entry.target))),
            b'l' => ('l', 0, of(&entry.target)),
            b'd' => ('d', 0, String::new()),
            // To lie in one piece is a wish from when that was possible.
            b'C' => ('-', entry.size, String::new()),
            kind => (kind.into(), entry.size, String::new()),
        };
        if what.0 != 'd' {
            let below = format!("{path}/");
            meaning.retain(|known, _| !known.starts_with(&below));
        }
        meaning.insert(path, what);
    }
    meaning.remove("");
    meaning
}

/// What GNU tar takes out of an archive under a name, the last there is; and what libarchive does.
pub(super) fn taken_out(path: &Path, name: &str) -> [Option<String>; 2] {
    let folder = tempfile::tempdir().unwrap();
    ["tar", "bsdtar"].map(|program| {
        let into = folder.path().join(program);
        fs::create_dir(&into).unwrap();
        let output = Command::new(program)
            .arg("-xf")
            .arg(path)
            .arg("-C")
            .arg(&into)
            .arg(name)
            .output();
        output.unwrap();
        fs::read_to_string(into.join(name)).ok()
    })
}
