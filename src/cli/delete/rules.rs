//! Rules that choose tags of a repository to delete: by age, by number, by name.
//!
//! Together they narrow: what goes is old enough, not among the newest, and named like that. An image whose age cannot
//! be told stays wherever ages count.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use lugger::reference::Tag;
use lugger::registry::{ListedImage, Repository};

use super::question;
use crate::cli::args::Delete;

/// An age: a number with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age(SignedDuration);

/// No age.
#[derive(Debug, thiserror::Error)]
#[error("an age is a number with s, m, h, d or w behind it, as in 30d")]
pub(crate) struct AgeError;

impl FromStr for Age {
    type Err = AgeError;

    fn from_str(text: &str) -> Result<Self, AgeError> {
        let seconds = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some('w') => 7 * 86_400,
            _ => return Err(AgeError),
        };
        let number: u32 = text[..text.len() - 1].parse().map_err(|_| AgeError)?;
        Ok(Self(SignedDuration::from_secs(i64::from(number) * seconds)))
    }
}

/// A name with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl FromStr for Pattern {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Pattern {
    /// Goes back to the last `*` only, so that no pattern takes long.
    fn fits(&self, tag: &Tag) -> bool {
        let (pattern, text) = (self.0.as_bytes(), tag.as_str().as_bytes());
        let (mut at, mut read) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while read < text.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at, read));
                    at += 1;
                }
                Some(c) if *c == b'?' || *c == text[read] => {
                    at += 1;
                    read += 1;
                }
                _ => {
                    let Some((behind, tried)) = star else { return false };
                    star = Some((behind, tried + 1));
                    (at, read) = (behind + 1, tried + 1);
                }
            }
        }
        pattern[at..].iter().all(|c| *c == b'*')
    }
}

/// Is any rule given?
pub(super) fn are_given(arguments: &Delete) -> bool {
    arguments.older_than.is_some() || arguments.keep.is_some() || arguments.filter.is_some()
}

/// The tags that the rules choose, the newest first.
pub(super) async fn choose(repository: &Repository, arguments: &Delete) -> anyhow::Result<Vec<Tag>> {
    let fits = |tag: &Tag| arguments.filter.as_ref().is_none_or(|pattern| pattern.fits(tag));
    if arguments.older_than.is_none() && arguments.keep.is_none() {
        let mut tags = repository.tags().await?;
        tags.retain(fits);
        return Ok(tags);
    }
    let images = repository.listed_with(fits).await?;
    let ageless: Vec<&str> = tags_of(images.iter().filter(|image| image.timestamp.is_none()))
        .map(Tag::as_str)
        .collect();
    if !ageless.is_empty() {
        question::say(&format!("warning: of unknown age, and kept: {}", ageless.join(", ")))?;
    }
    let now = Timestamp::now();
    let newest = arguments
        .older_than
        .map(|age| now.checked_sub(age.0).unwrap_or(Timestamp::MIN));
    Ok(old(&images, newest, arguments.keep.unwrap_or_default()))
}

/// The tags of images older than `newest`, without those of the newest `keep` images.
fn old(images: &[ListedImage], newest: Option<Timestamp>, keep: usize) -> Vec<Tag> {
    let dated = images
        .iter()
        .filter(|image| !image.tags.is_empty())
        .filter_map(|image| Some((image.timestamp?, image)));
    let too_many = dated.skip(keep);
    let old = too_many.filter(|(made, _)| newest.is_none_or(|newest| *made < newest));
    tags_of(old.map(|(_, image)| image)).cloned().collect()
}

fn tags_of<'a>(images: impl Iterator<Item = &'a ListedImage>) -> impl Iterator<Item = &'a Tag> {
    images.flat_map(|image| &image.tags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lugger::oci::{Digest, MediaType};

    #[test]
    fn an_age_has_a_unit() {
        for (text, seconds) in [("90s", 90), ("2m", 120), ("12h", 43_200), ("30d", 2_592_000), ("1w", 604_800)] {
            assert_eq!(text.parse::<Age>().unwrap().0.as_secs(), seconds);
        }
        for text in ["", "d", "30", "-1d", "1.5d", "30 d", "3y", "99999999999d", "1é"] {
            assert!(text.parse::<Age>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_the_whole_tag() {
        for (pattern, tag, fits) in [
            ("pr-*", "pr-12", true),
            ("pr-*", "pr-", true),
            ("pr-*", "xpr-1", false),
            ("*-dev", "1.2-dev", true),
            ("*-dev", "1.2-devel", false),
            ("v?.*", "v1.2", true),
            ("v?.*", "v12.2", false),
            ("*", "a", true),
            ("", "a", false),
            ("a*b*c", "aXbXbc", true),
            ("*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert_eq!(pattern.fits(&tag.parse().unwrap()), fits, "{pattern:?} {tag}");
        }
    }

    fn image(tags: &[&str], made: Option<i64>) -> ListedImage {
        ListedImage {
            digest: Digest::of(tags.concat().as_bytes()),
            tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
            timestamp: made.map(|second| Timestamp::from_second(second).unwrap()),
            size: 0,
            media_type: MediaType::OCI_MANIFEST,
            platforms: Vec::new(),
        }
    }

    #[test]
    fn old_images_go_but_the_newest_and_those_without_an_age() {
        let images = [
            image(&["a", "latest"], Some(50)),
            image(&[], Some(45)),
            image(&["b"], Some(40)),
            image(&["c"], Some(30)),
            image(&["d"], None),
        ];
        let old = |newest: Option<i64>, keep| {
            let newest = newest.map(|second| Timestamp::from_second(second).unwrap());
            let tags = old(&images, newest, keep);
            tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(old(None, 1), "b c");
        assert_eq!(old(None, 9), "");
        assert_eq!(old(Some(50), 0), "b c");
        assert_eq!(old(Some(40), 1), "c");
        assert_eq!(old(Some(30), 0), "");
    }
}
