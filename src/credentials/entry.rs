//! One entry of docker's `auths`: the JSON of a single login, read and written.
//!
//! The fields are those of docker's
//! [`AuthConfig`](https://github.com/docker/cli/blob/master/cli/config/types/authconfig.go); which entry is meant is
//! for `config` to say. A problem is told in words that show nothing of the entry.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::credentials::{Credential, CredentialError};
use crate::secret::Secret;

/// Fields that say who somebody is. Any other field of an entry is not ours and stays.
const SECRET_FIELDS: [&str; 5] = ["auth", "username", "password", "identitytoken", "registrytoken"];

/// Reads an entry; `None` is a mere marker, which docker leaves for a login that a helper keeps. Tokens come before a
/// password, since docker writes `auth` with the username beside an identity token.
pub(super) fn read(entry: &Value) -> Result<Option<Credential>, &'static str> {
    let fields = match entry {
        Value::Null => return Ok(None),
        Value::Object(fields) => fields,
        _ => return Err("it is no JSON object"),
    };
    if let Some(token) = text(fields, "registrytoken")? {
        return Ok(Some(Credential::RegistryToken(Secret::new(token))));
    }
    if let Some(token) = text(fields, "identitytoken")? {
        return Ok(Some(Credential::IdentityToken(Secret::new(token))));
    }
    match text(fields, "auth")? {
        Some(auth) => decode(auth).map(Some),
        None => plain(fields),
    }
}

/// Is it a marker only? What cannot be read is none.
pub(super) fn is_marker(entry: &Value) -> bool {
    matches!(read(entry), Ok(None))
}

/// Takes the login out of an entry, which makes it a marker.
pub(super) fn clear(entry: &mut Value) {
    if let Value::Object(fields) = entry {
        fields.retain(|field, _| !SECRET_FIELDS.contains(&field.as_str()));
    } else {
        *entry = Value::Object(Map::new());
    }
}

/// Puts a login in place of what the entry held.
///
/// # Errors
/// A username that could not be read back, or that would make docker refuse the whole file.
pub(super) fn write(entry: &mut Value, credential: &Credential) -> Result<(), CredentialError> {
    let (field, value) = match credential {
        Credential::Password { username, password } => ("auth", encode(username, password)?),
        Credential::IdentityToken(token) => ("identitytoken", token.expose().to_owned()),
        Credential::RegistryToken(token) => ("registrytoken", token.expose().to_owned()),
    };
    clear(entry);
    if let Value::Object(fields) = entry {
        fields.insert(field.to_owned(), Value::String(value));
    }
    Ok(())
}

/// A field's text; docker takes an empty one for none.
fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> Result<Option<&'a str>, &'static str> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err("one of its fields is no text"),
    }
}

fn plain(fields: &Map<String, Value>) -> Result<Option<Credential>, &'static str> {
    let (username, password) = (text(fields, "username")?, text(fields, "password")?);
    Ok(username.map(|username| Credential::Password {
        username: username.to_owned(),
        password: Secret::new(password.unwrap_or_default()),
    }))
}

fn encode(username: &str, password: &Secret) -> Result<String, CredentialError> {
    if username.is_empty() || username.contains(':') {
        return Err(CredentialError::Username);
    }
    let pair = Zeroizing::new(format!("{username}:{}", password.expose()));
    Ok(STANDARD.encode(pair.as_bytes()))
}

/// People fill `auth` in by hand and from scripts: padding may be missing, and lines may be broken. Old versions of
/// docker left NULs at the end.
fn decode(auth: &str) -> Result<Credential, &'static str> {
    let packed: Zeroizing<String> = Zeroizing::new(auth.split_ascii_whitespace().collect());
    let bytes = STANDARD_PAD_INDIFFERENT.decode(packed.as_bytes());
    let bytes = Zeroizing::new(bytes.map_err(|_| "its `auth` is not base64")?);
    let pair = str::from_utf8(&bytes).map_err(|_| "its `auth` is not UTF-8")?;
    match pair.split_once(':') {
        Some((username, password)) if !username.is_empty() => Ok(Credential::Password {
            username: username.to_owned(),
            password: Secret::new(password.trim_end_matches('\0')),
        }),
        _ => Err("its `auth` is not a username, a colon and a password"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn login(username: &str, password: &str) -> Credential {
        Credential::Password {
            username: username.to_owned(),
            password: Secret::new(password),
        }
    }

    #[test]
    fn an_entry_is_read_as_docker_reads_it() {
        let rows = [
            (json!({"auth": "Ym9iOnMzY3I6ZXQicA=="}), login("bob", "s3cr:et\"p")),
            (json!({"auth": "Ym9iOnMzY3I6ZXQicA"}), login("bob", "s3cr:et\"p")),
            (json!({"auth": "Ym9iOnMz\nY3I6ZXQicA==\n"}), login("bob", "s3cr:et\"p")),
            (json!({"auth": STANDARD.encode("bob:pw\0\0")}), login("bob", "pw")),
            (json!({"auth": STANDARD.encode("bob:")}), login("bob", "")),
            (
                json!({"auth": STANDARD.encode("bob:pw"), "username": "x", "password": "y"}),
                login("bob", "pw"),
            ),
            (json!({"auth": "", "username": "bob", "password": "p:w"}), login("bob", "p:w")),
            (
                json!({"auth": STANDARD.encode("bob:"), "identitytoken": "id"}),
                Credential::IdentityToken(Secret::new("id")),
            ),
            (
                json!({"identitytoken": "id", "registrytoken": "reg"}),
                Credential::RegistryToken(Secret::new("reg")),
            ),
        ];
        for (entry, expected) in rows {
            assert_eq!(read(&entry), Ok(Some(expected)), "{entry}");
        }
    }

    #[test]
    fn an_entry_without_a_login_is_a_marker() {
        for entry in [
            json!({}),
            json!(null),
            json!({"auth": ""}),
            json!({"email": "a@b"}),
            json!({"auth": null}),
        ] {
            assert_eq!(read(&entry), Ok(None), "{entry}");
            assert!(is_marker(&entry), "{entry}");
        }
    }

    #[test]
    fn what_is_no_login_says_so_without_showing_it() {
        let no_colon = STANDARD.encode("canary");
        for entry in [
            json!("canary"),
            json!({"auth": "canary!"}),
            json!({"auth": 7}),
            json!({"auth": no_colon}),
        ] {
            let problem = read(&entry).unwrap_err();
            assert!(!problem.contains("canary"), "{problem}");
            assert!(!is_marker(&entry), "{entry}");
        }
        assert!(read(&json!({"auth": STANDARD.encode(":pw")})).is_err());
        assert!(read(&json!({"auth": STANDARD.encode(b"bob:\xff")})).is_err());
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_changes() {
        let rows = [
            (login("bob", "s3cr:et\"p"), "auth"),
            (Credential::IdentityToken(Secret::new("id")), "identitytoken"),
            (Credential::RegistryToken(Secret::new("reg")), "registrytoken"),
        ];
        for (credential, field) in rows {
            let mut entry = json!({"email": "a@b", "username": "old", "identitytoken": "old", "auth": "old"});
            write(&mut entry, &credential).unwrap();
            let fields: Vec<&String> = entry.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["email", field]);
            assert_eq!(read(&entry), Ok(Some(credential)));
        }
    }

    #[test]
    fn a_username_that_could_not_be_read_back_is_refused() {
        for username in ["", "a:b"] {
            let mut entry = json!({"auth": "kept"});
            assert!(matches!(
                write(&mut entry, &login(username, "pw")),
                Err(CredentialError::Username)
            ));
            assert_eq!(entry, json!({"auth": "kept"}));
        }
    }
}
