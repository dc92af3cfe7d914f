//! Referrers of a manifest: listing them, and keeping the list where the registry keeps none
//! ([referrers](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers)).

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MATCH};
use reqwest::{Method, StatusCode};

use crate::backoff;
use crate::oci::{Descriptor, Digest, Manifest, MediaType, Referrer, index_with};
use crate::reference::{Tag, TagOrDigest};
use crate::registry::Repository;
use crate::registry::answer::Document;
use crate::registry::client::Call;
use crate::registry::pages::{Pages, status_of};
use crate::registry::scope::Scope;
use crate::store::{Error, ErrorKind};

/// How often the list is read and written again when others change it meanwhile.
const TRIES: u32 = 8;
/// How many tags of one subject are looked for at once.
const TAGS: usize = 3;

/// What the registry answered where a list of referrers was expected.
#[derive(Debug, thiserror::Error)]
#[error("the registry answers with no index where its list of referrers should be")]
struct NoIndex;

impl Repository {
    /// The manifests that refer to this one, of one type if that is asked for.
    ///
    /// # Errors
    /// A list that never ends or leads to another host; else what the registry says, unless it only will not or cannot list
    /// them.
    pub async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Descriptor>, Error> {
        let mut found = match self.referrers_by_list(subject).await {
            Ok(found) => found,
            Err(error) if has_no_list(&error) => self.referrers_by_tag(subject, &error).await?,
            Err(error) => return Err(error),
        };
        // Filtered here in any case: registries may ignore a filter, and tell that they did in different ways.
        found.retain(|entry| artifact_type.is_none_or(|wanted| entry.artifact_type.as_deref() == Some(wanted)));
        Ok(found)
    }

    async fn referrers_by_list(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        let mut found: BTreeMap<Digest, Descriptor> = BTreeMap::new();
        let pages = Pages {
            client: &self.client,
            path: self.path(&format!("referrers/{subject}")),
            scope: Scope::pull(&self.name),
            what: "list of referrers",
            hasty: self.hasty,
        };
        let walked = pages.walk(|page| {
            let before = found.len();
            let entries = index_of(page)?;
            found.extend(entries.children().iter().map(|entry| (entry.digest.clone(), entry.clone())));
            Ok(found.len() - before)
        });
        walked.await?;
        Ok(found.into_values().collect())
    }

    /// The list under its tag, in place of the one that was refused. Without either a registry has none to take; one that
    /// keeps what it has to itself is named.
    async fn referrers_by_tag(&self, subject: &Digest, refusal: &Error) -> Result<Vec<Descriptor>, Error> {
        let at = list_tag(subject)?;
        match self.list_at(&at).await {
            Ok(Some((index, _))) => return Ok(index.children().to_vec()),
            Ok(None) if is_denied(refusal) => self.warn_of_referrers(&refused(refusal)),
            Ok(None) => {}
            Err(error) if error.cause().is::<NoIndex>() => {
                self.warn_of_referrers(&format!("{}:{at} is no list of them", self.name));
            }
            Err(error) if is_denied(&error) => self.warn_of_referrers(&refused(&error)),
            Err(error) => return Err(error),
        }
        Ok(Vec::new())
    }

    fn warn_of_referrers(&self, why: &str) {
        self.client.tell_once(&format!(
            "warning: referrers in {} that have no tag of their own stay behind: {why}",
            self.name
        ));
    }

    /// The manifests that belong to a subject by their tags, each with its tag
    /// ([cosign](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md)).
    ///
    /// # Errors
    /// As [`Self::manifest`].
    pub(super) async fn tagged_for(&self, subject: &Digest) -> Result<Vec<(Tag, Manifest)>, Error> {
        let tags: Vec<Tag> = subject.cosign_tags().filter_map(|tag| tag.parse().ok()).collect();
        let asked = stream::iter(tags).map(|tag| async move {
            let at = TagOrDigest::Tag(tag.clone());
            // By HEAD, as most images have none of these tags.
            match self.head(&at, &Scope::pull(&self.name)).await? {
                Some(_) => Ok::<_, Error>(Some((tag, self.manifest(&at).await?))),
                None => Ok(None),
            }
        });
        let found: Vec<Option<(Tag, Manifest)>> = asked.buffered(TAGS).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The index that is the list, and its version.
    async fn list_at(&self, at: &TagOrDigest) -> Result<Option<(Manifest, Option<HeaderValue>)>, Error> {
        let call = self.manifest_call(Method::GET, at);
        let Document { headers, body, .. } = match self.client.read(&call, &Scope::pull(&self.name), Manifest::MAX_SIZE).await {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let index = Manifest::parse(body, media_type(&headers).as_ref(), None).ok();
        match index.filter(Manifest::is_index) {
            Some(index) => Ok(Some((index, headers.get(ETAG).cloned()))),
            None => Err(Error::other(NoIndex).context(format!("{}:{at} is not usable", self.name))),
        }
    }

    /// Enters a manifest that was just put into the list of its subject, where the registry did not do that itself.
    pub(super) async fn enlist(&self, manifest: &Manifest, answered: &HeaderMap) -> Result<(), Error> {
        if answered.contains_key("oci-subject") {
            return Ok(());
        }
        let Some(referrer) = Referrer::of(manifest) else {
            return Ok(());
        };
        let at = list_tag(&referrer.subject)?;
        for tries in 1..=TRIES {
            let list = self.list_at(&at).await?;
            let (index, version) = list.map_or((None, None), |(index, version)| (Some(index), version));
            let listed = |index: &Manifest| index.children().iter().any(|entry| entry.digest == referrer.entry.digest);
            // Without a version two writers can overwrite each other, so what was written is read once more.
            if index.as_ref().is_some_and(listed) {
                return Ok(());
            }
            let bytes = index_with(index.as_ref(), &referrer.entry);
            let written = self.put_list(&at, bytes, version.as_ref()).await?;
            if written && version.is_some() {
                return Ok(());
            }
            if !written {
                tokio::time::sleep(backoff::after(tries)).await;
            }
        }
        let text = format!("others keep changing {}:{at}, the list of referrers", self.name);
        Err(Error::new(ErrorKind::Refused, anyhow::anyhow!(text)))
    }

    /// Puts the list, unless it is another one by now.
    async fn put_list(&self, at: &TagOrDigest, bytes: Vec<u8>, version: Option<&HeaderValue>) -> Result<bool, Error> {
        let media_type = HeaderValue::from_str(MediaType::OCI_INDEX.as_str()).map_err(Error::other)?;
        let mut call = Call::new(Method::PUT, self.path(&format!("manifests/{at}")))
            .header(CONTENT_TYPE, media_type)
            .payload(bytes.into());
        if let Some(version) = version {
            call = call.header(IF_MATCH, version.clone());
        }
        let answer = self.client.send(&call, &Scope::push(&self.name)).await?;
        if answer.status() == StatusCode::PRECONDITION_FAILED {
            return Ok(false);
        }
        answer.success().await.map(|_| true)
    }
}

fn list_tag(subject: &Digest) -> Result<TagOrDigest, Error> {
    let tag: Tag = subject.referrers_tag().parse().map_err(Error::other)?;
    Ok(TagOrDigest::Tag(tag))
}

fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    headers.get(CONTENT_TYPE)?.to_str().ok().map(MediaType::from_header)
}

fn index_of(page: &Document) -> Result<Manifest, Error> {
    let named = media_type(&page.headers);
    let index = Manifest::parse(page.body.clone(), named.as_ref(), None).ok();
    index.filter(Manifest::is_index).ok_or_else(|| Error::other(NoIndex))
}

fn refused(error: &Error) -> String {
    format!("the list of referrers is refused ({error})")
}

/// Is it refused to whoever asks?
fn is_denied(error: &Error) -> bool {
    matches!(status_of(error), Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
}

/// Does the registry not know the question? Some answer it with the page they show to browsers.
fn has_no_list(error: &Error) -> bool {
    let statuses = [
        StatusCode::NOT_FOUND,
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_ACCEPTABLE,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::NOT_IMPLEMENTED,
        // GitLab and others let nobody ask.
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
    ];
    status_of(error).is_some_and(|status| statuses.contains(&status)) || error.cause().is::<NoIndex>()
}
