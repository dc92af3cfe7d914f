//! How each registry is reached, as the machine's files say: containerd's `hosts.toml` with its mirrors, and docker's
//! folders of certificates.
//!
//! The meaning is [containerd's](https://github.com/containerd/containerd/blob/main/docs/hosts.md), so that one file
//! serves both. Only reads files; who is spoken to, and when, is `registry`'s business.

mod address;
mod certificates;
mod file;
mod value;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::reference::RegistryName;
use crate::secret::Secret;

pub use address::Address;

/// The folders that say how registries are reached. Nothing is read before it is asked for.
#[derive(Clone, Debug)]
pub struct Hosts {
    folders: Vec<PathBuf>,
    docker: PathBuf,
}

/// How one registry is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// Whom to ask, in this order: the mirrors, then the registry itself.
    pub endpoints: Vec<Endpoint>,
    /// What in the files is passed over and deserves a line.
    pub remarks: Vec<String>,
}

/// One host that may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is; where the registry's name says, if nothing is said.
    pub address: Option<Address>,
    /// What it may be asked for.
    pub capabilities: Capabilities,
    /// How its certificate is checked, and what it is shown.
    pub tls: Tls,
    /// Headers of every request to it, which may hold its password.
    pub headers: Vec<(String, Secret)>,
    /// How long a connection to it may take.
    pub dial_timeout: Option<Duration>,
}

impl Endpoint {
    /// Is this how the registry itself is reached, and not a mirror?
    #[must_use]
    pub fn is_of(&self, registry: &RegistryName) -> bool {
        self.address.as_ref().is_none_or(|address| address.is_of(registry))
    }
}

/// What a host may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Content by digest.
    Pull,
    /// The digest behind a tag.
    Resolve,
    /// Taking content.
    Push,
    /// What refers to a digest.
    Referrers,
}

/// What one host may be asked for; everything, if nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities(Vec<Capability>);

impl Capabilities {
    /// May it be asked for this?
    #[must_use]
    pub fn allow(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Self(vec![
            Capability::Pull,
            Capability::Resolve,
            Capability::Push,
            Capability::Referrers,
        ])
    }
}

/// The TLS of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// Further authorities, in PEM.
    pub authorities: Vec<PathBuf>,
    /// The certificate to show.
    pub client: Option<ClientCertificate>,
    /// Is any certificate taken?
    pub skip_verify: bool,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientCertificate {
    /// The file of the certificate.
    pub certificate: PathBuf,
    /// The file of the key, where it is another.
    pub key: Option<PathBuf>,
}

impl Hosts {
    /// `folders` hold one folder for each registry, and the first that knows a registry decides; `docker` holds docker's.
    #[must_use]
    pub fn new(folders: Vec<PathBuf>, docker: PathBuf) -> Self {
        Self { folders, docker }
    }

    /// How a registry is reached.
    ///
    /// # Errors
    /// A file that cannot be read, or says what cannot be meant. Going on without it could send a request elsewhere than
    /// its author wants.
    pub fn of(&self, registry: &RegistryName) -> Result<HostConfig, HostsError> {
        let found = self.folders.iter().find_map(|folder| folder_of(folder, registry));
        let mut config = match found {
            Some(folder) => of_folder(&folder)?,
            None => HostConfig::default(),
        };
        config.fold_into_upstream(registry);
        for endpoint in &mut config.endpoints {
            if endpoint.tls == Tls::default() {
                let name = endpoint.address.as_ref().map_or(registry, Address::name);
                endpoint.tls = certificates::in_folder(&self.docker.join(name.as_str()))?;
            }
        }
        Ok(config)
    }
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            endpoints: vec![Endpoint::default()],
            remarks: Vec::new(),
        }
    }
}

impl HostConfig {
    /// A table for the registry's own address, the usual way to give it an authority, is no mirror: what it says holds
    /// for the registry, which is asked once.
    fn fold_into_upstream(&mut self, registry: &RegistryName) {
        let Some((upstream, tables)) = self.endpoints.split_last_mut() else {
            return;
        };
        let Some(at) = tables.iter().position(|table| table.is_of(registry)) else {
            return;
        };
        let plain = Endpoint {
            address: upstream.address.clone(),
            ..Endpoint::default()
        };
        if !upstream.is_of(registry) || *upstream != plain {
            return;
        }
        if tables[at].capabilities == Capabilities::default() && at + 1 == tables.len() {
            self.endpoints.pop();
        } else {
            *upstream = Endpoint {
                capabilities: upstream.capabilities.clone(),
                ..tables[at].clone()
            };
        }
    }
}

/// The folder of a registry, under the names containerd gives it.
fn folder_of(folder: &Path, registry: &RegistryName) -> Option<PathBuf> {
    let host_and_port = registry.port().map(|port| format!("{}_{port}_", registry.host()));
    let names = host_and_port.as_deref().into_iter().chain([registry.as_str(), "_default"]);
    names.map(|name| folder.join(name)).find(|folder| folder.is_dir())
}

/// A folder without a `hosts.toml` holds certificates, as docker's do.
fn of_folder(folder: &Path) -> Result<HostConfig, HostsError> {
    let path = folder.join("hosts.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => file::parse(&text, &path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HostConfig {
            endpoints: vec![Endpoint {
                tls: certificates::in_folder(folder)?,
                ..Endpoint::default()
            }],
            remarks: Vec::new(),
        }),
        Err(cause) => Err(HostsError::Unread { path, cause }),
    }
}

/// A file that says how a registry is reached, and cannot be obeyed.
#[derive(Debug, thiserror::Error)]
pub enum HostsError {
    /// It cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// It says something that cannot be meant.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in it, from 1.
        column: usize,
        /// What is wrong. Not the line itself: it may hold a password.
        problem: String,
    },
    /// A certificate of docker's without its key, or a key without its certificate.
    #[error("{} has no {missing} beside it", path.display())]
    Halved {
        /// The file that is there.
        path: PathBuf,
        /// The name of the one that is not.
        missing: String,
    },
}
