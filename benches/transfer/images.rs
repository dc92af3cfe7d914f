//! The images that are moved: real layers, as Docker unpacks them, each a tar with one file that no compressor can
//! shrink. The same description gives the same bytes on every machine.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::support::image::{Blob, Family, hex};
use crate::support::tar::{header, noise};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// How much of a layer is made at once.
const PIECE: usize = 1 << 20;

/// An OCI image layout with one image, whatever its name.
pub(crate) struct Layout {
    root: PathBuf,
    manifest: Blob,
    pub(crate) layers: Vec<Layer>,
}

pub(crate) struct Layer {
    pub(crate) digest: String,
    pub(crate) size: usize,
}

impl Layout {
    /// With layers as described: `1x150M,3x30M`.
    pub(crate) fn write(root: &Path, description: &str) -> Self {
        fs::create_dir_all(blobs(root)).unwrap();
        let sizes = sizes(description).into_iter().enumerate();
        let layers: Vec<Layer> = sizes.map(|(number, size)| Layer::write(root, number, size)).collect();
        let digests: Vec<String> = layers.iter().map(|layer| format!("{:?}", layer.digest)).collect();
        let config = format!(
            r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            digests.join(",")
        );
        let config = write_blob(root, Blob::new(CONFIG, config.into_bytes()));
        let descriptors: Vec<String> = layers.iter().map(Layer::descriptor).collect();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}}"#,
            Family::Oci.manifest(),
            config.descriptor(),
            descriptors.join(",")
        );
        let manifest = write_blob(root, Blob::new(Family::Oci.manifest(), manifest.into_bytes()));
        let layout = Self {
            root: root.to_path_buf(),
            manifest,
            layers,
        };
        layout.write_index(root, "x");
        layout
    }

    pub(crate) fn bytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// As skopeo calls it.
    pub(crate) fn reference(&self) -> String {
        format!("oci:{}:x", self.root.display())
    }

    pub(crate) fn blob(&self, digest: &str) -> PathBuf {
        self.root.join("blobs").join(digest.replace(':', "/"))
    }

    /// The same image elsewhere under another name, without copying a byte: a place that has seen no registry yet.
    pub(crate) fn link(&self, root: &Path, name: &str) {
        fs::create_dir_all(blobs(root)).unwrap();
        for entry in fs::read_dir(blobs(&self.root)).unwrap() {
            let entry = entry.unwrap();
            fs::hard_link(entry.path(), blobs(root).join(entry.file_name())).unwrap();
        }
        self.write_index(root, name);
    }

    fn write_index(&self, root: &Path, name: &str) {
        fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let Blob {
            media_type,
            digest,
            size,
            ..
        } = &self.manifest;
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{media_type}","digest":"{digest}","size":{size},"annotations":{{"org.opencontainers.image.ref.name":"{name}"}}}}]}}"#
        );
        fs::write(root.join("index.json"), index).unwrap();
    }
}

impl Layer {
    fn write(root: &Path, number: usize, size: usize) -> Self {
        let unnamed = root.join("layer");
        let mut out = Hashing {
            file: BufWriter::new(File::create(&unnamed).unwrap()),
            hash: Sha256::new(),
            written: 0,
        };
        out.write(&header(&format!("data/{number}"), 0o644, b'0', "", size));
        for (piece, start) in (0..size).step_by(PIECE).enumerate() {
            let seed = (number * 10_000 + piece) as u64;
            out.write(&noise(seed, PIECE.min(size - start)));
        }
        // The rest of the last block, and two empty ones.
        out.write(&vec![0; size.next_multiple_of(512) - size + 1024]);
        out.file.flush().unwrap();
        let digest = hex(&out.hash.finalize());
        fs::rename(unnamed, blobs(root).join(&digest)).unwrap();
        Self {
            digest: format!("sha256:{digest}"),
            size: out.written,
        }
    }

    fn descriptor(&self) -> String {
        let Self { digest, size } = self;
        format!(r#"{{"mediaType":"{LAYER}","digest":"{digest}","size":{size}}}"#)
    }
}

/// A file whose digest is known when it is written.
struct Hashing {
    file: BufWriter<File>,
    hash: Sha256,
    written: usize,
}

impl Hashing {
    fn write(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.file.write_all(bytes).unwrap();
        self.written += bytes.len();
    }
}

fn blobs(root: &Path) -> PathBuf {
    root.join("blobs/sha256")
}

fn write_blob(root: &Path, blob: Blob) -> Blob {
    fs::write(root.join("blobs").join(blob.digest.replace(':', "/")), &blob.bytes).unwrap();
    blob
}

fn sizes(description: &str) -> Vec<usize> {
    let parts = description.split(',').map(|part| part.split_once('x').unwrap());
    parts
        .flat_map(|(count, size)| vec![bytes(size); count.parse().unwrap()])
        .collect()
}

fn bytes(size: &str) -> usize {
    let (number, unit) = size.split_at(size.len() - 1);
    let shift = match unit {
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => panic!("{size}: K, M or G is missing"),
    };
    number.parse::<usize>().unwrap() << shift
}
