//! Blobs whose bytes say where they belong: a piece at the wrong offset is found with its first byte.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use bytes::Bytes;

use crate::oci::{Algorithm, Digest, Hasher};

/// The bytes repeat after this many: a prime, so that no size of a part, a piece or a buffer is a multiple of it.
const PERIOD: usize = (1 << 20) + 7;
/// The longest piece in bytes.
pub(super) const LONGEST_PIECE: u64 = 1 << 20;

static BYTES: LazyLock<&'static [u8]> = LazyLock::new(|| {
    let mut random = fastrand::Rng::with_seed(42);
    let period: Vec<u8> = (0..PERIOD).map(|_| random.u8(..)).collect();
    Vec::leak([&period[..], &period[..]].concat())
});

/// Returns the `length` bytes from `offset` on, at most [`LONGEST_PIECE`], without copying them.
pub(super) fn piece(offset: u64, length: u64) -> Bytes {
    let start = usize::try_from(offset % PERIOD as u64).unwrap();
    Bytes::from_static(&BYTES[start..start + usize::try_from(length).unwrap()])
}

/// Returns whether `bytes`, of any length, are those that belong at `offset`.
pub(super) fn belongs_at(offset: u64, bytes: &[u8]) -> bool {
    let chunks = bytes.chunks(PERIOD).zip((offset..).step_by(PERIOD));
    chunks.into_iter().all(|(chunk, at)| {
        let start = usize::try_from(at % PERIOD as u64).unwrap();
        let expected = &BYTES[start..start + chunk.len()];
        // Most pieces are handed on as they are, and need not be read.
        expected.as_ptr() == chunk.as_ptr() || expected == chunk
    })
}

/// Returns the digest of the first `size` bytes. Each size is hashed once.
pub(super) fn digest(size: u64) -> Digest {
    static KNOWN: LazyLock<Mutex<HashMap<u64, Digest>>> = LazyLock::new(Mutex::default);
    if let Some(digest) = KNOWN.lock().unwrap().get(&size) {
        return digest.clone();
    }
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut at = 0;
    while at < size {
        let length = LONGEST_PIECE.min(size - at);
        hasher.update(&piece(at, length));
        at += length;
    }
    let digest = hasher.finish();
    KNOWN.lock().unwrap().insert(size, digest.clone());
    digest
}

#[test]
fn a_shift_by_one_byte_is_found() {
    assert!(belongs_at(3 << 20, &piece(3 << 20, 100)));
    assert!(belongs_at(PERIOD as u64 - 1, &Vec::from(piece(PERIOD as u64 - 1, 100))));
    assert!(!belongs_at((3 << 20) + 1, &piece(3 << 20, 100)));
    assert_eq!(digest(5), Digest::of(&piece(0, 5)));
}
