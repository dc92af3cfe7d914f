//! Bringing a large blob to the disk while it still arrives, so that its last sync has little left to do.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// How many bytes are written before they are synced. A smaller blob is synced once, at its end.
const STEP: u64 = 16 << 20;

/// Syncs a file that is being written, on a thread of its own.
pub(super) struct EarlySync {
    written: u64,
    worker: Option<Worker>,
}

struct Worker {
    wake: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl EarlySync {
    pub(super) fn new() -> Self {
        Self {
            written: 0,
            worker: None,
        }
    }

    /// Counts bytes that were written to the file, and starts a sync if they are many. Without a thread to be had the last
    /// sync does it all.
    pub(super) fn wrote(&mut self, file: &File, bytes: u64) {
        self.written += bytes;
        if self.written < STEP {
            return;
        }
        self.written = 0;
        if self.worker.is_none() {
            self.worker = Worker::start(file).ok();
        }
        if let Some(worker) = &self.worker {
            // While a sync is under way another one waits at most.
            let _ = worker.wake.try_send(());
        }
    }

    /// Waits for the syncs under way. The system tells an error of the disk once: what it told the thread must not be lost.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(Worker { wake, thread }) = self.worker else {
            return Ok(());
        };
        drop(wake);
        thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    }
}

impl Worker {
    fn start(file: &File) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let file = file.try_clone()?;
        let thread = thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || sync(&file, &woken))?;
        Ok(Self { wake, thread })
    }
}

fn sync(file: &File, woken: &Receiver<()>) -> io::Result<()> {
    for () in woken {
        file.sync_data()?;
    }
    Ok(())
}

#[test]
fn a_small_file_needs_no_thread_and_a_large_one_is_synced() {
    let file = tempfile::tempfile().unwrap();
    let mut early = EarlySync::new();
    early.wrote(&file, STEP - 1);
    assert!(early.worker.is_none());
    early.wrote(&file, 1);
    early.wrote(&file, STEP);
    assert!(early.worker.is_some());
    early.finish().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_of_the_disk_is_not_lost() {
    // What has no disk behind it cannot be synced.
    let null = File::create("/dev/null").unwrap();
    let mut early = EarlySync::new();
    early.wrote(&null, STEP);
    assert!(early.finish().is_err());
}
