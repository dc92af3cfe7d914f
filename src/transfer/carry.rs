//! One blob from a source to a sink: skipped, mounted, or moved, and gone on with where it broke off.

use futures_util::StreamExt as _;

use crate::backoff;
use crate::oci::Descriptor;
use crate::store::{Body, Error, ErrorKind, Held, Result, Sink, Source};
use crate::transfer::{Event, How, Progress};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often a blob may break off in a row without a byte of progress.
const ATTEMPTS: u32 = 5;
/// How many repositories are asked for a blob before its bytes are sent.
const MOUNT_TRIES: usize = 2;

/// Brings a blob to the sink. As long as bytes come through it is not given up.
pub(super) async fn carry(source: &impl Source, sink: &impl Sink, blob: &Descriptor, progress: &Progress) -> Result<()> {
    let mut failures = 0;
    let mut restarted = false;
    let mut mount = true;
    loop {
        let counter = Counter::new(blob, progress);
        let error = match attempt(source, sink, blob, &counter, mount).await {
            Ok(how) => {
                let digest = blob.digest.clone();
                progress.tell(Event::Done { digest, how });
                return Ok(());
            }
            Err(error) => error,
        };
        mount = false;
        match error.kind() {
            ErrorKind::Interrupted => failures = if counter.moved() > 0 { 1 } else { failures + 1 },
            // Two halves of a blob that do not fit together: the rest of a transfer whose beginning was bad.
            ErrorKind::Mismatch if counter.resumed() && !restarted => restarted = true,
            _ => return Err(error),
        }
        if failures >= ATTEMPTS {
            return Err(error.context(format!(
                "{} broke off {failures} times without a byte of progress",
                blob.digest.short()
            )));
        }
        pause(blob, &error, failures, progress).await;
    }
}

async fn pause(blob: &Descriptor, error: &Error, failures: u32, progress: &Progress) {
    let wait = backoff::after(failures);
    progress.tell(Event::Interrupted {
        digest: blob.digest.clone(),
        reason: error.to_string(),
        wait,
    });
    tokio::time::sleep(wait).await;
}

async fn attempt(source: &impl Source, sink: &impl Sink, blob: &Descriptor, counter: &Counter, mount: bool) -> Result<How> {
    let offset = match sink.held(blob).await? {
        Held::All => return Ok(How::AlreadyThere),
        Held::Part(offset) => offset,
        Held::Nothing => 0,
    };
    if mount && let Some(how) = mounted(source, sink, blob).await? {
        return Ok(how);
    }
    let body = source.blob(blob, offset).await?;
    sink.put_blob(blob, offset, counter.count(body, offset)).await?;
    Ok(How::Moved)
}

async fn mounted(source: &impl Source, sink: &impl Sink, blob: &Descriptor) -> Result<Option<How>> {
    let Some(registry) = sink.registry() else {
        return Ok(None);
    };
    for origin in source.origins(&blob.digest, registry).await?.into_iter().take(MOUNT_TRIES) {
        if sink.mount(blob, &origin).await? {
            return Ok(Some(How::Mounted(origin)));
        }
    }
    Ok(None)
}

/// Counts the bytes of one attempt as they go through.
struct Counter {
    blob: Descriptor,
    progress: Progress,
    moved: Arc<AtomicU64>,
    offset: AtomicU64,
}

impl Counter {
    fn new(blob: &Descriptor, progress: &Progress) -> Self {
        Self {
            blob: blob.clone(),
            progress: progress.clone(),
            moved: Arc::default(),
            offset: AtomicU64::new(0),
        }
    }

    fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    fn resumed(&self) -> bool {
        self.offset.load(Ordering::Relaxed) > 0
    }

    fn count(&self, body: Body, offset: u64) -> Body {
        self.offset.store(offset, Ordering::Relaxed);
        let (progress, moved) = (self.progress.clone(), Arc::clone(&self.moved));
        let (digest, size) = (self.blob.digest.clone(), self.blob.size);
        progress.tell(Event::Started {
            digest: digest.clone(),
            offset,
        });
        body.inspect(move |chunk| {
            let Ok(chunk) = chunk else { return };
            let bytes = chunk.len() as u64;
            let before = moved.fetch_add(bytes, Ordering::Relaxed);
            let digest = digest.clone();
            progress.tell(Event::Advanced {
                digest: digest.clone(),
                bytes,
            });
            if offset + before + bytes >= size {
                progress.tell(Event::Arrived { digest });
            }
        })
        .boxed()
    }
}
