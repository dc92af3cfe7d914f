//! Where a registry or a mirror of it is: its scheme, and the URLs below it.
//!
//! Every registry speaks HTTPS, unless a `hosts.toml` says otherwise. One on this very machine may speak plain HTTP
//! unasked, and any other by flag; the first request, which carries no credentials, finds out which.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::hosts::{self, Capability, Tls};
use crate::reference::RegistryName;
use crate::store::Error;

/// The address of a registry, or of a mirror of it.
pub(super) struct Endpoint {
    /// Under which its login is stored: the mirror's own name for a mirror.
    name: RegistryName,
    scheme: Mutex<Option<Scheme>>,
    /// What stands in front of a repository's path.
    prefix: String,
    /// The registry that a mirror is asked about.
    namespace: Option<RegistryName>,
    headers: HeaderMap,
    config: hosts::Endpoint,
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
    /// `plain_http` allows what loopback registries may unasked. Docker Hub never speaks plain HTTP.
    pub(super) fn new(registry: &RegistryName, config: hosts::Endpoint, plain_http: bool) -> Result<Self, Error> {
        let is_mirror = !config.is_of(registry);
        let address = config.address.as_ref();
        let scheme = match address {
            Some(address) if address.is_secure() => Some(Scheme::Https),
            Some(_) => Some(Scheme::Http),
            None if registry.port() == Some(443) => Some(Scheme::Https),
            None if registry.is_loopback() || (plain_http && !registry.is_hub()) => None,
            None => Some(Scheme::Https),
        };
        Ok(Self {
            name: address.filter(|_| is_mirror).map_or(registry, hosts::Address::name).clone(),
            scheme: Mutex::new(scheme),
            prefix: address.map_or("/v2", hosts::Address::prefix).to_owned(),
            namespace: is_mirror.then(|| registry.clone()),
            headers: headers(&config)?,
            config,
        })
    }

    pub(super) fn name(&self) -> &RegistryName {
        &self.name
    }

    /// Is it another host than the registry's?
    pub(super) fn is_mirror(&self) -> bool {
        self.namespace.is_some()
    }

    pub(super) fn may(&self, capability: Capability) -> bool {
        self.config.capabilities.allow(capability)
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.config.tls
    }

    pub(super) fn dial_timeout(&self) -> Option<Duration> {
        self.config.dial_timeout
    }

    /// What its users want every request to it to carry.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The scheme, once it is known.
    pub(super) fn scheme(&self) -> Option<Scheme> {
        *self.scheme.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Settles the scheme; the first answer stays.
    pub(super) fn settle(&self, scheme: Scheme) {
        self.scheme
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(scheme);
    }

    /// Leaves the scheme open again: what it was settled by was a failure.
    pub(super) fn unsettle(&self) {
        self.scheme.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The URL of a path that begins with `/v2/`, and its query; plain HTTP while the scheme of a registry is not known.
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        let scheme = self.scheme().unwrap_or(Scheme::Http);
        let path = path.strip_prefix("/v2").unwrap_or(path);
        let text = format!("{}://{}{}{path}", scheme.as_str(), self.name.api_authority(), self.prefix);
        let url = Url::parse(&text).map_err(|error| Error::other(error).context(format!("`{text}` is no URL")))?;
        Ok(self.with_namespace(url))
    }

    /// A URL that says to a mirror which registry is meant. Elsewhere, and where it is said already, it stays as it is
    /// ([registry proxying](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#registry-proxying)).
    pub(super) fn with_namespace(&self, mut url: Url) -> Url {
        if let Some(namespace) = &self.namespace
            && self.is_home_of(&url)
            && !url.query_pairs().any(|(name, _)| name == "ns")
        {
            url.query_pairs_mut().append_pair("ns", namespace.as_str());
        }
        url
    }

    /// Is a URL at this registry, by scheme, host and port? Only there may credentials go.
    pub(super) fn is_home_of(&self, url: &Url) -> bool {
        let scheme = self.scheme().unwrap_or(Scheme::Http);
        let home = format!("{}://{}", scheme.as_str(), self.name.api_authority());
        Url::parse(&home).is_ok_and(|home| home.origin() == url.origin())
    }
}

fn headers(config: &hosts::Endpoint) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let bad = || Error::other(anyhow::anyhow!("the header `{name}` of a hosts.toml cannot be sent"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::Hosts;

    fn endpoint(name: &str) -> Endpoint {
        Endpoint::new(&name.parse().unwrap(), hosts::Endpoint::default(), false).unwrap()
    }

    /// The endpoints of a registry whose `hosts.toml` has this text.
    fn configured(registry: &str, text: &str) -> Vec<Endpoint> {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join(registry);
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("hosts.toml"), text).unwrap();
        let name = registry.parse().unwrap();
        let hosts = Hosts::new(vec![folder.path().to_path_buf()], folder.path().join("none"));
        let endpoints = hosts.of(&name).unwrap().endpoints.into_iter();
        endpoints.map(|config| Endpoint::new(&name, config, false).unwrap()).collect()
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
    fn a_flag_lets_others_be_plain_but_not_docker_hub() {
        for (name, scheme) in [
            ("192.168.0.1:5000", None),
            ("reg.example:443", Some(Scheme::Https)),
            ("docker.io", Some(Scheme::Https)),
        ] {
            let endpoint = Endpoint::new(&name.parse().unwrap(), hosts::Endpoint::default(), true).unwrap();
            assert_eq!(endpoint.scheme(), scheme, "{name}");
        }
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

    #[test]
    fn a_mirror_is_told_which_registry_is_meant_and_the_registry_is_not() {
        let endpoints = configured(
            "docker.io",
            "server = \"https://registry-1.docker.io\"\n[host.\"http://m:5000\"]\n[host.\"https://n/x\"]\noverride_path = true\n",
        );
        let urls = endpoints
            .iter()
            .map(|endpoint| endpoint.url("/v2/library/a/tags/list?n=5").unwrap().to_string());
        assert_eq!(
            urls.collect::<Vec<_>>(),
            [
                "http://m:5000/v2/library/a/tags/list?n=5&ns=docker.io",
                "https://n/x/library/a/tags/list?n=5&ns=docker.io",
                "https://registry-1.docker.io/v2/library/a/tags/list?n=5",
            ]
        );
        let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name().as_str()).collect();
        assert_eq!(names, ["m:5000", "n", "docker.io"]);
        let [mirror, ..] = endpoints.as_slice() else { panic!() };
        for (from, to) in [
            ("http://m:5000/v2/a?x=%7e", "http://m:5000/v2/a?x=%7e&ns=docker.io"),
            ("http://m:5000/v2/a?ns=b", "http://m:5000/v2/a?ns=b"),
            ("https://cdn/x", "https://cdn/x"),
        ] {
            assert_eq!(mirror.with_namespace(Url::parse(from).unwrap()).as_str(), to);
        }
    }

    #[test]
    fn headers_that_cannot_be_sent_are_told_without_their_value() {
        for (name, value, fits) in [("x-a", "b", true), ("a b", "geheim", false), ("x", "geheim\\n", false)] {
            let config = hosts::Endpoint {
                headers: vec![(name.to_owned(), crate::secret::Secret::new(value.replace("\\n", "\n")))],
                ..hosts::Endpoint::default()
            };
            match Endpoint::new(&"r.example".parse().unwrap(), config, false) {
                Ok(_) => assert!(fits),
                Err(error) => assert!(!fits && !error.to_string().contains("geheim"), "{error}"),
            }
        }
    }
}
