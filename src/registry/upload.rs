//! Blobs of a repository, upward: POST for a session, then one PUT with the whole blob.
//!
//! One request with the length known in front is what every registry takes; Google's take nothing else. Only one that
//! answers 413 gets the blob in chunks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

use crate::oci::{Descriptor, Digest};
use crate::reference::RepositoryName;
use crate::registry::answer::Answer;
use crate::registry::client::Call;
use crate::registry::locality::leads_inside;
use crate::registry::manifests::content_digest;
use crate::registry::no_answer::NoAnswer;
use crate::registry::pieces::Pieces;
use crate::registry::scope::Scope;
use crate::registry::{Redirected, Repository};
use crate::store::{Body, DigestMismatch, Error, ErrorKind};

/// The smallest chunk a registry takes, in bytes; it says so when it opens an upload.
const LEAST_CHUNK: HeaderName = HeaderName::from_static("oci-chunk-min-length");
/// The chunks that a registry gets which takes no blob in one request, in bytes; the registry may ask for larger ones.
const FIRST_CHUNK: u64 = 32 << 20;
/// Chunks smaller than this are not tried: the registry takes no uploads worth the name.
const LAST_CHUNK: u64 = 64 << 10;

/// What the uploads to one repository have learned of it.
#[derive(Default)]
pub(super) struct Uploads {
    /// Sessions that were opened by mounts the registry declined.
    sessions: Mutex<HashMap<Digest, Session>>,
    /// The most bytes it takes in one request; 0 while nothing is known of a limit.
    chunk: AtomicU64,
    /// Did the last upload break off without an answer? Then the registry may have refused it unheard.
    broke_off: AtomicBool,
    /// Does it answer mounts from a repository to itself?
    mounts_own: OnceLock<bool>,
}

/// An opened upload.
struct Session {
    url: Url,
    /// The smallest chunk the registry takes, in bytes.
    least_chunk: u64,
}

impl Repository {
    /// Does the repository have a blob? Asked by a mount from the repository to itself, which is a HEAD and, where the
    /// blob is missing, the POST for its upload in one request. A registry that does not know such mounts is asked by
    /// HEAD.
    pub(super) async fn holds(&self, blob: &Descriptor, scope: &Scope) -> Result<bool, Error> {
        let opened = self.sessions().contains_key(&blob.digest);
        if opened || self.uploads.mounts_own.get() == Some(&false) {
            return self.has_blob(blob, scope).await;
        }
        let answer = self.client.send(&self.mount_call(blob, &self.name), scope).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(true),
            StatusCode::ACCEPTED => {
                self.sessions().insert(blob.digest.clone(), Session::of(&answer)?);
                Ok(false)
            }
            _ => {
                let _ = self.uploads.mounts_own.set(false);
                self.has_blob(blob, scope).await
            }
        }
    }

    /// Asks the registry to take a blob over from another of its repositories. One that will not has opened an upload
    /// session instead, which is kept for the upload
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository)).
    pub(super) async fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> Result<bool, Error> {
        if self.sessions().contains_key(&blob.digest) {
            // Another mount was declined; one more would open one more session.
            return Ok(false);
        }
        let answer = match self
            .client
            .send(&self.mount_call(blob, from), &Scope::mount(&self.name, from))
            .await
        {
            Ok(answer) => answer,
            // A token server that will not name a second repository, or a registry that knows no mounts.
            Err(error) if error.kind() != ErrorKind::Unreachable => return Ok(false),
            Err(error) => return Err(error),
        };
        match answer.status() {
            StatusCode::CREATED => return Ok(true),
            StatusCode::ACCEPTED => {
                self.sessions().insert(blob.digest.clone(), Session::of(&answer)?);
            }
            // Who knows no mounts knows none within the repository either.
            _ => {
                let _ = self.uploads.mounts_own.set(false);
            }
        }
        Ok(false)
    }

    fn mount_call(&self, blob: &Descriptor, from: &RepositoryName) -> Call {
        let path = self.path(&format!(
            "blobs/uploads/?mount={}&from={}",
            encoded(&blob.digest),
            from.path()
        ));
        Call::new(Method::POST, path)
    }

    /// Uploads a blob: whole, or in chunks to a registry that has refused it whole.
    pub(super) async fn upload(&self, blob: &Descriptor, body: Body) -> Result<(), Error> {
        let scope = Scope::push(&self.name);
        let opened = self.sessions().remove(&blob.digest);
        let session = match opened {
            Some(session) => session,
            None => self.open_session(&scope).await?,
        };
        let answer = match self.uploads.chunk.load(Ordering::Relaxed) {
            0 => {
                let call = Call::at(Method::PUT, with_digest(&session.url, &blob.digest)?);
                self.send_body(call, &scope, body, blob.size).await?
            }
            chunk => self.upload_in_chunks(blob, session, body, chunk, &scope).await?,
        };
        self.check_uploaded(&answer, blob, &scope).await
    }

    /// Sends each piece to where the registry says the last one left off
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks)).
    async fn upload_in_chunks(
        &self,
        blob: &Descriptor,
        mut session: Session,
        body: Body,
        chunk: u64,
        scope: &Scope,
    ) -> Result<Answer, Error> {
        let pieces = Pieces::of(body);
        let mut at = 0;
        while at < blob.size {
            let length = chunk.max(session.least_chunk).min(blob.size - at);
            let range = HeaderValue::from_str(&format!("{at}-{}", at + length - 1)).map_err(Error::other)?;
            let call = Call::at(Method::PATCH, session.url.clone()).header(CONTENT_RANGE, range);
            let answer = self.send_body(call, scope, pieces.next(length), length).await?;
            session = Session::of(&answer)?;
            at += length;
        }
        let call = Call::at(Method::PUT, with_digest(&session.url, &blob.digest)?);
        self.client.ask(&call, scope).await
    }

    async fn open_session(&self, scope: &Scope) -> Result<Session, Error> {
        let call = Call::new(Method::POST, self.path("blobs/uploads/"));
        Session::of(&self.client.ask(&call, scope).await?)
    }

    /// Sends a body and takes nothing but success. After one that broke off unheard the next one asks first.
    async fn send_body(&self, call: Call, scope: &Scope, body: Body, size: u64) -> Result<Answer, Error> {
        let octets = HeaderValue::from_static("application/octet-stream");
        let call = call.header(CONTENT_TYPE, octets);
        let asking = self.uploads.broke_off.swap(false, Ordering::Relaxed);
        let sent = if asking {
            let call = call.header(EXPECT, HeaderValue::from_static("100-continue"));
            self.client.upload(call, scope, held_back(body), size).await
        } else {
            self.client.upload(call, scope, body, size).await
        };
        match sent {
            Ok(answer) if answer.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(self.shrink(answer, size).await),
            Ok(answer) if answer.status() == StatusCode::EXPECTATION_FAILED => Err(Error::interrupted(answer.failure().await)),
            Ok(answer) => answer.success().await,
            Err(error) => {
                let unheard = error.cause().is::<NoAnswer>();
                self.uploads.broke_off.store(unheard && !asking, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// Remembers that a request was too large, so that the next try sends smaller ones.
    async fn shrink(&self, answer: Answer, sent: u64) -> Error {
        let failure = answer.failure().await;
        let smaller = (sent / 4).min(FIRST_CHUNK);
        if smaller < LAST_CHUNK {
            let text = format!("the registry, or a proxy before it, takes no request of {sent} bytes");
            return Error::new(ErrorKind::Refused, failure).context(text);
        }
        self.uploads.chunk.store(smaller, Ordering::Relaxed);
        Error::interrupted(failure)
    }

    /// `201 Created` means stored; any other success is asked again.
    async fn check_uploaded(&self, answer: &Answer, blob: &Descriptor, scope: &Scope) -> Result<(), Error> {
        if let Some(actual) = content_digest(answer.headers())
            && actual.algorithm() == blob.digest.algorithm()
            && actual != blob.digest
        {
            return Err(Error::mismatch(DigestMismatch {
                expected: blob.digest.clone(),
                actual,
            }));
        }
        if answer.status() == StatusCode::CREATED || self.has_blob(blob, scope).await? {
            return Ok(());
        }
        let text = format!(
            "the registry answered {} to the upload of {} but does not have it",
            answer.status(),
            blob.digest
        );
        Err(Error::interrupted(anyhow::anyhow!(text)))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.uploads.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Where the session is: absolute, relative, without a scheme, or on another host. From HTTPS it does not lead to
    /// plain HTTP; a registry behind a proxy that hides its TLS from it names itself so, and is meant all the same.
    fn of(answer: &Answer) -> Result<Self, Error> {
        let from = answer.url();
        let Some(location) = answer.header(LOCATION) else {
            let text = format!(
                "{} opened an upload but did not say where",
                from.host_str().unwrap_or_default()
            );
            return Err(Error::other(anyhow::anyhow!(text)));
        };
        let mut url = from
            .join(location)
            .map_err(|_| Error::other(Redirected::upload(from, location)))?;
        if from.scheme() == "https" && url.scheme() == "http" && url.host_str() == from.host_str() {
            // Neither can fail between two URLs that have a host.
            let _ = url.set_scheme("https");
            let _ = url.set_port(from.port());
        }
        let downgraded = from.scheme() == "https" && url.scheme() != "https";
        if downgraded || !matches!(url.scheme(), "http" | "https") {
            return Err(Error::other(Redirected::insecurely(from, &url)));
        }
        if leads_inside(from, &url) {
            return Err(Error::other(Redirected::upload(from, url.as_str())));
        }
        let least = answer.header(LEAST_CHUNK).and_then(|length| length.parse().ok());
        Ok(Self {
            url,
            least_chunk: least.unwrap_or(0),
        })
    }
}

/// Holds a body back for a moment, in which a registry that was asked can refuse it. One that knows no asking says
/// nothing and gets the body after that
/// ([RFC 9110, 10.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1)).
fn held_back(body: Body) -> Body {
    stream::once(async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Bytes::new())
    })
    .chain(body)
    .boxed()
}

/// The session's URL with the digest behind it. Its own query is left byte for byte as it is: it may be signed.
fn with_digest(session: &Url, digest: &Digest) -> Result<Url, Error> {
    let separator = if session.query().is_some() { '&' } else { '?' };
    let text = format!("{session}{separator}digest={}", encoded(digest));
    Url::parse(&text).map_err(Error::other)
}

fn encoded(digest: &Digest) -> String {
    digest.to_string().replace(':', "%3A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_query_is_left_as_it_is() {
        let digest = Digest::of(b"");
        for (location, end) in [
            (
                "https://h/v2/x/1?_state=a%2Fb%3D&x=1",
                "?_state=a%2Fb%3D&x=1&digest=sha256%3Ae3b0c4",
            ),
            ("https://h/v2/x/1", "/v2/x/1?digest=sha256%3Ae3b0c4"),
            ("https://h/u?b=2&a=%7e+", "?b=2&a=%7e+&digest=sha256%3Ae3b0c4"),
        ] {
            let url = with_digest(&Url::parse(location).unwrap(), &digest).unwrap();
            assert!(url.as_str().contains(end), "{url}");
        }
    }
}
