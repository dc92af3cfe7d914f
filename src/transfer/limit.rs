//! A limit on how fast bytes move, over all blobs together.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::store::Body;

/// How many pieces a second's bytes are cut into, so that they flow evenly and a slow upload is no silent one.
const PIECES: u64 = 8;

/// So many bytes a second. Clones share it.
#[derive(Clone)]
pub struct Limit {
    rate: NonZeroU64,
    /// When the bytes that were let through will have had their time.
    free: Arc<Mutex<Instant>>,
}

impl Limit {
    /// A limit in bytes per second.
    #[must_use]
    pub fn per_second(rate: NonZeroU64) -> Self {
        Self {
            rate,
            free: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// A body that keeps to the limit.
    pub(super) fn slow(self, body: Body) -> Body {
        let piece = usize::try_from((self.rate.get() / PIECES).max(1)).unwrap_or(usize::MAX);
        body.flat_map(move |chunk| match chunk {
            Ok(chunk) => stream::iter(cut(chunk, piece).map(Ok)).left_stream(),
            Err(error) => stream::iter([Err(error)]).right_stream(),
        })
        .then(move |piece| {
            let until = piece.as_ref().map_or(Instant::now(), |piece: &Bytes| self.turn(piece.len()));
            async move {
                tokio::time::sleep_until(until).await;
                piece
            }
        })
        .boxed()
    }

    /// When so many bytes may pass. Time in which nothing moved is not made up for.
    fn turn(&self, bytes: usize) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*free).max(Instant::now());
        let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(self.rate.get());
        *free = turn + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        turn
    }
}

fn cut(mut chunk: Bytes, piece: usize) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || (!chunk.is_empty()).then(|| chunk.split_to(piece.min(chunk.len()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_their_turns_whoever_moves_them() {
        let limit = Limit::per_second(NonZeroU64::new(1000).unwrap());
        let begun = limit.turn(500);
        assert_eq!(limit.clone().turn(250) - begun, Duration::from_millis(500));
        assert_eq!(limit.turn(1) - begun, Duration::from_millis(750));
    }

    #[tokio::test]
    async fn a_slowed_body_has_the_same_bytes() {
        let limit = Limit::per_second(NonZeroU64::new(80_000).unwrap());
        let chunks = [vec![1_u8; 25_000], vec![], vec![2; 10]].map(|chunk| Ok(Bytes::from(chunk)));
        let slow: Vec<_> = limit.slow(stream::iter(chunks).boxed()).collect().await;
        assert_eq!(slow.len(), 4);
        let bytes: Vec<u8> = slow.into_iter().flat_map(|piece| piece.unwrap()).collect();
        assert_eq!(bytes, [vec![1; 25_000], vec![2; 10]].concat());
    }
}
