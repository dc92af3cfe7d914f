//! A request to a registry, as `client` sends it: plain values, so that it can be sent once more.

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};

/// A request that can be sent again as often as need be.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) headers: HeaderMap,
    payload: Option<Bytes>,
}

#[derive(Clone)]
pub(super) enum Target {
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

    /// A request with the call's body. The library sends no length without one, and some proxies answer a POST without a
    /// length with 411.
    pub(super) fn filled(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.payload {
            Some(payload) => request.body(payload.clone()),
            None if matches!(self.method, Method::POST | Method::PUT) => request.header(CONTENT_LENGTH, 0),
            None => request,
        }
    }
}
