//! The content of a layer's files, decompressed on a thread of its own ahead of whoever writes it.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use super::Layer;
use super::limits::Stop;

/// How many bytes are handed over at once.
const CHUNK: usize = 256 << 10;
/// How many chunks may wait.
const CHUNKS: usize = 8;

/// Some parts of a decompressed layer, one behind the other.
pub(super) struct Ahead {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
}

impl Ahead {
    /// Starts to decompress. The parts are given by first byte and length, and do not overlap.
    pub(super) fn start<'s>(scope: &'s Scope<'s, '_>, layer: &'s Layer, parts: Vec<(u64, u64)>, stop: &'s Stop) -> Self {
        let (sender, chunks) = sync_channel(CHUNKS);
        scope.spawn(move || {
            if let Err(error) = send(layer, &parts, stop, &sender) {
                // Whoever has gone away does not want to know.
                let _ = sender.send(Err(error));
            }
        });
        Self {
            chunks,
            chunk: io::Cursor::default(),
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.fill_buf()?.is_empty() {
            match self.chunks.recv() {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
                Err(_) => break,
            }
        }
        self.chunk.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.chunk.consume(length);
    }
}

fn send(layer: &Layer, parts: &[(u64, u64)], stop: &Stop, sender: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut reader = layer.decompressed()?;
    let mut position = 0_u64;
    let mut chunk = Vec::with_capacity(CHUNK);
    for (start, length) in parts {
        skip(&mut reader, start.saturating_sub(position), stop)?;
        let mut left = *length;
        while left > 0 {
            let room = CHUNK.saturating_sub(chunk.len()) as u64;
            let read = reader.by_ref().take(left.min(room)).read_to_end(&mut chunk)? as u64;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left = left.saturating_sub(read);
            if chunk.len() >= CHUNK
                && sender
                    .send(Ok(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))))
                    .is_err()
            {
                return Ok(());
            }
        }
        position = start.saturating_add(*length);
    }
    // An error here means that nobody reads on.
    let _ = sender.send(Ok(chunk));
    Ok(())
}

fn skip(reader: &mut impl Read, mut length: u64, stop: &Stop) -> io::Result<()> {
    while length > 0 {
        stop.check()?;
        let skipped = io::copy(&mut reader.by_ref().take(length.min(CHUNK as u64)), &mut io::sink())?;
        if skipped == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        length = length.saturating_sub(skipped);
    }
    Ok(())
}
