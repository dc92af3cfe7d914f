//! Redirects: which answers are one, and where they may lead.

use reqwest::header::LOCATION;
use reqwest::{Method, Url};

use crate::registry::Redirected;
use crate::registry::answer::Answer;
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
