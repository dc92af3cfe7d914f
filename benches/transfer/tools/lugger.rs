//! Lugger: `pull` into an empty store, `push` from a store that knows no registry.

use std::fs;
use std::process::Command;

use super::Tool;
use crate::ground::Ground;
use crate::settings::Way;
use crate::support::command;

pub(crate) struct Lugger {
    home: command::Lugger,
}

impl Lugger {
    pub(crate) fn new() -> Self {
        Self {
            home: command::Lugger::new(),
        }
    }
}

impl Tool for Lugger {
    fn name(&self) -> &'static str {
        "lugger"
    }

    fn prepare(&mut self, ground: &Ground, way: Way, repository: &str) {
        self.clear();
        if way == Way::Push {
            ground.image().link(&self.home.store(), &ground.name(repository));
        }
    }

    fn command(&self, ground: &Ground, way: Way, repository: &str) -> Command {
        let insecure = ground.is_tls().then(|| "--insecure".to_string());
        let words = [way.to_string(), ground.name(repository)].into_iter().chain(insecure);
        self.home.args(words).command()
    }

    fn check(&self, ground: &Ground, way: Way, repository: &str) {
        match way {
            Way::Pull => ground.check_pulled(&self.home.store()),
            Way::Push => ground.check_pushed(repository),
        }
    }

    fn clear(&mut self) {
        if self.home.store().exists() {
            fs::remove_dir_all(self.home.store()).unwrap();
        }
    }
}
