//! `lugger kube-secret`: stored logins as a Secret that kubelets pull with.
//!
//! The one command whose result is a secret. So it goes to a pipe or a file, never to a terminal, and nothing else of it is
//! ever said: messages name registries and users' places, as everywhere.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lugger::credentials::{Credential, Origin};
use lugger::reference::RegistryName;
use lugger::secret::Secret;
use lugger::store::{Error, ErrorKind};
use serde_json::{Map, Value, json};

use crate::cli::args::KubeSecret;
use crate::cli::context::Context;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;

/// The longest name of an object.
const MAX_NAME: usize = 253;
/// The longest name of a namespace.
const MAX_LABEL: usize = 63;
/// Helpers whose passwords are good for hours.
const SHORT_LIVED: [&str; 5] = ["ecr-login", "gcloud", "gcr", "acr-env", "acr"];

pub(crate) async fn run(context: &Context, arguments: &KubeSecret) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        let way_out = "stdout is a terminal, which would show the passwords; redirect it, or pipe it to `kubectl apply -f -`";
        return Err(Usage(way_out.to_owned()).into());
    }
    let mut auths = Map::new();
    for host in &arguments.hosts {
        let entry = entry(context, host).await.with_context(|| {
            let what = format!("cannot make a secret with the login of {host}");
            Cannot::at(what, host)
        })?;
        auths.insert(host.credential_key().to_owned(), entry);
    }
    let document = Secret::new(json!({ "auths": auths }).to_string());
    Ok(output::line(manifest(arguments, &document).expose())?)
}

/// A login as docker's file has it, and as a kubelet reads it.
async fn entry(context: &Context, host: &RegistryName) -> anyhow::Result<Value> {
    let lookup = context.credentials.find(host, None).await?;
    for warning in &lookup.warnings {
        context.voice().say(&format!("warning: {warning}"));
    }
    let Some(found) = lookup.found else {
        let looked = lookup.looked.join(", ");
        return Err(Error::new(ErrorKind::Denied, anyhow!("there is no login; looked in {looked}")).into());
    };
    let Credential::Password { username, password } = found.credential else {
        let useless = anyhow!(
            "{} is a token, which kubelets cannot use: log in with a user name and a password or access token",
            found.source
        );
        return Err(Error::new(ErrorKind::Denied, useless).into());
    };
    if is_short_lived(&found.source) {
        let said = format!(
            "note: the login of {host} is from {}; it is good for hours only",
            found.source
        );
        context.voice().say(&said);
    }
    let auth = BASE64_STANDARD.encode(format!("{username}:{}", password.expose()));
    Ok(json!({ "username": username, "password": password.expose(), "auth": auth }))
}

fn is_short_lived(source: &Origin) -> bool {
    let Origin::Helper { program, .. } = source else {
        return false;
    };
    SHORT_LIVED
        .iter()
        .any(|name| program.strip_prefix("docker-credential-").unwrap_or(program) == *name)
}

/// The Secret in YAML. Names are quoted: `1e3` and `true` are good ones, and would be read as something else.
fn manifest(arguments: &KubeSecret, document: &Secret) -> Secret {
    let namespace = arguments.namespace.as_ref().map(|name| format!("  namespace: \"{name}\"\n"));
    Secret::new(format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"{}\"\n{}type: kubernetes.io/dockerconfigjson\ndata:\n  \
         .dockerconfigjson: {}",
        arguments.name,
        namespace.unwrap_or_default(),
        BASE64_STANDARD.encode(document.expose())
    ))
}

/// The name of an object: a DNS subdomain, as
/// [Kubernetes](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/) wants it.
#[derive(Clone, Debug)]
pub(crate) struct ObjectName(String);

/// A namespace: a DNS label.
#[derive(Clone, Debug)]
pub(crate) struct Namespace(String);

/// No such name.
#[derive(Debug, thiserror::Error)]
#[error("{what} has at most {most} of a to z, 0 to 9 and `-`{dots}, and begins and ends with a letter or digit")]
pub(crate) struct NameError {
    what: &'static str,
    most: usize,
    dots: &'static str,
}

impl FromStr for ObjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() <= MAX_NAME && text.split('.').all(is_label) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError {
            what: "the name of a Secret",
            most: MAX_NAME,
            dots: " in parts with dots between them",
        })
    }
}

impl FromStr for Namespace {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() <= MAX_LABEL && is_label(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError {
            what: "a namespace",
            most: MAX_LABEL,
            dots: "",
        })
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(text: &str) -> bool {
    let of_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(of_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_kubernetes_takes() {
        let longest = "a".repeat(MAX_NAME);
        for name in ["a", "regcred", "1", "a-b.c-d.e", "1e3", "true", &longest] {
            assert!(name.parse::<ObjectName>().is_ok(), "{name}");
        }
        let too_long = "a".repeat(MAX_NAME + 1);
        for name in [
            "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "A", "a_b", "a b", "a\nb", "\u{e4}", "a\"b", &too_long,
        ] {
            assert!(name.parse::<ObjectName>().is_err(), "{name:?}");
        }
        assert!("a".repeat(MAX_LABEL).parse::<Namespace>().is_ok());
        for name in ["a.b", "", "A", &"a".repeat(MAX_LABEL + 1)] {
            assert!(name.parse::<Namespace>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_cloud_helpers_give_does_not_last() {
        let helper = |program: &str| Origin::Helper {
            program: program.to_owned(),
            file: "config.json".into(),
            key: "x".to_owned(),
        };
        assert!(is_short_lived(&helper("docker-credential-ecr-login")));
        assert!(!is_short_lived(&helper("docker-credential-pass")));
        assert!(!is_short_lived(&Origin::Variable { key: "x".to_owned() }));
    }
}
