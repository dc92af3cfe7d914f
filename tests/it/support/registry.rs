//! A fake registry in memory that speaks the Docker Registry HTTP API v2 correctly until a rule says otherwise. It
//! knows nothing of the program under test and writes its JSON by hand. Real registries are in `peers`.

mod access;
mod blobs;
mod content;
mod listing;
mod manifests;
mod route;
mod uploads;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use super::image::{Blob, Image, Index};
use super::server::{Arrived, Flaw, Handler, Log, Request, Response, Rule, Server};
use super::token::TokenServer;
use access::Guard;
use content::Content;
use route::{Place, Route};

/// The running registry.
pub(crate) struct Registry {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    origin: String,
    guard: Mutex<Guard>,
    habits: Mutex<Habits>,
    content: Mutex<Content>,
}

/// What registries do differently, each within their rights.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "habits are independent of each other")]
pub(crate) struct Habits {
    /// The Location of an upload, with `{origin}`, `{path}` and `{state}` to fill in.
    pub(crate) location: String,
    /// An interrupted PUT or PATCH can go on: `GET Location` tells from where.
    pub(crate) resumable_uploads: bool,
    /// `POST ?digest=` with a body stores the blob; else the body is ignored and a session opened.
    pub(crate) single_post: bool,
    /// A DELETE by tag removes the tag; else it is refused as 2.8 of distribution does.
    pub(crate) delete_by_tag: bool,
    /// Tags and repositories on a page where `n` does not say.
    pub(crate) page: usize,
    /// `?tag=` on a manifest PUT by digest sets tags and is acknowledged with `OCI-Tag`.
    pub(crate) tags_by_query: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            location: "{origin}{path}?_state={state}".to_string(),
            resumable_uploads: false,
            single_post: false,
            delete_by_tag: true,
            page: usize::MAX,
            tags_by_query: false,
        }
    }
}

impl Registry {
    /// Open to everyone.
    pub(crate) fn start() -> Self {
        Self::launch("http", |front| Server::start(front))
    }

    /// The same over TLS, with a certificate nobody trusts unless told.
    pub(crate) fn start_tls() -> Self {
        Self::launch("https", |front| Server::start_tls(front))
    }

    /// The same, for those alone who show a certificate.
    pub(crate) fn start_mutual_tls() -> Self {
        Self::launch("https", |front| Server::start_mutual_tls(front))
    }

    /// The same, with a certificate that is not good though its authority may be known.
    pub(crate) fn start_flawed(flaw: Flaw) -> Self {
        Self::launch("https", |front| Server::start_flawed(front, flaw))
    }

    fn launch(scheme: &str, serve: impl FnOnce(&mut dyn FnMut(SocketAddr) -> Front) -> Server) -> Self {
        let mut shared = None;
        let server = serve(&mut |address| {
            let registry = Arc::new(Shared {
                origin: format!("{scheme}://{address}"),
                guard: Mutex::default(),
                habits: Mutex::default(),
                content: Mutex::default(),
            });
            shared = Some(Arc::clone(&registry));
            Front(registry)
        });
        Self {
            server,
            shared: shared.unwrap(),
        }
    }

    /// The authority behind the certificate, in PEM.
    pub(crate) fn authority_pem(&self) -> &str {
        self.server.authority_pem()
    }

    /// A certificate and its key to show, in PEM.
    pub(crate) fn client_pem(&self) -> &str {
        self.server.client_pem()
    }

    /// The challenge is the whole value of `WWW-Authenticate`.
    pub(crate) fn with_basic(self, user: &str, password: &str, challenge: &str) -> Self {
        *self.shared.guard.lock().unwrap() = Guard::basic(user, password, challenge);
        self
    }

    /// Believes the tokens of that server, and names it in its challenges.
    pub(crate) fn with_token_server(self, tokens: &TokenServer) -> Self {
        self.with_realm(tokens, &tokens.realm())
    }

    /// The same under another name. Tokens are also handed out here, at `/token`, for a relative realm.
    pub(crate) fn with_realm(self, tokens: &TokenServer, realm: &str) -> Self {
        *self.shared.guard.lock().unwrap() = Guard::tokens(tokens.office(), realm);
        self
    }

    pub(crate) fn with_habits(self, change: impl FnOnce(&mut Habits)) -> Self {
        change(&mut self.shared.habits.lock().unwrap());
        self
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    /// The reference of something in this registry: `registry.name("app:1")`.
    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host())
    }

    pub(crate) fn rule(&self, rule: Rule) {
        self.server.rule(rule);
    }

    /// `http://127.0.0.1:PORT` or `https://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> &str {
        &self.shared.origin
    }

    pub(crate) fn clear_rules(&self) {
        self.server.clear_rules();
    }

    pub(crate) fn log(&self) -> &Log {
        self.server.log()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log().requests()
    }

    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        self.log().count(method, part)
    }

    pub(crate) fn put_image(&self, repository: &str, tag: &str, image: &Image) {
        image.blobs().for_each(|blob| self.put_blob(repository, blob));
        self.put_manifest(repository, Some(tag), &image.manifest);
    }

    /// An index with its images; the images have no tag.
    pub(crate) fn put_index(&self, repository: &str, tag: &str, index: &Index) {
        for image in &index.images {
            image.blobs().for_each(|blob| self.put_blob(repository, blob));
            self.put_manifest(repository, None, &image.manifest);
        }
        self.put_manifest(repository, Some(tag), &index.manifest);
    }

    /// Unchecked: a manifest may be put whose parts are missing, or whose digest is a lie.
    pub(crate) fn put_manifest(&self, repository: &str, tag: Option<&str>, manifest: &Blob) {
        self.content().put_manifest(repository, tag, manifest);
    }

    pub(crate) fn put_blob(&self, repository: &str, blob: &Blob) {
        self.content().put_blob(repository, &blob.digest, blob.bytes.clone().into());
    }

    /// The bytes of a manifest by tag or digest.
    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Option<Vec<u8>> {
        self.content()
            .manifest(repository, reference)
            .map(|manifest| manifest.bytes.to_vec())
    }

    /// The digest a tag stands for.
    pub(crate) fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        self.content().tags(repository).get(tag).cloned()
    }

    /// The bytes of a blob, in whatever repository it is.
    pub(crate) fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        self.content().stored(digest).map(|bytes| bytes.to_vec())
    }

    pub(crate) fn has_blob(&self, repository: &str, digest: &str) -> bool {
        self.content().blob(repository, digest).is_some()
    }

    pub(crate) fn tags(&self, repository: &str) -> Vec<String> {
        self.content().tags(repository).into_keys().collect()
    }

    /// Upload sessions that were opened and neither finished nor cancelled.
    pub(crate) fn open_uploads(&self) -> usize {
        self.content().open_uploads()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.shared.content.lock().unwrap()
    }
}

/// Lets requests in and sends them where they belong.
struct Front(Arc<Shared>);

impl Handler for Front {
    fn answer(&self, request: &Request, body: &Arrived) -> Response {
        let shared = &self.0;
        if let Some(answer) = shared.guard.lock().unwrap().token_request(request, &body.bytes) {
            return answer;
        }
        let Some(route) = Route::of(&request.path) else {
            return Response::new(404).body("404 page not found\n");
        };
        let refusal = shared.guard.lock().unwrap().refuses(request, &route);
        let answer = refusal.unwrap_or_else(|| shared.dispatch(request, body, &route));
        answer.header("docker-distribution-api-version", "registry/2.0")
    }
}

impl Shared {
    fn dispatch(&self, request: &Request, body: &Arrived, route: &Route) -> Response {
        let habits = self.habits.lock().unwrap().clone();
        let mut content = self.content.lock().unwrap();
        let repository = route.repository.as_str();
        match &route.place {
            Place::Base => Response::json(200, "{}"),
            Place::Storage(digest) => blobs::from_storage(&content, request, digest),
            Place::Catalog => listing::catalog(&content, request, &habits),
            Place::Tags => listing::tags(&content, request, repository, &habits),
            Place::Referrers => Response::new(404).body("404 page not found\n"),
            Place::Blob(digest) => blobs::answer(&mut content, request, repository, digest),
            Place::Manifest(reference) => manifests::answer(&mut content, &habits, request, body, repository, reference),
            Place::Upload(id) => {
                let desk = uploads::Desk {
                    origin: &self.origin,
                    habits: &habits,
                    request,
                    repository,
                };
                desk.answer(&mut content, body, id)
            }
        }
    }
}
