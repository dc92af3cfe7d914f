//! Requests as they were received and answers as they will be sent, in plain values a test can read and write.

use std::time::Instant;

use hyper::body::Bytes;
use hyper::http::request::Parts;

use super::body::{Flushed, Out, Tail};
use super::log::Entry;

/// One request and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// As received, without the question mark; empty if there was none.
    pub(crate) query: String,
    /// Names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The first 64 KiB of the body.
    pub(crate) body: Vec<u8>,
    /// Bytes of the body that were read.
    pub(crate) body_len: u64,
    /// 0 where no answer was given.
    pub(crate) status: u16,
    /// Bytes of the answer's body that were handed to the connection.
    pub(crate) sent: u64,
    pub(crate) started: Instant,
    /// When the answer was sent, or given up; none while it is under way.
    pub(crate) ended: Option<Instant>,
}

impl Request {
    pub(super) fn from_parts(parts: &Parts) -> Self {
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_string(),
            query: parts.uri.query().unwrap_or_default().to_string(),
            headers: headers.collect(),
            body: Vec::new(),
            body_len: 0,
            status: 0,
            sent: 0,
            started: Instant::now(),
            ended: None,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Path and query as on the request line.
    pub(crate) fn target(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.path, self.query)
    }

    /// The first value of a query parameter, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }

    /// Every value of a query parameter, decoded, in order.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        pairs(&self.query, name)
    }

    /// A field of a form body, decoded.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        pairs(&String::from_utf8_lossy(&self.body), name).into_iter().next()
    }

    /// How much of an answer was still under way at some moment, for counting what went on at once.
    pub(super) fn overlaps(&self, moment: Instant) -> bool {
        self.started <= moment && self.ended.is_none_or(|ended| moment < ended)
    }
}

fn pairs(text: &str, name: &str) -> Vec<String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(known, _)| percent_decoded(known) == name)
        .map(|(_, value)| percent_decoded(value))
        .collect()
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escape) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(super) tail: Tail,
    pub(super) rate: Option<u64>,
    pub(super) close: bool,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Bytes::new());
        Self {
            status,
            headers,
            body,
            tail: Tail::End,
            rate: None,
            close: false,
        }
    }

    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status).header("content-type", "application/json").body(body)
    }

    /// The error body of the distribution specification.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::error_about(status, code, message, "null")
    }

    /// With a detail, which is JSON.
    pub(crate) fn error_about(status: u16, code: &str, message: &str, detail: &str) -> Self {
        let error = format!(r#"{{"code":"{code}","message":"{message}","detail":{detail}}}"#);
        Self::json(status, format!(r#"{{"errors":[{error}]}}"#))
    }

    /// Sets a header in place of one of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.remove_header(name);
        self.add_header(name, value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header beside any of the same name.
    pub(crate) fn add_header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_string(), value.to_string()));
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// An answer of the whole promised length of which only so many bytes come.
    pub(super) fn cut(&mut self, keep: usize, tail: Tail) {
        self.pin_length();
        self.body.truncate(keep);
        self.tail = tail;
    }

    /// States the length now, so that a shorter body still promises it.
    pub(super) fn pin_length(&mut self) {
        if !self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            let length = self.body.len().to_string();
            self.add_header("content-length", &length);
        }
    }

    pub(super) fn into_hyper(mut self, head: bool, flushed: Flushed, entry: Entry) -> hyper::Response<Out> {
        if !matches!(self.tail, Tail::Repeat | Tail::Chunked) && self.status != 204 {
            self.pin_length();
        }
        if self.close {
            self.add_header("connection", "close");
        }
        let mut builder = hyper::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            builder = builder.header(name, value.as_bytes());
        }
        let body = if head { Bytes::new() } else { self.body };
        builder.body(Out::new(body, self.tail, self.rate, flushed, entry)).unwrap()
    }
}
