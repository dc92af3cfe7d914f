//! Blobs of a repository, upward: POST for a session, then one PUT with the whole blob.
//!
//! One request with the length known in front is what every registry takes; Google's take nothing else. Only one that
//! answers 413 gets the blob in chunks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, EXPECT, HeaderValue};
use reqwest::{Method, StatusCode, Url};

use crate::oci::{Descriptor, Digest};
use crate::reference::RepositoryName;
use crate::registry::Repository;
use crate::registry::answer::Answer;
use crate::registry::client::Call;
use crate::registry::manifests::content_digest;
use crate::registry::no_answer::NoAnswer;
use crate::registry::pieces::Pieces;
use crate::registry::scope::Scope;
use crate::registry::session::{Session, leaves_session};
use crate::store::{Body, DigestMismatch, Error, ErrorKind, Held};

/// The chunks that a registry gets which takes no blob in one request, in bytes; the registry may ask for larger ones.
const FIRST_CHUNK: u64 = 32 << 20;
/// Chunks smaller than this are not tried: the registry takes no uploads worth the name.
const LAST_CHUNK: u64 = 64 << 10;

impl Repository {
    /// How much of a blob the repository has. Asked by a mount from the repository to itself, which is a HEAD and, where
    /// the blob is missing, the POST for its upload in one request. A registry that does not know such mounts is asked by
    /// HEAD. An upload that was begun before is asked how far it came.
    pub(super) async fn held(&self, blob: &Descriptor, scope: &Scope) -> Result<Held, Error> {
        if let Some(at) = self.begun(blob, scope).await? {
            return Ok(Held::Part(at));
        }
        if self.has_session(blob) || self.uploads.mounts_own.get() == Some(&false) {
            return self.has_blob(blob, scope).await.map(whole);
        }
        let answer = self.client.send(&self.mount_call(blob, &self.name), scope).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(Held::All),
            StatusCode::ACCEPTED => {
                self.sessions().insert(blob.digest.clone(), Session::of(&answer)?);
                Ok(Held::Nothing)
            }
            _ => {
                let _ = self.uploads.mounts_own.set(false);
                self.has_blob(blob, scope).await.map(whole)
            }
        }
    }

    /// The same by questions alone: no upload is opened, and no note on one that was begun is changed.
    pub(super) async fn look(&self, blob: &Descriptor, scope: &Scope) -> Result<Held, Error> {
        if self.has_blob(blob, scope).await? {
            return Ok(Held::All);
        }
        let come = self.come(blob, scope).await;
        Ok(come.filter(|at| *at > 0).map_or(Held::Nothing, Held::Part))
    }

    /// Asks the registry to take a blob over from another of its repositories. One that will not has opened an upload
    /// session instead, which is kept for the upload
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository)).
    pub(super) async fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> Result<bool, Error> {
        if self.has_session(blob) || self.was_begun(blob) {
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

    /// Uploads a blob, of which the registry has `offset` bytes: the rest in one request, or in chunks to a registry that
    /// has refused that.
    pub(super) async fn upload(&self, blob: &Descriptor, offset: u64, body: Body) -> Result<(), Error> {
        let scope = Scope::push(&self.name);
        let opened = self.sessions().remove(&blob.digest).filter(|session| session.at == offset);
        let session = match opened {
            Some(session) => session,
            None if offset > 0 => return Err(Error::interrupted(anyhow::anyhow!("the upload's session is gone"))),
            None => self.open_session(&scope).await?,
        };
        self.note_begun(blob, &session);
        let sent = self.send_rest(blob, session, body, &scope).await;
        match sent {
            Err(error) if error.kind() == ErrorKind::Interrupted && leaves_session(&error) => Err(error),
            outcome => {
                self.forget_begun(blob);
                outcome
            }
        }
    }

    async fn send_rest(&self, blob: &Descriptor, session: Session, body: Body, scope: &Scope) -> Result<(), Error> {
        let answer = match self.uploads.chunk.load(Ordering::Relaxed) {
            0 => {
                let call = Call::at(Method::PUT, with_digest(&session.url, &blob.digest)?);
                self.send_body(call, scope, body, blob.size - session.at).await?
            }
            chunk => self.upload_in_chunks(blob, session, body, chunk, scope).await?,
        };
        self.check_uploaded(&answer, blob, scope).await
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
        let mut at = session.at;
        while at < blob.size {
            let length = chunk.max(session.least_chunk).min(blob.size - at);
            let range = HeaderValue::from_str(&format!("{at}-{}", at + length - 1)).map_err(Error::other)?;
            let call = Call::at(Method::PATCH, session.url.clone()).header(CONTENT_RANGE, range);
            let answer = self.send_body(call, scope, pieces.next(length), length).await?;
            session = Session::of(&answer)?;
            self.note_begun(blob, &session);
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
}

fn whole(there: bool) -> Held {
    if there { Held::All } else { Held::Nothing }
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
