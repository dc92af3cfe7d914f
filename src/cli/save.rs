//! `lugger save`: images of the store as an archive, or as a directory.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lugger::archive;
use lugger::layout::{self, Layout, RefName};
use lugger::oci::Selection;
use lugger::reference::Reference;
use lugger::store::Source as _;
use lugger::transfer::{Options, copy};

use crate::cli::args::{Save, SaveAs};
use crate::cli::context::{Context, Transfer, platforms_or_host, stored_name};
use crate::cli::failure::{Cannot, Usage};
use crate::cli::packed::STDIO;
use crate::cli::progress::Direction;
use crate::cli::written::Written;

pub(crate) async fn run(context: &Context, arguments: &Save) -> anyhow::Result<()> {
    let output = arguments.output.as_deref().unwrap_or(Path::new(STDIO));
    let format = match arguments.format {
        SaveAs::DockerArchive => archive::Format::Docker,
        SaveAs::OciArchive => archive::Format::Oci,
        SaveAs::OciDir => return to_directory(context, arguments).await,
    };
    if format == archive::Format::Docker && arguments.platforms.chosen.len() > 1 {
        let way_out = "an archive of docker takes one platform; `--format oci-archive` takes several";
        return Err(Usage(way_out.to_owned()).into());
    }
    // What is not there is said before anything is written.
    let images = images(context, arguments)?;
    let archive = Written::to(output, format)?;
    for (reference, image) in images {
        let cannot = || Cannot::plainly(format!("cannot save `{}`", reference.familiar()));
        let transfer = context.transfer(Direction::Copy, arguments.quiet);
        let options = options(&transfer, arguments, &image).await.with_context(cannot)?;
        let name = stored_name(reference).to_string();
        archive
            .add(&transfer, &image, Some(name), &options)
            .await
            .with_context(cannot)?;
        transfer.finish();
    }
    let finished = archive.finish().await;
    finished.with_context(|| Cannot::plainly("cannot save the archive".to_owned()))
}

fn images<'a>(context: &Context, arguments: &'a Save) -> anyhow::Result<Vec<(&'a Reference, layout::Image)>> {
    let found = arguments.references.iter().map(|reference| {
        let name = context
            .name_in_store(reference)
            .with_context(|| Cannot::with("save", reference))?;
        Ok((reference, context.store.image(Some(name))))
    });
    found.collect()
}

/// What is saved of an image: for docker one platform, else all that the store has, unless it is said.
async fn options(transfer: &Transfer<'_>, arguments: &Save, image: &layout::Image) -> lugger::store::Result<Options> {
    let chosen = &arguments.platforms.chosen;
    let selection = if arguments.format == SaveAs::DockerArchive {
        if chosen.is_empty() && image.root().await?.is_index() {
            transfer.say("An archive of docker takes one platform: this machine's is saved");
        }
        platforms_or_host(&arguments.platforms)
    } else if chosen.is_empty() {
        Selection::All
    } else {
        Selection::Platforms(chosen.clone())
    };
    Ok(Options {
        selection,
        referrers: false,
        jobs: 1,
        limit: None,
        progress: transfer.progress(),
    })
}

async fn to_directory(context: &Context, arguments: &Save) -> anyhow::Result<()> {
    let Some(directory): Option<&PathBuf> = arguments.output.as_ref().filter(|path| *path != Path::new(STDIO)) else {
        return Err(Usage("`--format oci-dir` needs a directory, with `-o DIR`".to_owned()).into());
    };
    let layout = Layout::at(directory.clone());
    for (reference, image) in images(context, arguments)? {
        let cannot = || Cannot::plainly(format!("cannot save `{}`", reference.familiar()));
        let transfer = context.transfer(Direction::Copy, arguments.quiet);
        let options = options(&transfer, arguments, &image).await.with_context(cannot)?;
        let name: RefName = stored_name(reference);
        copy(&image, &layout.image(Some(name)), &options).await.with_context(cannot)?;
        transfer.finish();
    }
    Ok(())
}
