//! What joins a Docker Engine with archives: its images are read out of them; and a hint for whoever looks for an image in
//! the store that is there.

use std::sync::Arc;
use std::time::Duration;

use lugger::archive::{Archive, Input};
use lugger::reference::Reference;

use crate::cli::args::Command;
use crate::cli::context::Context;
use crate::cli::failure::{self, Usage};
use crate::cli::packed::{Unpacking, opened};

/// How long it may take to look whether an Engine has an image, where nobody asked for it.
const GLANCE: Duration = Duration::from_millis(300);

/// An image of the Engine, as an archive.
pub(crate) async fn archive(context: &Context, name: &Reference, unpacking: Unpacking) -> anyhow::Result<Arc<Archive>> {
    let (reading, bringing) = context.engine()?.save(name).await?.parts();
    let opening = opened(context, Input::Stream(Box::new(reading)), unpacking.limit);
    let (brought, archive) = tokio::join!(bringing, opening);
    // An archive that broke off is damaged, and here it is known why.
    brought?;
    Ok(archive?)
}

/// The name that an image gets in the Engine, which takes no digests out of archives.
pub(crate) fn tagged(name: &Reference) -> Result<Reference, Usage> {
    let Some(tag) = name.tag() else {
        let name = name.familiar();
        return Err(Usage(format!(
            "`{name}` has no tag, and Docker Engine cannot be given an image by digest; name it, as in docker-daemon:app:1"
        )));
    };
    Ok(name.repository().at_tag(tag.clone()))
}

/// How an image that only the Engine has gets to where the command wanted it.
#[derive(Clone, Copy)]
pub(crate) enum WayIn {
    Push,
    Copy,
}

impl WayIn {
    /// That of a command that needs an image in the store.
    pub(crate) fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Push(_) => Some(Self::Push),
            Command::Save(_) | Command::Tag(_) => Some(Self::Copy),
            _ => None,
        }
    }

    /// The hint after a failure, if the store lacks an image and the Engine has it. Whatever keeps it from answering at once
    /// is of no interest here.
    pub(crate) async fn hint(self, context: &Context, error: &anyhow::Error) -> Option<String> {
        let name: Reference = failure::not_in_store(error)?.parse().ok()?;
        let engine = context.engine().ok()?;
        let has = tokio::time::timeout(GLANCE, engine.has(&name)).await.ok()?;
        let name = has.ok()?.then(|| name.familiar())?;
        Some(match self {
            Self::Push => format!("Docker Engine has it: `lugger push --from docker-daemon:{name} {name}`"),
            Self::Copy => format!("Docker Engine has it: `lugger copy docker-daemon:{name} store:{name}` fetches it"),
        })
    }
}
