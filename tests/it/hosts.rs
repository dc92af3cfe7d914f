//! Host configuration: who is asked, with what, and how its certificate is checked.

mod failover;
mod mirrors;
mod peers_in_a_cluster;
mod requests;
mod tls;

use std::path::Path;

use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::Request;

/// A registry and a mirror of it that have the same image, `team/app:1`.
struct Pair {
    upstream: Registry,
    mirror: Registry,
    image: Image,
}

impl Pair {
    fn of(upstream: Registry, mirror: Registry, image: Image) -> Self {
        for registry in [&upstream, &mirror] {
            registry.put_image("team/app", "1", &image);
        }
        Self { upstream, mirror, image }
    }

    fn plain() -> Self {
        Self::of(Registry::start(), Registry::start(), Image::tiny(1))
    }

    /// A home in which the mirror is asked first.
    fn home(&self, settings: &str) -> Lugger {
        let lugger = Lugger::new();
        lugger.hosts(&self.upstream.host(), &table(&self.mirror, settings));
        lugger
    }

    fn name(&self) -> String {
        self.upstream.name("team/app:1")
    }

    /// Pulls, and insists on the whole image.
    fn pull(&self, lugger: &Lugger) -> String {
        let run = lugger.args(["pull", &self.name()]).ok();
        self.check(lugger);
        run.stderr
    }

    fn check(&self, lugger: &Lugger) {
        for blob in self.image.blobs().chain([&self.image.manifest]) {
            assert!(holds(&lugger.store(), &blob.digest), "{} is missing", blob.digest);
        }
    }
}

fn table(registry: &Registry, settings: &str) -> String {
    format!("[host.\"{}\"]\n{settings}\n", registry.origin())
}

fn holds(store: &Path, digest: &str) -> bool {
    store
        .join("blobs/sha256")
        .join(digest.trim_start_matches("sha256:"))
        .is_file()
}

/// Does any request carry a header?
fn any_has(requests: &[Request], header: &str) -> bool {
    requests.iter().any(|request| request.header(header).is_some())
}

/// Bytes that no compression makes small, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}
