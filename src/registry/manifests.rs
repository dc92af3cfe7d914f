//! Manifests and digests of a repository.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};

use crate::oci::{Digest, Manifest, MediaType};
use crate::reference::TagOrDigest;
use crate::registry::Repository;
use crate::registry::answer::{Answer, Document};
use crate::registry::client::Call;
use crate::registry::encoding;
use crate::registry::error::Failure;
use crate::registry::scope::Scope;
use crate::store::{DigestMismatch, Error, ErrorKind, MissingBlobs};

/// The digest the registry gives for what it sends.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

impl Repository {
    /// The digest a tag has now, by HEAD: registries that count pulls do not count these. Where a HEAD gives none, the
    /// manifest is fetched.
    ///
    /// # Errors
    /// As [`Self::manifest`].
    pub async fn digest(&self, at: &TagOrDigest) -> Result<Digest, Error> {
        let mut route = self.route_to(at)?;
        loop {
            let outcome = route.here().digest_here(at).await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome;
            }
        }
    }

    async fn digest_here(&self, at: &TagOrDigest) -> Result<Digest, Error> {
        match self.head(at, &Scope::pull(&self.name)).await {
            Ok(Some(digest)) => Ok(digest),
            Err(error) if error.kind() == ErrorKind::Unreachable => Err(error),
            // A HEAD has no body that says why; the same question by GET does.
            Ok(None) | Err(_) => Ok(self.manifest_here(at).await?.digest().clone()),
        }
    }

    /// The digest by HEAD, or nothing where the registry has no such manifest or does not tell.
    pub(super) async fn head(&self, at: &TagOrDigest, scope: &Scope) -> Result<Option<Digest>, Error> {
        let answer = self.client.send(&self.manifest_call(Method::HEAD, at), scope).await?;
        if answer.status() != StatusCode::OK {
            return Ok(None);
        }
        Ok(content_digest(answer.headers()))
    }

    /// The manifest or index at a tag or digest, verified.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] and [`ErrorKind::Denied`] as the registry says; [`ErrorKind::Mismatch`] for bytes of
    /// another digest than was asked for or than the header names; else what [`Manifest::parse`] refuses.
    pub async fn manifest(&self, at: &TagOrDigest) -> Result<Manifest, Error> {
        let mut route = self.route_to(at)?;
        loop {
            let outcome = route.here().manifest_here(at).await;
            if let Some(outcome) = route.settle(outcome) {
                return outcome;
            }
        }
    }

    async fn manifest_here(&self, at: &TagOrDigest) -> Result<Manifest, Error> {
        let fetched = self.fetch_manifest(at).await?;
        match self.read_manifest(at, &fetched) {
            // A byte may have changed on the way.
            Err(error)
                if error.kind() == ErrorKind::Mismatch || self.check_header(&fetched.headers, &fetched.body).is_err() =>
            {
                self.read_manifest(at, &self.fetch_manifest(at).await?)
            }
            outcome => outcome,
        }
    }

    async fn fetch_manifest(&self, at: &TagOrDigest) -> Result<Document, Error> {
        let call = self.manifest_call(Method::GET, at);
        self.client.read(&call, &Scope::pull(&self.name), Manifest::MAX_SIZE).await
    }

    fn read_manifest(&self, at: &TagOrDigest, Document { headers, body, .. }: &Document) -> Result<Manifest, Error> {
        let named = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(MediaType::from_header);
        let (expected, reference) = match at {
            TagOrDigest::Digest(digest) => (Some(digest), self.name.at_digest(digest.clone())),
            TagOrDigest::Tag(tag) => (None, self.name.at_tag(tag.clone())),
        };
        let read = |body| Manifest::parse(body, named.as_ref(), expected);
        let manifest = read(body.clone())
            .or_else(|error| encoding::undone(headers, body, Manifest::MAX_SIZE).map_or(Err(error), read))
            .map_err(|error| Error::from(error).context(format!("{reference} is not usable")))?;
        self.check_header(headers, manifest.raw())?;
        Ok(manifest)
    }

    /// Gives a manifest of this repository another tag, by putting its bytes there once more.
    ///
    /// # Errors
    /// What the registry says.
    pub async fn tag(&self, manifest: &Manifest, at: &TagOrDigest) -> Result<(), Error> {
        self.put(manifest, at).await
    }

    /// Puts a manifest, under its digest or a tag. The bytes go as they are.
    pub(super) async fn put(&self, manifest: &Manifest, at: &TagOrDigest) -> Result<(), Error> {
        let scope = Scope::push(&self.name);
        let media_type = HeaderValue::from_str(manifest.media_type().as_str()).map_err(Error::other)?;
        let call = Call::new(Method::PUT, self.path(&format!("manifests/{at}")))
            .header(CONTENT_TYPE, media_type)
            .payload(manifest.raw().clone());
        let answer = self.client.send(&call, &scope).await?;
        if !answer.status().is_success() {
            return Err(refused(answer.failure().await, manifest));
        }
        self.check_stored(&answer, manifest, &scope).await?;
        self.enlist(manifest, answer.headers()).await
    }

    /// A success is believed unless the manifest is then missing or another one. Where the answer names no digest it is
    /// looked for: by HEAD, and by GET where that shows no digest either. Who may push may not be allowed to look.
    async fn check_stored(&self, answer: &Answer, manifest: &Manifest, scope: &Scope) -> Result<(), Error> {
        self.check_header(answer.headers(), manifest.raw())?;
        if content_digest(answer.headers()).is_some() {
            return Ok(());
        }
        let at = TagOrDigest::Digest(manifest.digest().clone());
        if self
            .head(&at, scope)
            .await?
            .is_some_and(|digest| digest == *manifest.digest())
        {
            return Ok(());
        }
        match self.manifest_here(&at).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::other(anyhow::anyhow!(
                "the registry took the manifest {} but does not have it",
                manifest.digest()
            ))),
            Err(error) if !matches!(error.kind(), ErrorKind::Denied | ErrorKind::Refused) => Err(error),
            _ => Ok(()),
        }
    }

    /// A registry that names another digest for these bytes has not understood them; one in another algorithm says
    /// nothing ([distribution answers sha256 for content of any](https://github.com/distribution/distribution)).
    fn check_header(&self, headers: &HeaderMap, bytes: &[u8]) -> Result<(), Error> {
        for named in content_digests(headers) {
            let actual = Digest::with(named.algorithm(), bytes);
            if named != actual {
                let mismatch = DigestMismatch { expected: named, actual };
                return Err(Error::mismatch(mismatch).context(format!(
                    "{} answers with another digest than its content has",
                    self.name.registry()
                )));
            }
        }
        Ok(())
    }

    pub(super) fn manifest_call(&self, method: Method, at: &TagOrDigest) -> Call {
        let accept = HeaderValue::from_static(MediaType::ACCEPT_MANIFESTS);
        Call::new(method, self.path(&format!("manifests/{at}"))).header(ACCEPT, accept)
    }
}

/// A registry that lacks a blob it had said it has: a mount half done, or a blob collected meanwhile.
fn refused(failure: Failure, manifest: &Manifest) -> Error {
    if !failure.has_code("MANIFEST_BLOB_UNKNOWN") && !failure.has_code("BLOB_UNKNOWN") {
        return failure.into();
    }
    let named = manifest.blobs().filter(|blob| failure.names(&blob.digest));
    let missing = MissingBlobs {
        digests: named.map(|blob| blob.digest.clone()).collect(),
        reason: failure.to_string(),
    };
    Error::new(ErrorKind::Incomplete, missing)
}

/// The digest that an answer names. One that names two names none.
pub(super) fn content_digest(headers: &HeaderMap) -> Option<Digest> {
    let mut named = content_digests(headers);
    let first = named.next()?;
    named.all(|other| other == first).then_some(first)
}

fn content_digests(headers: &HeaderMap) -> impl Iterator<Item = Digest> {
    let values = headers.get_all(CONTENT_DIGEST).iter();
    values.filter_map(|value| value.to_str().ok()?.parse().ok())
}
