//! Where a host of a `hosts.toml` is: scheme, host and port, and the path below which its API lies.

use crate::reference::RegistryName;

/// A host's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    secure: bool,
    name: RegistryName,
    prefix: String,
}

impl Address {
    /// Reads `[http[s]://]HOST[:PORT][/PATH]`. The API is below `PATH/v2`, unless the path ends so already or is to be
    /// taken as it is.
    pub(super) fn parse(text: &str, override_path: bool) -> Result<Self, String> {
        let (secure, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some((scheme, _)) => return Err(format!("`{scheme}` is not http or https")),
            None => (true, text),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        if authority.contains('@') {
            return Err("a host has no user in front; give an `Authorization` header".to_owned());
        }
        if !path.bytes().all(is_path_byte) {
            return Err(format!("`{path}` is no path"));
        }
        let name = authority
            .parse()
            .map_err(|error| format!("`{authority}` is no host: {error}"))?;
        let path = path.trim_end_matches('/');
        let prefix = if override_path || path.ends_with("/v2") {
            path.to_owned()
        } else {
            format!("{path}/v2")
        };
        Ok(Self { secure, name, prefix })
    }

    /// Is it spoken to by HTTPS?
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host's own name, under which its login is stored.
    #[must_use]
    pub fn name(&self) -> &RegistryName {
        &self.name
    }

    /// What stands in front of a repository's path: `/v2`, mostly.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Is this where a registry itself is, whether its usual port is written or not? Another path is another place: a
    /// cache may lie there.
    #[must_use]
    pub fn is_of(&self, registry: &RegistryName) -> bool {
        let usual = if self.secure { 443 } else { 80 };
        let place = |name: &RegistryName| (name.host().to_ascii_lowercase(), name.port().unwrap_or(usual));
        place(&self.name) == place(registry) && self.prefix == "/v2"
    }
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%+:@!$&'()*,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, override_path: bool) -> String {
        match Address::parse(text, override_path) {
            Ok(address) => {
                let scheme = if address.secure { "https" } else { "http" };
                format!("{scheme}://{}{}", address.name, address.prefix)
            }
            Err(problem) => problem,
        }
    }

    #[test]
    fn the_api_is_below_v2_unless_the_path_is_taken_as_it_is() {
        for (text, plain, overridden) in [
            ("https://m:5000", "https://m:5000/v2", "https://m:5000"),
            ("http://m:5000/", "http://m:5000/v2", "http://m:5000"),
            ("m.example", "https://m.example/v2", "https://m.example"),
            ("https://m/v2", "https://m/v2", "https://m/v2"),
            ("https://m/v2/hub/", "https://m/v2/hub/v2", "https://m/v2/hub"),
            ("https://[::1]:5000/a", "https://[::1]:5000/a/v2", "https://[::1]:5000/a"),
            ("https://registry-1.docker.io", "https://docker.io/v2", "https://docker.io"),
        ] {
            assert_eq!(shown(text, false), plain);
            assert_eq!(shown(text, true), overridden);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "https://",
            "ftp://m",
            "https://u:p@m",
            "https://m?a=b",
            "https://m/a?b",
            "https://m:0",
            "a b",
        ] {
            assert!(Address::parse(text, false).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_registry_is_at_its_own_address_with_and_without_its_usual_port() {
        for (text, registry, own) in [
            ("https://reg.example:443", "reg.example", true),
            ("https://reg.example", "reg.example:443", true),
            ("https://registry-1.docker.io", "docker.io", true),
            ("http://reg.example", "reg.example", true),
            ("https://reg.example:5000", "reg.example", false),
            ("https://mirror.example", "reg.example", false),
            ("https://reg.example/cache", "reg.example", false),
        ] {
            let address = Address::parse(text, false).unwrap();
            assert_eq!(address.is_of(&registry.parse().unwrap()), own, "{text} {registry}");
        }
    }
}
