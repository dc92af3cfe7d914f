//! What several targets need: the checks of what is shown, a folder, a registry that answers with what it is given, and the
//! sums of tars.

pub mod answers;
pub mod server;

use std::path::Path;

use tempfile::TempDir;

/// Panics at a text that could steer a terminal, or that nobody would read to its end.
pub fn assert_shown(text: &str) {
    assert!(!text.contains(lugger::text::steers), "steers: {text:?}");
    assert!(text.len() < 100_000, "{} bytes", text.len());
}

/// The same of an error and all its causes.
pub fn assert_told(error: &(dyn std::error::Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        assert_shown(&error.to_string());
        cause = error.source();
    }
}

/// A folder, in memory where that can be had: a disk would be waited for.
#[must_use]
pub fn temporary() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    };
    made.expect("a folder")
}

/// Writes the right sum into what looks like a header: it would hide what lies behind it from whoever changes bytes.
#[must_use]
pub fn mended(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    tar
}
