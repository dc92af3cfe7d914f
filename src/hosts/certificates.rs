//! Folders of certificates as docker has them: `*.crt` are authorities, `X.cert` and `X.key` a certificate to show
//! ([docker](https://docs.docker.com/engine/security/certificates/)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::hosts::{ClientCertificate, HostsError, Tls};

/// The TLS files of a folder; none if there is no such folder.
pub(super) fn in_folder(folder: &Path) -> Result<Tls, HostsError> {
    let files = match files(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Tls::default()),
        Err(cause) => {
            let path = folder.to_path_buf();
            return Err(HostsError::Unread { path, cause });
        }
    };
    Ok(Tls {
        authorities: with_extension(&files, "crt").cloned().collect(),
        client: pair(&files)?,
        skip_verify: false,
    })
}

/// Sorted, so that the same files give the same choice everywhere.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}

fn with_extension<'a>(files: &'a [PathBuf], extension: &'a str) -> impl Iterator<Item = &'a PathBuf> {
    files
        .iter()
        .filter(move |path| path.extension().is_some_and(|own| own == extension))
}

/// The first certificate with its key. Half a pair is an error, as it is for docker.
fn pair(files: &[PathBuf]) -> Result<Option<ClientCertificate>, HostsError> {
    for (own, other) in [("cert", "key"), ("key", "cert")] {
        for path in with_extension(files, own) {
            let partner = path.with_extension(other);
            if !files.contains(&partner) {
                let missing = partner.file_name().unwrap_or_default().display().to_string();
                return Err(HostsError::Halved {
                    path: path.clone(),
                    missing,
                });
            }
        }
    }
    Ok(with_extension(files, "cert").next().map(|certificate| ClientCertificate {
        certificate: certificate.clone(),
        key: Some(certificate.with_extension("key")),
    }))
}
