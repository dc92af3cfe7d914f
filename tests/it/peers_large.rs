//! Images much larger than the memory they may take, and images of very many layers. The large layer is written to disk
//! and read from there in pieces, so that these tests stay small too.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::peers_steps::check;
use crate::support::command::{Lugger, Run};
use crate::support::image::{Blob, Family, Image, hex};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::store_check::StoreCheck;
use crate::support::tar::noise;

/// The most memory a push or a pull may take, whatever the image.
const BOUND_KIB: u64 = 64 << 10;

const LAYER: usize = 256 << 20;
const PIECE: usize = 1 << 20;

#[test]
fn a_layer_of_256_mib_takes_little_memory() {
    let registry = Distribution::open();
    let name = registry.name("large/app:1");
    let source = tempfile::tempdir().unwrap();
    let image = large_layout(source.path(), &name);
    let sender = Lugger::new().env("LUGGER_STORE", source.path());
    small(&sender.args(["push", &name]).ok());
    assert_eq!(skopeo::inspect_digest(&name), image.digest());
    drop(source);
    let receiver = Lugger::new();
    small(&receiver.args(["pull", &name]).ok());
    check(&receiver.store()).assert_sound();
    let layer = receiver.store().join("blobs").join(image.layers[0].digest.replace(':', "/"));
    assert_eq!(fs::metadata(layer).unwrap().len(), LAYER as u64);
}

#[test]
fn two_hundred_layers_take_little_memory() {
    let registry = Distribution::open();
    let name = registry.name("many/app:1");
    let source = tempfile::tempdir().unwrap();
    let contents: Vec<Vec<u8>> = (1..=200).map(|seed| noise(seed, 64 << 10)).collect();
    let image = Image::with_layers(&contents);
    OciLayout::write(source.path(), &name, &image);
    let sender = Lugger::new().env("LUGGER_STORE", source.path());
    small(&sender.args(["push", &name]).ok());
    let receiver = Lugger::new();
    small(&receiver.args(["pull", &name]).ok());
    check(&receiver.store()).assert_sound();
    assert_eq!(registry.count("GET", "/v2/many/app/blobs/"), 201);
    let out = tempfile::tempdir().unwrap();
    skopeo::copy(
        &format!("oci:{}:{name}", receiver.store().display()),
        &format!("oci:{}:x", out.path().display()),
    );
    StoreCheck::of(out.path()).assert_sound();
    assert_eq!(skopeo::inspect(&name)["Layers"].as_array().unwrap().len(), 200);
    assert_eq!(skopeo::inspect_digest(&name), image.digest());
}

fn small(run: &Run) {
    let peak = run.peak_rss_kib.expect("the run was long enough to be watched");
    assert!(peak < BOUND_KIB, "{peak} KiB");
}

/// A layout with one image of one large layer.
fn large_layout(root: &Path, name: &str) -> Image {
    let aside = root.with_extension("layer");
    let digest = write_noise(&aside);
    // The layout is written with an empty layer, whose file the large one then replaces.
    let layer = Blob {
        media_type: "application/vnd.oci.image.layer.v1.tar".to_string(),
        bytes: Vec::new(),
        digest,
        size: LAYER,
    };
    let diff_id = &layer.digest;
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
    );
    let config = Blob::new("application/vnd.oci.image.config.v1+json", config.into_bytes());
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}}"#,
        Family::Oci.manifest(),
        config.descriptor(),
        layer.descriptor()
    );
    let image = Image {
        manifest: Blob::new(Family::Oci.manifest(), manifest.into_bytes()),
        layers: vec![layer],
        config,
    };
    OciLayout::write(root, name, &image);
    fs::rename(aside, root.join("blobs").join(image.layers[0].digest.replace(':', "/"))).unwrap();
    image
}

fn write_noise(path: &Path) -> String {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut hash = Sha256::new();
    for seed in 1..=LAYER / PIECE {
        let piece = noise(seed as u64, PIECE);
        hash.update(&piece);
        file.write_all(&piece).unwrap();
    }
    file.flush().unwrap();
    format!("sha256:{}", hex(&hash.finalize()))
}
