//! The program and a Docker Engine: Docker runs what was pushed and pushes what is pulled, and both use one file of
//! logins. The engine is shared by the tests that run at the same time, and stopped with the last of them.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::peers_steps::{check, downloaded, hold};
use crate::support::command::Lugger;
use crate::support::image::{Family, Image, Index, Recipe};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::dockerd::Engine;
use crate::support::peers::skopeo::{inspect_digest, skopeo};
use crate::support::tar::runnable_root;

static ENGINE: Mutex<Weak<Engine>> = Mutex::new(Weak::new());

pub(crate) fn engine() -> Arc<Engine> {
    let mut shared = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let engine = Arc::new(Engine::start());
        *shared = Arc::downgrade(&engine);
        engine
    })
}

#[test]
fn docker_runs_what_was_pushed() {
    let (registry, engine) = (Distribution::open(), engine());
    for (tag, family) in [("oci", Family::Oci), ("docker", Family::Docker)] {
        let name = registry.name(&format!("ours/run:{tag}"));
        let image = runnable(family, "what was pushed");
        let lugger = Lugger::new();
        hold(&lugger, &name, &image);
        lugger.args(["push", &name]).ok();
        let pulled = text(&engine.docker(&["pull", &name]));
        assert!(pulled.contains(&format!("Digest: {}\n", image.digest())), "{pulled}");
        assert_eq!(run(&engine, &name), "what was pushed\n");
    }
}

#[test]
fn docker_runs_what_was_made_without_a_build() {
    let (registry, engine, lugger) = (Distribution::open(), engine(), Lugger::new());
    let (base, golden) = (registry.name("ours/base:1"), registry.name("ours/golden:1"));
    fs::write(lugger.home().join("root.tar"), runnable_root()).unwrap();
    let words = ["append", "scratch", "--layer", "root.tar", "--env", "PATH=/usr/bin:/bin"];
    lugger.args(words.iter().chain(&["-t", &base, "--push"])).ok();
    fs::create_dir(lugger.home().join("files")).unwrap();
    fs::write(lugger.home().join("files/greeting"), "made without a build\n").unwrap();
    let words = [
        "append",
        &base,
        "--layer",
        "files:/etc/golden",
        "--cmd",
        "/bin/cat /etc/golden/greeting",
    ];
    let made = lugger.args(words.iter().chain(&["-t", &golden, "--push", "-q"])).ok().stdout;
    engine.docker(&["pull", "--quiet", made.trim()]);
    assert_eq!(run(&engine, made.trim()), "made without a build\n");
}

#[test]
fn what_docker_pushed_is_pulled_pushed_elsewhere_and_pulled_by_docker_again() {
    let (registry, engine) = (Distribution::open(), engine());
    let (first, theirs, ours) = (
        registry.name("seed/app:1"),
        registry.name("theirs/app:1"),
        registry.name("ours/app:1"),
    );
    let lugger = Lugger::new();
    hold(&lugger, &first, &runnable(Family::Docker, "there and back"));
    lugger.args(["push", &first]).ok();
    engine.docker(&["pull", "--quiet", &first]);
    engine.docker(&["tag", &first, &theirs]);
    let said = text(&engine.docker(&["push", &theirs]));
    let digest = after(&said, "digest: ");
    let receiver = Lugger::new();
    let pulled = receiver.args(["pull", &theirs]).ok();
    assert_eq!(pulled.stdout, downloaded(&theirs, &digest));
    check(&receiver.store()).assert_sound();
    // Without its name: by name this skopeo finds only images of the OCI's types.
    let in_store = format!("oci:{}", receiver.store().display());
    let seen = String::from_utf8(skopeo(&["inspect", &in_store]).stdout).unwrap();
    assert!(seen.contains(&format!("\"Digest\": \"{digest}\"")), "{seen}");
    receiver.args(["tag", &theirs, &ours]).ok();
    receiver.args(["push", &ours]).ok();
    assert_eq!(inspect_digest(&ours), digest);
    let by_digest = format!("{}@{digest}", registry.name("ours/app"));
    engine.docker(&["pull", "--quiet", &by_digest]);
    assert_eq!(run(&engine, &by_digest), "there and back\n");
}

#[test]
fn docker_runs_its_own_platform_out_of_an_index_that_was_pushed() {
    let (registry, engine) = (Distribution::open(), engine());
    let ours = runnable(Family::Oci, "the right platform");
    let theirs = Recipe::default().platform("linux/s390x").layer(b"another platform").build();
    let attestation = Recipe::default().platform("unknown/unknown").layer(b"who built it").build();
    let entries = [(&theirs, "linux/s390x"), (&ours, "linux/amd64")];
    let lugger = Lugger::new();
    let directory = tempfile::tempdir().unwrap();
    let index = Index::with_attestation(&entries, &attestation);
    OciLayout::new(directory.path()).index("x", &index);
    let layout = format!("oci:{}:x", directory.path().display());
    let name = registry.name("ours/index:1");
    lugger.args(["copy", &layout, &name]).ok();
    let pulled = text(&engine.docker(&["pull", &name]));
    assert!(pulled.contains(&format!("Digest: {}\n", index.digest())), "{pulled}");
    assert_eq!(run(&engine, &name), "the right platform\n");
    let pulled = lugger.args(["pull", &name]).ok();
    assert_eq!(pulled.stdout, downloaded(&name, index.digest()), "as docker says it");
}

#[test]
fn a_login_of_docker_is_used() {
    let (registry, engine) = (locked(), engine());
    let name = registry.name("team/app:1");
    let lugger = Lugger::new();
    hold(&lugger, &name, &Image::tiny(7));
    lugger.args(["push", &name]).fails(4);
    docker_as(
        &engine,
        &lugger,
        &["login", registry.host(), "-u", "ann", "-p", "pass:canary"],
    );
    lugger.args(["push", &name]).ok();
    lugger.args(["rmi", &name]).ok();
    lugger.args(["pull", &name]).ok();
    let before = fs::read_to_string(lugger.config_path()).unwrap();
    lugger.args(["login", registry.host(), "-u", "ann", "-p", "pass:canary"]).ok();
    let auths = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["auths"].clone();
    let after = fs::read_to_string(lugger.config_path()).unwrap();
    assert_eq!(auths(&before), auths(&after), "both write the same");
    docker_as(&engine, &lugger, &["logout", registry.host()]);
    lugger.args(["pull", &name]).fails(4);
}

#[test]
fn docker_uses_a_login_and_forgets_it_with_the_program() {
    let (registry, engine) = (locked(), engine());
    let name = registry.name("team/app:1");
    let lugger = Lugger::new();
    lugger.args(["login", registry.host(), "-u", "ann", "-p", "pass:canary"]).ok();
    hold(&lugger, &name, &runnable(Family::Docker, "behind a login"));
    lugger.args(["push", &name]).ok();
    docker_as(&engine, &lugger, &["pull", "--quiet", &name]);
    assert_eq!(run(&engine, &name), "behind a login\n");
    lugger.args(["logout", registry.host()]).ok();
    let config = lugger.config_path();
    let directory = config.parent().unwrap().to_str().unwrap();
    let refused = engine.try_docker(&["--config", directory, "pull", "--quiet", &name]);
    assert!(!refused.status.success(), "{}", text(&refused));
}

fn locked() -> Distribution {
    Distribution::htpasswd("ann", "pass:canary", "a realm")
}

/// Docker with the logins of that home.
fn docker_as(engine: &Engine, lugger: &Lugger, arguments: &[&str]) -> Output {
    let config = lugger.config_path();
    let directory: &Path = config.parent().unwrap();
    engine.docker(&[&["--config", directory.to_str().unwrap()], arguments].concat())
}

/// An image that says something when it is run.
pub(crate) fn runnable(family: Family, says: &str) -> Image {
    let settings = format!(r#"{{"Env":["PATH=/usr/bin:/bin"],"Cmd":["/bin/echo","{says}"]}}"#);
    Recipe::default()
        .family(family)
        .gzipped()
        .settings(&settings)
        .tar(runnable_root())
        .build()
}

pub(crate) fn run(engine: &Engine, name: &str) -> String {
    text(&engine.docker(&["run", "--rm", "--network", "none", name]))
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The word behind this.
fn after(said: &str, mark: &str) -> String {
    let rest = said.split_once(mark).unwrap_or_else(|| panic!("no {mark:?} in\n{said}")).1;
    rest.split_whitespace().next().unwrap().to_string()
}
