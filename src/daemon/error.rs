//! How an Engine fails: it is not there, it lacks an image, it refuses.

use std::fmt;
use std::time::Duration;

use anyhow::anyhow;

use crate::daemon::address::Address;
use crate::reference::Reference;
use crate::store::{Error, ErrorKind};
use crate::text::one_line;

/// The most names that are offered in place of one that is not there.
const MOST_NAMES: usize = 5;
/// How much is shown of what an Engine says, in characters.
const MOST_TEXT: usize = 500;

/// Nobody answered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("Docker Engine at {address}: {reason}")]
pub struct NoEngine {
    address: String,
    reason: String,
    trouble: Trouble,
}

/// Why nobody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens there.
    Absent,
    /// This user may not speak to it.
    Forbidden,
    /// It says nothing.
    Silent,
    /// The connection broke, or what came was no HTTP.
    Broken,
}

impl NoEngine {
    /// Nothing came for so long.
    pub(super) fn silent(address: &Address, silence: Duration) -> Self {
        Self {
            address: address.to_string(),
            reason: format!("no answer for {} s", silence.as_secs()),
            trouble: Trouble::Silent,
        }
    }

    /// Why.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        self.trouble
    }
}

impl From<NoEngine> for Error {
    fn from(none: NoEngine) -> Self {
        let kind = match none.trouble {
            Trouble::Forbidden => ErrorKind::Denied,
            Trouble::Absent | Trouble::Silent | Trouble::Broken => ErrorKind::Unreachable,
        };
        Self::new(kind, none)
    }
}

/// Why a request got no answer. Where our own side of it broke, its reason is told.
pub(super) fn unanswered(address: &Address, error: &reqwest::Error) -> Error {
    let mut innermost: &(dyn std::error::Error + 'static) = error;
    loop {
        if let Some(ours) = innermost.downcast_ref::<Error>() {
            return Error::new(ours.kind(), anyhow!("{ours}"));
        }
        match innermost.source() {
            Some(source) => innermost = source,
            None => break,
        }
    }
    let trouble = match innermost.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
        Some(std::io::ErrorKind::PermissionDenied) => Trouble::Forbidden,
        _ if error.is_connect() => Trouble::Absent,
        _ => Trouble::Broken,
    };
    let none = NoEngine {
        address: address.to_string(),
        reason: one_line(&innermost.to_string()),
        trouble,
    };
    none.into()
}

/// An image that the Engine does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NoImage {
    name: String,
    alike: Vec<String>,
}

impl NoImage {
    /// Those of its names that are of the same repository, else those whose last word is the same.
    pub(super) fn new(name: &Reference, names: &[String]) -> Self {
        let last = |reference: &Reference| {
            reference
                .repository()
                .path()
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let known: Vec<Reference> = names.iter().filter_map(|name| name.parse().ok()).collect();
        let same = known.iter().filter(|known| known.repository() == name.repository());
        let other = known
            .iter()
            .filter(|known| known.repository() != name.repository() && last(known) == last(name));
        Self {
            name: name.familiar(),
            alike: same.chain(other).take(MOST_NAMES).map(Reference::familiar).collect(),
        }
    }
}

impl fmt::Display for NoImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Docker Engine has no image `{}`", self.name)?;
        if self.alike.is_empty() {
            return Ok(());
        }
        write!(f, "; it has {}", self.alike.join(", "))
    }
}

/// What an Engine said against something, in one line.
pub(super) fn said(status: Option<u16>, text: &str) -> Error {
    let text = one_line(text);
    let text = text.trim();
    let mut shown: String = text.chars().take(MOST_TEXT).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let told = match (status, shown.is_empty()) {
        (None, _) => format!("Docker Engine says: {shown}"),
        (Some(status), false) => format!("Docker Engine answers {status}: {shown}"),
        (Some(status), true) => format!("Docker Engine answers {status}"),
    };
    Error::other(anyhow!("{told}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_same_repository_are_offered_before_others() {
        let names = ["team/app:2", "x/other:1", "app:2", "<none>:<none>", "app:3"].map(str::to_owned);
        let none = NoImage::new(&"app:1".parse().unwrap(), &names);
        assert_eq!(
            none.to_string(),
            "Docker Engine has no image `app:1`; it has app:2, app:3, team/app:2"
        );
        let none = NoImage::new(&"web".parse().unwrap(), &names);
        assert_eq!(none.to_string(), "Docker Engine has no image `web:latest`");
    }

    #[test]
    fn what_an_engine_says_is_one_line_of_bounded_length() {
        let told = said(Some(500), &format!("a\n\u{1b}[31mb{}", "x".repeat(10_000))).to_string();
        assert!(
            told.starts_with("Docker Engine answers 500: a  [31mb") && told.ends_with('…'),
            "{told}"
        );
        assert!(told.chars().count() < MOST_TEXT + 50, "{told}");
        assert_eq!(said(Some(302), " \n").to_string(), "Docker Engine answers 302");
    }
}
