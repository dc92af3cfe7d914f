//! A fake registry and a home for the program side by side, and the few questions that most tests of transfers ask of
//! them. What the answers should be is left to the tests.

use super::command::{Call, Lugger};
use super::image::Image;
use super::registry::Registry;
use super::server::{Act, Rule};
use super::store_check::StoreCheck;
use super::tar::noise;

/// One registry, one home.
pub(crate) struct Scene {
    pub(crate) registry: Registry,
    pub(crate) lugger: Lugger,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(Registry::start())
    }

    pub(crate) fn with(registry: Registry) -> Self {
        Self {
            registry,
            lugger: Lugger::new(),
        }
    }

    /// With this image at `team/app:1`.
    pub(crate) fn of(image: &Image) -> Self {
        let scene = Self::new();
        scene.registry.put_image("team/app", "1", image);
        scene
    }

    /// With an image of one large layer at `team/app:1`.
    pub(crate) fn with_large_layer(length: usize) -> (Self, Image) {
        let image = Image::with_layers(&[noise(1, length)]);
        (Self::of(&image), image)
    }

    /// A run by its words, in which `@/` stands for the registry.
    pub(crate) fn call(&self, words: &str) -> Call {
        let words = words.replace("@/", &self.registry.name(""));
        self.lugger.args(words.split_whitespace())
    }

    /// Has this image in the store, under this name at the registry, which itself sees nothing of it.
    pub(crate) fn stored(&self, name: &str, image: &Image) {
        let source = Registry::start();
        source.put_image("some/where", "1", image);
        let from = source.name("some/where:1");
        self.call(&format!("copy -q {from} store:@/{name}")).ok();
    }

    pub(crate) fn rule(&self, method: &str, part: &str, act: Act) {
        self.registry.rule(Rule::on(method, part).then(act));
    }

    pub(crate) fn rule_once(&self, method: &str, part: &str, act: Act) {
        self.registry.rule(Rule::on(method, part).times(1).then(act));
    }

    pub(crate) fn store(&self) -> StoreCheck {
        StoreCheck::of(&self.lugger.store()).allowing(&["lock", "index.lock"])
    }

    /// Every blob is what its name says, and every name is whole; nothing is half done but in `partial`.
    pub(crate) fn assert_sound(&self) {
        if self.lugger.store().exists() {
            self.store().assert_sound();
        }
    }
}
