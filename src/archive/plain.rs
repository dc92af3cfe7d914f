//! An image whose zstd layers are decompressed on the way: versions of docker before 23 load layers that are compressed
//! with gzip or not at all.

use std::io::{self, Write as _};
use std::path::PathBuf;

use futures_util::StreamExt as _;

use crate::archive::PIECE;
use crate::archive::scratch::Scratch;
use crate::compression::{self, Compression};
use crate::oci::{Descriptor, Digest, Manifest, MediaType};
use crate::reference::{RegistryName, RepositoryName};
use crate::store::{Body, DigestMismatch, Error, Incoming, Intake as _, Result, Source};

/// Such an image. Its manifest is another than that of the source; its config is the same.
pub struct Plain<'a, S> {
    source: &'a S,
    root: Manifest,
    made: Scratch,
}

impl<'a, S: Source> Plain<'a, S> {
    /// Decompresses the zstd layers of an image into files without a name in `folder`; `None` if it has none.
    pub async fn of(source: &'a S, image: &Manifest, folder: PathBuf) -> Result<Option<Self>> {
        if !image
            .layers()
            .iter()
            .any(|layer| layer.media_type == MediaType::OCI_LAYER_ZSTD)
        {
            return Ok(None);
        }
        let made = Scratch::in_folder(folder);
        let mut layers = Vec::new();
        for layer in image.layers() {
            let is_zstd = layer.media_type == MediaType::OCI_LAYER_ZSTD;
            layers.push(if is_zstd {
                decompressed(source, layer, &made).await?
            } else {
                layer.clone()
            });
        }
        let root = image.with_layers(&layers).map_err(Error::other)?;
        Ok(Some(Self { source, root, made }))
    }
}

/// One layer, fetched, verified and decompressed.
async fn decompressed(source: &impl Source, layer: &Descriptor, made: &Scratch) -> Result<Descriptor> {
    let mut body = source.blob(layer, 0).await?;
    let mut fetched = made.begin()?;
    while let Some(piece) = body.next().await {
        fetched.write_all(&piece?).map_err(Error::other)?;
        if fetched.size() > layer.size {
            break;
        }
    }
    let (scratch, expected) = (made.clone(), layer.digest.clone());
    let decompressing = tokio::task::spawn_blocking(move || decompress(fetched, expected, &scratch));
    decompressing.await.map_err(Error::other)?
}

fn decompress(fetched: Box<dyn Incoming>, expected: Digest, made: &Scratch) -> Result<Descriptor> {
    let actual = fetched.keep()?;
    let part = made.blob(&actual).filter(|_| actual == expected);
    let Some(part) = part else {
        return Err(Error::mismatch(DigestMismatch { expected, actual }));
    };
    let damaged = |error: io::Error| Error::other(error).context(format!("the layer {} is damaged", expected.short()));
    let (kind, mut content) = compression::reader(part.reader()).map_err(damaged)?;
    if kind != Compression::Zstd {
        return Err(damaged(io::Error::other(
            "it is not compressed with zstd, as it is said to be",
        )));
    }
    let mut plain = made.begin()?;
    let mut buffer = vec![0; PIECE];
    loop {
        let length = content.read(&mut buffer).map_err(damaged)?;
        if length == 0 {
            break;
        }
        plain
            .write_all(buffer.get(..length).unwrap_or_default())
            .map_err(Error::other)?;
    }
    let size = plain.size();
    Ok(Descriptor::new(MediaType::OCI_LAYER, plain.keep()?, size))
}

impl<S: Source> Source for Plain<'_, S> {
    async fn digest(&self) -> Result<Digest> {
        Ok(self.root.digest().clone())
    }

    async fn root(&self) -> Result<Manifest> {
        Ok(self.root.clone())
    }

    async fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        self.source.manifest(at).await
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        match self.made.blob(&blob.digest) {
            Some(part) => Ok(part.stream(offset)),
            None => self.source.blob(blob, offset).await,
        }
    }

    async fn origins(&self, blob: &Digest, registry: &RegistryName) -> Result<Vec<RepositoryName>> {
        self.source.origins(blob, registry).await
    }
}
