//! What goes back to a client: answers, and what is common to many of them.

use std::fmt::Display;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};

use crate::oci::Digest;
use crate::store::{Body, Error};

/// What follows the head of an answer.
pub(super) type Content = UnsyncBoxBody<Bytes, Error>;
/// A head and what follows it.
pub(super) type Answer = Response<Content>;

/// The digest of what is answered, or was stored.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Builds an answer step by step; a header whose value cannot be one is left out.
pub(super) struct Builder(Response<()>);

impl Builder {
    pub(super) fn new(status: StatusCode) -> Self {
        let mut head = Response::new(());
        *head.status_mut() = status;
        Self(head)
    }

    pub(super) fn header(mut self, name: HeaderName, value: &(impl Display + ?Sized)) -> Self {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            self.0.headers_mut().append(name, value);
        }
        self
    }

    pub(super) fn digest(self, digest: &Digest) -> Self {
        self.header(CONTENT_DIGEST, digest)
    }

    pub(super) fn location(self, path: &str) -> Self {
        self.header(LOCATION, path)
    }

    /// Nothing follows.
    pub(super) fn empty(self) -> Answer {
        self.bytes(Bytes::new())
    }

    pub(super) fn json(self, text: String) -> Answer {
        self.header(CONTENT_TYPE, "application/json").bytes(text.into())
    }

    pub(super) fn bytes(self, bytes: Bytes) -> Answer {
        let length = bytes.len();
        let content = Full::new(bytes).map_err(|never| match never {}).boxed_unsync();
        // Said here for the sake of HEAD, and of answers without a body to those who wait for one.
        let builder = match self.0.status() {
            StatusCode::NO_CONTENT => self,
            _ => self.header(CONTENT_LENGTH, &length),
        };
        builder.0.map(|()| content)
    }

    /// So many bytes of a blob.
    pub(super) fn stream(self, body: Body, length: u64) -> Answer {
        let content = StreamBody::new(body.map_ok(Frame::data)).boxed_unsync();
        self.header(CONTENT_LENGTH, &length).0.map(|()| content)
    }
}
