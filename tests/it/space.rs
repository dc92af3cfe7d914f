//! Disks with too little room: it is seen before the first byte, or on the way if others take the room meanwhile. Either
//! way it is told, the store stays sound, and the next run goes on. The disks are made for the test, which takes root.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::Call;
use crate::support::disk::{Disk, PAGE};
use crate::support::gate::Gate;
use crate::support::image::{Blob, Image};
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::store_check::StoreCheck;
use crate::support::tar::noise;

const REFUSED: &str = ", and the image still needs ";
const FULL: &str = "No space left on device (os error 28)\n\n\
                    hint: make room there, or name another place with `--store`; what has arrived is kept for the next run\n";

/// A home with a disk in it, on which the store is a folder.
struct Home {
    // Before the home, which cannot go while it is mounted.
    disk: Disk,
    scene: Scene,
}

impl Home {
    fn new(options: &str, image: &Image) -> Self {
        let scene = Scene::of(image);
        let disk = Disk::mount(&scene.lugger.home().join("disk"), options);
        Self { disk, scene }
    }

    fn store(&self) -> PathBuf {
        self.scene.lugger.home().join("disk/store")
    }

    fn call(&self, words: &str) -> Call {
        self.scene.call(words).env("LUGGER_STORE", self.store())
    }

    fn pull(&self) -> Call {
        self.call("pull -q --jobs 1 @/team/app:1")
    }

    /// What was said by a run that failed for want of room.
    fn fails(&self, call: Call) -> String {
        call.fails(1).stderr.replace(&self.scene.registry.host(), "HOST")
    }

    fn asked(&self, blob: &Blob) -> Vec<String> {
        let requests = self.scene.registry.log().select("GET", &blob.digest).into_iter();
        requests
            .map(|request| request.header("range").unwrap_or("whole").to_string())
            .collect()
    }

    /// The names of a store that is sound, and so of images that are whole; none if it is not made to the end.
    fn names(&self) -> Vec<String> {
        if !self.store().join("oci-layout").exists() {
            return Vec::new();
        }
        let check = StoreCheck::of(&self.store()).allowing(&["lock", "index.lock"]);
        check.assert_sound();
        check.names()
    }

    fn has(&self, blob: &Blob) -> bool {
        self.store().join("blobs").join(blob.digest.replace(':', "/")).exists()
    }

    fn begun(&self, blob: &Blob) -> u64 {
        let path = self.store().join("partial").join(blob.digest.replace(':', "-"));
        fs::metadata(path).map_or(0, |file| file.len())
    }

    fn app(&self) -> [String; 1] {
        [self.scene.registry.name("team/app:1")]
    }
}

/// An image with one layer of noise, a little over so many bytes.
fn image_of(size: usize) -> Image {
    Image::with_layers(&[noise(1, size)])
}

fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE)
}

#[test]
fn an_image_too_large_for_the_disk_is_refused_before_its_first_blob() {
    let home = Home::new("size=1m", &image_of(2_300_000));
    let said = home.fails(home.pull());
    let (store, free) = (home.store(), "1.05 MB");
    let expected = format!(
        "error: cannot pull `HOST/team/app:1`\n  caused by: {} has {free} free{REFUSED}2.3 MB\n\n\
         hint: make room for 1.25 MB there, or name another place with `--store`\n",
        store.display()
    );
    assert_eq!(said, expected);
    let directory = home.scene.lugger.home().join("disk/other");
    let copied = home.fails(home.call(&format!("copy @/team/app:1 oci:{}", directory.display())));
    assert!(
        copied.contains(&format!("{} has {free} free{REFUSED}2.3 MB", directory.display())),
        "{copied}"
    );
    assert_eq!(home.scene.registry.count("GET", "/blobs/"), 0);
    assert!(!store.exists() && !directory.exists(), "nothing was made for nothing");

    home.disk.remount("size=16m");
    home.pull().ok();
    assert_eq!(home.names(), home.app());
}

#[test]
fn what_is_there_needs_no_room_and_what_was_begun_only_for_its_rest() {
    let image = image_of(1_600_000);
    let layer = &image.layers[0];
    let home = Home::new("size=2m", &image);
    let cut = Rule::on("GET", &layer.digest).times(1).then(Act::StallAfter(1_200_000));
    home.scene.registry.rule(cut);
    let mut running = home.pull().start();
    running.wait_until("most of the layer is on disk", || home.begun(layer) > 1_000_000);
    running.kill();
    let begun = home.begun(layer);
    home.pull().ok();
    assert_eq!(home.asked(layer), ["whole".to_string(), format!("bytes={begun}-")]);

    let next = Image::with_layers(&[noise(1, 1_600_000), noise(2, 100_000)]);
    home.scene.registry.put_image("team/app", "2", &next);
    home.call("pull -q @/team/app:2").ok();
    assert_eq!(home.names().len(), 2);
    let other = Image::with_layers(&[noise(1, 1_600_000), noise(3, 500_000)]);
    home.scene.registry.put_image("team/app", "3", &other);
    assert!(home.fails(home.call("pull -q @/team/app:3")).contains(REFUSED));
    assert_eq!(home.names().len(), 2);
}

#[test]
fn a_disk_that_tells_no_size_is_not_taken_for_full() {
    let home = Home::new("size=0", &image_of(100_000));
    home.pull().ok();
    assert_eq!(home.names(), home.app());
}

#[test]
fn a_disk_that_others_fill_meanwhile_is_told_at_once_and_the_next_run_goes_on() {
    let image = image_of(1_500_000);
    let (layer, gate) = (&image.layers[0], Gate::default());
    let home = Home::new("size=3m", &image);
    home.scene
        .registry
        .rule(Rule::on("GET", &layer.digest).times(1).then(gate.act()));
    let mut running = home.pull().start();
    running.wait_until("the layer is asked for", || !home.asked(layer).is_empty());
    home.disk.fill_but(100);
    gate.open();
    let run = running.wait();
    let said = &run.stderr;
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{said}");
    assert!(
        said.contains(": no room for 1.") && said.contains(" MB more\n  caused by: "),
        "{said}"
    );
    assert!(said.ends_with(FULL), "{said}");
    assert_eq!(home.asked(layer), ["whole"], "it was tried again");
    assert!(!home.has(layer) && !home.has(&image.manifest));
    assert_eq!(home.names(), Vec::<String>::new());
    let begun = home.begun(layer);
    assert_eq!(begun, 100 * PAGE);

    // As long as there is no room, nothing more is asked for.
    assert!(home.fails(home.pull()).contains(REFUSED));
    assert_eq!(home.asked(layer), ["whole"]);
    assert_eq!(home.begun(layer), begun);
    home.disk.clear();
    home.pull().ok();
    assert_eq!(home.asked(layer), ["whole".to_string(), format!("bytes={begun}-")]);
    assert_eq!(home.names(), home.app());
}

/// Twelve layers, most of which leave much of their last page empty.
fn small() -> Image {
    let layers: Vec<Vec<u8>> = (1..=12)
        .map(|seed| noise(seed, 300 * usize::try_from(seed).unwrap()))
        .collect();
    Image::with_layers(&layers)
}

/// What went well or how it failed, by how much room there was; each has to be there.
fn assert_all_met(outcomes: &BTreeMap<u64, &str>, wanted: &[&str]) {
    for wanted in wanted {
        assert!(
            outcomes.values().any(|outcome| outcome == wanted),
            "never {wanted}: {outcomes:?}"
        );
    }
}

/// The kind of failure, if it is one of those that a lack of room may lead to.
fn outcome(said: &str) -> &'static str {
    let known = [
        REFUSED,
        "partial/sha256-",
        "/blobs/sha256",
        "index.json",
        "oci-layout",
        "/store:",
    ];
    let kind = known.into_iter().find(|kind| said.contains(kind));
    assert!(said.contains(REFUSED) || said.ends_with(FULL), "{said}");
    kind.unwrap_or_else(|| panic!("{said}"))
}

#[test]
fn whatever_the_size_of_the_disk_an_image_is_there_whole_or_not_at_all() {
    let image = small();
    let size: usize = image.blobs().map(|blob| blob.size).sum();
    let enough = pages(size as u64) + 2 * image.blobs().count() as u64;
    let mut outcomes = BTreeMap::new();
    for room in enough.saturating_sub(40).max(1)..=enough {
        let home = Home::new(&format!("size={}", room * PAGE), &image);
        let run = home.pull().run();
        let expected = if run.status == 0 { home.app().to_vec() } else { Vec::new() };
        assert_eq!(home.names(), expected, "{room} pages: {run:?}");
        let kind = if run.status == 0 { "done" } else { outcome(&run.stderr) };
        assert!(run.status < 2, "{run:?}");
        outcomes.insert(room, kind);
        home.disk.remount("size=4m");
        home.pull().ok();
        assert_eq!(home.names(), home.app(), "{room} pages");
    }
    assert_all_met(&outcomes, &[REFUSED, "partial/sha256-", "done"]);
}

#[test]
fn wherever_the_room_ends_on_the_way_an_image_is_there_whole_or_not_at_all() {
    let image = small();
    let mut outcomes = BTreeMap::new();
    for room in 0..40 {
        let home = Home::new("size=4m", &image);
        let gate = Gate::default();
        home.scene.registry.rule(Rule::on("GET", "/blobs/").times(1).then(gate.act()));
        let mut running = home.pull().start();
        running.wait_until("a blob is asked for", || home.scene.registry.count("GET", "/blobs/") > 0);
        home.disk.fill_but(room);
        gate.open();
        let run = running.wait();
        let expected = if run.status == 0 { home.app().to_vec() } else { Vec::new() };
        assert_eq!(home.names(), expected, "{room} pages: {run:?}");
        let kind = if run.status == 0 { "done" } else { outcome(&run.stderr) };
        assert!(run.status < 2, "{run:?}");
        outcomes.insert(room, kind);
        home.disk.clear();
        home.pull().ok();
        assert_eq!(home.names(), home.app(), "{room} pages");
    }
    assert_all_met(&outcomes, &["partial/sha256-", "index.json", "done"]);
}

#[test]
fn a_full_disk_leaves_what_was_there_and_can_be_looked_at() {
    let home = Home::new("size=2m", &image_of(500_000));
    home.pull().ok();
    home.disk.fill_but(0);
    home.call("images").ok();
    home.call("inspect --raw store:@/team/app:1").ok();
    let said = home.fails(home.call("tag @/team/app:1 @/team/app:2"));
    assert!(said.contains("index.json: no room for "), "{said}");
    assert_eq!(home.names(), home.app());
    assert_eq!(left_aside(&home.store()), Vec::<PathBuf>::new());
}

fn left_aside(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(".tmp"))
        })
        .collect()
}
