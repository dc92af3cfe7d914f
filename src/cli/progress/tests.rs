//! Whole transfers through the line display, as exact text, and the display's beginning and end.

use lugger::transfer::How;

use super::samples::{advanced, arrived, digest, done, interrupted, mounted, named, page, planned, started};
use super::*;

/// Events with the second they happen at, and the text they come to.
fn text_of(direction: Direction, events: Vec<(u64, Event)>) -> String {
    let begin = Instant::now();
    let (sink, written) = page();
    let view = View::Lines(Lines::new(direction, sink, begin));
    named(&text_of_view(view, begin, &written, events))
}

/// The same of any view, as it was written.
fn text_of_view(view: View, begin: Instant, written: &Mutex<String>, events: Vec<(u64, Event)>) -> String {
    let mut stage = Stage {
        model: Model::default(),
        view,
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
    written.lock().unwrap().clone()
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
106MB of 106MB (99%), 10.2MB/s, 1 s left
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

/// A registry that wants no requests for so long.
fn wait(seconds: u64) -> Notice {
    Notice::Wait(lugger::registry::Wait {
        registry: "registry.example:5000".parse().unwrap(),
        reason: "429 TOOMANYREQUESTS: slow\u{1b} down".to_owned(),
        time: Duration::from_secs(seconds),
    })
}

/// What is told of a wait while a transfer is at its begin.
fn told_of_a_wait(view: View, written: &Mutex<String>) -> String {
    let begin = Instant::now();
    let mut stage = Stage {
        model: Model::default(),
        view,
        open: true,
    };
    stage.take(planned(&[10_000]), begin);
    stage.notice(&wait(12), begin);
    stage.tick(begin + Duration::from_secs(4));
    written.lock().unwrap().clone()
}

#[test]
fn a_wait_is_told_with_its_registry_its_reason_and_its_length_wherever_progress_is_shown() {
    let line = "registry.example:5000: 429 TOOMANYREQUESTS: slow down; trying again in 12 s\n";
    let (sink, written) = page();
    let lines = View::Lines(Lines::new(Direction::Pull, sink, Instant::now()));
    assert_eq!(told_of_a_wait(lines, &written), line);
    let (sink, written) = page();
    assert_eq!(told_of_a_wait(View::Nothing(sink), &written), line);

    let (sink, written) = page();
    let json = View::Json(Json::new(Direction::Pull, sink, Instant::now()));
    let text = told_of_a_wait(json, &written);
    let (sink, written) = page();
    let quiet = told_of_a_wait(View::Objects(sink), &written);
    for text in [text, quiet] {
        let told: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&told["event"], &told["waitMs"]), (&"wait".into(), &12_000.into()));
        assert_eq!(told["registry"], "registry.example:5000");
        assert_eq!(told["reason"], "429 TOOMANYREQUESTS: slow down");
    }
}

#[test]
fn on_a_narrow_terminal_a_wait_is_two_rows_and_counts_down_below_the_bars() {
    use indicatif::{InMemoryTerm, TermLike as _};
    let terminal = InMemoryTerm::new(24, 40);
    let paper = terminal.clone();
    let ink = Box::new(move |text: &str| paper.write_str(text).unwrap());
    let (rows, columns) = (24, 40);
    let view = View::Bars(Bars::new(ink, Box::new(move || Window { rows, columns }), Direction::Pull));
    told_of_a_wait(view, &Mutex::default());
    let expected = "\
registry.example:5000: 429 TOOMANYREQUES
TS: slow down; trying again in 12 s
<blob 0>   : Waiting
0B/10kB  waiting 8 s";
    assert_eq!(named(&terminal.contents()), expected);
}

/// The objects of a transfer with these events, without their times.
fn objects_of(direction: Direction, events: Vec<(u64, Event)>) -> Vec<serde_json::Value> {
    let begin = Instant::now();
    let (sink, written) = page();
    let view = View::Json(Json::new(direction, sink, begin));
    let text = text_of_view(view, begin, &written, events);
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let without_time = |mut object: serde_json::Value| {
        object.as_object_mut().unwrap().remove("time").unwrap();
        object
    };
    lines.map(without_time).collect()
}

#[test]
fn programs_are_told_how_far_a_blob_is_once_a_second_and_not_with_each_chunk() {
    let mut events = vec![
        (0, planned(&[5_000, 100])),
        (0, done(1, How::AlreadyThere)),
        (0, started(0, 1_000)),
    ];
    events.extend((0..3).flat_map(|second| (0..200).map(move |_| (second, advanced(0, 5)))));
    events.extend([(9, advanced(0, 1_000)), (9, arrived(0)), (9, done(0, How::Moved))]);
    let objects = objects_of(Direction::Pull, events);
    let told: Vec<(&str, Option<u64>)> = objects
        .iter()
        .map(|object| (object["event"].as_str().unwrap(), object["at"].as_u64()))
        .collect();
    let expected = [
        ("planned", None),
        ("done", None),
        ("started", None),
        ("progress", Some(2_000)),
        ("total", Some(2_000)),
        ("progress", Some(3_000)),
        ("total", Some(3_000)),
        ("progress", Some(4_000)),
        ("total", Some(4_000)),
        ("arrived", None),
        ("done", None),
        ("total", Some(5_000)),
    ];
    assert_eq!(told, expected, "{objects:#?}");
}

#[test]
fn objects_hold_no_control_characters_and_a_check_names_no_types() {
    let objects = objects_of(
        Direction::Check,
        vec![
            (0, planned(&[100])),
            (0, started(0, 0)),
            (0, interrupted(0, "reset\r\nby \u{1b}[31mpe\u{202e}er")),
            (1, done(0, How::Moved)),
        ],
    );
    let digest = digest(0).to_string();
    let expected = serde_json::json!([
        {"event": "planned", "direction": "check", "blobs": [{"digest": digest, "size": 100}], "bytes": 100},
        {"event": "started", "digest": digest, "size": 100, "offset": 0},
        {"event": "interrupted", "digest": digest, "reason": "reset  by [31mpeer", "waitMs": 3000},
        {"event": "done", "digest": digest, "size": 100, "how": "read"},
        {"event": "total", "at": 100, "of": 100, "done": 1, "blobs": 1},
    ]);
    assert_eq!(serde_json::Value::from(objects), expected);
}

#[test]
fn a_mode_settles_on_what_stderr_can_show() {
    let cases = [
        (Mode::Auto, true, Mode::Bars),
        (Mode::Auto, false, Mode::Lines),
        (Mode::Bars, true, Mode::Bars),
        (Mode::Bars, false, Mode::Lines),
        (Mode::Lines, true, Mode::Lines),
        (Mode::Json, true, Mode::Json),
        (Mode::Json, false, Mode::Json),
        (Mode::None, true, Mode::None),
    ];
    for (mode, paintable, settled) in cases {
        assert_eq!(mode.settled(paintable), settled, "{mode:?} {paintable}");
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
