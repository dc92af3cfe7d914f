//! What the tests of faults have in common: one pull or push through a proxy, looked at closely when it has ended, and
//! many of them at once.

use std::fmt;
use std::fs;
use std::sync::Mutex;
use std::thread;

use crate::peers_steps::{check, downloaded};
use crate::support::command::{Lugger, Run};
use crate::support::fault_proxy::{FaultProxy, Plan};
use crate::support::image::{Image, sha256};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::tar::noise;
use crate::support::wire;

/// How many runs go on at once: most of their time is waiting.
const WORKERS: usize = 6;

/// The size of the largest layer of `mixed`, in MiB: one that is worth fetching in parts.
const LARGE: u64 = 12;

/// A few bytes, as most requests are of a small image.
pub(super) fn small() -> Image {
    Image::with_layers(&[noise(1, 20_000), noise(2, 150_000), noise(3, 3_000), noise(4, 70_000)])
}

/// As many layers as most images have: this registry keeps nothing of an upload that breaks off, and gets that layer again.
pub(super) fn usual() -> Image {
    let lengths = (1..=12).map(|number| 20_000 + 3_000 * number);
    let contents: Vec<Vec<u8>> = (1..).zip(lengths).map(|(seed, length)| noise(seed, length)).collect();
    Image::with_layers(&contents)
}

/// What images are like: layers of middling size, a large one, and crumbs.
pub(super) fn mixed() -> Image {
    let mut contents: Vec<Vec<u8>> = [1, 2, 3, LARGE]
        .map(|mib| noise(mib, usize::try_from(mib).unwrap() << 20))
        .into();
    contents.extend((20..24).map(|seed| noise(seed, 20 << 10)));
    Image::with_layers(&contents)
}

pub(super) fn bytes_of(image: &Image) -> u64 {
    image.blobs().map(|blob| blob.size as u64).sum()
}

/// A run that has ended, with the proxy it went through.
pub(super) struct Outcome {
    pub(super) run: Run,
    pub(super) proxy: FaultProxy,
    /// What is wrong with what it left, even where it failed.
    pub(super) wrong: Vec<String>,
    /// The bytes that went over the wire beyond those of the image.
    pub(super) resent: u64,
}

impl Outcome {
    pub(super) fn is_well(&self) -> bool {
        self.run.status == 0 && self.wrong.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { status, stderr, .. } = &self.run;
        let wrong = self.wrong.join("\n");
        write!(formatter, "exit status {status}\n{stderr}\n{wrong}\n{}", self.proxy.told())
    }
}

/// Pulls `team/app:1`, which the registry has.
pub(super) fn pull(registry: &Distribution, image: &Image, plan: Plan) -> Outcome {
    pull_with(&[], registry, image, plan)
}

/// The same with flags.
pub(super) fn pull_with(flags: &[&str], registry: &Distribution, image: &Image, plan: Plan) -> Outcome {
    let proxy = FaultProxy::before(registry.host(), plan);
    let (lugger, name) = (told_the_scheme(&proxy), proxy.name("team/app:1"));
    let run = lugger.args([&["pull"], flags, &[&name]].concat()).run();
    let mut wrong = Vec::new();
    // A run that failed before it had anything leaves no store to look at.
    if run.status == 0 || lugger.store().join("index.json").exists() {
        wrong = check(&lugger.store()).complaints();
    }
    if run.status == 0 {
        if run.stdout != downloaded(&name, image.digest()) {
            wrong.push(run.stdout.clone());
        }
        let missing = image.blobs().filter(|blob| !is_kept(&lugger, &blob.digest));
        wrong.extend(missing.map(|blob| format!("{} is not in the store", blob.digest)));
        if check(&lugger.store()).names() != [name] {
            wrong.push("the store has another name for it".to_string());
        }
    }
    let resent = proxy.down().saturating_sub(bytes_of(image));
    Outcome {
        run,
        proxy,
        wrong,
        resent,
    }
}

/// Before its first answer, a host that hangs up may as well be one that wants TLS.
fn told_the_scheme(proxy: &FaultProxy) -> Lugger {
    let lugger = Lugger::new();
    lugger.hosts(proxy.host(), &format!("server = \"http://{}\"\n", proxy.host()));
    lugger
}

fn is_kept(lugger: &Lugger, digest: &str) -> bool {
    fs::metadata(lugger.store().join("blobs").join(digest.replace(':', "/"))).is_ok()
}

/// Pushes to `REPOSITORY:1`, which the registry has not.
pub(super) fn push(registry: &Distribution, image: &Image, repository: &str, plan: Plan) -> Outcome {
    push_with(&[], registry, image, repository, plan)
}

/// The same with flags.
pub(super) fn push_with(flags: &[&str], registry: &Distribution, image: &Image, repository: &str, plan: Plan) -> Outcome {
    let proxy = FaultProxy::before(registry.host(), plan);
    let (lugger, name) = (told_the_scheme(&proxy), proxy.name(&format!("{repository}:1")));
    OciLayout::write(&lugger.store(), &name, image);
    let run = lugger.args([&["push"], flags, &[&name]].concat()).run();
    let resent = proxy.up().saturating_sub(bytes_of(image));
    let wrong = unlike(registry, repository, image, run.status == 0);
    Outcome {
        run,
        proxy,
        wrong,
        resent,
    }
}

/// Where the registry's image differs from what was pushed. After a failure it may be missing, but not be another.
fn unlike(registry: &Distribution, repository: &str, image: &Image, must_be_there: bool) -> Vec<String> {
    let accept = [("Accept", image.manifest.media_type.as_str())];
    let get = |target: &str| wire::get(registry.host(), &format!("/v2/{repository}/{target}"), &accept);
    let manifest = get("manifests/1");
    if manifest.status != 200 {
        return if must_be_there { vec![manifest.head] } else { Vec::new() };
    }
    let mut wrong = Vec::new();
    if sha256(&manifest.body) != image.digest() {
        wrong.push(format!("another manifest: {}", manifest.text()));
    }
    for blob in image.blobs() {
        let answer = get(&format!("blobs/{}", blob.digest));
        if sha256(&answer.body) != blob.digest {
            wrong.push(format!("{}: {}", blob.digest, answer.head));
        }
    }
    wrong
}

/// How many rounds are made of what is drawn by seed.
#[expect(clippy::disallowed_methods, reason = "the tests have their own environment")]
pub(super) fn rounds(usual: u64) -> u64 {
    let wanted = std::env::var("LUGGER_TEST_ROUNDS").ok();
    wanted.map_or(usual, |rounds| rounds.parse().expect("LUGGER_TEST_ROUNDS is a number"))
}

/// What many runs came to.
#[derive(Default)]
pub(super) struct Sum {
    runs: u64,
    well: u64,
    wrong: u64,
    pub(super) faults: usize,
    moved: u64,
    resent: u64,
    failures: Vec<String>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: &Outcome, size: u64) {
        self.runs += 1;
        self.well += u64::from(outcome.is_well());
        self.wrong += u64::from(!outcome.wrong.is_empty());
        self.faults += outcome.proxy.injected().len();
        self.moved += size;
        self.resent += outcome.resent;
        if !outcome.is_well() {
            self.failures.push(format!("seed {seed}: {outcome}"));
        }
    }

    /// Of the bytes of all images, how many went over the wire once more.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than a few digits")]
    pub(super) fn resent_share(&self) -> f64 {
        self.resent as f64 / self.moved as f64
    }

    /// Insists that all went well.
    pub(super) fn assert_well(&self) {
        assert!(self.failures.is_empty(), "{self}\n{}", self.failures.join("\n\n"));
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            well,
            wrong,
            faults,
            moved,
            ..
        } = self;
        let share = 100.0 * self.resent_share();
        write!(
            formatter,
            "{runs} runs, {well} well, {wrong} wrong, {faults} faults, {share:.2} % of {moved} bytes sent again"
        )
    }
}

/// Makes a run for each seed, several at once, and tells what they came to.
#[expect(clippy::print_stderr, reason = "the figures of a long run are for whoever made it")]
pub(super) fn many(what: &str, seeds: u64, image: &Image, run: impl Fn(u64) -> Outcome + Sync) -> Sum {
    let sum = Mutex::new(Sum::default());
    at_once(0..seeds, |seed| {
        let outcome = run(seed);
        sum.lock().unwrap().add(seed, &outcome, bytes_of(image));
    });
    let sum = sum.into_inner().unwrap();
    eprintln!("{what}: {sum}");
    sum
}

/// Makes a run of each case, several at once. All must end well, and each must have met its fault.
pub(super) fn assert_all_well<C: Sync>(cases: &[C], run: impl Fn(usize, &C) -> Outcome + Sync) {
    at_once(0..cases.len(), |at| {
        let outcome = run(at, &cases[at]);
        assert!(outcome.is_well(), "{outcome}");
        assert!(!outcome.proxy.injected().is_empty(), "case {at}: nothing went wrong");
    });
}

fn at_once<T: Send>(items: impl Iterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    let items = Mutex::new(items);
    let next = || items.lock().unwrap().next();
    let worker = || {
        while let Some(item) = next() {
            work(item);
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(worker))));
}
