//! `lugger images`: what the store has.

use anyhow::Context as _;
use indicatif::HumanDuration;
use jiff::Timestamp;
use lugger::layout::Entry;
use lugger::oci::{Digest, MediaType};
use lugger::reference::{Reference, RepositoryName};
use serde::Serialize;

use crate::cli::args::{Format, Images};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;
use crate::cli::size::human;

/// What a row shows where there is no such thing.
const NONE: &str = "<none>";

pub(crate) fn run(context: &Context, arguments: &Images) -> anyhow::Result<()> {
    let mut rows =
        rows(context, arguments.repository.as_ref()).with_context(|| Cannot::plainly("cannot list the images".to_owned()))?;
    rows.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.name.cmp(&b.name)));
    match arguments.formatted.format {
        Format::Json => output::json(&rows),
        Format::Table if arguments.digests => {
            let header = ["REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"];
            Ok(output::table(header, rows.iter().map(|row| with_digest(row.columns(), row)))?)
        }
        Format::Table => {
            let header = ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"];
            Ok(output::table(header, rows.iter().map(Row::columns))?)
        }
    }
}

fn rows(context: &Context, only: Option<&RepositoryName>) -> lugger::store::Result<Vec<Row>> {
    let images = context.store.images()?;
    let rows = images.iter().map(|image| Row::of(context, image));
    let wanted = |row: &Row| only.is_none_or(|only| row.reference.as_ref().is_some_and(|name| name.repository() == only));
    rows.filter(|row| row.as_ref().map_or(true, wanted)).collect()
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
    media_type: MediaType,
    #[serde(skip)]
    reference: Option<Reference>,
}

impl Row {
    fn of(context: &Context, image: &Entry) -> lugger::store::Result<Self> {
        let reference: Option<Reference> = image.name.as_ref().and_then(|name| name.as_str().parse().ok());
        // An image that is damaged or of an unknown kind is listed all the same: it can only be removed by its name.
        let manifest = context.store.manifest(&image.descriptor).ok();
        let config = manifest
            .as_ref()
            .and_then(|manifest| context.store.config(manifest).ok().flatten());
        let id = manifest
            .as_ref()
            .and_then(|manifest| manifest.config())
            .map_or(&image.descriptor.digest, |config| &config.digest);
        let chosen = image.chosen_from.as_ref().map(|chosen| chosen.index.clone());
        Ok(Self {
            name: image.name.as_ref().map(ToString::to_string),
            repository: reference.as_ref().map(|reference| reference.repository().familiar()),
            tag: reference.as_ref().and_then(Reference::tag).map(ToString::to_string),
            digest: chosen.unwrap_or_else(|| image.descriptor.digest.clone()),
            id: id.clone(),
            created: config.and_then(|config| config.created),
            size: context.store.size_of(image)?,
            media_type: image.descriptor.media_type.clone(),
            reference,
        })
    }

    fn columns(&self) -> [String; 5] {
        let named = self.repository.clone().or_else(|| self.name.clone());
        let created = self
            .created
            .and_then(age)
            .map_or_else(|| "N/A".to_owned(), |age| format!("{} ago", HumanDuration(age)));
        [
            named.unwrap_or_else(|| NONE.to_owned()),
            self.tag.clone().unwrap_or_else(|| NONE.to_owned()),
            self.id.short().to_owned(),
            created,
            human(self.size),
        ]
    }
}

fn with_digest([repository, tag, id, created, size]: [String; 5], row: &Row) -> [String; 6] {
    [repository, tag, row.digest.to_string(), id, created, size]
}

/// How long ago something was made; nothing for what lies in the future.
fn age(created: Timestamp) -> Option<std::time::Duration> {
    Timestamp::now().duration_since(created).try_into().ok()
}
