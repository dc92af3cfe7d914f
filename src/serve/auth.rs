//! Who may use the server: a file of users as `htpasswd -B` writes it.
//!
//! Only bcrypt is taken: the other forms of that file can be guessed at a high rate. Telling whether a password is right
//! takes the same time whether the user is known or not, and is remembered by a digest while the server runs, since
//! clients say it with every request.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::AUTHORIZATION;
use tokio::sync::Semaphore;

use crate::oci::Digest;
use crate::serve::refusal::Refusal;
use crate::serve::request::Request;

/// How many passwords are tried at once: it is work on purpose, and must not take all processors.
const TRIES: usize = 2;

/// The users and the hashes of their passwords.
pub struct Users {
    hashes: HashMap<String, String>,
    /// What a password of nobody is compared with.
    nobody: String,
    /// The digests of the logins that were right.
    known: Mutex<HashMap<String, Digest>>,
    tries: Semaphore,
}

/// What is wrong with a file of users.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// It cannot be read.
    #[error("cannot read {path}")]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A line is no user with a bcrypt hash.
    #[error("{path}, line {line}: not a user with a bcrypt hash, as `htpasswd -B` writes them")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number.
        line: usize,
    },
    /// There is nobody in it.
    #[error("{path} has no users, and so nobody could log in")]
    Nobody {
        /// The file.
        path: PathBuf,
    },
}

impl Users {
    /// Reads a file of users.
    pub fn read(path: &Path) -> Result<Self, UsersError> {
        let text = fs::read_to_string(path).map_err(|cause| UsersError::Unread {
            path: path.to_owned(),
            cause,
        })?;
        let mut hashes = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, hash) = entry(line).ok_or_else(|| UsersError::Line {
                path: path.to_owned(),
                line: number + 1,
            })?;
            hashes.insert(user.to_owned(), hash.to_owned());
        }
        let nobody = hashes.values().max().cloned();
        Ok(Self {
            nobody: nobody.ok_or_else(|| UsersError::Nobody { path: path.to_owned() })?,
            hashes,
            known: Mutex::default(),
            tries: Semaphore::new(TRIES),
        })
    }

    /// The user of a request; one without the right login is refused.
    pub(super) async fn check(&self, request: &Request) -> Result<String, Refusal> {
        let login = request.header(&AUTHORIZATION).and_then(login);
        let (user, password) = login.ok_or_else(Refusal::login)?;
        let digest = Digest::of(format!("{user}:{password}").as_bytes());
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&user) == Some(&digest) {
            return Ok(user);
        }
        let hash = self.hashes.get(&user);
        let (is_known, hash) = (hash.is_some(), hash.unwrap_or(&self.nobody).clone());
        let _turn = self.tries.acquire().await.map_err(|_| Refusal::login())?;
        let verified = tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false));
        if !(verified.await.unwrap_or(false) && is_known) {
            return Err(Refusal::login());
        }
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(user.clone(), digest);
        Ok(user)
    }
}

/// The user and the hash of a line.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (user, hash) = line.split_once(':')?;
    let is_bcrypt = ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|kind| hash.starts_with(kind));
    // Tells whether the rest can be a hash, and what it costs.
    let cost = hash.parse::<bcrypt::HashParts>().ok()?.get_cost();
    (is_bcrypt && !user.is_empty() && cost <= 17).then_some((user, hash))
}

/// The user and the password of a header.
fn login(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC";

    #[test]
    fn a_file_of_users_is_read_or_the_line_told_that_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users");
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            Users::read(&path)
                .map(|users| users.hashes.len())
                .map_err(|error| error.to_string())
        };
        assert_eq!(read(&format!("# people\n\nanna:{HASH}\r\nben:{HASH}\n")), Ok(2));
        for (text, wrong) in [
            ("anna:$apr1$x$y", "line 1"),
            ("anna:plain", "line 1"),
            (":$2y$05$x", "line 1"),
            ("\nanna", "line 2"),
            ("anna:$2y$31$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "line 1"),
            ("# nobody\n", "no users"),
        ] {
            assert!(read(text).unwrap_err().contains(wrong), "{text}");
        }
    }

    #[test]
    fn a_password_may_have_colons() {
        let header = format!("basic {}", STANDARD.encode("anna:a:b"));
        assert_eq!(login(&header), Some(("anna".to_owned(), "a:b".to_owned())));
        for odd in ["Bearer x", "Basic", "Basic !", "Basic YW5uYQ=="] {
            assert_eq!(login(odd), None, "{odd}");
        }
    }
}
