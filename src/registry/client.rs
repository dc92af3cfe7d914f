//! One exchange with a registry: authorize, send, follow redirects, try again, tell why not.
//!
//! The only code that sends requests to a registry. Redirects are followed here and not by the HTTP library, because
//! credentials must stay with scheme, host and port.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use crate::backoff;
use crate::reference::RegistryName;
use crate::registry::answer::{Answer, Document};
use crate::registry::auth::{Auth, Remedy};
use crate::registry::endpoint::{Endpoint, Scheme};
use crate::registry::error::NoAnswer;
use crate::registry::outgoing::Outgoing;
use crate::registry::redirect::next_hop;
use crate::registry::retry;
use crate::registry::scope::Scope;
use crate::registry::{Notices, Redirected};
use crate::store::{Body, Error, ErrorKind};

/// How many redirects one request may take.
const MAX_HOPS: usize = 5;
/// How long a registry may take to answer a request.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long an upload may stand still.
const UPLOAD_SILENCE: Duration = Duration::from_mins(1);
/// How long a registry may take to answer after the last byte of an upload, which it may have to hash and move.
const UPLOAD_PATIENCE: Duration = Duration::from_mins(10);

/// A request that can be sent again as often as need be.
#[derive(Clone)]
pub(super) struct Call {
    method: Method,
    target: Target,
    headers: HeaderMap,
    payload: Option<Bytes>,
}

#[derive(Clone)]
enum Target {
    /// A path and query of the registry.
    Path(String),
    /// Where the registry sent us.
    Url(Url),
}

impl Call {
    /// A request for a path of the registry, which begins with `/v2/`.
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self::to(method, Target::Path(path.into()))
    }

    /// A request for a URL the registry gave.
    pub(super) fn at(method: Method, url: Url) -> Self {
        Self::to(method, Target::Url(url))
    }

    fn to(method: Method, target: Target) -> Self {
        Self {
            method,
            target,
            headers: HeaderMap::new(),
            payload: None,
        }
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(super) fn payload(mut self, bytes: Bytes) -> Self {
        self.payload = Some(bytes);
        self
    }
}

/// One registry's connection: its address, its credentials, its mood.
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    auth: Auth,
    notices: Notices,
    /// Has the host ever answered? One that has is waited for longer.
    answered: AtomicBool,
    /// Until when every worker holds still, because the registry asked one of them to.
    paused: Mutex<Option<Instant>>,
}

impl Client {
    pub(super) fn new(http: reqwest::Client, name: RegistryName, auth: Auth, notices: Notices) -> Self {
        Self {
            http,
            endpoint: Endpoint::new(name),
            auth,
            notices,
            answered: AtomicBool::new(false),
            paused: Mutex::new(None),
        }
    }

    pub(super) fn name(&self) -> &RegistryName {
        self.endpoint.name()
    }

    /// Is a URL at the registry itself, and not where a redirect led?
    pub(super) fn is_home_of(&self, url: &Url) -> bool {
        self.endpoint.is_home_of(url)
    }

    pub(super) fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Sends a call with the rights of `scope`, as often as its failures are transient. Any other status is an answer.
    pub(super) async fn send(&self, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        let mut tries = 1;
        loop {
            self.hold_still().await;
            let mut outcome = self.authorized(call, scope).await;
            if let Ok(answer) = &mut outcome
                && answer.is_final().await
            {
                return outcome;
            }
            let Some(wait) = self.wait_after(&outcome, tries) else {
                return outcome;
            };
            self.announce(outcome, wait).await;
            self.pause_all(wait);
            tries += 1;
        }
    }

    /// Sends a call of which nothing but success is wanted.
    pub(super) async fn ask(&self, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        self.send(call, scope).await?.success().await
    }

    /// The whole body of a call's success, read again from the start where it breaks off.
    pub(super) async fn read(&self, call: &Call, scope: &Scope, limit: u64) -> Result<Document, Error> {
        let mut tries = 1;
        loop {
            match self.ask(call, scope).await?.document(limit).await {
                Err(error) if error.kind() == ErrorKind::Interrupted && tries < retry::TRIES => {
                    tokio::time::sleep(backoff::after(tries)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends a body once. Whatever breaks on the way is [`ErrorKind::Interrupted`]: only who owns the body can begin anew.
    pub(super) async fn upload(&self, call: Call, scope: &Scope, body: Body, size: u64) -> Result<Answer, Error> {
        self.hold_still().await;
        let url = self.url_of(&call)?;
        let authorization = self.authorization_for(&url, scope, time_for(size)).await?;
        let body = Outgoing::new(body, size);
        let meter = body.meter();
        let mut request = self.request(&call, url.clone(), authorization.as_ref());
        if size == 0 {
            // The library leaves the length of an empty body out.
            request = request.header(CONTENT_LENGTH, 0);
        }
        let request = request.body(reqwest::Body::wrap(body));
        tokio::select! {
            sent = request.send() => match sent {
                Ok(response) => self.upload_answer(Answer::new(call.method, response), authorization).await,
                Err(error) => Err(broken_upload(call.method, &url, &error)),
            },
            limit = meter.stalled(UPLOAD_SILENCE, UPLOAD_PATIENCE) => {
                Err(Error::interrupted(NoAnswer::silence(call.method, &url, limit)))
            }
        }
    }

    /// An upload that met a passing refusal can begin anew: the token ran out, the session was lost, the server is busy.
    async fn upload_answer(&self, mut answer: Answer, used: Option<HeaderValue>) -> Result<Answer, Error> {
        let status = answer.status();
        if status.is_redirection() {
            let location = answer.header(LOCATION).unwrap_or("nowhere").to_owned();
            return Err(Error::other(Redirected::upload(answer.url(), &location)));
        }
        let lost = matches!(status, StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE);
        if status == StatusCode::UNAUTHORIZED {
            // The next try, if there is one, asks for a new token.
            self.auth.forget(used.as_ref()).await;
            return Ok(answer);
        }
        if answer.is_final().await || (!lost && !retry::is_transient(status)) {
            return Ok(answer);
        }
        if let Some(wait) = retry::asked_wait(answer.headers(), Timestamp::now()).filter(|wait| *wait <= retry::LONGEST_WAIT) {
            self.pause_all(wait);
        }
        Err(Error::interrupted(answer.failure().await))
    }

    /// One try, with a second one where the first lacked the right token, and one more where a stored login was refused.
    async fn authorized(&self, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        let (mut answer, mut used) = self.introduced(call, scope).await?;
        while self.is_unauthorized(&answer) {
            match self.auth.remedy(scope, used.as_ref()).await? {
                Remedy::Again(header) => used = header,
                Remedy::Blame(text) => return Err(Error::from(answer.failure().await).context(text)),
                Remedy::None => break,
            }
            answer = self.follow(call, self.url_of(call)?, used.as_ref()).await?;
        }
        Ok(answer)
    }

    /// Sends a call as it is known to be wanted, and once more as the registry then asks for it. Also says with what.
    async fn introduced(&self, call: &Call, scope: &Scope) -> Result<(Answer, Option<HeaderValue>), Error> {
        let url = self.url_of(call)?;
        let used = self.authorization_for(&url, scope, Duration::ZERO).await?;
        let answer = self.first_contact(call, url, used.as_ref()).await?;
        let base = self.challenge_at_base(&answer).await?;
        let refusal = base.as_ref().unwrap_or(&answer);
        if !self.is_unauthorized(refusal) {
            return Ok((answer, used));
        }
        match self.auth.answer(&self.http, refusal, scope, used.as_ref()).await? {
            None => Ok((answer, used)),
            Some(header) => Ok((self.follow(call, self.url_of(call)?, Some(&header)).await?, Some(header))),
        }
    }

    /// What the base of the API answers, where a refusal does not say what is wanted and nothing was wanted before:
    /// gcr.io tells it there alone.
    async fn challenge_at_base(&self, refusal: &Answer) -> Result<Option<Answer>, Error> {
        let mute = matches!(refusal.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && !refusal.headers().contains_key(WWW_AUTHENTICATE);
        if !mute || self.auth.was_challenged() || !self.endpoint.is_home_of(refusal.url()) {
            return Ok(None);
        }
        let base = Call::new(Method::GET, "/v2/");
        self.follow(&base, self.url_of(&base)?, None).await.map(Some)
    }

    /// A storage host that a redirect led to may say 401 too; its challenge is none of ours.
    fn is_unauthorized(&self, answer: &Answer) -> bool {
        answer.status() == StatusCode::UNAUTHORIZED && self.endpoint.is_home_of(answer.url())
    }

    async fn authorization_for(&self, url: &Url, scope: &Scope, needed: Duration) -> Result<Option<HeaderValue>, Error> {
        if !self.endpoint.is_home_of(url) {
            return Ok(None);
        }
        self.auth.header(&self.http, scope, needed).await
    }

    fn url_of(&self, call: &Call) -> Result<Url, Error> {
        match &call.target {
            Target::Path(path) => self.endpoint.url(path),
            Target::Url(url) => Ok(url.clone()),
        }
    }

    /// Sends a call; the first one to a loopback registry finds out whether it speaks TLS.
    async fn first_contact(&self, call: &Call, url: Url, authorization: Option<&HeaderValue>) -> Result<Answer, Error> {
        let outcome = self.follow(call, url, authorization).await;
        if self.endpoint.scheme().is_some() {
            return outcome;
        }
        match outcome {
            Ok(mut answer) => {
                if !answer.wants_tls().await {
                    self.endpoint.settle(Scheme::Http);
                    return Ok(answer);
                }
            }
            // Nothing listens there: no scheme would help.
            Err(error) if self.name().port().is_some() && is_refused(&error) => return Err(error),
            // It did answer, and sent us somewhere that failed: it speaks plain HTTP.
            Err(error) if self.answered.load(Ordering::Relaxed) => {
                self.endpoint.settle(Scheme::Http);
                return Err(error);
            }
            Err(_) => {}
        }
        self.endpoint.settle(Scheme::Https);
        self.follow(call, self.url_of(call)?, None).await
    }

    /// Sends a call and follows redirects, with the authorization only where it belongs.
    async fn follow(&self, call: &Call, mut url: Url, authorization: Option<&HeaderValue>) -> Result<Answer, Error> {
        for _ in 0..=MAX_HOPS {
            let at_home = self.endpoint.is_home_of(&url);
            let request = with_payload(self.request(call, url.clone(), authorization.filter(|_| at_home)), call);
            let answer = self.exchange(call, &url, request).await?;
            match next_hop(&call.method, &answer)? {
                None => return Ok(answer),
                Some(next) => url = next,
            }
        }
        Err(Error::other(Redirected::too_often(&url, MAX_HOPS)))
    }

    fn request(&self, call: &Call, url: Url, authorization: Option<&HeaderValue>) -> RequestBuilder {
        let request = self.http.request(call.method.clone(), url).headers(call.headers.clone());
        match authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    async fn exchange(&self, call: &Call, url: &Url, request: RequestBuilder) -> Result<Answer, Error> {
        match tokio::time::timeout(PATIENCE, request.send()).await {
            Ok(Ok(response)) => {
                self.answered.store(true, Ordering::Relaxed);
                Ok(Answer::new(call.method.clone(), response))
            }
            Ok(Err(error)) => Err(Error::new(
                ErrorKind::Unreachable,
                NoAnswer::new(call.method.clone(), url, &error),
            )),
            Err(_) => Err(Error::new(
                ErrorKind::Unreachable,
                NoAnswer::silence(call.method.clone(), url, PATIENCE),
            )),
        }
    }

    /// How long to wait before the next try; `None` where there is to be none.
    fn wait_after(&self, outcome: &Result<Answer, Error>, tries: u32) -> Option<Duration> {
        let answered = self.answered.load(Ordering::Relaxed);
        if tries >= if answered { retry::TRIES } else { retry::FIRST_TRIES } {
            return None;
        }
        match outcome {
            Ok(answer) if retry::is_transient(answer.status()) => {
                let asked = retry::asked_wait(answer.headers(), Timestamp::now());
                Some(asked.unwrap_or_else(|| backoff::after(tries))).filter(|wait| *wait <= retry::LONGEST_WAIT)
            }
            Err(error) if error.kind() == ErrorKind::Unreachable => Some(backoff::after(tries)),
            _ => None,
        }
    }

    async fn announce(&self, outcome: Result<Answer, Error>, wait: Duration) {
        if wait < Duration::from_secs(1) {
            return;
        }
        let reason = match outcome {
            Ok(answer) => answer.failure().await.to_string(),
            Err(error) => error.to_string(),
        };
        self.notices.tell(&format!("{reason}; trying again in {} s", wait.as_secs()));
    }

    /// A registry that asks one worker to wait means all of them.
    fn pause_all(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        *paused = paused.map_or(Some(until), |before| Some(before.max(until)));
    }

    async fn hold_still(&self) {
        let until = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }
}

/// How long a token should last for an upload of this size: half a minute, and more for what takes longer at 4 MB/s.
fn time_for(size: u64) -> Duration {
    Duration::from_secs((size / 4_000_000).max(30))
}

/// The library sends no length without a body, and some proxies answer a POST without one with 411.
fn with_payload(request: RequestBuilder, call: &Call) -> RequestBuilder {
    match &call.payload {
        Some(payload) => request.body(payload.clone()),
        None if matches!(call.method, Method::POST | Method::PUT) => request.header(CONTENT_LENGTH, 0),
        None => request,
    }
}

/// An upload breaks because the connection did, or because its source did; the source's own error says more.
fn broken_upload(method: Method, url: &Url, error: &reqwest::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(ours) = inner.downcast_ref::<Error>() {
            return Error::new(ours.kind(), anyhow::anyhow!("{ours}"));
        }
        cause = inner.source();
    }
    Error::interrupted(NoAnswer::new(method, url, error))
}

fn is_refused(error: &Error) -> bool {
    error.cause().to_string().contains("refused")
}
