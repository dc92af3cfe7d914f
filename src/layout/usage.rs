//! What images take of the disk: layers that several have are there once, and go only with the last of them.

use std::collections::{BTreeMap, HashMap};

use crate::layout::reach::Reach;
use crate::oci::{Descriptor, Digest};
use crate::store::Result;

/// What some images take of the disk, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of them together.
    pub total: u64,
    shares: HashMap<Digest, Share>,
}

/// What one image takes of the disk, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// All it is made of.
    pub size: u64,
    /// What none of the others has: so much is gained where it goes with all its names.
    pub unique: u64,
}

impl Usage {
    /// An image with several names counts once.
    pub(super) fn of<'a>(
        images: impl Iterator<Item = &'a Descriptor>,
        reach: impl Fn(&Descriptor) -> Result<Reach>,
    ) -> Result<Self> {
        let mut reaches: HashMap<Digest, Reach> = HashMap::new();
        let mut holders: BTreeMap<Digest, (u64, usize)> = BTreeMap::new();
        for image in images {
            if reaches.contains_key(&image.digest) {
                continue;
            }
            let reach = reach(image)?;
            for (blob, size) in &reach.blobs {
                holders.entry(blob.clone()).or_insert((*size, 0)).1 += 1;
            }
            reaches.insert(image.digest.clone(), reach);
        }
        let alone = |blob: &&Digest| holders.get(*blob).is_some_and(|(_, holders)| *holders == 1);
        let unique = |reach: &Reach| {
            reach
                .blobs
                .keys()
                .filter(alone)
                .filter_map(|blob| reach.blobs.get(blob))
                .sum()
        };
        let share = |reach: &Reach| Share {
            size: reach.size(),
            unique: unique(reach),
        };
        Ok(Self {
            total: holders.values().map(|(size, _)| size).sum(),
            shares: reaches.iter().map(|(image, reach)| (image.clone(), share(reach))).collect(),
        })
    }

    /// What one of the images takes, by the digest of its manifest.
    #[must_use]
    pub fn share(&self, image: &Digest) -> Share {
        self.shares.get(image).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::layout::testing::{Store, image_of};

    #[test]
    fn what_images_share_counts_once_and_is_nobodys_own() {
        let store = Store::new();
        let (one, two) = (image_of(&[b"base", b"one"]), image_of(&[b"base", b"second"]));
        for content in [&b"base"[..], b"one", b"second", b"{}", one.raw(), two.raw()] {
            store.plant(content);
        }
        let layout = Layout::at(store.root().to_owned());
        let images = [one.descriptor(), two.descriptor(), one.descriptor()];
        let usage = Usage::of(images.iter(), |image| layout.reach(image)).unwrap();
        let share = |size, own, manifest| Share {
            size: size + manifest,
            unique: own + manifest,
        };
        assert_eq!(usage.share(one.digest()), share(4 + 3 + 2, 3, one.size()));
        assert_eq!(usage.share(two.digest()), share(4 + 6 + 2, 6, two.size()));
        assert_eq!(usage.total, 4 + 3 + 6 + 2 + one.size() + two.size());
    }
}
