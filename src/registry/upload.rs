//! Blobs of a repository, upward: POST for a session, then one PUT with the whole blob.
//!
//! One request with the length known in front is what every registry takes; Google's take nothing else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

use crate::oci::{Descriptor, Digest};
use crate::reference::RepositoryName;
use crate::registry::answer::Answer;
use crate::registry::client::Call;
use crate::registry::manifests::content_digest;
use crate::registry::scope::Scope;
use crate::registry::{Redirected, Repository};
use crate::store::{Body, DigestMismatch, Error, ErrorKind};

/// Upload sessions opened by mounts that the registry declined.
pub(super) type Sessions = Mutex<HashMap<Digest, Url>>;

impl Repository {
    /// Asks the registry to take a blob over from another of its repositories. One that will not has opened an upload
    /// session instead, which is kept for the upload
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository)).
    pub(super) async fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> Result<bool, Error> {
        let path = self.path(&format!(
            "blobs/uploads/?mount={}&from={}",
            encoded(&blob.digest),
            from.path()
        ));
        let call = Call::new(Method::POST, path);
        let answer = match self.client.send(&call, &Scope::mount(&self.name, from)).await {
            Ok(answer) => answer,
            // A token server that will not name a second repository, or a registry that knows no mounts.
            Err(error) if error.kind() != ErrorKind::Unreachable => return Ok(false),
            Err(error) => return Err(error),
        };
        if answer.status() == StatusCode::ACCEPTED {
            self.sessions().insert(blob.digest.clone(), session(&answer)?);
        }
        Ok(answer.status() == StatusCode::CREATED)
    }

    /// Uploads a blob whole.
    pub(super) async fn upload(&self, blob: &Descriptor, body: Body) -> Result<(), Error> {
        let scope = Scope::push(&self.name);
        let opened = self.sessions().remove(&blob.digest);
        let session = match opened {
            Some(session) => session,
            None => self.open_session(&scope).await?,
        };
        let octets = HeaderValue::from_static("application/octet-stream");
        let call = Call::at(Method::PUT, with_digest(&session, &blob.digest)?).header(CONTENT_TYPE, octets);
        let answer = self.client.upload(call, &scope, body, blob.size).await?.success().await?;
        self.check_uploaded(&answer, blob, &scope).await
    }

    async fn open_session(&self, scope: &Scope) -> Result<Url, Error> {
        let call = Call::new(Method::POST, self.path("blobs/uploads/"));
        session(&self.client.ask(&call, scope).await?)
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

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Url>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the session is: absolute, relative, without a scheme, or on another host. From HTTPS it does not lead to plain
/// HTTP; a registry behind a proxy that hides its TLS from it names itself so, and is meant all the same.
fn session(answer: &Answer) -> Result<Url, Error> {
    let from = answer.url();
    let Some(location) = answer.header(LOCATION) else {
        let text = format!(
            "{} opened an upload but did not say where",
            from.host_str().unwrap_or_default()
        );
        return Err(Error::other(anyhow::anyhow!(text)));
    };
    let mut session = from
        .join(location)
        .map_err(|_| Error::other(Redirected::upload(from, location)))?;
    if from.scheme() == "https" && session.scheme() == "http" && session.host_str() == from.host_str() {
        // None of the three can fail between two URLs that have a host.
        let _ = session.set_scheme("https");
        let _ = session.set_port(from.port());
    }
    let downgraded = from.scheme() == "https" && session.scheme() != "https";
    if downgraded || !matches!(session.scheme(), "http" | "https") {
        return Err(Error::other(Redirected::insecurely(from, &session)));
    }
    Ok(session)
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
