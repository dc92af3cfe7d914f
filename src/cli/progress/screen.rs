//! The region of a terminal that is painted over again and again: the last lines of it, up to where the cursor stands.
//!
//! A page goes out in one write, over the one before, so that nothing flickers and no page is seen half. The cursor stays
//! where the text ends: what is typed meanwhile, as Ctrl-C is echoed as `^C`, then stands on the last line, which the next
//! page wipes, and not on one below, which would put that page one line off.
//!
//! A terminal that becomes narrower wraps the lines that stand there already. Where a line has been longer, most take the
//! blanks behind it for text then, unless it was erased from its first letter on.

use console::{Term, measure_text_width};

/// What the echo of Ctrl-C takes beside the text.
pub(super) const ROOM_FOR_ECHO: usize = 3;

const ERASE_TO_THE_EDGE: &str = "\x1b[K";
const ERASE_LINE: &str = "\x1b[2K";
const DOWN: &str = "\x1b[B";
const REMEMBER: &str = "\x1b7";
const RETURN: &str = "\x1b8";

/// Writes to the terminal.
pub(super) type Ink = Box<dyn Fn(&str) + Send>;

/// Can stderr be painted on?
pub(super) fn is_paintable() -> bool {
    Term::stderr().is_term() && !console::is_dumb()
}

/// Such a region.
pub(super) struct Region {
    ink: Ink,
    /// What is on the screen, and how wide that was when it got there.
    page: Vec<String>,
    columns: usize,
}

impl Region {
    /// An empty one, below all that is there.
    pub(super) fn new(ink: Ink) -> Self {
        Self {
            ink,
            page: Vec::new(),
            columns: 0,
        }
    }

    /// Shows this page in place of the one before. What is too wide is cut, so that nothing wraps.
    pub(super) fn paint(&mut self, page: &[String], columns: usize) {
        let page: Vec<String> = page.iter().map(|line| cut(line, columns)).collect();
        if page.is_empty() || columns != self.columns {
            let text = self.erased(columns) + &written(&page, columns);
            (self.ink)(&text);
        } else if page != self.page {
            let text = to_the_top(self.page.len()) + &over(&self.page, &page, columns);
            (self.ink)(&text);
        }
        (self.page, self.columns) = (page, columns);
    }

    /// A line above the page, which may wrap and stays.
    pub(super) fn say(&mut self, line: &str, columns: usize) {
        let page: Vec<String> = self.page.iter().map(|line| cut(line, columns)).collect();
        let text = format!("{}{line}\r\n{}", self.erased(columns), written(&page, columns));
        (self.ink)(&text);
        (self.page, self.columns) = (page, columns);
    }

    /// Takes the page away, as if it had never been there.
    pub(super) fn wipe(&mut self, columns: usize) {
        let text = self.erased(columns);
        (self.ink)(&text);
        self.page.clear();
    }

    /// Blank rows in place of the page, as many as it takes by now, and the cursor on the first.
    fn erased(&self, columns: usize) -> String {
        let rows = self
            .page
            .iter()
            .map(|line| measure_text_width(line).div_ceil(columns.max(1)).max(1));
        match rows.sum() {
            0 => String::new(),
            rows => {
                let blank = [ERASE_LINE].repeat(rows).join(DOWN);
                format!("{}{blank}{}", to_the_top(rows), to_the_top(rows))
            }
        }
    }
}

/// From the last row of so many to where the first begins.
fn to_the_top(rows: usize) -> String {
    match rows {
        0 => String::new(),
        1 => "\r".to_owned(),
        rows => format!("\r\x1b[{}A", rows - 1),
    }
}

/// A page on blank rows.
fn written(page: &[String], columns: usize) -> String {
    over(&[], page, columns)
}

/// A page over another one, which leaves nothing of that.
fn over(before: &[String], page: &[String], columns: usize) -> String {
    let lines = page.iter().enumerate().map(|(row, line)| {
        let width = measure_text_width(line);
        let shrinks = before.get(row).is_some_and(|before| measure_text_width(before) > width);
        let erase = if shrinks { ERASE_LINE } else { "" };
        // At the edge the cursor stands on the last letter, which would be erased.
        let end = if width < columns { ERASE_TO_THE_EDGE } else { "" };
        format!("{erase}{line}{end}")
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\r\n") + &blank_below(before.len().saturating_sub(page.len()))
}

/// So many rows of a longer page are blank, and the cursor stays.
fn blank_below(rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows => [REMEMBER, &[DOWN, ERASE_LINE].concat().repeat(rows), RETURN].concat(),
    }
}

/// As much of a line as fits.
fn cut(line: &str, columns: usize) -> String {
    let mut width = 0;
    let fits = |c: &char| {
        width += measure_text_width(c.encode_utf8(&mut [0; 4]));
        width <= columns
    };
    line.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::{InMemoryTerm, TermLike as _};

    use super::*;

    /// A region, and what it has written since one looked last.
    fn region() -> (Region, impl Fn() -> String) {
        let written = Arc::new(Mutex::new(String::new()));
        let paper = Arc::clone(&written);
        let ink: Ink = Box::new(move |text: &str| paper.lock().unwrap().push_str(text));
        (Region::new(ink), move || std::mem::take(&mut *written.lock().unwrap()))
    }

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_page_is_written_over_the_one_before() {
        let (mut region, written) = region();
        region.paint(&lines(&["one", "two", "three"]), 80);
        assert_eq!(written(), "one\x1b[K\r\ntwo\x1b[K\r\nthree\x1b[K");
        region.paint(&lines(&["one", "two", "three"]), 80);
        assert_eq!(written(), "", "what is there is not painted again");
        region.paint(&lines(&["once", "2"]), 80);
        assert_eq!(
            written(),
            "\r\x1b[2Aonce\x1b[K\r\n\x1b[2K2\x1b[K\x1b7\x1b[B\x1b[2K\x1b8",
            "only what becomes shorter is erased"
        );
        region.wipe(80);
        assert_eq!(written(), "\r\x1b[1A\x1b[2K\x1b[B\x1b[2K\r\x1b[1A");
    }

    #[test]
    fn in_a_terminal_that_became_narrower_the_way_up_is_longer() {
        let (mut region, written) = region();
        region.paint(&lines(&[&"a".repeat(60), &"b".repeat(40), "c"]), 80);
        written();
        region.paint(&lines(&["a", "b", "c"]), 40);
        let text = written();
        assert!(text.starts_with("\r\x1b[3A\x1b[2K"), "two rows, one and one: {text:?}");
        assert_eq!(text.matches(ERASE_LINE).count(), 4, "{text:?}");
        region.paint(&lines(&[&"a".repeat(60), "b"]), 50);
        let text = written();
        assert!(
            text.starts_with("\r\x1b[2A") && text.contains(&format!("{}\r\n", "a".repeat(50))),
            "{text:?}"
        );
        assert!(!text.contains(&"a".repeat(51)), "{text:?}");
    }

    #[test]
    fn a_letter_at_the_edge_stays() {
        let terminal = InMemoryTerm::new(5, 6);
        let paper = terminal.clone();
        let mut region = Region::new(Box::new(move |text: &str| paper.write_str(text).unwrap()));
        region.paint(&lines(&["abcdefgh", "full!!"]), 6);
        assert_eq!(terminal.contents(), "abcdef\nfull!!");
        region.say("a longer line", 6);
        assert_eq!(terminal.contents(), "a long\ner lin\ne\nabcdef\nfull!!");
        region.paint(&lines(&["x"]), 6);
        assert_eq!(terminal.contents(), "a long\ner lin\ne\nx");
    }

    #[test]
    fn letters_of_double_width_are_cut_by_what_they_take() {
        assert_eq!(cut("緑の森", 5), "緑の");
        assert_eq!(cut("plain", 80), "plain");
    }
}
