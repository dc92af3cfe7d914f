//! `lugger exists` and `lugger wait`: gates between a push and what is to happen after it.
//!
//! The registry itself is asked, and no mirror, which may be behind the times. The answer is the exit status.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use lugger::oci::{Digest, Platform, Selection};
use lugger::reference::TagOrDigest;
use lugger::registry::{Image, NoAnswer, Repository};
use lugger::store::{Error, ErrorKind, Result};
use lugger::transfer::{config, resolve};
use tokio::time::{Instant, sleep, timeout_at};

use crate::cli::args::{Exists, Looked, Wait};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;

/// The pause after the first look; each one is longer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// So long before the end there is one more look, if there is that much time at all.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// The image is not there, which is an answer and no failure: nothing is said of it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the image is not there")]
pub(crate) struct Absent;

impl Absent {
    /// What scripts go by.
    pub(crate) const CODE: u8 = 3;
}

pub(crate) async fn exists(context: &Context, arguments: &Exists) -> anyhow::Result<()> {
    let cannot = || Cannot::with("look for", &arguments.looked.reference);
    let mut gate = Gate::of(context, &arguments.looked).with_context(cannot)?;
    if gate.is_open().await.with_context(cannot)? {
        return Ok(());
    }
    Err(Absent.into())
}

pub(crate) async fn wait(context: &Context, arguments: &Wait) -> anyhow::Result<()> {
    let Looked { reference, .. } = &arguments.looked;
    let seconds = arguments.timeout.as_secs();
    let cannot = || {
        let what = format!("waited up to {seconds} s for `{}`, in vain", reference.familiar());
        Cannot::at(what, reference.registry())
    };
    let mut gate = Gate::of(context, &arguments.looked).with_context(cannot)?;
    let deadline = Instant::now() + arguments.timeout;
    let last_look = deadline - LAST_LOOK.min(arguments.timeout / 10);
    let (mut was_absent, mut failure) = (false, None);
    let mut pauses = Pauses::of(arguments.interval);
    loop {
        match timeout_at(deadline, gate.is_open()).await {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) if was_absent => {}
            Ok(Ok(false)) => {
                was_absent = true;
                context
                    .voice()
                    .say(&format!("waiting up to {seconds} s for {}", reference.familiar()));
            }
            Ok(Err(error)) if is_passing(&error) => failure = Some(error),
            Ok(Err(error)) => return Err(error).with_context(cannot),
            Err(_) => break,
        }
        let left = last_look.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        sleep(pauses.next().min(left)).await;
    }
    Err(outcome(was_absent, failure)).with_context(cannot)
}

/// A registry that has ever answered was asked, and has not the image; one that never did is the failure itself.
fn outcome(was_absent: bool, failure: Option<Error>) -> Error {
    match failure {
        _ if was_absent => Error::not_found(anyhow!("the registry does not have it yet")),
        Some(failure) => failure,
        None => Error::new(ErrorKind::Unreachable, anyhow!("the registry gave no answer in that time")),
    }
}

/// Can it be another a moment later? A login that is refused stays refused, and so does a certificate.
fn is_passing(error: &Error) -> bool {
    let unanswered = error.cause().downcast_ref::<NoAnswer>();
    let stays = unanswered.is_some_and(|unanswered| unanswered.trouble().is_some());
    let passes = matches!(
        error.kind(),
        ErrorKind::Unreachable | ErrorKind::RateLimited | ErrorKind::Interrupted | ErrorKind::Trickle
    );
    passes && !stays
}

/// The pauses between two looks.
struct Pauses {
    fixed: Option<Duration>,
    next: Duration,
}

impl Pauses {
    fn of(fixed: Option<Duration>) -> Self {
        Self {
            fixed,
            next: FIRST_PAUSE,
        }
    }

    /// Up to a quarter shorter than it could be, so that many that wait for one image do not come together.
    fn next(&mut self) -> Duration {
        let grown = self.next;
        self.next = grown.saturating_mul(2).min(LAST_PAUSE);
        self.fixed.unwrap_or_else(|| grown.mul_f64(1.0 - fastrand::f64() / 4.0))
    }
}

/// One image that is looked for.
struct Gate {
    repository: Repository,
    at: TagOrDigest,
    platforms: Vec<Platform>,
    /// An image that is there and not for all these platforms: it is not looked into again.
    passed: Option<Digest>,
}

impl Gate {
    fn of(context: &Context, looked: &Looked) -> Result<Self> {
        let repository = context.network.repository(looked.reference.repository())?;
        Ok(Self {
            repository: repository.without_mirrors(),
            at: looked.reference.at(),
            platforms: looked.platforms.clone(),
            passed: None,
        })
    }

    async fn is_open(&mut self) -> Result<bool> {
        let there = match self.repository.digest(&self.at).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            digest => digest?,
        };
        if self.platforms.is_empty() {
            return Ok(true);
        }
        if self.passed.as_ref() == Some(&there) {
            return Ok(false);
        }
        let image = self.repository.image(TagOrDigest::Digest(there.clone()));
        for platform in &self.platforms {
            match serves(&image, platform).await {
                Ok(true) => {}
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(false) | Err(_) => {
                    self.passed = Some(there);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Is an image for a platform, as a pull would choose? One without an index is for its own alone.
async fn serves(image: &Image, platform: &Platform) -> Result<bool> {
    let found = resolve(image, &Selection::Platforms(vec![platform.clone()])).await?;
    if found.chosen_from.is_some() {
        return Ok(true);
    }
    let own = config(image, &found.root).await?.platform();
    Ok(own.is_some_and(|own| platform.fit(&own).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_or_are_as_asked() {
        let mut pauses = Pauses::of(None);
        let waited: Vec<Duration> = (0..12).map(|_| pauses.next()).collect();
        assert!(
            waited[0] <= FIRST_PAUSE && waited[4] > waited[0] && waited[11] <= LAST_PAUSE,
            "{waited:?}"
        );
        assert!(waited[11] >= LAST_PAUSE.mul_f64(0.75));
        let mut fixed = Pauses::of(Some(Duration::from_secs(3)));
        assert_eq!([fixed.next(), fixed.next()], [Duration::from_secs(3); 2]);
    }

    #[test]
    fn what_was_once_missing_is_not_found_and_what_never_answered_is_unreachable() {
        let failed = |kind| Some(Error::new(kind, anyhow!("x")));
        let kind = |was_absent, failure| outcome(was_absent, failure).kind();
        assert_eq!(kind(true, None), ErrorKind::NotFound);
        assert_eq!(kind(true, failed(ErrorKind::Unreachable)), ErrorKind::NotFound);
        assert_eq!(kind(false, failed(ErrorKind::RateLimited)), ErrorKind::RateLimited);
        assert_eq!(kind(false, None), ErrorKind::Unreachable);
    }
}
