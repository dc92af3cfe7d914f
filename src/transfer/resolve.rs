//! Which manifest is meant: the root itself, the image of an index for a platform, or an index of some of its images.

use crate::backoff;
use crate::oci::{Config, Descriptor, Digest, Manifest, Platform, PlatformNotFound, Selection};
use crate::store::{Chosen, Error, ErrorKind, Result, Source};
use futures_util::StreamExt as _;

/// How deep an index may hold indexes.
pub(super) const MAX_DEPTH: usize = 4;
/// How many images without a platform are opened to learn theirs.
const MAX_OPENED: usize = 16;
/// The largest config read, in bytes.
const MAX_CONFIG: u64 = 8 << 20;
/// How often a config that breaks off is asked for again; it is small enough to be read from the start.
const CONFIG_RETRIES: u32 = 4;

/// The manifest to move, and the index it was chosen from.
pub struct Resolved {
    /// The manifest.
    pub root: Manifest,
    /// Where it came from, if it is a part of something.
    pub chosen_from: Option<Chosen>,
}

/// Finds the manifest that a source's name and a selection mean.
///
/// # Errors
/// [`PlatformNotFound`], which lists the platforms that exist; else what the source says.
pub async fn resolve(source: &impl Source, selection: &Selection) -> Result<Resolved> {
    let top = source.root().await?;
    let platforms = match selection {
        Selection::Platforms(platforms) if top.is_index() => platforms,
        _ => {
            return Ok(Resolved {
                root: top,
                chosen_from: None,
            });
        }
    };
    let root = match platforms.as_slice() {
        [platform] => {
            let entry = choose(source, &top, platform).await?;
            source.manifest(&entry).await?
        }
        platforms => narrow(source, &top, platforms).await?,
    };
    Ok(Resolved {
        root,
        chosen_from: Some(Chosen {
            index: top.digest().clone(),
            platforms: platforms.clone(),
        }),
    })
}

async fn narrow(source: &impl Source, index: &Manifest, platforms: &[Platform]) -> Result<Manifest> {
    let mut keep: Vec<Digest> = Vec::new();
    for platform in platforms {
        keep.push(choose(source, index, platform).await?.digest);
    }
    index.narrowed(&keep).map_err(Error::other)
}

/// The best image of an index, looked for in the indexes it holds where it has none itself.
async fn choose(source: &impl Source, index: &Manifest, platform: &Platform) -> Result<Descriptor> {
    let mut level = vec![index.clone()];
    let mut offered = Vec::new();
    for _ in 0..MAX_DEPTH {
        let mut deeper = Vec::new();
        for index in &level {
            if let Some(entry) = choose_from(source, index, platform).await? {
                return Ok(entry);
            }
            offered.extend(platforms_of(index));
            deeper.extend(index.children().iter().filter(|entry| entry.media_type.is_index()).cloned());
        }
        level.clear();
        for entry in deeper.iter().take(MAX_OPENED) {
            level.push(source.manifest(entry).await?);
        }
    }
    offered.sort();
    offered.dedup();
    Err(Error::not_found(PlatformNotFound {
        wanted: platform.clone(),
        offered,
    }))
}

async fn choose_from(source: &impl Source, index: &Manifest, platform: &Platform) -> Result<Option<Descriptor>> {
    if let Some(entry) = index.best_for(platform) {
        return Ok(Some(entry.clone()));
    }
    let unnamed: Vec<&Descriptor> = index
        .children()
        .iter()
        .filter(|entry| is_unnamed_image(entry))
        .take(MAX_OPENED)
        .collect();
    if let ([only], 1) = (unnamed.as_slice(), index.children().len()) {
        return Ok(Some((*only).clone()));
    }
    for entry in unnamed {
        let config = config(source, &source.manifest(entry).await?).await?;
        if config.platform().is_some_and(|offered| platform.fit(&offered).is_some()) {
            return Ok(Some(entry.clone()));
        }
    }
    Ok(None)
}

fn is_unnamed_image(entry: &Descriptor) -> bool {
    entry.platform.is_none() && entry.media_type.is_image() && entry.is_image_entry()
}

fn platforms_of(index: &Manifest) -> impl Iterator<Item = Platform> {
    let images = index.children().iter().filter(|entry| entry.is_image_entry());
    images.filter_map(|entry| entry.platform.clone())
}

/// The config of an image, verified; an empty one for what has none.
///
/// # Errors
/// A config over 8 MiB, of another digest, or that could be read in two ways; else what the source says.
pub async fn config(source: &impl Source, image: &Manifest) -> Result<Config> {
    let raw = raw_config(source, image).await?;
    let Some(descriptor) = image.config() else {
        return Ok(Config::default());
    };
    Config::of(&raw, &descriptor.media_type)
        .map_err(|error| Error::other(error).context(format!("the config {} is not usable", descriptor.digest)))
}

/// The bytes of an image's config, verified; empty for what has none.
///
/// # Errors
/// A config over 8 MiB or of another digest; else what the source says.
pub async fn raw_config(source: &impl Source, image: &Manifest) -> Result<Vec<u8>> {
    let Some(descriptor) = image.config() else {
        return Ok(Vec::new());
    };
    if descriptor.size > MAX_CONFIG {
        return Err(Error::other(anyhow::anyhow!(
            "the config {} is over 8 MiB",
            descriptor.digest
        )));
    }
    let mut failures = 0;
    let raw = loop {
        match whole(source, descriptor).await {
            Err(error) if error.kind() == ErrorKind::Interrupted && failures < CONFIG_RETRIES => failures += 1,
            outcome => break outcome?,
        }
        tokio::time::sleep(backoff::after(failures)).await;
    };
    let actual = Digest::with(descriptor.digest.algorithm(), &raw);
    if actual == descriptor.digest {
        return Ok(raw);
    }
    Err(Error::mismatch(crate::store::DigestMismatch {
        expected: descriptor.digest.clone(),
        actual,
    }))
}

/// A blob's bytes, and no more than a few over its size.
async fn whole(source: &impl Source, blob: &Descriptor) -> Result<Vec<u8>> {
    let mut body = source.blob(blob, 0).await?;
    let mut raw = Vec::new();
    while let Some(chunk) = body.next().await {
        raw.extend_from_slice(&chunk?);
        if raw.len() as u64 > blob.size {
            break;
        }
    }
    Ok(raw)
}
