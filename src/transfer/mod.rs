//! The engine: one `copy` for pull, push, copy, save and load.
//!
//! It plans (what is there to move), carries (blobs, side by side) and seals (manifests, children first, the named root
//! last), so that no reader ever sees a name whose parts are missing. It knows [`Source`] and [`Sink`] and nothing else.

mod carry;
mod event;
mod failures;
mod foresee;
mod limit;
mod plan;
mod queue;
mod resolve;

use futures_util::future;

use crate::oci::{Descriptor, Digest, Manifest, Selection};
use crate::store::{Chosen, Error, ErrorKind, MissingBlobs, Named, Result, Sink, Source};
use crate::transfer::plan::{Attached, Plan};
use crate::transfer::queue::Queue;

pub use event::{Event, How, Progress};
pub use foresee::{Foreseen, ForeseenBlob, foresee};
pub use limit::Limit;
pub use resolve::{Resolved, config, raw_config, resolve};

/// How a copy is made.
#[derive(Clone)]
pub struct Options {
    /// Which images of an index.
    pub selection: Selection,
    /// Are the manifests that refer to the image, its signatures and the like, taken along?
    pub referrers: bool,
    /// How many blobs are under way at once.
    pub jobs: usize,
    /// How fast bytes may move.
    pub limit: Option<Limit>,
    /// Who is told.
    pub progress: Progress,
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The digest that the source's name has: of the whole index, where a part was chosen.
    pub named: Digest,
    /// The digest of the manifest that is at the sink's name now.
    pub root: Digest,
    /// The size of that manifest in bytes, if it had to be looked at.
    pub size: Option<u64>,
    /// Was everything there before?
    pub up_to_date: bool,
    /// What refers to the image and could not be copied: it is no manifest, gone, or refused where it should go.
    pub left_behind: Vec<Descriptor>,
}

/// Brings the image of a source to a sink, and gives it the sink's name at the very end.
///
/// # Errors
/// What source or sink say. What has arrived until then stays, verified, for the next try.
pub async fn copy(source: &impl Source, sink: &impl Sink, options: &Options) -> Result<Copied> {
    let task = match prepare(source, sink, options).await? {
        Prepared::Done(copied) => return Ok(copied),
        Prepared::Task(task) => task,
    };
    let mut left_behind = Vec::new();
    if let Some(plan) = &task.plan {
        left_behind = carry_all(source, sink, plan, options).await?;
        left_behind.extend(plan.left_behind.iter().cloned());
    }
    if !task.up_to_date {
        let (root, chosen_from) = (&task.root, task.chosen_from.as_ref());
        if let Err(error) = sink.publish(root, chosen_from).await {
            resend_missing(source, sink, root, error, options).await?;
            sink.publish(root, chosen_from).await?;
        }
        let digest = root.digest().clone();
        options.progress.tell(Event::Sealed { digest });
    }
    Ok(Copied {
        left_behind,
        ..task.copied()
    })
}

/// What there is to do for a copy, found out by questions alone.
enum Prepared {
    /// Nothing: one look at the names has shown it.
    Done(Copied),
    Task(Box<Task>),
}

/// What is to be copied.
struct Task {
    root: Manifest,
    chosen_from: Option<Chosen>,
    /// Is the image itself there? What refers to it may be missing all the same.
    up_to_date: bool,
    /// What has to be there before the name, unless it all is.
    plan: Option<Plan>,
}

impl Task {
    fn copied(self) -> Copied {
        let root = self.root.digest().clone();
        Copied {
            named: self.chosen_from.map_or_else(|| root.clone(), |chosen| chosen.index),
            root,
            size: Some(self.root.size()),
            up_to_date: self.up_to_date,
            left_behind: Vec::new(),
        }
    }
}

async fn prepare(source: &impl Source, sink: &impl Sink, options: &Options) -> Result<Prepared> {
    let current = sink.current().await?;
    // What refers to an image can have changed while the image did not.
    if !options.referrers
        && let Some(current) = &current
        && let Some(copied) = already_there(source, sink, current, &options.selection).await?
    {
        return Ok(Prepared::Done(copied));
    }
    let Resolved { root, chosen_from } = resolve(source, &options.selection).await?;
    // A registry knows no more of a name than its digest.
    let same = |current: &Named| sink.registry().is_some() || current.chosen_from == chosen_from;
    let up_to_date = current.is_some_and(|current| current.digest == *root.digest() && same(&current));
    let plan = if !up_to_date || options.referrers {
        Some(plan(source, &root, up_to_date, options.referrers).await?)
    } else {
        None
    };
    Ok(Prepared::Task(Box::new(Task {
        root,
        chosen_from,
        up_to_date,
        plan,
    })))
}

/// Does the sink's name stand for what the source's name stands for now? One cheap question tells.
async fn already_there(
    source: &impl Source,
    sink: &impl Sink,
    current: &Named,
    selection: &Selection,
) -> Result<Option<Copied>> {
    // A registry does not say whether a digest is an index, of which only a part may be wanted.
    if sink.registry().is_some() && *selection != Selection::All {
        return Ok(None);
    }
    let named = source.digest().await?;
    let fits = match (&current.chosen_from, selection) {
        (Some(chosen), Selection::Platforms(platforms)) => chosen.index == named && chosen.platforms == *platforms,
        _ => current.digest == named,
    };
    Ok(fits.then(|| Copied {
        named,
        root: current.digest.clone(),
        size: None,
        up_to_date: true,
        left_behind: Vec::new(),
    }))
}

/// The image, unless it is there, and what refers to it: before the name, so that whoever checks signatures finds them.
async fn plan(source: &impl Source, root: &Manifest, up_to_date: bool, referrers: bool) -> Result<Plan> {
    let mut plan = Plan::of(source, root).await?;
    if !referrers {
        return Ok(plan);
    }
    let attached = Attached::to(source, root, &plan.children).await?;
    if up_to_date {
        return Ok(attached);
    }
    plan.extend(attached);
    Ok(plan)
}

/// Moves all that has to be there before the name. Gives back what the sink would not take and can do without.
async fn carry_all(source: &impl Source, sink: &impl Sink, plan: &Plan, options: &Options) -> Result<Vec<Descriptor>> {
    let mut refused = Vec::new();
    options.progress.tell(Event::Planned {
        blobs: plan.blobs.clone(),
    });
    sink.expect(&plan.blobs).await?;
    let queue = if sink.in_order() {
        Queue::in_order(&plan.blobs)
    } else {
        Queue::of(&plan.blobs, options.jobs)
    };
    let workers = queue.ends().map(|end| {
        let queue = &queue;
        async move {
            while let Some(blob) = queue.take(end) {
                carry::carry(source, sink, blob, options).await?;
            }
            Ok::<(), Error>(())
        }
    });
    future::try_join_all(workers).await?;
    for manifest in &plan.children {
        match sink.put_manifest(manifest).await {
            Ok(()) => {}
            // Most registries know nothing of the draft that had these.
            Err(error) if manifest.media_type().is_artifact() && !is_passing(&error) => {
                refused.push(manifest.descriptor());
                continue;
            }
            Err(error) => {
                resend_missing(source, sink, manifest, error, options).await?;
                sink.put_manifest(manifest).await?;
            }
        }
        options.progress.tell(Event::Sealed {
            digest: manifest.digest().clone(),
        });
    }
    for (tag, manifest) in &plan.tagged {
        if let Err(error) = sink.put_tagged(manifest, tag).await {
            resend_missing(source, sink, manifest, error, options).await?;
            sink.put_tagged(manifest, tag).await?;
        }
        options.progress.tell(Event::Sealed {
            digest: manifest.digest().clone(),
        });
    }
    Ok(refused)
}

/// Could the next try go well, or does the error come of something else than what was put?
fn is_passing(error: &Error) -> bool {
    let kinds = [
        ErrorKind::Unreachable,
        ErrorKind::Interrupted,
        ErrorKind::RateLimited,
        ErrorKind::Denied,
        ErrorKind::Incomplete,
    ];
    kinds.contains(&error.kind())
}

/// Sends the blobs that a sink had said it has and then lacked, whatever it says of them now. Any other error is passed on.
async fn resend_missing(source: &impl Source, sink: &impl Sink, of: &Manifest, error: Error, options: &Options) -> Result<()> {
    let Some(missing) = error.cause().downcast_ref::<MissingBlobs>() else {
        return Err(error);
    };
    for blob in of.blobs() {
        if missing.digests.is_empty() || missing.digests.contains(&blob.digest) {
            carry::resend(source, sink, blob, options).await?;
        }
    }
    Ok(())
}
