//! Which tags of a list are shown, and in which order.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;

use clap::ValueEnum;
use lugger::reference::Tag;
use lugger::registry::ListedImage;
use semver::{Version, VersionReq};

use crate::cli::args::{ListTags, TagFormat};
use crate::cli::rules::Pattern;

/// What is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// The newest image
    Created,
    /// The highest version; what is no version comes last
    Semver,
    /// The first name
    Name,
}

/// What was asked for.
pub(super) struct Choice<'a> {
    pub(super) order: Order,
    filter: Option<&'a Pattern>,
    versions: Option<&'a VersionReq>,
    limit: usize,
}

impl<'a> Choice<'a> {
    /// Names alone are known without looking at an image, so they are not sorted by age unless that is said.
    pub(super) fn of(arguments: &'a ListTags) -> Self {
        let usual = match arguments.format {
            TagFormat::Names => Order::Name,
            TagFormat::Table | TagFormat::Json => Order::Created,
        };
        Self {
            order: arguments.sort.unwrap_or(usual),
            filter: arguments.filter.as_ref(),
            versions: arguments.semver.as_ref(),
            limit: arguments.limit.map_or(usize::MAX, usize::from),
        }
    }

    /// The tags to look up: all that fit, or the first of them where their order is known by now.
    pub(super) fn tags(&self, mut tags: Vec<Tag>) -> Vec<Tag> {
        tags.retain(|tag| self.wants(tag));
        if self.order != Order::Created {
            self.sort(&mut tags);
            tags.truncate(self.limit);
        }
        tags
    }

    /// The images to show.
    pub(super) fn images(&self, mut images: Vec<ListedImage>) -> Vec<ListedImage> {
        let picky = self.filter.is_some() || self.versions.is_some();
        for image in &mut images {
            image.tags.retain(|tag| self.wants(tag));
            self.sort(&mut image.tags);
        }
        images.retain(|image| !picky || !image.tags.is_empty());
        images.sort_by(|one, other| self.compare(one, other).then_with(|| one.digest.cmp(&other.digest)));
        if self.order == Order::Created {
            images.truncate(self.limit);
            return images;
        }
        self.first(images)
    }

    /// The tags of such images, one after the other.
    pub(super) fn newest_tags(&self, images: &[ListedImage]) -> Vec<Tag> {
        let tags = images.iter().flat_map(|image| &image.tags);
        tags.take(self.limit).cloned().collect()
    }

    /// The first tags, with what they name. What has no tag comes after all of them.
    fn first(&self, mut images: Vec<ListedImage>) -> Vec<ListedImage> {
        let all: Vec<Tag> = images.iter().flat_map(|image| &image.tags).cloned().collect();
        let room = self.limit.saturating_sub(all.len());
        let shown: HashSet<Tag> = self.tags(all).into_iter().collect();
        let mut untagged = 0;
        images.retain_mut(|image| {
            if image.tags.is_empty() {
                untagged += 1;
                return untagged <= room;
            }
            image.tags.retain(|tag| shown.contains(tag));
            !image.tags.is_empty()
        });
        images
    }

    fn wants(&self, tag: &Tag) -> bool {
        let in_range = |versions: &VersionReq| version(tag).is_some_and(|version| versions.matches(&version));
        self.filter.is_none_or(|pattern| pattern.fits(tag)) && self.versions.is_none_or(in_range)
    }

    fn sort(&self, tags: &mut [Tag]) {
        match self.order {
            Order::Semver => tags.sort_by_cached_key(by_version),
            Order::Created | Order::Name => tags.sort(),
        }
    }

    fn compare(&self, one: &ListedImage, other: &ListedImage) -> Ordering {
        let untagged = |image: &ListedImage| image.tags.is_empty();
        let first = |image: &ListedImage| image.tags.first().map(by_version);
        match self.order {
            Order::Created => other.timestamp.cmp(&one.timestamp).then_with(|| one.tags.cmp(&other.tags)),
            Order::Name => untagged(one).cmp(&untagged(other)).then_with(|| one.tags.cmp(&other.tags)),
            Order::Semver => untagged(one)
                .cmp(&untagged(other))
                .then_with(|| first(one).cmp(&first(other))),
        }
    }
}

/// The highest version first, what is none last, and alike ones by name.
fn by_version(tag: &Tag) -> (bool, Reverse<Option<Version>>, Tag) {
    let version = version(tag);
    (version.is_none(), Reverse(version), tag.clone())
}

/// The version that a tag names, with or without a `v`. One or two numbers stand for the version with zeros behind
/// them.
fn version(tag: &Tag) -> Option<Version> {
    let text = tag.as_str();
    let text = text.strip_prefix('v').unwrap_or(text);
    let (numbers, rest) = text.split_at(text.find('-').unwrap_or(text.len()));
    let zeros = match numbers.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => "",
    };
    Version::parse(&format!("{numbers}{zeros}{rest}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(names: &str) -> Vec<Tag> {
        names.split(' ').map(|name| name.parse().unwrap()).collect()
    }

    fn chosen(choice: &Choice<'_>, names: &str) -> String {
        let tags = choice.tags(tags(names));
        tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(" ")
    }

    fn by(order: Order) -> Choice<'static> {
        Choice {
            order,
            filter: None,
            versions: None,
            limit: usize::MAX,
        }
    }

    #[test]
    fn versions_are_sorted_as_semver_has_them() {
        for (given, expected) in [
            ("1.9.0 1.10.0 1.2.0", "1.10.0 1.9.0 1.2.0"),
            ("v1.9.0 1.10.0 v1.2.0", "1.10.0 v1.9.0 v1.2.0"),
            (
                "1.0.0 1.0.0-rc.1 1.0.0-rc.10 1.0.0-rc.2",
                "1.0.0 1.0.0-rc.10 1.0.0-rc.2 1.0.0-rc.1",
            ),
            ("latest 1.0.0 edge 2.0.0", "2.0.0 1.0.0 edge latest"),
            ("1 1.2 1.2.3 2", "2 1.2.3 1.2 1"),
            ("1.2-alpine 1.2 1.2.0 v1.2", "1.2 1.2.0 v1.2 1.2-alpine"),
            (
                "01.2.3 1.2.3.4 1.2.3_x vv1 v 99999999999999999999999 1..2 1.",
                "01.2.3 1. 1..2 1.2.3.4 1.2.3_x 99999999999999999999999 v vv1",
            ),
        ] {
            assert_eq!(chosen(&by(Order::Semver), given), expected);
        }
    }

    #[test]
    fn a_range_of_versions_is_as_the_crate_reads_it() {
        let given = "latest 1 1.1.9 v1.2.0 1.2 1.3.0-rc.1 1.9.9 1.9.9-alpine 2.0.0 2";
        for (range, expected) in [
            (">=1.2, <2", "1.9.9 1.2 v1.2.0"),
            ("1.2", "1.9.9 1.2 v1.2.0"),
            ("~1.1", "1.1.9"),
            (">=1.3.0-rc.0, <1.4", "1.3.0-rc.1"),
            ("*", "2 2.0.0 1.9.9 1.2 v1.2.0 1.1.9 1"),
        ] {
            let versions: VersionReq = range.parse().unwrap();
            let choice = Choice {
                versions: Some(&versions),
                ..by(Order::Semver)
            };
            assert_eq!(chosen(&choice, given), expected, "{range}");
        }
    }

    #[test]
    fn only_what_needs_no_looking_up_to_be_sorted_is_cut_before() {
        let pattern: Pattern = "v*".parse().unwrap();
        for (order, expected) in [
            (Order::Created, "v1 v10 v2"),
            (Order::Name, "v1 v10"),
            (Order::Semver, "v10 v2"),
        ] {
            let choice = Choice {
                filter: Some(&pattern),
                limit: 2,
                ..by(order)
            };
            assert_eq!(chosen(&choice, "a v1 v10 v2 b"), expected);
        }
    }
}
