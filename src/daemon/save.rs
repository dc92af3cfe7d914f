//! The archive of an image on its way from an Engine to whoever reads it at once, on a thread of its own.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use reqwest::Response;
use tokio::sync::mpsc;

use crate::daemon::BUSY;
use crate::daemon::answer::{failure, next};
use crate::daemon::error::said;
use crate::store::Result;

/// How many pieces may wait to be read.
const PIECES: usize = 16;
/// In how many of the last bytes a failure may stand.
const TAIL: usize = 8 << 10;
/// How an Engine begins to tell one, behind what it has of the archive.
const FAILURE: &[u8] = b"{\"errorDetail\"";

/// An archive that an Engine has begun to send.
pub struct Saved {
    answer: Response,
    silence: Duration,
}

/// Its bytes. They are read on a thread that may wait.
pub struct Reading {
    pieces: mpsc::Receiver<Bytes>,
    current: Bytes,
    /// Has all of it come?
    whole: Arc<AtomicBool>,
}

impl Saved {
    pub(super) fn of(answer: Response, silence: Duration) -> Self {
        Self { answer, silence }
    }

    /// What reads it, and what brings the bytes there: only the latter knows why they end too early.
    pub fn parts(self) -> (Reading, impl Future<Output = Result<()>> + Send) {
        let (sender, pieces) = mpsc::channel(PIECES);
        let whole = Arc::new(AtomicBool::new(false));
        let reading = Reading {
            pieces,
            current: Bytes::new(),
            whole: Arc::clone(&whole),
        };
        (reading, self.bring(sender, whole))
    }

    async fn bring(mut self, pieces: mpsc::Sender<Bytes>, whole: Arc<AtomicBool>) -> Result<()> {
        let mut patience = BUSY;
        let mut tail = Vec::new();
        while let Some(piece) = next(&mut self.answer, patience).await? {
            patience = self.silence;
            keep_tail(&mut tail, &piece);
            if pieces.send(piece).await.is_err() {
                // Whoever read it knows why no more is wanted.
                return Ok(());
            }
        }
        if let Some(failure) = hidden_failure(&tail) {
            return Err(said(None, &failure));
        }
        whole.store(true, Ordering::Release);
        Ok(())
    }
}

fn keep_tail(tail: &mut Vec<u8>, piece: &[u8]) {
    tail.extend_from_slice(piece.get(piece.len().saturating_sub(TAIL)..).unwrap_or_default());
    tail.drain(..tail.len().saturating_sub(TAIL));
}

/// An Engine that fails in the middle of an archive has its head sent already; it tells why behind what there is of it. An
/// archive itself ends with zeros.
fn hidden_failure(tail: &[u8]) -> Option<String> {
    let at = tail.windows(FAILURE.len()).rposition(|window| window == FAILURE)?;
    failure(tail.get(at..)?.trim_ascii()).ok().flatten()
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.current.is_empty() && !buffer.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.current = piece,
                None if self.whole.load(Ordering::Acquire) => return Ok(0),
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "Docker Engine broke off")),
            }
        }
        let length = self.current.len().min(buffer.len());
        if let Some(part) = buffer.get_mut(..length) {
            self.current.copy_to_slice(part);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_behind_an_archive_is_found_and_an_end_of_zeros_is_none() {
        let mut tail = Vec::new();
        keep_tail(&mut tail, &vec![7; 3 * TAIL]);
        keep_tail(&mut tail, br#"{"errorDetail":{"message":"disk "#);
        keep_tail(&mut tail, b"full\"},\"error\":\"disk full\"}\r\n");
        assert_eq!(tail.len(), TAIL);
        assert_eq!(hidden_failure(&tail).as_deref(), Some("disk full"));
        keep_tail(&mut tail, &[0; 1024]);
        assert_eq!(hidden_failure(&tail), None);
    }
}
