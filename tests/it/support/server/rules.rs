//! Rules that make a fake server misbehave: which request, which time, and what happens instead. They are asked before
//! the handler; the first that matches decides, and its acts are carried out in the order they were given.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Bytes;

use super::body::Tail;
use super::{Arrived, Handler, Request, Response};

type Answer = Arc<dyn Fn(&Request) -> Response + Send + Sync>;
type Edit = Arc<dyn Fn(&Request, &mut Response) + Send + Sync>;
type Condition = Arc<dyn Fn(&Request) -> bool + Send + Sync>;

/// One way to misbehave.
#[derive(Clone)]
pub(crate) enum Act {
    /// Reads the request to its end and answers this without doing the work.
    Status {
        code: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The same after so many bytes of the request body, then closes; at 0 before any `100 Continue`.
    Refuse {
        after: usize,
        code: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    AddHeader(String, String),
    RemoveHeader(String),
    ReplaceBody(Vec<u8>),
    /// Sends the body in chunks, without a Content-Length.
    Chunked,
    /// Promises the whole body and closes after so many bytes of it.
    CutAfter(usize),
    /// Flips a bit of this byte.
    CorruptByte(usize),
    /// Sends so many bytes of the body and then nothing more, keeping the connection open.
    StallAfter(usize),
    /// Sends this over and over, without a Content-Length.
    Endless(Vec<u8>),
    /// Answers with a Location in which `{target}`, `{path}` and `{last}` (the last path segment) are filled in.
    Redirect(String, u16),
    /// Serves as if no Range had been asked for.
    IgnoreRange,
    /// Does the work and closes without an answer.
    LoseAnswer,
    /// Closes after so many bytes of the request body; what came may still be kept by an upload session.
    CloseBeforeBody(usize),
    /// Waits before the request body is read.
    Delay(Duration),
    /// Lets body bytes through at so many a second, in both directions.
    Rate(u64),
    /// Changes the answer.
    Edit(Edit),
    /// Gives the answer.
    Custom(Answer),
}

impl Act {
    /// A bare status with an OCI error body.
    pub(crate) fn error(code: u16, name: &str, message: &str) -> Self {
        let response = Response::error(code, name, message);
        Self::Status {
            code,
            headers: response.headers,
            body: response.body.to_vec(),
        }
    }

    pub(crate) fn status(code: u16) -> Self {
        Self::Status {
            code,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn add_header(name: &str, value: &str) -> Self {
        Self::AddHeader(name.to_string(), value.to_string())
    }

    pub(crate) fn custom(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::Custom(Arc::new(answer))
    }

    pub(crate) fn edit(edit: impl Fn(&Request, &mut Response) + Send + Sync + 'static) -> Self {
        Self::Edit(Arc::new(edit))
    }

    /// The answer in place of the handler's, if this act gives one.
    fn instead(&self, request: &Request) -> Option<Response> {
        match self {
            Self::Status { code, headers, body } => Some(given(*code, headers, body)),
            Self::Refuse { code, headers, body, .. } => Some(Response {
                close: true,
                ..given(*code, headers, body)
            }),
            Self::Redirect(location, code) => Some(Response::new(*code).header("location", &filled(location, request))),
            Self::Custom(answer) => Some(answer(request)),
            _ => None,
        }
    }

    fn change(&self, request: &Request, response: &mut Response) {
        match self {
            Self::AddHeader(name, value) => response.add_header(name, value),
            Self::RemoveHeader(name) => response.remove_header(name),
            Self::ReplaceBody(body) => response.body = Bytes::from(body.clone()),
            Self::Chunked => response.tail = Tail::Chunked,
            Self::CutAfter(keep) => response.cut(*keep, Tail::Cut),
            Self::StallAfter(keep) => response.cut(*keep, Tail::Stall),
            Self::CorruptByte(at) => corrupt(response, *at),
            Self::Endless(body) => endless(response, body),
            Self::Rate(rate) => response.rate = Some(*rate),
            Self::Edit(edit) => edit(request, response),
            _ => {}
        }
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Act")
    }
}

fn given(code: u16, headers: &[(String, String)], body: &[u8]) -> Response {
    Response {
        headers: headers.to_vec(),
        ..Response::new(code).body(body.to_vec())
    }
}

fn filled(location: &str, request: &Request) -> String {
    let last = request.path.rsplit('/').next().unwrap_or_default();
    let location = location.replace("{target}", &request.target());
    location.replace("{path}", &request.path).replace("{last}", last)
}

fn corrupt(response: &mut Response, at: usize) {
    let mut bytes = response.body.to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
    response.body = Bytes::from(bytes);
}

fn endless(response: &mut Response, body: &[u8]) {
    response.remove_header("content-length");
    response.body = Bytes::copy_from_slice(body);
    response.tail = Tail::Repeat;
}

/// Which requests, which of them, and what then.
#[derive(Clone)]
pub(crate) struct Rule {
    method: String,
    part: String,
    condition: Option<Condition>,
    turns: Option<RangeInclusive<usize>>,
    seen: usize,
    acts: Vec<Act>,
}

impl Rule {
    /// A method (`*` for any) and a part of path and query.
    pub(crate) fn on(method: &str, part: &str) -> Self {
        let (method, part) = (method.to_string(), part.to_string());
        Self {
            method,
            part,
            condition: None,
            turns: None,
            seen: 0,
            acts: Vec::new(),
        }
    }

    /// Only requests of which this is true are seen by the rule at all.
    pub(crate) fn when(mut self, condition: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// Of the requests seen, only these, counted from 1.
    pub(crate) fn nth(mut self, turns: RangeInclusive<usize>) -> Self {
        self.turns = Some(turns);
        self
    }

    /// The first so many of the requests seen.
    pub(crate) fn times(self, times: usize) -> Self {
        self.nth(1..=times)
    }

    pub(crate) fn then(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }

    fn fires(&mut self, request: &Request) -> bool {
        let meant = (self.method == "*" || self.method == request.method)
            && request.target().contains(&self.part)
            && self.condition.as_ref().is_none_or(|condition| condition(request));
        self.seen += usize::from(meant);
        meant && self.turns.as_ref().is_none_or(|turns| turns.contains(&self.seen))
    }
}

/// The rules of one server.
#[derive(Default)]
pub(crate) struct Rules(Mutex<Vec<Rule>>);

impl Rules {
    pub(super) fn add(&self, rule: Rule) {
        self.0.lock().unwrap().push(rule);
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    pub(super) fn plan(&self, request: &Request) -> Plan {
        let mut rules = self.0.lock().unwrap();
        let rule = rules
            .iter_mut()
            .find_map(|rule| rule.fires(request).then(|| rule.acts.clone()));
        Plan(rule.unwrap_or_default())
    }
}

/// The acts that are due for one request.
pub(super) struct Plan(Vec<Act>);

impl Plan {
    pub(super) fn delay(&self) -> Duration {
        let delays = self
            .0
            .iter()
            .map(|act| if let Act::Delay(delay) = act { *delay } else { Duration::ZERO });
        delays.sum()
    }

    pub(super) fn rate(&self) -> Option<u64> {
        self.0
            .iter()
            .find_map(|act| if let Act::Rate(rate) = act { Some(*rate) } else { None })
    }

    /// How many bytes of the request body are read.
    pub(super) fn read_limit(&self) -> usize {
        let limit = self.0.iter().find_map(|act| match act {
            Act::Refuse { after, .. } | Act::CloseBeforeBody(after) => Some(*after),
            _ => None,
        });
        limit.unwrap_or(usize::MAX)
    }

    /// The answer, or none if the connection is to be closed.
    pub(super) fn answer(&self, request: &mut Request, body: &Arrived, handler: &dyn Handler) -> Option<Response> {
        if self.has(|act| matches!(act, Act::IgnoreRange)) {
            request.headers.retain(|(name, _)| name != "range");
        }
        let instead = self.0.iter().find_map(|act| act.instead(request));
        let mut response = instead.unwrap_or_else(|| handler.answer(request, body));
        self.0.iter().for_each(|act| act.change(request, &mut response));
        let silent = self.has(|act| matches!(act, Act::LoseAnswer | Act::CloseBeforeBody(_)));
        (!silent).then_some(response)
    }

    fn has(&self, wanted: impl Fn(&Act) -> bool) -> bool {
        self.0.iter().any(wanted)
    }
}
