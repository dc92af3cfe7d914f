//! Registries and token servers that keep to the protocol in a way of their own, or nearly: what the program asks them
//! for, what it makes of their answers, and what it keeps.

mod answers;
mod challenges;
mod content;
mod tokens;
mod uploads;

use crate::push::{keep, push};
use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Request, Response};
use crate::support::store_check::StoreCheck;
use crate::support::users::Users;
use crate::support::wire::basic;

/// A registry with this image as `app:1`.
fn serving(image: &Image) -> Registry {
    let registry = Registry::start();
    registry.put_image("app", "1", image);
    registry
}

fn pull(lugger: &Lugger, registry: &Registry) -> Call {
    lugger.args(["pull", &registry.name("app:1")])
}

/// A push of the image as `app:1`, not yet started.
fn ready(lugger: &Lugger, registry: &Registry, image: &Image) -> Call {
    keep(lugger, &registry.name("app:1"), image);
    push(lugger, &registry.name("app:1"))
}

/// Bob may do everything.
fn bob() -> Users {
    Users::default().user("bob", "canary-of-bob", &[("*", "pull,push")])
}

/// A home in which bob is logged in.
fn home_of_bob(host: &str) -> Lugger {
    let lugger = Lugger::new();
    let login = basic("bob", "canary-of-bob").replace("Basic ", "");
    lugger.config(&format!(r#"{{"auths":{{"{host}":{{"auth":"{login}"}}}}}}"#));
    lugger
}

/// Is it let in by a token?
fn has_token(request: &Request) -> bool {
    request
        .header("authorization")
        .is_some_and(|value| value.starts_with("Bearer "))
}

/// Twenty small layers.
fn many_layers() -> Image {
    Image::with_layers(&(0..20_u8).map(|layer| vec![layer; 2_000]).collect::<Vec<_>>())
}

/// A refusal with these lines of `WWW-Authenticate`.
fn challenged(lines: &[String]) -> Response {
    let mut answer = Response::error(401, "UNAUTHORIZED", "authentication required");
    for line in lines {
        answer.add_header("www-authenticate", line);
    }
    answer
}

/// The image is in the store under its name, whole, with nothing beside it.
fn assert_kept(lugger: &Lugger, registry: &Registry, image: &Image) {
    let store = StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"]);
    assert_eq!(store.names(), [registry.name("app:1")]);
    store.assert_sound();
    for blob in image.blobs().chain([&image.manifest]) {
        let path = lugger.store().join("blobs").join(blob.digest.replace(':', "/"));
        assert_eq!(std::fs::read(path).ok().as_ref(), Some(&blob.bytes), "{}", blob.digest);
    }
}

/// Nothing has got a name in the store.
fn assert_nothing_kept(lugger: &Lugger) {
    let store = StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"]);
    assert_eq!(store.names(), Vec::<String>::new());
}

fn assert_pushed(registry: &Registry, image: &Image) {
    assert_eq!(registry.digest("app", "1").as_deref(), Some(image.digest()));
    for blob in image.blobs() {
        assert_eq!(registry.blob(&blob.digest).as_ref(), Some(&blob.bytes));
    }
}
