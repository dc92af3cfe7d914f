//! Byte counts as docker writes them: decimal units, no space, a fixed number of significant digits.
//!
//! `docker images` shows three digits and progress bars show four. How a size is laid out on a line is left to the caller.

const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/// Three digits, for tables and summaries: `7.8MB`.
#[must_use]
pub fn human(bytes: u64) -> String {
    let (number, unit) = rounded(bytes, 3);
    format!("{number}{unit}")
}

/// Four digits, for bars, where a change should be seen: `524.3kB`.
#[must_use]
pub fn fine(bytes: u64) -> String {
    let (number, unit) = rounded(bytes, 4);
    format!("{number}{unit}")
}

/// Three digits and a space, for sentences: `41 MB`.
#[must_use]
pub fn spaced(bytes: u64) -> String {
    let (number, unit) = rounded(bytes, 3);
    format!("{number} {unit}")
}

/// In whole numbers throughout: a float would make `1e+03kB` of 999,999 bytes, as docker does.
fn rounded(bytes: u64, digits: u32) -> (String, &'static str) {
    let mut scale = 1_u128;
    let mut unit = 0;
    let mut shown = (u128::from(bytes), 0);
    while shown.0 >= 1000 * 10_u128.pow(shown.1) {
        scale *= 1000;
        unit += 1;
        shown = at_scale(u128::from(bytes), scale, digits);
    }
    (decimal(shown.0, shown.1), UNITS.get(unit).copied().unwrap_or_default())
}

/// The count at this scale as a whole number, and how many of its last digits stand behind the point.
fn at_scale(bytes: u128, scale: u128, digits: u32) -> (u128, u32) {
    let before = (bytes / scale).max(1).ilog10() + 1;
    let behind = digits.saturating_sub(before).min(scale.ilog10());
    let step = scale / 10_u128.pow(behind);
    ((bytes + step / 2) / step, behind)
}

fn decimal(number: u128, behind: u32) -> String {
    let one = 10_u128.pow(behind);
    let text = format!("{}.{:0width$}", number / one, number % one, width = behind as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_show_three_digits_as_docker_does() {
        let cases = [
            (0, "0B"),
            (1, "1B"),
            (100, "100B"),
            (946, "946B"),
            (999, "999B"),
            (1000, "1kB"),
            (1024, "1.02kB"),
            (1_500, "1.5kB"),
            (7_800_000, "7.8MB"),
            (100_400_000, "100MB"),
            (1_230_000_000, "1.23GB"),
            (u64::MAX, "18.4EB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(human(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn bars_show_four_digits() {
        let cases = [
            (512, "512B"),
            (524_288, "524.3kB"),
            (3_145_728, "3.146MB"),
            (7_340_032, "7.34MB"),
            (12_345_678_901, "12.35GB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(fine(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn what_rounds_up_to_a_thousand_takes_the_next_unit() {
        assert_eq!(human(999_499), "999kB");
        assert_eq!(human(999_500), "1MB");
        assert_eq!(human(999_999), "1MB");
        assert_eq!(fine(999_999_999), "1GB");
        assert_eq!(fine(9_999_900), "10MB");
    }

    #[test]
    fn sentences_have_a_space() {
        assert_eq!(spaced(41_000_000), "41 MB");
        assert_eq!(spaced(0), "0 B");
    }
}
