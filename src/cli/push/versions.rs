//! Versions in tags, and the wider tags a release stands for as well: `1.4.2` is also `1.4`, `1` and `latest`.
//!
//! A wider tag is for the newest release under it, so it never moves back: whoever mends an old line leaves `latest` where
//! it is. What the registry has is told from its tags; whether they have a `v` in front makes no difference to that.

use lugger::reference::Tag;

/// The tag that names no version and means the newest.
const NEWEST: &str = "latest";
/// What may stand in front of a version.
const PREFIX: &str = "v";

/// A tag that is a version.
#[derive(Clone, Debug)]
pub(super) struct Version {
    prefix: &'static str,
    number: semver::Version,
}

/// What becomes of the wider tags of a release.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Widening {
    /// Those that the release gets, the narrowest first.
    pub(super) moved: Vec<Tag>,
    /// Those that stay with a newer release, and which that is.
    pub(super) kept: Vec<(Tag, String)>,
}

impl Version {
    /// As [semver](https://semver.org) has it, with a `v` in front or not.
    pub(super) fn of(tag: &Tag) -> Option<Self> {
        let text = tag.as_str();
        let (prefix, number) = match text.strip_prefix(PREFIX) {
            Some(number) => (PREFIX, number),
            None => ("", text),
        };
        let number = number.parse().ok()?;
        Some(Self { prefix, number })
    }

    /// Is it for everybody? A candidate is for those who ask for it, and so is one build among several; a tag cannot even
    /// name the latter.
    pub(super) fn is_release(&self) -> bool {
        self.number.pre.is_empty() && self.number.build.is_empty()
    }

    /// What becomes of the wider tags where there are these. Those of anything but a release are nobody's.
    pub(super) fn widen(&self, there: &[Tag]) -> Widening {
        let mut widening = Widening::default();
        if !self.is_release() {
            return widening;
        }
        let releases: Vec<Self> = there.iter().filter_map(Self::of).filter(Self::is_release).collect();
        for (text, reach) in self.wider() {
            let Ok(tag) = text.parse::<Tag>() else { continue };
            let below = releases.iter().filter(|release| reach.holds(self, release));
            match below.max_by(|one, other| one.number.cmp(&other.number)) {
                Some(newest) if newest.number > self.number => widening.kept.push((tag, newest.to_string())),
                _ => widening.moved.push(tag),
            }
        }
        widening
    }

    /// The wider tags, from the narrowest on.
    fn wider(&self) -> [(String, Reach); 3] {
        let Self { prefix, number } = self;
        let (major, minor) = (number.major, number.minor);
        [
            (format!("{prefix}{major}.{minor}"), Reach::Minor),
            (format!("{prefix}{major}"), Reach::Major),
            (NEWEST.to_owned(), Reach::All),
        ]
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.prefix, self.number)
    }
}

/// For which releases a wider tag is.
#[derive(Clone, Copy)]
enum Reach {
    Minor,
    Major,
    All,
}

impl Reach {
    /// Does the tag of this reach, as the first release has it, stand for the other one too?
    fn holds(self, of: &Version, other: &Version) -> bool {
        let same_major = other.number.major == of.number.major;
        match self {
            Self::Minor => same_major && other.number.minor == of.number.minor,
            Self::Major => same_major,
            Self::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widened(tag: &str, there: &str) -> (String, String) {
        let there: Vec<Tag> = there.split_whitespace().map(|tag| tag.parse().unwrap()).collect();
        let widening = Version::of(&tag.parse().unwrap()).unwrap().widen(&there);
        let moved: Vec<String> = widening.moved.iter().map(ToString::to_string).collect();
        let kept: Vec<String> = widening.kept.iter().map(|(tag, newer)| format!("{tag}<{newer}")).collect();
        (moved.join(" "), kept.join(" "))
    }

    #[test]
    fn a_release_has_wider_tags_and_a_candidate_has_none() {
        for (tag, moved) in [
            ("1.4.2", "1.4 1 latest"),
            ("v1.4.2", "v1.4 v1 latest"),
            ("0.0.1", "0.0 0 latest"),
            ("2026.1.31", "2026.1 2026 latest"),
            ("1.4.2-rc.1", ""),
            ("v1.4.2-0", ""),
        ] {
            assert_eq!(widened(tag, ""), (moved.to_owned(), String::new()), "{tag}");
        }
    }

    #[test]
    fn a_wider_tag_stays_with_the_newest_release_under_it() {
        for (tag, there, moved, kept) in [
            ("1.4.2", "1.4.2 1.4 1 latest", "1.4 1 latest", ""),
            ("1.4.3", "1.4.2", "1.4 1 latest", ""),
            ("1.3.9", "1.4.2 1.3.8", "1.3", "1<1.4.2 latest<1.4.2"),
            ("1.4.1", "1.4.10 1.4.2", "", "1.4<1.4.10 1<1.4.10 latest<1.4.10"),
            ("1.4.2", "2.0.0", "1.4 1", "latest<2.0.0"),
            ("2.0.0", "1.9.9", "2.0 2 latest", ""),
            ("1.4.2", "v1.5.0", "1.4", "1<v1.5.0 latest<v1.5.0"),
            ("v1.4.2", "1.4.3", "", "v1.4<1.4.3 v1<1.4.3 latest<1.4.3"),
        ] {
            assert_eq!(
                widened(tag, there),
                (moved.to_owned(), kept.to_owned()),
                "{tag} beside {there}"
            );
        }
    }

    #[test]
    fn what_is_no_release_keeps_no_tag() {
        let there = "2.0.0-rc.1 2.0 3 latest nightly 9.9 9.9.9.9 02.0.0 V9.9.9 main-1.5.0";
        assert_eq!(widened("1.4.2", there).0, "1.4 1 latest");
    }

    #[test]
    fn a_tag_that_is_no_version_is_none() {
        for tag in [
            "latest", "1.4", "1", "v1", "1.4.2.0", "01.4.2", "V1.4.2", "vv1.4.2", "1.4.2_x", "1.4.x",
        ] {
            assert!(Version::of(&tag.parse().unwrap()).is_none(), "{tag}");
        }
    }
}
