//! `lugger append`: an image made from another one.

mod words;

use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use lugger::append::{Appended, Base, Changes, Recipe, Style, append};
use lugger::layout;
use lugger::oci::{Platform, Selection};
use lugger::reference::Reference;
use lugger::settings;
use lugger::transfer::copy;

use crate::cli::args::Append;
use crate::cli::context::{Context, Transfer, stored_name};
use crate::cli::ends::Origin;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;
use crate::cli::packed::Unpacking;
use crate::cli::place::Place;
use crate::cli::progress::Direction;
use crate::cli::push::{Further, Sending};

pub(crate) use words::{LayerSource, Start, Words, pair, port};

pub(crate) async fn run(context: &Context, arguments: &Append) -> anyhow::Result<()> {
    if let Some(tag) = arguments.tags.iter().find(|tag| tag.digest().is_some()) {
        let text = format!(
            "`{}` has a digest, and that of a new image shows when it is made",
            tag.familiar()
        );
        return Err(Usage(text).into());
    }
    let recipe = recipe(arguments)?;
    let transfer = context.transfer(Direction::Copy, arguments.quiet);
    make(&transfer, arguments, recipe).await.with_context(|| cannot(arguments))?;
    transfer.finish();
    if arguments.push {
        for tag in &arguments.tags {
            let sending = Sending {
                from: Place::Store(tag.clone()),
                reference: tag.clone(),
                further: Further::default(),
                pace: &arguments.pace,
                unpacking: Unpacking::usual(),
                quiet: arguments.quiet,
            };
            sending.send(context).await?;
        }
    }
    Ok(())
}

fn cannot(arguments: &Append) -> Cannot {
    let what = format!("cannot append to `{}`", arguments.base);
    match &arguments.base {
        Start::At(Place::Registry(reference)) => Cannot::at(what, reference.registry()),
        _ => Cannot::plainly(what),
    }
}

async fn make(transfer: &Transfer<'_>, arguments: &Append, recipe: Recipe) -> anyhow::Result<()> {
    let store = &transfer.context.store;
    let layers = recipe.layers.len();
    let base = base(transfer.context, arguments).await?;
    let image = append(base, recipe, Arc::new(store.clone()), store.image(None)).await?;
    for tag in &arguments.tags {
        name(transfer, arguments, &image, layers, tag).await?;
    }
    Ok(())
}

async fn base(context: &Context, arguments: &Append) -> anyhow::Result<Base<Origin>> {
    let platforms = &arguments.platforms;
    let asked = if platforms.is_empty() {
        Selection::All
    } else {
        Selection::Platforms(platforms.clone())
    };
    match &arguments.base {
        Start::Scratch if platforms.is_empty() => Ok(Base::Scratch(vec![Platform::host()])),
        Start::Scratch => Ok(Base::Scratch(platforms.clone())),
        Start::At(place) => {
            let origin = Origin::at(context, place, Unpacking::to(arguments.pack.packing()?)).await?;
            let selection = origin.selection(asked);
            Ok(Base::Image(origin, selection))
        }
    }
}

/// Brings the image to the store, under one of its names.
async fn name(
    transfer: &Transfer<'_>,
    arguments: &Append,
    image: &Appended<Origin, layout::Image>,
    layers: usize,
    tag: &Reference,
) -> anyhow::Result<()> {
    let sink = transfer.context.store.image(Some(stored_name(tag)));
    let copied = copy(image, &sink, &transfer.options(Selection::All, &arguments.pace)).await?;
    if arguments.quiet && arguments.push {
        return Ok(());
    }
    if arguments.quiet {
        return Ok(output::line(&format!("{}@{}", tag.repository(), copied.root))?);
    }
    output::line(&format!("Digest: {}", copied.root))?;
    let layers = match layers {
        1 => "1 more layer".to_owned(),
        layers => format!("{layers} more layers"),
    };
    output::line(&format!("Status: {} is {} with {layers}", tag.familiar(), arguments.base))?;
    Ok(output::line(&tag.to_string())?)
}

fn recipe(arguments: &Append) -> anyhow::Result<Recipe> {
    let epoch = settings::source_date_epoch().map_err(|error| Usage(error.to_string()))?;
    let created = epoch.map(|epoch| Timestamp::from_second(i64::try_from(epoch)?).map_err(anyhow::Error::from));
    Ok(Recipe {
        layers: words::layers(&arguments.layers)?,
        changes: Changes {
            labels: arguments.labels.clone(),
            env: arguments.env.clone(),
            entrypoint: arguments.entrypoint.clone().map(Words::into),
            cmd: arguments.cmd.clone().map(Words::into),
            workdir: arguments.workdir.clone(),
            user: arguments.user.clone(),
            expose: arguments.expose.clone(),
            volumes: arguments.volumes.clone(),
            created: created.transpose().context("SOURCE_DATE_EPOCH is too late")?,
        },
        style: Style {
            newest: epoch.unwrap_or_default(),
            keep_modes: arguments.keep_modes,
        },
        packing: arguments.pack.packing()?,
        base_name: match &arguments.base {
            Start::At(Place::Registry(reference) | Place::Store(reference)) => Some(reference.to_string()),
            _ => None,
        },
    })
}
