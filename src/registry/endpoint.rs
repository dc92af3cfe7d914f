//! Where a registry is: its scheme, and the URLs below it.
//!
//! Every registry speaks HTTPS. One on this very machine may speak plain HTTP unasked; the first request, which carries
//! no credentials, finds out which.

use std::sync::OnceLock;

use reqwest::Url;

use crate::reference::RegistryName;
use crate::store::Error;

/// A registry's address.
pub(super) struct Endpoint {
    name: RegistryName,
    scheme: OnceLock<Scheme>,
}

/// How a registry is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Endpoint {
    pub(super) fn new(name: RegistryName) -> Self {
        let scheme = OnceLock::new();
        if !name.is_loopback() || name.port() == Some(443) {
            // The cell is new, so this sets it.
            let _ = scheme.set(Scheme::Https);
        }
        Self { name, scheme }
    }

    pub(super) fn name(&self) -> &RegistryName {
        &self.name
    }

    /// The scheme, once it is known.
    pub(super) fn scheme(&self) -> Option<Scheme> {
        self.scheme.get().copied()
    }

    /// Settles the scheme; the first answer stays.
    pub(super) fn settle(&self, scheme: Scheme) {
        let _ = self.scheme.set(scheme);
    }

    /// The URL of a path that begins with `/v2/`, and its query; plain HTTP while the scheme of a loopback registry is
    /// not known.
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        let scheme = self.scheme().unwrap_or(Scheme::Http);
        let text = format!("{}://{}{path}", scheme.as_str(), self.name.api_authority());
        Url::parse(&text).map_err(|error| Error::other(error).context(format!("`{text}` is no URL")))
    }

    /// Is a URL at this registry, by scheme, host and port? Only there may credentials go.
    pub(super) fn is_home_of(&self, url: &Url) -> bool {
        self.url("/").is_ok_and(|home| home.origin() == url.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(name: &str) -> Endpoint {
        Endpoint::new(name.parse().unwrap())
    }

    #[test]
    fn only_a_loopback_registry_may_be_plain() {
        for (name, url) in [
            ("docker.io", "https://registry-1.docker.io/v2/"),
            ("192.168.0.1:5000", "https://192.168.0.1:5000/v2/"),
            ("localhost:5000", "http://localhost:5000/v2/"),
            ("127.0.0.1:443", "https://127.0.0.1/v2/"),
            ("[::1]:5000", "http://[::1]:5000/v2/"),
        ] {
            assert_eq!(endpoint(name).url("/v2/").unwrap().as_str(), url);
        }
        let settled = endpoint("localhost:5000");
        settled.settle(Scheme::Https);
        assert_eq!(settled.url("/v2/").unwrap().scheme(), "https");
    }

    #[test]
    fn home_is_scheme_host_and_port() {
        let home = endpoint("reg.example");
        for (url, at_home) in [
            ("https://reg.example:443/x", true),
            ("https://REG.example/x", true),
            ("http://reg.example/x", false),
            ("https://reg.example:444/x", false),
            ("https://cdn.reg.example/x", false),
        ] {
            assert_eq!(home.is_home_of(&Url::parse(url).unwrap()), at_home, "{url}");
        }
    }
}
