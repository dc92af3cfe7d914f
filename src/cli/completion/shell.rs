//! How shells write words: what they hand over as it was typed is read, and what they would not quote is quoted.

use clap_complete::Shell;

/// What bash leaves as it is. Blanks, quotes and all that means something to it are not among these.
const PLAIN: &str = "-_./:=@,+%~^";

/// The words as the program would get them. Bash gives all of them as they were typed, fish the last one.
pub(super) fn read(shell: Shell, typed: &[String]) -> Vec<String> {
    let raw_from = match shell {
        Shell::Bash => 0,
        Shell::Fish => typed.len().saturating_sub(1),
        _ => typed.len(),
    };
    let words = typed.iter().enumerate();
    words
        .map(|(at, word)| if at < raw_from { word.clone() } else { unquoted(word).0 })
        .collect()
}

/// A word as the shell wants to have it in place of the one that was `typed`. Zsh, fish and elvish quote by themselves, and
/// so does bash in a word that has begun with a quote.
pub(super) fn written(shell: Shell, typed: &str, word: &str) -> String {
    if shell != Shell::Bash || unquoted(typed).1 {
        return word.to_owned();
    }
    let mut quoted = String::with_capacity(word.len());
    for c in word.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !PLAIN.contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// A word without its quotes, and whether one is still open at its end.
fn unquoted(typed: &str) -> (String, bool) {
    let mut word = String::with_capacity(typed.len());
    let mut open = None;
    let mut letters = typed.chars();
    while let Some(c) = letters.next() {
        match (c, open) {
            ('\\', None | Some('"')) => word.extend(letters.next()),
            ('\'' | '"', None) => open = Some(c),
            (c, Some(quote)) if c == quote => open = None,
            (c, _) => word.push(c),
        }
    }
    (word, open.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_the_shell_would_hand_it_over() {
        for (typed, word, open) in [
            ("localhost:5000/app:1", "localhost:5000/app:1", false),
            ("\"localhost:5000/te", "localhost:5000/te", true),
            ("'a b'c", "a bc", false),
            (r"a\ b\'c", "a b'c", false),
            (r"'a\", r"a\", true),
            (r#""a\"b"#, "a\"b", true),
            (r"a\", "a", false),
            ("", "", false),
        ] {
            assert_eq!(unquoted(typed), (word.to_owned(), open), "{typed}");
        }
    }

    #[test]
    fn only_what_the_shell_hands_over_raw_is_read() {
        let typed = ["'a'".to_owned(), "'b'".to_owned()];
        assert_eq!(read(Shell::Bash, &typed), ["a", "b"]);
        assert_eq!(read(Shell::Fish, &typed), ["'a'", "b"]);
        assert_eq!(read(Shell::Zsh, &typed), ["'a'", "'b'"]);
    }

    #[test]
    fn what_means_something_to_bash_is_quoted_outside_of_quotes() {
        let word = "oci:/a b$(c);`d`&\"'*";
        assert_eq!(written(Shell::Bash, "oci:/a", word), r#"oci:/a\ b\$\(c\)\;\`d\`\&\"\'\*"#);
        for (shell, typed) in [(Shell::Bash, "'oci:/a"), (Shell::Zsh, "oci:/a"), (Shell::Fish, "oci:/a")] {
            assert_eq!(written(shell, typed, word), word);
        }
        let plain = "localhost:5000/team/app:v1.2_3-x@sha256:00";
        assert_eq!(written(Shell::Bash, "", plain), plain);
    }
}
