//! The store check, on layouts of our own and of skopeo's, and on damaged ones.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::image::{Blob, Image, Index};
use crate::support::layout::OciLayout;
use crate::support::peers::skopeo::skopeo;
use crate::support::store_check::StoreCheck;

#[test]
fn a_sound_layout_has_no_complaints() {
    let (directory, _) = layout();
    StoreCheck::of(directory.path()).assert_sound();
    let other = tempfile::tempdir().unwrap();
    let from = format!("oci:{}:app", directory.path().display());
    skopeo(&["copy", "--all", &from, &format!("oci:{}:copied", other.path().display())]);
    StoreCheck::of(other.path()).assert_sound();
    assert_eq!(StoreCheck::of(other.path()).names(), ["copied"]);
}

#[test]
fn a_changed_a_short_and_a_missing_blob_are_found() {
    let (directory, image) = layout();
    let [changed, short] = [0, 1].map(|layer| file(&directory, &image.layers[layer]));
    let mut bytes = image.layers[0].bytes.clone();
    bytes[0] ^= 1;
    fs::write(changed, bytes).unwrap();
    fs::write(short, b"short").unwrap();
    fs::remove_file(file(&directory, &image.config)).unwrap();
    let complaints = StoreCheck::of(directory.path()).complaints();
    assert_eq!(complaints.len(), 4, "{complaints:#?}");
    for part in [" holds sha256:", "has 5 bytes, not", "is missing"] {
        assert!(complaints.iter().any(|complaint| complaint.contains(part)), "{complaints:#?}");
    }
}

#[test]
fn only_children_of_an_index_may_be_absent() {
    let directory = tempfile::tempdir().unwrap();
    let (here, gone) = (Image::tiny(1), Image::tiny(2));
    let index = Index::of(&[(&here, "linux/amd64"), (&gone, "linux/arm64")]);
    OciLayout::new(directory.path()).index("app", &index);
    gone.blobs()
        .chain([&gone.manifest])
        .for_each(|blob| fs::remove_file(file(&directory, blob)).unwrap());
    assert_eq!(StoreCheck::of(directory.path()).complaints().len(), 1);
    StoreCheck::of(directory.path()).absent_children().assert_sound();
}

#[test]
fn what_does_not_belong_is_found() {
    let (directory, image) = layout();
    let put = |path: &str, text: &str| write(&directory.path().join(path), text);
    put("index.lock", "");
    put("blobs/sha256/.tmp1", "");
    put("blobs/md5/x", "");
    let check = || StoreCheck::of(directory.path()).allowing(&["index.lock"]);
    assert_eq!(check().complaints().len(), 2, "{:#?}", check().complaints());
    assert_eq!(StoreCheck::of(directory.path()).complaints().len(), 3);
    let twice = format!("{0}, {0}", named(&image));
    put("index.json", &format!(r#"{{"schemaVersion":2,"manifests":[{twice}]}}"#));
    assert!(check().complaints().contains(&"two entries for app".to_string()));
    put("index.json", "{");
    put("oci-layout", "{}");
    assert_eq!(check().complaints().len(), 4, "{:#?}", check().complaints());
}

fn layout() -> (TempDir, Image) {
    let directory = tempfile::tempdir().unwrap();
    let image = Image::tiny(1);
    OciLayout::new(directory.path()).image("app", &image);
    (directory, image)
}

fn file(directory: &TempDir, blob: &Blob) -> PathBuf {
    directory.path().join("blobs").join(blob.digest.replace(':', "/"))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn named(image: &Image) -> String {
    let descriptor = image.manifest.descriptor();
    let annotations = r#""annotations":{"org.opencontainers.image.ref.name":"app"}"#;
    format!("{}, {annotations} }}", descriptor.trim_end_matches(" }"))
}
