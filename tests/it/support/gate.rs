//! A gate in a fake server: an answer is kept back until the test has done something behind its back.

use std::sync::{Arc, Condvar, Mutex};

use super::server::Act;

/// Keeps an answer back until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn act(&self) -> Act {
        let gate = self.clone();
        Act::edit(move |_, _| tokio::task::block_in_place(|| gate.wait()))
    }

    fn wait(&self) {
        let (open, changed) = &*self.0;
        drop(changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
    }

    pub(crate) fn open(&self) {
        let (open, changed) = &*self.0;
        *open.lock().unwrap() = true;
        changed.notify_all();
    }
}
