//! A line on a terminal that says how far a long lookup is, and goes away with it.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lugger::registry::Looked;

use crate::cli::context::Context;
use crate::cli::voice::Voice;

/// What is done sooner needs no line.
const SOON: Duration = Duration::from_millis(500);

pub(super) struct Watch {
    bar: ProgressBar,
    voice: Voice,
    since: Instant,
    shown: bool,
}

impl Watch {
    pub(super) fn start(context: &Context) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::with_template("Looking up {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
        let (voice, shown) = (context.voice(), context.shows_bars());
        if shown {
            voice.speak_above(&bar);
        }
        Self {
            bar,
            voice,
            since: Instant::now(),
            shown,
        }
    }

    pub(super) fn tell(&self, looked: Looked) {
        if !self.shown || self.since.elapsed() < SOON {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        self.bar.set_message(match looked {
            Looked::Tags(done, all) => format!("{done}/{all} tags"),
            Looked::Images(done, all) => format!("{done}/{all} images"),
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.voice.speak_plainly();
    }
}
