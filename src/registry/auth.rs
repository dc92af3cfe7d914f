//! Answering challenges: which credentials a registry gets, and the tokens bought with them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use tokio::sync::{Mutex as AsyncMutex, OnceCell};

use crate::credentials::Credential;
use crate::credentials::CredentialError;
use crate::credentials::Credentials;
use crate::registry::Notices;
use crate::registry::answer::Answer;
use crate::registry::challenge::Challenge;
use crate::registry::endpoint::Endpoint;
use crate::registry::scope::Scope;
use crate::registry::token::{Token, TokenServer};
use crate::secret::Secret;
use crate::store::Error;

/// What one registry wants, and what it was given.
pub(super) struct Auth {
    credentials: Arc<Credentials>,
    notices: Notices,
    credential: OnceCell<Option<Credential>>,
    method: Mutex<Option<Method>>,
    tokens: Mutex<HashMap<Scope, TokenCell>>,
}

/// Held while a token is fetched, so that twenty layers make one request.
type TokenCell = Arc<AsyncMutex<Option<Token>>>;

/// How the registry wants to be answered, once it has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Method {
    Basic,
    Token(TokenServer),
}

impl Auth {
    /// Looks the credential up when the registry first asks for one.
    pub(super) fn new(credentials: Arc<Credentials>, notices: Notices) -> Self {
        Self::with(credentials, notices, OnceCell::new())
    }

    /// Uses a credential that is not stored, for a login.
    pub(super) fn trying(credential: Credential, credentials: Arc<Credentials>, notices: Notices) -> Self {
        Self::with(credentials, notices, OnceCell::new_with(Some(Some(credential))))
    }

    fn with(credentials: Arc<Credentials>, notices: Notices, credential: OnceCell<Option<Credential>>) -> Self {
        Self {
            credentials,
            notices,
            credential,
            method: Mutex::new(None),
            tokens: Mutex::default(),
        }
    }

    /// Has the registry asked for anything?
    pub(super) fn was_challenged(&self) -> bool {
        self.method().is_some()
    }

    /// The header for a request, as far as the registry has said what it wants.
    pub(super) async fn header(
        &self,
        http: &reqwest::Client,
        endpoint: &Endpoint,
        scope: &Scope,
    ) -> Result<Option<HeaderValue>, Error> {
        match self.method() {
            None => Ok(None),
            Some(Method::Basic) => Ok(self.credential(endpoint).await?.and_then(basic)),
            Some(Method::Token(server)) => self.bearer(http, endpoint, &server, scope).await.map(Some),
        }
    }

    /// The header that may change a 401 into an answer; `None` where nothing better is to be had than what was `used`.
    pub(super) async fn answer(
        &self,
        http: &reqwest::Client,
        endpoint: &Endpoint,
        refusal: &Answer,
        scope: &Scope,
        used: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Error> {
        let challenge = Challenge::choose(refusal.headers());
        let mut scope = scope.clone();
        match (challenge, self.method()) {
            // Harbor says Basic to whoever comes with a token that does not suffice.
            (Some(Challenge::Basic), Some(Method::Token(_))) if used.is_some() => {}
            (Some(Challenge::Basic), _) => self.use_method(Method::Basic),
            (Some(Challenge::Bearer { realm, service, scopes }), _) => {
                if scope.is_none() {
                    scope = Scope::of(scopes);
                }
                self.use_method(Method::Token(TokenServer::new(&realm, service, refusal.url())?));
            }
            (None, _) => {}
        }
        self.forget(used).await;
        let header = self.header(http, endpoint, &scope).await?;
        Ok(header.filter(|header| Some(header) != used))
    }

    /// Drops the token a registry refused.
    pub(super) async fn forget(&self, used: Option<&HeaderValue>) {
        let cells: Vec<TokenCell> = self.cells().values().cloned().collect();
        for cell in cells {
            let mut token = cell.lock().await;
            if token
                .as_ref()
                .is_some_and(|token| Some(&bearer_header(&token.secret)) == used)
            {
                *token = None;
            }
        }
    }

    async fn bearer(
        &self,
        http: &reqwest::Client,
        endpoint: &Endpoint,
        server: &TokenServer,
        scope: &Scope,
    ) -> Result<HeaderValue, Error> {
        let credential = self.credential(endpoint).await?;
        if let Some(Credential::RegistryToken(secret)) = credential {
            return Ok(bearer_header(secret));
        }
        let cell = Arc::clone(self.cells().entry(scope.clone()).or_default());
        let mut held = cell.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.is_fresh()) {
            return Ok(bearer_header(&token.secret));
        }
        let token = server.fetch(http, scope, credential).await?;
        Ok(bearer_header(&held.insert(token).secret))
    }

    /// The stored credential, looked up once. A helper that is not installed leaves the request anonymous: a public
    /// image needs no login.
    async fn credential(&self, endpoint: &Endpoint) -> Result<Option<&Credential>, Error> {
        let found = self.credential.get_or_try_init(|| async {
            match self.credentials.find(endpoint.name()).await {
                Ok(found) => Ok(found.map(|found| found.credential)),
                Err(error @ CredentialError::HelperMissing { .. }) => {
                    self.notices.tell(&format!("{error}; going on without a login"));
                    Ok(None)
                }
                Err(error) => Err(Error::other(error)),
            }
        });
        Ok(found.await?.as_ref())
    }

    fn method(&self) -> Option<Method> {
        self.method.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn use_method(&self, method: Method) {
        *self.method.lock().unwrap_or_else(PoisonError::into_inner) = Some(method);
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<Scope, TokenCell>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header of user name and password; `None` for a credential that is neither.
pub(super) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let Credential::Password { username, password } = credential else {
        return None;
    };
    let pair = Secret::new(format!("{username}:{}", password.expose()));
    sensitive(&format!("Basic {}", STANDARD.encode(pair.expose())))
}

fn bearer_header(token: &Secret) -> HeaderValue {
    // A token is checked when it is read; one from a config file that cannot be a header is as good as none.
    sensitive(&format!("Bearer {}", token.expose())).unwrap_or(HeaderValue::from_static("Bearer"))
}

/// A header value that the HTTP library does not show in logs.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
