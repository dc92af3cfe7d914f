//! Credential helpers: the programs `docker-credential-NAME` that keep logins in a keychain, a vault or a cloud.
//!
//! The protocol is that of [docker-credential-helpers](https://github.com/docker/docker-credential-helpers#development):
//! the action is the only argument, everything else goes through stdin and stdout, and a failure is an exit status with
//! the message on stdout. Which helper is asked, and for which server, is for the module above.

use std::env::consts::EXE_SUFFIX;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::credentials::{Credential, CredentialError};
use crate::secret::Secret;
use crate::text::steers;

/// How long a helper may take: one may ask a person for a passphrase, another a cloud for a token.
pub(super) const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The most a helper may say. The longest real answers are tokens of a few KiB.
const MAX_ANSWER: usize = 64 * 1024;
/// The most of a helper's message that is shown.
const MAX_MESSAGE: usize = 4 * 1024;
/// What every helper says when it has no such login; the exact text is part of the protocol.
const NOT_FOUND: &str = "credentials not found in native keychain";
/// The username that marks an identity token.
const TOKEN_USER: &str = "<token>";

/// A helper that is there.
#[derive(Debug)]
pub(super) struct Helper {
    name: String,
    program: PathBuf,
    limit: Duration,
}

/// What it said.
struct Answer {
    status: ExitStatus,
    stdout: Zeroizing<Vec<u8>>,
}

impl Helper {
    /// Looks for a helper's program. The folders should be absolute: a program from the current folder could be anyone's.
    pub(super) fn find(name: &str, search_path: &[PathBuf], limit: Duration) -> Result<Self, CredentialError> {
        if !is_name(name) {
            let name = printable(name);
            return Err(CredentialError::HelperName { name });
        }
        let name = name.to_owned();
        let file = format!("docker-credential-{name}{EXE_SUFFIX}");
        let mut programs = search_path
            .iter()
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&file));
        match programs.find(|program| is_program(program)) {
            Some(program) => Ok(Self { name, program, limit }),
            None => Err(CredentialError::HelperMissing { name }),
        }
    }

    /// The login for a server, if there is one.
    pub(super) async fn get(&self, server: &str) -> Result<Option<Credential>, CredentialError> {
        let answer = self.run("get", server.as_bytes()).await?;
        self.login(&answer)
    }

    fn login(&self, answer: &Answer) -> Result<Option<Credential>, CredentialError> {
        if answer.says_not_found() {
            return Ok(None);
        }
        self.check("get", answer, &[])?;
        let fields = self.object("get", answer)?;
        match (text(&fields, "Username"), text(&fields, "Secret")) {
            // What some helpers say of a server they do not know; docker goes on without a login then.
            (Some(""), Some("")) => Ok(None),
            (Some(TOKEN_USER), Some(token)) => Ok(Some(Credential::IdentityToken(Secret::new(token)))),
            (Some(username), Some(password)) if !username.is_empty() => Ok(Some(Credential::Password {
                username: username.to_owned(),
                password: Secret::new(password),
            })),
            _ => Err(self.wrong("get", "it lacks `Username` or `Secret`")),
        }
    }

    /// Keeps a login.
    pub(super) async fn store(&self, server: &str, username: Option<&str>, secret: &Secret) -> Result<(), CredentialError> {
        let fields = json!({
            "ServerURL": server,
            "Username": username.unwrap_or(TOKEN_USER),
            "Secret": secret.expose(),
        });
        let line = Zeroizing::new(format!("{fields}\n"));
        let answer = self.run("store", line.as_bytes()).await?;
        self.check("store", &answer, &[secret.expose(), line.trim_end()])
    }

    /// Erases the login for a server. `false` if the helper says that there was none; most do not say.
    pub(super) async fn erase(&self, server: &str) -> Result<bool, CredentialError> {
        let answer = self.run("erase", server.as_bytes()).await?;
        if answer.says_not_found() {
            return Ok(false);
        }
        self.check("erase", &answer, &[]).map(|()| true)
    }

    /// The servers it has logins for.
    pub(super) async fn list(&self) -> Result<Vec<String>, CredentialError> {
        // Docker's own client sends this word, and some helpers wait for input.
        let answer = self.run("list", b"unused").await?;
        self.servers(&answer)
    }

    fn servers(&self, answer: &Answer) -> Result<Vec<String>, CredentialError> {
        self.check("list", answer, &[])?;
        Ok(self.object("list", answer)?.into_iter().map(|(server, _)| server).collect())
    }

    async fn run(&self, action: &'static str, input: &[u8]) -> Result<Answer, CredentialError> {
        let mut child = Command::new(&self.program)
            .arg(action)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| self.broken(source))?;
        let answer = tokio::time::timeout(self.limit, converse(&mut child, input)).await;
        let answer = answer.map_err(|_| CredentialError::HelperSilent {
            name: self.name.clone(),
            action,
            seconds: self.limit.as_secs(),
        })?;
        answer
            .map_err(|source| self.broken(source))?
            .ok_or_else(|| self.wrong(action, "it is longer than 64 KiB"))
    }

    /// Makes a failure of an exit status. `secrets` are what the helper was given, lest it repeats them.
    fn check(&self, action: &'static str, answer: &Answer, secrets: &[&str]) -> Result<(), CredentialError> {
        if answer.status.success() {
            return Ok(());
        }
        Err(CredentialError::HelperFailed {
            name: self.name.clone(),
            action,
            text: answer.message(secrets),
        })
    }

    fn object(&self, action: &'static str, answer: &Answer) -> Result<Map<String, Value>, CredentialError> {
        match serde_json::from_slice(&answer.stdout) {
            Ok(Value::Object(fields)) => Ok(fields),
            // An empty map in Go, the language of most helpers.
            Ok(Value::Null) if action == "list" => Ok(Map::new()),
            _ => Err(self.wrong(action, "it is no JSON object")),
        }
    }

    fn broken(&self, source: io::Error) -> CredentialError {
        let name = self.name.clone();
        CredentialError::HelperBroken { name, source }
    }

    fn wrong(&self, action: &'static str, problem: &'static str) -> CredentialError {
        let name = self.name.clone();
        CredentialError::HelperAnswer { name, action, problem }
    }
}

impl Answer {
    fn says_not_found(&self) -> bool {
        !self.status.success() && self.stdout.trim_ascii() == NOT_FOUND.as_bytes()
    }

    /// What a failed helper said, fit to be shown: one line, of bounded length, without the secrets. JSON is not shown,
    /// since it might be the answer to `get`.
    fn message(&self, secrets: &[&str]) -> String {
        let mut text = String::from_utf8_lossy(&self.stdout).into_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        let text = printable(text.trim());
        if text.is_empty() || text.starts_with('{') {
            return self.status.to_string();
        }
        text
    }
}

/// Gives the helper its input and hears it out; `None` if it does not come to an end.
async fn converse(child: &mut Child, input: &[u8]) -> io::Result<Option<Answer>> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let mut heard = Zeroizing::new(Vec::with_capacity(MAX_ANSWER + 1));
    let tell = async move {
        if let Some(mut stdin) = stdin {
            // A helper may answer without reading: then the pipe is broken, and the answer counts all the same.
            let _ = stdin.write_all(input).await;
        }
    };
    let hear = async {
        match stdout {
            Some(stdout) => {
                stdout
                    .take((MAX_ANSWER as u64).saturating_add(1))
                    .read_to_end(&mut heard)
                    .await
            }
            None => Ok(0),
        }
    };
    let ((), length) = tokio::join!(tell, hear);
    if length? > MAX_ANSWER {
        return Ok(None);
    }
    let status = child.wait().await?;
    Ok(Some(Answer { status, stdout: heard }))
}

/// Go, which docker reads answers with, does not mind the case of a field's name; some helpers rely on it.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let (_, value) = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    value.as_str()
}

/// A name that cannot leave its folder, nor mean anything to a shell.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn printable(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_ascii_whitespace() { ' ' } else { c });
    let mut shown: String = spaced.filter(|c| !steers(*c)).take(MAX_MESSAGE).collect();
    shown.truncate(shown.floor_char_boundary(MAX_MESSAGE));
    shown
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Answers that no program has given.
#[cfg(feature = "fuzzing")]
#[cfg(unix)]
pub(super) mod fuzzing {
    use std::os::unix::process::ExitStatusExt as _;

    use super::{Answer, Credential, CredentialError, ExitStatus, Helper, PathBuf, TIME_LIMIT, Zeroizing};

    /// The login in an answer to `get`, of a helper that ended with this status.
    ///
    /// # Errors
    /// The helper failed, or its answer is none.
    pub fn login(status: u8, stdout: &[u8]) -> Result<Option<Credential>, CredentialError> {
        helper().login(&answer(status, stdout))
    }

    /// The servers in an answer to `list`.
    ///
    /// # Errors
    /// The helper failed, or its answer is none.
    pub fn listed(status: u8, stdout: &[u8]) -> Result<Vec<String>, CredentialError> {
        helper().servers(&answer(status, stdout))
    }

    fn helper() -> Helper {
        Helper {
            name: "fuzzing".to_owned(),
            program: PathBuf::new(),
            limit: TIME_LIMIT,
        }
    }

    fn answer(status: u8, stdout: &[u8]) -> Answer {
        Answer {
            status: ExitStatus::from_raw(i32::from(status) << 8),
            stdout: Zeroizing::new(stdout.to_vec()),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
