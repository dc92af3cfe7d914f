//! Finding a login: the places in their order, and in each place the keys in theirs.
//!
//! The order is that of docker and podman put together: `DOCKER_AUTH_CONFIG`, `REGISTRY_AUTH_FILE`, docker's
//! `config.json`, podman's `auth.json`, `~/.dockercfg`. In a file, a repository's own login comes first, then the
//! helper for the host, then the host's login.

use std::fmt;
use std::path::PathBuf;

use crate::credentials::config::{Chosen, Config};
use crate::credentials::{Credential, CredentialError, Credentials, Found, Origin, variable};
use crate::reference::RegistryName;
use crate::secret::Secret;

/// What a search for a login came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The login, if there is one.
    pub found: Option<Found>,
    /// Where was looked, in order: files, variables and helpers, as messages call them.
    pub looked: Vec<String>,
    /// What deserves a line, such as a helper that is not installed.
    pub warnings: Vec<String>,
}

/// A place where logins are.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// `DOCKER_AUTH_CONFIG`.
    Variable(Secret),
    /// A file like docker's.
    File(PathBuf),
    /// `~/.dockercfg`.
    Legacy(PathBuf),
}

impl Place {
    fn load(&self) -> Result<Config, CredentialError> {
        match self {
            Self::Variable(text) => variable::read(text),
            Self::File(path) => Config::load(path),
            Self::Legacy(path) => Config::load_legacy(path),
        }
    }

    fn origin(&self, key: String) -> Origin {
        match self {
            Self::Variable(_) => Origin::Variable { key },
            Self::File(path) | Self::Legacy(path) => Origin::File { path: path.clone(), key },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(_) => f.write_str(variable::NAME),
            Self::File(path) | Self::Legacy(path) => path.display().fmt(f),
        }
    }
}

impl Credentials {
    /// The login for a registry, or for one repository of it, which may have its own
    /// ([containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)). Places
    /// after the one that has it are only read to warn of what is broken.
    ///
    /// # Errors
    /// A file that cannot be read, or a helper that fails, before a login was found. A helper that is missing only
    /// warrants a warning: a public image can be had without it.
    pub async fn find(&self, registry: &RegistryName, repository: Option<&str>) -> Result<Lookup, CredentialError> {
        let mut search = Search {
            credentials: self,
            registry,
            repository,
            missing: None,
            lookup: Lookup::default(),
        };
        for place in self.places() {
            if search.lookup.found.is_some() {
                search.check(&place);
            } else {
                search.look(&place).await?;
            }
        }
        Ok(search.finish())
    }

    /// Each file once: people point `REGISTRY_AUTH_FILE` at docker's.
    pub(super) fn places(&self) -> Vec<Place> {
        let files = &self.files;
        let named = files.named.iter();
        let own = if files.named.is_some() { &[][..] } else { &files.podman[..] };
        let mut paths: Vec<&PathBuf> = Vec::new();
        for path in named.chain([&files.docker]).chain(own) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let variable = self.variable.iter().cloned().map(Place::Variable);
        let paths = paths.into_iter().cloned().map(Place::File);
        let legacy = files.legacy.iter().cloned().map(Place::Legacy);
        variable.chain(paths).chain(legacy).collect()
    }
}

/// A search under way.
struct Search<'a> {
    credentials: &'a Credentials,
    registry: &'a RegistryName,
    repository: Option<&'a str>,
    /// A helper that was named and is not installed.
    missing: Option<CredentialError>,
    lookup: Lookup,
}

impl Search<'_> {
    async fn look(&mut self, place: &Place) -> Result<(), CredentialError> {
        self.lookup.looked.push(place.to_string());
        let config = match place.load() {
            Err(error @ CredentialError::Variable { .. }) => {
                self.lookup.warnings.push(error.to_string());
                return Ok(());
            }
            loaded => loaded?,
        };
        let own = match self.repository {
            Some(repository) => config.repository_login(self.registry, repository)?,
            None => None,
        };
        if let Some(login) = own {
            self.found(place, login);
        } else if !self.ask_helper(&config).await?
            && let Some(login) = config.login(self.registry)?
        {
            self.found(place, login);
        }
        Ok(())
    }

    /// Does the file's helper have it?
    async fn ask_helper(&mut self, config: &Config) -> Result<bool, CredentialError> {
        let Some(chosen) = config.helper(self.registry)? else {
            return Ok(false);
        };
        self.lookup.looked.push(program(&chosen.name));
        match self.credentials.ask(config, self.registry, &chosen).await {
            Ok(found) => self.lookup.found = found,
            Err(error @ CredentialError::HelperMissing { .. }) => self.missing = Some(error),
            Err(error) => return Err(error),
        }
        Ok(self.lookup.found.is_some())
    }

    fn found(&mut self, place: &Place, (key, credential): (String, Credential)) {
        let source = place.origin(key);
        self.lookup.found = Some(Found { credential, source });
    }

    /// A place that was not needed.
    fn check(&mut self, place: &Place) {
        if let Err(error) = place.load() {
            self.lookup.warnings.push(error.to_string());
        }
    }

    fn finish(mut self) -> Lookup {
        if let Some(error) = self.missing.filter(|_| self.lookup.found.is_none()) {
            self.lookup.warnings.push(format!("{error}; going on without a login"));
        }
        self.lookup
    }
}

impl Credentials {
    /// Asks a helper, once a process for each key, until [`Credentials::forget`] has it asked anew. Helpers receive the
    /// host only: they know of no repositories.
    async fn ask(&self, config: &Config, registry: &RegistryName, chosen: &Chosen) -> Result<Option<Found>, CredentialError> {
        let helper = self.helper(&chosen.name)?;
        let program = program(&chosen.name);
        for key in config.servers(registry, chosen)? {
            let answer = self.memory.cell(&program, &key);
            if let Some(credential) = answer.get_or_try_init(|| helper.get(&key)).await?.clone() {
                let file = config.path().to_owned();
                let source = Origin::Helper { program, file, key };
                return Ok(Some(Found { credential, source }));
            }
        }
        Ok(None)
    }
}

fn program(name: &str) -> String {
    format!("docker-credential-{name}")
}
