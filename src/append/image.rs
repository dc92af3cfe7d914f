//! The documents of the new image: configs, manifests and, where the base has several platforms, an index of them; and all
//! that as something to copy.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value, json};

use crate::append::changes::{self, Changes};
use crate::append::layer::{self, Content, Made};
use crate::append::tree::Style;
use crate::compression::{Compression, Packing};
use crate::oci::{Config, Descriptor, Digest, Manifest, MediaType, Platform, Selection};
use crate::reference::{RegistryName, RepositoryName};
use crate::store::{self, Body, Incoming, Intake, Source};
use crate::transfer::{raw_config, resolve};

/// How deep an index may hold indexes.
const MAX_DEPTH: usize = 4;

/// Where an image of an index says what it is based on
/// ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/annotations.md)).
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// What a new image is made of, beside its base.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The further layers, the lowest first.
    pub layers: Vec<Content>,
    /// The other settings.
    pub changes: Changes,
    /// What tars of files are like.
    pub style: Style,
    /// How layers are compressed that are not yet.
    pub packing: Packing,
    /// What the base is called, for whoever looks at the image.
    pub base_name: Option<String>,
}

/// What an image is based on.
pub enum Base<S> {
    /// Another image, and which of its platforms.
    Image(S, Selection),
    /// Nothing, for these platforms.
    Scratch(Vec<Platform>),
}

/// The new image. Its own parts are in `made`; what it has from its base is still there.
pub struct Appended<S, M> {
    base: Option<S>,
    made: M,
    root: Manifest,
    manifests: HashMap<Digest, Manifest>,
    blobs: Vec<Digest>,
}

/// Makes the layers and documents of a new image, and keeps them when all of them are there: in `intake`, from where
/// `made` reads.
///
/// # Errors
/// Files that cannot be read; a base that is no image; what the base's place says.
pub async fn append<S: Source, M: Source>(
    base: Base<S>,
    recipe: Recipe,
    intake: Arc<dyn Intake>,
    made: M,
) -> anyhow::Result<Appended<S, M>> {
    // Whether there is such a base is known at once; layers can take minutes.
    let (base, platforms) = match base {
        Base::Image(source, selection) => {
            let found = resolve(&source, &selection).await?.root;
            (Some((source, found)), Vec::new())
        }
        Base::Scratch(platforms) => (None, platforms),
    };
    let layers = layers(&recipe, &intake).await?;
    let mut documents = Documents {
        layers: layers.iter().map(Layer::of).collect(),
        recipe,
        intake,
        manifests: HashMap::new(),
        configs: Vec::new(),
    };
    let root = match &base {
        Some((source, found)) => documents.of(source, found, MAX_DEPTH).await?,
        None => documents.of_nothing(&platforms)?,
    };
    let Documents { manifests, configs, .. } = documents;
    let kept = tokio::task::spawn_blocking(move || {
        let blobs = layers.into_iter().map(|layer| layer.blob).chain(configs);
        blobs.map(Incoming::keep).collect::<store::Result<Vec<Digest>>>()
    });
    Ok(Appended {
        base: base.map(|(source, _)| source),
        made,
        root,
        manifests,
        blobs: kept.await??,
    })
}

async fn layers(recipe: &Recipe, intake: &Arc<dyn Intake>) -> anyhow::Result<Vec<Made>> {
    let (recipe, intake) = (recipe.clone(), Arc::clone(intake));
    let make = move || {
        let contents = recipe.layers.iter();
        contents
            .map(|content| layer::make(content, recipe.style, recipe.packing, &*intake))
            .collect::<anyhow::Result<Vec<Made>>>()
    };
    tokio::task::spawn_blocking(make).await?
}

/// What the documents say of a layer.
struct Layer {
    digest: Digest,
    size: u64,
    diff_id: Digest,
    compression: Compression,
}

impl Layer {
    fn of(made: &Made) -> Self {
        Self {
            digest: made.blob.digest(),
            size: made.blob.size(),
            diff_id: made.diff_id.clone(),
            compression: made.compression,
        }
    }

    /// Of the same family as the manifest it is in.
    fn media_type(&self, docker: bool) -> &'static str {
        match (docker, self.compression) {
            (true, Compression::Plain) => "application/vnd.docker.image.rootfs.diff.tar",
            (true, Compression::Gzip) => "application/vnd.docker.image.rootfs.diff.tar.gzip",
            (true, Compression::Zstd) => "application/vnd.docker.image.rootfs.diff.tar.zstd",
            (false, Compression::Plain) => "application/vnd.oci.image.layer.v1.tar",
            (false, Compression::Gzip) => "application/vnd.oci.image.layer.v1.tar+gzip",
            (false, Compression::Zstd) => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }
}

/// Documents while they are written.
struct Documents {
    recipe: Recipe,
    layers: Vec<Layer>,
    intake: Arc<dyn Intake>,
    manifests: HashMap<Digest, Manifest>,
    configs: Vec<Box<dyn Incoming>>,
}

impl Documents {
    /// What becomes of a manifest of the base.
    async fn of(&mut self, source: &impl Source, base: &Manifest, depth: usize) -> anyhow::Result<Manifest> {
        if base.is_index() {
            return Box::pin(self.of_index(source, base, depth)).await;
        }
        let image = base.config().filter(|config| config.media_type.is_image_config());
        let config = image.with_context(|| format!("{} is no image", base.digest()))?;
        let raw = raw_config(source, base).await?;
        let unusable = || format!("the config {} is not usable", config.digest);
        Config::of(&raw, &config.media_type).with_context(unusable)?;
        self.of_image(base.raw(), base.media_type(), &raw, Some(base))
            .with_context(unusable)
    }

    /// Attestations and the like are of the base's images, and are left out.
    async fn of_index(&mut self, source: &impl Source, base: &Manifest, depth: usize) -> anyhow::Result<Manifest> {
        let depth = depth.checked_sub(1).context("indexes lie in indexes without end")?;
        let mut entries = Vec::new();
        for child in base.children() {
            if child.is_image_entry() && child.media_type.is_manifest() {
                let manifest = self.of(source, &source.manifest(child).await?, depth).await?;
                entries.push(json!(replaced(child, &manifest)));
            }
        }
        if entries.is_empty() {
            return Err(anyhow!("the index {} has no images", base.digest()));
        }
        let mut body: Map<String, Value> = serde_json::from_slice(base.raw())?;
        body.insert("manifests".to_owned(), json!(entries));
        self.finish(&body, base.media_type())
    }

    /// An image of nothing but the new layers, for each platform.
    fn of_nothing(&mut self, platforms: &[Platform]) -> anyhow::Result<Manifest> {
        let mut entries = Vec::new();
        for platform in platforms {
            let mut config = json!({"architecture": platform.architecture});
            if !platform.variant.is_empty() {
                config["variant"] = json!(platform.variant);
            }
            config["os"] = json!(platform.os);
            config["rootfs"] = json!({"type": "layers", "diff_ids": []});
            let body = json!({"schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": null, "layers": []});
            let (body, config) = (body.to_string(), config.to_string());
            let manifest = self.of_image(body.as_bytes(), &MediaType::OCI_MANIFEST, config.as_bytes(), None)?;
            let mut entry = manifest.descriptor();
            entry.platform = Some(platform.clone());
            entries.push((manifest, entry));
        }
        if let [(only, _)] = entries.as_slice() {
            return Ok(only.clone());
        }
        let entries: Vec<Descriptor> = entries.into_iter().map(|(_, entry)| entry).collect();
        let index = [
            ("schemaVersion", json!(2)),
            ("mediaType", json!(MediaType::OCI_INDEX)),
            ("manifests", json!(entries)),
        ];
        let index = Map::from_iter(index.map(|(name, value)| (name.to_owned(), value)));
        self.finish(&index, &MediaType::OCI_INDEX)
    }

    /// A manifest with the new layers behind its own, and a config that knows of them.
    fn of_image(
        &mut self,
        body: &[u8],
        media_type: &MediaType,
        config: &[u8],
        base: Option<&Manifest>,
    ) -> anyhow::Result<Manifest> {
        let docker = *media_type == MediaType::DOCKER_MANIFEST;
        let diff_ids: Vec<Digest> = self.layers.iter().map(|layer| layer.diff_id.clone()).collect();
        let layers = base.map_or(0, |base| base.layers().len());
        let config = self.recipe.changes.apply(config, layers, &diff_ids)?;
        let mut body: Map<String, Value> = serde_json::from_slice(body)?;
        let config_type = if docker {
            MediaType::DOCKER_CONFIG
        } else {
            MediaType::OCI_CONFIG
        };
        body.insert("config".to_owned(), self.keep_config(&config_type, &config)?);
        let further = self.layers.iter();
        changes::list(&mut body, "layers", "manifest")?.extend(
            further.map(|layer| json!({"mediaType": layer.media_type(docker), "size": layer.size, "digest": layer.digest})),
        );
        // What it was attached to is another image's.
        body.shift_remove("subject");
        if let Some(base) = base.filter(|_| !docker) {
            self.annotate(&mut body, base)?;
        }
        self.finish(&body, media_type)
    }

    fn annotate(&self, body: &mut Map<String, Value>, base: &Manifest) -> anyhow::Result<()> {
        let annotations = changes::object(body, "annotations", "manifest")?;
        annotations.insert(BASE_DIGEST.to_owned(), json!(base.digest()));
        match &self.recipe.base_name {
            Some(name) => annotations.insert(BASE_NAME.to_owned(), json!(name)),
            None => annotations.shift_remove(BASE_NAME),
        };
        Ok(())
    }

    fn keep_config(&mut self, media_type: &MediaType, config: &[u8]) -> anyhow::Result<Value> {
        let mut blob = self.intake.begin()?;
        blob.write_all(config).context("cannot keep the config")?;
        let descriptor = json!({"mediaType": media_type, "size": blob.size(), "digest": blob.digest()});
        self.configs.push(blob);
        Ok(descriptor)
    }

    fn finish(&mut self, body: &Map<String, Value>, media_type: &MediaType) -> anyhow::Result<Manifest> {
        let raw = serde_json::to_vec(body)?;
        let manifest = Manifest::parse(raw.into(), Some(media_type), None)?;
        self.manifests.insert(manifest.digest().clone(), manifest.clone());
        Ok(manifest)
    }
}

/// An index's entry for what has become of its image.
fn replaced(entry: &Descriptor, manifest: &Manifest) -> Descriptor {
    Descriptor {
        data: None,
        urls: Vec::new(),
        platform: entry.platform.clone(),
        annotations: entry.annotations.clone(),
        ..manifest.descriptor()
    }
}

impl<S: Source, M: Source> Source for Appended<S, M> {
    async fn digest(&self) -> store::Result<Digest> {
        Ok(self.root.digest().clone())
    }

    async fn root(&self) -> store::Result<Manifest> {
        Ok(self.root.clone())
    }

    async fn manifest(&self, at: &Descriptor) -> store::Result<Manifest> {
        let made = self.manifests.get(&at.digest).cloned();
        made.ok_or_else(|| store::Error::not_found(anyhow!("the manifest {} was not made", at.digest)))
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> store::Result<Body> {
        match &self.base {
            Some(base) if !self.blobs.contains(&blob.digest) => base.blob(blob, offset).await,
            _ => self.made.blob(blob, offset).await,
        }
    }

    async fn origins(&self, blob: &Digest, registry: &RegistryName) -> store::Result<Vec<RepositoryName>> {
        match &self.base {
            Some(base) => base.origins(blob, registry).await,
            None => Ok(Vec::new()),
        }
    }
}
