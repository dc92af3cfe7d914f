//! The one door to stdout: results, tables and JSON.
//!
//! A reader that has gone away is no error; a disk that is full is one. Names, labels and the like come from strangers, so
//! what could steer a terminal is left out here, whoever wrote it; JSON says it in escapes.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, PoisonError};

use comfy_table::{Table, presets};
use lugger::text::{one_line, steers};
use serde::Serialize;

/// What a command printed did not arrive.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout")]
pub(crate) struct Unwritten(#[from] io::Error);

impl Unwritten {
    /// Has the reader gone away, as after `| head -1`?
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Stdout for a result that is no text, and too large to be held in memory. Clones are one stream, which remembers what went
/// wrong with it.
#[derive(Clone)]
pub(crate) struct Stream {
    stdout: Arc<File>,
    failure: Arc<Mutex<Option<io::Error>>>,
}

impl Stream {
    /// Past the buffer of the standard library, which looks for lines.
    pub(crate) fn open() -> io::Result<Self> {
        let stdout: File = io::stdout().as_fd().try_clone_to_owned()?.into();
        Ok(Self {
            stdout: Arc::new(stdout),
            failure: Arc::default(),
        })
    }

    /// What went wrong with stdout, told once.
    pub(crate) fn unwritten(&self) -> Option<Unwritten> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map(Unwritten)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.stdout).write(bytes).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(
                    error
                        .raw_os_error()
                        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error),
                );
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Result = std::result::Result<(), Unwritten>;

/// Prints a line, or several.
pub(crate) fn line(text: &str) -> Result {
    write(format!("{}\n", harmless(text)).as_bytes())
}

/// Prints bytes as they are; on a terminal only what does not steer it.
pub(crate) fn bytes(bytes: &[u8]) -> Result {
    if io::stdout().is_terminal() {
        return write(harmless(&String::from_utf8_lossy(bytes)).as_bytes());
    }
    write(bytes)
}

fn write(bytes: &[u8]) -> Result {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(line(&escaped(&serde_json::to_string_pretty(value)?))?)
}

fn harmless(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !steers(*c)).collect()
}

/// JSON with escapes for what would steer a terminal: the same value to whoever reads it.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && steers(c) {
            // All of them have four digits, and stand only in strings.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Prints rows below a header, in docker's columns: three spaces apart, no lines.
pub(crate) fn table<'a, Row: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Row>,
) -> Result {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row.into_iter().map(|cell| one_line(&cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    let text: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    line(&text.join("\n"))
}
