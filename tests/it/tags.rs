//! `list-tags`: what it asks for and what it need not, which tags it shows in which order, what it remembers, and how wide
//! it is. The forms of lists that registries give are in `listing`.

mod choosing;
mod cost;
mod memory;
mod screens;
mod unread;

use crate::support::command::{Lugger, Run};
use crate::support::image::{Image, Recipe};
use crate::support::registry::Registry;
use crate::support::scene::Scene;

/// An image that no other number gives.
fn image(number: usize) -> Image {
    Recipe::default().layer(format!("layer {number}").as_bytes()).build()
}

/// A registry with tags `v0`, `v1`, … of an image each.
fn with_images(count: usize) -> Scene {
    let scene = Scene::new();
    for number in 0..count {
        scene.registry.put_image("team/app", &format!("v{number}"), &image(number));
    }
    scene
}

/// Looks at manifests and configs, by digest.
fn looks(registry: &Registry) -> usize {
    registry.count("GET", "/manifests/sha256:") + registry.count("GET", "/blobs/sha256:")
}

fn heads(registry: &Registry) -> usize {
    registry.count("HEAD", "/manifests/")
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// The tags of each row of a list in JSON.
fn rows(run: &Run) -> Vec<String> {
    let list = json(run);
    let rows = list.as_array().unwrap().iter();
    let tags = rows.map(|row| {
        row["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag.as_str().unwrap())
            .collect::<Vec<_>>()
    });
    tags.map(|tags| tags.join(",")).collect()
}

/// The files in which it is kept what was learned.
fn sheets(lugger: &Lugger) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(lugger.store().join("facts")) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}
