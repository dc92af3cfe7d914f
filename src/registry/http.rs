//! HTTP clients, built when they are first needed: reading the system's certificates takes longer than most commands.
//!
//! Hosts whose TLS is set up alike share a client. What a host is shown, a certificate or leniency, is for its own
//! scheme, host and port: a redirect or a token server elsewhere gets a client without them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(test)]
use futures_util::future::BoxFuture;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Identity, Method, RequestBuilder, Response, Url};

use crate::hosts::{ClientCertificate, Tls};
use crate::registry::endpoint::Endpoint;
use crate::registry::issuer::{Signature, Witness};
use crate::registry::locality::is_loopback;
use crate::settings;
use crate::store::Error;

/// How long a connection may take where nothing is said.
const DIAL_TIMEOUT: Duration = Duration::from_secs(15);
/// The same for a mirror, beside which others can be asked.
const MIRROR_DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// What a command's flags say of all its registries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// May they be spoken to by plain HTTP?
    pub plain_http: bool,
    /// Is any certificate taken?
    pub insecure: bool,
    /// A further authority, in PEM.
    pub authority: Option<PathBuf>,
}

/// Answers requests in place of the network, so that tests can play any network there is.
#[cfg(test)]
pub(crate) trait SimulatedNetwork: Send + Sync {
    /// Returns the head of the response; its body comes as the network gives it.
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, reqwest::Result<Response>>;
}

/// All HTTP clients of a command.
#[derive(Default)]
pub(super) struct Http {
    trust: Trust,
    clients: Mutex<HashMap<Setup, Client>>,
    #[cfg(test)]
    simulated: Option<Arc<dyn SimulatedNetwork>>,
}

/// What makes one client differ from another.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Setup {
    tls: Tls,
    dial_timeout: Duration,
    /// Is it for this very machine, which is reached without a proxy?
    direct: bool,
}

impl Http {
    pub(super) fn new(trust: Trust) -> Self {
        Self {
            trust,
            ..Self::default()
        }
    }

    /// Clients whose requests a simulated network answers.
    #[cfg(test)]
    pub(super) fn simulated(network: Arc<dyn SimulatedNetwork>) -> Self {
        Self {
            simulated: Some(network),
            ..Self::default()
        }
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }

    fn client(&self, setup: Setup) -> Result<Client, Error> {
        #[cfg(test)]
        if self.simulated.is_some() {
            return Ok(unconnected());
        }
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&setup) {
            return Ok(client.clone());
        }
        let client = self.build(&setup)?;
        clients.insert(setup, client.clone());
        Ok(client)
    }

    fn build(&self, setup: &Setup) -> Result<Client, Error> {
        let mut extra = Vec::new();
        for path in setup.tls.authorities.iter().chain(&self.trust.authority) {
            extra.extend(authorities(path)?);
        }
        let identity = setup.tls.client.as_ref().map(identity).transpose()?;
        let builder = || {
            let builder = builder(setup).tls_danger_accept_invalid_certs(setup.tls.skip_verify || self.trust.insecure);
            match identity.clone() {
                Some(identity) => builder.identity(identity),
                None => builder,
            }
        };
        // A machine without a certificate store still reaches plain registries and those of public authorities.
        builder()
            .tls_certs_merge(extra.clone())
            .build()
            .or_else(|_| builder().tls_certs_only(public_authorities().chain(extra)).build())
            .map_err(|error| Error::other(error).context("cannot set up HTTPS"))
    }
}

/// The way to one endpoint, and to where it leads.
pub(super) struct Wire {
    http: Arc<Http>,
    endpoint: Arc<Endpoint>,
}

impl Wire {
    /// Reads the endpoint's own certificates, if it has any, so that a bad file is told before anything is sent.
    pub(super) fn new(http: Arc<Http>, endpoint: Arc<Endpoint>) -> Result<Self, Error> {
        let wire = Self { http, endpoint };
        if *wire.endpoint.tls() != Tls::default() {
            wire.http.client(wire.setup(true, false))?;
        }
        Ok(wire)
    }

    /// Is a URL at the endpoint itself?
    pub(super) fn is_home_of(&self, url: &Url) -> bool {
        self.endpoint.is_home_of(url)
    }

    pub(super) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Error> {
        let setup = self.setup(self.endpoint.is_home_of(&url), is_loopback(&url));
        Ok(self.http.client(setup)?.request(method, url))
    }

    /// Sends a request and returns the head of its response.
    pub(super) async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        #[cfg(test)]
        if let Some(network) = &self.http.simulated {
            return network.send(request.build()?).await;
        }
        request.send().await
    }

    /// The proxy that a request goes by, as messages call it. Its address may have a password in it, which is left out.
    pub(super) fn proxy(url: &Url) -> Option<String> {
        if is_loopback(url) {
            return None;
        }
        let way = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
        let address = way.uri().authority()?.as_str().rsplit('@').next()?;
        Some(match settings::proxy_variable(url.scheme() == "https") {
            Some(variable) => format!("{address} that `{variable}` names"),
            None => address.to_owned(),
        })
    }

    /// Who signed the certificate of a host that nobody here knows. Nothing is said to it: the connection ends with its
    /// certificate.
    pub(super) async fn signature(&self, url: &Url) -> Option<Signature> {
        let witness = Witness::new();
        let setup = self.setup(false, is_loopback(url));
        let client = builder(&setup).tls_backend_preconfigured(witness.tls()?).build().ok()?;
        let failing = client.head(url.clone()).timeout(Duration::from_secs(5)).send();
        drop(failing.await);
        witness.signature()
    }

    fn setup(&self, at_home: bool, direct: bool) -> Setup {
        let mut tls = self.endpoint.tls().clone();
        if !at_home {
            tls.client = None;
            tls.skip_verify = false;
        }
        let usual = if self.endpoint.is_mirror() {
            MIRROR_DIAL_TIMEOUT
        } else {
            DIAL_TIMEOUT
        };
        Setup {
            tls,
            dial_timeout: self.endpoint.dial_timeout().unwrap_or(usual),
            direct,
        }
    }
}

/// HTTP/1.1 alone: HTTP/2's flow control caps a download at window per round trip, and shares one connection among all
/// layers. No timeout of the library is set, since its read timeout also runs while a request body is being sent
/// ([reqwest#2784](https://github.com/seanmonstar/reqwest/issues/2784)).
fn builder(setup: &Setup) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("lugger/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        )]))
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(setup.dial_timeout)
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_mins(1))
        .pool_max_idle_per_host(16);
    let builder = patient(builder);
    if setup.direct { builder.no_proxy() } else { builder }
}

/// The library would have the system end connections whose bytes nobody takes for 30 s. How long that may last is ours to
/// say, and to tell.
#[cfg(target_os = "linux")]
fn patient(builder: ClientBuilder) -> ClientBuilder {
    builder.tcp_user_timeout(None)
}

#[cfg(not(target_os = "linux"))]
fn patient(builder: ClientBuilder) -> ClientBuilder {
    builder
}

/// A client that only makes requests, for a simulated network to answer: built once, since that takes milliseconds.
#[cfg(test)]
fn unconnected() -> Client {
    static CLIENT: std::sync::OnceLock<Client> = std::sync::OnceLock::new();
    let build = || Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    CLIENT.get_or_init(build).clone()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::other(error).context(format!("cannot read {}", path.display())))
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Error> {
    let found = Certificate::from_pem_bundle(&read(path)?).unwrap_or_default();
    if found.is_empty() {
        let text = format!("{} holds no certificate in PEM", path.display());
        return Err(Error::other(anyhow::anyhow!(text)));
    }
    Ok(found)
}

fn identity(client: &ClientCertificate) -> Result<Identity, Error> {
    let mut pem = read(&client.certificate)?;
    if let Some(key) = &client.key {
        pem.push(b'\n');
        pem.extend(read(key)?);
    }
    Identity::from_pem(&pem).map_err(|_| {
        let text = format!("{} is no certificate with its key in PEM", client.certificate.display());
        Error::other(anyhow::anyhow!(text))
    })
}

fn public_authorities() -> impl Iterator<Item = Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|certificate| Certificate::from_der(certificate).ok())
}
