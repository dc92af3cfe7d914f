//! Manifests, indexes and configs. The bytes are kept as they came; what is counted does not overflow; a part of an
//! index is an index of just that part; and an error says what it has to say without steering the terminal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lugger::oci::{Config, Digest, Manifest, MediaType, Platform};
use lugger_fuzz::{assert_shown, assert_told};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = Config::parse(bytes)
        && let Some(platform) = config.platform()
    {
        let _ = Platform::host().fit(&platform);
    }
    let manifest = match Manifest::parse(bytes.to_vec().into(), None, None) {
        Ok(manifest) => manifest,
        Err(error) => return assert_told(&error),
    };
    assert_eq!(manifest.raw(), bytes);
    assert_eq!(*manifest.digest(), Digest::of(bytes));
    let named = MediaType::from_header(manifest.media_type().as_str());
    // In upper case, a type in the body is another than a header's.
    if named == *manifest.media_type() {
        let again = Manifest::parse(manifest.raw().clone(), Some(&named), Some(manifest.digest())).unwrap();
        assert_eq!(again.descriptor(), manifest.descriptor());
    }
    let _ = manifest.content_size();
    for blob in manifest.blobs().chain(manifest.children()) {
        assert!(blob.embedded().is_none_or(|content| content.len() as u64 == blob.size));
    }
    if let Some(best) = manifest.best_for(&Platform::host()) {
        assert!(manifest.children().contains(best));
    }
    if manifest.is_index() {
        let first: Vec<Digest> = manifest.children().iter().map(|child| child.digest.clone()).take(1).collect();
        // What nobody reads may be no text, and is not written anew.
        match manifest.narrowed(&first) {
            Ok(narrowed) => {
                assert!(narrowed.children().iter().all(|child| first.contains(&child.digest)));
                assert_eq!(narrowed.children().is_empty(), first.is_empty());
            }
            Err(error) => assert_told(&error),
        }
    } else {
        assert_shown(&manifest.narrowed(&[]).unwrap_err().to_string());
    }
});
