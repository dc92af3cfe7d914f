//! Archives of images, of both formats: opened, listed, and every image made ready and verified.
//!
//! Whatever comes: it ends, an error can be shown, what is found fits into what was there, and nothing is left in the folder
//! for files without a name.

#![no_main]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lugger::archive::{Archive, Input, Limit};
use lugger::compression::{Compression, Packing};
use lugger::store::Error;
use lugger_fuzz::{assert_shown, assert_told, mended, temporary};

/// What is compressed may grow to so many bytes.
const LIMIT: u64 = 1 << 20;

fn read(bytes: Vec<u8>, folder: &Path) -> Result<(), Error> {
    let length = bytes.len();
    let limit = Limit { bytes: Some(LIMIT) };
    let archive = Archive::open(Input::Stream(Box::new(Cursor::new(bytes))), folder, limit)?;
    assert!(archive.images().len() <= length.max(LIMIT as usize));
    for entry in archive.images() {
        assert_shown(&entry.to_string());
        let packing = Packing::usual(Compression::Plain);
        match archive
            .prepare(entry, packing, None, &|_| ())
            .and_then(|image| image.verify())
        {
            Ok(()) => {}
            Err(error) => assert_told(&error),
        }
    }
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    let folder = temporary();
    if let Err(error) = read(mended(bytes), folder.path()) {
        assert_told(&error);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
});
