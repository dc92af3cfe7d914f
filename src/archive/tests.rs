//! Archives with bytes changed anywhere: each is read or refused, and nothing else.

use std::io::Cursor;
use std::path::Path;

use super::*;
use crate::archive::writer::Tar;
use crate::compression::Compression;
use crate::oci::image_layout::{INDEX_FILE, LAYOUT_FILE, LAYOUT_JSON};

fn opened(bytes: &[u8], folder: &Path) -> Result<Archive> {
    let input = Input::Stream(Box::new(Cursor::new(bytes.to_vec())));
    Archive::open(input, folder, Limit { bytes: Some(1 << 20) })
}

/// Reads all that an archive has, as far as it goes.
fn read(bytes: &[u8], folder: &Path) -> Result<usize> {
    let archive = opened(bytes, folder)?;
    let packing = Packing::usual(Compression::Plain);
    for entry in archive.images() {
        archive.prepare(entry, packing, None, &|_| ())?.verify()?;
    }
    Ok(archive.images().len())
}

fn docker() -> Vec<u8> {
    let layer = b"a layer";
    let config = format!(
        r#"{{"os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
        Digest::of(layer)
    );
    let name = format!("{}.json", Digest::of(config.as_bytes()).hex());
    let manifest = format!(r#"[{{"Config":"{name}","RepoTags":["app:1"],"Layers":["l/layer.tar"]}}]"#);
    tar(&[
        ("l/layer.tar", layer),
        (&name, config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ])
}

fn layout() -> Vec<u8> {
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
    let descriptor = |kind: &str, bytes: &[u8]| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"{}","size":{}}}"#,
            Digest::of(bytes),
            bytes.len()
        )
    };
    let (layer, config) = (b"a layer", br#"{"os":"linux"}"#);
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
        descriptor("config.v1+json", config),
        descriptor("layer.v1.tar", layer)
    );
    let manifest = manifest.as_bytes();
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        descriptor("manifest.v1+json", manifest)
    );
    tar(&[
        (LAYOUT_FILE, LAYOUT_JSON.as_bytes()),
        (&blob(layer), layer),
        (&blob(config), config),
        (&blob(manifest), manifest),
        (INDEX_FILE, index.as_bytes()),
    ])
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut tar = Tar::new(&mut bytes);
    for (name, content) in members {
        tar.file(name, content).unwrap();
    }
    tar.finish().unwrap();
    bytes
}

/// The next of many numbers.
fn next(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap()
}

#[test]
fn an_archive_with_bytes_changed_is_read_or_refused_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 7;
    for whole in [docker(), layout()] {
        assert_eq!(read(&whole, folder.path()).unwrap(), 1);
        let mut read_all_the_same = 0;
        for _ in 0..1500 {
            let mut bytes = whole.clone();
            for _ in 0..=next(&mut state) % 4 {
                let at = next(&mut state) % bytes.len();
                bytes[at] = u8::try_from(next(&mut state) % 256).unwrap();
            }
            // Headers are held together by their sums, which would hide what lies behind them.
            if next(&mut state).is_multiple_of(2) {
                mend(&mut bytes);
            }
            read_all_the_same += usize::from(read(&bytes, folder.path()).is_ok());
        }
        assert!(read_all_the_same > 0, "some bytes mean nothing");
    }
}

#[test]
fn an_archive_that_is_cut_short_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for whole in [docker(), layout()] {
        for length in (0..whole.len() - 512).step_by(37) {
            assert!(read(&whole[..length], folder.path()).is_err(), "{length}");
        }
    }
}

/// Writes the right sum into whatever looks like a header.
fn mend(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[test]
fn what_is_there_is_found_by_its_name_or_alone() {
    let folder = tempfile::tempdir().unwrap();
    let archive = opened(&docker(), folder.path()).unwrap();
    for name in [None, Some("app:1"), Some("docker.io/library/app:1")] {
        assert_eq!(archive.find(name).unwrap().to_string(), "app:1");
    }
    let error = archive.find(Some("app:2")).err().unwrap().to_string();
    assert_eq!(error, "there is no image `app:2`; the archive has app:1");
    assert_eq!(
        opened(&layout(), folder.path()).unwrap().find(None).unwrap().to_string(),
        "(without a name)"
    );
}
