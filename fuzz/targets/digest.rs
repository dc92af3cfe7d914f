//! Digests, alone and where a tag may stand: what can be read is safe as the name of a file, and printed as it was read.

#![no_main]

use std::path::Component;

use libfuzzer_sys::fuzz_target;
use lugger::oci::Digest;
use lugger::oci::image_layout::blob_path;
use lugger::reference::TagOrDigest;

fuzz_target!(|text: &str| {
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.hex().len(), digest.algorithm().hex_length());
        assert!(digest.hex().starts_with(digest.short()));
        let path = blob_path(&digest);
        assert_eq!(
            path.components().filter(|part| matches!(part, Component::Normal(_))).count(),
            3
        );
    }
    if let Ok(at) = text.parse::<TagOrDigest>() {
        assert_eq!(at.to_string(), text);
        assert_eq!(at.to_string().parse::<TagOrDigest>().unwrap(), at);
    }
});
