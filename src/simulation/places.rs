//! An image, and memory as a place that it comes from or goes to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::content;
use super::link::SLACK;
use super::scenario::Scenario;
use super::tally::Tally;
use crate::oci::{Descriptor, Digest, Manifest, MediaType};
use crate::reference::{RegistryName, RepositoryName};
use crate::store::{Body, Chosen, Error, Held, Named, Result, Sink, Source};

/// The image that is moved.
#[derive(Clone)]
pub(super) struct Images {
    pub(super) manifest: Manifest,
    sizes: Arc<HashMap<String, u64>>,
}

impl Images {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let layer = |(nth, size): (usize, &u64)| {
            // What a mirror sends is verified on its way; all else is checked by its place.
            let digest = match scenario.mirror {
                Some(_) => content::digest(*size),
                None => Digest::of(format!("{nth} {size}").as_bytes()),
            };
            Descriptor::new(MediaType::OCI_LAYER, digest, *size)
        };
        let layers: Vec<Descriptor> = scenario.sizes.iter().enumerate().map(layer).collect();
        let config = Descriptor::new(MediaType::OCI_CONFIG, content::digest(77), 77);
        let json = serde_json::json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": config, "layers": layers,
        });
        let blobs = layers.iter().chain([&config]);
        Self {
            sizes: Arc::new(blobs.map(|blob| (blob.digest.to_string(), blob.size)).collect()),
            manifest: Manifest::parse(json.to_string().into(), Some(&MediaType::OCI_MANIFEST), None).unwrap(),
        }
    }

    pub(super) fn size(&self, digest: &str) -> u64 {
        self.sizes[digest]
    }
}

/// Takes an image and looks at each byte of it.
pub(super) struct MemorySink {
    pub(super) tally: Arc<Tally>,
    /// In bytes per second.
    pub(super) rate: Option<f64>,
    pub(super) held: Mutex<HashMap<Digest, u64>>,
}

impl MemorySink {
    fn held(&self, blob: &Descriptor) -> Held {
        match self.held.lock().unwrap().get(&blob.digest).copied().unwrap_or(0) {
            0 if blob.size > 0 => Held::Nothing,
            length if length == blob.size => Held::All,
            length => Held::Part(length),
        }
    }
}

impl Sink for MemorySink {
    async fn current(&self) -> Result<Option<Named>> {
        Ok(None)
    }

    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        Ok(self.held(blob))
    }

    async fn look(&self, blob: &Descriptor) -> Result<Held> {
        Ok(self.held(blob))
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, mut body: Body) -> Result<()> {
        let mut at = offset;
        let mut free = Instant::now();
        while let Some(piece) = body.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    self.held.lock().unwrap().insert(blob.digest.clone(), at);
                    return Err(error);
                }
            };
            assert!(content::belongs_at(at, &piece), "other bytes came at {at}");
            self.tally.handed_on(piece.len() as u64);
            at += piece.len() as u64;
            assert!(at <= blob.size, "too many bytes came: {at} of {}", blob.size);
            if let Some(rate) = self.rate {
                free = free.max(Instant::now() - SLACK) + Duration::from_secs_f64(piece.len() as f64 / rate);
                tokio::time::sleep_until(free).await;
            }
        }
        self.held.lock().unwrap().insert(blob.digest.clone(), at);
        if at < blob.size {
            return Err(Error::interrupted(anyhow::anyhow!("ended after {at} bytes")));
        }
        Ok(())
    }

    async fn put_manifest(&self, _: &Manifest) -> Result<()> {
        Ok(())
    }

    async fn publish(&self, root: &Manifest, _: Option<&Chosen>) -> Result<()> {
        assert!(
            root.blobs().all(|blob| self.held(blob) == Held::All),
            "named before it is whole"
        );
        Ok(())
    }
}

/// Gives an image as fast as it is taken.
pub(super) struct MemorySource {
    pub(super) tally: Arc<Tally>,
    pub(super) images: Images,
}

impl Source for MemorySource {
    async fn digest(&self) -> Result<Digest> {
        Ok(self.images.manifest.digest().clone())
    }

    async fn root(&self) -> Result<Manifest> {
        Ok(self.images.manifest.clone())
    }

    async fn manifest(&self, _: &Descriptor) -> Result<Manifest> {
        Ok(self.images.manifest.clone())
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        let (size, tally) = (blob.size, Arc::clone(&self.tally));
        let piece = (size / 300).clamp(1 << 16, content::LONGEST_PIECE);
        let pieces = stream::unfold(offset, move |at| {
            let length = piece.min(size - at);
            let tally = Arc::clone(&tally);
            async move {
                (length > 0).then(|| {
                    tally.taken(length);
                    (Ok(content::piece(at, length)), at + length)
                })
            }
        });
        Ok(pieces.boxed())
    }

    async fn origins(&self, _: &Digest, _: &RegistryName) -> Result<Vec<RepositoryName>> {
        Ok(Vec::new())
    }
}
