//! Layers laid over each other, written as an archive and as a folder. A line `NEXT LAYER` that is filled up to a block by
//! blanks stands between two.
//!
//! Whatever comes: it ends, an error can be shown, what lies beside the folder stays as it is, a folder is there as a whole
//! or not at all, and an archive that becomes a layer gives the same archive.

#![no_main]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use lugger::oci::Digest;
use lugger::rootfs::{Layer, Rootfs, Stop, Wanted};
use lugger_fuzz::{assert_told, mended, temporary};

/// The first bytes of the block between two layers.
const NEXT: &[u8] = b"NEXT LAYER";
/// The layers may unpack to so many bytes.
const LIMIT: u64 = 1 << 20;
/// The same where the archive that was written is the layer: headers come to it, and folders nobody had named.
const LARGER: u64 = 64 << 20;

/// All that lies somewhere, with what would tell that somebody was there.
type Seen = BTreeMap<PathBuf, (u32, u32, u32, i64, i64, u64, Option<Vec<u8>>)>;

fn seen(root: &Path) -> Seen {
    let mut seen = Seen::new();
    let mut folders = vec![root.to_owned()];
    while let Some(path) = folders.pop() {
        let found = fs::symlink_metadata(&path).expect("it is there");
        if found.is_dir() {
            folders.extend(
                fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        }
        let (time, nanos) = (found.mtime(), found.mtime_nsec());
        let content = found.is_file().then(|| fs::read(&path).expect("a file"));
        seen.insert(
            path,
            (found.mode(), found.uid(), found.gid(), time, nanos, found.nlink(), content),
        );
    }
    seen
}

fn layer(bytes: &[u8], folder: &Path) -> Layer {
    let mut file: File = tempfile::tempfile_in(folder).expect("a file");
    file.write_all(bytes).expect("memory");
    Layer {
        digest: Digest::of(b""),
        file,
    }
}

fn split(input: &[u8]) -> Vec<Vec<u8>> {
    let mut layers = vec![Vec::new()];
    for block in input.chunks(512) {
        match layers.last_mut() {
            Some(layer) if !block.starts_with(NEXT) => layer.extend_from_slice(block),
            _ => layers.push(Vec::new()),
        }
    }
    layers
}

fn run(input: &[u8]) {
    let folder = temporary();
    let [outside, inside] = ["outside", "in"].map(|name| folder.path().join(name));
    fs::create_dir_all(outside.join("d/up")).expect("a folder");
    fs::create_dir(&inside).expect("a folder");
    fs::write(outside.join("secret"), "precious").expect("a file");
    let before = seen(&outside);
    let stop = Stop::default();
    let layers = split(input)
        .iter()
        .map(|bytes| layer(&mended(bytes), folder.path()))
        .collect();
    let to = inside.join("root");
    match Rootfs::read(layers, LIMIT, &stop) {
        Err(error) => assert_told(error.as_ref()),
        Ok(rootfs) => {
            let archive = rootfs.to_archive(Vec::new()).expect("what is good can be written");
            let again = Rootfs::read(vec![layer(&archive, folder.path())], LARGER, &stop).expect("what was written is good");
            let again = again.to_archive(Vec::new()).expect("what is good can be written");
            assert!(archive == again, "the archive is another one");
            match rootfs.to_folder(&to, Wanted { devices: false }) {
                Ok(_) => assert!(to.is_dir()),
                Err(error) => assert_told(error.as_ref()),
            }
        }
    }
    assert_eq!(seen(&outside), before);
    assert_eq!(fs::read_dir(&inside).expect("a folder").count(), usize::from(to.exists()));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
}

fuzz_target!(|input: &[u8]| run(input));
