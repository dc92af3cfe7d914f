//! What the engine and the commands count on, seen from outside: how blobs are moved, and what names stand for.

mod moving;
mod naming;

use crate::layout::testing::{Store, blob, body, image_of};
use crate::layout::{Image, Layout, RefName};
use crate::oci::Manifest;
use crate::store::Sink;

fn name(text: &str) -> RefName {
    text.parse().unwrap()
}

fn image(layout: &Layout, text: &str) -> Image {
    layout.image(Some(name(text)))
}

/// Puts an image of these layers under a name.
async fn publish(layout: &Layout, text: &str, layers: &[&[u8]]) -> Manifest {
    let (image, manifest) = (image(layout, text), image_of(layers));
    for content in layers.iter().chain([&&b"{}"[..]]) {
        image.put_blob(&blob(content), 0, body(content)).await.unwrap();
    }
    image.publish(&manifest, None).await.unwrap();
    manifest
}

fn stored(store: &Store) -> usize {
    store.names("blobs/sha256").len()
}
