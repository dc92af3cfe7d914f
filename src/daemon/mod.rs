//! A Docker Engine that runs here: its images as the archives that `docker save` and `docker load` speak of.
//!
//! The paths carry no version of the API: every Engine takes them, whichever versions it has given up, and what they do here
//! has not changed since the first. What is in an archive is the business of whoever reads or writes it, and how an Engine is
//! found that of the settings. No login is ever sent.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod address;
mod answer;
mod error;
mod load;
mod save;

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode, Url};

use crate::reference::Reference;
use crate::store::{Error, Result};

pub use address::{Address, NoAddress};
pub use error::{NoEngine, NoImage, Trouble};
pub use load::{Loading, Writing};
pub use save::{Reading, Saved};

use load::Outgoing;

/// How long a connection may take.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an Engine may work without a word: it writes an image aside before the first byte of a save, and unpacks
/// all of one before it says that it is loaded.
const BUSY: Duration = Duration::from_hours(1);

/// An Engine, as it is spoken to. Nothing is connected to until something is asked.
#[derive(Clone)]
pub struct Engine {
    address: Address,
    client: Client,
    silence: Duration,
}

impl Engine {
    /// The Engine at an address, which may say nothing for as long as `silence` where it has nothing to do.
    pub fn at(address: Address, silence: Duration) -> Result<Self> {
        let builder = Client::builder()
            .user_agent(concat!("lugger/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            // It is plain HTTP: no certificate is looked for.
            .tls_certs_only([])
            .connect_timeout(DIAL_TIMEOUT);
        let client = address.reached_by(builder).build();
        Ok(Self {
            client: client.map_err(|error| Error::other(error).context("cannot set up HTTP"))?,
            address,
            silence,
        })
    }

    /// Does it have an image?
    pub async fn has(&self, name: &Reference) -> Result<bool> {
        let answer = self.ask(Method::GET, &image(name, "json"), "").await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(answer::refusal(answer, self.silence).await),
        }
    }

    /// An image as an archive, which is read as it comes.
    ///
    /// # Errors
    /// `NotFound` with [`NoImage`]; [`NoEngine`].
    pub async fn save(&self, name: &Reference) -> Result<Saved> {
        if !self.has(name).await? {
            let names = self.names().await.unwrap_or_default();
            return Err(Error::not_found(NoImage::new(name, &names)));
        }
        let request = self.request(Method::GET, &image(name, "get"), "");
        let answer = self.answered(request, BUSY).await?;
        if answer.status() != StatusCode::OK {
            return Err(answer::refusal(answer, self.silence).await);
        }
        Ok(Saved::of(answer, self.silence))
    }

    /// Begins to load an archive, which is sent as it is written. The Engine names its images when it has all of it.
    #[must_use]
    pub fn load(&self) -> (Writing, Loading) {
        let (writing, body, meter) = Outgoing::new();
        let engine = self.clone();
        let sending = async move {
            let request = engine.request(Method::POST, "images/load", "quiet=1");
            let request = request.header(CONTENT_TYPE, "application/x-tar").body(Body::wrap(body));
            let loaded = async {
                let answer = engine.answered(request, Duration::MAX).await?;
                match answer.status() {
                    StatusCode::OK => answer::success(answer, BUSY).await,
                    _ => Err(answer::refusal(answer, engine.silence).await),
                }
            };
            tokio::select! {
                loaded = loaded => loaded,
                silence = meter.stalled(engine.silence, BUSY) => Err(engine.silent(silence)),
            }
        };
        let loading = Loading::new(tokio::spawn(sending), &writing);
        (writing, loading)
    }

    /// The names of its images.
    async fn names(&self) -> Result<Vec<String>> {
        let answer = self.ask(Method::GET, "images/json", "").await?;
        if answer.status() != StatusCode::OK {
            return Err(answer::refusal(answer, self.silence).await);
        }
        answer::names(answer, self.silence).await
    }

    async fn ask(&self, method: Method, path: &str, query: &str) -> Result<Response> {
        self.answered(self.request(method, path, query), self.silence).await
    }

    /// The head of an answer, for which is waited so long.
    async fn answered(&self, request: RequestBuilder, patience: Duration) -> Result<Response> {
        match tokio::time::timeout(patience, request.send()).await {
            Ok(answer) => answer.map_err(|error| error::unanswered(&self.address, &error)),
            Err(_) => Err(self.silent(patience)),
        }
    }

    fn silent(&self, silence: Duration) -> Error {
        NoEngine::silent(&self.address, silence).into()
    }

    fn request(&self, method: Method, path: &str, query: &str) -> RequestBuilder {
        let mut url: Url = self.address.url().clone();
        url.set_path(path);
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        self.client.request(method, url)
    }
}

/// Where the Engine has something of an image. References have no letter that a URL would need written otherwise.
fn image(name: &Reference, what: &str) -> String {
    format!("images/{}/{what}", name.familiar())
}
