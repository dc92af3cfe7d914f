//! One named image of a layout, as a place that the engine reads from and writes to.
//!
//! Only the hand-over to blocking threads is here; what is done there is the business of the files beside this one.

use std::sync::{Arc, Weak};

use crate::layout::blobs;
use crate::layout::folder::locked;
use crate::layout::index::Names;
use crate::layout::ingest;
use crate::layout::name::{Entry, RefName, annotations};
use crate::layout::reach::{is_whole, no_image, origins};
use crate::layout::room;
use crate::layout::{Shared, spawned};
use crate::oci::{Descriptor, Digest, Manifest};
use crate::reference::{RegistryName, RepositoryName};
use crate::store::{Body, Chosen, Held, Named, Result, Sink, Source};

/// One image of a [`Layout`](crate::layout::Layout), by its name; without one, the only image that is there when it
/// is read, and the entry without a name when it is written.
#[derive(Clone)]
pub struct Image {
    shared: Arc<Shared>,
    name: Option<RefName>,
}

impl Image {
    pub(super) fn new(shared: Arc<Shared>, name: Option<RefName>) -> Self {
        Self { shared, name }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> Option<&RefName> {
        self.name.as_ref()
    }

    /// Does something with this image on a blocking thread. The last argument tells whether somebody still wants it.
    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&Self, &Weak<()>) -> Result<T> + Send + 'static) -> Result<T> {
        let wanted = Arc::new(());
        let (image, watched) = (self.clone(), Arc::downgrade(&wanted));
        let result = spawned(move || work(&image, &watched)).await;
        drop(wanted);
        result
    }

    /// The entry that the name has now.
    fn entry(&self) -> Result<Entry> {
        let folder = &self.shared.folder;
        folder.use_for_reading()?;
        if !folder.is_layout()? {
            return Err(no_image(folder, self.name.as_ref()));
        }
        Names::read(folder)?
            .find(self.name.as_ref())
            .map_err(|error| error.context(format!("cannot choose an image in {}", folder.root().display())))?
            .ok_or_else(|| no_image(folder, self.name.as_ref()))
    }

    fn named(&self) -> Result<Option<Named>> {
        let folder = &self.shared.folder;
        folder.use_for_reading()?;
        if !folder.is_layout()? {
            return Ok(None);
        }
        let entry = Names::read(folder)?.same(self.name.as_ref());
        let Some(entry) = entry.filter(|entry| is_whole(folder, &entry.descriptor)) else {
            return Ok(None);
        };
        // Whoever is told that it is there need do no more about it.
        folder.sync_names()?;
        Ok(Some(Named {
            digest: entry.descriptor.digest,
            chosen_from: entry.chosen_from,
        }))
    }

    /// Gives the name to what is there already, after all that it reaches is sure to be on the disk.
    fn give_name(&self, root: &Manifest, chosen_from: Option<&Chosen>) -> Result<()> {
        self.shared.sync_blobs()?;
        let mut image = root.descriptor();
        image.annotations = annotations(self.name.as_ref(), chosen_from);
        self.shared.change(|names| names.put(self.name.as_ref(), &image))
    }

    /// The repositories of a registry that have a blob. What is found out for a registry is kept.
    fn known_origins(&self, blob: &Digest, registry: &RegistryName) -> Result<Vec<RepositoryName>> {
        self.shared.folder.use_for_reading()?;
        let mut known = locked(&self.shared.origins);
        if !known.contains_key(registry) {
            known.insert(registry.clone(), origins(&self.shared.folder, registry)?);
        }
        Ok(known
            .get(registry)
            .and_then(|blobs| blobs.get(blob))
            .cloned()
            .unwrap_or_default())
    }
}

impl Source for Image {
    async fn digest(&self) -> Result<Digest> {
        self.with(|image, _| Ok(image.entry()?.descriptor.digest)).await
    }

    async fn root(&self) -> Result<Manifest> {
        self.with(|image, _| blobs::manifest(&image.shared.folder, &image.entry()?.descriptor))
            .await
    }

    async fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        let at = at.clone();
        self.with(move |image, _| {
            image.shared.folder.use_for_reading()?;
            blobs::manifest(&image.shared.folder, &at)
        })
        .await
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        let blob = blob.clone();
        self.with(move |image, _| {
            image.shared.folder.use_for_reading()?;
            blobs::stream(Arc::clone(&image.shared), &blob, offset)
        })
        .await
    }

    async fn origins(&self, blob: &Digest, registry: &RegistryName) -> Result<Vec<RepositoryName>> {
        let (blob, registry) = (blob.clone(), registry.clone());
        self.with(move |image, _| image.known_origins(&blob, &registry)).await
    }
}

impl Sink for Image {
    async fn current(&self) -> Result<Option<Named>> {
        self.with(|image, _| image.named()).await
    }

    async fn expect(&self, blobs: &[Descriptor]) -> Result<()> {
        let blobs = blobs.to_vec();
        self.with(move |image, _| room::check(&image.shared.folder, &blobs)).await
    }

    /// Waits if another process, or another task, writes the blob. What is not there whole is kept for this process
    /// from then on, so ask just before the blob is put: two that ask for many at once could wait for each other.
    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        let blob = blob.clone();
        self.with(move |image, wanted| ingest::held(&image.shared, &blob, wanted))
            .await
    }

    async fn look(&self, blob: &Descriptor) -> Result<Held> {
        let blob = blob.clone();
        self.with(move |image, _| {
            image.shared.folder.use_for_reading()?;
            ingest::look(&image.shared.folder, &blob)
        })
        .await
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
        ingest::put(&self.shared, blob, offset, body).await
    }

    async fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        let manifest = manifest.clone();
        self.with(move |image, wanted| ingest::put_manifest(&image.shared, &manifest, wanted))
            .await
    }

    async fn publish(&self, root: &Manifest, chosen_from: Option<&Chosen>) -> Result<()> {
        let (root, chosen_from) = (root.clone(), chosen_from.cloned());
        self.with(move |image, wanted| {
            ingest::put_manifest(&image.shared, &root, wanted)?;
            image.give_name(&root, chosen_from.as_ref())
        })
        .await
    }
}
