//! TLS for a fake server: a certificate authority of its own, which nobody knows unless told, and a certificate for
//! the loopback addresses. Which programs trust it is for the test to arrange.

use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// The name of the authority, as an error message may give it.
const AUTHORITY: &str = "Test Authority of the Harbour";

/// The names of this machine.
const LOOPBACK: [&str; 2] = ["127.0.0.1", "localhost"];

/// What a server needs to speak TLS, and a client to believe it.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(super) authority_pem: String,
    /// A certificate and its key that the server takes, where it wants one.
    pub(super) client_pem: String,
}

/// What is wrong with a certificate of an authority that is trusted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    /// Its time is over.
    Expired,
    /// It is for another host.
    OtherName,
}

impl Identity {
    /// One that nobody should believe.
    pub(super) fn flawed(flaw: Flaw) -> Self {
        let (authority, issuer) = authority();
        let names = match flaw {
            Flaw::Expired => LOOPBACK.map(String::from).to_vec(),
            Flaw::OtherName => vec!["other.example".to_string()],
        };
        let mut params = CertificateParams::new(names).unwrap();
        if matches!(flaw, Flaw::Expired) {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self {
            acceptor: acceptor(certificate.der().clone(), key, None),
            authority_pem: authority.pem(),
            client_pem: String::new(),
        }
    }

    /// `mutual`: whoever shows no certificate of the authority is turned away.
    pub(crate) fn new(mutual: bool) -> Self {
        let (authority, issuer) = authority();
        let (certificate, key) = signed(&issuer);
        let (client, client_key) = signed(&issuer);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let believed = mutual.then(|| authority.der().clone());
        Self {
            acceptor: acceptor(certificate.der().clone(), key, believed),
            authority_pem: authority.pem(),
            client_pem: client.pem() + &client_key.serialize_pem(),
        }
    }
}

/// A certificate for the loopback addresses.
fn signed(issuer: &Issuer<'static, KeyPair>) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names = LOOPBACK.map(String::from);
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, issuer).unwrap();
    (certificate, key)
}

/// Certificate and key of a server for others to run, and the authority behind it, all in PEM.
pub(crate) fn certificate_pems() -> [String; 3] {
    let (authority, issuer) = authority();
    let (certificate, key) = signed(&issuer);
    [certificate.pem(), key.serialize_pem(), authority.pem()]
}

fn authority() -> (Certificate, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, AUTHORITY);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate, Issuer::new(params, key))
}

fn acceptor(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    believed: Option<CertificateDer<'static>>,
) -> TlsAcceptor {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match believed {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => builder.with_no_client_auth(),
    };
    TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate], key).unwrap()))
}
