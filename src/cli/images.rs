//! `lugger images`: what the store has.

use std::collections::HashMap;

use anyhow::Context as _;
use indicatif::HumanDuration;
use jiff::Timestamp;
use lugger::layout::{Entry, Share};
use lugger::oci::{Digest, MediaType};
use lugger::reference::Reference;
use serde::Serialize;

use crate::cli::args::{Format, Images};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;
use crate::cli::size::human;

/// What a row shows where there is no such thing.
const NONE: &str = "<none>";

pub(crate) fn run(context: &Context, arguments: &Images) -> anyhow::Result<()> {
    let cannot = || Cannot::plainly("cannot list the images".to_owned());
    let (mut rows, shown) = rows(context, arguments).with_context(cannot)?;
    rows.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.name.cmp(&b.name)));
    if arguments.formatted.format == Format::Json {
        return output::json(&rows);
    }
    let headers = columns(arguments).map(|(header, _)| header);
    output::table(headers, rows.iter().map(|row| columns(arguments).map(|(_, cell)| cell(row))))?;
    if arguments.sizes {
        let total = context.store.usage(&shown).with_context(cannot)?.total;
        output::line(&format!("\nTotal: {}, each layer counted once", human(total)))?;
    }
    Ok(())
}

/// A column: its header, and what a row shows there.
type Column = (&'static str, fn(&Row) -> String);

fn columns(arguments: &Images) -> impl Iterator<Item = Column> + use<> {
    let all: [(bool, Column); 7] = [
        (true, ("REPOSITORY", Row::repository)),
        (true, ("TAG", |row| row.tag.clone().unwrap_or_else(|| NONE.to_owned()))),
        (arguments.digests, ("DIGEST", |row| row.digest.to_string())),
        (true, ("IMAGE ID", |row| row.id.short().to_owned())),
        (true, ("CREATED", Row::age)),
        (true, ("SIZE", |row| human(row.size))),
        (arguments.sizes, ("UNIQUE", |row| human(row.unique_size))),
    ];
    all.into_iter().filter_map(|(shown, column)| shown.then_some(column))
}

/// The images that are asked for, as rows and as they are.
fn rows(context: &Context, arguments: &Images) -> lugger::store::Result<(Vec<Row>, Vec<Entry>)> {
    let images = context.store.images()?;
    let usage = context.store.usage(&images)?;
    let mut makes = HashMap::new();
    let rows = images.iter().map(|image| {
        // Many names may be of one image, which is read once.
        let at = &image.descriptor;
        let key = (&at.digest, at.size, &at.media_type);
        let make = makes.entry(key).or_insert_with(|| Make::of(context, image));
        Row::of(image, make, usage.share(&at.digest))
    });
    let wanted = rows.zip(&images).filter(|(row, _)| row.is_wanted(arguments));
    Ok(wanted.map(|(row, image)| (row, image.clone())).unzip())
}

/// What the manifest and the config of an image say of it.
struct Make {
    /// The digest of the config, if there is one.
    config: Option<Digest>,
    created: Option<Timestamp>,
}

impl Make {
    /// An image that is damaged or of an unknown kind is listed all the same: it can only be removed by its name.
    fn of(context: &Context, image: &Entry) -> Self {
        let Ok(manifest) = context.store.manifest(&image.descriptor) else {
            return Self {
                config: None,
                created: None,
            };
        };
        let config = context.store.config(&manifest).ok().flatten();
        Self {
            config: manifest.config().map(|config| config.digest.clone()),
            created: config.and_then(|config| config.created),
        }
    }
}

/// An image as JSON has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// The full name; null for an entry without one.
    name: Option<String>,
    repository: Option<String>,
    tag: Option<String>,
    digest: Digest,
    /// The digest of the config, docker's image ID; of the index itself where there are several configs.
    id: Digest,
    created: Option<Timestamp>,
    size: u64,
    /// What no other image of the store has.
    unique_size: u64,
    media_type: MediaType,
    #[serde(skip)]
    reference: Option<Reference>,
}

impl Row {
    fn of(image: &Entry, make: &Make, share: Share) -> Self {
        let reference: Option<Reference> = image.name.as_ref().and_then(|name| name.as_str().parse().ok());
        let chosen = image.chosen_from.as_ref().map(|chosen| chosen.index.clone());
        Self {
            name: image.name.as_ref().map(ToString::to_string),
            repository: reference.as_ref().map(|reference| reference.repository().familiar()),
            tag: reference.as_ref().and_then(Reference::tag).map(ToString::to_string),
            digest: chosen.unwrap_or_else(|| image.descriptor.digest.clone()),
            id: make.config.as_ref().unwrap_or(&image.descriptor.digest).clone(),
            created: make.created,
            size: share.size,
            unique_size: share.unique,
            media_type: image.descriptor.media_type.clone(),
            reference,
        }
    }

    fn is_wanted(&self, arguments: &Images) -> bool {
        let of_repository = |only| self.reference.as_ref().is_some_and(|name| name.repository() == only);
        let tag = || self.reference.as_ref().and_then(Reference::tag);
        arguments.repository.as_ref().is_none_or(of_repository)
            && arguments
                .filter
                .as_ref()
                .is_none_or(|pattern| tag().is_some_and(|tag| pattern.fits(tag)))
    }

    fn repository(&self) -> String {
        let named = self.repository.as_ref().or(self.name.as_ref());
        named.cloned().unwrap_or_else(|| NONE.to_owned())
    }

    fn age(&self) -> String {
        let age = self.created.and_then(age);
        age.map_or_else(|| "N/A".to_owned(), |age| format!("{} ago", HumanDuration(age)))
    }
}

/// How long ago something was made; nothing for what lies in the future.
fn age(created: Timestamp) -> Option<std::time::Duration> {
    Timestamp::now().duration_since(created).try_into().ok()
}
