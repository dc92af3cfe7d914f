//! Requests that got no answer: why, in words that say what to do about it.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, Url};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use crate::registry::error::{clean, redacted};
use crate::registry::issuer::Signature;

/// How many of a certificate's names are told.
const MAX_NAMES: usize = 5;
/// What the standard library puts before the system's words about a name without an address.
const LOOKUP: &str = "failed to lookup address information: ";

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

/// What stands in the way, where it is known.
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
    /// The proxy does not let it through, or is not there.
    Proxy,
    /// The host's name has no address, or nobody can be asked for it.
    UnknownHost,
    /// There is no way to the host from this machine.
    NoWay,
}

impl NoAnswer {
    /// Only the innermost cause is kept: the texts around it show the URL with its query.
    pub(super) fn new(method: Method, url: &Url, cause: &reqwest::Error) -> Self {
        let is_down = cause.is_connect();
        let certificate = certificate_error(cause).and_then(about);
        let cause = root_cause(cause);
        let trouble = Trouble::of(&cause);
        let cause = certificate.unwrap_or_else(|| match cause.strip_prefix(LOOKUP) {
            Some(why) => format!("no address is known for {}: {why}", url.host_str().unwrap_or_default()),
            None => cause,
        });
        Self {
            method,
            url: redacted(url),
            reason: trouble.and_then(Trouble::words).map_or(cause, str::to_owned),
            trouble,
            end: if is_down && !trouble.is_some_and(Trouble::lasts) {
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

    /// The same, with who signed which certificate.
    pub(super) fn signed_by(mut self, signature: Option<Signature>) -> Self {
        if let Some(Signature { issuer, fingerprint }) = signature {
            let issuer = issuer.map(|issuer| format!(", \"{issuer}\"")).unwrap_or_default();
            self.reason = format!(
                "{}{issuer} (the certificate's SHA-256 fingerprint is {fingerprint})",
                self.reason
            );
        }
        self
    }

    /// The same, of a request that was to go by this proxy, and of which the registry itself has seen nothing.
    pub(super) fn by_way_of(mut self, proxy: &str) -> Self {
        let why = self.reason.strip_prefix("tunnel error: ").unwrap_or(&self.reason);
        let why = match why {
            "unsuccessful" => "it does not let this through",
            "proxy authorization required" => "it wants a user and a password, as in http://USER:PASSWORD@HOST:PORT",
            _ if self.trouble == Some(Trouble::UnknownHost) => "no address is known for it",
            why => why,
        };
        self.reason = format!("the proxy {proxy}: {why}");
        self.trouble = Some(Trouble::Proxy);
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
        if says(LOOKUP) {
            return Some(Self::UnknownHost);
        }
        if says("etwork is unreachable") || says("o route to host") {
            return Some(Self::NoWay);
        }
        (says("invalid HTTP version") || says("invalid HTTP status-code")).then_some(Self::NotPlainHttp)
    }

    /// Will it still be so a moment later? Names and ways come back.
    pub(super) fn lasts(self) -> bool {
        !matches!(self, Self::Proxy | Self::UnknownHost | Self::NoWay)
    }

    fn words(self) -> Option<&'static str> {
        match self {
            Self::UnknownAuthority => Some("its certificate is signed by an authority that is not known here"),
            // The library says which host, or which time.
            Self::WrongCertificate | Self::Proxy | Self::UnknownHost | Self::NoWay => None,
            Self::PlainHttp => Some("it speaks plain HTTP, not HTTPS"),
            Self::NotPlainHttp => Some("it does not speak plain HTTP; it may want HTTPS"),
        }
    }
}

/// What the TLS library says of a certificate: it is inside the errors of the system that carry it.
fn certificate_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CertificateError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return Some(why);
        }
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match carried {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    None
}

/// What is wrong with a certificate, where there is more to say than the library does.
fn about(error: &CertificateError) -> Option<String> {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => Some(format!("its certificate ran out at {}", time(*not_after)?)),
        CertificateError::NotValidYetContext { not_before, .. } => Some(format!(
            "its certificate is good from {} on; is the clock of this machine right?",
            time(*not_before)?
        )),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().take(MAX_NAMES).map(|name| bare(name)).collect();
            let more = if presented.len() > MAX_NAMES { " and others" } else { "" };
            Some(format!(
                "its certificate is not for this host, but for {}{more}",
                names.join(", ")
            ))
        }
        _ => None,
    }
}

fn time(time: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(time.as_secs().try_into().ok()?).ok()
}

/// A name without the library's name for its kind: `DnsName("reg.example")` is `reg.example`.
fn bare(name: &str) -> String {
    let inside = name
        .split_once('(')
        .map_or(name, |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    clean(inside.trim_matches('"'))
}

/// The innermost cause: `Connection refused (os error 111)` says more than the layers around it.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
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
            (
                "failed to lookup address information: Name or service not known",
                Some(Trouble::UnknownHost),
            ),
            ("Network is unreachable (os error 101)", Some(Trouble::NoWay)),
            ("Connection refused (os error 111)", None),
        ] {
            assert_eq!(Trouble::of(cause), trouble, "{cause}");
        }
    }

    #[test]
    fn a_certificate_says_what_is_wrong_with_it() {
        let (time, later) = (
            UnixTime::since_unix_epoch(Duration::ZERO),
            UnixTime::since_unix_epoch(Duration::from_secs(90)),
        );
        let expired = CertificateError::ExpiredContext {
            time: later,
            not_after: time,
        };
        assert_eq!(about(&expired).unwrap(), "its certificate ran out at 1970-01-01T00:00:00Z");
        let early = CertificateError::NotValidYetContext { time, not_before: later };
        assert_eq!(
            about(&early).unwrap(),
            "its certificate is good from 1970-01-01T00:01:30Z on; is the clock of this machine right?"
        );
        let carried = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(early.clone())));
        assert_eq!(certificate_error(&carried), Some(&early));
        assert_eq!(about(&CertificateError::Revoked), None);
        let of = |names: &[&str]| CertificateError::NotValidForNameContext {
            expected: "reg.example".try_into().unwrap(),
            presented: names.iter().map(ToString::to_string).collect(),
        };
        let names = ["DnsName(\"*.example\u{1b}\")", "IpAddress(10.0.0.1)", "a", "b", "c", "d"];
        assert_eq!(
            about(&of(&names)).unwrap(),
            "its certificate is not for this host, but for *.example, 10.0.0.1, a, b, c and others"
        );
    }
}
