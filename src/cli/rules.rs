//! Rules that choose tags of a repository, on a registry or in the store: by age, by number, by name.
//!
//! Together they narrow: what goes is old enough, not among the newest, and named like that. An image whose age cannot
//! be told stays wherever ages count.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use lugger::reference::{Reference, Tag};

use crate::cli::args::Rules;
use crate::cli::failure::Usage;

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
    pub(crate) fn fits(&self, tag: &Tag) -> bool {
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

impl Rules {
    /// Is any rule given?
    pub(crate) fn are_given(&self) -> bool {
        self.count_ages() || self.filter.is_some()
    }

    /// Does any rule want to know how old an image is?
    pub(crate) fn count_ages(&self) -> bool {
        self.older_than.is_some() || self.keep.is_some()
    }

    /// Is a tag named as it is meant?
    pub(crate) fn fit(&self, tag: &Tag) -> bool {
        self.filter.as_ref().is_none_or(|pattern| pattern.fits(tag))
    }

    /// With rules, whole repositories are named.
    pub(crate) fn refuse_narrower(&self, references: &[Reference]) -> Result<(), Usage> {
        match references.iter().find(|reference| !reference.is_defaulted()) {
            Some(reference) if self.are_given() => Err(Usage(format!(
                "--older-than, --keep and --filter choose from a repository; `{}` is narrower",
                reference.familiar()
            ))),
            _ => Ok(()),
        }
    }

    /// The tags to go, of images that are given with the time they were made, the newest first.
    pub(crate) fn old<'a>(&self, images: impl Iterator<Item = (Timestamp, &'a [Tag])>) -> Vec<Tag> {
        let now = Timestamp::now();
        let newest = self.older_than.map(|age| now.checked_sub(age.0).unwrap_or(Timestamp::MIN));
        old(images, newest, self.keep.unwrap_or_default())
    }
}

/// The tags of images older than `newest`, without those of the newest `keep` images.
fn old<'a>(images: impl Iterator<Item = (Timestamp, &'a [Tag])>, newest: Option<Timestamp>, keep: usize) -> Vec<Tag> {
    let tagged = images.filter(|(_, tags)| !tags.is_empty());
    let old = tagged
        .skip(keep)
        .filter(|(made, _)| newest.is_none_or(|newest| *made < newest));
    old.flat_map(|(_, tags)| tags).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn old_images_go_but_the_newest() {
        let tags = |names: &[&str]| names.iter().map(|tag| tag.parse().unwrap()).collect::<Vec<Tag>>();
        let images = [
            (50, tags(&["a", "latest"])),
            (45, tags(&[])),
            (40, tags(&["b"])),
            (30, tags(&["c"])),
        ];
        let at = |second| Timestamp::from_second(second).unwrap();
        let old = |newest: Option<i64>, keep| {
            let images = images.iter().map(|(made, tags)| (at(*made), tags.as_slice()));
            let tags = old(images, newest.map(at), keep);
            tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(old(None, 1), "b c");
        assert_eq!(old(None, 9), "");
        assert_eq!(old(Some(50), 0), "b c");
        assert_eq!(old(Some(40), 1), "c");
        assert_eq!(old(Some(30), 0), "");
    }
}
