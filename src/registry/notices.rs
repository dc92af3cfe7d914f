//! What deserves to be told beside the results: a wait, a missing helper. How it looks is left to whoever is told.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::reference::RegistryName;

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// In words, for people.
    Remark(String),
    /// All requests to a registry wait.
    Wait(Wait),
}

/// A wait of all requests to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The registry, or the mirror of one.
    pub registry: RegistryName,
    /// Why, in one line.
    pub reason: String,
    /// How long.
    pub time: Duration,
}

/// Who is told.
#[derive(Clone)]
pub struct Notices {
    listener: Arc<dyn Fn(&Notice) + Send + Sync>,
    told: Arc<Mutex<HashSet<String>>>,
}

impl Notices {
    /// Tells a function, which must not block.
    pub fn to(listener: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Self {
            listener: Arc::new(listener),
            told: Arc::default(),
        }
    }

    pub(super) fn tell(&self, line: &str) {
        (self.listener)(&Notice::Remark(line.to_owned()));
    }

    pub(super) fn tell_wait(&self, wait: Wait) {
        (self.listener)(&Notice::Wait(wait));
    }

    /// Tells what would come up again with each repository.
    pub(super) fn tell_once(&self, line: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(line.to_owned()) {
            self.tell(line);
        }
    }
}
