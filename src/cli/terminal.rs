//! The terminal the program runs in: its colours, and the signals a person sends from it.

use std::io;
use std::process::ExitCode;

use clap::ColorChoice;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::progress;

/// A signal to stop.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Interrupt {
    code: u8,
}

impl Interrupt {
    /// Waits for Ctrl-C, or for the signals that a closing terminal and a stopping service send.
    pub(crate) async fn any() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::select! {
            _ = interrupt.recv() => Ok(Self { code: 130 }),
            _ = terminate.recv() => Ok(Self { code: 143 }),
            _ = hangup.recv() => Ok(Self { code: 129 }),
        }
    }

    /// Ctrl-C that was read as a key.
    pub(crate) fn typed() -> Self {
        Self { code: 130 }
    }

    /// Says that nothing is lost, and gives the exit code that shells expect.
    pub(crate) fn report(self) -> ExitCode {
        let said = "interrupted; what has arrived is kept for the next run";
        if progress::is_for_programs() {
            progress::end(self.code, &[said.to_owned()], None);
        } else {
            // A terminal that has gone away reads nothing.
            let _ = progress::say(said);
        }
        ExitCode::from(self.code)
    }
}

/// Obeys `--color`; `auto` looks at the terminal and at `NO_COLOR`.
pub(crate) fn use_colors(choice: ColorChoice) {
    let choice = match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}
