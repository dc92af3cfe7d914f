//! What a copy would do, told without doing it: the same questions, the same plan, and then nothing.
//!
//! It is what can be known now. Whether a registry mounts a blob shows only when it is asked to, and others may bring or
//! take away what is there meanwhile.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::oci::{Descriptor, Digest};
use crate::store::{Error, Held, Result, Sink, Source};
use crate::transfer::{Options, Prepared, carry, prepare};

/// What a copy would come to.
#[derive(Debug)]
pub struct Foreseen {
    /// The digest that the source's name has: of the whole index, where a part is chosen.
    pub named: Digest,
    /// The digest of the manifest that would be at the sink's name.
    pub root: Digest,
    /// Is everything there already?
    pub up_to_date: bool,
    /// All blobs that are to be there in the end; none where one look at the names has shown that they are.
    pub blobs: Vec<ForeseenBlob>,
    /// Why the sink would take none of it, such as a disk that is too small.
    pub obstacle: Option<Error>,
}

/// What would become of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeseenBlob {
    /// The blob.
    pub blob: Descriptor,
    /// How much of it is there.
    pub held: Held,
    /// Would the registry be asked to take it over from another of its repositories?
    pub mountable: bool,
}

impl ForeseenBlob {
    /// How many of its bytes would be moved, unless it is mounted.
    #[must_use]
    pub fn to_move(&self) -> u64 {
        match self.held {
            Held::All => 0,
            Held::Part(begun) => self.blob.size.saturating_sub(begun),
            Held::Nothing => self.blob.size,
        }
    }
}

/// Says what [`copy`](crate::transfer::copy) would do with the same arguments. No blob is fetched and nothing is written;
/// manifests are read.
///
/// # Errors
/// What source or sink say.
pub async fn foresee(source: &impl Source, sink: &impl Sink, options: &Options) -> Result<Foreseen> {
    let task = match prepare(source, sink, options).await? {
        Prepared::Done(copied) => {
            return Ok(Foreseen {
                named: copied.named,
                root: copied.root,
                up_to_date: true,
                blobs: Vec::new(),
                obstacle: None,
            });
        }
        Prepared::Task(task) => task,
    };
    let planned: &[Descriptor] = task.plan.as_ref().map_or(&[], |plan| &plan.blobs);
    let blobs: Vec<ForeseenBlob> = stream::iter(planned)
        .map(|blob| look(source, sink, blob))
        .buffered(options.jobs.max(1))
        .try_collect()
        .await?;
    let obstacle = sink.expect(planned).await.err();
    let copied = task.copied();
    Ok(Foreseen {
        named: copied.named,
        root: copied.root,
        up_to_date: copied.up_to_date,
        blobs,
        obstacle,
    })
}

/// A mount is asked for what is not there at all.
async fn look(source: &impl Source, sink: &impl Sink, blob: &Descriptor) -> Result<ForeseenBlob> {
    let held = sink.look(blob).await?;
    let mountable = held == Held::Nothing && !carry::origins(source, sink, blob).await?.is_empty();
    Ok(ForeseenBlob {
        blob: blob.clone(),
        held,
        mountable,
    })
}
