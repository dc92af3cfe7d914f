//! A fake token server with opaque tokens, for the fake registry. It remembers what it granted and what it was asked;
//! tokens run out when told to. Signed tokens, which a real registry checks by itself, are left to `peers::jwt`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::server::{Arrived, Handler, Log, Request, Response, Rule, Server};
use super::users::{Access, Unknown, Users};

/// The token server; its requests are at `/token`.
pub(crate) struct TokenServer {
    server: Server,
    office: Arc<Office>,
}

impl TokenServer {
    pub(crate) fn start(users: Users) -> Self {
        let office = Arc::new(Office::new(users));
        let handler = Arc::clone(&office);
        Self {
            server: Server::start(move |_| Counter(handler)),
            office,
        }
    }

    /// How long tokens live, and what `expires_in` says.
    pub(crate) fn expires_in(self, seconds: u64) -> Self {
        self.office.state.lock().unwrap().lifetime = seconds;
        self
    }

    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    pub(crate) fn realm(&self) -> String {
        format!("http://{}/token", self.host())
    }

    pub(crate) fn rule(&self, rule: Rule) {
        self.server.rule(rule);
    }

    pub(crate) fn log(&self) -> &Log {
        self.server.log()
    }

    /// How many tokens were asked for.
    pub(crate) fn count(&self) -> usize {
        self.log().count("*", "/token")
    }

    /// From now on no token handed out so far is good.
    pub(crate) fn forget_tokens(&self) {
        self.office.state.lock().unwrap().tokens.clear();
    }

    /// An identity token, as `docker login` would have stored it.
    pub(crate) fn identity_token(&self, user: &str) -> String {
        self.office.refresh_token(user)
    }

    pub(super) fn office(&self) -> Arc<Office> {
        Arc::clone(&self.office)
    }
}

/// Hands out tokens and knows them again.
pub(super) struct Office {
    users: Users,
    state: Mutex<State>,
}

struct State {
    lifetime: u64,
    tokens: BTreeMap<String, (Vec<Access>, Instant)>,
    refresh_tokens: BTreeMap<String, String>,
    made: usize,
}

struct Counter(Arc<Office>);

impl Handler for Counter {
    fn answer(&self, request: &Request, body: &Arrived) -> Response {
        let asked = request.path.ends_with("/token");
        if asked {
            self.0.answer(request, &body.bytes)
        } else {
            Response::new(404)
        }
    }
}

impl Office {
    fn new(users: Users) -> Self {
        let state = State {
            lifetime: 300,
            tokens: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            made: 0,
        };
        Self {
            users,
            state: Mutex::new(state),
        }
    }

    pub(super) fn answer(&self, request: &Request, body: &[u8]) -> Response {
        let request = Request {
            body: body.to_vec(),
            ..request.clone()
        };
        let answer = match request.method.as_str() {
            "GET" => self.by_query(&request),
            "POST" => self.by_form(&request),
            _ => return Response::new(405),
        };
        answer.unwrap_or_else(|Unknown| Response::error(401, "UNAUTHORIZED", "incorrect username or password"))
    }

    fn by_query(&self, request: &Request) -> Result<Response, Unknown> {
        let user = self.users.identify(request.header("authorization"))?;
        let offline = request.parameter("offline_token").as_deref() == Some("true");
        let refresh = (offline && !user.is_empty()).then(|| self.refresh_token(&user));
        Ok(self.issue(&user, &request.parameters("scope"), refresh))
    }

    fn by_form(&self, request: &Request) -> Result<Response, Unknown> {
        let field = |name: &str| request.field(name).unwrap_or_default();
        let user = match field("grant_type").as_str() {
            "password" => self.users.check(&field("username"), &field("password"))?,
            "refresh_token" => self.owner(&field("refresh_token"))?,
            _ => return Ok(Response::json(400, r#"{"error":"unsupported_grant_type"}"#)),
        };
        let refresh = (field("access_type") == "offline").then(|| self.refresh_token(&user));
        Ok(self.issue(&user, &[field("scope")], refresh))
    }

    fn owner(&self, refresh_token: &str) -> Result<String, Unknown> {
        let state = self.state.lock().unwrap();
        state.refresh_tokens.get(refresh_token).cloned().ok_or(Unknown)
    }

    fn refresh_token(&self, user: &str) -> String {
        let mut state = self.state.lock().unwrap();
        state.made += 1;
        let token = format!("identity-canary-{}", state.made);
        state.refresh_tokens.insert(token.clone(), user.to_string());
        token
    }

    fn issue(&self, user: &str, scopes: &[String], refresh: Option<String>) -> Response {
        let granted = self.users.grant(user, scopes);
        let mut state = self.state.lock().unwrap();
        state.made += 1;
        let token = format!("opaque.canary.{}~+/=", state.made);
        let expiry = Instant::now() + Duration::from_secs(state.lifetime);
        state.tokens.insert(token.clone(), (granted, expiry));
        let refresh = refresh
            .map(|token| format!(r#","refresh_token":"{token}""#))
            .unwrap_or_default();
        let body = format!(
            r#"{{"token":"{token}","access_token":"{token}","expires_in":{}{refresh}}}"#,
            state.lifetime
        );
        Response::json(200, body)
    }

    /// Whether the token is known, still good, and good for all of this.
    pub(super) fn allows(&self, token: &str, wanted: &[Access]) -> Verdict {
        let state = self.state.lock().unwrap();
        match state.tokens.get(token) {
            Some((granted, expiry)) if Instant::now() < *expiry => {
                if wanted.iter().all(|access| covers(granted, access)) {
                    Verdict::Allowed
                } else {
                    Verdict::TooLittle
                }
            }
            _ => Verdict::Invalid,
        }
    }
}

/// What a token is worth for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    TooLittle,
    Invalid,
}

fn covers(granted: &[Access], wanted: &Access) -> bool {
    wanted.actions.iter().all(|action| {
        granted
            .iter()
            .any(|access| access.kind == wanted.kind && access.name == wanted.name && access.actions.contains(action))
    })
}
