//! Registries: the Docker Registry HTTP API v2, as the
//! [OCI distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md) has it.
//!
//! [`Network`] makes a [`Registry`] for a host, that a [`Repository`] for a name, and that an [`Image`], which is a
//! source and a sink. Nothing here knows of a disk.

mod access;
mod answer;
mod auth;
mod azure;
mod blobs;
mod call;
mod catalog;
mod challenge;
mod client;
mod contact;
mod delete;
mod download;
mod encoding;
mod endpoint;
mod error;
mod failover;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod google;
mod http;
mod identity;
mod image;
mod issuer;
mod link;
mod listing;
mod locality;
mod login;
mod lookup;
mod manifests;
mod no_answer;
mod notices;
mod outgoing;
mod pages;
mod pause;
mod pieces;
mod redirect;
mod referrers;
mod retry;
mod route;
mod scope;
mod session;
mod survey;
mod token;
mod turns;
mod unread;
mod upload;
mod watch;
mod whom;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::credentials::Credential;
use crate::credentials::Credentials;
use crate::hosts::{self, Capability, Hosts};
use crate::journal::Journal;
use crate::reference::{RegistryName, RepositoryName, TagOrDigest};
use crate::registry::auth::Auth;
use crate::registry::client::Client;
use crate::registry::download::DownloadSlots;
use crate::registry::endpoint::Endpoint;
use crate::registry::http::Http;
use crate::registry::identity::Identities;
use crate::registry::session::Uploads;
use crate::store::Error;

pub use access::{Access, Granted, Wanted};
pub use delete::Untagged;
pub use error::Failure;
#[cfg(test)]
pub(crate) use http::SimulatedNetwork;
pub use http::Trust;
pub use image::Image;
pub use listing::{Inventory, ListedImage};
pub use login::LoginOutcome;
pub use lookup::Looked;
pub use no_answer::{NoAnswer, Trouble};
pub use notices::{Notice, Notices, Wait};
pub use redirect::Redirected;
pub use survey::Survey;
pub use whom::{RefusedLogin, Whom};

/// How bytes are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many connections the layers of one image come over at most.
    pub connections: usize,
    /// How long a connection may be silent before it is given up.
    pub stall: Duration,
}

impl Pace {
    /// What does well without a word: as many connections as registries and their storage take from one client.
    pub const USUAL: Self = Self {
        connections: 8,
        stall: Duration::from_secs(30),
    };
}

/// The way to all registries: one set of HTTP clients, one set of logins, one connection to each host.
pub struct Network {
    http: Arc<Http>,
    credentials: Arc<Credentials>,
    hosts: Hosts,
    notices: Notices,
    pace: Pace,
    journal: Journal,
    known: Mutex<HashMap<RegistryName, Registry>>,
}

impl Network {
    /// A way that uses these logins, goes where these files say, and trusts what the flags say. Nothing is read or
    /// connected yet.
    #[must_use]
    pub fn new(
        credentials: Arc<Credentials>,
        hosts: Hosts,
        trust: Trust,
        notices: Notices,
        pace: Pace,
        journal: Journal,
    ) -> Self {
        Self {
            http: Arc::new(Http::new(trust)),
            credentials,
            hosts,
            notices,
            pace,
            journal,
            known: Mutex::default(),
        }
    }

    /// The same way to registries over a simulated network.
    #[cfg(test)]
    pub(crate) fn over(self, network: Arc<dyn SimulatedNetwork>) -> Self {
        Self {
            http: Arc::new(Http::simulated(network)),
            ..self
        }
    }

    /// The registry of a name, the same one each time.
    ///
    /// # Errors
    /// A file of its configuration is wrong, or the HTTP client cannot be built.
    pub fn registry(&self, name: &RegistryName) -> Result<Registry, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = known.get(name) {
            return Ok(registry.clone());
        }
        let registry = self.connect(name)?;
        known.insert(name.clone(), registry.clone());
        Ok(registry)
    }

    /// The registry of a name, with a credential that is not stored. Only the registry itself is asked: the credential
    /// is no mirror's.
    ///
    /// # Errors
    /// A file of its configuration is wrong, or the HTTP client cannot be built.
    pub fn registry_with(&self, name: &RegistryName, credential: Credential) -> Result<Registry, Error> {
        let own = own_endpoint(name, &self.endpoints(name)?);
        let own = self.client(name, own, Some(credential))?;
        Ok(Registry {
            readers: Arc::new([Arc::clone(&own)]),
            writer: Arc::clone(&own),
            client: own,
            connections: self.pace.connections,
            journal: self.journal.clone(),
            hasty: false,
        })
    }

    /// The repository of a name.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn repository(&self, name: &RepositoryName) -> Result<Repository, Error> {
        Ok(self.registry(name.registry())?.repository(name))
    }

    fn connect(&self, name: &RegistryName) -> Result<Registry, Error> {
        let endpoints = self.endpoints(name)?;
        let own = own_endpoint(name, &endpoints);
        let mut readers = Vec::new();
        for endpoint in endpoints.iter().cloned() {
            readers.push(self.client(name, endpoint, None)?);
        }
        let client = match endpoints.iter().position(|endpoint| *endpoint == own) {
            Some(at) => Arc::clone(&readers[at]),
            None => self.client(name, own, None)?,
        };
        let writer = readers.iter().find(|reader| reader.endpoint().may(Capability::Push));
        Ok(Registry {
            writer: Arc::clone(writer.unwrap_or(&client)),
            client,
            readers: readers.into(),
            connections: self.pace.connections,
            journal: self.journal.clone(),
            hasty: false,
        })
    }

    fn endpoints(&self, name: &RegistryName) -> Result<Vec<hosts::Endpoint>, Error> {
        let config = self.hosts.of(name).map_err(Error::other)?;
        for remark in &config.remarks {
            self.notices.tell_once(&format!("warning: {remark}"));
        }
        Ok(config.endpoints)
    }

    /// The client of an endpoint, with the logins of that endpoint's own name.
    fn client(&self, name: &RegistryName, config: hosts::Endpoint, given: Option<Credential>) -> Result<Arc<Client>, Error> {
        let endpoint = Endpoint::new(name, config, self.http.trust().plain_http)?;
        let whose = endpoint.name().clone();
        let auth = Auth::new(Identities::new(
            whose,
            Arc::clone(&self.credentials),
            self.notices.clone(),
            given,
        ));
        let client = Client::new(Arc::clone(&self.http), endpoint, auth, self.notices.clone(), self.pace.stall)?;
        Ok(Arc::new(client))
    }
}

/// How the registry itself is reached, also where a `hosts.toml` puts another server in its place.
fn own_endpoint(name: &RegistryName, endpoints: &[hosts::Endpoint]) -> hosts::Endpoint {
    let own = endpoints.iter().rev().find(|endpoint| endpoint.is_of(name));
    own.cloned().unwrap_or_default()
}

/// One registry. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    /// The registry itself.
    client: Arc<Client>,
    /// Where content goes.
    writer: Arc<Client>,
    /// Whom to ask, in this order.
    readers: Arc<[Arc<Client>]>,
    connections: usize,
    journal: Journal,
    hasty: bool,
}

impl Registry {
    /// The same registry for whoever would rather have no list than wait for one: lists of it and its repositories are
    /// asked for once, whatever comes of it.
    #[must_use]
    pub fn hasty(self) -> Self {
        Self { hasty: true, ..self }
    }

    /// One of its repositories.
    #[must_use]
    pub fn repository(&self, name: &RepositoryName) -> Repository {
        Repository {
            client: Arc::clone(&self.writer),
            readers: Arc::clone(&self.readers),
            name: name.clone(),
            uploads: Arc::default(),
            slots: Arc::new(DownloadSlots::new(self.connections)),
            journal: self.journal.clone(),
            hasty: self.hasty,
        }
    }
}

/// One repository of a registry. Cheap to clone.
#[derive(Clone)]
pub struct Repository {
    /// The host that is spoken to; the one that content goes to, until a question finds another.
    client: Arc<Client>,
    readers: Arc<[Arc<Client>]>,
    name: RepositoryName,
    uploads: Arc<Uploads>,
    slots: Arc<DownloadSlots>,
    journal: Journal,
    /// Are lists asked for only once?
    hasty: bool,
}

impl Repository {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// The image at a tag or digest.
    #[must_use]
    pub fn image(&self, at: TagOrDigest) -> Image {
        Image::new(self.clone(), at)
    }

    /// The same repository as the host has it that content goes to, for whoever is about to change what is there: a
    /// mirror may be behind the times.
    #[must_use]
    pub fn without_mirrors(&self) -> Self {
        Self {
            readers: Arc::new([Arc::clone(&self.client)]),
            ..self.clone()
        }
    }

    /// The path of something in this repository.
    fn path(&self, what: &str) -> String {
        format!("/v2/{}/{what}", self.name.path())
    }
}
