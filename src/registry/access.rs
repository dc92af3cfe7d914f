//! What a registry lets the user do with a repository, and on what grounds. Only for being shown: nothing else decides by
//! what is read here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde::Deserialize;

use crate::credentials::Lookup;
use crate::reference::TagOrDigest;
use crate::registry::Repository;
use crate::registry::auth::Method as Wish;
use crate::registry::client::Call;
use crate::registry::error::redacted;
use crate::registry::scope::Scope;
use crate::registry::token::Token;
use crate::store::{Error, ErrorKind};

/// How the user stands with a repository.
#[derive(Debug)]
pub struct Access {
    /// Which login it is, and where was looked.
    pub login: Lookup,
    /// Was the login refused, so that the request went on without it?
    pub refused: bool,
    /// How the registry wants to be answered.
    pub wanted: Wanted,
    /// The scopes that a token was asked for; none where there was no token.
    pub asked: Vec<String>,
    /// What the token is good for.
    pub granted: Granted,
    /// Whether the request was accepted.
    pub outcome: Result<(), Error>,
}

/// How a registry wants to be answered
/// ([token authentication](https://distribution.github.io/distribution/spec/auth/token/)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It was not reached.
    Unheard,
    /// It asked for nothing.
    Nothing,
    /// User name and password.
    Password,
    /// A token.
    Token {
        /// Where tokens come from.
        server: String,
        /// What the token server calls the registry.
        service: Option<String>,
    },
}

/// What a token is good for, as scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// Nobody says.
    Unsaid,
    /// The token server says it in its answer.
    Told(Vec<String>),
    /// The token says it itself; its signature is the registry's to check.
    Claimed(Vec<String>),
}

impl Granted {
    /// The scopes, where they are said.
    #[must_use]
    pub fn scopes(&self) -> Option<&[String]> {
        match self {
            Self::Unsaid => None,
            Self::Told(scopes) | Self::Claimed(scopes) => Some(scopes),
        }
    }

    fn of(token: &Token) -> Self {
        let told = token
            .scope
            .as_deref()
            .map(|scopes| scopes.split_whitespace().map(str::to_owned).collect());
        let claimed = || claims(token.secret.expose()).map(Self::Claimed);
        told.map(Self::Told).or_else(claimed).unwrap_or(Self::Unsaid)
    }

    /// Is it said, and without the right to do this?
    fn lacks(&self, path: &str, action: &str) -> bool {
        let allows = |scope: &String| {
            let rights = scope.strip_prefix("repository:").and_then(|rest| rest.rsplit_once(':'));
            rights.is_some_and(|(name, actions)| name == path && actions.split(',').any(|own| own == action || own == "*"))
        };
        self.scopes().is_some_and(|scopes| !scopes.iter().any(allows))
    }
}

impl Repository {
    /// Finds out how the user stands: a read asks for the manifest, a push only for a token that would allow it.
    ///
    /// # Errors
    /// The logins cannot be read. That access is denied, or the image not there, is an outcome.
    pub async fn access(&self, at: &TagOrDigest, push: bool) -> Result<Access, Error> {
        let scope = if push {
            Scope::push(&self.name)
        } else {
            Scope::pull(&self.name)
        };
        let outcome = if push {
            self.ask_to_push(&scope).await
        } else {
            self.without_mirrors().digest(at).await.map(drop)
        };
        let auth = self.client.auth();
        let (login, refused) = auth.identities().lookup(&scope).await?;
        let wanted = match (&outcome, wanted(auth.method())) {
            (Err(error), Wanted::Nothing) if error.kind() == ErrorKind::Unreachable => Wanted::Unheard,
            (_, wanted) => wanted,
        };
        let tokens = matches!(wanted, Wanted::Token { .. });
        let granted = auth.token(&scope).await.map_or(Granted::Unsaid, |token| Granted::of(&token));
        let outcome = outcome.and_then(|()| self.check_push(push, &granted));
        Ok(Access {
            login,
            refused: refused && !push,
            wanted,
            asked: scope.iter().filter(|_| tokens).map(str::to_owned).collect(),
            granted,
            outcome,
        })
    }

    /// The registry's front door, with the rights of a push.
    async fn ask_to_push(&self, scope: &Scope) -> Result<(), Error> {
        self.client.ask(&Call::new(Method::GET, "/v2/"), scope).await.map(drop)
    }

    fn check_push(&self, push: bool, granted: &Granted) -> Result<(), Error> {
        if push && granted.lacks(self.name.path(), "push") {
            let text = format!("the token does not allow a push to {}", self.name);
            return Err(Error::new(ErrorKind::Denied, anyhow::anyhow!(text)));
        }
        Ok(())
    }
}

fn wanted(method: Option<Wish>) -> Wanted {
    match method {
        None => Wanted::Nothing,
        Some(Wish::Basic) => Wanted::Password,
        Some(Wish::Token(server)) => Wanted::Token {
            server: redacted(&server.realm),
            service: server.service,
        },
    }
}

/// The claims of a registry's token
/// ([JWT](https://distribution.github.io/distribution/spec/auth/jwt/#getting-a-bearer-token)).
#[derive(Deserialize)]
struct Claims {
    access: Vec<Claim>,
}

#[derive(Deserialize)]
struct Claim {
    r#type: String,
    name: String,
    actions: Vec<String>,
}

/// What a token says it allows, if it can be read.
fn claims(token: &str) -> Option<Vec<String>> {
    let mut parts = token.split('.');
    let body = parts.nth(1).filter(|_| parts.count() == 1)?;
    let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
    let claims: Claims = serde_json::from_slice(&bytes).ok()?;
    let scope = |claim: Claim| format!("{}:{}:{}", claim.r#type, claim.name, claim.actions.join(","));
    Some(claims.access.into_iter().map(scope).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_can_be_read_says_what_it_allows() {
        let token = |body: &str| format!("head.{}.sign", URL_SAFE_NO_PAD.encode(body));
        let access = r#"{"access": [{"type": "repository", "name": "a/b", "actions": ["pull", "push"]}]}"#;
        assert_eq!(claims(&token(access)), Some(vec!["repository:a/b:pull,push".to_owned()]));
        assert_eq!(claims(&token(r#"{"access": []}"#)), Some(vec![]));
        for opaque in ["opaque.1~+/=", "a.b.c", "a", &token("{}"), &token(r#"{"access": 1}"#)] {
            assert_eq!(claims(opaque), None, "{opaque}");
        }
    }

    #[test]
    fn a_right_is_lacking_only_where_something_is_said() {
        let told = |scopes: &[&str]| Granted::Told(scopes.iter().map(ToString::to_string).collect());
        for (granted, lacks) in [
            (Granted::Unsaid, false),
            (told(&["repository:a/b:pull,push"]), false),
            (told(&["repository:a/b:*"]), false),
            (told(&["repository:a/b:pull", "repository:c:push"]), true),
            (told(&[]), true),
        ] {
            assert_eq!(granted.lacks("a/b", "push"), lacks, "{granted:?}");
        }
    }
}
