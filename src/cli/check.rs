//! `lugger check`: is the store what it should be, and if not, what to do.

use std::path::Path;

use anyhow::Context as _;
use lugger::layout::{Checked, Damage, Fault, Step};
use lugger::oci::{Descriptor, MediaType};
use lugger::store::Error;
use lugger::transfer::{Event, How, Progress};
use serde::Serialize;

use crate::cli::args::{Check, Format};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;
use crate::cli::progress::Direction;
use crate::cli::size::human;

pub(crate) async fn run(context: &Context, arguments: &Check) -> anyhow::Result<()> {
    let transfer = context.transfer(Direction::Check, false);
    let (store, repair, progress) = (context.store.clone(), arguments.repair, transfer.progress());
    // On a thread of its own, so that a signal is heard meanwhile.
    let checking = tokio::task::spawn_blocking(move || store.check(repair, &|step| tell(&progress, step)));
    let checked = checking
        .await?
        .with_context(|| Cannot::plainly("cannot check the store".to_owned()))?;
    transfer.finish();
    match arguments.formatted.format {
        Format::Json => output::json(&Report::of(&checked))?,
        Format::Table => print(&checked)?,
    }
    let left: Vec<&Damage> = checked.damages.iter().filter(|damage| !damage.repaired).collect();
    if left.is_empty() {
        return Ok(());
    }
    let damaged = Damaged {
        store: context.store.root().display().to_string(),
        count: left.len(),
        in_use: checked.kept_in_use,
        tried: repair,
        names_are_lost: left.iter().any(|damage| matches!(damage.fault, Fault::Names(_))),
    };
    if left.iter().any(|damage| damage.fault.is_mismatch()) {
        return Err(Error::mismatch(damaged).into());
    }
    Err(Error::other(damaged).into())
}

/// A check moves nothing; that a blob is read is told in the words of a transfer, for the same display.
fn tell(progress: &Progress, step: Step) {
    progress.tell(match step {
        Step::Found(blobs) => Event::Planned {
            blobs: blobs
                .into_iter()
                .map(|(digest, size)| Descriptor::new(MediaType::OCI_MANIFEST, digest, size))
                .collect(),
        },
        Step::Began(digest) => Event::Started { digest, offset: 0 },
        Step::Read(digest, bytes) => Event::Advanced { digest, bytes },
        Step::Ended(digest) => Event::Done { digest, how: How::Moved },
    });
}

/// Damage that is left.
#[derive(Debug, thiserror::Error)]
#[error("{store} has {count} damage{}{}", if *count == 1 { "" } else { "s" }, if *in_use { ", and another lugger is using it" } else { "" })]
pub(crate) struct Damaged {
    store: String,
    count: usize,
    in_use: bool,
    tried: bool,
    names_are_lost: bool,
}

impl Damaged {
    /// What to do about it, if that can be said.
    pub(crate) fn way_out(&self) -> Option<String> {
        if self.names_are_lost {
            return Some(
                "move index.json away and pull its images again: what is there of them is kept, and not fetched".to_owned(),
            );
        }
        if self.in_use || !self.tried {
            return Some("`lugger check --repair` drops what is damaged; the next pull fetches just that".to_owned());
        }
        None
    }
}

fn print(checked: &Checked) -> Result<(), output::Unwritten> {
    for damage in &checked.damages {
        output::line(&sentence(damage))?;
    }
    let unfinished = match checked.unfinished {
        0 => String::new(),
        count => format!(", {count} unfinished"),
    };
    let verdict = match checked.damages.len() {
        0 => "all is well".to_owned(),
        count => {
            let repaired = checked.damages.iter().filter(|damage| damage.repaired).count();
            format!("{}, {repaired} repaired", several(count, "damage"))
        }
    };
    output::line(&format!(
        "{}, {} with {}{unfinished}: {verdict}",
        several(checked.images, "image"),
        several(checked.blobs, "blob"),
        human(checked.bytes),
    ))
}

fn sentence(damage: &Damage) -> String {
    let (file, fault) = (shown(&damage.file), &damage.fault);
    let needed = match damage.images.len() {
        0 => String::new(),
        _ => format!("; needed by {}", damage.images.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    let done = match (&damage.fault, damage.repaired) {
        (_, false) => "",
        (Fault::Missing, true) => "; the next pull fetches it",
        (Fault::Mark(_), true) => "; written anew",
        (_, true) => "; dropped",
    };
    format!("{file} {fault}{needed}{done}")
}

fn several(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A path as layouts write it, on every system.
fn shown(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// What JSON has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    images: usize,
    blobs: usize,
    bytes: u64,
    unfinished: usize,
    kept_in_use: bool,
    damages: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: String,
    fault: &'static str,
    message: String,
    images: Vec<&'a str>,
    repaired: bool,
}

impl<'a> Report<'a> {
    fn of(checked: &'a Checked) -> Self {
        Self {
            images: checked.images,
            blobs: checked.blobs,
            bytes: checked.bytes,
            unfinished: checked.unfinished,
            kept_in_use: checked.kept_in_use,
            damages: checked.damages.iter().map(Row::of).collect(),
        }
    }
}

impl<'a> Row<'a> {
    fn of(damage: &'a Damage) -> Self {
        Self {
            file: shown(&damage.file),
            fault: word(&damage.fault),
            message: damage.fault.to_string(),
            images: damage.images.iter().map(String::as_str).collect(),
            repaired: damage.repaired,
        }
    }
}

/// The fault for programs.
fn word(fault: &Fault) -> &'static str {
    match fault {
        Fault::Content(_) => "content",
        Fault::Size { .. } => "size",
        Fault::Missing => "missing",
        Fault::NoFile(_) => "no-file",
        Fault::Unreadable { .. } => "unreadable",
        Fault::NoManifest(_) => "no-manifest",
        Fault::Mark(_) => "oci-layout",
        Fault::Names(_) => "index",
    }
}
