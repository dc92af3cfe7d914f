//! Who signed a certificate, and its fingerprint, for the message about one that nobody here knows.
//!
//! A [`Witness`] looks at the certificate and hangs up, so nothing is said to a host that is not trusted. Only as much of
//! [X.509](https://www.rfc-editor.org/rfc/rfc5280#section-4.1) is read as leads to the issuer's name, and nothing is
//! decided by it.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::registry::error::clean;

/// Trusts nobody, and remembers who signed.
#[derive(Debug)]
pub(super) struct Witness {
    provider: Arc<CryptoProvider>,
    signature: OnceLock<Signature>,
}

/// Who signed a certificate, and by what a person can tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// The name of who signed it, where it has one.
    pub(super) issuer: Option<String>,
    /// The SHA-256 of the server's own certificate, as `openssl x509 -fingerprint` writes it.
    pub(super) fingerprint: String,
}

impl Witness {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            provider: Arc::new(aws_lc_rs::default_provider()),
            signature: OnceLock::new(),
        })
    }

    /// TLS that ends as soon as the certificate was seen.
    pub(super) fn tls(self: &Arc<Self>) -> Option<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions().ok()?.dangerous();
        let verifier: Arc<dyn ServerCertVerifier> = Arc::<Self>::clone(self);
        Some(builder.with_custom_certificate_verifier(verifier).with_no_client_auth())
    }

    pub(super) fn signature(&self) -> Option<Signature> {
        self.signature.get().cloned()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The last of the chain names the authority that is lacking; those between are the server's own.
        let last = chain.last().unwrap_or(certificate);
        let _ = self.signature.set(Signature {
            issuer: issuer(last),
            fingerprint: fingerprint(certificate),
        });
        Err(CertificateError::UnknownIssuer.into())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(CertificateError::BadSignature.into())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(CertificateError::BadSignature.into())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn fingerprint(certificate: &[u8]) -> String {
    let hash = Sha256::digest(certificate);
    let pairs: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// The object identifiers of a common name and of an organisation.
const NAMES: [&[u8]; 2] = [&[0x55, 4, 3], &[0x55, 4, 10]];

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The common name of a certificate's issuer, or its organisation's.
fn issuer(certificate: &[u8]) -> Option<String> {
    let certificate = element(certificate, SEQUENCE)?.content;
    let mut fields = element(certificate, SEQUENCE)?.content;
    if let Some(version) = element(fields, VERSION) {
        fields = version.rest;
    }
    let serial = any_element(fields)?;
    let algorithm = any_element(serial.rest)?;
    let issuer = element(algorithm.rest, SEQUENCE)?.content;
    NAMES.iter().find_map(|kind| attribute(issuer, kind))
}

/// The value of one kind in a name: a sequence of sets of pairs.
fn attribute(name: &[u8], kind: &[u8]) -> Option<String> {
    let mut rest = name;
    while let Some(set) = any_element(rest) {
        let pair = element(set.content, SEQUENCE)?;
        let identifier = any_element(pair.content)?;
        if identifier.content == kind {
            let value = any_element(identifier.rest)?;
            return Some(clean(&String::from_utf8_lossy(value.content))).filter(|text| !text.is_empty());
        }
        rest = set.rest;
    }
    None
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

fn element(bytes: &[u8], tag: u8) -> Option<Element<'_>> {
    any_element(bytes).filter(|element| element.tag == tag)
}

fn any_element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Element { tag, content, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_found_and_nonsense_is_none() {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Harbour");
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Authority \u{1b}[31m");
        let key = rcgen::KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        assert_eq!(issuer(&der).unwrap(), "Authority [31m");
        assert!(fingerprint(b"").starts_with("E3:B0:C4:42:98:FC:1C:14:"));
        for end in 0..der.len() {
            issuer(&der[..end]);
        }
        assert_eq!(issuer(&[0x30, 0x84, 255, 255, 255, 255]), None);
    }
}
