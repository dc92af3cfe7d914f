//! What the surroundings say: where things lie, how the terminal is, where programs are.
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
    /// The folder of docker's `config.json`; it need not be there either.
    pub docker_config: PathBuf,
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
        Self::choose(store, folder("DOCKER_CONFIG"), dirs::data_dir().as_deref(), home.as_deref())
    }

    fn choose(
        store: Option<PathBuf>,
        docker_config: Option<PathBuf>,
        data: Option<&Path>,
        home: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let store = store.or_else(|| Some(data?.join("lugger")));
        let docker_config = docker_config.or_else(|| Some(home?.join(".docker")));
        Ok(Self {
            store: store.ok_or(SettingsError::Store)?,
            docker_config: docker_config.ok_or(SettingsError::DockerConfig)?,
        })
    }
}

/// Does the user want no colours, ever? [`NO_COLOR`](https://no-color.org) counts when it is not empty.
#[must_use]
pub fn no_color() -> bool {
    set("NO_COLOR").is_some()
}

/// Can the terminal do no more than print line after line? One that does not say what it is counts as such.
#[must_use]
pub fn terminal_is_dumb() -> bool {
    is_dumb(set("TERM"))
}

/// The folders to look for programs in: those of `PATH` that are absolute. A relative one would run what lies in the
/// folder that lugger happens to be started in.
#[must_use]
pub fn search_path() -> Vec<PathBuf> {
    absolute(env::var_os("PATH"))
}

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

fn is_dumb(term: Option<OsString>) -> bool {
    term.is_none_or(|term| term == "dumb")
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
            let expected = expected.map(|(store, docker_config)| Settings {
                store: store.into(),
                docker_config: docker_config.into(),
            });
            assert_eq!(choose(store, docker, home), expected, "{store:?} {docker:?} {home:?}");
        }
    }

    #[test]
    fn a_flag_beats_the_environment() {
        let settings = Settings::from_environment(Some("/flag".into())).unwrap();
        assert_eq!(settings.store, Path::new("/flag"));
    }

    #[test]
    fn a_terminal_without_a_name_is_dumb() {
        for (term, dumb) in [(None, true), (Some("dumb"), true), (Some("xterm"), false)] {
            assert_eq!(is_dumb(term.map(OsString::from)), dumb, "{term:?}");
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
