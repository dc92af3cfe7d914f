//! Deleting tags and manifests
//! ([content management](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-management)).
//!
//! A tag is deleted alone where the registry can do that. Where it cannot, this says so and deletes nothing: with the
//! digest all its other tags would go, and whether they may is for others to decide.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::{Method, StatusCode};

use crate::oci::{Digest, MediaType};
use crate::reference::{Tag, TagOrDigest};
use crate::registry::Repository;
use crate::registry::answer::Answer;
use crate::registry::challenge::Challenge;
use crate::registry::client::Call;
use crate::registry::error::Failure;
use crate::registry::manifests::content_digest;
use crate::registry::scope::Scope;
use crate::store::{Error, ErrorKind};

/// When it is looked whether something deleted is gone: at once, and while a registry may still be at it.
const LOOKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
];

/// How many rights are left to ask for after the first.
const FURTHER: usize = 2;

/// What came of deleting a tag alone.
#[derive(Debug)]
pub enum Untagged {
    /// It is gone, and nothing else.
    Gone,
    /// The registry deletes no tags; nothing was deleted.
    Unable {
        /// What the tag names.
        digest: Digest,
        /// What the registry said.
        why: Error,
    },
}

impl Repository {
    /// Deletes a tag and leaves its manifest and other tags.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a tag that is not there; [`ErrorKind::Refused`] where the registry does not let it
    /// go, or says that it did and did not; else what the registry says.
    pub async fn delete_tag(&self, tag: &Tag) -> Result<Untagged, Error> {
        let at = TagOrDigest::Tag(tag.clone());
        let Some(why) = self.delete(&at).await? else {
            return self.check_gone(&at).await.map(|()| Untagged::Gone);
        };
        let unable = matches!(
            why.status(),
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
        );
        let forbidden = why.kind() == ErrorKind::Refused && why.status() != StatusCode::METHOD_NOT_ALLOWED;
        if !unable || forbidden {
            return Err(why.into());
        }
        // Whoever deletes no tags answers the same whether or not there is one.
        let digest = self.digest(&at).await?;
        Ok(Untagged::Unable { digest, why: why.into() })
    }

    /// Deletes a manifest. These tags, and whatever else names it, go with it.
    ///
    /// # Errors
    /// As [`Self::delete_tag`].
    pub async fn delete_digest(&self, digest: &Digest, tags: &[Tag]) -> Result<(), Error> {
        let at = TagOrDigest::Digest(digest.clone());
        let mut refusal = self.delete(&at).await?;
        // Google lets a manifest go only once no tag names it.
        if refusal
            .as_ref()
            .is_some_and(|failure| failure.has_code("GOOGLE_MANIFEST_DANGLING_TAG"))
            && !tags.is_empty()
        {
            for tag in tags {
                self.drop_tag(tag, digest).await?;
            }
            refusal = self.delete(&at).await?;
        }
        match refusal {
            Some(failure) => Err(failure.into()),
            None => self.check_gone(&at).await,
        }
    }

    /// Drops a tag on the way to its digest; one that names something else by now stays.
    async fn drop_tag(&self, tag: &Tag, digest: &Digest) -> Result<(), Error> {
        let at = TagOrDigest::Tag(tag.clone());
        match self.glance(&at).await? {
            Some((named, _)) if named == *digest => {}
            _ => return Ok(()),
        }
        match self.delete(&at).await? {
            Some(failure) if failure.kind() != ErrorKind::NotFound => Err(failure.into()),
            _ => Ok(()),
        }
    }

    /// Asks for a deletion; the refusal, if the registry refuses. What right it takes, the registry's own challenge
    /// says best, and comes next where the usual one does not suffice.
    async fn delete(&self, at: &TagOrDigest) -> Result<Option<Failure>, Error> {
        let call = Call::new(Method::DELETE, self.path(&format!("manifests/{at}")));
        let mut untried = VecDeque::from(Scope::delete(&self.name));
        let mut refused = Ok(None);
        while let Some(scope) = untried.pop_front() {
            refused = match self.client.send(&call, &scope).await {
                Ok(answer) if answer.status().is_success() => return Ok(None),
                Ok(answer) => {
                    let Some(named) = wanted(&answer) else {
                        return Ok(Some(answer.failure().await));
                    };
                    if untried.len() == FURTHER && named != scope && !named.is_none() {
                        untried.retain(|other| *other != named);
                        untried.push_front(named);
                    }
                    Ok(Some(answer.failure().await))
                }
                // A token server that does not know this right says that the question is wrong.
                Err(error) if error.kind() == ErrorKind::Other => Err(error),
                Err(error) => return Err(error),
            };
        }
        refused
    }

    /// Some registries say 202 and delete nothing
    /// ([distribution 3 did in its betas](https://github.com/distribution/distribution/issues/4802)).
    async fn check_gone(&self, at: &TagOrDigest) -> Result<(), Error> {
        for wait in LOOKS {
            tokio::time::sleep(wait).await;
            if !self.is_there(at).await? {
                return Ok(());
            }
        }
        let text = format!("the registry says that it deleted {at}, but still has it");
        Err(Error::new(ErrorKind::Refused, anyhow::anyhow!(text)))
    }

    async fn is_there(&self, at: &TagOrDigest) -> Result<bool, Error> {
        let scope = Scope::pull(&self.name);
        let answer = self.client.send(&self.manifest_call(Method::HEAD, at), &scope).await?;
        Ok(answer.status().is_success())
    }

    /// The digest and type that a HEAD gives; nothing where there is no such manifest, or it does not tell.
    pub(super) async fn glance(&self, at: &TagOrDigest) -> Result<Option<(Digest, Option<MediaType>)>, Error> {
        let scope = Scope::pull(&self.name);
        let answer = self.client.send(&self.manifest_call(Method::HEAD, at), &scope).await?;
        if answer.status() != StatusCode::OK {
            return Ok(None);
        }
        let media_type = answer.header(reqwest::header::CONTENT_TYPE).map(MediaType::from_header);
        Ok(content_digest(answer.headers()).map(|digest| (digest, media_type)))
    }
}

/// The rights that a 401 names, if another token could change it. A refused password is not tried again.
fn wanted(answer: &Answer) -> Option<Scope> {
    match Challenge::choose(answer.headers()) {
        Some(Challenge::Bearer { scopes, .. }) if answer.status() == StatusCode::UNAUTHORIZED => Some(Scope::of(scopes)),
        _ => None,
    }
}
