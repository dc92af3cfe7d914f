//! Many processes at one store: they pull, tag, remove and prune side by side, each its own names and all of them the
//! same shared names and layers. `LUGGER_TEST_ROUNDS` makes the run longer; what each did follows from fixed seeds.
//! Two that want the same blob are in `waiting`.

mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use fastrand::Rng;
use serde_json::Value;

use crate::support::command::{Call, Run};
use crate::support::image::Image;
use crate::support::peers::skopeo;
use crate::support::scene::Scene;
use crate::support::store_check::StoreCheck;
use crate::support::tar::noise;

/// How many rounds there are if nobody asks for more.
const ROUNDS: usize = 12;
/// What each process does in a round, one thing after the other.
const STEPS: usize = 3;
/// So many rounds share a store; the next one is made by all processes at once.
const ROUNDS_OF_A_STORE: usize = 4;
/// After so many rounds the store is pruned in silence, and another program reads it.
const ROUNDS_TO_SILENCE: usize = 3;

#[test]
fn two_processes_share_a_store() {
    Crowd::of(2).go_on(rounds()).tell();
}

#[test]
fn four_processes_share_a_store() {
    Crowd::of(4).go_on(rounds()).tell();
}

#[test]
fn sixteen_processes_share_a_store() {
    Crowd::of(16).go_on(rounds()).tell();
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program does not read this; whoever runs the tests sets it"
)]
fn rounds() -> usize {
    let text = std::env::var("LUGGER_TEST_ROUNDS").unwrap_or_default();
    if text.is_empty() { ROUNDS } else { text.parse().unwrap() }
}

/// A registry, a store, and those who use it.
struct Crowd {
    scene: Scene,
    members: Vec<Mutex<Member>>,
    /// Two images that all pull under the same two names.
    shared: [Image; 2],
    /// The layers and configs of all images, and what they are counted by.
    content: BTreeMap<String, BTreeSet<String>>,
    stores: Mutex<usize>,
    /// How often each blob was deleted.
    deleted: Mutex<BTreeMap<String, usize>>,
}

/// One who uses the store: one process at a time, as its dice want it.
struct Member {
    number: usize,
    image: Image,
    dice: Rng,
    /// The names it gave and has not taken back, and what they stand for.
    names: BTreeMap<String, Vec<String>>,
}

impl Crowd {
    fn of(size: usize) -> Self {
        let scene = Scene::new();
        let base = noise(1, 200_000);
        let shared = [2, 3].map(|seed| Image::with_layers(&[base.clone(), noise(4, 90_000), noise(seed, 60_000)]));
        let members: Vec<Member> = (0..size).map(|number| Member::new(number, size, &base)).collect();
        for member in &members {
            scene.registry.put_image(&member.repository(), "1", &member.image);
        }
        let images = members.iter().map(|member| &member.image).chain(&shared);
        let content = images.map(|image| (image.digest().to_string(), parts(image))).collect();
        Self {
            scene,
            content,
            shared,
            members: members.into_iter().map(Mutex::new).collect(),
            stores: Mutex::new(0),
            deleted: Mutex::default(),
        }
    }

    fn go_on(&self, rounds: usize) -> Figures {
        for round in 0..rounds {
            if round % ROUNDS_OF_A_STORE == 0 {
                self.move_on();
            }
            self.move_shared_names(round);
            thread::scope(|scope| {
                for member in &self.members {
                    scope.spawn(|| (0..STEPS).for_each(|_| member.lock().unwrap().step(self)));
                }
            });
            self.assert_sound(round);
            if round % ROUNDS_TO_SILENCE == 0 {
                self.assert_tidy_in_silence();
            }
        }
        self.figures(rounds)
    }

    /// To a new store, which is not there yet.
    fn move_on(&self) {
        let old = self.store();
        *self.stores.lock().unwrap() += 1;
        if old.exists() {
            fs::remove_dir_all(&old).unwrap();
        }
        self.members.iter().for_each(|member| member.lock().unwrap().names.clear());
    }

    /// The tags on the registry stand for other images than in the round before.
    fn move_shared_names(&self, round: usize) {
        for (number, image) in self.shared.iter().enumerate() {
            let tag = (number + round) % self.shared.len();
            self.scene.registry.put_image("shared", &tag.to_string(), image);
        }
    }

    fn store(&self) -> PathBuf {
        self.scene.lugger.home().join(format!("store{}", self.stores.lock().unwrap()))
    }

    fn call(&self, words: &str) -> Call {
        self.scene.call(words).env("LUGGER_STORE", self.store())
    }

    /// Runs something that deletes blobs.
    fn sweep(&self, words: &str) -> Run {
        let run = self.call(words).run();
        let mut deleted = self.deleted.lock().unwrap();
        for digest in run.stdout.lines().filter_map(|line| line.strip_prefix("Deleted: ")) {
            *deleted.entry(digest.to_string()).or_default() += 1;
        }
        run
    }

    /// Everything is whole, every member has its names and no others, and nobody left anything half done.
    fn assert_sound(&self, round: usize) {
        let check = StoreCheck::of(&self.store()).allowing(&["lock", "index.lock"]);
        assert_eq!(check.complaints(), Vec::<String>::new(), "round {round}");
        let mut own = BTreeMap::new();
        for member in &self.members {
            own.extend(member.lock().unwrap().names.clone());
        }
        for (name, digest) in names(&self.store()) {
            let shared = || self.shared.iter().map(|image| image.digest().to_string()).collect();
            let expected = own.remove(&name).unwrap_or_else(shared);
            assert!(
                expected.contains(&digest),
                "round {round}: {name} is {digest}, not {expected:?}"
            );
        }
        assert!(own.is_empty(), "round {round}: lost {own:?}");
        let partial = fs::read_dir(self.store().join("partial")).map_or(0, Iterator::count);
        assert_eq!(partial, 0, "round {round}");
    }

    /// A prune beside which nothing runs leaves what the names reach, which another program can read.
    fn assert_tidy_in_silence(&self) {
        assert_eq!(self.sweep("prune").status, 0);
        let names = names(&self.store());
        let reached: BTreeSet<String> = names.values().flat_map(|digest| self.content[digest].clone()).collect();
        assert_eq!(blobs(&self.store()), reached);
        if let Some(name) = names.keys().next_back() {
            let copy = tempfile::tempdir().unwrap();
            let from = format!("oci:{}:{name}", self.store().display());
            skopeo::copy(&from, &format!("oci:{}:copy", copy.path().display()));
        }
    }

    /// No blob came more often than the stores and the deletions asked for.
    fn figures(&self, rounds: usize) -> Figures {
        let requests = self.scene.registry.log().select("GET", "/blobs/");
        let mut fetched: BTreeMap<String, usize> = BTreeMap::new();
        for request in &requests {
            let digest = request.path.rsplit('/').next().unwrap_or_default();
            *fetched.entry(digest.to_string()).or_default() += 1;
        }
        let deleted = self.deleted.lock().unwrap();
        let stores = *self.stores.lock().unwrap();
        for (digest, times) in &fetched {
            let needed = stores + deleted.get(digest).copied().unwrap_or_default();
            assert!(*times <= needed, "{digest} was fetched {times} times for {needed}");
        }
        Figures {
            processes: self.members.len(),
            rounds,
            runs: self.members.len() * rounds * STEPS,
            fetched: requests.len(),
            deleted: deleted.values().sum(),
            blobs: fetched.len(),
        }
    }
}

impl Member {
    fn new(number: usize, size: usize, base: &[u8]) -> Self {
        let seed = u64::try_from(size * 100 + number).unwrap();
        Self {
            number,
            image: Image::with_layers(&[base.to_vec(), noise(1000 + seed, 40_000)]),
            dice: Rng::with_seed(seed),
            names: BTreeMap::new(),
        }
    }

    fn repository(&self) -> String {
        format!("own{}", self.number)
    }

    /// Does one thing, and sees at once whether its names are as they should be, whatever the others do.
    fn step(&mut self, crowd: &Crowd) {
        let own = format!("@/{}", self.repository());
        let shared = format!("@/shared:{}", self.dice.usize(0..2));
        match self.dice.u8(0..10) {
            0 => {
                if expect(&crowd.call(&format!("tag {shared} {own}:taken")).run(), &[0, 3]) == 0 {
                    let digests = crowd.shared.iter().map(|image| image.digest().to_string());
                    self.named(crowd, "taken", digests.collect());
                }
            }
            1 if self.names.keys().any(|name| name.ends_with(":1")) => {
                expect(&crowd.call(&format!("tag {own}:1 {own}:alias")).run(), &[0]);
                self.named(crowd, "alias", vec![self.image.digest().to_string()]);
            }
            2 | 3 if !self.names.is_empty() => {
                let name = self.dice.choice(self.names.keys().cloned().collect::<Vec<_>>()).unwrap();
                expect(&crowd.sweep(&format!("rmi {name}")), &[0]);
                self.names.remove(&name);
            }
            4 => {
                expect(&crowd.sweep("prune"), &[0]);
            }
            5 => {
                expect(&crowd.sweep(&format!("rmi {shared}")), &[0, 3]);
            }
            6 | 7 => {
                expect(&crowd.call(&format!("pull -q {shared}")).run(), &[0]);
            }
            _ => {
                expect(&crowd.call(&format!("pull -q {own}:1")).run(), &[0]);
                self.named(crowd, "1", vec![self.image.digest().to_string()]);
            }
        }
        let own = format!("/{}:", self.repository());
        let there = names(&crowd.store()).into_keys().filter(|name| name.contains(&own));
        assert_eq!(there.collect::<Vec<_>>(), self.names.keys().cloned().collect::<Vec<_>>());
    }

    fn named(&mut self, crowd: &Crowd, tag: &str, digests: Vec<String>) {
        let name = crowd.scene.registry.name(&format!("{}:{tag}", self.repository()));
        self.names.insert(name, digests);
    }
}

/// What a run came to.
struct Figures {
    processes: usize,
    rounds: usize,
    runs: usize,
    fetched: usize,
    deleted: usize,
    blobs: usize,
}

impl Figures {
    #[expect(clippy::print_stdout, reason = "the figures of a long run are for whoever asked for it")]
    fn tell(&self) {
        let Self {
            processes, rounds, runs, ..
        } = self;
        let Self {
            blobs, fetched, deleted, ..
        } = self;
        println!(
            "{processes} processes, {rounds} rounds: {runs} runs, {blobs} blobs fetched {fetched} times, {deleted} deleted"
        );
    }
}

fn expect(run: &Run, statuses: &[i32]) -> i32 {
    assert!(statuses.contains(&run.status), "{run:?}");
    run.status
}

/// The blobs an image is made of.
fn parts(image: &Image) -> BTreeSet<String> {
    image
        .blobs()
        .chain([&image.manifest])
        .map(|blob| blob.digest.clone())
        .collect()
}

/// What each name of a store stands for.
fn names(store: &Path) -> BTreeMap<String, String> {
    let Ok(text) = fs::read(store.join("index.json")) else {
        return BTreeMap::new();
    };
    let index: Value = serde_json::from_slice(&text).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let entries = index["manifests"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            (
                text(&entry["annotations"]["org.opencontainers.image.ref.name"]),
                text(&entry["digest"]),
            )
        })
        .collect()
}

fn blobs(store: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(store.join("blobs/sha256")).into_iter().flatten();
    let digest = |entry: std::io::Result<fs::DirEntry>| format!("sha256:{}", entry.unwrap().file_name().display());
    entries.map(digest).collect()
}
