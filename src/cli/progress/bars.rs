//! The display on a terminal: paints pages of lines in place and leaves plain text behind.
//!
//! What the lines say is decided in `frame`. Each is one indicatif bar that is nothing but a message cut at the edge, so
//! that no line wraps whatever the terminal's width.

use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Sink;
use super::frame::{self, Window};
use super::state::Model;
use super::words::Direction;

/// Asks how large the terminal is; it may change at any time.
pub(super) type Measure = Box<dyn Fn() -> Window + Send>;

/// Lines that are painted over again and again.
pub(super) struct Bars {
    multi: MultiProgress,
    rows: Vec<ProgressBar>,
    window: Measure,
    direction: Direction,
    plain: Sink,
}

impl Bars {
    /// `plain` writes whole lines to the terminal that `target` draws on.
    pub(super) fn new(target: ProgressDrawTarget, window: Measure, direction: Direction, plain: Sink) -> Self {
        Self {
            multi: MultiProgress::with_draw_target(target),
            rows: Vec::new(),
            window,
            direction,
            plain,
        }
    }

    /// Paints the page of this moment.
    pub(super) fn draw(&mut self, model: &Model, now: Instant) {
        let page = frame::live(model, self.direction, (self.window)(), now);
        self.resize(page.len());
        for (row, line) in self.rows.iter().zip(page) {
            if row.message() != line {
                row.set_message(line);
            }
        }
        // Indicatif skips paintings that follow too fast, so the last one may still be due.
        if let Some(row) = self.rows.last() {
            row.tick();
        }
    }

    /// A line above the bars. Not by `suspend`, which panics if the terminal is gone.
    pub(super) fn say(&self, line: &str) {
        if self.rows.is_empty() {
            (self.plain)(line);
        } else {
            let _ = self.multi.println(line);
        }
    }

    /// Wipes the bars and writes their last state as ordinary lines, which survive a resize and can be copied.
    pub(super) fn close(&mut self, model: &Model, now: Instant) {
        self.resize(0);
        let _ = self.multi.clear();
        for line in frame::last(model, self.direction, (self.window)(), now) {
            (self.plain)(&line);
        }
    }

    fn resize(&mut self, rows: usize) {
        while self.rows.len() < rows {
            let row = ProgressBar::no_length().with_style(cut_at_the_edge());
            self.rows.push(self.multi.add(row));
        }
        for row in self.rows.drain(rows..) {
            self.multi.remove(&row);
        }
    }
}

fn cut_at_the_edge() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use indicatif::{InMemoryTerm, TermLike};
    use lugger::transfer::{Event, How};

    use super::*;
    use crate::cli::progress::samples::{advanced, arrived, digest, done, interrupted, mounted, planned, started};

    /// A terminal, the bars on it and the model they show.
    struct Stage {
        terminal: InMemoryTerm,
        bars: Bars,
        model: Model,
        now: Instant,
    }

    impl Stage {
        fn new(rows: u16, columns: u16, direction: Direction) -> Self {
            let terminal = InMemoryTerm::new(rows, columns);
            let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
            let window = Window {
                rows: rows.into(),
                columns: columns.into(),
            };
            let below = terminal.clone();
            let plain: Sink = Arc::new(move |line: &str| below.write_line(line).unwrap());
            Self {
                bars: Bars::new(target, Box::new(move || window), direction, plain),
                terminal,
                model: Model::default(),
                now: Instant::now(),
            }
        }

        fn show(&mut self, events: Vec<Event>) -> String {
            for event in events {
                self.model.take(event, self.now);
            }
            self.now += Duration::from_secs(1);
            self.bars.draw(&self.model, self.now);
            self.screen()
        }

        fn close(&mut self) -> String {
            self.bars.close(&self.model, self.now);
            self.screen()
        }

        /// The screen, with the blobs' places in the plan instead of their ids.
        fn screen(&self) -> String {
            let screen = self.terminal.contents();
            (0..9).fold(screen, |screen, n| {
                screen.replace(digest(n).short(), &format!("<blob {n}>   "))
            })
        }
    }

    fn halfway() -> Vec<Event> {
        vec![
            planned(&[30_000_000, 3_145_728, 2_000_000, 7_000_000, 1_500]),
            started(0, 12_000_000),
            started(1, 0),
            advanced(1, 524_288),
            arrived(2),
            interrupted(3, "connection reset by peer"),
        ]
    }

    #[test]
    fn at_80_columns_each_blob_has_a_line_with_a_bar_and_the_total_comes_last() {
        let mut stage = Stage::new(24, 80, Direction::Pull);
        let expected = "\
<blob 0>   : Resuming at 12 MB
<blob 1>   : Downloading [=====>                             ]  524.3kB/3.146MB
<blob 2>   : Verifying
<blob 3>   : Retrying in 2 s: connection reset by peer
<blob 4>   : Waiting
14.5MB/42.1MB  524kB/s  53 s left";
        assert_eq!(stage.show(halfway()), expected);
    }

    #[test]
    fn at_40_columns_nothing_wraps() {
        let mut stage = Stage::new(24, 40, Direction::Pull);
        let expected = "\
<blob 0>   : Resuming at 12 MB
<blob 1>   : Downloading  16%
<blob 2>   : Verifying
<blob 3>   : Retrying in 2 s: connectio
<blob 4>   : Waiting
14.5MB/42.1MB  524kB/s  53 s left";
        assert_eq!(stage.show(halfway()), expected);
    }

    #[test]
    fn lines_laid_out_for_a_wider_terminal_are_cut_and_do_not_wrap() {
        let mut stage = Stage::new(24, 40, Direction::Pull);
        stage.bars.window = Box::new(|| Window { rows: 24, columns: 80 });
        let screen = stage.show(halfway());
        assert_eq!(screen.lines().count(), 6, "{screen}");
        assert!(screen.contains("<blob 1>   : Downloading [=====>\n"), "{screen}");
    }

    #[test]
    fn the_last_screen_is_docker_s() {
        for columns in [40, 80] {
            let mut stage = Stage::new(24, columns, Direction::Push);
            stage.show(vec![planned(&[10, 20, 30]), started(0, 0), advanced(0, 5)]);
            stage.show(vec![
                done(0, How::Moved),
                done(1, How::AlreadyThere),
                mounted(2, "library/redis"),
            ]);
            let expected = "\
<blob 0>   : Pushed
<blob 1>   : Layer already exists
<blob 2>   : Mounted from library/redis";
            assert_eq!(stage.close(), expected, "{columns}");
        }
    }

    #[test]
    fn an_early_end_leaves_whole_lines_and_no_total() {
        let mut stage = Stage::new(24, 80, Direction::Pull);
        stage.show(vec![planned(&[100, 100]), started(0, 0), advanced(0, 50), advanced(0, 25)]);
        let screen = stage.close();
        assert_eq!(screen.lines().count(), 2, "{screen}");
        assert!(screen.ends_with("<blob 1>   : Waiting"), "{screen}");
        stage.terminal.write_line("error: interrupted").unwrap();
        assert!(stage.screen().ends_with("Waiting\nerror: interrupted"));
    }

    #[test]
    fn a_warning_stands_above_the_bars() {
        let mut stage = Stage::new(24, 80, Direction::Copy);
        stage.bars.say("warning: early");
        stage.show(vec![planned(&[100]), started(0, 40)]);
        stage.bars.say("warning: late");
        stage.show(vec![done(0, How::Moved)]);
        let expected = "warning: early\nwarning: late\n<blob 0>   : Copied";
        assert_eq!(stage.close(), expected);
    }

    #[test]
    fn more_blobs_than_rows_fold_and_are_counted() {
        let mut stage = Stage::new(6, 60, Direction::Pull);
        let screen = stage.show(vec![planned(&[10; 9]), started(8, 5)]);
        assert_eq!(screen.lines().count(), 5, "{screen}");
        let screen = stage.show((0..7).map(|n| done(n, How::Moved)).collect());
        let expected = "\
<blob 5>   : Pull complete
<blob 6>   : Pull complete
<blob 7>   : Waiting
<blob 8>   : Resuming at 5 B
75B/90B  7 of 9 done";
        assert_eq!(screen, expected);
    }
}
