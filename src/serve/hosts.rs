//! What the server is called: its own names, and which of them a client used.

use std::net::SocketAddr;

use crate::reference::{RegistryName, RepositoryName};
use crate::serve::refusal::{Code, Refusal};
use crate::serve::repository::Repository;

/// The server's own names, the first one being that of pushes by clients that use none of them.
pub(super) struct Hosts {
    own: Vec<RegistryName>,
    /// Only this machine reaches the server, and so nobody can mean it by a name of another.
    only_here: bool,
}

impl Hosts {
    /// # Errors
    /// A name that a reference would not be read to mean, as one without a dot or port, which Docker Hub's paths are like.
    pub(super) fn new(names: Vec<RegistryName>, address: SocketAddr) -> Result<Self, RegistryName> {
        let port = address.port();
        let mut own = names;
        if !address.ip().is_unspecified() {
            own.extend(address.to_string().parse().ok());
        }
        let here = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}"));
        own.extend(here.iter().filter_map(|name| name.parse().ok()));
        for name in &own {
            if repository(name, "x").is_none() {
                return Err(name.clone());
            }
        }
        Ok(Self {
            own,
            only_here: address.ip().is_loopback(),
        })
    }

    /// Is it one of the server's own names?
    pub(super) fn is_own(&self, name: &RegistryName) -> bool {
        self.own.contains(name)
    }

    /// Refuses a name that means another machine, where only this one is served: a web page could have had it resolved to
    /// this address, so as to read and write here with the rights of whoever looks at the page.
    pub(super) fn check(&self, host: Option<&str>) -> Result<(), Refusal> {
        let known = |host: &str| {
            host.parse()
                .is_ok_and(|name: RegistryName| name.is_loopback() || self.is_own(&name))
        };
        if !self.only_here || host.is_none_or(known) {
            return Ok(());
        }
        Err(Refusal::new(
            Code::Denied,
            "this server is not called so; `lugger serve --name` gives it names",
        ))
    }

    /// The repository of a path, as a client that calls the server `host` means it; with `namespace`, that of another
    /// registry whose images are asked for here.
    pub(super) fn repository(&self, host: Option<&str>, path: &str, namespace: Option<&str>) -> Result<Repository, Refusal> {
        let invalid = || Refusal::new(Code::NameInvalid, "this is no name of a repository");
        let called: Option<RegistryName> = host.and_then(|host| host.parse().ok()).filter(|host| self.is_own(host));
        let hosts = called
            .iter()
            .chain(self.own.iter().filter(|own| called.as_ref() != Some(own)));
        let own: Option<Vec<RepositoryName>> = hosts.map(|host| repository(host, path)).collect();
        let own = own.filter(|own| !own.is_empty()).ok_or_else(invalid)?;
        let namespace: Option<RegistryName> = namespace.map(str::parse).transpose().map_err(|_| invalid())?;
        Ok(match namespace.filter(|name| !self.is_own(name)) {
            Some(name) => Repository::mirrored(path, own, repository(&name, path).ok_or_else(invalid)?),
            None => Repository::new(path, own, written_out(path)),
        })
    }
}

/// The repository of a host at a path that is taken as it is.
fn repository(host: &RegistryName, path: &str) -> Option<RepositoryName> {
    let repository: RepositoryName = format!("{host}/{path}").parse().ok()?;
    (repository.registry() == host && repository.path() == path).then_some(repository)
}

/// The repository that a path is the full name of.
fn written_out(path: &str) -> Option<RepositoryName> {
    let repository: RepositoryName = path.parse().ok()?;
    (repository.to_string() == path).then_some(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str], address: &str) -> Hosts {
        let names = names.iter().map(|name| name.parse().unwrap()).collect();
        Hosts::new(names, address.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_push_is_named_as_the_client_calls_the_server_if_that_is_its_name() {
        let local = hosts(&[], "127.0.0.1:5000");
        let public = hosts(&["reg.example"], "0.0.0.0:5000");
        for (hosts, host, name) in [
            (&local, Some("localhost:5000"), "localhost:5000/team/app"),
            (&local, Some("127.0.0.1:5000"), "127.0.0.1:5000/team/app"),
            (&local, Some("localhost:9"), "127.0.0.1:5000/team/app"),
            (&local, None, "127.0.0.1:5000/team/app"),
            (&public, Some("docker.io"), "reg.example/team/app"),
            (&public, Some("localhost:5000"), "localhost:5000/team/app"),
            (&hosts_of_all(), Some("10.0.0.1:5000"), "localhost:5000/team/app"),
        ] {
            let repository = hosts.repository(host, "team/app", None).unwrap();
            assert_eq!(repository.called().to_string(), name, "{host:?}");
        }
    }

    fn hosts_of_all() -> Hosts {
        hosts(&[], "0.0.0.0:5000")
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let hosts = hosts(&[], "127.0.0.1:5000");
        let long = "a/".repeat(130);
        for path in [
            "", "..", "a/../b", "a//b", "/a", "a/", "A", "a%2fb", "a:1", "a@b", "a\u{e9}", "-a", &long,
        ] {
            assert!(hosts.repository(None, path, None).is_err(), "{path}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_path_of_docker_hub_is_no_own_name() {
        let name: RegistryName = "registry".parse().unwrap();
        assert_eq!(
            Hosts::new(vec![name.clone()], "127.0.0.1:5000".parse().unwrap()).err(),
            Some(name)
        );
    }

    #[test]
    fn only_a_server_that_others_reach_may_be_called_anything() {
        let (local, public) = (hosts(&["reg.example"], "127.0.0.1:5000"), hosts_of_all());
        for (host, is_known) in [
            ("localhost:1", true),
            ("[::1]:5000", true),
            ("reg.example", true),
            ("evil.example:5000", false),
        ] {
            assert_eq!(local.check(Some(host)).is_ok(), is_known, "{host}");
            assert!(public.check(Some(host)).is_ok());
        }
    }
}
