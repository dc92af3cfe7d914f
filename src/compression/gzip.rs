//! One gzip member, compressed in pieces on all cores: each piece knows the 32 KiB before it and ends at a byte, so that the
//! pieces joined are one stream of deflate ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)).

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use crate::compression::packing::{PIECE, Shown};

/// How far back deflate looks.
const WINDOW: usize = 32 << 10;
/// Deflate, no flags, no date, no hint on the level, an unknown system
/// ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952#section-2.3)): nothing that would tell one run from another.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A piece to compress, and where to the outcome goes.
struct Job {
    piece: Bytes,
    before: Bytes,
    done: mpsc::SyncSender<Deflated>,
}

type Deflated = io::Result<(Vec<u8>, Crc)>;

pub(super) fn compress(
    level: u32,
    cores: usize,
    mut input: Shown<impl Read>,
    output: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    // Two pieces for each core: one under way, and one at hand when that is done.
    let most = cores.max(1).saturating_mul(2);
    let (sender, jobs) = mpsc::sync_channel(most);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..cores.max(1) {
            scope.spawn(|| work(level, &jobs));
        }
        // Dropped when this is left, whereupon the workers end.
        let sender = sender;
        let mut member = Member::begin(output)?;
        let mut before = Bytes::new();
        loop {
            let piece = input.piece()?;
            let (done, deflated) = mpsc::sync_channel(1);
            let job = Job {
                piece: piece.clone(),
                before,
                done,
            };
            sender.send(job).map_err(|_| broken())?;
            member.waiting.push_back(deflated);
            member.write(most)?;
            if piece.len() < PIECE {
                return member.finish();
            }
            before = piece.slice(PIECE.saturating_sub(WINDOW)..);
        }
    })
}

/// What was deflated, put together again in order.
struct Member<'a, W: Write + ?Sized> {
    output: &'a mut W,
    waiting: VecDeque<mpsc::Receiver<Deflated>>,
    crc: Crc,
}

impl<'a, W: Write + ?Sized> Member<'a, W> {
    fn begin(output: &'a mut W) -> io::Result<Self> {
        output.write_all(&HEADER)?;
        Ok(Self {
            output,
            waiting: VecDeque::new(),
            crc: Crc::new(),
        })
    }

    /// Writes what comes next, until no more than so many pieces wait.
    fn write(&mut self, most: usize) -> io::Result<()> {
        while self.waiting.len() > most
            && let Some(next) = self.waiting.pop_front()
        {
            let (bytes, crc) = next.recv().map_err(|_| broken())??;
            self.output.write_all(&bytes)?;
            self.crc.combine(&crc);
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.write(0)?;
        self.output.write_all(&self.crc.sum().to_le_bytes())?;
        // Modulo 2^32, as the format has it.
        self.output.write_all(&self.crc.amount().to_le_bytes())
    }
}

fn broken() -> io::Error {
    io::Error::other("a thread that compresses has ended")
}

fn work(level: u32, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Whoever asked may have given up.
        let _ = job.done.send(deflated(level, &job));
    }
}

/// With a state of its own: one that is reset still finds other matches than a new one, depending on what it had before.
fn deflated(level: u32, job: &Job) -> Deflated {
    let mut deflate = Compress::new(Compression::new(level), false);
    if !job.before.is_empty() {
        deflate.set_dictionary(&job.before).map_err(io::Error::other)?;
    }
    let last = job.piece.len() < PIECE;
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    let mut out = Vec::with_capacity(PIECE / 2);
    let mut rest: &[u8] = &job.piece;
    loop {
        let before = deflate.total_in();
        let status = deflate.compress_vec(rest, &mut out, flush).map_err(io::Error::other)?;
        let taken = usize::try_from(deflate.total_in().saturating_sub(before)).unwrap_or(usize::MAX);
        rest = rest.get(taken..).unwrap_or_default();
        // A flush is complete as soon as it leaves room.
        if status == Status::StreamEnd || (!last && rest.is_empty() && out.len() < out.capacity()) {
            break;
        }
        out.reserve(PIECE / 4);
    }
    let mut crc = Crc::new();
    crc.update(&job.piece);
    Ok((out, crc))
}
