//! What a copy has to move: every blob once, and every manifest before the one that points at it.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::oci::{Descriptor, Digest, Manifest};
use crate::reference::Tag;
use crate::store::{Error, ErrorKind, Result, Source};
use crate::transfer::resolve::MAX_DEPTH;

/// How many manifests are fetched side by side.
const FETCHES: usize = 8;
/// How many pieces of content one image may have: far over what any image has, and few enough to hold.
const MAX_CONTENT: usize = 10_000;

/// The content of an image, in the order it must arrive.
#[derive(Default)]
pub(super) struct Plan {
    /// The blobs, each once.
    pub(super) blobs: Vec<Descriptor>,
    /// The manifests below the root, children first; then its referrers.
    pub(super) children: Vec<Manifest>,
    /// The manifests that belong to the image by their tags.
    pub(super) tagged: Vec<(Tag, Manifest)>,
    /// What refers to the image and cannot be copied.
    pub(super) left_behind: Vec<Descriptor>,
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
                    ..Self::default()
                });
            }
            refuse_excess(seen.len())?;
            level = fetch(source, entries).await?;
            children.extend(level.iter().cloned());
        }
        Err(Error::other(anyhow::anyhow!("the index holds indexes over {MAX_DEPTH} deep")))
    }

    /// Adds what has to arrive after this.
    pub(super) fn extend(&mut self, other: Self) {
        let known: HashSet<Digest> = self.blobs.iter().map(|blob| blob.digest.clone()).collect();
        let new = other.blobs.into_iter().filter(|blob| !known.contains(&blob.digest));
        self.blobs.extend(new);
        self.children.extend(other.children);
        self.tagged.extend(other.tagged);
        self.left_behind.extend(other.left_behind);
    }
}

/// The referrers of a root and of what is below it: their content, and theirs in turn.
pub(super) struct Attached {
    plan: Plan,
    blobs: Blobs,
    /// Every manifest that was met; a circle of referrers ends here.
    seen: HashSet<Digest>,
}

impl Attached {
    /// Walks from an image to its signatures, and on to the signatures of these. Nothing of the image itself is in the
    /// plan.
    pub(super) async fn to(source: &impl Source, root: &Manifest, below: &[Manifest]) -> Result<Plan> {
        let mut level: Vec<Digest> = below.iter().chain([root]).map(|manifest| manifest.digest().clone()).collect();
        let mut walk = Self {
            plan: Plan::default(),
            blobs: Blobs::default(),
            seen: level.iter().cloned().collect(),
        };
        walk.add_tagged(source, &level).await?;
        for _ in 0..=MAX_DEPTH {
            let entries = walk.unseen(source, level).await?;
            if entries.is_empty() {
                walk.plan.blobs = walk.blobs.list;
                return Ok(walk.plan);
            }
            level = Vec::new();
            for (entry, referrer) in entries.iter().zip(fetch_listed(source, &entries).await?) {
                match referrer {
                    Some(referrer) => level.extend(walk.add(source, referrer).await?),
                    None => walk.plan.left_behind.push(entry.clone()),
                }
            }
        }
        Err(Error::other(anyhow::anyhow!(
            "referrers refer to referrers over {MAX_DEPTH} deep"
        )))
    }

    /// Adds the manifests that belong to these by their tags.
    async fn add_tagged(&mut self, source: &impl Source, subjects: &[Digest]) -> Result<()> {
        let asked = stream::iter(subjects).map(|subject| source.tagged_for(subject));
        let found: Vec<Vec<(Tag, Manifest)>> = asked.buffered(FETCHES).try_collect().await?;
        for (tag, manifest) in found.into_iter().flatten() {
            let own = Plan::of(source, &manifest).await?;
            for manifest in own.children.iter().chain([&manifest]) {
                self.blobs.add(manifest)?;
                self.seen.insert(manifest.digest().clone());
            }
            self.plan.children.extend(own.children);
            self.plan.tagged.push((tag, manifest));
        }
        Ok(())
    }

    /// The referrers that were not met before. What is listed and is no manifest is left behind: nothing can be known of its
    /// parts.
    async fn unseen(&mut self, source: &impl Source, subjects: Vec<Digest>) -> Result<Vec<Descriptor>> {
        let asked = stream::iter(subjects).map(|subject| async move { source.referrers(&subject).await });
        let listed: Vec<Vec<Descriptor>> = asked.buffered(FETCHES).try_collect().await?;
        let new = listed
            .into_iter()
            .flatten()
            .filter(|entry| self.seen.insert(entry.digest.clone()));
        let (found, others): (Vec<Descriptor>, Vec<Descriptor>) = new.partition(|entry| entry.media_type.is_manifest());
        self.plan.left_behind.extend(others);
        refuse_excess(self.seen.len())?;
        Ok(found)
    }

    /// Adds a referrer and all below it; the answer is what may have referrers of its own.
    async fn add(&mut self, source: &impl Source, referrer: Manifest) -> Result<Vec<Digest>> {
        let own = Plan::of(source, &referrer).await?;
        let mut added = Vec::new();
        for manifest in own.children.into_iter().chain([referrer]) {
            self.blobs.add(&manifest)?;
            self.seen.insert(manifest.digest().clone());
            added.push(manifest.digest().clone());
            self.plan.children.push(manifest);
        }
        Ok(added)
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

/// A list of referrers may still name one that was deleted since.
async fn fetch_listed(source: &impl Source, entries: &[Descriptor]) -> Result<Vec<Option<Manifest>>> {
    let fetches = stream::iter(entries).map(|entry| async move {
        match source.manifest(entry).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            manifest => manifest.map(Some),
        }
    });
    fetches.buffered(FETCHES).try_collect().await
}
