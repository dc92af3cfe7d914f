//! Paths of the API, taken apart. Anything before `/v2/` is let through, for clients that are told of a prefix.

/// A repository and the place in it; the repository is empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) repository: String,
    pub(super) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Base,
    Catalog,
    Tags,
    Referrers,
    Manifest(String),
    Blob(String),
    /// The session; empty for a POST that opens one.
    Upload(String),
    /// Where redirects lead: `/storage/DIGEST` serves any blob and, as object stores do, refuses credentials.
    Storage(String),
}

impl Route {
    pub(super) fn of(path: &str) -> Option<Self> {
        if let Some(digest) = path.strip_prefix("/storage/") {
            return Some(Self::bare(Place::Storage(digest.to_string())));
        }
        let rest = path.find("/v2/").map(|at| &path[at + 4..])?;
        match rest {
            "" => Some(Self::bare(Place::Base)),
            "_catalog" => Some(Self::bare(Place::Catalog)),
            _ => Self::in_repository(rest),
        }
    }

    fn bare(place: Place) -> Self {
        Self {
            repository: String::new(),
            place,
        }
    }

    fn in_repository(rest: &str) -> Option<Self> {
        if let Some((repository, id)) = rest.rsplit_once("/blobs/uploads/") {
            return Some(Self::at(repository, Place::Upload(id.to_string())));
        }
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return Some(Self::at(repository, Place::Tags));
        }
        let (before, last) = rest.rsplit_once('/')?;
        let (repository, kind) = before.rsplit_once('/')?;
        let place = match kind {
            "manifests" => Place::Manifest(last.to_string()),
            "blobs" => Place::Blob(last.to_string()),
            "referrers" => Place::Referrers,
            _ => return None,
        };
        Some(Self::at(repository, place))
    }

    fn at(repository: &str, place: Place) -> Self {
        Self {
            repository: repository.to_string(),
            place,
        }
    }
}
