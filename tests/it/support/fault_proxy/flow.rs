//! A body on its way from one side to the other, and what is done to it there.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::sleep;

use super::message::{Body, Framing};
use super::plan::Spoil;

/// How long a slow while lasts.
const SLOW_WHILE: Duration = Duration::from_millis(300);
/// How much goes at once in it, in bytes, and how often.
const DROP: usize = 512;
const DRIP: Duration = Duration::from_millis(10);

/// How far a body came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Whole,
    /// As far as the spoiled byte, and no further.
    Stopped(Spoil),
}

/// What is to be done to a body, and where.
#[derive(Clone, Copy)]
pub(super) struct Damage {
    spoil: Spoil,
    at: u64,
}

impl Damage {
    /// A body without bytes cannot be spoiled.
    pub(super) fn of(spoil: Spoil, at: u64, framing: Framing) -> Option<Self> {
        let at = match framing.length() {
            Some(0) => return None,
            Some(length) => at % length,
            None => at,
        };
        Some(Self { spoil, at })
    }
}

/// Passes a body on. `seen` is told of the bytes that went, `hit` of the damage when it is done.
pub(super) async fn pass(
    (reader, writer): (&mut (impl AsyncBufRead + Unpin), &mut (impl AsyncWrite + Unpin)),
    (from, to): (Framing, Framing),
    damage: Option<Damage>,
    seen: impl Fn(usize),
    hit: impl Fn(),
) -> io::Result<Passed> {
    let mut body = Body::of(from);
    let mut at = 0;
    while let Some(mut piece) = body.next(reader).await? {
        let begins = at;
        at += piece.len() as u64;
        let reached = damage.filter(|damage| (begins..at).contains(&damage.at));
        let Some(Damage { spoil, at: place }) = reached else {
            writer.write_all(&to.framed(&piece)).await?;
            seen(piece.len());
            continue;
        };
        let index = usize::try_from(place - begins).unwrap();
        hit();
        match spoil {
            Spoil::Flip => piece[index] ^= 1,
            Spoil::Drip => drip(writer, to, &mut piece, &seen).await?,
            Spoil::Fin | Spoil::Rst | Spoil::End | Spoil::Stall => piece.truncate(index),
        }
        writer.write_all(&to.framed(&piece)).await?;
        seen(piece.len());
        if !matches!(spoil, Spoil::Flip | Spoil::Drip) {
            if spoil == Spoil::End {
                writer.write_all(to.end()).await?;
            }
            writer.flush().await?;
            return Ok(Passed::Stopped(spoil));
        }
    }
    writer.write_all(to.end()).await?;
    writer.flush().await?;
    Ok(Passed::Whole)
}

/// Passes drops of a piece on; what the while leaves over stays.
async fn drip(
    writer: &mut (impl AsyncWrite + Unpin),
    to: Framing,
    piece: &mut Vec<u8>,
    seen: &impl Fn(usize),
) -> io::Result<()> {
    let until = Instant::now() + SLOW_WHILE;
    while Instant::now() < until && !piece.is_empty() {
        let rest = piece.split_off(piece.len().min(DROP));
        writer.write_all(&to.framed(piece)).await?;
        seen(piece.len());
        *piece = rest;
        sleep(DRIP).await;
    }
    Ok(())
}
