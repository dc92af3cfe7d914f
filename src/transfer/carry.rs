//! One blob from a source to a sink: skipped, mounted, or moved, and gone on with where it broke off.

use futures_util::{StreamExt as _, stream};

use crate::backoff;
use crate::oci::Descriptor;
use crate::reference::RepositoryName;
use crate::store::{Body, Error, ErrorKind, Held, Result, Sink, Source};
use crate::transfer::failures::Failures;
use crate::transfer::{Event, How, Options};

/// How often a blob may break off in a row without progress.
const ATTEMPTS: u32 = 5;
/// How much of a blob, in bytes, must have come since it last only trickled, for it to be tried once more.
const PROGRESS: u64 = 64 << 10;
/// How many repositories are asked for a blob before its bytes are sent.
const MOUNT_TRIES: usize = 2;

/// Brings a blob to the sink. As long as every try begins further on than the last it is not given up; bytes sent to a
/// place that keeps none of them are no progress.
pub(super) async fn carry(source: &impl Source, sink: &impl Sink, blob: &Descriptor, options: &Options) -> Result<()> {
    let mut attempt = Attempt::at(blob, options);
    attempt.until_done(source, sink).await
}

/// Sends a blob to a sink that only thought it has it: no question is asked, and no mount.
pub(super) async fn resend(source: &impl Source, sink: &impl Sink, blob: &Descriptor, options: &Options) -> Result<()> {
    let mut attempt = Attempt::at(blob, options);
    attempt.ask = Ask::Nothing;
    attempt.until_done(source, sink).await
}

/// The tries to bring one blob over.
struct Attempt<'a> {
    blob: &'a Descriptor,
    options: &'a Options,
    ask: Ask,
    /// Why the tries since the last progress broke off.
    failures: Failures,
    /// What did not fit the last time. From then on it is begun anew, whatever is there of it.
    misfit: Option<String>,
    /// Did the login run out on the way? It is renewed once.
    expired: bool,
    /// From where on did hardly anything come? Another connection may do better, once, or until it has.
    trickled_at: Option<u64>,
}

/// What the sink is asked before bytes are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// To take the blob over from elsewhere, and what it has of it.
    Mount,
    /// What it has of the blob.
    Held,
    /// Nothing: it has answered wrongly.
    Nothing,
}

impl Ask {
    /// Before the next try: a mount was declined, or is not worth asking for twice.
    fn again(self) -> Self {
        match self {
            Self::Mount | Self::Held => Self::Held,
            Self::Nothing => Self::Nothing,
        }
    }
}

/// What there is to do for a blob.
enum Task {
    Nothing(How),
    SendFrom(u64),
}

impl<'a> Attempt<'a> {
    fn at(blob: &'a Descriptor, options: &'a Options) -> Self {
        Self {
            blob,
            options,
            ask: Ask::Mount,
            failures: Failures::default(),
            misfit: None,
            expired: false,
            trickled_at: None,
        }
    }

    async fn until_done(&mut self, source: &impl Source, sink: &impl Sink) -> Result<()> {
        let mut furthest = 0;
        loop {
            let from = match self.task(source, sink).await? {
                Task::Nothing(how) => {
                    self.tell_done(how);
                    return Ok(());
                }
                Task::SendFrom(from) => from,
            };
            let Err(error) = self.send(source, sink, from).await else {
                self.tell_done(How::Moved);
                return Ok(());
            };
            self.ask = self.ask.again();
            if from > furthest {
                self.failures = Failures::default();
                furthest = from;
            }
            self.failures.add(&error);
            if !self.is_worth_another(&error, from) {
                return Err(error);
            }
            if self.failures.count() >= ATTEMPTS {
                return Err(self.failures.told(self.blob, error));
            }
            self.pause(&error).await;
        }
    }

    async fn pause(&self, error: &Error) {
        let wait = backoff::after(self.failures.count());
        self.options.progress.tell(Event::Interrupted {
            digest: self.blob.digest.clone(),
            reason: error.to_string(),
            wait,
        });
        tokio::time::sleep(wait).await;
    }

    fn tell_done(&self, how: How) {
        let digest = self.blob.digest.clone();
        self.options.progress.tell(Event::Done { digest, how });
    }

    /// What broke off goes on. What lost its login gets a new token, once. What did not fit (a bit that fell over on the
    /// way, the rest of a blob whose beginning was bad) is begun anew, unless it comes out the same: then that is what the
    /// source has.
    fn is_worth_another(&mut self, error: &Error, from: u64) -> bool {
        match error.kind() {
            ErrorKind::Interrupted => true,
            ErrorKind::Trickle => {
                let before = self.trickled_at.replace(from);
                before.is_none_or(|before| from.saturating_sub(before) > PROGRESS)
            }
            ErrorKind::Expired => !std::mem::replace(&mut self.expired, true),
            ErrorKind::Mismatch => {
                let now = Some(error.to_string());
                let before = std::mem::replace(&mut self.misfit, now.clone());
                before != now
            }
            _ => false,
        }
    }

    async fn task(&self, source: &impl Source, sink: &impl Sink) -> Result<Task> {
        if self.ask == Ask::Nothing {
            return Ok(Task::SendFrom(0));
        }
        if self.ask == Ask::Mount
            && let Some(how) = mounted(source, sink, self.blob).await?
        {
            return Ok(Task::Nothing(how));
        }
        Ok(match sink.held(self.blob).await? {
            Held::All => Task::Nothing(How::AlreadyThere),
            Held::Part(offset) if self.misfit.is_none() => Task::SendFrom(offset),
            Held::Part(_) | Held::Nothing => Task::SendFrom(0),
        })
    }

    async fn send(&self, source: &impl Source, sink: &impl Sink, from: u64) -> Result<()> {
        let body = match self.blob.embedded().filter(|_| from == 0) {
            Some(content) => stream::iter([Ok(content)]).boxed(),
            None => source.blob(self.blob, from).await.map_err(|error| self.explained(error))?,
        };
        let body = match &self.options.limit {
            Some(limit) => limit.clone().slow(body),
            None => body,
        };
        sink.put_blob(self.blob, from, self.counted(body, from)).await
    }

    /// Content that has addresses of its own need not be at the registry. They are not tried: whoever made the manifest
    /// could have any host asked that this machine reaches.
    fn explained(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::NotFound || !self.blob.may_lie_elsewhere() {
            return error;
        }
        error.context(format!(
            "{} lies elsewhere, says the manifest, and nothing is fetched from elsewhere than the registry",
            self.blob.digest.short()
        ))
    }

    /// Tells of the bytes as they go through.
    fn counted(&self, body: Body, offset: u64) -> Body {
        let progress = self.options.progress.clone();
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

/// The repositories that the sink's registry is asked to take a blob over from.
pub(super) async fn origins(source: &impl Source, sink: &impl Sink, blob: &Descriptor) -> Result<Vec<RepositoryName>> {
    let Some(own) = sink.repository() else {
        return Ok(Vec::new());
    };
    let known = source.origins(&blob.digest, own.registry()).await?.into_iter();
    Ok(known.filter(|origin| origin != own).take(MOUNT_TRIES).collect())
}

async fn mounted(source: &impl Source, sink: &impl Sink, blob: &Descriptor) -> Result<Option<How>> {
    for origin in origins(source, sink, blob).await? {
        if sink.mount(blob, &origin).await? {
            return Ok(Some(How::Mounted(origin)));
        }
    }
    Ok(None)
}
