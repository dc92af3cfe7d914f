//! `lugger list-tags`: what a repository has, the newest first.

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lugger::oci::{Digest, MediaType};
use lugger::registry::ListedImage;
use serde::Serialize;

use crate::cli::args::{Format, ListTags};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;

pub(crate) async fn run(context: &Context, arguments: &ListTags) -> anyhow::Result<()> {
    let name = &arguments.repository;
    let repository = context.network.repository(name)?;
    let cannot = || Cannot::at(format!("cannot list the tags of `{}`", name.familiar()), name.registry());
    let images = repository.listed().await.with_context(cannot)?;
    match arguments.formatted.format {
        Format::Json => output::json(&images.iter().map(Row::from).collect::<Vec<_>>()),
        Format::Table => Ok(output::table(["DIGEST", "TAGS", "TIMESTAMP"], images.iter().map(columns))?),
    }
}

/// gcloud's columns: a short digest, its tags, the local time.
fn columns(image: &ListedImage) -> [String; 3] {
    let tags: Vec<&str> = image.tags.iter().map(lugger::reference::Tag::as_str).collect();
    let time = image
        .timestamp
        .map(|time| time.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S").to_string());
    [image.digest.short().to_owned(), tags.join(","), time.unwrap_or_default()]
}

/// An image as JSON has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    digest: &'a Digest,
    tags: Vec<&'a str>,
    timestamp: Option<Timestamp>,
    size: u64,
    media_type: &'a MediaType,
    platforms: Vec<String>,
}

impl<'a> From<&'a ListedImage> for Row<'a> {
    fn from(image: &'a ListedImage) -> Self {
        Self {
            digest: &image.digest,
            tags: image.tags.iter().map(lugger::reference::Tag::as_str).collect(),
            timestamp: image.timestamp,
            size: image.size,
            media_type: &image.media_type,
            platforms: image.platforms.iter().map(ToString::to_string).collect(),
        }
    }
}
