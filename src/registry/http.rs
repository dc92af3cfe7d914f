//! The HTTP client, built when it is first needed: reading the system's certificates takes longer than most commands.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::store::Error;

/// One HTTP client for all hosts.
#[derive(Default)]
pub(super) struct Http(OnceLock<Client>);

impl Http {
    pub(super) fn client(&self) -> Result<Client, Error> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        // A machine without a certificate store still reaches plain registries and those of public authorities.
        let built = builder()
            .build()
            .or_else(|_| builder().tls_certs_only(public_authorities()).build());
        let client = built.map_err(|error| Error::other(error).context("cannot set up HTTPS"))?;
        Ok(self.0.get_or_init(|| client).clone())
    }
}

/// HTTP/1.1 alone: HTTP/2's flow control caps a download at window per round trip, and shares one connection among all
/// layers. No timeout of the library is set, since its read timeout also runs while a request body is being sent
/// ([reqwest#2784](https://github.com/seanmonstar/reqwest/issues/2784)).
fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("lugger/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        )]))
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(15))
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_mins(1))
        .pool_max_idle_per_host(16)
}

fn public_authorities() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|certificate| Certificate::from_der(certificate).ok())
}
