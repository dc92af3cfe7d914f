//! The progress of a transfer on stderr: bars on a terminal, lines elsewhere, in docker's words.
//!
//! The engine tells events; a model keeps what they mean; a display shows the model. This file starts and ends the
//! display and holds the one door to stderr. Results, and how errors read, are left to the commands.

mod bars;
mod frame;
mod json;
mod lines;
mod rate;
mod record;
#[cfg(test)]
mod samples;
mod screen;
mod state;
mod words;

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use lugger::registry::Notice;
use lugger::transfer::{Event, Progress};

use bars::Bars;
use frame::Window;
use json::Json;
use lines::Lines;
use record::Record;
use state::Model;
pub(crate) use words::Direction;

/// Writes one line.
type Sink = Arc<dyn Fn(&str) + Send + Sync>;

const TEN_A_SECOND: Duration = Duration::from_millis(100);
/// Where the terminal does not tell.
const USUAL: Window = Window { rows: 24, columns: 80 };

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Bars on a terminal, lines elsewhere
    #[default]
    Auto,
    /// One bar a layer and a total, on a terminal
    Bars,
    /// A line for each change, and a summary every ten seconds
    Lines,
    /// One JSON object a line, for programs
    Json,
    /// Nothing but warnings
    None,
}

impl Mode {
    /// Does a person see on stderr how far something is?
    pub(crate) fn shows_bars(self) -> bool {
        self.settled(screen::is_paintable()) == Self::Bars
    }

    /// What this comes to here. Bars are escape codes, which never leave a terminal that knows them.
    fn settled(self, is_paintable: bool) -> Self {
        match self {
            Self::Auto | Self::Bars if is_paintable => Self::Bars,
            Self::Auto | Self::Bars | Self::Lines => Self::Lines,
            Self::Json | Self::None => self,
        }
    }
}

/// A running display. It ends, with whole lines on the screen, when it is finished or dropped.
pub(crate) struct Display {
    stage: Arc<Mutex<Stage>>,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Display {
    /// Shows progress on stderr.
    pub(crate) fn start(mode: Mode, direction: Direction) -> Self {
        let view = match mode.settled(screen::is_paintable()) {
            Mode::Auto | Mode::Bars => View::Bars(Bars::new(Box::new(ink), Box::new(window), direction)),
            Mode::Lines => View::Lines(Lines::new(direction, door(), Instant::now())),
            Mode::Json => View::Json(Json::new(direction, door(), Instant::now())),
            Mode::None if is_for_programs() => View::Objects(door()),
            Mode::None => View::Nothing(door()),
        };
        Self::of(view)
    }

    fn of(view: View) -> Self {
        let ticks = !matches!(view, View::Nothing(_) | View::Objects(_));
        let stage = Arc::new(Mutex::new(Stage {
            model: Model::default(),
            view,
            open: true,
        }));
        let ticker = if ticks { tick_until_dropped(&stage) } else { None };
        Self { stage, ticker }
    }

    /// Whom the engine shall tell. What it tells after the end is not shown.
    pub(crate) fn progress(&self) -> Progress {
        let stage = Arc::clone(&self.stage);
        Progress::to(move |event| lock(&stage).take(event, Instant::now()))
    }

    /// What is planned from now on goes from one place to another: people have read that already, programs have not.
    pub(crate) fn between(&self, source: &str, target: &str) {
        if let View::Json(json) = &mut lock(&self.stage).view {
            json.between(source, target);
        }
    }

    /// Prints lines above the bars.
    pub(crate) fn say(&self, text: &str) {
        lock(&self.stage).view.say(text);
    }

    /// What shows the notices of those who know nothing of the display.
    pub(crate) fn speaker(&self) -> impl Fn(&Notice) + Send + Sync + 'static {
        let stage = Arc::clone(&self.stage);
        move |notice| lock(&stage).notice(notice, Instant::now())
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some((alive, thread)) = self.ticker.take() {
            drop(alive);
            let _ = thread.join();
        }
        lock(&self.stage).close(Instant::now());
    }
}

/// The model and the view of it.
struct Stage {
    model: Model,
    view: View,
    open: bool,
}

impl Stage {
    fn take(&mut self, event: Event, now: Instant) {
        if let (true, View::Json(json)) = (self.open, &self.view) {
            json.hear(&event);
        }
        let changed = self.model.take(event, now);
        let Some(blob) = changed.filter(|_| self.open) else { return };
        match &self.view {
            View::Lines(lines) => lines.tell(blob, now),
            View::Json(json) => json.tell(blob, now),
            View::Bars(_) | View::Nothing(_) | View::Objects(_) => {}
        }
    }

    fn notice(&mut self, notice: &Notice, now: Instant) {
        match notice {
            Notice::Remark(text) => self.view.say(text),
            Notice::Wait(wait) => {
                self.model.pause(wait.time, now);
                match &self.view {
                    View::Json(json) => json.write(&Record::wait(wait)),
                    View::Objects(out) => out(&record::line(&Record::wait(wait))),
                    View::Bars(_) | View::Lines(_) | View::Nothing(_) => self.view.say(&words::holding_still(wait)),
                }
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        match &mut self.view {
            View::Bars(bars) => bars.draw(&self.model, now),
            View::Lines(lines) => lines.tick(&self.model, now),
            View::Json(json) => json.tick(&self.model, now),
            View::Nothing(_) | View::Objects(_) => {}
        }
    }

    fn close(&mut self, now: Instant) {
        self.open = false;
        match &mut self.view {
            View::Bars(bars) => bars.close(&self.model, now),
            View::Json(json) => json.close(&self.model, now),
            View::Lines(_) | View::Nothing(_) | View::Objects(_) => {}
        }
    }
}

enum View {
    Bars(Bars),
    Lines(Lines),
    Json(Json),
    /// No progress, and the rest as lines.
    Nothing(Sink),
    /// The same for programs.
    Objects(Sink),
}

impl View {
    /// Lines beside the progress.
    fn say(&mut self, text: &str) {
        for line in text.lines().map(words::clean) {
            match self {
                Self::Bars(bars) => bars.say(&line),
                Self::Lines(lines) => lines.say(&line),
                Self::Json(json) => json.write(&Record::remark(&line)),
                Self::Nothing(out) => out(&line),
                Self::Objects(out) => out(&record::line(&Record::remark(&line))),
            }
        }
    }
}

/// Is all of stderr for programs? Like the choice of colours this is for the whole run, and is made before anything is said.
static FOR_PROGRAMS: AtomicBool = AtomicBool::new(false);

/// From now on stderr gets objects alone, the first of which says what is being done, where that could be understood.
pub(crate) fn speak_to_programs(command: Option<&str>) {
    FOR_PROGRAMS.store(true, Ordering::Relaxed);
    write(&Record::begin(command));
}

/// Were they chosen?
pub(crate) fn is_for_programs() -> bool {
    FOR_PROGRAMS.load(Ordering::Relaxed)
}

/// Says a line, or several, outside of any transfer.
pub(crate) fn say(text: &str) -> io::Result<()> {
    if is_for_programs() {
        write(&Record::remark(text));
        return Ok(());
    }
    writeln!(anstream::stderr(), "{text}")
}

/// Tells programs how it ended: what was tried and why it failed, or that it did not.
pub(crate) fn end(exit: u8, told: &[String], hint: Option<&str>) {
    write(&match exit {
        0 => Record::End { exit },
        _ => Record::error(exit, told, hint),
    });
}

fn write(record: &Record<'_>) {
    door()(&record::line(record));
}

/// Time passes without events too: waits count down and rates fall. Without a thread there are only the events.
fn tick_until_dropped(stage: &Arc<Mutex<Stage>>) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (alive, ended) = mpsc::channel::<()>();
    let stage = Arc::clone(stage);
    let tick = move || {
        while ended.recv_timeout(TEN_A_SECOND) == Err(RecvTimeoutError::Timeout) {
            lock(&stage).tick(Instant::now());
        }
    };
    let thread = thread::Builder::new().name("progress".to_owned()).spawn(tick).ok()?;
    Some((alive, thread))
}

fn window() -> Window {
    let size = console::Term::stderr().size_checked();
    size.map_or(USUAL, |(rows, columns)| Window {
        rows: rows.into(),
        columns: columns.into(),
    })
}

fn lock(stage: &Mutex<Stage>) -> MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one door to stderr: a whole line in one write, and a reader that has gone is no error.
fn door() -> Sink {
    Arc::new(|line: &str| ink(&format!("{line}\n")))
}

/// All of a text in one write.
fn ink(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests;
