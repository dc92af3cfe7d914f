//! Manifests: given, taken and deleted, by tag or by digest.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderName};

use crate::oci::{Manifest, ManifestError, MediaType, Referrer};
use crate::reference::{Tag, TagOrDigest};
use crate::serve::Service;
use crate::serve::answer::{Answer, Builder};
use crate::serve::body::{blocking, collect};
use crate::serve::refusal::{Code, Refusal};
use crate::serve::repository::Repository;
use crate::serve::request::{Request, digest};
use crate::serve::room::Room;
use crate::store::Sink as _;

/// The subject whose referrers a pushed manifest is now among.
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
/// A tag that a manifest pushed by digest has got too.
const TAG: HeaderName = HeaderName::from_static("oci-tag");
/// How many tags are given in one request.
const MOST_TAGS: usize = 100;

pub(super) async fn get(service: &Arc<Service>, request: &Request, path: &str, reference: &str) -> Result<Answer, Refusal> {
    let repository = request.repository(service, path)?;
    // What can be no tag is no image either.
    let at = wanted(reference)?.ok_or_else(|| unknown(&repository, reference))?;
    let found = blocking({
        let (repository, shared) = (repository.clone(), Arc::clone(service));
        move || {
            let all = shared.shelf.images(&shared.store)?;
            let Some(found) = repository.find(&shared.store, &all, &at)? else {
                return Ok(None);
            };
            let small = Room::is_small(found.size).then(|| shared.store.manifest(&found));
            Ok(Some((found, small.transpose()?)))
        }
    });
    let (found, small) = found.await?.ok_or_else(|| unknown(&repository, reference))?;
    let place = service.room.take(Some(found.size)).await?;
    let manifest = if let Some(manifest) = small {
        manifest
    } else {
        let store = service.store.clone();
        blocking(move || store.manifest(&found)).await?
    };
    Ok(Builder::new(StatusCode::OK)
        .digest(manifest.digest())
        .header(CONTENT_TYPE, manifest.media_type())
        .header(ETAG, &format!("\"{}\"", manifest.digest()))
        .bytes(place.hold(manifest.raw().clone())))
}

pub(super) async fn put(service: &Arc<Service>, request: Request, path: &str, reference: &str) -> Result<Answer, Refusal> {
    let repository = request.own_repository(service, path)?;
    let invalid = || Refusal::new(Code::ManifestInvalid, "this is no tag");
    let (expected, tags) = match wanted(reference)?.ok_or_else(invalid)? {
        TagOrDigest::Tag(tag) => (request.query("digest").map(digest).transpose()?, vec![tag]),
        TagOrDigest::Digest(digest) => {
            let tags: Result<Vec<Tag>, _> = request.queries("tag").take(MOST_TAGS).map(str::parse).collect();
            (Some(digest), tags.map_err(|_| invalid())?)
        }
    };
    let by_digest = matches!(reference.parse(), Ok(TagOrDigest::Digest(_)));
    let named = request.header(&CONTENT_TYPE).map(MediaType::from_header);
    let too_large = || {
        let limit = Manifest::MAX_SIZE;
        Refusal::new(Code::ManifestInvalid, format!("a manifest has at most {limit} bytes"))
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)
    };
    if request.length().is_some_and(|length| length > Manifest::MAX_SIZE) {
        return Err(too_large());
    }
    let _place = service.room.take(request.length()).await?;
    let raw = collect(request.body, Manifest::MAX_SIZE).await?.ok_or_else(too_large)?;
    let manifest = Manifest::parse(raw, named.as_ref(), expected.as_ref()).map_err(|error| unfit(&error))?;
    keep(service, &repository, &manifest, tags.clone()).await?;
    let mut answer = Builder::new(StatusCode::CREATED).digest(manifest.digest()).location(&format!(
        "/v2/{}/manifests/{}",
        repository.path(),
        manifest.digest()
    ));
    if let Some(referrer) = Referrer::of(&manifest) {
        answer = answer.header(SUBJECT, &referrer.subject);
    }
    if by_digest {
        answer = tags.iter().fold(answer, |answer, tag| answer.header(TAG, tag));
    }
    Ok(answer.empty())
}

/// Keeps the bytes, and then names them; what the manifest needs is looked for while nobody can delete it.
async fn keep(service: &Service, repository: &Repository, manifest: &Manifest, tags: Vec<Tag>) -> Result<(), Refusal> {
    service.store.image(None).put_manifest(manifest).await?;
    let (store, repository, manifest) = (service.store.clone(), repository.clone(), manifest.clone());
    let named = blocking(move || store.rename(|images| repository.put(&store, images, &manifest, &tags))).await;
    Ok(named?)
}

pub(super) async fn delete(service: &Arc<Service>, request: &Request, path: &str, reference: &str) -> Result<Answer, Refusal> {
    let repository = request.own_repository(service, path)?;
    let at = wanted(reference)?.ok_or_else(|| unknown(&repository, reference))?;
    let store = service.store.clone();
    blocking(move || store.rename(|images| repository.delete(&store, images, &at))).await?;
    Ok(Builder::new(StatusCode::ACCEPTED).empty())
}

/// What the last part of a path asks for; nothing if it can be no tag.
fn wanted(reference: &str) -> Result<Option<TagOrDigest>, Refusal> {
    if reference.contains(':') {
        return digest(reference).map(|digest| Some(TagOrDigest::Digest(digest)));
    }
    Ok(reference.parse().ok())
}

fn unknown(repository: &Repository, reference: &str) -> Refusal {
    let message = format!("there is no {reference} in {}", repository.path());
    Refusal::new(Code::ManifestUnknown, message)
}

fn unfit(error: &ManifestError) -> Refusal {
    let code = match error {
        ManifestError::Digest { .. } => Code::DigestInvalid,
        _ => Code::ManifestInvalid,
    };
    Refusal::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Digest;

    #[test]
    fn what_can_be_no_tag_is_told_from_what_is_no_digest() {
        assert!(matches!(wanted("latest"), Ok(Some(TagOrDigest::Tag(_)))));
        assert!(matches!(wanted(".x"), Ok(None)));
        assert!(matches!(wanted("%2e%2e"), Ok(None)));
        assert!(wanted("sha256:12").is_err());
        let digest = Digest::of(b"x");
        assert!(matches!(wanted(&digest.to_string()), Ok(Some(TagOrDigest::Digest(_)))));
    }
}
