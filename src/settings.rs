//! What the surroundings say: where things lie, where programs are.
//!
//! This is the only place that reads the environment, so that one page shows every variable lugger obeys. Nothing is
//! opened or created here; whoever uses a folder does that.
#![expect(clippy::disallowed_methods, reason = "every variable is read here, and nowhere else")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where lugger keeps and finds its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the local store; it need not be there yet.
    pub store: PathBuf,
    /// The files that logins are in; none of them need be there.
    pub logins: LoginFiles,
    /// The folders that say how registries are reached; none of them need be there.
    pub hosts: HostFolders,
    /// The folder that remembers which token server each registry has; none without a home.
    pub realms: Option<PathBuf>,
}

/// The folders with a folder for each registry, which say how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFolders {
    /// Those of `hosts.toml` files, the user's own first.
    pub hosts: Vec<PathBuf>,
    /// That of docker's certificates.
    pub docker: PathBuf,
}

impl HostFolders {
    /// The user's own, below the folder of settings, then where
    /// [containerd](https://github.com/containerd/containerd/blob/main/docs/hosts.md) has them; and where
    /// [docker](https://docs.docker.com/engine/security/certificates/) has its certificates.
    fn below(config: Option<&Path>) -> Self {
        let own = config.map(|config| config.join("lugger/certs.d"));
        Self {
            hosts: own.into_iter().chain(["/etc/containerd/certs.d".into()]).collect(),
            docker: "/etc/docker/certs.d".into(),
        }
    }
}

/// The files in which docker, podman and their relatives keep logins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFiles {
    /// Docker's `config.json`.
    pub docker: PathBuf,
    /// What `REGISTRY_AUTH_FILE` names. It stands before docker's file and in place of podman's own
    /// ([containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)).
    pub named: Option<PathBuf>,
    /// Podman's own files, the first first.
    pub podman: Vec<PathBuf>,
    /// `~/.dockercfg`, from before docker had a folder.
    pub legacy: Option<PathBuf>,
}

impl LoginFiles {
    /// Docker's file alone, in its folder.
    #[must_use]
    pub fn docker(folder: &Path) -> Self {
        Self {
            docker: folder.join("config.json"),
            named: None,
            podman: Vec::new(),
            legacy: None,
        }
    }
}

impl Settings {
    /// Reads the environment. The store is where the flag, `LUGGER_STORE` or the system's data folder says; docker's
    /// folder is [where docker has it](https://docs.docker.com/reference/cli/docker/#environment-variables):
    /// `DOCKER_CONFIG`, else `~/.docker`. An empty variable counts as none.
    ///
    /// # Errors
    /// A folder is neither named nor to be guessed, because the user has no home folder.
    pub fn from_environment(store_flag: Option<PathBuf>) -> Result<Self, SettingsError> {
        let store = store_flag.or_else(|| folder("LUGGER_STORE"));
        let home = dirs::home_dir();
        let settings = Self::choose(store, folder("DOCKER_CONFIG"), dirs::data_dir().as_deref(), home.as_deref())?;
        let logins = LoginFiles {
            named: folder("REGISTRY_AUTH_FILE"),
            podman: podman_files(folder("XDG_RUNTIME_DIR"), folder("XDG_CONFIG_HOME"), home.as_deref()),
            ..settings.logins
        };
        let hosts = HostFolders::below(dirs::config_dir().as_deref());
        Ok(Self {
            logins,
            hosts,
            realms: dirs::config_dir().map(|config| config.join("lugger/realms")),
            ..settings
        })
    }

    fn choose(
        store: Option<PathBuf>,
        docker_config: Option<PathBuf>,
        data: Option<&Path>,
        home: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let store = store.or_else(|| Some(data?.join("lugger")));
        let docker_config = docker_config.or_else(|| Some(home?.join(".docker")));
        let docker = LoginFiles::docker(&docker_config.ok_or(SettingsError::DockerConfig)?);
        let legacy = home.map(|home| home.join(".dockercfg"));
        Ok(Self {
            store: store.ok_or(SettingsError::Store)?,
            logins: LoginFiles { legacy, ..docker },
            hosts: HostFolders::below(None),
            realms: None,
        })
    }
}

/// The logins that a CI system hands over in `DOCKER_AUTH_CONFIG`: the JSON text itself, which is a secret.
#[must_use]
pub fn docker_auth_config() -> Option<String> {
    set("DOCKER_AUTH_CONFIG")?.into_string().ok()
}

/// Where docker is told that its Engine is, in `DOCKER_HOST`.
#[must_use]
pub fn docker_host() -> Option<String> {
    set("DOCKER_HOST").map(|host| host.to_string_lossy().into_owned())
}

/// The variable that names the proxy for HTTPS, or for plain HTTP, as curl and docker read them.
#[must_use]
pub fn proxy_variable(https: bool) -> Option<&'static str> {
    let own = if https {
        ["HTTPS_PROXY", "https_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy"]
    };
    own.into_iter()
        .chain(["ALL_PROXY", "all_proxy"])
        .find(|name| set(name).is_some())
}

/// The folder for what can be found out again; none without a home.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("lugger"))
}

/// The time that files in what is made shall not be younger than, in seconds since 1970
/// ([`SOURCE_DATE_EPOCH`](https://reproducible-builds.org/specs/source-date-epoch/)).
///
/// # Errors
/// It is set, and no number.
pub fn source_date_epoch() -> Result<Option<u64>, NoEpoch> {
    let Some(text) = set("SOURCE_DATE_EPOCH") else {
        return Ok(None);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    seconds.map(Some).ok_or(NoEpoch)
}

/// The folders to look for programs in: those of `PATH` that are absolute. A relative one would run what lies in the
/// folder that lugger happens to be started in.
#[must_use]
pub fn search_path() -> Vec<PathBuf> {
    absolute(env::var_os("PATH"))
}

/// A time that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SOURCE_DATE_EPOCH is not a number of seconds since 1970")]
pub struct NoEpoch;

/// A folder that is needed and nowhere to be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No place for the store.
    #[error("there is no home folder to keep images in; set `LUGGER_STORE` or give `--store`")]
    Store,
    /// No place for logins.
    #[error("there is no home folder to find logins in; set `DOCKER_CONFIG` to the folder of docker's `config.json`")]
    DockerConfig,
}

fn set(variable: &str) -> Option<OsString> {
    env::var_os(variable).filter(|value| !value.is_empty())
}

fn folder(variable: &str) -> Option<PathBuf> {
    set(variable).map(PathBuf::from)
}

/// Where podman keeps logins: for the session, then for good.
fn podman_files(runtime: Option<PathBuf>, config: Option<PathBuf>, home: Option<&Path>) -> Vec<PathBuf> {
    let session = runtime
        .map(|folder| folder.join("containers"))
        .or_else(|| Some(PathBuf::from(format!("/run/containers/{}", user_id()?))));
    let lasting = config
        .or_else(|| Some(home?.join(".config")))
        .map(|folder| folder.join("containers"));
    let folders = session.into_iter().chain(lasting);
    folders.map(|folder| folder.join("auth.json")).collect()
}

/// The number of the user, as the system's own view of this process has it.
#[cfg(unix)]
fn user_id() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(std::fs::metadata("/proc/self").ok()?.uid())
}

#[cfg(not(unix))]
fn user_id() -> Option<u32> {
    None
}

fn absolute(path: Option<OsString>) -> Vec<PathBuf> {
    let path = path.unwrap_or_default();
    env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(store: Option<&str>, docker: Option<&str>, home: Option<&str>) -> Result<Settings, SettingsError> {
        let data = home.map(|home| Path::new(home).join("data"));
        Settings::choose(
            store.map(PathBuf::from),
            docker.map(PathBuf::from),
            data.as_deref(),
            home.map(Path::new),
        )
    }

    #[test]
    fn what_is_named_comes_before_what_is_guessed() {
        let rows = [
            (None, None, Some("/h"), Ok(("/h/data/lugger", "/h/.docker"))),
            (Some("/s"), None, Some("/h"), Ok(("/s", "/h/.docker"))),
            (None, Some("/d"), Some("/h"), Ok(("/h/data/lugger", "/d"))),
            (Some("/s"), Some("/d"), None, Ok(("/s", "/d"))),
            (None, Some("/d"), None, Err(SettingsError::Store)),
            (Some("/s"), None, None, Err(SettingsError::DockerConfig)),
        ];
        for (store, docker, home, expected) in rows {
            let expected = expected.map(|(store, folder)| Settings {
                store: store.into(),
                logins: LoginFiles {
                    legacy: home.map(|home| Path::new(home).join(".dockercfg")),
                    ..LoginFiles::docker(Path::new(folder))
                },
                hosts: HostFolders::below(None),
                realms: None,
            });
            assert_eq!(choose(store, docker, home), expected, "{store:?} {docker:?} {home:?}");
        }
    }

    #[test]
    fn the_users_own_hosts_come_before_the_machines() {
        let machines = Path::new("/etc/containerd/certs.d");
        let folders = HostFolders::below(Some(Path::new("/h/config")));
        assert_eq!(folders.hosts, [Path::new("/h/config/lugger/certs.d"), machines]);
        assert_eq!(HostFolders::below(None).hosts, [machines]);
    }

    #[test]
    fn a_flag_beats_the_environment() {
        let settings = Settings::from_environment(Some("/flag".into())).unwrap();
        assert_eq!(settings.store, Path::new("/flag"));
    }

    #[test]
    fn podman_keeps_logins_for_the_session_and_for_good() {
        let rows = [
            (
                Some("/run/u"),
                None,
                Some("/h"),
                vec!["/run/u/containers/auth.json", "/h/.config/containers/auth.json"],
            ),
            (
                Some("/run/u"),
                Some("/c"),
                Some("/h"),
                vec!["/run/u/containers/auth.json", "/c/containers/auth.json"],
            ),
            (Some("/run/u"), None, None, vec!["/run/u/containers/auth.json"]),
        ];
        for (runtime, config, home, expected) in rows {
            let expected: Vec<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
            let found = podman_files(runtime.map(PathBuf::from), config.map(PathBuf::from), home.map(Path::new));
            assert_eq!(found, expected);
        }
    }

    #[test]
    #[cfg(unix)]
    fn programs_are_not_looked_for_in_relative_folders() {
        let rows = [
            (None, vec![]),
            (Some(""), vec![]),
            (Some(".:/bin::bin:/usr/bin"), vec!["/bin", "/usr/bin"]),
        ];
        for (path, expected) in rows {
            let expected: Vec<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
            assert_eq!(absolute(path.map(OsString::from)), expected, "{path:?}");
        }
    }
}
