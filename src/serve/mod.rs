//! A layout as a registry: what `lugger serve` answers, by the
//! [OCI distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
//!
//! There is no second store. Which image of the layout a request means follows from one rule:
//!
//! - The server's own names are those of [`Options::names`], the address it listens at, and `localhost`, `127.0.0.1` and
//!   `[::1]` with its port. What is pushed to `team/app:1` gets the name `HOST/team/app:1`, where HOST is the own name that
//!   the client called the server by, or the first own name if it used another one.
//! - `team/app` is read from the images whose host is an own name; all own names are one. If its first part is a host, as in
//!   `docker.io/library/alpine`, the images of that name are read too. With `?ns=docker.io` the images of that host alone
//!   are. What was not pushed here can only be read.
//! - A manifest without a tag is named by its digest (`HOST/team/app@sha256:…`), unless an index of the same repository holds
//!   it. A tag that is deleted, or given to another image, leaves the image there by its digest. A digest that is deleted
//!   takes its tags along; one that an index holds is deleted with the index.
//! - Blobs belong to the store: whatever is there is served in every repository. One is deleted only if no name reaches it.
//!
//! Names that other processes give or take count at once. How bytes get into the store safely is the layout's business.

mod access;
mod answer;
mod auth;
mod blobs;
mod body;
mod connection;
mod hosts;
mod lists;
mod manifests;
mod patience;
mod refusal;
mod repository;
mod request;
mod room;
mod router;
mod shelf;
mod tls;
mod uploads;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::layout::Layout;
use crate::reference::RegistryName;

pub use auth::{Users, UsersError};
pub use tls::TlsError;

use hosts::Hosts;
use room::Room;
use shelf::Shelf;
use uploads::Uploads;

/// How to serve.
#[derive(Default)]
pub struct Options {
    /// What clients call the server, beside the address it listens at.
    pub names: Vec<RegistryName>,
    /// Refuse whatever would change the store.
    pub read_only: bool,
    /// Who may use it; anybody if nothing is said.
    pub users: Option<Users>,
    /// A certificate with its chain, and its key, in PEM; plain HTTP without them.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Who is told of every request, by a line each; nobody if nothing is said.
    pub access: Option<Report>,
}

/// Whom a failure of the store, or of a connection to be, is told: a line each.
pub type Report = Box<dyn Fn(&str) + Send + Sync>;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
    service: Arc<Service>,
}

/// What all connections have in common.
struct Service {
    store: Layout,
    shelf: Shelf,
    hosts: Hosts,
    read_only: bool,
    users: Option<Users>,
    uploads: Uploads,
    /// For the manifests that are in memory.
    room: Room,
    report: Report,
    access: Option<Report>,
}

/// Why no server came up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not to be had.
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// A name that a reference would not be read to mean.
    #[error("`{0}` cannot be the name of a registry in front of a path")]
    Name(RegistryName),
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Server {
    /// Listens at `HOST:PORT`; port 0 stands for any that is free.
    pub async fn bind(address: &str, store: Layout, options: Options, report: Report) -> Result<Self, StartError> {
        let tls = options.tls.map(|(chain, key)| tls::acceptor(&chain, &key)).transpose()?;
        let unheard = |cause| StartError::Listen {
            address: address.to_owned(),
            cause,
        };
        let listener = TcpListener::bind(address).await.map_err(unheard)?;
        let bound = listener.local_addr().map_err(unheard)?;
        let service = Service {
            uploads: Uploads::new(store.clone()),
            store,
            shelf: Shelf::default(),
            hosts: Hosts::new(options.names, bound).map_err(StartError::Name)?,
            read_only: options.read_only,
            users: options.users,
            room: Room::default(),
            report,
            access: options.access,
        };
        Ok(Self {
            listener,
            tls,
            address: bound,
            service: Arc::new(service),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is done, and then ends what is under way, within bounds.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        connection::serve(self, stop).await;
    }
}
