//! Docker Engine: `docker pull`, which also unpacks, and `docker push`, which compresses. Both are done by daemons, and
//! it is these whose time and memory count.

use std::fs;
use std::process::Command;

use super::Tool;
use crate::ground::{Ground, SEED};
use crate::settings::Way;
use crate::support::peers::dockerd::Engine;

/// Docker refuses images of more.
pub(super) const MOST_LAYERS: usize = 125;

pub(crate) struct Docker {
    engine: Engine,
}

impl Docker {
    pub(crate) fn new() -> Self {
        Self { engine: Engine::start() }
    }

    fn ids(&self) -> Vec<String> {
        let said = self.engine.docker(&["images", "--all", "--quiet", "--no-trunc"]).stdout;
        let mut ids: Vec<String> = String::from_utf8(said).unwrap().lines().map(String::from).collect();
        // One line for each name.
        ids.sort();
        ids.dedup();
        ids
    }

    /// Which registry has which layer: with it a push sends nothing that it can mount. The engine reads it anew each
    /// time.
    fn forget_registries(&self) {
        let drivers = self.engine.root().join("data/image");
        for driver in fs::read_dir(drivers).unwrap() {
            let known = driver.unwrap().path().join("distribution");
            if known.exists() {
                fs::remove_dir_all(known).unwrap();
            }
        }
    }

    fn remove_images(&self) {
        for id in self.ids() {
            self.engine.docker(&["rmi", "--force", &id]);
        }
        self.forget_registries();
    }
}

impl Tool for Docker {
    fn name(&self) -> &'static str {
        "Docker Engine"
    }

    fn prepare(&mut self, ground: &Ground, way: Way, repository: &str) {
        match way {
            Way::Pull => self.remove_images(),
            Way::Push => {
                if self.ids().is_empty() {
                    self.engine.docker(&["pull", "--quiet", &ground.direct_name(SEED)]);
                }
                let id = &self.ids()[0];
                self.engine.docker(&["tag", id, &ground.name(repository)]);
                self.forget_registries();
            }
        }
    }

    fn command(&self, ground: &Ground, way: Way, repository: &str) -> Command {
        self.engine.command(&[&way.to_string(), &ground.name(repository)])
    }

    fn daemons(&self) -> Vec<u32> {
        let files = ["pid", "exec/containerd/containerd.pid"].map(|file| self.engine.root().join(file));
        files
            .map(|file| fs::read_to_string(file).unwrap().trim().parse().unwrap())
            .to_vec()
    }

    fn check(&self, ground: &Ground, way: Way, repository: &str) {
        match way {
            Way::Pull => assert_eq!(self.ids().len(), 1, "images in Docker"),
            Way::Push => ground.check_pushed(repository),
        }
    }

    /// What was pulled stays for a push; a pull removes it first.
    fn clear(&mut self) {}
}
