//! The commands that change the store, and the states they find it in. A store is written without the program under test.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::image::{Image, Index, Recipe};
use crate::support::layout::OciLayout;
use crate::support::scene::Scene;

/// A command in a state.
pub(super) struct Case {
    /// As the report calls it.
    pub(super) name: &'static str,
    pub(super) prepare: fn() -> Scene,
    pub(super) words: &'static str,
    /// The name that the command changes, and what it stands for afterwards.
    pub(super) target: &'static str,
    pub(super) wanted: fn() -> Option<String>,
    /// At least so many calls are recorded, or the record is not what it should be.
    pub(super) least: usize,
    /// The suite takes one in so many of its runs.
    pub(super) every: usize,
}

const PULL: &str = "pull -q --jobs 1 @/team/app:1";
const APP: &str = "@/team/app:1";

pub(super) const ALL: [Case; 10] = [
    Case {
        name: "pull into no store",
        prepare: || Scene::of(&wanted()),
        words: PULL,
        target: APP,
        wanted: || Some(wanted().digest().to_string()),
        least: 50,
        every: 3,
    },
    Case {
        name: "pull of shared layers",
        prepare: || with_store(&[("@/team/base:1", base()), ("@/other:1", Image::tiny(9))]),
        words: PULL,
        target: APP,
        wanted: || Some(wanted().digest().to_string()),
        least: 25,
        every: 9,
    },
    Case {
        name: "pull of a tag that moved",
        prepare: || with_store(&[(APP, Image::tiny(3)), ("@/other:1", Image::tiny(9))]),
        words: PULL,
        target: APP,
        wanted: || Some(wanted().digest().to_string()),
        least: 30,
        every: 1,
    },
    Case {
        name: "pull of many small layers",
        prepare: || Scene::of(&many()),
        words: "pull -q @/team/app:1",
        target: APP,
        wanted: || Some(many().digest().to_string()),
        least: 60,
        every: 5,
    },
    Case {
        name: "pull of every platform",
        prepare: || {
            let scene = with_store(&[("@/team/base:1", base())]);
            scene.registry.put_index("team/all", "1", &index());
            scene
        },
        words: "pull -q --jobs 1 --all-platforms @/team/all:1",
        target: "@/team/all:1",
        wanted: || Some(index().digest().to_string()),
        least: 40,
        every: 15,
    },
    Case {
        name: "pull of what is there",
        prepare: || with_store(&[(APP, wanted())]),
        words: PULL,
        target: APP,
        wanted: || Some(wanted().digest().to_string()),
        least: 1,
        every: 1,
    },
    Case {
        name: "push",
        prepare: || {
            let scene = Scene::new();
            fill(&scene, &[(APP, wanted()), ("@/other:1", Image::tiny(9))]);
            scene
        },
        words: "push -q --jobs 1 @/team/app:1",
        target: APP,
        wanted: || Some(wanted().digest().to_string()),
        least: 0,
        every: 5,
    },
    Case {
        name: "tag",
        prepare: || with_store(&[(APP, wanted()), ("@/other:1", Image::tiny(9))]),
        words: "tag @/team/app:1 @/other:1",
        target: "@/other:1",
        wanted: || Some(wanted().digest().to_string()),
        least: 6,
        every: 3,
    },
    Case {
        name: "rmi",
        prepare: || with_store(&[(APP, wanted()), ("@/team/base:1", base())]),
        words: "rmi @/team/app:1",
        target: APP,
        wanted: || None,
        least: 9,
        every: 3,
    },
    Case {
        name: "prune",
        prepare: littered,
        words: "prune",
        target: "@/gone:1",
        wanted: || None,
        least: 6,
        every: 3,
    },
];

/// Two layers of a few KiB.
fn wanted() -> Image {
    Recipe::default().layer(&[b'a'; 5000]).layer(&[b'b'; 3000]).build()
}

/// Layers that are synced together.
fn many() -> Image {
    let layers = (0..10).map(|number| vec![b'a' + number; 2000]).collect::<Vec<_>>();
    Image::with_layers(&layers)
}

fn index() -> Index {
    Index::of(&[(&wanted(), "linux/amd64"), (&Image::tiny(4), "linux/arm64")])
}

/// An image with one of them.
fn base() -> Image {
    Recipe::default().layer(&[b'a'; 5000]).build()
}

/// The registry has the image, and the store these.
fn with_store(images: &[(&str, Image)]) -> Scene {
    let scene = Scene::of(&wanted());
    fill(&scene, images);
    scene
}

fn fill(scene: &Scene, images: &[(&str, Image)]) {
    let mut layout = OciLayout::new(&scene.lugger.store());
    for (name, image) in images {
        layout.image(&name.replace("@/", &scene.registry.name("")), image);
    }
}

/// With the blobs of an image that has no name, and remains of runs long ago.
fn littered() -> Scene {
    let scene = with_store(&[(APP, wanted())]);
    let (store, loose) = (scene.lugger.store(), Image::tiny(8));
    for blob in loose.blobs().chain([&loose.manifest]) {
        fs::write(store.join("blobs").join(blob.digest.replace(':', "/")), &blob.bytes).unwrap();
    }
    fs::create_dir(store.join("partial")).unwrap();
    for remains in [format!("partial/sha256-{}", "0".repeat(64)), ".tmpAbCdEf".to_string()] {
        forgotten(&store.join(remains));
    }
    scene
}

fn forgotten(path: &Path) {
    fs::write(path, "half").unwrap();
    let long_ago = SystemTime::now() - Duration::from_hours(8 * 24);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
}
