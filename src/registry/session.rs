//! Upload sessions: opened by a POST or a declined mount, and gone on with where the registry can.
//!
//! A request that broke off is never sent to its session again. The session is asked how much of it has arrived, and the
//! rest goes to where it then says: that works with uploads in one request too, on registries that keep the beginning
//! ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks)).

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderName, LOCATION, RANGE};
use reqwest::{Method, StatusCode, Url};

use crate::journal::Page;
use crate::oci::{Descriptor, Digest};
use crate::registry::answer::Answer;
use crate::registry::client::Call;
use crate::registry::locality::leads_inside;
use crate::registry::scope::Scope;
use crate::registry::{Failure, Redirected, Repository};
use crate::store::Error;

/// The smallest chunk a registry takes, in bytes; it says so when it opens an upload.
const LEAST_CHUNK: HeaderName = HeaderName::from_static("oci-chunk-min-length");
/// Blobs smaller than this, in bytes, are sent again from their beginning: asking would take as long.
const WORTH_RESUMING: u64 = 1 << 20;

/// How long a registry is left to notice that an upload broke off.
const SECOND_LOOK: Duration = Duration::from_millis(700);

/// What the uploads to one repository have learned of it, and what is open there.
#[derive(Default)]
pub(super) struct Uploads {
    /// Sessions that wait for their upload: opened by mounts the registry declined, or to be gone on with.
    pub(super) sessions: Mutex<HashMap<Digest, Session>>,
    /// Where uploads were begun, in this run or before. A page is here while this process is at its blob.
    pages: Mutex<HashMap<Digest, Page>>,
    /// The most bytes it takes in one request; 0 while nothing is known of a limit.
    pub(super) chunk: AtomicU64,
    /// Did the last upload break off without an answer? Then the registry may have refused it unheard.
    pub(super) broke_off: AtomicBool,
    /// Does it answer mounts from a repository to itself?
    pub(super) mounts_own: OnceLock<bool>,
}

/// An opened upload.
pub(super) struct Session {
    pub(super) url: Url,
    /// How many bytes have arrived.
    pub(super) at: u64,
    /// The smallest chunk the registry takes, in bytes.
    pub(super) least_chunk: u64,
}

impl Repository {
    /// Does a session wait for this blob's upload?
    pub(super) fn has_session(&self, blob: &Descriptor) -> bool {
        self.sessions().contains_key(&blob.digest)
    }

    /// Was an upload of this blob begun that can perhaps be gone on with?
    pub(super) fn was_begun(&self, blob: &Descriptor) -> bool {
        if blob.size < WORTH_RESUMING {
            return false;
        }
        self.pages()
            .entry(blob.digest.clone())
            .or_insert_with(|| self.journal.open(&format!("{}@{}", self.name, blob.digest)))
            .read()
            .is_some()
    }

    /// How much of the blob an upload that broke off has brought; the session then waits for the rest.
    pub(super) async fn begun(&self, blob: &Descriptor, scope: &Scope) -> Result<Option<u64>, Error> {
        if !self.was_begun(blob) {
            return Ok(None);
        }
        let Some(url) = self.noted(blob) else {
            self.forget_begun(blob);
            return Ok(None);
        };
        let session = match self.look_after(&url, blob, scope).await {
            // The registry itself would have to take the rest.
            Err(error) if self.client.is_home_of(&url) => return Err(error),
            outcome => outcome.ok().flatten(),
        };
        let Some(session) = session else {
            self.forget_begun(blob);
            return Ok(None);
        };
        let at = session.at;
        self.sessions().insert(blob.digest.clone(), session);
        Ok(Some(at))
    }

    /// How far an upload that broke off came, for who will not go on with it. Where it goes on may be elsewhere for having
    /// been asked, which is noted for who will.
    pub(super) async fn come(&self, blob: &Descriptor, scope: &Scope) -> Option<u64> {
        let url = self.was_begun(blob).then(|| self.noted(blob))??;
        let session = self.look_after(&url, blob, scope).await.ok()??;
        self.note_begun(blob, &session);
        Some(session.at)
    }

    fn noted(&self, blob: &Descriptor) -> Option<Url> {
        self.pages().get(&blob.digest).and_then(|page| Url::parse(page.read()?).ok())
    }

    /// Asks a session how far it came.
    async fn look_after(&self, url: &Url, blob: &Descriptor, scope: &Scope) -> Result<Option<Session>, Error> {
        let call = Call::at(Method::GET, url.clone());
        let mut answer = self.client.send(&call, scope).await?;
        if has_nothing(&answer) {
            // It may not have seen yet that the request broke off, and counts what came only then.
            tokio::time::sleep(SECOND_LOOK).await;
            answer = self.client.send(&call, scope).await?;
        }
        Ok(Session::resumed(&answer, blob))
    }

    /// Notes where the upload of a blob goes, should it break off.
    pub(super) fn note_begun(&self, blob: &Descriptor, session: &Session) {
        let _ = self.was_begun(blob);
        if let Some(page) = self.pages().get_mut(&blob.digest) {
            page.write(session.url.as_str());
        }
    }

    /// The upload is done, or is not to be gone on with.
    pub(super) fn forget_begun(&self, blob: &Descriptor) {
        if let Some(page) = self.pages().remove(&blob.digest) {
            page.tear_out();
        }
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.uploads.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<Digest, Page>> {
        self.uploads.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Can the session still be good? One that the registry has refused something in is not.
pub(super) fn leaves_session(error: &Error) -> bool {
    let refusal = error.cause().downcast_ref::<Failure>();
    refusal.is_none_or(|failure| failure.status().is_server_error())
}

impl Session {
    /// The session that an answer has opened.
    pub(super) fn of(answer: &Answer) -> Result<Self, Error> {
        let from = answer.url();
        let Some(location) = answer.header(LOCATION) else {
            let text = format!(
                "{} opened an upload but did not say where",
                from.host_str().unwrap_or_default()
            );
            return Err(Error::other(anyhow::anyhow!(text)));
        };
        let url = located(from, location)?;
        let least = answer.header(LEAST_CHUNK).and_then(|length| length.parse().ok());
        Ok(Self {
            url,
            at: 0,
            least_chunk: least.unwrap_or(0),
        })
    }

    /// What a session says of itself after it broke off: `Range: 0-LAST` and where the rest goes.
    fn resumed(answer: &Answer, blob: &Descriptor) -> Option<Self> {
        let at = arrived(answer).filter(|at| *at > 1 && *at <= blob.size)?;
        Some(Self {
            at,
            ..Self::of(answer).ok()?
        })
    }
}

/// Where a session is: absolute, relative, without a scheme, or on another host. From HTTPS it does not lead to plain
/// HTTP; a registry behind a proxy that hides its TLS from it names itself so, and is meant all the same.
pub(super) fn located(from: &Url, location: &str) -> Result<Url, Error> {
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
    Ok(url)
}

/// Does a session that is there say that nothing has arrived?
fn has_nothing(answer: &Answer) -> bool {
    arrived(answer).is_some_and(|at| at <= 1)
}

/// How many bytes a session says it has.
fn arrived(answer: &Answer) -> Option<u64> {
    if !matches!(
        answer.status(),
        StatusCode::NO_CONTENT | StatusCode::OK | StatusCode::ACCEPTED
    ) {
        return None;
    }
    up_to(answer.header(RANGE)?)
}

/// How many bytes a `Range` from the beginning has. Registries say `0-0` of one byte and of none, and some `0--1` of none.
pub(super) fn up_to(range: &str) -> Option<u64> {
    let range = range.trim();
    let last = range.strip_prefix("bytes=").unwrap_or(range).strip_prefix("0-")?;
    if last == "-1" {
        return Some(0);
    }
    last.parse::<u64>().ok()?.checked_add(1)
}
