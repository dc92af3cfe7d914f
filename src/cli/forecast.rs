//! `--dry-run`: what a transfer would move, told for each image, with nothing moved or written.
//!
//! Images of one run that share layers are counted as they would be moved: what the first one brings, the next one finds.

use std::collections::HashSet;

use lugger::oci::Digest;
use lugger::reference::Tag;
use lugger::store::Held;
use lugger::transfer::Foreseen;
use serde::Serialize;

use crate::cli::args::Format;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;
use crate::cli::place::Place;
use crate::cli::size;

/// What is known so far.
#[derive(Default)]
pub(crate) struct Forecast {
    rows: Vec<Row>,
    /// What earlier images of the run bring, and where to.
    brought: HashSet<(String, Digest)>,
    obstacle: Option<anyhow::Error>,
}

/// One image.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    source: String,
    target: String,
    digest: Digest,
    up_to_date: bool,
    /// The further tags it would get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// What the target has whole.
    there: Amount,
    /// What would be moved, and how many bytes of it.
    to_move: Amount,
    /// What of that the target has a part of, and how many bytes it has.
    begun: Amount,
    /// What of that the target's registry would first be asked for in its other repositories.
    mountable: Amount,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Amount {
    blobs: usize,
    bytes: u64,
}

impl Amount {
    fn add(&mut self, bytes: u64) {
        self.blobs = self.blobs.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn count(self) -> String {
        let unit = if self.blobs == 1 { "blob" } else { "blobs" };
        format!("{} {unit}", self.blobs)
    }

    /// In bytes, for whoever compares, and as people say it.
    fn size(self) -> String {
        if self.bytes < 1000 {
            return format!("{} bytes", self.bytes);
        }
        format!("{} bytes ({})", self.bytes, size::spaced(self.bytes))
    }
}

/// What a transfer is called: from where, to where, and what there shares its blobs.
pub(crate) struct Journey {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) shelf: String,
    /// How it is told that it would not come to an end.
    pub(crate) cannot: Cannot,
}

/// Nothing is unpacked or compressed to be looked at.
pub(crate) fn refuse_packed(place: &Place) -> Result<(), Usage> {
    match place {
        Place::Archive { .. } | Place::Daemon(_) => Err(Usage(format!(
            "--dry-run cannot look into `{place}`: how large its layers become shows only when they are compressed; `lugger load` puts them into the store"
        ))),
        Place::Registry(_) | Place::Store(_) | Place::Directory { .. } => Ok(()),
    }
}

impl Forecast {
    /// Adds an image.
    pub(crate) fn add(&mut self, journey: Journey, tags: &[Tag], digest: &Digest, foreseen: Foreseen) {
        let Journey {
            source,
            target,
            shelf,
            cannot,
        } = journey;
        let mut row = Row {
            source,
            target,
            digest: digest.clone(),
            up_to_date: foreseen.up_to_date,
            tags: tags.iter().map(ToString::to_string).collect(),
            there: Amount::default(),
            to_move: Amount::default(),
            begun: Amount::default(),
            mountable: Amount::default(),
        };
        for one in &foreseen.blobs {
            let is_new = self.brought.insert((shelf.clone(), one.blob.digest.clone()));
            if one.held == Held::All || !is_new {
                row.there.add(one.blob.size);
                continue;
            }
            row.to_move.add(one.to_move());
            if let Held::Part(begun) = one.held {
                row.begun.add(begun);
            }
            if one.mountable {
                row.mountable.add(one.blob.size);
            }
        }
        self.rows.push(row);
        let obstacle = foreseen
            .obstacle
            .map(|obstacle| anyhow::Error::from(obstacle).context(cannot));
        self.obstacle = self.obstacle.take().or(obstacle);
    }

    /// Prints it. What would stop the transfer is a failure here too.
    pub(crate) fn finish(self, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Json => output::json(&self.rows)?,
            Format::Table => self.rows.iter().try_for_each(|row| output::line(&row.told()))?,
        }
        self.obstacle.map_or(Ok(()), Err)
    }
}

impl Row {
    /// The image in a line: what moves, what of that need not be sent, and what is there.
    fn told(&self) -> String {
        let Self {
            there,
            to_move,
            begun,
            mountable,
            ..
        } = self;
        let mut parts = Vec::new();
        if self.up_to_date {
            parts.push("up to date".to_owned());
        } else {
            parts.push(format!("{} to move, {}", to_move.count(), to_move.size()));
        }
        if begun.blobs > 0 {
            parts.push(format!("{} of them begun, {} there", begun.blobs, begun.size()));
        }
        if mountable.blobs > 0 {
            parts.push(format!("{} of them, {}, may be mounted", mountable.blobs, mountable.size()));
        }
        if there.blobs > 0 {
            parts.push(format!("{} there, {}", there.count(), there.size()));
        }
        if !self.tags.is_empty() {
            parts.push(format!("also as {}", self.tags.join(", ")));
        }
        format!("{}: {}", self.name(), parts.join("; "))
    }

    /// An image that keeps its name is called by it.
    fn name(&self) -> String {
        let bare = |name: &str| name.strip_prefix("store:").unwrap_or(name).to_owned();
        if bare(&self.source) == bare(&self.target) {
            return bare(&self.target);
        }
        format!("{} to {}", self.source, self.target)
    }
}
