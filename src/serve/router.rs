//! From a request to its answer: who may ask, what is asked, and which part of the server answers.

use std::sync::Arc;

use hyper::header::HeaderName;
use hyper::{Method, StatusCode};

use crate::serve::access::Visit;
use crate::serve::answer::{Answer, Builder};
use crate::serve::refusal::{Code, Refusal};
use crate::serve::request::{Request, Route};
use crate::serve::{Service, blobs, lists, manifests, uploads};

/// What clients of the older protocol look for.
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// Answers a request, whatever becomes of it.
pub(super) async fn answer(service: Arc<Service>, request: Request) -> Answer {
    let mut visit = Visit::of(&request);
    let answered = match admit(&service, &request).await {
        Ok(user) => {
            visit.user = user;
            route(&service, request).await
        }
        Err(refusal) => Err(refusal),
    };
    let answer = answered.unwrap_or_else(|refusal| {
        if let Some(failure) = refusal.failure() {
            (service.report)(&format!("{}: {:#}", visit.asked(), failure.cause()));
        }
        refusal.into_answer()
    });
    visit.attend(&service, answer)
}

/// Lets in whoever may ask, and says who that is where somebody must be.
async fn admit(service: &Service, request: &Request) -> Result<Option<String>, Refusal> {
    service.hosts.check(request.host())?;
    match &service.users {
        Some(users) => users.check(request).await.map(Some),
        None => Ok(None),
    }
}

async fn route(service: &Arc<Service>, request: Request) -> Result<Answer, Refusal> {
    let method = request.head.method.clone();
    if service.read_only && !matches!(method, Method::GET | Method::HEAD) {
        return Err(Refusal::new(Code::Unsupported, "this registry is read-only"));
    }
    let Some(route) = Route::of(request.head.uri.path()) else {
        return Err(Refusal::new(Code::Unknown, "there is nothing here").with_status(StatusCode::NOT_FOUND));
    };
    let reads = matches!(method, Method::GET | Method::HEAD);
    match route {
        Route::Base if reads => Ok(Builder::new(StatusCode::OK)
            .header(API_VERSION, "registry/2.0")
            .json("{}".to_owned())),
        Route::Catalog if reads => lists::catalog(service, &request).await,
        Route::Tags(path) if reads => lists::tags(service, &request, &path).await,
        Route::Referrers(path, digest) if reads => lists::referrers(service, &request, &path, &digest).await,
        Route::Base | Route::Catalog | Route::Tags(_) | Route::Referrers(..) => Err(Refusal::method("GET, HEAD")),
        Route::Manifest(path, reference) => match method {
            Method::GET | Method::HEAD => manifests::get(service, &request, &path, &reference).await,
            Method::PUT => manifests::put(service, request, &path, &reference).await,
            Method::DELETE => manifests::delete(service, &request, &path, &reference).await,
            _ => Err(Refusal::method("GET, HEAD, PUT, DELETE")),
        },
        Route::Blob(path, digest) => match method {
            Method::GET | Method::HEAD => blobs::get(service, &request, &path, &digest).await,
            Method::DELETE => blobs::delete(service, &request, &path, &digest).await,
            _ => Err(Refusal::method("GET, HEAD, DELETE")),
        },
        Route::Uploads(path) => match method {
            Method::POST => uploads::begin(service, request, &path).await,
            _ => Err(Refusal::method("POST")),
        },
        Route::Upload(path, id) => match method {
            Method::GET | Method::HEAD => uploads::status(service, &request, &path, &id),
            Method::PATCH => uploads::append(service, request, &path, &id).await,
            Method::PUT => uploads::finish(service, request, &path, &id).await,
            Method::DELETE => uploads::cancel(service, &request, &path, &id),
            _ => Err(Refusal::method("GET, HEAD, PATCH, PUT, DELETE")),
        },
    }
}
