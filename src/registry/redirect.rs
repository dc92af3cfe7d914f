//! Redirects: which are followed, and what is said of those that are not.
//!
//! Credentials stay with scheme, host and port, so the HTTP library follows none by itself; `client` does, with this.

use reqwest::header::LOCATION;
use reqwest::{Method, Url};

use crate::registry::answer::Answer;
use crate::registry::error::redacted;
use crate::store::Error;

/// Where a redirect leads. From HTTPS it never leads to plain HTTP.
pub(super) fn next_hop(method: &Method, answer: &Answer) -> Result<Option<Url>, Error> {
    let status = answer.status().as_u16();
    let reads = *method == Method::GET || *method == Method::HEAD;
    let redirects = matches!(status, 307 | 308) || (reads && matches!(status, 301..=303));
    let Some(location) = answer.header(LOCATION).filter(|_| redirects) else {
        return Ok(None);
    };
    let from = answer.url();
    let next = from
        .join(location)
        .map_err(|_| Error::other(Redirected::upload(from, location)))?;
    let downgraded = from.scheme() == "https" && next.scheme() != "https";
    if downgraded || !matches!(next.scheme(), "http" | "https") {
        return Err(Error::other(Redirected::insecurely(from, &next)));
    }
    Ok(Some(next))
}

/// A redirect that is not followed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{from} redirects {why}")]
pub struct Redirected {
    from: String,
    why: String,
}

impl Redirected {
    pub(super) fn insecurely(from: &Url, to: &Url) -> Self {
        Self {
            from: redacted(from),
            why: format!("to {}, which is not HTTPS", redacted(to)),
        }
    }

    pub(super) fn too_often(from: &Url, hops: usize) -> Self {
        Self {
            from: redacted(from),
            why: format!("once more after {hops} redirects"),
        }
    }

    pub(super) fn upload(from: &Url, to: &str) -> Self {
        let to = from.join(to).map_or_else(|_| "nowhere".to_owned(), |url| redacted(&url));
        Self {
            from: redacted(from),
            why: format!("to {to}, where it cannot be followed"),
        }
    }
}
