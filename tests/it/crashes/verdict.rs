//! What must be so after a run that was cut off or hindered, and after the run that follows it.

use std::collections::BTreeMap;
use std::fs;

use super::scenes::Case;
use crate::support::command::Run;
use crate::support::peers::skopeo::copy;
use crate::support::scene::Scene;
use crate::support::store_check::StoreCheck;
use crate::support::strace::Fate;

/// Names and the digests they stand for, with `@/` for the registry.
pub(super) type Names = BTreeMap<String, String>;

pub(super) fn names(scene: &Scene) -> Names {
    let Ok(text) = fs::read(scene.lugger.store().join("index.json")) else {
        return Names::new();
    };
    let index: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let entries = index["manifests"].as_array().cloned().unwrap_or_default();
    let own = scene.registry.name("");
    let name = |entry: &serde_json::Value| {
        let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str()?;
        Some((name.replace(&own, "@/"), entry["digest"].as_str()?.to_string()))
    };
    entries.iter().filter_map(name).collect()
}

/// Everything that is wrong after the run.
pub(super) fn after_trial(case: &Case, scene: &Scene, before: &Names, run: &Run, fate: Fate) -> Vec<String> {
    let mut wrong = told_badly(scene, run, fate);
    let now = names(scene);
    let after = after(case, before);
    if now != *before && now != after {
        wrong.push(format!("names {now:?}, before {before:?}"));
    }
    if run.status == 0 && now != after {
        wrong.push(format!("exit 0 with {now:?}"));
    }
    if scene.lugger.store().join("oci-layout").exists() {
        wrong.extend(complaints(scene, &[".tmp-index.json", ".tmp-oci-layout", ".tmpAbCdEf"]));
    } else if !before.is_empty() {
        wrong.push("the store is gone".to_string());
    }
    wrong
}

/// Everything that is wrong after the same command has run again.
pub(super) fn after_next_run(case: &Case, scene: &Scene, before: &Names) -> Vec<String> {
    let already = case.words.starts_with("rmi") && !names(scene).contains_key(case.target);
    let run = scene.call(case.words).run();
    let mut wrong = Vec::new();
    if run.status != if already { 3 } else { 0 } {
        wrong.push(format!("the next run: exit {}\n{}", run.status, run.stderr));
    }
    let now = names(scene);
    if now != after(case, before) {
        wrong.push(format!("names after the next run: {now:?}"));
    }
    wrong.extend(complaints(scene, if already { &[".tmp-index.json"] } else { &[] }));
    wrong
}

/// Fails the test if skopeo cannot read every image of the store whole.
pub(super) fn assert_read_by_skopeo(scene: &Scene) {
    let store = scene.lugger.store();
    // Until the marker is there nobody takes the directory for a store.
    if !store.join("oci-layout").exists() {
        return;
    }
    for name in names(scene).keys() {
        let name = name.replace("@/", &scene.registry.name(""));
        let elsewhere = tempfile::tempdir().unwrap();
        let to = format!("oci:{}:x", elsewhere.path().display());
        copy(&format!("oci:{}:{name}", store.display()), &to);
        StoreCheck::of(elsewhere.path()).assert_sound();
    }
}

fn after(case: &Case, before: &Names) -> Names {
    let mut after = before.clone();
    match (case.wanted)() {
        Some(digest) => after.insert(case.target.to_string(), digest),
        None => after.remove(case.target),
    };
    after
}

/// A failure is told with its place and ends with 1; a call that does not matter may fail unseen.
fn told_badly(scene: &Scene, run: &Run, fate: Fate) -> Vec<String> {
    let store = scene.lugger.store().display().to_string();
    match (fate, run.status) {
        (Fate::KilledBefore | Fate::KilledAfter, _) | (_, 0) => Vec::new(),
        (_, 1) if run.stderr.starts_with("error: cannot") && run.stderr.contains(&store) => Vec::new(),
        (_, status) => vec![format!("exit {status}: {}", run.stderr)],
    }
}

fn complaints(scene: &Scene, remains: &[&str]) -> Vec<String> {
    let check = StoreCheck::of(&scene.lugger.store()).allowing(&["lock", "index.lock"]);
    check.allowing(remains).complaints()
}
