//! Tokens: asking the token server a registry names, and reading its answer
//! ([token authentication](https://distribution.github.io/distribution/spec/auth/token/)).

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;

use crate::backoff;
use crate::credentials::Credential;
use crate::registry::answer::Answer;
use crate::registry::auth::basic;
use crate::registry::error::redacted;
use crate::registry::http::Wire;
use crate::registry::locality::leads_inside;
use crate::registry::no_answer::NoAnswer;
use crate::registry::retry;
use crate::registry::scope::Scope;
use crate::registry::whom::Whom;
use crate::secret::Secret;
use crate::store::{Error, ErrorKind};

/// The largest answer of a token server that is read, in bytes.
const MAX_ANSWER: u64 = 1 << 20;
/// How long a token lives whose server does not say.
const DEFAULT_LIFE: Duration = Duration::from_mins(1);
/// How long a token server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The user under whom Azure's logins keep a refresh token
/// ([Azure](https://learn.microsoft.com/azure/container-registry/container-registry-authentication)).
const AZURE_USER: &str = "00000000-0000-0000-0000-000000000000";
/// What token servers may log as the program that asks.
const CLIENT: &str = "lugger";

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenServer {
    pub(super) realm: Url,
    pub(super) service: Option<String>,
}

/// A token and how long it may be used.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    /// What the token server says it allows.
    pub(super) scope: Option<String>,
    /// The refresh token to use from now on, where the server has given a new one.
    pub(super) refresh: Option<Secret>,
    received: Instant,
    expires: Instant,
}

impl Token {
    /// Can it be used for so long? One that was just bought is used anyhow: a new one would last no longer.
    pub(super) fn lasts(&self, needed: Duration) -> bool {
        let life = self.expires.saturating_duration_since(self.received);
        let is_new = self.received.elapsed() < tenth(life);
        self.expires.saturating_duration_since(Instant::now()) > needed || is_new
    }
}

#[derive(Deserialize)]
struct Reply {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<i64>,
    refresh_token: Option<String>,
    /// A text, where the server says it; nothing but what is shown depends on it.
    #[serde(default)]
    scope: serde_json::Value,
}

impl TokenServer {
    /// Reads the realm of a challenge, relative to where the challenge came from, and refuses one that credentials must
    /// not go to: plain HTTP for an HTTPS registry, or an address inside this machine or network that is not the
    /// registry's own.
    pub(super) fn new(realm: &str, service: Option<String>, asked: &Url) -> Result<Self, Error> {
        let refuse = |told: String| Err(Error::new(ErrorKind::Denied, anyhow::anyhow!(told)));
        let Ok(url) = asked.join(realm) else {
            // Not shown: there is no telling where in it a password would be.
            return refuse("the registry names a token server by what is no URL".to_owned());
        };
        let refuse = |reason| refuse(format!("the registry names the token server `{}`, {reason}", redacted(&url)));
        let secure = url.scheme() == "https" || (url.scheme() == "http" && asked.scheme() == "http");
        if !secure {
            return refuse("where a password could be read on the way");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("which has a user in it");
        }
        if leads_inside(asked, &url) {
            return refuse("an address inside this machine or network");
        }
        Ok(Self { realm: url, service })
    }

    /// Fetches a token. Without a credential the token is anonymous.
    pub(super) async fn fetch(
        &self,
        http: &Wire,
        scope: &Scope,
        credential: Option<&Credential>,
        whom: Whom,
    ) -> Result<Token, Error> {
        let mut tries = 1;
        loop {
            let outcome = self.ask(http, scope, credential).await;
            let transient = match &outcome {
                Ok(answer) => retry::is_transient(answer.status()),
                Err(_) => true,
            };
            if !transient || tries >= retry::FIRST_TRIES {
                return read(outcome?, whom).await;
            }
            tokio::time::sleep(backoff::after(tries)).await;
            tries = tries.saturating_add(1);
        }
    }

    async fn ask(&self, http: &Wire, scope: &Scope, credential: Option<&Credential>) -> Result<Answer, Error> {
        let password = credential.and_then(basic);
        if let Some(refresh) = credential.and_then(refresh_token) {
            let answer = self.exchange(Method::POST, self.purchase(http, scope, refresh)?).await?;
            // Servers that know no POST say so in these ways; a password can be shown by GET instead.
            if password.is_none() || !matches!(answer.status().as_u16(), 400 | 401 | 404 | 405) {
                return Ok(answer);
            }
        }
        let request = http.request(Method::GET, self.question(scope, credential))?;
        let request = match password {
            Some(header) => request.header(AUTHORIZATION, header),
            None => request,
        };
        self.exchange(Method::GET, request).await
    }

    async fn exchange(&self, method: Method, request: RequestBuilder) -> Result<Answer, Error> {
        let unanswered = match tokio::time::timeout(PATIENCE, request.send()).await {
            Ok(Ok(response)) => return Ok(Answer::new(method, response, PATIENCE)),
            Ok(Err(error)) => NoAnswer::new(method, &self.realm, &error),
            Err(_) => NoAnswer::silence(method, &self.realm, PATIENCE),
        };
        Err(Error::new(ErrorKind::Unreachable, unanswered))
    }

    /// Buys a token with an identity token, which only goes by POST
    /// ([OAuth2](https://distribution.github.io/distribution/spec/auth/oauth/)).
    fn purchase(&self, http: &Wire, scope: &Scope, refresh: &Secret) -> Result<RequestBuilder, Error> {
        // A URL is what can encode a form.
        let mut form = self.realm.clone();
        form.set_query(None);
        form.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT)
            .append_pair("service", self.service.as_deref().unwrap_or_default())
            .append_pair("scope", &scope.to_string())
            .append_pair("refresh_token", refresh.expose());
        let body = form.query().unwrap_or_default().to_owned();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = http.request(Method::POST, self.realm.clone())?;
        Ok(request.header(CONTENT_TYPE, form_type).body(body))
    }

    /// The realm with its own query, and ours behind it: one `scope` each, since servers do not split them.
    fn question(&self, scope: &Scope, credential: Option<&Credential>) -> Url {
        let mut url = self.realm.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", CLIENT);
        if let Some(service) = &self.service {
            query.append_pair("service", service);
        }
        for scope in scope.iter() {
            query.append_pair("scope", scope);
        }
        if let Some(Credential::Password { username, .. }) = credential {
            query.append_pair("account", username);
        }
        drop(query);
        url
    }
}

/// The refresh token in a credential: an identity token, or the password of Azure's user that has no name.
pub(super) fn refresh_token(credential: &Credential) -> Option<&Secret> {
    match credential {
        Credential::IdentityToken(token) => Some(token),
        Credential::Password { username, password } if username == AZURE_USER => Some(password),
        Credential::Password { .. } | Credential::RegistryToken(_) => None,
    }
}

async fn read(mut answer: Answer, whom: Whom) -> Result<Token, Error> {
    if answer.status().is_redirection() {
        let text = format!(
            "the token server {} redirects, and credentials are not sent on",
            redacted(answer.url())
        );
        return Err(Error::new(ErrorKind::Denied, anyhow::anyhow!(text)));
    }
    if answer.status() != StatusCode::OK {
        answer.was_asked_by(whom);
        let failure = answer.failure().await;
        let kind = match failure.kind() {
            // Whatever way a token server says no, it is the login that it has not taken.
            ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Other => ErrorKind::Denied,
            kind => kind,
        };
        return Err(Error::new(kind, failure));
    }
    let host = answer.url().host_str().unwrap_or_default().to_owned();
    let body = answer.bytes(MAX_ANSWER).await?;
    parse(&body, Instant::now()).map_err(|error| Error::other(error).context(format!("the token server {host} answered oddly")))
}

/// Reads the answer. Its life is counted from its receipt: clocks differ, and `issued_at` may be anything.
pub(super) fn parse(body: &[u8], received: Instant) -> anyhow::Result<Token> {
    // The parser's own message could show a part of the token.
    let reply: Reply = serde_json::from_slice(body).map_err(|_| anyhow::anyhow!("its answer is not the JSON of a token"))?;
    let text = reply
        .access_token
        .filter(|token| !token.is_empty())
        .or(reply.token)
        .unwrap_or_default();
    anyhow::ensure!(
        HeaderValue::from_str(&text).is_ok() && !text.is_empty(),
        "there is no token in its answer"
    );
    let life = match reply.expires_in {
        Some(seconds) if seconds > 0 => Duration::from_secs(seconds.unsigned_abs().min(86_400)),
        _ => DEFAULT_LIFE,
    };
    // A token is not used to its last second: the request has a way to go.
    let used = life.saturating_sub(tenth(life).min(Duration::from_secs(5)));
    Ok(Token {
        secret: Secret::new(text),
        refresh: reply.refresh_token.filter(|token| !token.is_empty()).map(Secret::new),
        scope: reply.scope.as_str().map(str::to_owned),
        received,
        expires: received.checked_add(used).unwrap_or(received),
    })
}

fn tenth(time: Duration) -> Duration {
    time.checked_div(10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(realm: &str, asked: &str) -> Result<TokenServer, Error> {
        TokenServer::new(realm, Some("reg".to_owned()), &Url::parse(asked).unwrap())
    }

    #[test]
    fn a_realm_is_where_credentials_may_go() {
        let home = "https://reg.example/v2/";
        for realm in [
            "https://auth.example/token",
            "/token",
            "https://reg.example:8443/t",
            "//auth.example/t",
        ] {
            assert!(server(realm, home).is_ok(), "{realm}");
        }
        for realm in [
            "http://auth.example/token",
            "file:///etc/passwd",
            "gopher://x",
            "https://u:p@auth.example/t",
            "https://169.254.169.254/latest",
            "https://127.0.0.1/t",
            "https://10.0.0.1/t",
            "https://[::1]/t",
            "https://localhost/t",
            "https://[fe80::1]/t",
        ] {
            assert_eq!(
                server(realm, home).err().map(|error| error.kind()),
                Some(ErrorKind::Denied),
                "{realm}"
            );
        }
        for realm in ["https://u:top-canary@auth.example/t", "https://u:top-canary@:port/"] {
            let told = format!("{:#}", server(realm, home).err().unwrap());
            assert!(told.contains("token server") && !told.contains("canary"), "{told}");
        }
        assert!(server("http://127.0.0.1:9/t", "http://127.0.0.1:5000/v2/").is_ok());
        assert!(server("https://10.0.0.1:9/t", "https://10.0.0.1/v2/").is_ok());
    }

    #[test]
    fn a_question_keeps_the_realms_own_query() {
        let server = server("https://a.example/t?x=y", "https://reg.example/").unwrap();
        let credential = Credential::Password {
            username: "bob".to_owned(),
            password: Secret::new("p"),
        };
        let scope = Scope::of(vec!["repository:a/b:pull,push".to_owned(), "repository:c:pull".to_owned()]);
        let url = server.question(&scope, Some(&credential));
        assert_eq!(
            url.as_str(),
            "https://a.example/t?x=y&client_id=lugger&service=reg&scope=repository%3Aa%2Fb%3Apull%2Cpush\
             &scope=repository%3Ac%3Apull&account=bob"
        );
    }

    #[test]
    fn a_token_is_read_from_either_field() {
        let now = Instant::now();
        let token =
            |body: &str| parse(body.as_bytes(), now).map(|token| (token.secret.expose().to_owned(), token.expires - now));
        let life = Duration::from_secs;
        assert_eq!(token(r#"{"token":"a"}"#).unwrap(), ("a".to_owned(), life(55)));
        assert_eq!(
            token(r#"{"token":"a","access_token":"b","expires_in":300}"#).unwrap(),
            ("b".to_owned(), life(295))
        );
        assert_eq!(token(r#"{"access_token":"b","expires_in":-1}"#).unwrap().1, life(55));
        assert_eq!(
            token(r#"{"token":"a","expires_in":0,"issued_at":"3000-01-01T00:00:00Z"}"#)
                .unwrap()
                .1,
            life(55)
        );
        assert_eq!(
            token(r#"{"token":"a","expires_in":5}"#).unwrap().1,
            Duration::from_millis(4500)
        );
        for body in ["{}", r#"{"token":""}"#, "secret-token", r#"{"token":"a\nb"}"#, "[]"] {
            let error = token(body).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
