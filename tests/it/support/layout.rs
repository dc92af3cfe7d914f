//! Images written as an OCI image layout on disk, the form in which other programs take them (`oci:DIR:NAME`).
//! Whether a layout found on disk is sound is left to `store_check`.

use std::fs;
use std::path::{Path, PathBuf};

use super::image::{Blob, Image, Index};

/// A layout under construction; each call leaves it complete and readable.
pub(crate) struct OciLayout {
    root: PathBuf,
    entries: Vec<String>,
}

impl OciLayout {
    pub(crate) fn new(root: &Path) -> Self {
        fs::create_dir_all(root.join("blobs/sha256")).unwrap();
        fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let layout = Self {
            root: root.to_path_buf(),
            entries: Vec::new(),
        };
        layout.write_index();
        layout
    }

    /// A new layout with one image; the answer is what skopeo calls it.
    pub(crate) fn write(root: &Path, name: &str, image: &Image) -> String {
        Self::new(root).image(name, image);
        format!("oci:{}:{name}", root.display())
    }

    pub(crate) fn image(&mut self, name: &str, image: &Image) {
        self.blobs(image);
        self.name(name, &image.manifest);
    }

    pub(crate) fn index(&mut self, name: &str, index: &Index) {
        index.images.iter().for_each(|image| self.blobs(image));
        self.name(name, &index.manifest);
    }

    fn blobs(&self, image: &Image) {
        image.blobs().chain([&image.manifest]).for_each(|blob| self.blob(blob));
    }

    fn blob(&self, blob: &Blob) {
        let path = self.root.join("blobs").join(blob.digest.replace(':', "/"));
        fs::write(path, &blob.bytes).unwrap();
    }

    fn name(&mut self, name: &str, manifest: &Blob) {
        self.blob(manifest);
        let descriptor = manifest.descriptor();
        self.entries.push(format!(
            r#"{}, "annotations":{{"org.opencontainers.image.ref.name":"{name}"}} }}"#,
            descriptor.trim_end_matches(" }")
        ));
        self.write_index();
    }

    fn write_index(&self) {
        let json = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, self.entries.join(","));
        fs::write(self.root.join("index.json"), json).unwrap();
    }
}
