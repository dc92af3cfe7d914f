//! `lugger list-tags`: what a repository has. Which tags are shown, and in which order, is `choice`'s; how wide they may be
//! is `table`'s.

mod choice;
mod table;
mod watch;

use anyhow::Context as _;
use jiff::Timestamp;
use lugger::facts::Facts;
use lugger::oci::{Digest, MediaType};
use lugger::reference::Tag;
use lugger::registry::{Inventory, ListedImage, Repository};
use lugger::store::Result;
use serde::Serialize;

use crate::cli::args::{ListTags, TagFormat};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;
use choice::Choice;
pub(crate) use choice::Order;
use watch::Watch;

pub(crate) async fn run(context: &Context, arguments: &ListTags) -> anyhow::Result<()> {
    let name = &arguments.repository;
    let repository = context.network.repository(name)?;
    let cannot = || Cannot::about(format!("cannot list the tags of `{}`", name.familiar()), name);
    let choice = Choice::of(arguments);
    if arguments.format == TagFormat::Names && choice.order != Order::Created {
        return print_names(&choice.tags(repository.tags().await.with_context(cannot)?));
    }
    let images = look_up(context, &repository, &choice).await.with_context(cannot)?;
    match arguments.format {
        TagFormat::Names => print_names(&choice.newest_tags(&images)),
        TagFormat::Json => output::json(&images.iter().map(Row::from).collect::<Vec<_>>()),
        TagFormat::Table => Ok(table::print(&images, arguments.wide)?),
    }
}

/// The chosen images in their order. Where that is known from the tags alone, no more of them are looked up than are
/// shown.
async fn look_up(context: &Context, repository: &Repository, choice: &Choice<'_>) -> Result<Vec<ListedImage>> {
    let images = match repository.inventory().await? {
        Inventory::Images(images) => images,
        Inventory::Tags(tags) => {
            // Where nothing may be kept, everything is asked.
            let facts = context.store.facts().map(Facts::at).unwrap_or_default();
            let watch = Watch::start(context);
            let seen = repository.describe(choice.tags(tags), &facts, |looked| watch.tell(looked));
            seen.await?
        }
    };
    Ok(choice.images(images))
}

fn print_names(tags: &[Tag]) -> anyhow::Result<()> {
    let names: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    if names.is_empty() {
        return Ok(());
    }
    Ok(output::line(&names.join("\n"))?)
}

/// An image as JSON has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    digest: &'a Digest,
    tags: Vec<&'a str>,
    timestamp: Option<Timestamp>,
    size: u64,
    media_type: Option<&'a MediaType>,
    platforms: Vec<String>,
}

impl<'a> From<&'a ListedImage> for Row<'a> {
    fn from(image: &'a ListedImage) -> Self {
        Self {
            digest: &image.digest,
            tags: image.tags.iter().map(Tag::as_str).collect(),
            timestamp: image.timestamp,
            size: image.size,
            media_type: Some(&image.media_type).filter(|media_type| !media_type.as_str().is_empty()),
            platforms: image.platforms.iter().map(ToString::to_string).collect(),
        }
    }
}
