//! Is what was printed what a page says? Two things may differ: the order of the lines about blobs, which move side by
//! side, and how long ago an image was made, with the width of that column. `…` on a page stands for any text.

/// Compares line by line.
pub(super) fn same(says: &[String], prints: &[String]) -> bool {
    let (says, prints) = (settled(says), settled(prints));
    says.len() == prints.len() && says.iter().zip(&prints).all(|(says, prints)| fits(says, prints))
}

fn settled(lines: &[String]) -> Vec<String> {
    let ages: Vec<Option<String>> = lines.iter().map(|line| without_age(line)).collect();
    // An age sets the width of its column, so the whole output is compared without its alignment.
    let has_age = ages.iter().any(Option::is_some);
    let settled = |(line, age): (&String, Option<String>)| match age {
        Some(without) => without,
        None if has_age => words(line).join(" "),
        None => line.trim_end().to_owned(),
    };
    let mut lines: Vec<String> = lines.iter().zip(ages).map(settled).collect();
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|line| is_about_a_blob(line)).count();
        lines[start..start + run].sort();
        start += run.max(1);
    }
    lines
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn is_about_a_blob(line: &str) -> bool {
    line.split_once(": ")
        .is_some_and(|(id, _)| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns the line with `AGE` for how long ago an image was made, such as `24 hours ago`; nothing if it has no age.
fn without_age(line: &str) -> Option<String> {
    const UNITS: [&str; 7] = ["second", "minute", "hour", "day", "week", "month", "year"];
    let words = words(line);
    let ago = words.iter().position(|word| *word == "ago")?;
    let is_age = ago >= 2 && words[ago - 2].parse::<u64>().is_ok() && UNITS.contains(&words[ago - 1].trim_end_matches('s'));
    is_age.then(|| [&words[..ago - 2], &["AGE"], &words[ago + 1..]].concat().join(" "))
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
        ("x   3 apples ago   3MB", "x   2 apples ago   3MB", false),
        (
            "NAME   CREATED        SIZE\nx      32 hours ago   3MB",
            "NAME   CREATED       SIZE\nx      2 weeks ago   3MB",
            true,
        ),
        ("NAME   CREATED   SIZE", "NAME   CREATED  SIZE", false),
    ];
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (says, prints, expected) in cases {
        assert_eq!(same(&lines(says), &lines(prints)), expected, "{says:?} {prints:?}");
    }
}
