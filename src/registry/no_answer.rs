//! Requests that got no answer: why, in words that say what to do about it.

use std::time::Duration;

use reqwest::{Method, Url};

use crate::registry::error::redacted;

/// A request that got no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{method} {url}: {reason}")]
pub struct NoAnswer {
    method: Method,
    url: String,
    reason: String,
    trouble: Option<Trouble>,
    end: End,
}

/// Where it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There was nobody to connect to.
    Down,
    /// The connection broke, or what came was no HTTP.
    Broken,
    /// Nothing came.
    Silent,
}

/// What stands in the way, where it is known, and will still do so a moment later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The certificate is signed by an authority that is not known here.
    UnknownAuthority,
    /// The certificate is of another host, or of another time.
    WrongCertificate,
    /// HTTPS was spoken to a port of plain HTTP.
    PlainHttp,
    /// Plain HTTP was spoken to a port that does not understand it.
    NotPlainHttp,
}

impl NoAnswer {
    /// Only the innermost cause is kept: the texts around it show the URL with its query.
    pub(super) fn new(method: Method, url: &Url, cause: &reqwest::Error) -> Self {
        let is_down = cause.is_connect();
        let cause = root_cause(cause);
        let trouble = Trouble::of(&cause);
        Self {
            method,
            url: redacted(url),
            reason: trouble.and_then(Trouble::words).map_or(cause, str::to_owned),
            trouble,
            end: if is_down && trouble.is_none() {
                End::Down
            } else {
                End::Broken
            },
        }
    }

    pub(super) fn silence(method: Method, url: &Url, limit: Duration) -> Self {
        Self {
            method,
            url: redacted(url),
            reason: format!("no answer for {} s", limit.as_secs()),
            trouble: None,
            end: End::Silent,
        }
    }

    /// The same, with who signed the certificate.
    pub(super) fn signed_by(mut self, issuer: Option<String>) -> Self {
        if let Some(issuer) = issuer {
            self.reason = format!("{}, \"{issuer}\"", self.reason);
        }
        self
    }

    /// Was there nobody to connect to, as while a registry restarts?
    pub(super) fn is_down(&self) -> bool {
        self.end == End::Down
    }

    /// Did nothing come for as long as was waited?
    pub(super) fn is_silence(&self) -> bool {
        self.end == End::Silent
    }

    /// What stands in the way.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }
}

impl Trouble {
    /// Reads the words of the TLS library, rustls, and of the HTTP library, hyper: their errors come without types.
    fn of(cause: &str) -> Option<Self> {
        let says = |words: &str| cause.contains(words);
        if says("UnknownIssuer") || says("CaUsedAsEndEntity") {
            return Some(Self::UnknownAuthority);
        }
        if says("invalid peer certificate") {
            return Some(Self::WrongCertificate);
        }
        if says("InvalidContentType") {
            return Some(Self::PlainHttp);
        }
        (says("invalid HTTP version") || says("invalid HTTP status-code")).then_some(Self::NotPlainHttp)
    }

    fn words(self) -> Option<&'static str> {
        match self {
            Self::UnknownAuthority => Some("its certificate is signed by an authority that is not known here"),
            // The library says which host, or which time.
            Self::WrongCertificate => None,
            Self::PlainHttp => Some("it speaks plain HTTP, not HTTPS"),
            Self::NotPlainHttp => Some("it does not speak plain HTTP; it may want HTTPS"),
        }
    }
}

/// The innermost cause: `Connection refused (os error 111)` says more than the layers around it.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_is_read_from_the_librarys_words() {
        for (cause, trouble) in [
            ("invalid peer certificate: UnknownIssuer", Some(Trouble::UnknownAuthority)),
            (
                "invalid peer certificate: certificate expired",
                Some(Trouble::WrongCertificate),
            ),
            (
                "received corrupt message of type InvalidContentType",
                Some(Trouble::PlainHttp),
            ),
            ("invalid HTTP version parsed", Some(Trouble::NotPlainHttp)),
            ("Connection refused (os error 111)", None),
        ] {
            assert_eq!(Trouble::of(cause), trouble, "{cause}");
        }
    }
}
