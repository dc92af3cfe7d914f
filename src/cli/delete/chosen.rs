//! The tags of a registry's repository that rules choose. An image whose age cannot be told stays wherever ages count.

use lugger::reference::Tag;
use lugger::registry::Repository;

use super::question;
use crate::cli::args::Rules;

/// The tags that the rules choose, the newest first.
pub(super) async fn choose(repository: &Repository, rules: &Rules) -> anyhow::Result<Vec<Tag>> {
    let fits = |tag: &Tag| rules.fit(tag);
    if !rules.count_ages() {
        let mut tags = repository.tags().await?;
        tags.retain(fits);
        return Ok(tags);
    }
    let images = repository.listed_with(fits).await?;
    let ageless = images.iter().filter(|image| image.timestamp.is_none());
    let ageless: Vec<&str> = ageless.flat_map(|image| &image.tags).map(Tag::as_str).collect();
    if !ageless.is_empty() {
        question::say(&format!("warning: of unknown age, and kept: {}", ageless.join(", ")))?;
    }
    let dated = images
        .iter()
        .filter_map(|image| Some((image.timestamp?, image.tags.as_slice())));
    Ok(rules.old(dated))
}
