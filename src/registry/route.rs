//! Who is asked for what: the mirrors that may be, in their order, then the registry itself.
//!
//! A mirror that has not what is asked for, or fails in any way, is no failure of the command: the next host is asked.
//! One that does not answer at all is not asked again, and neither is one for a blob that it gave wrong or in part.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::hosts::Capability;
use crate::oci::Digest;
use crate::reference::TagOrDigest;
use crate::registry::Repository;
use crate::registry::client::Client;
use crate::registry::no_answer::NoAnswer;
use crate::store::{Error, ErrorKind, Result};

/// What a mirror has shown itself to be, in this process.
#[derive(Default)]
pub(super) struct Standing {
    dead: AtomicBool,
    told: AtomicBool,
    /// The blobs that it is not asked for again.
    passed: Mutex<HashSet<Digest>>,
}

impl Standing {
    /// Does the host still deserve a question, about this blob if there is one?
    fn is_good(&self, blob: Option<&Digest>) -> bool {
        let passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        !self.dead.load(Ordering::Relaxed) && !blob.is_some_and(|blob| passed.contains(blob))
    }

    /// Somebody else is to be asked for this blob next time.
    pub(super) fn pass(&self, blob: &Digest) {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.insert(blob.clone());
    }
}

/// The hosts for one question, in their order.
pub(super) struct Route {
    here: Repository,
    /// In reverse, so that the next is the last.
    next: Vec<Arc<Client>>,
}

impl Repository {
    /// Who may be asked what lies at a tag or digest: a tag's meaning is known where it is resolved.
    pub(super) fn route_to(&self, at: &TagOrDigest) -> Result<Route> {
        match at {
            TagOrDigest::Tag(_) => self.route(Capability::Resolve, None),
            TagOrDigest::Digest(digest) => self.route(Capability::Pull, Some(digest)),
        }
    }

    /// Who may be asked for something.
    ///
    /// # Errors
    /// Nobody may.
    pub(super) fn route(&self, capability: Capability, content: Option<&Digest>) -> Result<Route> {
        let able = self.readers.iter().filter(|reader| reader.endpoint().may(capability));
        let mut hosts: Vec<&Arc<Client>> = able.collect();
        let last = hosts.pop().ok_or_else(|| self.nobody(capability))?;
        hosts.retain(|host| host.standing().is_good(content));
        let mut next: Vec<Arc<Client>> = hosts.into_iter().chain([last]).rev().cloned().collect();
        let here = self.at_host(next.pop().ok_or_else(|| self.nobody(capability))?);
        Ok(Route { here, next })
    }

    fn at_host(&self, client: Arc<Client>) -> Self {
        Self { client, ..self.clone() }
    }

    fn nobody(&self, capability: Capability) -> Error {
        let right = match capability {
            Capability::Resolve => "tags",
            Capability::Pull | Capability::Push | Capability::Referrers => "content",
        };
        let text = format!("the hosts.toml of {} lets no host be asked for {right}", self.name.registry());
        Error::new(ErrorKind::Refused, anyhow::anyhow!(text))
    }
}

impl Route {
    /// The repository at the host whose turn it is.
    pub(super) fn here(&self) -> &Repository {
        &self.here
    }

    /// Is there another host to ask?
    pub(super) fn has_next(&self) -> bool {
        !self.next.is_empty()
    }

    /// The outcome, if it is the last word; else the next host has its turn.
    pub(super) fn settle<T>(&mut self, outcome: Result<T>) -> Option<Result<T>> {
        let Err(error) = &outcome else { return Some(outcome) };
        let Some(next) = self.next.pop() else { return Some(outcome) };
        self.here.client.give_up(error);
        self.here = self.here.at_host(next);
        None
    }
}

impl Client {
    /// Remembers and tells, once, why this host is passed over. That a mirror lacks something is its way of life.
    fn give_up(&self, error: &Error) {
        let standing = self.standing();
        if error.cause().downcast_ref::<NoAnswer>().is_some() && self.endpoint().is_mirror() {
            standing.dead.store(true, Ordering::Relaxed);
        }
        let wrong = error.kind() == ErrorKind::Mismatch;
        if error.kind() == ErrorKind::NotFound || (standing.told.swap(true, Ordering::Relaxed) && !wrong) {
            return;
        }
        self.tell(&format!("warning: {} is passed over: {error}", self.name()));
    }
}
