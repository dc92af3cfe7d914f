//! Whole transfers through the line display, as exact text, and the display's beginning and end.

use lugger::transfer::How;

use super::samples::{advanced, arrived, digest, done, interrupted, mounted, named, page, planned, started};
use super::*;

/// Events with the second they happen at, and the text they come to.
fn text_of(direction: Direction, events: Vec<(u64, Event)>) -> String {
    let begin = Instant::now();
    let (sink, written) = page();
    let mut stage = Stage {
        model: Model::default(),
        view: View::Lines(Lines::new(direction, sink, begin)),
        open: true,
    };
    let mut clock = 0;
    for (second, event) in events {
        while clock < second {
            clock += 1;
            stage.tick(begin + Duration::from_secs(clock));
        }
        stage.take(event, begin + Duration::from_secs(second));
    }
    stage.close(begin + Duration::from_secs(clock));
    let text = written.lock().unwrap();
    named(&text)
}

#[test]
fn a_pull_without_a_terminal_is_a_line_for_each_change_and_a_summary_every_ten_seconds() {
    let mut events = vec![
        (0, planned(&[45_600_000, 3_000_000, 60_000_000, 1_500])),
        (0, done(1, How::AlreadyThere)),
        (0, started(0, 0)),
        (0, started(2, 41_000_000)),
    ];
    events.extend((1..=12).map(|second| (second, advanced(0, 2_000_000))));
    events.extend([
        (12, interrupted(0, "connection reset\r\nby \u{1b}[31mpeer")),
        (15, started(0, 24_000_000)),
        (16, advanced(0, 21_600_000)),
        (16, arrived(0)),
        (16, done(0, How::Moved)),
        (17, advanced(2, 19_000_000)),
        (17, arrived(2)),
        (17, done(2, How::Moved)),
        (40, started(3, 0)),
        (40, advanced(3, 1_500)),
        (40, arrived(3)),
        (40, done(3, How::Moved)),
        (40, Event::Sealed { digest: digest(8) }),
    ]);
    let expected = "\
<blob 1>   : Already exists
<blob 0>   : Downloading
<blob 2>   : Resuming at 41 MB
59MB of 106MB (55%), 1.75MB/s, 27 s left
<blob 0>   : Retrying in 3 s: connection reset  by [31mpeer
<blob 0>   : Resuming at 24 MB
<blob 0>   : Pull complete
<blob 2>   : Pull complete
106MB of 106MB (99%), 5.08MB/s, 1 s left
<blob 3>   : Downloading
<blob 3>   : Pull complete
";
    assert_eq!(text_of(Direction::Pull, events), expected);
}

#[test]
fn a_push_without_a_terminal_speaks_docker_s_words() {
    let events = vec![
        (0, planned(&[100, 200, 300])),
        (0, mounted(1, "alpine")),
        (0, done(2, How::AlreadyThere)),
        (0, started(0, 0)),
        (1, advanced(0, 100)),
        (1, arrived(0)),
        (2, done(0, How::Moved)),
    ];
    let expected = "\
<blob 1>   : Mounted from library/alpine
<blob 2>   : Layer already exists
<blob 0>   : Pushing
<blob 0>   : Pushed
";
    assert_eq!(text_of(Direction::Push, events), expected);
}

#[test]
fn a_copy_has_words_of_its_own() {
    let events = vec![
        (0, planned(&[100, 200])),
        (0, done(1, How::AlreadyThere)),
        (0, started(0, 0)),
        (0, done(0, How::Moved)),
    ];
    let expected = "<blob 1>   : Already exists\n<blob 0>   : Copying\n<blob 0>   : Copied\n";
    assert_eq!(text_of(Direction::Copy, events), expected);
}

#[test]
fn a_mode_settles_on_what_stderr_can_show() {
    let cases = [
        (Mode::Auto, true, false, Mode::Bars),
        (Mode::Auto, true, true, Mode::Lines),
        (Mode::Auto, false, false, Mode::Lines),
        (Mode::Bars, true, false, Mode::Bars),
        (Mode::Bars, false, false, Mode::Lines),
        (Mode::Lines, true, false, Mode::Lines),
        (Mode::None, true, false, Mode::None),
    ];
    for (mode, terminal, dumb, settled) in cases {
        assert_eq!(mode.settled(terminal, dumb), settled, "{mode:?} {terminal} {dumb}");
    }
}

#[test]
fn nothing_is_printed_after_the_end() {
    let (sink, written) = page();
    let display = Display::of(View::Lines(Lines::new(Direction::Pull, sink, Instant::now())));
    let stage = Arc::clone(&display.stage);
    lock(&stage).take(planned(&[100]), Instant::now());
    display.say("warning: one\nand\u{1b} two");
    drop(display);
    lock(&stage).take(started(0, 0), Instant::now());
    assert_eq!(*written.lock().unwrap(), "warning: one\nand two\n");
    assert_eq!(Arc::strong_count(&stage), 1, "the ticking has ended");
}

#[test]
fn no_progress_still_lets_warnings_through() {
    let (sink, written) = page();
    let display = Display::of(View::Nothing(sink));
    lock(&display.stage).take(planned(&[100]), Instant::now());
    lock(&display.stage).take(started(0, 0), Instant::now());
    display.say("warning: it is late");
    drop(display);
    assert_eq!(*written.lock().unwrap(), "warning: it is late\n");
}
