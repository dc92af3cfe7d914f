//! Writing images into one archive: an image layout in a tar, and where it is asked for the same tar as an archive of
//! docker, whose `manifest.json` names the same blobs.
//!
//! A tar is a stream: blobs come one after the other, each once, and what was written cannot be taken back. So a body that
//! breaks off is gone on with at its last byte, and one that proves wrong ends the archive.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::archive::content::path_of;
use crate::archive::writer::Tar;
use crate::oci::docker_archive::{Item, MANIFEST_FILE};
use crate::oci::image_layout::{BLOBS, FULL_NAME, INDEX_FILE, LAYOUT_FILE, LAYOUT_JSON, REF_NAME};
use crate::oci::{Descriptor, Digest, Hasher, Manifest, MediaType};
use crate::reference::Reference;
use crate::store::{Body, Chosen, DigestMismatch, Error, ErrorKind, Held, Named, Result, Sink, SizeMismatch};

/// How many pieces may wait to be written.
const PIECES: usize = 4;

/// What an archive is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `docker load` of every version, which takes images for one platform; and whoever reads layouts.
    Docker,
    /// Whoever reads layouts.
    Oci,
}

/// An archive that is being written. Clones write the same one.
#[derive(Clone)]
pub struct Saving {
    state: Arc<Mutex<State>>,
    format: Format,
}

/// One image of it, as a place that the engine writes to.
pub struct Saved {
    saving: Saving,
    name: Option<String>,
}

struct State {
    tar: Tar<Box<dyn Write + Send>>,
    /// What is there whole.
    blobs: HashSet<Digest>,
    folders: HashSet<String>,
    /// The blob that is being written.
    current: Option<Current>,
    images: Vec<Descriptor>,
    items: Vec<Item>,
    /// Why it cannot be finished any more.
    spoiled: Option<(ErrorKind, String)>,
}

struct Current {
    blob: Descriptor,
    hasher: Hasher,
    written: u64,
}

impl Saving {
    /// An archive on its way to `output`.
    #[must_use]
    pub fn to(output: Box<dyn Write + Send>, format: Format) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                tar: Tar::new(output),
                blobs: HashSet::new(),
                folders: HashSet::new(),
                current: None,
                images: Vec::new(),
                items: Vec::new(),
                spoiled: None,
            })),
            format,
        }
    }

    /// An image in it, by the name it shall have.
    #[must_use]
    pub fn image(&self, name: Option<String>) -> Saved {
        Saved {
            saving: self.clone(),
            name,
        }
    }

    /// Writes what comes last: which images there are. The answer is how many bytes the archive has.
    pub async fn finish(&self) -> Result<u64> {
        let format = self.format;
        self.with(move |state| state.finish(format)).await
    }

    /// Does something on a thread that may wait for the output.
    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut State) -> Result<T> + Send + 'static) -> Result<T> {
        let saving = self.clone();
        let working = tokio::task::spawn_blocking(move || work(&mut saving.state()));
        working.await.map_err(Error::other)?
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tries to write; what fails in the middle spoils the archive.
    fn write(&mut self, write: impl FnOnce(&mut Tar<Box<dyn Write + Send>>) -> io::Result<()>) -> Result<()> {
        if let Some((kind, reason)) = &self.spoiled {
            return Err(Error::new(*kind, anyhow!("{reason}")));
        }
        let written = write(&mut self.tar);
        written.map_err(|error| self.spoil(Error::other(error).context("cannot write the archive")))
    }

    fn spoil(&mut self, error: Error) -> Error {
        self.spoiled = Some((error.kind(), error.to_string()));
        error
    }

    /// The folders that a blob lies in, and what marks a layout before the first.
    fn make_way(&mut self, digest: &Digest) -> Result<()> {
        let algorithm = format!("{BLOBS}/{}", digest.algorithm().name());
        if self.folders.is_empty() {
            self.write(|tar| {
                tar.file(LAYOUT_FILE, LAYOUT_JSON.as_bytes())?;
                tar.folder(BLOBS)
            })?;
            self.folders.insert(BLOBS.to_owned());
        }
        if self.folders.insert(algorithm.clone()) {
            self.write(|tar| tar.folder(&algorithm))?;
        }
        Ok(())
    }

    fn held(&self, blob: &Descriptor) -> Held {
        if self.blobs.contains(&blob.digest) {
            return Held::All;
        }
        match &self.current {
            Some(current) if current.blob.digest == blob.digest && current.written > 0 => Held::Part(current.written),
            _ => Held::Nothing,
        }
    }

    fn put(&mut self, blob: &Descriptor, offset: u64, mut pieces: mpsc::Receiver<Bytes>) -> Result<()> {
        if self.blobs.contains(&blob.digest) {
            return Ok(());
        }
        let mut current = self.begin(blob, offset)?;
        while let Some(piece) = pieces.blocking_recv() {
            let length = piece.len() as u64;
            if blob.size.saturating_sub(current.written) < length {
                let (digest, expected) = (blob.digest.clone(), blob.size);
                let actual = current.written.saturating_add(length);
                return Err(self.spoil(Error::mismatch(SizeMismatch {
                    digest,
                    expected,
                    actual,
                })));
            }
            self.write(|tar| tar.content(&piece))?;
            current.hasher.update(&piece);
            current.written = current.written.saturating_add(length);
        }
        if current.written < blob.size {
            let ended = anyhow!("the body ended after {} of {} bytes", current.written, blob.size);
            self.current = Some(current);
            return Err(Error::interrupted(ended));
        }
        let actual = current.hasher.finish();
        if actual != blob.digest {
            let expected = blob.digest.clone();
            return Err(self.spoil(Error::mismatch(DigestMismatch { expected, actual })));
        }
        self.write(|tar| tar.end(blob.size))?;
        self.blobs.insert(blob.digest.clone());
        Ok(())
    }

    /// Begins a blob, or goes on with the one that broke off.
    fn begin(&mut self, blob: &Descriptor, offset: u64) -> Result<Current> {
        match self.current.take() {
            Some(current) if current.blob.digest == blob.digest && current.written == offset => Ok(current),
            None if offset == 0 => {
                self.make_way(&blob.digest)?;
                self.write(|tar| tar.begin(&path_of(&blob.digest), blob.size))?;
                Ok(Current {
                    blob: blob.clone(),
                    hasher: Hasher::new(blob.digest.algorithm()),
                    written: 0,
                })
            }
            _ => Err(self.spoil(Error::other(anyhow!("an archive has no way back to the beginning of a blob")))),
        }
    }

    fn put_manifest(&mut self, manifest: &Manifest) -> Result<()> {
        if self.blobs.contains(manifest.digest()) {
            return Ok(());
        }
        self.make_way(manifest.digest())?;
        self.write(|tar| tar.file(&path_of(manifest.digest()), manifest.raw()))?;
        self.blobs.insert(manifest.digest().clone());
        Ok(())
    }

    fn publish(&mut self, root: &Manifest, name: Option<&str>, format: Format) -> Result<()> {
        self.put_manifest(root)?;
        if format == Format::Docker {
            self.add_item(root, name)?;
        }
        let mut image = root.descriptor();
        if let Some(name) = name {
            image.annotations.insert(REF_NAME.to_owned(), name.to_owned());
        }
        // Where docker and containerd look first.
        if let Some(full) = Reference::of_annotations(&image.annotations) {
            image.annotations.insert(FULL_NAME.to_owned(), full.to_string());
        }
        if !self.images.contains(&image) {
            self.images.push(image);
        }
        Ok(())
    }

    /// What docker is told of an image: one item for all its names.
    fn add_item(&mut self, root: &Manifest, name: Option<&str>) -> Result<()> {
        let config = root
            .config()
            .ok_or_else(|| Error::other(anyhow!("an archive of docker has images for one platform each, and no index")))?;
        let item = Item {
            config: path_of(&config.digest),
            repo_tags: None,
            layers: Some(root.layers().iter().map(|layer| path_of(&layer.digest)).collect()),
            layer_sources: None,
        };
        let tag = name
            .and_then(|name| name.parse::<Reference>().ok())
            .filter(|name| name.tag().is_some());
        let same = |other: &&mut Item| other.config == item.config && other.layers == item.layers;
        let item = match self.items.iter_mut().find(same) {
            Some(item) => item,
            None => self.items.push_mut(item),
        };
        if let Some(tag) = tag {
            let tags = item.repo_tags.get_or_insert_default();
            let tag = tag.familiar();
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(())
    }

    fn finish(&mut self, format: Format) -> Result<u64> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Index<'a> {
            schema_version: u8,
            media_type: MediaType,
            manifests: &'a [Descriptor],
        }
        let index = Index {
            schema_version: 2,
            media_type: MediaType::OCI_INDEX,
            manifests: &self.images,
        };
        let index = serde_json::to_vec(&index).map_err(Error::other)?;
        let items = serde_json::to_vec(&self.items).map_err(Error::other)?;
        let mut length = 0;
        self.write(|tar| {
            tar.file(INDEX_FILE, &index)?;
            if format == Format::Docker {
                tar.file(MANIFEST_FILE, &items)?;
            }
            length = tar.finish()?;
            Ok(())
        })?;
        Ok(length)
    }
}

impl Sink for Saved {
    async fn current(&self) -> Result<Option<Named>> {
        Ok(None)
    }

    async fn expect(&self, blobs: &[Descriptor]) -> Result<()> {
        if self.saving.format == Format::Oci {
            return Ok(());
        }
        match blobs.iter().find(|blob| blob.media_type.is_foreign_layer()) {
            Some(foreign) => Err(Error::other(anyhow!(
                "{} is a layer that lies elsewhere, which an archive of docker cannot say",
                foreign.digest.short()
            ))),
            None => Ok(()),
        }
    }

    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        let blob = blob.clone();
        self.saving.with(move |state| Ok(state.held(&blob))).await
    }

    async fn look(&self, blob: &Descriptor) -> Result<Held> {
        self.held(blob).await
    }

    fn in_order(&self) -> bool {
        true
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, mut body: Body) -> Result<()> {
        let (sender, pieces) = mpsc::channel(PIECES);
        let (saving, blob) = (self.saving.clone(), blob.clone());
        let writing = tokio::task::spawn_blocking(move || saving.state().put(&blob, offset, pieces));
        let mut broken = None;
        while let Some(piece) = body.next().await {
            match piece {
                Ok(piece) => {
                    if sender.send(piece).await.is_err() {
                        break;
                    }
                }
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        drop(sender);
        match (broken, writing.await.map_err(Error::other)?) {
            // The thread only saw the bytes end; the body knows why.
            (Some(reason), Err(error)) if error.kind() == ErrorKind::Interrupted => Err(reason),
            (_, written) => written,
        }
    }

    async fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        let manifest = manifest.clone();
        self.saving.with(move |state| state.put_manifest(&manifest)).await
    }

    async fn publish(&self, root: &Manifest, _: Option<&Chosen>) -> Result<()> {
        let (root, name, format) = (root.clone(), self.name.clone(), self.saving.format);
        let publishing = move |state: &mut State| state.publish(&root, name.as_deref(), format);
        self.saving.with(publishing).await
    }
}
