//! What a request asks for: its path taken apart, its query and its headers.
//!
//! Paths are taken as they are: nothing in a valid one needs an escape, so whatever has one names nothing.

use std::net::SocketAddr;

use hyper::Request as Head;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName};
use hyper::http::request::Parts;

use crate::oci::Digest;
use crate::serve::Service;
use crate::serve::refusal::{Code, Refusal};
use crate::serve::repository::Repository;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Base,
    Catalog,
    Tags(String),
    Manifest(String, String),
    Referrers(String, String),
    Blob(String, String),
    Uploads(String),
    Upload(String, String),
}

impl Route {
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix("/v2")?;
        if matches!(path, "" | "/") {
            return Some(Self::Base);
        }
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match parts.as_slice() {
            ["_catalog"] => Self::Catalog,
            [name @ .., "tags", "list"] => Self::Tags(name.join("/")),
            [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => Self::Uploads(name.join("/")),
            [name @ .., "blobs", "uploads", id] => Self::Upload(name.join("/"), (*id).to_owned()),
            [name @ .., "blobs", digest] => Self::Blob(name.join("/"), (*digest).to_owned()),
            [name @ .., "manifests", reference] => Self::Manifest(name.join("/"), (*reference).to_owned()),
            [name @ .., "referrers", digest] => Self::Referrers(name.join("/"), (*digest).to_owned()),
            _ => return None,
        })
    }
}

/// A request whose body is still to come.
pub(super) struct Request {
    pub(super) head: Parts,
    pub(super) body: Incoming,
    /// Who sends it.
    pub(super) peer: SocketAddr,
    query: Vec<(String, String)>,
}

impl Request {
    pub(super) fn new(request: Head<Incoming>, peer: SocketAddr) -> Self {
        let (head, body) = request.into_parts();
        let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned().collect();
        Self { head, body, peer, query }
    }

    /// The first value of a query's field.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.queries(name).next()
    }

    /// All values of a query's field.
    pub(super) fn queries(&self, name: &str) -> impl Iterator<Item = &str> {
        let same = self.query.iter().filter(move |(key, _)| key == name);
        same.map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// What the client calls the server.
    pub(super) fn host(&self) -> Option<&str> {
        let authority = self.head.uri.authority().map(hyper::http::uri::Authority::as_str);
        authority.or_else(|| self.header(&HOST))
    }

    /// How long the body is, if that is said.
    pub(super) fn length(&self) -> Option<u64> {
        self.header(&CONTENT_LENGTH)?.parse().ok()
    }

    /// The repository of a path, to be read.
    pub(super) fn repository(&self, service: &Service, path: &str) -> Result<Repository, Refusal> {
        service.hosts.repository(self.host(), path, self.query("ns"))
    }

    /// The same to be written to, which only the server's own are.
    pub(super) fn own_repository(&self, service: &Service, path: &str) -> Result<Repository, Refusal> {
        service.hosts.repository(self.host(), path, None)
    }
}

/// A digest from a path or a query.
pub(super) fn digest(text: &str) -> Result<Digest, Refusal> {
    text.parse()
        .map_err(|error: crate::oci::DigestError| Refusal::new(Code::DigestInvalid, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart_from_its_end() {
        let owned = |text: &str| text.to_owned();
        for (path, route) in [
            ("/v2", Some(Route::Base)),
            ("/v2/", Some(Route::Base)),
            ("/v2/_catalog", Some(Route::Catalog)),
            ("/v2/a/b/tags/list", Some(Route::Tags(owned("a/b")))),
            ("/v2/a/blobs/uploads/", Some(Route::Uploads(owned("a")))),
            ("/v2/a/blobs/uploads/1", Some(Route::Upload(owned("a"), owned("1")))),
            (
                "/v2/blobs/uploads/manifests/x",
                Some(Route::Manifest(owned("blobs/uploads"), owned("x"))),
            ),
            ("/v2/a/blobs/sha256:1", Some(Route::Blob(owned("a"), owned("sha256:1")))),
            ("/v2/../etc/manifests/x", Some(Route::Manifest(owned("../etc"), owned("x")))),
            ("/v2/a%2fmanifests%2fx", None),
            ("/v1/a/tags/list", None),
            ("/v2x", None),
            ("/", None),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}
