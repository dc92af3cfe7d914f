//! The log of a fake server: every request in the order of arrival, kept up to date until its answer has left.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::message::Request;

const KEPT_OF_A_BODY: usize = 64 << 10;

/// What was asked and answered.
#[derive(Default)]
pub(crate) struct Log {
    requests: Mutex<Vec<Request>>,
}

impl Log {
    pub(super) fn open(log: &Arc<Self>, request: &Request) -> Entry {
        let mut requests = log.requests.lock().unwrap();
        requests.push(request.clone());
        Entry {
            log: Arc::clone(log),
            number: requests.len() - 1,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Requests of a method (`*` for any) whose path and query contain the text.
    pub(crate) fn select(&self, method: &str, part: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| (method == "*" || request.method == method) && request.target().contains(part));
        requests
    }

    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        self.select(method, part).len()
    }

    /// The largest number of such requests that were under way together.
    pub(crate) fn most_at_once(&self, method: &str, part: &str) -> usize {
        let requests = self.select(method, part);
        let under_way = |moment| requests.iter().filter(|other| other.overlaps(moment)).count();
        requests.iter().map(|request| under_way(request.started)).max().unwrap_or(0)
    }

    /// One line a request, for the message of a failed assertion.
    pub(crate) fn lines(&self) -> String {
        let lines = self
            .requests()
            .into_iter()
            .map(|request| format!("{} {} -> {}\n", request.method, request.target(), request.status));
        lines.collect()
    }
}

/// The place of one request in the log.
pub(super) struct Entry {
    log: Arc<Log>,
    number: usize,
}

impl Entry {
    pub(super) fn arrived(&self, body: &[u8]) {
        self.change(|request| {
            request.body = body[..body.len().min(KEPT_OF_A_BODY)].to_vec();
            request.body_len = body.len() as u64;
        });
    }

    pub(super) fn answered(&self, status: u16) {
        self.change(|request| request.status = status);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.change(|request| request.sent += bytes as u64);
    }

    fn change(&self, change: impl FnOnce(&mut Request)) {
        change(&mut self.log.requests.lock().unwrap()[self.number]);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.change(|request| request.ended = Some(Instant::now()));
    }
}
