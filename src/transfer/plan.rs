//! What a copy has to move: every blob once, and every manifest before the one that points at it.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::oci::{Descriptor, Digest, Manifest};
use crate::store::{Error, Result, Source};
use crate::transfer::resolve::MAX_DEPTH;

/// How many manifests are fetched side by side.
const FETCHES: usize = 8;
/// How many pieces of content one image may have: far over what any image has, and few enough to hold.
const MAX_CONTENT: usize = 10_000;

/// The content of an image, in the order it must arrive.
pub(super) struct Plan {
    /// The blobs, each once.
    pub(super) blobs: Vec<Descriptor>,
    /// The manifests below the root, children first.
    pub(super) children: Vec<Manifest>,
}

impl Plan {
    /// Walks from the root down.
    pub(super) async fn of(source: &impl Source, root: &Manifest) -> Result<Self> {
        let mut children: Vec<Manifest> = Vec::new();
        let mut level = vec![root.clone()];
        let mut seen = HashSet::from([root.digest().clone()]);
        let mut blobs = Blobs::default();
        for _ in 0..=MAX_DEPTH {
            level.iter().try_for_each(|manifest| blobs.add(manifest))?;
            let entries: Vec<Descriptor> = manifests_below(&level)
                .filter(|entry| seen.insert(entry.digest.clone()))
                .cloned()
                .collect();
            if entries.is_empty() {
                children.reverse();
                return Ok(Self {
                    blobs: blobs.list,
                    children,
                });
            }
            refuse_excess(seen.len())?;
            level = fetch(source, entries).await?;
            children.extend(level.iter().cloned());
        }
        Err(Error::other(anyhow::anyhow!("the index holds indexes over {MAX_DEPTH} deep")))
    }
}

#[derive(Default)]
struct Blobs {
    seen: HashSet<Digest>,
    list: Vec<Descriptor>,
}

impl Blobs {
    /// Layers, config, and whatever else an index points at that is no manifest.
    fn add(&mut self, manifest: &Manifest) -> Result<()> {
        let others = manifest.children().iter().filter(|entry| !entry.media_type.is_manifest());
        for blob in manifest.blobs().chain(others) {
            if self.seen.insert(blob.digest.clone()) {
                self.list.push(blob.clone());
            }
        }
        refuse_excess(self.list.len())
    }
}

fn refuse_excess(count: usize) -> Result<()> {
    if count <= MAX_CONTENT {
        return Ok(());
    }
    Err(Error::other(anyhow::anyhow!(
        "the image points at over {MAX_CONTENT} pieces of content"
    )))
}

fn manifests_below(level: &[Manifest]) -> impl Iterator<Item = &Descriptor> {
    level
        .iter()
        .flat_map(Manifest::children)
        .filter(|entry| entry.media_type.is_manifest())
}

async fn fetch(source: &impl Source, entries: Vec<Descriptor>) -> Result<Vec<Manifest>> {
    let fetches = stream::iter(entries).map(|entry| async move { source.manifest(&entry).await });
    fetches.buffered(FETCHES).try_collect().await
}
