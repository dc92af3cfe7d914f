//! `lugger tag`: another name, in the store or on the registry.

use anyhow::Context as _;
use lugger::oci::Selection;
use lugger::reference::{Reference, TagOrDigest};
use lugger::registry::{Network, Pace};
use lugger::transfer::{Options, Progress, copy};

use crate::cli::args::Tag;
use crate::cli::context::{Context, stored_name};
use crate::cli::failure::{Cannot, Usage};

pub(crate) async fn run(context: &Context, arguments: &Tag) -> anyhow::Result<()> {
    if let Some(target) = arguments.targets.iter().find(|target| target.digest().is_some()) {
        return Err(Usage(format!(
            "`{}` is no name to give: a digest follows from the content",
            target.familiar()
        ))
        .into());
    }
    let tagged = if arguments.remote {
        on_the_registry(context, arguments).await
    } else {
        in_the_store(context, arguments)
    };
    tagged.with_context(|| Cannot::with("tag", &arguments.source))
}

fn in_the_store(context: &Context, arguments: &Tag) -> anyhow::Result<()> {
    let name = context.name_in_store(&arguments.source)?;
    for target in &arguments.targets {
        context.store.tag(&name, &stored_name(target))?;
    }
    Ok(())
}

async fn on_the_registry(context: &Context, arguments: &Tag) -> anyhow::Result<()> {
    let network = &context.network;
    for target in &arguments.targets {
        if target.registry() != arguments.source.registry() {
            let (source, target) = (arguments.source.familiar(), target.familiar());
            return Err(Usage(format!(
                "`{target}` is on another registry; run `lugger copy {source} {target}`"
            ))
            .into());
        }
        tag_remotely(network, &arguments.source, target).await?;
    }
    Ok(())
}

/// In the same repository only the manifest goes back under its new name; into another one the blobs are mounted.
async fn tag_remotely(network: &Network, source: &Reference, target: &Reference) -> anyhow::Result<()> {
    let from = network.repository(source.repository())?.without_mirrors();
    if target.repository() == source.repository() {
        let manifest = from.manifest(&source.at()).await?;
        return Ok(from.tag(&manifest, &target.at()).await?);
    }
    let options = Options {
        selection: Selection::All,
        referrers: false,
        jobs: Pace::USUAL.connections,
        limit: None,
        progress: Progress::silent(),
    };
    let at: TagOrDigest = target.at();
    copy(
        &from.image(source.at()),
        &network.repository(target.repository())?.image(at),
        &options,
    )
    .await?;
    Ok(())
}
