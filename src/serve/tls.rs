//! The server's certificate and key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file has no certificates, or no key, in PEM.
    #[error("cannot read a {what} in {path}")]
    Pem {
        /// A certificate or a key.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: pem::Error,
    },
    /// The two do not belong together.
    #[error("the key is not that of the certificate")]
    Strangers,
    /// The first is no certificate.
    #[error("the certificate is damaged")]
    Damaged,
    /// The second is no key, or of a kind that is not known.
    #[error("the key is damaged, or of another kind than RSA, ECDSA and Ed25519")]
    Key,
    /// Whatever else is wrong with them.
    #[error("the certificate and the key cannot be used")]
    Unfit(#[source] rustls::Error),
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InconsistentKeys(_) => Self::Strangers,
            rustls::Error::InvalidCertificate(rustls::CertificateError::BadEncoding) => Self::Damaged,
            // The library says no more of a key.
            rustls::Error::General(_) => Self::Key,
            error => Self::Unfit(error),
        }
    }
}

/// Speaks TLS by a chain of certificates, the server's own first, and its key.
pub(super) fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let unread = |what, path: &Path| {
        let path = path.to_owned();
        move |cause| TlsError::Pem { what, path, cause }
    };
    let found = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = found.map_err(unread("certificate", chain))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(unread("key", key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
