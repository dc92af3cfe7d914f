//! Archives of images: what is loaded, what is refused, what is saved.

mod hostile;
mod loading;
mod places;
mod saving;

use crate::support::command::Lugger;
use crate::support::store_check::StoreCheck;

/// The check of the store.
fn store(lugger: &Lugger) -> StoreCheck {
    StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"])
}

/// The config of a name in the store, and its manifest.
fn config_and_manifest(lugger: &Lugger, name: &str) -> (String, serde_json::Value) {
    let place = format!("store:{name}");
    let config = lugger.args(["inspect", "--config", &place]).ok().stdout;
    let manifest = lugger.args(["inspect", "--raw", &place]).ok().stdout;
    (config, serde_json::from_str(&manifest).unwrap())
}
