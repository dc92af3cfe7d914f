//! One body as several, each of a given length, without holding any of it.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::Mutex;

use crate::store::Body;

/// A body that is handed on piece by piece. A piece is to be read to its end before the next one is.
pub(super) struct Pieces(Arc<Mutex<Rest>>);

struct Rest {
    body: Body,
    /// What came with the last bytes of a piece and belongs to the next.
    left: Bytes,
}

impl Pieces {
    pub(super) fn of(body: Body) -> Self {
        let left = Bytes::new();
        Self(Arc::new(Mutex::new(Rest { body, left })))
    }

    /// The next `length` bytes, or fewer where the body ends.
    pub(super) fn next(&self, length: u64) -> Body {
        let rest = Arc::clone(&self.0);
        stream::unfold((rest, length), |(rest, wanted)| async move {
            let chunk = rest.lock().await.take(wanted).await?;
            let taken = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
            Some((chunk, (rest, wanted - taken)))
        })
        .boxed()
    }
}

impl Rest {
    async fn take(&mut self, wanted: u64) -> Option<crate::store::Result<Bytes>> {
        if wanted == 0 {
            return None;
        }
        if self.left.is_empty() {
            match self.body.next().await? {
                Ok(chunk) => self.left = chunk,
                Err(error) => return Some(Err(error)),
            }
        }
        let length = usize::try_from(wanted).unwrap_or(usize::MAX).min(self.left.len());
        Some(Ok(self.left.split_to(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut piece: Body) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(chunk) = piece.next().await {
            bytes.extend_from_slice(&chunk.unwrap());
        }
        bytes
    }

    #[tokio::test]
    async fn pieces_are_the_body_cut_where_asked() {
        let chunks = ["abcd", "e", "", "fghij"].map(|chunk| Ok(Bytes::from(chunk)));
        let pieces = Pieces::of(stream::iter(chunks).boxed());
        assert_eq!(read(pieces.next(3)).await, b"abc");
        assert_eq!(read(pieces.next(3)).await, b"def");
        assert_eq!(read(pieces.next(9)).await, b"ghij");
        assert_eq!(read(pieces.next(1)).await, b"");
    }
}
