//! Ctrl-C and a request to end: the benchmark stops after the step it is at, and its servers and files go as they would
//! at the end. Without this they would stay.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub(crate) fn watch() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    thread::spawn(move || {
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).unwrap();
            tokio::select! {
                ended = tokio::signal::ctrl_c() => ended.unwrap(),
                _ = terminate.recv() => {}
            }
        });
        INTERRUPTED.store(true, Ordering::Relaxed);
        // The handlers of the signals stay for the life of the process, so this need not.
    });
}

/// Ends the benchmark if somebody asked for it.
pub(crate) fn check() {
    assert!(!INTERRUPTED.load(Ordering::Relaxed), "interrupted");
}
