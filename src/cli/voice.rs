//! Where the remarks of the library go: above the bars while there are any, else straight to stderr.

use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;
use lugger::registry::Notice;

use crate::cli::progress::{Direction, Display, Mode};

type Speaker = Box<dyn Fn(&Notice) + Send + Sync>;

/// One voice for a whole command, whatever is on the screen. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Voice(Arc<Mutex<Speaker>>);

impl Voice {
    /// A voice that has the screen for itself.
    pub(crate) fn plain() -> Self {
        Self(Arc::new(Mutex::new(plain())))
    }

    /// Says a line.
    pub(crate) fn say(&self, line: &str) {
        self.tell(&Notice::Remark(line.to_owned()));
    }

    /// Tells what the library notices.
    pub(crate) fn tell(&self, notice: &Notice) {
        (self.0.lock().unwrap_or_else(PoisonError::into_inner))(notice);
    }

    /// Speaks through a display from now on.
    pub(crate) fn speak_through(&self, display: &Display) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(display.speaker());
    }

    /// Speaks above a line that is painted again and again.
    pub(crate) fn speak_above(&self, bar: &ProgressBar) {
        let (bar, plain) = (bar.clone(), plain());
        let speaker: Speaker = Box::new(move |notice| bar.suspend(|| plain(notice)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = speaker;
    }

    /// Has the screen for itself again.
    pub(crate) fn speak_plainly(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = plain();
    }
}

fn plain() -> Speaker {
    Box::new(Display::start(Mode::None, Direction::Copy).speaker())
}
