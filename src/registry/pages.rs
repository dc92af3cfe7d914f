//! Lists that come in pages: tags, repositories, referrers. The next page is where `Link` says, and nowhere else.
//!
//! A registry that leads in circles, to another host or on for ever is stopped here; one that only writes its links
//! wrongly is understood.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::collections::HashSet;
use std::fmt;

use reqwest::{Method, StatusCode, Url};
use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::registry::answer::Document;
use crate::registry::client::{Call, Client};
use crate::registry::error::{Failure, redacted};
use crate::registry::link;
use crate::registry::scope::Scope;
use crate::store::Error;

/// The largest page that is read, in bytes.
const MAX_PAGE: u64 = 16 << 20;
/// How many pages are read before a list counts as endless.
const MAX_PAGES: usize = 10_000;

/// How many names a list may have: more than any repository has tags, and few enough to hold.
const MAX_NAMES: usize = 300_000;

/// The names on a page, as registries write them: the list may be null or hold nulls.
#[derive(Default)]
pub(super) struct Names(Vec<Box<str>>);

impl Names {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

/// Stops at a name too many: a page of nothing but short ones would become many times its size.
struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names")
    }

    fn visit_unit<E>(self) -> Result<Names, E> {
        Ok(Names::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
        let mut names = Names::default();
        while let Some(name) = list.next_element::<Option<Box<str>>>()? {
            names.0.extend(name);
            if names.0.len() > MAX_NAMES {
                return Err(A::Error::custom(format!("over {MAX_NAMES} names")));
            }
        }
        Ok(names)
    }
}

/// Reads the JSON of a page.
pub(super) fn json<T: DeserializeOwned>(page: &Document, what: &str) -> Result<T, Error> {
    serde_json::from_slice(&page.body)
        .map_err(|error| Error::other(error).context(format!("{} is no {what}", redacted(&page.url))))
}

/// A list to walk through.
pub(super) struct Pages<'a> {
    pub(super) client: &'a Client,
    /// Path and query of the first page.
    pub(super) path: String,
    pub(super) scope: Scope,
    /// What it is, for messages: `list of tags`.
    pub(super) what: &'static str,
    /// Is nothing asked for a second time?
    pub(super) hasty: bool,
}

impl Pages<'_> {
    /// Hands every page to `take`, which tells how much of it was new. A page with nothing new that leads on is the
    /// sign of an endless list; one with nothing that leads nowhere is a normal end: distribution 3 sends a `Link`
    /// with every full page, the last one too.
    pub(super) async fn walk(&self, mut take: impl FnMut(&Document) -> Result<usize, Error>) -> Result<(), Error> {
        let mut page = self.read(&Call::new(Method::GET, self.path.as_str())).await?;
        let mut seen = HashSet::from([page.url.clone()]);
        let (mut idle, mut names) = (0_u8, 0_usize);
        loop {
            let new = take(&page)?;
            idle = if new == 0 { idle.saturating_add(1) } else { 0 };
            names = names.saturating_add(new);
            if names > MAX_NAMES {
                return Err(Error::other(anyhow::anyhow!(
                    "the {} has over {MAX_NAMES} entries",
                    self.what
                )));
            }
            let Some(next) = link::next(&page.headers, &page.url) else {
                return Ok(());
            };
            self.check_host(&next, &page.url)?;
            if idle > 1 || seen.len() >= MAX_PAGES || !seen.insert(next.clone()) {
                let text = format!("the {} never ends: {} leads nowhere new", self.what, redacted(&next));
                return Err(Error::other(anyhow::anyhow!(text)));
            }
            page = self.follow(next).await?;
        }
    }

    fn check_host(&self, next: &Url, page: &Url) -> Result<(), Error> {
        if next.origin() == page.origin() {
            return Ok(());
        }
        let text = format!("the {} goes on at another host, {}", self.what, redacted(next));
        Err(Error::other(anyhow::anyhow!(text)))
    }

    /// The page of a link. Proxies drop or add a prefix of the path
    /// ([Artifactory](https://github.com/renovatebot/renovate/issues/20745),
    /// [Nexus](https://github.com/sonatype/nexus-public/issues/1011)), and some registries refuse the `n` that they or
    /// their proxy wrote; so what is not found there is looked for at the list's own path.
    async fn follow(&self, next: Url) -> Result<Document, Error> {
        let error = match self.read(&Call::at(Method::GET, next.clone())).await {
            Err(error) if is_lost(&error) => error,
            outcome => return outcome,
        };
        let own = self.path.split('?').next().unwrap_or_default();
        if next.path() != own {
            let query = next.query().unwrap_or_default();
            match self.read(&Call::new(Method::GET, format!("{own}?{query}"))).await {
                Err(error) if is_lost(&error) => {}
                outcome => return outcome,
            }
        }
        match without_size(&next) {
            Some(query) => self.read(&Call::new(Method::GET, format!("{own}?{query}"))).await,
            None => Err(error),
        }
    }

    async fn read(&self, call: &Call) -> Result<Document, Error> {
        if !self.hasty {
            return self.client.read(call, &self.scope, MAX_PAGE).await;
        }
        let answer = self.client.send_once(call, &self.scope).await?;
        answer.success().await?.document(MAX_PAGE).await
    }
}

/// The status of a refusal.
pub(super) fn status_of(error: &Error) -> Option<StatusCode> {
    error.cause().downcast_ref::<Failure>().map(Failure::status)
}

fn is_lost(error: &Error) -> bool {
    matches!(status_of(error), Some(StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND))
}

/// The query of a link without its `n`, if it has one.
fn without_size(next: &Url) -> Option<String> {
    let query = next.query()?;
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("n=")).collect();
    (kept.len() < query.split('&').count()).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_size_of_a_page_is_dropped() {
        let query = |text: &str| without_size(&Url::parse(text).unwrap());
        assert_eq!(query("http://h/x?last=a&n=5000").as_deref(), Some("last=a"));
        assert_eq!(
            query("http://h/x?n=5000&next_page=b&last=n=").as_deref(),
            Some("next_page=b&last=n=")
        );
        assert_eq!(query("http://h/x?last=a"), None);
        assert_eq!(query("http://h/x"), None);
    }
}
