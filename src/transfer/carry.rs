//! One blob from a source to a sink: skipped, mounted, or moved, and gone on with where it broke off.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;

use crate::backoff;
use crate::oci::Descriptor;
use crate::store::{Body, Error, ErrorKind, Held, Result, Sink, Source};
use crate::transfer::{Event, How, Progress};

/// How often a blob may break off in a row without progress.
const ATTEMPTS: u32 = 5;
/// How many repositories are asked for a blob before its bytes are sent.
const MOUNT_TRIES: usize = 2;

/// Brings a blob to the sink. As long as every try begins further on than the last it is not given up; bytes sent to a
/// place that keeps none of them are no progress.
pub(super) async fn carry(source: &impl Source, sink: &impl Sink, blob: &Descriptor, progress: &Progress) -> Result<()> {
    let mut attempt = Attempt::at(blob, progress);
    attempt.until_done(source, sink).await
}

/// Sends a blob to a sink that only thought it has it: no question is asked, and no mount.
pub(super) async fn resend(source: &impl Source, sink: &impl Sink, blob: &Descriptor, progress: &Progress) -> Result<()> {
    let mut attempt = Attempt::at(blob, progress);
    attempt.ask = false;
    attempt.until_done(source, sink).await
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

/// One try to bring a blob over.
struct Attempt<'a> {
    blob: &'a Descriptor,
    progress: &'a Progress,
    /// May the registry be asked to take it over from another repository?
    mount: bool,
    /// Is it begun anew, whatever is there of it?
    afresh: bool,
    /// Is the sink asked what it has?
    ask: bool,
}

impl<'a> Attempt<'a> {
    fn at(blob: &'a Descriptor, progress: &'a Progress) -> Self {
        Self {
            blob,
            progress,
            mount: true,
            afresh: false,
            ask: true,
        }
    }

    async fn until_done(&mut self, source: &impl Source, sink: &impl Sink) -> Result<()> {
        let mut failures = 0;
        let mut furthest = 0;
        loop {
            let begun = AtomicU64::new(0);
            let error = match self.make(source, sink, &begun).await {
                Ok(how) => {
                    let digest = self.blob.digest.clone();
                    self.progress.tell(Event::Done { digest, how });
                    return Ok(());
                }
                Err(error) => error,
            };
            self.mount = false;
            match error.kind() {
                ErrorKind::Interrupted if begun.load(Ordering::Relaxed) > furthest => failures = 1,
                ErrorKind::Interrupted => failures += 1,
                // A bit that fell over on the way, or the rest of a blob whose beginning was bad: once more, from the start.
                ErrorKind::Mismatch if !self.afresh => self.afresh = true,
                _ => return Err(error),
            }
            furthest = furthest.max(begun.into_inner());
            if failures >= ATTEMPTS {
                return Err(error.context(format!(
                    "{} broke off {failures} times without progress",
                    self.blob.digest.short()
                )));
            }
            pause(self.blob, &error, failures, self.progress).await;
        }
    }

    async fn make(&self, source: &impl Source, sink: &impl Sink, begun: &AtomicU64) -> Result<How> {
        if self.ask
            && self.mount
            && let Some(how) = mounted(source, sink, self.blob).await?
        {
            return Ok(how);
        }
        let held = if self.ask {
            sink.held(self.blob).await?
        } else {
            Held::Nothing
        };
        let offset = match held {
            Held::All => return Ok(How::AlreadyThere),
            Held::Part(offset) if !self.afresh => offset,
            Held::Part(_) | Held::Nothing => 0,
        };
        begun.store(offset, Ordering::Relaxed);
        let body = source.blob(self.blob, offset).await?;
        sink.put_blob(self.blob, offset, self.counted(body, offset)).await?;
        Ok(How::Moved)
    }

    /// Tells of the bytes as they go through.
    fn counted(&self, body: Body, offset: u64) -> Body {
        let progress = self.progress.clone();
        let mut at = offset;
        let (digest, size) = (self.blob.digest.clone(), self.blob.size);
        progress.tell(Event::Started {
            digest: digest.clone(),
            offset,
        });
        body.inspect(move |chunk| {
            let Ok(chunk) = chunk else { return };
            let bytes = chunk.len() as u64;
            at = at.saturating_add(bytes);
            let digest = digest.clone();
            progress.tell(Event::Advanced {
                digest: digest.clone(),
                bytes,
            });
            if at >= size {
                progress.tell(Event::Arrived { digest });
            }
        })
        .boxed()
    }
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
