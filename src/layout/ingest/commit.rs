//! Group commit: small blobs that arrive together are written and synced together, by one thread.
//!
//! A sync waits for the disk's journal. That takes about as long for one file as for many whose bytes are already on
//! their way to the disk. While one group is synced the next one gathers, so no timer is needed.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use crate::files;
use crate::layout::Shared;
use crate::layout::folder::locked;
use crate::layout::ingest::partial::Claim;
use crate::store::{Error, Result};

/// The blobs that wait to be committed.
#[derive(Default)]
pub(in crate::layout) struct Committer {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Arrived>,
    is_running: bool,
}

/// A verified blob that is only in memory.
struct Arrived {
    claim: Claim,
    done: oneshot::Sender<Result<()>>,
}

/// Writes and syncs a verified blob, gives it its name and only then returns.
pub(super) async fn commit(shared: &Arc<Shared>, claim: Claim) -> Result<()> {
    let (done, outcome) = oneshot::channel();
    if shared.committer.add(Arrived { claim, done }) {
        let shared = Arc::clone(shared);
        tokio::task::spawn_blocking(move || shared.committer.run());
    }
    outcome.await.map_err(Error::other)?
}

impl Committer {
    /// Returns whether the caller must start [`Self::run`], because no thread is at it.
    fn add(&self, arrived: Arrived) -> bool {
        let mut queue = locked(&self.queue);
        queue.waiting.push(arrived);
        !std::mem::replace(&mut queue.is_running, true)
    }

    /// Commits group after group until no blob waits.
    fn run(&self) {
        while let Some(group) = self.next_group() {
            commit_group(group);
        }
    }

    fn next_group(&self) -> Option<Vec<Arrived>> {
        let mut queue = locked(&self.queue);
        queue.is_running = !queue.waiting.is_empty();
        queue.is_running.then(|| std::mem::take(&mut queue.waiting))
    }
}

/// Starts to write all blobs before it waits for the first. An error stays with its blob.
fn commit_group(group: Vec<Arrived>) {
    let is_alone = group.len() == 1;
    let write = |mut arrived: Arrived| {
        let written = arrived.claim.write_arrived();
        if !is_alone && let Ok(file) = arrived.claim.file() {
            files::start_writeback(file, 0..u64::MAX);
        }
        (arrived.claim, arrived.done, written)
    };
    let group: Vec<_> = group.into_iter().map(write).collect();
    for (claim, done, written) in group {
        // The task may have been cancelled. Its blob is whole all the same.
        let _ = done.send(written.and_then(|()| claim.finish()));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use futures_util::future;

    use super::*;
    use crate::layout::testing::{Store, blob, body};
    use crate::store::{Held, Sink as _};

    /// A blob that has arrived, as far as these bytes of it.
    fn arrived(shared: &Arc<Shared>, content: &[u8], bytes: &[u8]) -> (Arrived, oneshot::Receiver<Result<()>>) {
        let wanted = Arc::new(());
        let mut claim = Claim::take(shared, &blob(content), &Arc::downgrade(&wanted))
            .unwrap()
            .unwrap();
        claim.arrived = bytes.to_vec();
        let (done, outcome) = oneshot::channel();
        (Arrived { claim, done }, outcome)
    }

    #[test]
    fn blobs_that_wait_are_one_group_and_get_their_names_with_it() {
        let store = Store::new();
        let shared = store.shared();
        let (first, first_outcome) = arrived(&shared, b"first", b"first");
        let (second, second_outcome) = arrived(&shared, b"second", b"second");
        assert!(shared.committer.add(first), "the first one starts a thread");
        assert!(!shared.committer.add(second));
        assert_eq!(store.names("blobs/sha256"), Vec::<String>::new());
        let group = shared.committer.next_group().unwrap();
        assert_eq!(group.len(), 2);
        commit_group(group);
        for outcome in [first_outcome, second_outcome] {
            outcome.blocking_recv().unwrap().unwrap();
        }
        assert_eq!(store.names("blobs/sha256").len(), 2);
        assert!(shared.committer.next_group().is_none());
        let (third, _) = arrived(&shared, b"third", b"third");
        assert!(shared.committer.add(third), "the thread has ended");
    }

    #[test]
    fn a_blob_that_the_disk_does_not_keep_fails_alone_and_gets_no_name() {
        let store = Store::new();
        let shared = store.shared();
        let group = [(b"first", &b"first"[..]), (b"cut  ", b"cut"), (b"third", b"third")];
        let (group, outcomes): (Vec<_>, Vec<_>) = group
            .map(|(content, bytes)| arrived(&shared, content, bytes))
            .into_iter()
            .unzip();
        commit_group(group);
        let outcomes = outcomes.into_iter().map(|outcome| outcome.blocking_recv().unwrap());
        let errors: Vec<String> = outcomes
            .map(|outcome| outcome.map_or_else(|error| error.to_string(), |()| String::new()))
            .collect();
        assert!(errors[1].contains(blob(b"cut  ").digest.hex()), "{errors:?}");
        assert_eq!([&errors[0], &errors[2]], ["", ""]);
        let mut expected = [blob(b"first"), blob(b"third")].map(|blob| blob.digest.hex().to_owned());
        expected.sort();
        assert_eq!(store.names("blobs/sha256"), expected);
        assert_eq!(store.names("partial"), Vec::<String>::new());
    }

    #[test]
    fn a_blob_is_committed_though_its_task_is_gone() {
        let store = Store::new();
        let shared = store.shared();
        let (arrived, outcome) = arrived(&shared, b"hello", b"hello");
        drop(outcome);
        commit_group(vec![arrived]);
        assert_eq!(store.names("blobs/sha256"), [blob(b"hello").digest.hex()]);
    }

    #[test]
    fn many_tasks_and_processes_commit_the_same_blobs_at_once() {
        let store = Store::new();
        let contents: Vec<String> = (0..40).map(|number| format!("blob {number}")).collect();
        let put_all = || {
            let image = store.layout().image(None);
            let put = async |content: &String| {
                let blob = blob(content.as_bytes());
                if image.held(&blob).await.unwrap() != Held::All {
                    image.put_blob(&blob, 0, body(content.as_bytes())).await.unwrap();
                }
                assert_eq!(image.held(&blob).await.unwrap(), Held::All);
            };
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
            runtime.block_on(future::join_all(contents.iter().chain(&contents).map(put)));
        };
        thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(put_all))));
        assert_eq!(store.names("blobs/sha256").len(), contents.len());
        assert_eq!(store.names("partial"), Vec::<String>::new());
    }
}
