//! For the tests of this module: a layout in a directory that goes away, and tiny images.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tempfile::TempDir;

use crate::layout::{Layout, Shared};
use crate::oci::{Descriptor, Digest, Manifest, MediaType};
use crate::store::{Body, Error, Result};

/// An empty layout.
pub(super) struct Store(TempDir);

impl Store {
    pub(super) fn new() -> Self {
        let store = Self(tempfile::tempdir().unwrap());
        store.shared().folder.use_for_writing().unwrap();
        store
    }

    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    /// A new instance, as another process would have it.
    pub(super) fn layout(&self) -> Layout {
        Layout::at(self.root().to_owned())
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.layout().shared)
    }

    /// Writes a blob without any of the code under test.
    pub(super) fn plant(&self, content: &[u8]) -> Descriptor {
        let blob = blob(content);
        let folder = self.root().join("blobs/sha256");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(blob.digest.hex()), content).unwrap();
        blob
    }

    /// The files of a folder below the root.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root().join(folder)) else {
            return Vec::new();
        };
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }
}

pub(super) fn blob(content: &[u8]) -> Descriptor {
    let media_type = MediaType::from_header("application/vnd.oci.image.layer.v1.tar");
    Descriptor::new(media_type, Digest::of(content), content.len() as u64)
}

/// An image with the config `{}` and these layers.
pub(super) fn image_of(layers: &[&[u8]]) -> Manifest {
    let layers: Vec<Descriptor> = layers.iter().map(|layer| blob(layer)).collect();
    let body = serde_json::json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": blob(b"{}"), "layers": layers,
    });
    Manifest::parse(body.to_string().into(), None, None).unwrap()
}

pub(super) fn index_of(images: &[&Manifest]) -> Manifest {
    let images: Vec<Descriptor> = images.iter().map(|image| image.descriptor()).collect();
    let body = serde_json::json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": images });
    Manifest::parse(body.to_string().into(), None, None).unwrap()
}

/// A body of these bytes in pieces of three.
pub(super) fn body(content: &[u8]) -> Body {
    let pieces: Vec<Result<Bytes>> = content.chunks(3).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

/// The same, broken off at its end.
pub(super) fn broken(content: &[u8], reason: Error) -> Body {
    body(content).chain(stream::iter([Err(reason)])).boxed()
}

pub(super) async fn collect(body: Body) -> Vec<u8> {
    let pieces: Vec<Bytes> = body.try_collect().await.unwrap();
    pieces.concat()
}
