//! Texts of others, made fit to be shown: they must not move the cursor, nor disguise themselves.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

/// Does a character steer a terminal or turn the direction of writing, instead of being read?
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line: what would steer is left out, and what would break or shift the line is a space.
#[must_use]
pub fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    spaced.filter(|c| !steers(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_not_shown() {
        assert_eq!(one_line("a\nb\tc\u{1b}[31m\u{202e}d\u{9b}"), "a b c [31md ");
        assert_eq!(one_line("grün, 緑"), "grün, 緑");
    }
}
