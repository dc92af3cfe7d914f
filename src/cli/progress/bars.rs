//! The display on a terminal: paints pages of lines in place and leaves plain text behind.
//!
//! What the lines say is decided in `frame`, and how they get to the terminal in `screen`.

use std::time::Instant;

use super::frame::{self, Window};
use super::screen::{Ink, Region};
use super::state::Model;
use super::words::Direction;

/// Asks how large the terminal is; it may change at any time.
pub(super) type Measure = Box<dyn Fn() -> Window + Send>;

/// Lines that are painted over again and again.
pub(super) struct Bars {
    region: Region,
    window: Measure,
    direction: Direction,
}

impl Bars {
    /// On the terminal that `ink` writes to.
    pub(super) fn new(ink: Ink, window: Measure, direction: Direction) -> Self {
        Self {
            region: Region::new(ink),
            window,
            direction,
        }
    }

    /// Paints the page of this moment.
    pub(super) fn draw(&mut self, model: &Model, now: Instant) {
        let window = (self.window)();
        let page = frame::live(model, self.direction, window, now);
        self.region.paint(&page, window.columns);
    }

    /// A line above the bars.
    pub(super) fn say(&mut self, line: &str) {
        self.region.say(line, (self.window)().columns);
    }

    /// Wipes the bars and writes their last state as ordinary lines, which survive a resize and can be copied.
    pub(super) fn close(&mut self, model: &Model, now: Instant) {
        let window = (self.window)();
        self.region.wipe(window.columns);
        for line in frame::last(model, self.direction, window, now) {
            self.region.say(&line, window.columns);
        }
    }
}

#[cfg(test)]
mod tests {
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
            let paper = terminal.clone();
            let window = Window {
                rows: rows.into(),
                columns: columns.into(),
            };
            let ink: Ink = Box::new(move |text: &str| paper.write_str(text).unwrap());
            Self {
                bars: Bars::new(ink, Box::new(move || window), direction),
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
        stage.show(vec![done(7, How::AlreadyThere)]);
        let expected = "\
<blob 8>   : Resuming at 5 B
7 x Pull complete
1 x Already exists
75B/80B  8 of 9 done";
        assert_eq!(stage.close(), expected);
    }
}
