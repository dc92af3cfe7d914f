//! One exchange with a registry: authorize, send, follow redirects, try again, tell why not.
//!
//! The only code that sends requests to a registry. Redirects are followed here and not by the HTTP library, because
//! credentials must stay with scheme, host and port.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue, LOCATION, WARNING, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use tokio::time::Instant;

use crate::backoff;
use crate::hosts::Capability;
use crate::reference::RegistryName;
use crate::registry::answer::{Answer, Document};
use crate::registry::auth::{Auth, Remedy};
use crate::registry::call::Target;
use crate::registry::download::Parallelism;
use crate::registry::endpoint::Endpoint;
use crate::registry::error::{Failure, clean};
use crate::registry::http::{Http, Wire};
use crate::registry::no_answer::{NoAnswer, Trouble};
use crate::registry::notices::{Notices, Wait};
use crate::registry::outgoing::{Outgoing, broken_upload};
use crate::registry::pause::Pause;
use crate::registry::redirect::{Redirected, next_hop};
use crate::registry::retry;
use crate::registry::route::Standing;
use crate::registry::scope::Scope;
use crate::registry::turns::{Turn, Turns};
use crate::store::{Body, Error, ErrorKind};

pub(super) use crate::registry::call::Call;

/// How many redirects one request may take.
const MAX_HOPS: usize = 5;
/// How many warnings of one answer are passed on.
const MAX_WARNINGS: usize = 4;
/// How long a mirror may take to answer: others can be asked.
const MIRROR_PATIENCE: Duration = Duration::from_secs(30);

/// The connection to a registry or a mirror: its address, its credentials, its mood.
pub(super) struct Client {
    wire: Wire,
    endpoint: Arc<Endpoint>,
    auth: Auth,
    standing: Standing,
    notices: Notices,
    /// How long a connection may be silent.
    stall: Duration,
    /// Has the host ever answered? One that has is waited for longer.
    answered: AtomicBool,
    pause: Pause,
    /// How many requests there may be at once.
    turns: Turns,
    /// How many connections large blobs come over.
    parallelism: Parallelism,
}

impl Client {
    /// # Errors
    /// The certificates of the endpoint cannot be used.
    pub(super) fn new(
        http: Arc<Http>,
        endpoint: Endpoint,
        auth: Auth,
        notices: Notices,
        stall: Duration,
    ) -> Result<Self, Error> {
        let parallelism = Parallelism::new(endpoint.is_mirror());
        let endpoint = Arc::new(endpoint);
        Ok(Self {
            wire: Wire::new(http, Arc::clone(&endpoint))?,
            endpoint,
            auth,
            standing: Standing::default(),
            notices,
            stall,
            answered: AtomicBool::new(false),
            pause: Pause::default(),
            turns: Turns::default(),
            parallelism,
        })
    }

    pub(super) fn name(&self) -> &RegistryName {
        self.endpoint.name()
    }

    /// Is a URL at the registry itself, and not where a redirect led?
    pub(super) fn is_home_of(&self, url: &Url) -> bool {
        self.endpoint.is_home_of(url)
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(super) fn parallelism(&self) -> &Parallelism {
        &self.parallelism
    }

    pub(super) fn tell(&self, line: &str) {
        self.notices.tell(line);
    }

    /// Tells what would come up again.
    pub(super) fn tell_once(&self, line: &str) {
        self.notices.tell_once(line);
    }

    pub(super) fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Sends a call with the rights of `scope`, as often as its failures are transient. Any other status is an answer.
    pub(super) async fn send(&self, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        let begun = Instant::now();
        let mut tries = 1;
        loop {
            // Kept until all know of a wait that is asked for, so that nobody slips in between.
            let turn = self.turns.take().await;
            let mut outcome = self.in_turn(&turn, call, scope).await;
            if let Ok(answer) = &mut outcome
                && answer.is_final().await
            {
                return outcome;
            }
            let Some(wait) = self.wait_after(&outcome, tries, begun.elapsed()) else {
                return outcome;
            };
            if self.pause.begin(wait, Instant::now()) {
                self.announce(&self.reason(outcome).await, wait);
            }
            tries += 1;
        }
    }

    /// Sends a call with the rights of `scope` once, for a caller that can do without its answer. A wait that the registry
    /// asks for is kept to by all requests that follow.
    pub(super) async fn send_once(&self, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        let turn = self.turns.take().await;
        let mut answer = self.in_turn(&turn, call, scope).await?;
        if retry::is_transient(answer.status()) {
            self.heed(&mut answer).await;
        }
        Ok(answer)
    }

    /// Begins the wait that a passing refusal asks for, cut to the longest that is waited, for all requests that follow.
    async fn heed(&self, answer: &mut Answer) {
        let Some(wait) = retry::asked_wait(answer.headers(), Timestamp::now()) else {
            return;
        };
        let wait = wait.min(self.longest_wait());
        if self.pause.begin(wait, Instant::now()) {
            let at_home = self.endpoint.is_home_of(answer.url());
            self.announce(&told(answer.told().await, at_home), wait);
        }
    }

    /// Sends a call when the registry wants to hear it. Whoever waits for that has a turn, so that not all come at once
    /// afterwards.
    async fn in_turn(&self, turn: &Turn<'_>, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        self.pause.end().await;
        let mut answer = self.authorized(call, scope).await?;
        let status = answer.status();
        turn.answered(status == StatusCode::TOO_MANY_REQUESTS);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            self.parallelism.complained(Instant::now());
        }
        self.sign(&mut answer, scope).await;
        Ok(answer)
    }

    /// Notes on a refusal as whom the registry was asked, so that it can be told.
    async fn sign(&self, answer: &mut Answer, scope: &Scope) {
        if matches!(answer.status().as_u16(), 401 | 403 | 404 | 429) && self.endpoint.is_home_of(answer.url()) {
            answer.was_asked_by(self.auth.identities().whom(scope).await);
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
                Err(error) if error.kind() == ErrorKind::Interrupted && tries < self.tries() => {
                    tokio::time::sleep(backoff::after(tries)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends a body once. Whatever breaks on the way is [`ErrorKind::Interrupted`]: only who owns the body can begin anew.
    pub(super) async fn upload(&self, call: Call, scope: &Scope, body: Body, size: u64) -> Result<Answer, Error> {
        self.pause.end().await;
        let url = self.url_of(&call)?;
        let authorization = self.authorization_for(&url, scope, time_for(size)).await?;
        let body = Outgoing::new(body, size);
        let meter = body.meter();
        let mut request = self.request(&call, url.clone(), authorization.as_ref())?;
        if size == 0 {
            // The library leaves the length of an empty body out.
            request = request.header(CONTENT_LENGTH, 0);
        }
        let request = request.body(reqwest::Body::wrap(body));
        tokio::select! {
            biased;
            sent = self.wire.send(request) => match sent {
                Ok(response) => {
                    let mut answer = Answer::new(call.method, response, self.stall);
                    self.sign(&mut answer, scope).await;
                    self.upload_answer(answer, authorization).await
                }
                Err(error) => Err(broken_upload(call.method, &url, &error)),
            },
            limit = meter.stalled(self.stall, self.stall.max(time_to_store(size))) => {
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
            return Err(Error::new(ErrorKind::Expired, answer.failure().await));
        }
        if answer.is_final().await || (!lost && !retry::is_transient(status)) {
            return Ok(answer);
        }
        self.heed(&mut answer).await;
        Err(Error::interrupted(answer.failure().await))
    }

    /// One try, with a second one where the first lacked the right token, and one more where a stored login was refused.
    async fn authorized(&self, call: &Call, scope: &Scope) -> Result<Answer, Error> {
        let (mut answer, mut used) = self.introduced(call, scope).await?;
        while self.is_unauthorized(&answer) {
            match self.auth.remedy(scope, used.as_ref()).await? {
                Remedy::Again(header) => used = header,
                Remedy::Blame(login) => return Err(Error::from(answer.failure().await).context(login)),
                Remedy::None => break,
            }
            answer = self.follow(call, self.url_of(call)?, used.as_ref()).await?;
        }
        if !self.is_unauthorized(&answer) {
            self.auth.accepted(used.as_ref(), &self.base()?);
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
        match self.auth.answer(&self.wire, refusal, scope, used.as_ref()).await? {
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
        self.follow(&base, self.base()?, None).await.map(Some)
    }

    /// The base of the API.
    fn base(&self) -> Result<Url, Error> {
        self.endpoint.url("/v2/")
    }

    /// Remembers where the login goes that has just succeeded.
    pub(super) fn remember_login(&self) -> Result<(), Error> {
        self.auth.remember_login(&self.wire, &self.base()?);
        Ok(())
    }

    /// A storage host that a redirect led to may say 401 too; its challenge is none of ours.
    fn is_unauthorized(&self, answer: &Answer) -> bool {
        answer.status() == StatusCode::UNAUTHORIZED && self.endpoint.is_home_of(answer.url())
    }

    async fn authorization_for(&self, url: &Url, scope: &Scope, needed: Duration) -> Result<Option<HeaderValue>, Error> {
        if !self.endpoint.is_home_of(url) {
            return Ok(None);
        }
        self.auth.header(&self.wire, scope, needed).await
    }

    /// Where a call goes. One that changes something does not go to a host that must not be pushed to.
    pub(super) fn url_of(&self, call: &Call) -> Result<Url, Error> {
        let reads = call.method == Method::GET || call.method == Method::HEAD;
        if !reads && !self.endpoint.may(Capability::Push) {
            let text = format!("the hosts.toml of {} lets no host be pushed to", self.name());
            return Err(Error::new(ErrorKind::Refused, anyhow::anyhow!(text)));
        }
        match &call.target {
            Target::Path(path) => self.endpoint.url(path),
            Target::Url(url) => Ok(self.endpoint.with_namespace(url.clone())),
        }
    }

    /// Sends a call and follows redirects, with the authorization only where it belongs.
    pub(super) async fn follow(&self, call: &Call, mut url: Url, authorization: Option<&HeaderValue>) -> Result<Answer, Error> {
        for _ in 0..=MAX_HOPS {
            let at_home = self.endpoint.is_home_of(&url);
            let request = call.filled(self.request(call, url.clone(), authorization.filter(|_| at_home))?);
            let answer = self.exchange(call, &url, request).await?;
            match next_hop(&call.method, &answer)? {
                None => return Ok(answer),
                Some(next) => url = self.endpoint.with_namespace(next),
            }
        }
        Err(Error::other(Redirected::too_often(&url, MAX_HOPS)))
    }

    /// What is its users' own, headers and authorization, goes to the endpoint alone, and not before its scheme is known.
    fn request(&self, call: &Call, url: Url, authorization: Option<&HeaderValue>) -> Result<RequestBuilder, Error> {
        let mut headers = call.headers.clone();
        if self.endpoint.scheme().is_some() && self.endpoint.is_home_of(&url) {
            headers.extend(self.endpoint.headers().clone());
        }
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(self.wire.request(call.method.clone(), url)?.headers(headers))
    }

    /// What the registry wants people to know, each thing once
    /// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings)).
    fn pass_on_warnings(&self, answer: &Answer) {
        for warning in answer.headers().get_all(WARNING).iter().take(MAX_WARNINGS) {
            let text = warning.to_str().ok().and_then(|text| text.strip_prefix("299 - \""));
            if let Some(text) = text.and_then(|text| text.strip_suffix('"')) {
                self.notices
                    .tell_once(&format!("warning: {} says: {}", self.name(), clean(text)));
            }
        }
    }

    async fn exchange(&self, call: &Call, url: &Url, request: RequestBuilder) -> Result<Answer, Error> {
        let patience = if self.endpoint.is_mirror() {
            self.stall.min(MIRROR_PATIENCE)
        } else {
            self.stall
        };
        match tokio::time::timeout(patience, self.wire.send(request)).await {
            Ok(Ok(response)) => {
                self.answered.store(true, Ordering::Relaxed);
                let answer = Answer::new(call.method.clone(), response, self.stall);
                self.pass_on_warnings(&answer);
                Ok(answer)
            }
            Ok(Err(error)) => {
                let mut unanswered = NoAnswer::new(call.method.clone(), url, &error);
                if unanswered.trouble() == Some(Trouble::UnknownAuthority) {
                    unanswered = unanswered.signed_by(self.wire.signature(url).await);
                }
                if error.is_connect()
                    && !unanswered.trouble().is_some_and(Trouble::lasts)
                    && let Some(proxy) = Wire::proxy(url)
                {
                    unanswered = unanswered.by_way_of(&proxy);
                }
                Err(Error::new(ErrorKind::Unreachable, unanswered))
            }
            Err(_) => Err(Error::new(
                ErrorKind::Unreachable,
                NoAnswer::silence(call.method.clone(), url, patience),
            )),
        }
    }

    /// How long to wait before the next try; `None` where there is to be none.
    fn wait_after(&self, outcome: &Result<Answer, Error>, tries: u32, since: Duration) -> Option<Duration> {
        if self.may_come_back(outcome) && since < retry::RESTART {
            return Some(backoff::after(tries).min(retry::RESTART_WAIT));
        }
        if tries >= self.tries() {
            return None;
        }
        match outcome {
            Ok(answer) if retry::is_transient(answer.status()) => {
                let asked = retry::asked_wait(answer.headers(), Timestamp::now());
                Some(asked.unwrap_or_else(|| backoff::after(tries))).filter(|wait| *wait <= self.longest_wait())
            }
            Err(error) if error.kind() == ErrorKind::Unreachable && !will_stay(error) => Some(backoff::after(tries)),
            _ => None,
        }
    }

    /// Is a registry that has answered before not there now? Then it restarts, or its address moves.
    fn may_come_back(&self, outcome: &Result<Answer, Error>) -> bool {
        let unanswered = outcome
            .as_ref()
            .err()
            .and_then(|error| error.cause().downcast_ref::<NoAnswer>());
        self.has_answered() && !self.endpoint.is_mirror() && unanswered.is_some_and(NoAnswer::is_down)
    }

    /// How often a request is sent. Beside a mirror there are others to ask.
    fn tries(&self) -> u32 {
        match (self.endpoint.is_mirror(), self.has_answered()) {
            (true, false) => 1,
            (true, true) => 2,
            (false, false) => retry::FIRST_TRIES,
            (false, true) => retry::TRIES,
        }
    }

    fn longest_wait(&self) -> Duration {
        if self.endpoint.is_mirror() {
            Duration::from_secs(1)
        } else {
            retry::LONGEST_WAIT
        }
    }

    /// Why something is tried again. Whose answer it is need not be said where it is the registry's own.
    async fn reason(&self, outcome: Result<Answer, Error>) -> String {
        match outcome {
            Ok(answer) => {
                let at_home = self.endpoint.is_home_of(answer.url());
                told(answer.failure().await, at_home)
            }
            Err(error) => error.to_string(),
        }
    }

    fn announce(&self, reason: &str, time: Duration) {
        self.notices.tell_wait(Wait {
            registry: self.name().clone(),
            reason: reason.to_owned(),
            time,
        });
    }
}

/// A refusal without the wait it asks for, which is said once.
fn told(failure: Failure, at_home: bool) -> String {
    let failure = failure.asking_to_wait(None);
    if at_home { failure.answer() } else { failure.to_string() }
}

/// How long a token should last for an upload of this size: half a minute, and more for what takes longer at 4 MB/s.
fn time_for(size: u64) -> Duration {
    Duration::from_secs((size / 4_000_000).max(30))
}

/// How long a registry may take to answer after the last byte of an upload, which it may have to hash and move elsewhere:
/// a minute, and more for what it does at 20 MB/s.
fn time_to_store(size: u64) -> Duration {
    Duration::from_secs(60 + size / 20_000_000)
}

/// A certificate is no better a moment later.
fn will_stay(error: &Error) -> bool {
    let unanswered = error.cause().downcast_ref::<NoAnswer>();
    unanswered.and_then(NoAnswer::trouble).is_some_and(Trouble::lasts)
}
