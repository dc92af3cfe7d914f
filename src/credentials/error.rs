//! How credentials fail to be found or kept. No message holds a secret, and none shows what the file or a helper holds
//! beyond the key in question.

use std::io;
use std::path::{Path, PathBuf};

/// Why a login cannot be read, kept or erased.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The file or its folder cannot be read or written.
    #[error("cannot {verb} `{path}`")]
    Io {
        /// What was tried.
        verb: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file may be changed by others. Nothing in it is believed.
    #[error(
        "`{path}` could have been changed by {who} and is not read; look through it, then make it yours alone, by `chown` and `chmod 600`"
    )]
    NotYours {
        /// The file.
        path: PathBuf,
        /// By whom.
        who: &'static str,
    },
    /// The file is not JSON. It is left as it is.
    #[error("`{path}` is not valid JSON: {problem}; correct it or move it away")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        problem: serde_json::Error,
    },
    /// A field of the file is of another kind than docker writes. It is left as it is.
    #[error("{field} in `{path}` is no JSON {expected}; correct it or move the file away")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The field, as the message shows it.
        field: String,
        /// What it should be.
        expected: &'static str,
    },
    /// One entry of the file is no login. Others can still be used.
    #[error("the login under `{key}` in `{path}` cannot be used: {problem}; log in again")]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// `DOCKER_AUTH_CONFIG` is not what docker takes. Docker goes on without it, and so does lugger.
    #[error("`DOCKER_AUTH_CONFIG` is ignored, as docker ignores it: {problem}")]
    Variable {
        /// What is wrong with it.
        problem: String,
    },
    /// A username that the file cannot hold: docker reads up to the first colon, and refuses a file with an empty one.
    #[error("a username that is empty or has a `:` cannot be kept in docker's `config.json`; use a credential helper")]
    Username,
    /// `credsStore` or `credHelpers` names something that no program can be called.
    #[error(
        "`{name}` cannot be the name of a credential helper; correct `credsStore` or `credHelpers` in docker's `config.json`"
    )]
    HelperName {
        /// The name, without control characters.
        name: String,
    },
    /// The helper's program is not there. Whoever only reads public images may go on without it.
    #[error(
        "the credential helper `docker-credential-{name}` is not in `PATH`; install it, or take `{name}` out of docker's `config.json`"
    )]
    HelperMissing {
        /// The name in the file.
        name: String,
    },
    /// The helper's program does not start, or breaks off.
    #[error("cannot run the credential helper `docker-credential-{name}`")]
    HelperBroken {
        /// The name in the file.
        name: String,
        /// What the system says.
        source: io::Error,
    },
    /// The helper says no.
    #[error("the credential helper `docker-credential-{name}` failed to {action}: {text}")]
    HelperFailed {
        /// The name in the file.
        name: String,
        /// What was asked of it.
        action: &'static str,
        /// Its own words, made safe to print.
        text: String,
    },
    /// The helper says something, but not what the protocol has.
    #[error("the credential helper `docker-credential-{name}` gave a wrong answer to {action}: {problem}")]
    HelperAnswer {
        /// The name in the file.
        name: String,
        /// What was asked of it.
        action: &'static str,
        /// What is wrong with the answer.
        problem: &'static str,
    },
    /// The helper says nothing.
    #[error("the credential helper `docker-credential-{name}` gave no answer to {action} within {seconds} s and was stopped")]
    HelperSilent {
        /// The name in the file.
        name: String,
        /// What was asked of it.
        action: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
}

impl CredentialError {
    /// For `map_err`: what was tried, and with which file.
    pub(super) fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { verb, path, source }
    }
}
