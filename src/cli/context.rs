//! What a command works with, made once from the global flags: the store, the logins, the way to registries, the way
//! to the screen.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lugger::credentials::Credentials;
use lugger::daemon::{Address, Engine};
use lugger::hosts::Hosts;
use lugger::journal::Journal;
use lugger::layout::{Layout, RefName};
use lugger::oci::{Platform, Selection};
use lugger::reference::Reference;
use lugger::registry::{self, Network, Notices, Trust};
use lugger::secret::Secret;
use lugger::settings::{self, Settings};
use lugger::store::{Error, Result};
use lugger::transfer::{Options, Progress};

use crate::cli::args::{Global, Pace, Platforms};
use crate::cli::progress::{Direction, Display, Mode};
use crate::cli::voice::Voice;

/// The surroundings of a command.
pub(crate) struct Context {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) store: Layout,
    /// One for all that the command does, so that connections and tokens serve every image it moves.
    pub(crate) network: Network,
    /// How long a Docker Engine may say nothing.
    silence: Duration,
    voice: Voice,
    mode: Mode,
}

impl Context {
    /// Reads flags and environment; opens nothing yet.
    pub(crate) fn new(global: &Global, pace: Option<Pace>) -> anyhow::Result<Self> {
        let voice = Voice::plain();
        let notices = Notices::to({
            let voice = voice.clone();
            move |notice| voice.tell(notice)
        });
        Self::with(global, pace, voice, notices)
    }

    /// The same for whoever does not want to hear a word.
    pub(crate) fn silent(global: &Global) -> anyhow::Result<Self> {
        Self::with(global, None, Voice::plain(), Notices::to(|_| {}))
    }

    fn with(global: &Global, pace: Option<Pace>, voice: Voice, notices: Notices) -> anyhow::Result<Self> {
        let settings = Settings::from_environment(global.store.clone())?;
        let variable = settings::docker_auth_config().map(Secret::new);
        let credentials = Credentials::new(settings.logins, variable, settings::search_path());
        let credentials = Arc::new(credentials.with_realms(settings.realms));
        let hosts = Hosts::new(settings.hosts.hosts, settings.hosts.docker);
        let trust = Trust {
            plain_http: global.plain_http,
            insecure: global.insecure,
            authority: global.ca_file.clone(),
        };
        let store = Layout::at(settings.store);
        let pace = pace.map_or(registry::Pace::USUAL, |pace| pace.of_network());
        let uploads = Journal::at(store.uploads());
        Ok(Self {
            network: Network::new(Arc::clone(&credentials), hosts, trust, notices, pace, uploads),
            credentials,
            store,
            silence: pace.stall,
            voice,
            mode: global.progress,
        })
    }

    /// The Docker Engine that docker would speak to.
    pub(crate) fn engine(&self) -> Result<Engine> {
        let address = Address::chosen(settings::docker_host().as_deref()).map_err(Error::other)?;
        Engine::at(address, self.silence)
    }

    /// Whom to tell a line for people.
    pub(crate) fn voice(&self) -> Voice {
        self.voice.clone()
    }

    /// Does a person see on stderr how far something is?
    pub(crate) fn shows_bars(&self) -> bool {
        self.mode.shows_bars()
    }

    /// What a transfer works with.
    pub(crate) fn transfer(&self, direction: Direction, quiet: bool) -> Transfer<'_> {
        let mode = if quiet { Mode::None } else { self.mode };
        let display = Display::start(mode, direction);
        self.voice.speak_through(&display);
        Transfer {
            context: self,
            display,
            quiet,
        }
    }

    /// The name an image has in the store; one given by digest may have been pulled by tag.
    pub(crate) fn name_in_store(&self, reference: &Reference) -> Result<RefName> {
        let images = self.store.images()?;
        let exact = stored_name(reference);
        if images.iter().any(|image| image.name.as_ref() == Some(&exact)) {
            return Ok(exact);
        }
        let same = images.into_iter().find(|image| {
            let digests = [
                Some(&image.descriptor.digest),
                image.chosen_from.as_ref().map(|chosen| &chosen.index),
            ];
            let named = image.name.as_ref().and_then(|name| name.as_str().parse::<Reference>().ok());
            reference.digest().is_some_and(|digest| digests.contains(&Some(digest)))
                && named.is_some_and(|named| named.repository() == reference.repository())
        });
        same.and_then(|image| image.name)
            .ok_or_else(|| Error::not_found(NotInStore(reference.familiar())))
    }
}

/// The name that an image gets in the store: by its digest if it was asked for by one, since a tag beside it decides
/// nothing.
pub(crate) fn stored_name(reference: &Reference) -> RefName {
    match reference.digest() {
        Some(digest) => RefName::from(&reference.repository().at_digest(digest.clone())),
        None => RefName::from(reference),
    }
}

/// An image that the store does not have.
#[derive(Debug, thiserror::Error)]
#[error("the store has no image `{0}`")]
pub(crate) struct NotInStore(String);

impl NotInStore {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// A transfer's surroundings: those of the command, and the screen.
pub(crate) struct Transfer<'a> {
    pub(crate) context: &'a Context,
    display: Display,
    quiet: bool,
}

impl Transfer<'_> {
    /// Says a line beside the progress.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            self.display.say(line);
        }
    }

    /// Says a line even to those who want it quiet.
    pub(crate) fn warn(&self, line: &str) {
        self.display.say(&format!("warning: {line}"));
    }

    /// Says for programs where the image is and where it goes, as `--dry-run` names both.
    pub(crate) fn between(&self, source: &impl fmt::Display, target: &impl fmt::Display) {
        self.display.between(&source.to_string(), &target.to_string());
    }

    /// Whom to tell how far it is.
    pub(crate) fn progress(&self) -> Progress {
        self.display.progress()
    }

    /// How to copy.
    pub(crate) fn options(&self, selection: Selection, pace: &Pace) -> Options {
        Options {
            selection,
            referrers: false,
            jobs: pace.jobs.into(),
            limit: pace.limit(),
            progress: self.progress(),
        }
    }

    /// Leaves the last state on the screen.
    pub(crate) fn finish(self) {
        drop(self);
    }
}

impl Drop for Transfer<'_> {
    /// The display itself ends after this.
    fn drop(&mut self) {
        self.context.voice.speak_plainly();
    }
}

/// The platforms asked for, or this machine's.
pub(crate) fn platforms_or_host(platforms: &Platforms) -> Selection {
    if platforms.chosen.is_empty() {
        return Selection::Platforms(vec![Platform::host()]);
    }
    Selection::Platforms(platforms.chosen.clone())
}
