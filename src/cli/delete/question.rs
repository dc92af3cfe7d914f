//! Asking before something goes that cannot come back: on a terminal a person, elsewhere nobody.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use lugger::store::{Error, ErrorKind};

use crate::cli::progress;

/// There was nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("nothing was deleted: there is no terminal to ask `{0}` on")]
pub(crate) struct Unasked(String);

/// Goes on only with a yes. Without a terminal there is none, unless it was given beforehand.
pub(super) async fn agreed(question: &str, given: bool) -> anyhow::Result<()> {
    if given {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Error::new(ErrorKind::Refused, Unasked(question.to_owned())).into());
    }
    write!(anstream::stderr(), "{question} [y/N] ")?;
    // On a thread of its own, so that Ctrl-C is heard meanwhile.
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = answer.await??;
    let yes = ["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes));
    anyhow::ensure!(yes, "nothing was deleted: the answer was not yes");
    Ok(())
}

/// A line on stderr.
pub(super) fn say(line: &str) -> anyhow::Result<()> {
    Ok(progress::say(line)?)
}
