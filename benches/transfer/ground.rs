//! Where one setting is measured: an image, a registry that has it, and a link between the tools and the registry.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::images::Layout;
use crate::proxy::Proxy;
use crate::settings::{Setting, Way};
use crate::support::image::Family;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::wire;

/// The repository from which everybody pulls.
pub(crate) const SEED: &str = "seed/app";

/// The only tag there is.
pub(crate) const TAG: &str = "x";

pub(crate) struct Ground {
    proxy: Option<Proxy>,
    registry: Distribution,
    image: Layout,
    is_tls: bool,
    _files: TempDir,
}

impl Ground {
    pub(crate) fn new(setting: &Setting) -> Self {
        let files = tempfile::tempdir().unwrap();
        let image = Layout::write(files.path(), setting.layers);
        let registry = Distribution::open();
        skopeo::copy(&image.reference(), &format!("docker://{}:{TAG}", registry.name(SEED)));
        let proxy = setting.link.map(|link| Proxy::start(registry.host(), link));
        Self {
            proxy,
            registry,
            image,
            is_tls: setting.link.is_some_and(|link| link.tls),
            _files: files,
        }
    }

    pub(crate) fn image(&self) -> &Layout {
        &self.image
    }

    /// The registry as the tools reach it while they are measured.
    pub(crate) fn host(&self) -> &str {
        self.proxy.as_ref().map_or(self.registry.host(), Proxy::host)
    }

    /// Is the registry reached over TLS, with a certificate that is not known?
    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// A reference over the link.
    pub(crate) fn name(&self, repository: &str) -> String {
        format!("{}/{repository}:{TAG}", self.host())
    }

    /// A reference that needs no link, for preparations.
    pub(crate) fn direct_name(&self, repository: &str) -> String {
        format!("{}:{TAG}", self.registry.name(repository))
    }

    /// How many requests the registry has answered so far.
    pub(crate) fn requests(&self) -> u32 {
        u32::try_from(self.registry.requests().len()).unwrap()
    }

    /// Reads what will be sent, so that it comes from memory for every tool.
    pub(crate) fn warm(&self, way: Way) {
        for layer in &self.image.layers {
            match way {
                Way::Pull => read(&self.kept(&layer.digest)),
                Way::Push => read(&self.image.blob(&layer.digest)),
            }
        }
    }

    /// Where the registry keeps a blob, whatever repository it is in.
    fn kept(&self, digest: &str) -> PathBuf {
        let (algorithm, hex) = digest.split_once(':').unwrap();
        let blobs = self.registry.root().join("data/docker/registry/v2/blobs");
        blobs.join(algorithm).join(&hex[..2]).join(hex).join("data")
    }

    /// That this repository has the image: as many layers of at least as many bytes, which may be compressed.
    pub(crate) fn check_pushed(&self, repository: &str) {
        let target = format!("/v2/{repository}/manifests/{TAG}");
        let accept = format!("{}, {}", Family::Oci.manifest(), Family::Docker.manifest());
        let answer = wire::get(self.registry.host(), &target, &[("Accept", &accept)]);
        assert_eq!(answer.status, 200, "GET {target}");
        let manifest = answer.json();
        let layers = manifest["layers"].as_array().unwrap();
        let bytes: u64 = layers.iter().map(|layer| layer["size"].as_u64().unwrap()).sum();
        assert_eq!(layers.len(), self.image.layers.len(), "layers of {repository}");
        assert!(bytes >= self.image.bytes() as u64, "{repository} has but {bytes} bytes");
    }

    /// That this repository has every layer as it is.
    pub(crate) fn check_blobs(&self, repository: &str) {
        for layer in &self.image.layers {
            let target = format!("/v2/{repository}/blobs/{}", layer.digest);
            let answer = wire::send("HEAD", self.registry.host(), &target, &[], &[]);
            assert_eq!(answer.status, 200, "HEAD {target}");
        }
    }

    /// That the whole image, or a layer, has come to this directory.
    pub(crate) fn check_pulled(&self, directory: &Path) {
        let bytes = size(directory);
        assert!(
            bytes >= self.image.bytes() as u64,
            "{} has but {bytes} bytes",
            directory.display()
        );
    }
}

fn read(file: &Path) {
    io::copy(&mut File::open(file).unwrap(), &mut io::sink()).unwrap();
}

/// Of all files in it.
fn size(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let sizes = entries.map(|entry| {
        let known = entry.metadata().unwrap();
        if known.is_dir() { size(&entry.path()) } else { known.len() }
    });
    sizes.sum()
}
