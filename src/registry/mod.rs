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
mod catalog;
mod challenge;
mod client;
mod delete;
mod encoding;
mod endpoint;
mod error;
mod google;
mod http;
mod identity;
mod image;
mod link;
mod listing;
mod login;
mod manifests;
mod outgoing;
mod pages;
mod pieces;
mod redirect;
mod referrers;
mod retry;
mod scope;
mod survey;
mod token;
mod upload;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;

use crate::credentials::Credential;
use crate::credentials::Credentials;
use crate::reference::{RegistryName, RepositoryName, TagOrDigest};
use crate::registry::auth::Auth;
use crate::registry::client::Client;
use crate::registry::identity::Identities;
use crate::registry::upload::Uploads;
use crate::store::Error;

pub use access::{Access, Granted, Wanted};
pub use delete::Untagged;
pub use error::{Failure, NoAnswer};
pub use image::Image;
pub use listing::ListedImage;
pub use login::LoginOutcome;
pub use survey::Survey;

/// Who is told of what deserves a line: a wait, a missing helper.
#[derive(Clone)]
pub struct Notices {
    listener: Arc<dyn Fn(&str) + Send + Sync>,
    told: Arc<Mutex<HashSet<String>>>,
}

impl Notices {
    /// Tells a function, which must not block.
    pub fn to(listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            listener: Arc::new(listener),
            told: Arc::default(),
        }
    }

    fn tell(&self, line: &str) {
        (self.listener)(line);
    }

    /// Tells what would come up again with each repository.
    fn tell_once(&self, line: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(line.to_owned()) {
            self.tell(line);
        }
    }
}

/// The way to all registries: one HTTP client, one set of logins, one connection to each host.
pub struct Network {
    http: http::Http,
    credentials: Arc<Credentials>,
    notices: Notices,
    known: Mutex<HashMap<RegistryName, Registry>>,
}

impl Network {
    /// A way that uses these logins. Nothing is read or connected yet.
    #[must_use]
    pub fn new(credentials: Arc<Credentials>, notices: Notices) -> Self {
        Self {
            http: http::Http::default(),
            credentials,
            notices,
            known: Mutex::default(),
        }
    }

    /// The registry of a name, the same one each time.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn registry(&self, name: &RegistryName) -> Result<Registry, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = known.get(name) {
            return Ok(registry.clone());
        }
        let auth = Auth::new(self.identities(name, None));
        let registry = self.connect(name, auth)?;
        known.insert(name.clone(), registry.clone());
        Ok(registry)
    }

    /// The registry of a name, with a credential that is not stored.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn registry_with(&self, name: &RegistryName, credential: Credential) -> Result<Registry, Error> {
        let auth = Auth::new(self.identities(name, Some(credential)));
        self.connect(name, auth)
    }

    /// The repository of a name.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn repository(&self, name: &RepositoryName) -> Result<Repository, Error> {
        Ok(self.registry(name.registry())?.repository(name))
    }

    fn identities(&self, name: &RegistryName, given: Option<Credential>) -> Identities {
        Identities::new(name.clone(), Arc::clone(&self.credentials), self.notices.clone(), given)
    }

    fn connect(&self, name: &RegistryName, auth: Auth) -> Result<Registry, Error> {
        let client = Client::new(self.http.client()?, name.clone(), auth, self.notices.clone());
        Ok(Registry {
            client: Arc::new(client),
        })
    }
}

/// One registry. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    client: Arc<Client>,
}

impl Registry {
    /// One of its repositories.
    #[must_use]
    pub fn repository(&self, name: &RepositoryName) -> Repository {
        Repository {
            client: Arc::clone(&self.client),
            name: name.clone(),
            uploads: Arc::default(),
        }
    }
}

/// One repository of a registry. Cheap to clone.
#[derive(Clone)]
pub struct Repository {
    client: Arc<Client>,
    name: RepositoryName,
    uploads: Arc<Uploads>,
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

    /// The path of something in this repository.
    fn path(&self, what: &str) -> String {
        format!("/v2/{}/{what}", self.name.path())
    }
}

/// A redirect that is not followed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{from} redirects {why}")]
pub struct Redirected {
    from: String,
    why: String,
}

impl Redirected {
    fn insecurely(from: &Url, to: &Url) -> Self {
        Self {
            from: error::redacted(from),
            why: format!("to {}, which is not HTTPS", error::redacted(to)),
        }
    }

    fn too_often(from: &Url, hops: usize) -> Self {
        Self {
            from: error::redacted(from),
            why: format!("once more after {hops} redirects"),
        }
    }

    fn upload(from: &Url, to: &str) -> Self {
        let to = from
            .join(to)
            .map_or_else(|_| "nowhere".to_owned(), |url| error::redacted(&url));
        Self {
            from: error::redacted(from),
            why: format!("to {to}, where it cannot be followed"),
        }
    }
}
