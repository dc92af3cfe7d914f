//! What happens during a transfer, told upward as values: the engine knows no terminal.

use std::sync::Arc;
use std::time::Duration;

use crate::oci::{Descriptor, Digest};
use crate::reference::RepositoryName;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// These blobs are to be there in the end: layers in their order, then configs. Told once, first.
    Planned {
        /// The blobs, each once.
        blobs: Vec<Descriptor>,
    },
    /// The bytes of a blob begin to come, from `offset` on.
    Started {
        /// The blob.
        digest: Digest,
        /// How many bytes were there already.
        offset: u64,
    },
    /// So many more bytes of a blob have gone through.
    Advanced {
        /// The blob.
        digest: Digest,
        /// How many bytes.
        bytes: u64,
    },
    /// All bytes of a blob have gone through; the place that keeps them has yet to confirm them.
    Arrived {
        /// The blob.
        digest: Digest,
    },
    /// A blob's transfer broke off and is tried again after a wait.
    Interrupted {
        /// The blob.
        digest: Digest,
        /// Why, in one line.
        reason: String,
        /// How long until it goes on.
        wait: Duration,
    },
    /// A blob is there.
    Done {
        /// The blob.
        digest: Digest,
        /// How it got there.
        how: How,
    },
    /// A manifest is there.
    Sealed {
        /// The manifest.
        digest: Digest,
    },
}

/// How a blob came to be where it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Its bytes were moved.
    Moved,
    /// The registry took it over from another of its repositories.
    Mounted(RepositoryName),
    /// It was there before.
    AlreadyThere,
}

/// Who is told. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Event) + Send + Sync>);

impl Progress {
    /// Tells a function, which must not block.
    pub fn to(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Tells nobody.
    #[must_use]
    pub fn silent() -> Self {
        Self::to(drop)
    }

    /// Tells of an event.
    pub fn tell(&self, event: Event) {
        (self.0)(event);
    }
}
