//! `DOCKER_AUTH_CONFIG`: logins that a CI system hands over as JSON text, without a file.
//!
//! Read as docker reads it: `{"auths": {HOST: {"auth": "…"}}}` and nothing besides, or the whole is ignored with a warning
//! ([`configfile`](https://github.com/docker/cli/blob/master/cli/config/configfile/file.go)). So docker and lugger never
//! see different logins in it.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::credentials::CredentialError;
use crate::credentials::config::Config;
use crate::credentials::entry;
use crate::secret::Secret;

/// Its name, for messages.
pub(super) const NAME: &str = "DOCKER_AUTH_CONFIG";

/// Reads the text.
pub(super) fn read(text: &Secret) -> Result<Config, CredentialError> {
    let document = check(text).map_err(|problem| CredentialError::Variable { problem })?;
    Ok(Config::of(PathBuf::from(NAME), document))
}

/// No problem shows anything of the text but the names of fields and hosts.
fn check(text: &Secret) -> Result<Map<String, Value>, String> {
    let Ok(Value::Object(document)) = serde_json::from_str(text.expose()) else {
        return Err("it is no JSON object".to_owned());
    };
    if let Some(field) = document.keys().find(|field| *field != "auths") {
        return Err(unknown(field));
    }
    let entries = match document.get("auths") {
        None | Some(Value::Null) => return Ok(document),
        Some(entries) => entries.as_object().ok_or("`auths` is no JSON object")?,
    };
    for (key, entry) in entries {
        check_entry(entry).map_err(|problem| format!("the login under `{key}` cannot be used: {problem}"))?;
    }
    Ok(document)
}

fn check_entry(entry: &Value) -> Result<(), String> {
    let fields = entry.as_object().ok_or("it is no JSON object")?;
    if let Some(field) = fields.keys().find(|field| *field != "auth") {
        return Err(unknown(field));
    }
    entry::read(entry)?.ok_or("it lacks `auth`")?;
    Ok(())
}

fn unknown(field: &str) -> String {
    format!("the field `{field}` is unknown there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_logins_may_be_in_it() {
        for text in [
            "{}",
            r#"{"auths": null}"#,
            r#"{"auths": {"reg.example/a": {"auth": "Ym9iOnB3"}}}"#,
        ] {
            assert!(read(&Secret::new(text)).is_ok(), "{text}");
        }
        for (text, problem) in [
            ("canary", "no JSON object"),
            ("[]", "no JSON object"),
            (r#"{"auths": []}"#, "`auths` is no JSON object"),
            (r#"{"credsStore": "canary"}"#, "`credsStore` is unknown"),
            (
                r#"{"auths": {"h": {"auth": "Ym9iOnB3", "email": "canary"}}}"#,
                "`email` is unknown",
            ),
            (
                r#"{"auths": {"h": {"auth": "canary!"}}}"#,
                "under `h` cannot be used: its `auth` is not base64",
            ),
            (r#"{"auths": {"h": {}}}"#, "it lacks `auth`"),
        ] {
            let error = read(&Secret::new(text)).unwrap_err().to_string();
            assert!(error.contains(problem) && !error.contains("canary"), "{error}");
        }
    }
}
