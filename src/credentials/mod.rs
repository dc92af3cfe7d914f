//! Who the user is, for this registry: stored logins, found, kept and erased where docker and podman would.
//!
//! `config` reads and writes a file like docker's `config.json`, `entry` one login in it, `keys` its keys, `helper` speaks
//! with the programs that keep logins elsewhere; `lookup` has the order of the places, `realms` the token servers that
//! logins may go to, `rights` whose a file is. There is no HTTP here: whether a login is any good, and what a token is exchanged for, is the registry's business.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod config;
mod entry;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod helper;
mod keys;
mod lookup;
mod memory;
mod realms;
mod rights;
mod variable;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::config::{Chosen, Config};
use crate::credentials::helper::Helper;
use crate::credentials::memory::Memory;
use crate::credentials::realms::Realms;
use crate::reference::RegistryName;
use crate::secret::Secret;
use crate::settings::LoginFiles;

pub use error::CredentialError;
pub use lookup::Lookup;

/// What proves who the user is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A name and its password, or an access token in its place.
    Password {
        /// The name.
        username: String,
        /// The password. Any character may be in it.
        password: Secret,
    },
    /// A refresh token, to be given to the token server: docker's `identitytoken`, or a helper's `<token>`.
    IdentityToken(Secret),
    /// A bearer token, to be given to the registry as it is.
    RegistryToken(Secret),
}

/// A login, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The login.
    pub credential: Credential,
    /// Its place.
    pub source: Origin,
}

/// The place of a login. Printed, it reads on after "the login ".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An entry of a file like docker's.
    File {
        /// The file.
        path: PathBuf,
        /// The entry's key.
        key: String,
    },
    /// An entry of `DOCKER_AUTH_CONFIG`.
    Variable {
        /// The entry's key.
        key: String,
    },
    /// A credential helper.
    Helper {
        /// The name of its program.
        program: String,
        /// The file that names it.
        file: PathBuf,
        /// The key it was asked for.
        key: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, key } => write!(f, "`{key}` in {}", path.display()),
            Self::Variable { key } => write!(f, "`{key}` in {}", variable::NAME),
            Self::Helper { program, .. } => write!(f, "the helper {program}"),
        }
    }
}

/// Where a login was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// With the helper of this name (`docker-credential-` left out).
    Helper(String),
    /// In this file, readable by its owner but not encrypted.
    File(PathBuf),
}

/// The stored logins.
#[derive(Clone, Debug)]
pub struct Credentials {
    files: LoginFiles,
    variable: Option<Secret>,
    search_path: Vec<PathBuf>,
    limit: Duration,
    memory: Arc<Memory>,
    realms: Arc<Realms>,
}

impl Credentials {
    /// The logins in these files, which need not be there, and in what `DOCKER_AUTH_CONFIG` has handed over. Helpers are
    /// looked for in `search_path`, of which only absolute folders count.
    #[must_use]
    pub fn new(files: LoginFiles, variable: Option<Secret>, search_path: Vec<PathBuf>) -> Self {
        Self {
            files,
            variable,
            search_path,
            limit: helper::TIME_LIMIT,
            memory: Arc::default(),
            realms: Arc::default(),
        }
    }

    /// The same, with a folder that keeps the token server of each registry for the next run.
    #[must_use]
    pub fn with_realms(self, folder: Option<PathBuf>) -> Self {
        Self {
            realms: Arc::new(folder.map_or_else(Realms::default, Realms::at)),
            ..self
        }
    }

    /// The token server that the logins of a registry go to, as scheme, host and port: the one it was when a login was
    /// first given to it, or else `named`.
    #[must_use]
    pub fn token_server(&self, registry: &RegistryName, named: &str) -> String {
        self.realms.settle(registry, named)
    }

    /// Remembers the token server that has taken a login. Gives back the one it replaces, if it was another.
    #[must_use]
    pub fn remember_token_server(&self, registry: &RegistryName, server: &str) -> Option<String> {
        self.realms.keep(registry, server)
    }

    /// Remembers that a login went to the registry itself, unless a token server is remembered already.
    pub fn remember_home(&self, registry: &RegistryName, home: &str) {
        if self.realms.settle(registry, home) == home {
            let _ = self.realms.keep(registry, home);
        }
    }

    /// Remembers that a login was made at a registry that asks for none. One that is made again, although something is
    /// remembered, accepts what the registry names next.
    pub fn remember_unasked(&self, registry: &RegistryName, home: &str) {
        if self.realms.knows(registry) {
            self.realms.forget(registry);
        } else {
            let _ = self.realms.keep(registry, home);
        }
    }

    /// The file that logins are written to: what `REGISTRY_AUTH_FILE` names, else docker's.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.files.named.as_ref().unwrap_or(&self.files.docker)
    }

    /// Are there logins in [`Self::file`] that other users of this machine may read? A change of the file ends that.
    #[must_use]
    pub fn are_open(&self) -> bool {
        rights::is_open(self.file()) && Config::load(self.file()).is_ok_and(|config| config.has_logins())
    }

    /// Would [`Self::erase`] take this login away?
    #[must_use]
    pub fn erases(&self, source: &Origin) -> bool {
        match source {
            Origin::File { path: file, .. } | Origin::Helper { file, .. } => file == self.file(),
            Origin::Variable { .. } => false,
        }
    }

    /// Forgets what a helper has answered, so that it is asked anew. `false` for a place whose answer cannot change.
    #[must_use]
    pub fn forget(&self, source: &Origin) -> bool {
        if let Origin::Helper { program, key, .. } = source {
            self.memory.forget(program, key);
        }
        matches!(source, Origin::Helper { .. })
    }

    /// Keeps a login where docker would: with the helper named for the registry, else in the file. An older login that
    /// the file has is then no longer in it. A registry token goes to the file always: helpers know no such thing.
    ///
    /// # Errors
    /// The helper is missing or fails, or the file cannot be read or written. Then the file is as it was: a helper's
    /// failure never puts a password into the file.
    pub async fn store(&self, registry: &RegistryName, credential: &Credential) -> Result<Kept, CredentialError> {
        let config = Config::load(self.file())?;
        let (username, secret) = match credential {
            Credential::Password { username, password } => (Some(username.as_str()), password),
            Credential::IdentityToken(token) => (None, token),
            Credential::RegistryToken(_) => return self.store_in_file(registry, credential).await,
        };
        let Some(chosen) = config.helper(registry)? else {
            return self.store_in_file(registry, credential).await;
        };
        let helper = self.helper(&chosen.name)?;
        self.memory.clear();
        helper.store(registry.credential_key(), username, secret).await?;
        if config.login(registry).map_or(true, |login| login.is_some()) {
            let registry = registry.clone();
            self.change(move |config| config.clear(&registry)).await?;
        }
        Ok(Kept::Helper(chosen.name))
    }

    /// Has the file that logins are written to this very login of a registry? `false` where it cannot be read.
    #[must_use]
    pub fn are_in_file(&self, registry: &RegistryName, credential: &Credential) -> bool {
        let login = Config::load(self.file()).and_then(|config| config.login(registry));
        login.is_ok_and(|login| login.is_some_and(|(_, stored)| stored == *credential))
    }

    /// Erases the login of a registry and those of its repositories, from the helper and from the file that logins are
    /// written to, under whatever key they are there. `false` if there was none.
    ///
    /// # Errors
    /// The helper is missing or fails, or the file cannot be read or written. A helper's failure does not keep the login
    /// in the file.
    pub async fn erase(&self, registry: &RegistryName) -> Result<bool, CredentialError> {
        let config = Config::load(self.file())?;
        self.memory.clear();
        self.realms.forget(registry);
        let in_helper = self.erase_in_helper(&config, registry).await;
        let mut in_file = false;
        if config.mentions(registry)? {
            let registry = registry.clone();
            in_file = self.change(move |config| config.remove(&registry)).await?;
        }
        Ok(in_helper? || in_file)
    }

    /// The keys of all stored logins, as they are stored: those of the file, then those that the helpers list.
    ///
    /// # Errors
    /// The file cannot be read, or the helper of `credsStore` fails. One that is missing has nothing to list; those of
    /// `credHelpers` need not, for many of them know only `get`.
    pub async fn hosts(&self) -> Result<Vec<String>, CredentialError> {
        let config = Config::load(self.file())?;
        let mut hosts = config.keys()?;
        let default = config.default_helper()?;
        if !default.is_empty() {
            hosts.extend(match self.list(&default).await {
                Err(CredentialError::HelperMissing { .. }) => Vec::new(),
                answer => answer?,
            });
        }
        for name in config.special_helpers()?.iter().filter(|name| **name != default) {
            hosts.extend(self.list(name).await.unwrap_or_default());
        }
        let mut seen = HashSet::new();
        hosts.retain(|host| seen.insert(host.clone()));
        Ok(hosts)
    }

    /// The registries that [`Self::file`] names, as far as it can be read. No helper is asked.
    #[must_use]
    pub fn named_registries(&self) -> Vec<RegistryName> {
        let config = Config::load(self.file());
        let keys = config.iter().flat_map(Config::named);
        keys.filter_map(|key| keys::registry(key)).collect()
    }

    async fn erase_in_helper(&self, config: &Config, registry: &RegistryName) -> Result<bool, CredentialError> {
        let Some((helper, chosen)) = self.chosen(config, registry)? else {
            return Ok(false);
        };
        // Most helpers erase what is not there without a word. Some cannot list; then erasing counts.
        let listed = helper.list().await.ok();
        let mut was_there = false;
        for key in config.servers(registry, &chosen)? {
            let known = listed.as_ref().map(|listed| listed.contains(&key));
            was_there |= match helper.erase(&key).await {
                Ok(erased) => known.unwrap_or(erased),
                Err(_) if known == Some(false) => false,
                Err(error) => return Err(error),
            };
        }
        Ok(was_there)
    }

    async fn list(&self, name: &str) -> Result<Vec<String>, CredentialError> {
        self.helper(name)?.list().await
    }

    fn chosen(&self, config: &Config, registry: &RegistryName) -> Result<Option<(Helper, Chosen)>, CredentialError> {
        let Some(chosen) = config.helper(registry)? else {
            return Ok(None);
        };
        Ok(Some((self.helper(&chosen.name)?, chosen)))
    }

    fn helper(&self, name: &str) -> Result<Helper, CredentialError> {
        Helper::find(name, &self.search_path, self.limit)
    }

    async fn store_in_file(&self, registry: &RegistryName, credential: &Credential) -> Result<Kept, CredentialError> {
        let (registry, credential) = (registry.clone(), credential.clone());
        self.change(move |config| config.put(&registry, &credential)).await?;
        Ok(Kept::File(self.file().to_owned()))
    }

    /// Changes the file on a thread of its own: another process may hold the lock.
    async fn change<T: Send + 'static>(
        &self,
        edit: impl FnOnce(&mut Config) -> Result<T, CredentialError> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let path = self.file().to_owned();
        let done = tokio::task::spawn_blocking(move || config::change(&path, edit)).await;
        done.unwrap_or_else(|error| Err(CredentialError::io("write", self.file())(error.into())))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
