//! `lugger inspect` and `lugger digest`: what an image is, without fetching it.

use anyhow::Context as _;
use jiff::Timestamp;
use lugger::oci::{Config, Manifest, MediaType, Platform, Selection, Settings};
use lugger::store::Source as _;
use lugger::text::one_line;
use lugger::transfer::{Resolved, config, raw_config, resolve};
use serde::Serialize;

use crate::cli::args::{Digest, Format, Inspect};
use crate::cli::context::Context;
use crate::cli::ends::Origin;
use crate::cli::failure::Cannot;
use crate::cli::output;
use crate::cli::packed::Unpacking;
use crate::cli::place::Place;
use crate::cli::size::human;

pub(crate) async fn digest(context: &Context, arguments: &Digest) -> anyhow::Result<()> {
    let asked = async {
        anyhow::Ok(
            Origin::at(context, &arguments.place, Unpacking::usual())
                .await?
                .digest()
                .await?,
        )
    };
    let digest = asked.await.with_context(|| cannot("find the digest of", &arguments.place))?;
    Ok(output::line(&digest.to_string())?)
}

pub(crate) async fn run(context: &Context, arguments: &Inspect) -> anyhow::Result<()> {
    let cannot = || cannot("inspect", &arguments.place);
    let source = Origin::at(context, &arguments.place, Unpacking::usual())
        .await
        .with_context(cannot)?;
    let top = manifest(&source, arguments.platform.as_ref(), arguments.config)
        .await
        .with_context(cannot)?;
    if arguments.raw {
        return Ok(output::bytes(top.raw())?);
    }
    if arguments.config {
        return Ok(output::bytes(&raw_config(&source, &top).await.with_context(cannot)?)?);
    }
    let config = config(&source, &top).await.with_context(cannot)?;
    let summary = Summary::new(&arguments.place, &top, config);
    match arguments.format {
        Format::Json => output::json(&summary),
        Format::Table => Ok(output::line(&summary.text())?),
    }
}

fn cannot(verb: &str, place: &Place) -> Cannot {
    match place {
        Place::Registry(reference) => Cannot::with(verb, reference),
        other => Cannot::plainly(format!("cannot {verb} `{other}`")),
    }
}

/// The manifest of the name, or the image for a platform; a config is always that of one image.
async fn manifest(source: &Origin, platform: Option<&Platform>, one: bool) -> lugger::store::Result<Manifest> {
    let selection = match platform {
        Some(platform) => Selection::Platforms(vec![platform.clone()]),
        None if one => Selection::Platforms(vec![Platform::host()]),
        None => Selection::All,
    };
    let Resolved { root, .. } = resolve(source, &selection).await?;
    Ok(root)
}

/// What is told of an image or an index.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    name: String,
    digest: lugger::oci::Digest,
    media_type: MediaType,
    /// Config and layers in bytes, as transferred; null for an index.
    size: Option<u64>,
    created: Option<Timestamp>,
    author: Option<String>,
    platforms: Vec<Offer>,
    layers: Vec<Layer>,
    user: String,
    working_dir: String,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    env: Vec<String>,
    exposed_ports: Vec<String>,
    labels: serde_json::Map<String, serde_json::Value>,
}

/// One image of an index, or the image itself.
#[derive(Serialize)]
struct Offer {
    platform: String,
    digest: lugger::oci::Digest,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    digest: lugger::oci::Digest,
    size: u64,
    media_type: MediaType,
}

impl Summary {
    fn new(place: &Place, manifest: &Manifest, config: Config) -> Self {
        let platforms = offers(manifest, &config);
        let Settings {
            user,
            entrypoint,
            cmd,
            env,
            working_dir,
            labels,
            exposed_ports,
        } = config.config.unwrap_or_default();
        Self {
            name: place.to_string(),
            digest: manifest.digest().clone(),
            media_type: manifest.media_type().clone(),
            size: (!manifest.is_index()).then(|| manifest.content_size()),
            created: config.created,
            author: config.author,
            platforms,
            layers: manifest.layers().iter().map(Layer::from).collect(),
            user,
            working_dir,
            entrypoint: entrypoint.unwrap_or_default(),
            cmd: cmd.unwrap_or_default(),
            env: env.unwrap_or_default(),
            exposed_ports: exposed_ports.unwrap_or_default().into_iter().map(|(port, _)| port).collect(),
            labels: labels.unwrap_or_default(),
        }
    }

    /// One fact a line; what there is none of has no line.
    fn text(&self) -> String {
        let mut facts = vec![
            ("Name", self.name.clone()),
            ("Digest", self.digest.to_string()),
            ("Media type", self.media_type.to_string()),
            ("Created", self.created.map(|time| time.to_string()).unwrap_or_default()),
            ("Author", self.author.clone().unwrap_or_default()),
            ("Size", self.size.map(human).unwrap_or_default()),
            ("User", self.user.clone()),
            ("Working dir", self.working_dir.clone()),
            ("Entrypoint", self.entrypoint.join(" ")),
            ("Cmd", self.cmd.join(" ")),
            ("Ports", self.exposed_ports.join(", ")),
        ];
        facts.extend(self.env.iter().map(|pair| ("Env", pair.clone())));
        facts.extend(self.labels.iter().map(|(key, value)| ("Label", labelled(key, value))));
        facts.extend(
            self.platforms
                .iter()
                .map(|offer| ("Platform", format!("{:<16} {}", offer.platform, offer.digest))),
        );
        facts.extend(
            self.layers
                .iter()
                .map(|layer| ("Layer", format!("{}  {:>8}", layer.digest, human(layer.size)))),
        );
        let lines = facts.into_iter().filter(|(_, value)| !value.is_empty());
        lines
            .map(|(fact, value)| format!("{fact:<12} {}", one_line(&value)))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl From<&lugger::oci::Descriptor> for Layer {
    fn from(layer: &lugger::oci::Descriptor) -> Self {
        Self {
            digest: layer.digest.clone(),
            size: layer.size,
            media_type: layer.media_type.clone(),
        }
    }
}

fn offers(manifest: &Manifest, config: &Config) -> Vec<Offer> {
    let offer = |platform: &Platform, digest: &lugger::oci::Digest| Offer {
        platform: platform.to_string(),
        digest: digest.clone(),
    };
    let entries = manifest.children().iter().filter(|entry| entry.is_image_entry());
    let own = config.platform().map(|platform| offer(&platform, manifest.digest()));
    entries
        .filter_map(|entry| Some(offer(entry.platform.as_ref()?, &entry.digest)))
        .chain(own)
        .collect()
}

fn labelled(key: &str, value: &serde_json::Value) -> String {
    match value.as_str() {
        Some(text) => format!("{key}={text}"),
        None => format!("{key}={value}"),
    }
}
