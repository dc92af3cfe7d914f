//! Answering challenges: how a registry is shown a login, and the tokens bought with it. Whose login it is, is for
//! `identity` to say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
use tokio::sync::Mutex as AsyncMutex;

use crate::credentials::Credential;
use crate::registry::answer::Answer;
use crate::registry::challenge::Challenge;
use crate::registry::error::Failure;
use crate::registry::http::Wire;
use crate::registry::identity::{Identities, Instead};
use crate::registry::scope::Scope;
use crate::registry::token::{Token, TokenServer, refresh_token};
use crate::registry::whom::RefusedLogin;
use crate::secret::Secret;
use crate::store::Error;

/// What one registry wants, and what it was given.
pub(super) struct Auth {
    identities: Identities,
    method: Mutex<Option<Method>>,
    tokens: Mutex<HashMap<Ticket, TokenCell>>,
    /// Refresh tokens that were given in place of stored ones, which then may be worth nothing any more.
    rotated: Mutex<Vec<Rotated>>,
}

/// A stored refresh token, and the one that took its place.
struct Rotated {
    stored: Credential,
    newest: Secret,
}

/// What a token is kept under: the repository whose login bought it, and what it is for. A scope that a registry named
/// itself may be that of another repository, with another login.
type Ticket = (Option<String>, Scope);

/// Held while a token is fetched, so that twenty layers make one request.
type TokenCell = Arc<AsyncMutex<Option<Token>>>;

/// How the registry wants to be answered, once it has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Basic,
    Token(TokenServer),
}

/// What may help a request that was answered with 401.
pub(super) enum Remedy {
    /// To send it again, with this header or none.
    Again(Option<HeaderValue>),
    /// Nothing, but to say which stored login was refused.
    Blame(RefusedLogin),
    /// Nothing.
    None,
}

impl Auth {
    /// Looks a credential up when the registry first asks for one.
    pub(super) fn new(identities: Identities) -> Self {
        Self {
            identities,
            method: Mutex::new(None),
            tokens: Mutex::default(),
            rotated: Mutex::default(),
        }
    }

    /// Who is meant by whom a request is for.
    pub(super) fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Has the registry asked for anything?
    pub(super) fn was_challenged(&self) -> bool {
        self.method().is_some()
    }

    /// The header for a request, as far as the registry has said what it wants. A token is one that lasts as long as
    /// `needed`: some registries look at it when the last byte of an upload has come.
    pub(super) async fn header(&self, http: &Wire, scope: &Scope, needed: Duration) -> Result<Option<HeaderValue>, Error> {
        match self.method() {
            None => Ok(None),
            Some(Method::Basic) => Ok(self.identities.credential(scope).await?.as_ref().and_then(basic)),
            Some(Method::Token(server)) => self.bearer(http, &server, scope, scope, needed).await.map(Some),
        }
    }

    /// The header that may change a 401 into an answer; `None` where nothing better is to be had than what was `used`.
    pub(super) async fn answer(
        &self,
        http: &Wire,
        refusal: &Answer,
        scope: &Scope,
        used: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Error> {
        let challenge = Challenge::choose(refusal.headers());
        let mut asked = scope.clone();
        match (challenge, self.method()) {
            // Harbor says Basic to whoever comes with a token that does not suffice.
            (Some(Challenge::Basic), Some(Method::Token(_))) if used.is_some() => {}
            (Some(Challenge::Basic), _) => self.use_method(Method::Basic),
            (Some(Challenge::Bearer { realm, service, scopes }), _) => {
                if scope.is_none() {
                    asked = Scope::of(scopes);
                }
                self.use_method(Method::Token(TokenServer::new(&realm, service, refusal.url())?));
            }
            (None, _) => {}
        }
        self.forget(used).await;
        let header = match self.method() {
            Some(Method::Token(server)) => Some(self.bearer(http, &server, scope, &asked, Duration::ZERO).await?),
            _ => self.header(http, scope, Duration::ZERO).await?,
        };
        Ok(header.filter(|header| Some(header) != used))
    }

    /// Remembers that the registry has taken the password itself.
    pub(super) fn accepted(&self, used: Option<&HeaderValue>, home: &Url) {
        if used.is_some() && self.method() == Some(Method::Basic) {
            self.identities.remember_home(home);
        }
    }

    /// Remembers what a login that succeeded has shown of where logins go.
    pub(super) fn remember_login(&self, http: &Wire, home: &Url) {
        match self.method() {
            None => self.identities.remember_unasked(home),
            Some(Method::Token(server)) if !http.is_home_of(&server.realm) => {}
            Some(_) => self.identities.remember_server(home),
        }
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

    /// After a 401 to what a stored login itself was sent with. A token that is refused says nothing of the login that
    /// bought it.
    pub(super) async fn remedy(&self, scope: &Scope, used: Option<&HeaderValue>) -> Result<Remedy, Error> {
        let Some(used) = used else { return Ok(Remedy::None) };
        let direct = self.method() == Some(Method::Basic)
            || matches!(self.identities.credential(scope).await?, Some(Credential::RegistryToken(_)));
        if !direct {
            return Ok(Remedy::None);
        }
        let was = |credential: &Credential| own_header(credential).as_ref() == Some(used);
        Ok(match self.identities.refused(scope, was).await? {
            Instead::Credential(other) => Remedy::Again(own_header(&other)),
            Instead::Nobody => Remedy::Again(None),
            Instead::Nothing(blame) => blame.map_or(Remedy::None, Remedy::Blame),
        })
    }

    /// A token for `asked`, bought with the login of whom `scope` is for.
    async fn bearer(
        &self,
        http: &Wire,
        server: &TokenServer,
        scope: &Scope,
        asked: &Scope,
        needed: Duration,
    ) -> Result<HeaderValue, Error> {
        let mut credential = self.identities.credential(scope).await?;
        let cell = self.cell(scope, asked);
        let mut held = cell.lock().await;
        loop {
            if let Some(Credential::RegistryToken(secret)) = &credential {
                return Ok(bearer_header(secret));
            }
            if let Some(token) = held.as_ref().filter(|token| token.lasts(needed)) {
                return Ok(bearer_header(&token.secret));
            }
            let newest = credential.as_ref().map(|credential| self.newest(credential));
            // To the registry itself a login may go in any case.
            let at_home = http.is_home_of(&server.realm);
            if newest.is_some() && !at_home {
                self.identities.check_server(&server.realm)?;
            }
            let whom = self.identities.whom(scope).await;
            match server.fetch(http, asked, newest.as_ref(), whom).await {
                Ok(token) => {
                    match newest {
                        Some(_) if at_home => self.identities.remember_home(&server.realm),
                        Some(_) => self.identities.remember_server(&server.realm),
                        None => {}
                    }
                    self.rotate(credential, token.refresh.clone());
                    return Ok(bearer_header(&held.insert(token).secret));
                }
                Err(error) => credential = self.instead(scope, credential, error).await?,
            }
        }
    }

    /// A credential with the refresh token that has taken the place of its own, if one has.
    fn newest(&self, stored: &Credential) -> Credential {
        let rotated = self.rotated.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = rotated.iter().find(|rotated| rotated.stored == *stored);
        newest.map_or_else(|| stored.clone(), |rotated| Credential::IdentityToken(rotated.newest.clone()))
    }

    /// Keeps the new refresh token for as long as the program runs; only a login writes one down.
    fn rotate(&self, stored: Option<Credential>, newest: Option<Secret>) {
        let (Some(stored), Some(newest)) = (stored.filter(|stored| refresh_token(stored).is_some()), newest) else {
            return;
        };
        let mut rotated = self.rotated.lock().unwrap_or_else(PoisonError::into_inner);
        rotated.retain(|rotated| rotated.stored != stored);
        rotated.push(Rotated { stored, newest });
    }

    /// Whom to ask for a token as, after the token server would not have `credential`; the error where that is all.
    async fn instead(&self, scope: &Scope, credential: Option<Credential>, error: Error) -> Result<Option<Credential>, Error> {
        let Some(credential) = credential.filter(|_| is_refusal(&error)) else {
            return Err(error);
        };
        match self.identities.refused(scope, |other| *other == credential).await? {
            Instead::Credential(other) => Ok(Some(other)),
            Instead::Nobody => Ok(None),
            Instead::Nothing(Some(blame)) => Err(error.context(blame)),
            Instead::Nothing(None) => Err(error),
        }
    }

    /// The token that is held for a scope.
    pub(super) async fn token(&self, scope: &Scope) -> Option<Token> {
        self.cell(scope, scope).lock().await.clone()
    }

    fn cell(&self, scope: &Scope, asked: &Scope) -> TokenCell {
        let ticket = (scope.repository().map(str::to_owned), asked.clone());
        Arc::clone(self.cells().entry(ticket).or_default())
    }

    /// How the registry wants to be answered, if it has said so.
    pub(super) fn method(&self) -> Option<Method> {
        self.method.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn use_method(&self, method: Method) {
        *self.method.lock().unwrap_or_else(PoisonError::into_inner) = Some(method);
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, HashMap<Ticket, TokenCell>> {
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

/// The header that shows a credential itself to the registry.
fn own_header(credential: &Credential) -> Option<HeaderValue> {
    match credential {
        Credential::RegistryToken(secret) => Some(bearer_header(secret)),
        credential => basic(credential),
    }
}

/// Is it the login that the token server would not have? Some say so with a 400, as OAuth has it
/// ([RFC 6749, 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
fn is_refusal(error: &Error) -> bool {
    error.cause().downcast_ref::<Failure>().is_some_and(|failure| {
        matches!(failure.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) || failure.has_code("invalid_grant")
    })
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
