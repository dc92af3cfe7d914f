//! The terminal that the bars are painted on: stderr, with the cursor left where the text ends.
//!
//! Indicatif fills each line with blanks to the edge, so that whatever comes next wraps. After the last one that may be
//! a key that the terminal echoes, as it does Ctrl-C as `^C`: that would begin a line below, and the next painting would
//! be one line off. So the rest of a line is erased instead, and a line ends only if another one follows.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// What the echo of Ctrl-C takes beside the text.
pub(super) const ROOM_FOR_ECHO: usize = 3;

const ERASE_TO_THE_EDGE: &str = "\x1b[K";

/// Where bars are painted, ten times a second at most.
pub(super) fn target() -> ProgressDrawTarget {
    let term = Term::buffered_stderr();
    if !term.is_term() {
        return ProgressDrawTarget::hidden();
    }
    ProgressDrawTarget::term_like_with_hz(
        Box::new(Screen {
            term,
            open: AtomicBool::new(false),
        }),
        10,
    )
}

#[derive(Debug)]
struct Screen {
    term: Term,
    /// Has a line been written that another one must not go on with?
    open: AtomicBool,
}

impl Screen {
    fn is_filler(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte == b' ')
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        TermLike::width(&self.term)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.term)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.term.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.term.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.term.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.term.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.term.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let filler = Self::is_filler(text);
        if self.open.swap(filler, Ordering::Relaxed) {
            self.term.write_str("\n")?;
        }
        self.term.write_str(if filler { ERASE_TO_THE_EDGE } else { text })
    }

    fn clear_line(&self) -> io::Result<()> {
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.open.store(false, Ordering::Relaxed);
        self.term.flush()
    }
}
