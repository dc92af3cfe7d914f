//! Is what was printed what a page says? Two things may differ: the order of the lines about blobs, which move side by
//! side, and how long ago an image was made. `…` on a page stands for any text.

/// Compares line by line.
pub(super) fn same(says: &[String], prints: &[String]) -> bool {
    let (says, prints) = (settled(says), settled(prints));
    says.len() == prints.len() && says.iter().zip(&prints).all(|(says, prints)| fits(says, prints))
}

fn settled(lines: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|line| without_age(line.trim_end())).collect();
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|line| is_about_a_blob(line)).count();
        lines[start..start + run].sort();
        start += run.max(1);
    }
    lines
}

fn is_about_a_blob(line: &str) -> bool {
    line.split_once(": ")
        .is_some_and(|(id, _)| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `24 hours ago` is `2 days ago` tomorrow, and a column may be a blank wider then.
fn without_age(line: &str) -> String {
    const UNITS: [&str; 7] = ["second", "minute", "hour", "day", "week", "month", "year"];
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let Some(ago) = words.iter().position(|word| *word == "ago") else {
        return line.to_owned();
    };
    let is_age = ago >= 2 && UNITS.contains(&words[ago - 1].trim_end_matches('s'));
    if !is_age {
        return line.to_owned();
    }
    [&words[..ago - 2], &["AGE"], &words[ago + 1..]].concat().join(" ")
}

/// `…` stands for any text, and must be the only difference.
fn fits(says: &str, prints: &str) -> bool {
    let mut parts = says.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = prints.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some((_, after)) = rest.split_once(middle) else {
                return false;
            };
            rest = after;
        }
    }
    match last {
        Some(end) => rest.ends_with(end),
        None => rest.is_empty(),
    }
}

#[test]
fn only_what_may_differ_is_let_pass() {
    let cases = [
        ("a", "a", true),
        ("a", "b", false),
        ("a", "a\nb", false),
        ("a…", "abc", true),
        ("a…c…e", "abcde", true),
        ("a…c…e", "abde", false),
        ("a…", "b", false),
        ("0123456789ab: X\n0123456789ac: Y", "0123456789ac: Y\n0123456789ab: X", true),
        ("0123456789ab: X\nend", "end\n0123456789ab: X", false),
        ("x   24 hours ago   3MB", "x   2 days ago   3MB", true),
        ("x   24 hours ago   3MB", "x   2 days ago   4MB", false),
    ];
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (says, prints, expected) in cases {
        assert_eq!(same(&lines(says), &lines(prints)), expected, "{says:?} {prints:?}");
    }
}
