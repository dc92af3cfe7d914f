//! What cannot be read of a repository that is listed: which failures are those of one image alone, and how they are told.
//!
//! Old repositories have manifests of a format that nobody verifies any more, and damage stays where nobody looks. A list of a
//! thousand tags is worth more than the one that is wrong with it.

use std::collections::BTreeMap;

use reqwest::StatusCode;

use crate::oci::Digest;
use crate::reference::Tag;
use crate::registry::Repository;
use crate::registry::pages::status_of;
use crate::store::{Error, ErrorKind};
use crate::text::one_line;

/// How many warnings are given for one list.
const MAX_WARNINGS: usize = 10;

/// Why an image cannot be read, on one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unread(String);

impl Unread {
    /// Why a manifest cannot be read.
    ///
    /// # Errors
    /// The error itself where it is not about this image alone.
    pub(super) fn manifest(error: Error) -> Result<Self, Error> {
        if is_of_one_image(&error) {
            Ok(Self::of(&error))
        } else {
            Err(error)
        }
    }

    /// Why the config of an image cannot be read. One that is not there is no sign that the image has gone.
    ///
    /// # Errors
    /// The error itself where it is not about this image alone.
    pub(super) fn config(image: &Digest, error: Error) -> Result<Self, Error> {
        if !is_of_one_image(&error) && error.kind() != ErrorKind::NotFound {
            return Err(error);
        }
        Ok(Self::of(&error.context(format!("the config of {image} is not usable"))))
    }

    fn of(error: &Error) -> Self {
        Self(one_line(&format!("{:#}", error.cause())))
    }
}

/// Is it about the bytes of one image, and neither about the login nor the registry nor the way there? A quota that is used up,
/// which registries tell as a refusal, is the registry's.
pub(super) fn is_of_one_image(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Mismatch | ErrorKind::Other => true,
        ErrorKind::Refused => status_of(error).is_some_and(|status| status != StatusCode::TOO_MANY_REQUESTS),
        _ => false,
    }
}

/// What is to be said of a list, in the order of the tags.
#[derive(Default)]
pub(super) struct Warnings(BTreeMap<Tag, Warning>);

struct Warning {
    what: String,
    why: Unread,
}

impl Warnings {
    /// A tag of which not even the digest is known.
    pub(super) fn left_out(&mut self, tag: Tag, error: &Error) {
        let (what, why) = ("is not listed".to_owned(), Unread::of(error));
        self.0.insert(tag, Warning { what, why });
    }

    /// An image that is listed by its digest; `tags` are sorted.
    pub(super) fn incomplete(&mut self, tags: &[Tag], why: Unread) {
        let Some((first, others)) = tags.split_first() else { return };
        let also = match others.len() {
            0 => String::new(),
            1 => "and 1 other tag of it ".to_owned(),
            count => format!("and {count} other tags of it "),
        };
        let listed = if others.is_empty() { "is" } else { "are" };
        let what = format!("{also}{listed} listed without details");
        self.0.insert(first.clone(), Warning { what, why });
    }

    /// Says as much of it as a person reads.
    pub(super) fn give(self, repository: &Repository) {
        let more = self.0.len().saturating_sub(MAX_WARNINGS);
        for (tag, Warning { what, why }) in self.0.into_iter().take(MAX_WARNINGS) {
            let name = repository.name.at_tag(tag).familiar();
            repository.client.tell(&format!("warning: {name} {what}: {}", why.0));
        }
        if more > 0 {
            repository
                .client
                .tell(&format!("warning: {more} more images could not be read either"));
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{Method, Url};

    use super::*;
    use crate::registry::error::Failure;

    #[test]
    fn only_what_is_wrong_with_one_image_is_passed_over() {
        let refusal = |status: u16, body: &str| {
            let url = Url::parse("https://reg.example/v2/a/manifests/1").unwrap();
            let status = StatusCode::from_u16(status).unwrap();
            Error::from(Failure::new(Method::GET, &url, status, body.as_bytes())).context("not usable")
        };
        for (error, passed_over) in [
            (Error::mismatch(anyhow::anyhow!("other bytes")), true),
            (Error::other(anyhow::anyhow!("no manifest")), true),
            (refusal(400, ""), true),
            (refusal(412, "blocked by a policy"), true),
            (refusal(401, ""), false),
            (refusal(403, ""), false),
            (refusal(404, ""), false),
            (refusal(429, ""), false),
            (
                refusal(429, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"Quota exceeded"}]}"#),
                false,
            ),
            (refusal(503, ""), false),
            (Error::new(ErrorKind::Refused, anyhow::anyhow!("nobody may be asked")), false),
            (Error::interrupted(anyhow::anyhow!("broken off")), false),
        ] {
            assert_eq!(is_of_one_image(&error), passed_over, "{error:?}");
        }
    }
}
