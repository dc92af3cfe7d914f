//! What helpers have answered, kept for the life of the process: one may take seconds, or ask a person for a passphrase
//! each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::credentials::Credential;

/// One answer, empty while the helper is asked for the first time.
type Cell = Arc<OnceCell<Option<Credential>>>;

/// The answers, by the helper's program and the key it was asked for.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<(String, String), Cell>>);

impl Memory {
    /// The place for an answer. Whoever comes second waits for the first.
    pub(super) fn cell(&self, program: &str, key: &str) -> Cell {
        let at = (program.to_owned(), key.to_owned());
        Arc::clone(self.cells().entry(at).or_default())
    }

    /// Has a helper asked anew for a key.
    pub(super) fn forget(&self, program: &str, key: &str) {
        self.cells().remove(&(program.to_owned(), key.to_owned()));
    }

    /// Has every helper asked anew.
    pub(super) fn clear(&self) {
        self.cells().clear();
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<(String, String), Cell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
