//! Lists: the tags of a repository, the repositories there are, and the referrers of a manifest.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, LINK};
use serde_json::json;

use crate::layout::Layout;
use crate::oci::{Descriptor, Digest, MediaType, Referrer};
use crate::serve::Service;
use crate::serve::answer::{Answer, Builder};
use crate::serve::body::blocking;
use crate::serve::hosts::Hosts;
use crate::serve::refusal::{Code, Refusal};
use crate::serve::repository::{Repository, parts};
use crate::serve::request::{Request, digest};
use crate::serve::shelf::Images;
use crate::store::{ErrorKind, Result};

/// How many entries a page has if no number is asked for, and at most.
const PAGE: usize = 10_000;
/// Which filters a list of referrers went through.
const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

pub(super) async fn tags(service: &Arc<Service>, request: &Request, path: &str) -> std::result::Result<Answer, Refusal> {
    let repository = request.repository(service, path)?;
    let shared = Arc::clone(service);
    let all = blocking(move || shared.shelf.images(&shared.store)).await?;
    let mut images = repository.images(&all).peekable();
    if images.peek().is_none() {
        return Err(Refusal::new(Code::NameUnknown, format!("there is no repository {path}")));
    }
    let tags: BTreeSet<String> = images
        .filter_map(|image| image.reference.tag().map(ToString::to_string))
        .collect();
    let page = Page::of(request, tags)?;
    let answer = page.linked(
        Builder::new(StatusCode::OK),
        request,
        &format!("/v2/{}/tags/list", repository.path()),
    );
    Ok(answer.json(json!({"name": repository.path(), "tags": page.entries}).to_string()))
}

pub(super) async fn catalog(service: &Arc<Service>, request: &Request) -> std::result::Result<Answer, Refusal> {
    let shared = Arc::clone(service);
    let all = blocking(move || shared.shelf.images(&shared.store)).await?;
    let names = repositories(&all, &service.hosts);
    let page = Page::of(request, names)?;
    let answer = page.linked(Builder::new(StatusCode::OK), request, "/v2/_catalog");
    Ok(answer.json(json!({"repositories": page.entries}).to_string()))
}

/// The paths under which images of the store are served. A host with a port can stand in no path, and is asked for
/// with `ns` alone.
fn repositories(all: &Images, hosts: &Hosts) -> BTreeSet<String> {
    all.repositories()
        .filter_map(|repository| {
            if hosts.is_own(repository.registry()) {
                return Some(repository.path().to_owned());
            }
            let written_out = repository.to_string();
            (!written_out.contains([':', '['])).then_some(written_out)
        })
        .collect()
}

pub(super) async fn referrers(
    service: &Arc<Service>,
    request: &Request,
    path: &str,
    subject: &str,
) -> std::result::Result<Answer, Refusal> {
    let repository = request.repository(service, path)?;
    let subject = digest(subject)?;
    let shared = Arc::clone(service);
    let mut found = blocking(move || {
        let all = shared.shelf.images(&shared.store)?;
        referring(&shared.store, &repository, &all, &subject)
    })
    .await?;
    let mut answer = Builder::new(StatusCode::OK).header(CONTENT_TYPE, &MediaType::OCI_INDEX);
    if let Some(wanted) = request.query("artifactType") {
        found.retain(|entry| entry.artifact_type.as_deref() == Some(wanted));
        answer = answer.header(FILTERS, "artifactType");
    }
    let index = json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": found});
    Ok(answer.bytes(index.to_string().into()))
}

/// The manifests of a repository that refer to this one. What is damaged refers to nothing.
fn referring(store: &Layout, repository: &Repository, all: &Images, subject: &Digest) -> Result<Vec<Descriptor>> {
    let roots: Vec<Descriptor> = repository.images(all).map(|image| image.descriptor.clone()).collect();
    let mut found: Vec<Descriptor> = Vec::new();
    for at in parts(store, &roots)? {
        let manifest = match store.manifest(&at) {
            Ok(manifest) => manifest,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Mismatch) => continue,
            Err(error) => return Err(error),
        };
        found.extend(Referrer::of(&manifest).filter(|it| it.subject == *subject).map(|it| it.entry));
    }
    found.sort_by(|one, other| one.digest.cmp(&other.digest));
    Ok(found)
}

/// A part of a sorted list.
struct Page {
    entries: Vec<String>,
    more: bool,
}

impl Page {
    /// The entries behind `last`, at most `n` of them.
    fn of(request: &Request, all: BTreeSet<String>) -> std::result::Result<Self, Refusal> {
        let number = request.query("n").map(str::parse::<usize>).transpose();
        let number = number.map_err(|_| Refusal::new(Code::PaginationNumberInvalid, "`n` is no number of entries"))?;
        Ok(Self::cut(
            all,
            request.query("last").unwrap_or_default(),
            number.unwrap_or(PAGE),
        ))
    }

    fn cut(all: BTreeSet<String>, last: &str, number: usize) -> Self {
        let mut rest = all.into_iter().filter(|entry| entry.as_str() > last);
        let entries: Vec<String> = rest.by_ref().take(number.min(PAGE)).collect();
        Self {
            more: !entries.is_empty() && rest.next().is_some(),
            entries,
        }
    }

    /// Says where the next page is, if there is one.
    fn linked(&self, answer: Builder, request: &Request, path: &str) -> Builder {
        let (true, Some(last)) = (self.more, self.entries.last()) else {
            return answer;
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("n", &self.entries.len().to_string())
            .append_pair("last", last);
        if let Some(namespace) = request.query("ns") {
            query.append_pair("ns", namespace);
        }
        answer.header(LINK, &format!("<{path}?{}>; rel=\"next\"", query.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_behind_the_last_entry_whether_that_is_there_or_not() {
        let all = || ["a", "b", "d"].map(str::to_owned).into_iter().collect();
        for (last, number, entries, more) in [
            ("", 9, &["a", "b", "d"][..], false),
            ("", 2, &["a", "b"], true),
            ("b", 1, &["d"], false),
            ("c", 2, &["d"], false),
            ("d", 2, &[], false),
            ("", 0, &[], false),
        ] {
            let page = Page::cut(all(), last, number);
            assert_eq!(
                (page.entries.as_slice(), page.more),
                (&entries.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>()[..], more)
            );
        }
    }
}
