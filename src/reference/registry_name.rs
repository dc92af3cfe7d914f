//! A registry's name: the host, its port, and what follows from them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::reference::ReferenceError;

/// The name of Docker Hub.
const HUB: &str = "docker.io";
/// Where Docker Hub's registry listens.
const HUB_API: &str = "registry-1.docker.io";
/// What docker stores a login of Docker Hub under.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// `HOST[:PORT]`, checked. All of Docker Hub's names are one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryName(Box<str>);

impl RegistryName {
    /// Docker Hub.
    #[must_use]
    pub fn hub() -> Self {
        Self(HUB.into())
    }

    /// What a person gives to `login` and `logout`: a host, or a URL of it as docker's documentation shows them.
    ///
    /// # Errors
    /// No host name.
    pub fn from_login(text: &str) -> Result<Self, ReferenceError> {
        let bare = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(text);
        bare.split('/').next().unwrap_or_default().parse()
    }

    /// Is it Docker Hub?
    #[must_use]
    pub fn is_hub(&self) -> bool {
        &*self.0 == HUB
    }

    /// The text, as shown to people.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port where the registry's API is.
    #[must_use]
    pub fn api_authority(&self) -> &str {
        if self.is_hub() { HUB_API } else { &self.0 }
    }

    /// The key that docker stores a login under, and gives to credential helpers.
    #[must_use]
    pub fn credential_key(&self) -> &str {
        if self.is_hub() { HUB_KEY } else { &self.0 }
    }

    /// The host alone.
    #[must_use]
    pub fn host(&self) -> &str {
        split_port(&self.0).0
    }

    /// The port, if one is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        split_port(&self.0).1?.parse().ok()
    }

    /// Is it this very machine, by a name or address that cannot mean another?
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RegistryName {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (host, port) = split_port(text);
        if !is_host(host) || port.is_some_and(|port| !is_digits(port)) {
            return Err(ReferenceError::Format);
        }
        if let Some(port) = port
            && port.parse::<u16>().unwrap_or(0) == 0
        {
            return Err(ReferenceError::Port(port.to_owned()));
        }
        // Docker folds `index.docker.io` alone; the third name is Docker Hub all the same, and people log in to it.
        match text {
            "index.docker.io" | HUB_API => Ok(Self::hub()),
            name => Ok(Self(name.into())),
        }
    }
}

/// Cuts the port off, not at a colon inside an IPv6 address.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']').unwrap_or_default();
        return !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    }
    host.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_of_docker_hub_are_one() {
        for name in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            let registry: RegistryName = name.parse().unwrap();
            assert!(registry.is_hub(), "{name}");
            assert_eq!(registry.api_authority(), "registry-1.docker.io");
            assert_eq!(registry.credential_key(), "https://index.docker.io/v1/");
        }
        assert!(RegistryName::from_login("https://index.docker.io/v1/").unwrap().is_hub());
    }

    #[test]
    fn a_login_may_name_a_url() {
        for text in ["reg.example:5000", "https://reg.example:5000", "http://reg.example:5000/v2/"] {
            assert_eq!(RegistryName::from_login(text).unwrap().as_str(), "reg.example:5000");
        }
        for text in ["", "https://", "a b", "user@host", "h\nx", "h:x"] {
            assert!(RegistryName::from_login(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn loopback_is_what_cannot_mean_another_machine() {
        for name in ["localhost", "localhost:5000", "127.0.0.1:1", "127.9.9.9", "[::1]:5000"] {
            assert!(name.parse::<RegistryName>().unwrap().is_loopback(), "{name}");
        }
        for name in ["localhost.example", "10.0.0.1", "192.168.1.1:5000", "[::2]", "docker.io"] {
            assert!(!name.parse::<RegistryName>().unwrap().is_loopback(), "{name}");
        }
    }

    #[test]
    fn host_and_port_come_apart() {
        let name: RegistryName = "[::1]:5000".parse().unwrap();
        assert_eq!((name.host(), name.port()), ("[::1]", Some(5000)));
        let name: RegistryName = "[::1]".parse().unwrap();
        assert_eq!((name.host(), name.port()), ("[::1]", None));
    }
}
