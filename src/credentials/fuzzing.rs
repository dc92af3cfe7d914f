//! Files of logins and answers of helpers, as bytes: for the targets in `fuzz/`, and in no usual build.

use std::path::Path;

use crate::credentials::config::Config;
use crate::credentials::{Credential, CredentialError};
use crate::reference::RegistryName;

#[cfg(unix)]
pub use crate::credentials::helper::fuzzing::{listed, login};

/// A file like docker's `config.json`.
pub struct File(Config);

impl File {
    /// Reads its bytes.
    ///
    /// # Errors
    /// They are no such file.
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialError> {
        Config::parse(Path::new("config.json"), bytes).map(Self)
    }

    /// The file, as it would be written.
    ///
    /// # Errors
    /// None that memory could give.
    pub fn print(&self) -> std::io::Result<Vec<u8>> {
        self.0.bytes().map(|bytes| bytes.to_vec())
    }

    /// The login of a registry, and its key.
    ///
    /// # Errors
    /// Its entry cannot be read.
    pub fn login(&self, registry: &RegistryName) -> Result<Option<(String, Credential)>, CredentialError> {
        self.0.login(registry)
    }

    /// The login of one repository, and its key.
    ///
    /// # Errors
    /// Its entry cannot be read.
    pub fn repository_login(
        &self,
        registry: &RegistryName,
        path: &str,
    ) -> Result<Option<(String, Credential)>, CredentialError> {
        self.0.repository_login(registry, path)
    }

    /// What the helper of a registry would be asked for.
    ///
    /// # Errors
    /// The file says nothing that can be read.
    pub fn servers(&self, registry: &RegistryName) -> Result<Vec<String>, CredentialError> {
        match self.0.helper(registry)? {
            Some(chosen) => self.0.servers(registry, &chosen),
            None => Ok(Vec::new()),
        }
    }

    /// Sets the login of a registry.
    ///
    /// # Errors
    /// The file has no place for it, or the login cannot be written.
    pub fn put(&mut self, registry: &RegistryName, credential: &Credential) -> Result<(), CredentialError> {
        self.0.put(registry, credential)
    }

    /// Takes out all logins of a registry.
    ///
    /// # Errors
    /// The file has no place for logins.
    pub fn remove(&mut self, registry: &RegistryName) -> Result<bool, CredentialError> {
        self.0.remove(registry)
    }
}
