//! Keys of `auths`: which registry and which of its repositories a key stands for.
//!
//! Docker's keys are hosts, written bare or as a URL whose path means nothing. Podman's may be repositories or what
//! several repositories have in common: `host/team/app`, `host/team`, `host`
//! ([containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)).

use crate::reference::RegistryName;

/// The API versions that docker's own keys may end in; a repository of such a name would be a strange one.
const API_VERSIONS: [&str; 2] = ["v1", "v2"];

/// What a key stands for: a registry, and a part of it unless `path` is empty.
struct Key<'a> {
    registry: RegistryName,
    path: &'a str,
}

impl<'a> Key<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let registry = RegistryName::from_login(text).ok()?;
        let is_url = text.starts_with("https://") || text.starts_with("http://");
        let path = text.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/');
        let of_host = is_url || API_VERSIONS.contains(&path);
        Some(Self {
            registry,
            path: if of_host { "" } else { path },
        })
    }
}

/// Does a key mean this registry as a whole? Docker's
/// [`ConvertToHostname`](https://github.com/docker/cli/blob/master/cli/config/credentials/file_store.go), and beyond it
/// all names of Docker Hub are one. The port counts: another port is another server.
pub(super) fn means(key: &str, registry: &RegistryName) -> bool {
    Key::read(key).is_some_and(|key| key.registry == *registry && key.path.is_empty())
}

/// The registry that a key means as a whole.
pub(super) fn registry(key: &str) -> Option<RegistryName> {
    Key::read(key).filter(|key| key.path.is_empty()).map(|key| key.registry)
}

/// Does a key mean this registry or a part of it?
pub(super) fn lies_in(key: &str, registry: &RegistryName) -> bool {
    Key::read(key).is_some_and(|key| key.registry == *registry)
}

/// How closely a key fits a repository: the length of the path that both share, whole names only. `None` for a key that
/// means another one, or the registry as a whole.
pub(super) fn closeness(key: &str, registry: &RegistryName, repository: &str) -> Option<usize> {
    let key = Key::read(key).filter(|key| key.registry == *registry && !key.path.is_empty())?;
    let rest = repository.strip_prefix(key.path)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(key.path.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_path_is_for_the_repositories_below_it() {
        let rows = [
            ("reg.example/a/b", "a/b", Some(3)),
            ("reg.example/a", "a/b", Some(1)),
            ("reg.example/a/", "a/b", Some(1)),
            ("reg.example/a", "ab", None),
            ("reg.example/a/b/c", "a/b", None),
            ("reg.example", "a/b", None),
            ("https://reg.example/a", "a/b", None),
            ("reg.example/v2/", "v2/x", None),
            ("other.example/a", "a/b", None),
            ("reg.example:5000/a", "a/b", None),
            ("", "a/b", None),
        ];
        for (key, repository, expected) in rows {
            let registry = "reg.example".parse().unwrap();
            assert_eq!(closeness(key, &registry, repository), expected, "{key} for {repository}");
        }
        let hub = RegistryName::hub();
        assert_eq!(closeness("index.docker.io/library/alpine", &hub, "library/alpine"), Some(14));
    }

    #[test]
    fn a_key_is_for_one_registry_and_no_other() {
        let hub = [
            "https://index.docker.io/v1/",
            "docker.io",
            "index.docker.io",
            "registry-1.docker.io",
        ];
        let rows: [(&str, &[&str]); 7] = [
            ("docker.io", &hub),
            ("reg.example", &["reg.example", "https://reg.example/"]),
            ("reg.example:443", &["reg.example:443"]),
            ("reg.example:5000", &["reg.example:5000", "http://reg.example:5000"]),
            ("sub.reg.example", &["sub.reg.example"]),
            ("reg.example.evil", &["reg.example.evil"]),
            ("xn--reg-hoa.example", &["xn--reg-hoa.example"]),
        ];
        let keys: Vec<&str> = rows.iter().flat_map(|(_, own)| own.iter().copied()).collect();
        let nobodys = [
            "",
            "https://",
            "/",
            ":443",
            "reg.example.",
            "reg",
            "example",
            "*.example",
            "r\u{e9}g.example",
        ];
        for (name, own) in rows {
            let registry: RegistryName = name.parse().unwrap();
            for key in keys.iter().chain(&nobodys) {
                assert_eq!(means(key, &registry), own.contains(key), "`{key}` for {name}");
            }
        }
    }

    #[test]
    fn a_url_means_its_host_whatever_its_path() {
        let registry: RegistryName = "reg.example".parse().unwrap();
        for key in [
            "reg.example",
            "https://reg.example/v2/",
            "http://reg.example/x/y",
            "reg.example/v1/",
        ] {
            assert!(means(key, &registry), "{key}");
        }
        assert!(!means("reg.example/team", &registry));
        assert!(lies_in("reg.example/team", &registry) && !lies_in("reg.example:1/team", &registry));
    }
}
