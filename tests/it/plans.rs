//! `--dry-run`: what pull, push and copy would move, told in bytes, with nothing moved or written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::disk::Disk;
use crate::support::image::{Blob, Image, Index, Recipe};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::Act;
use crate::support::tar::noise;

/// The rows of a run.
fn rows(scene: &Scene, words: &str) -> Vec<Value> {
    let run = scene.call(&format!("{words} --dry-run --format json")).ok();
    assert_eq!(run.stderr, "", "{words}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// Number and bytes of what is there, to be moved, begun, mountable.
fn amounts(row: &Value) -> [(u64, u64); 4] {
    ["there", "toMove", "begun", "mountable"].map(|key| {
        let number = |part: &str| row[key][part].as_u64().unwrap();
        (number("blobs"), number("bytes"))
    })
}

fn sum<'a>(blobs: impl IntoIterator<Item = &'a Blob>) -> (u64, u64) {
    blobs
        .into_iter()
        .fold((0, 0), |(blobs, bytes), blob| (blobs + 1, bytes + blob.size as u64))
}

const NONE: (u64, u64) = (0, 0);

/// Every file below a folder, with what shows that it was touched.
fn snapshot(folder: &Path) -> Vec<(PathBuf, SystemTime, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap()) {
        let metadata = entry.metadata().unwrap();
        found.push((entry.path(), metadata.modified().unwrap(), metadata.len()));
        if metadata.is_dir() {
            found.extend(snapshot(&entry.path()));
        }
    }
    found.sort();
    found
}

/// Only questions were asked, and none for a blob's bytes.
fn assert_only_asked(registry: &Registry) {
    for request in registry.requests() {
        let reads = request.method == "HEAD" || (request.method == "GET" && !request.path.contains("/blobs/"));
        assert!(reads, "{}", registry.log().lines());
    }
}

#[test]
fn a_pull_is_foretold_and_nothing_is_fetched_or_made() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    let before = snapshot(scene.lugger.home());
    let rows = rows(&scene, "pull @/team/app:1");
    let name = scene.registry.name("team/app:1");
    let (all, none) = (sum(image.blobs()), json!({"blobs": 0, "bytes": 0}));
    let expected = json!([{
        "source": name, "target": format!("store:{name}"), "digest": image.digest(), "upToDate": false,
        "there": none, "toMove": {"blobs": all.0, "bytes": all.1}, "begun": none, "mountable": none,
    }]);
    assert_eq!(Value::from(rows), expected);
    assert_eq!(snapshot(scene.lugger.home()), before);
    assert_only_asked(&scene.registry);
    assert_eq!(scene.registry.requests().len(), 1, "{}", scene.registry.log().lines());
}

#[test]
fn what_is_told_is_what_is_then_moved() {
    let (common, large) = (b"common".to_vec(), noise(3, 50_000));
    let scene = Scene::of(&Image::with_layers(&[common.clone(), b"own".to_vec()]));
    scene.call("pull -q @/team/app:1").ok();
    let image = Image::with_layers(&[common, large]);
    scene.registry.put_image("team/app", "2", &image);
    let [there, to_move, begun, mountable] = amounts(&rows(&scene, "pull @/team/app:2")[0]);
    assert_eq!((there, begun, mountable), (sum(&image.layers[..1]), NONE, NONE));
    scene.call("pull -q @/team/app:2").ok();
    let gets = scene.registry.log().select("GET", "/blobs/");
    let fetched = [&image.layers[1], &image.config];
    let moved = fetched
        .iter()
        .map(|blob| gets.iter().filter(|get| get.path.contains(&blob.digest)).count());
    assert!(moved.eq([1, 1]), "{}", scene.registry.log().lines());
    assert_eq!(to_move, sum(fetched));
    let row = &rows(&scene, "pull @/team/app:2")[0];
    assert_eq!((row["upToDate"].as_bool(), amounts(row)), (Some(true), [NONE; 4]));
}

#[test]
fn what_a_pull_has_begun_is_told() {
    let (scene, image) = Scene::with_large_layer(3_000_000);
    scene.rule("GET", &image.layers[0].digest, Act::StallAfter(1_000_000));
    let partial = scene
        .lugger
        .store()
        .join("partial")
        .join(image.layers[0].digest.replace(':', "-"));
    let length = || fs::metadata(&partial).map_or(0, |file| file.len());
    let mut pull = scene.call("pull -q --jobs 1 @/team/app:1").start();
    pull.wait_until("a part has arrived", || length() > 0);
    pull.kill();
    scene.registry.clear_rules();
    let begun = length();
    let before = snapshot(&scene.lugger.store());
    let [_, to_move, told, _] = amounts(&rows(&scene, "pull @/team/app:1")[0]);
    assert_eq!(told, (1, begun));
    let config = if scene
        .lugger
        .store()
        .join("blobs")
        .join(image.config.digest.replace(':', "/"))
        .exists()
    {
        0
    } else {
        image.config.size as u64
    };
    assert_eq!(to_move.1, image.layers[0].size as u64 - begun + config);
    assert_eq!(snapshot(&scene.lugger.store()), before);
}

#[test]
fn a_push_is_foretold_by_questions_alone() {
    let (scene, image) = (Scene::new(), Image::tiny(1));
    scene.stored("team/app:1", &image);
    scene.registry.put_blob("team/app", &image.layers[0]);
    let before = snapshot(&scene.lugger.store());
    let row = &rows(&scene, "push @/team/app:1")[0];
    let missing = [&image.layers[1], &image.config];
    assert_eq!(amounts(row), [sum(&image.layers[..1]), sum(missing), NONE, NONE]);
    assert_only_asked(&scene.registry);
    assert_eq!(scene.registry.count("HEAD", "/blobs/"), 3);
    assert_eq!((scene.registry.open_uploads(), scene.registry.tags("team/app").len()), (0, 0));
    assert_eq!(snapshot(&scene.lugger.store()), before);
    scene.call("push -q @/team/app:1").ok();
    assert_eq!(scene.registry.count("PUT", "/uploads/"), 2);
    let row = &rows(&scene, "push @/team/app:1")[0];
    assert_eq!((row["upToDate"].as_bool(), amounts(row)), (Some(true), [NONE; 4]));
}

#[test]
fn blobs_that_could_be_mounted_are_told_and_not_those_of_the_repository_itself() {
    let (scene, image) = (Scene::new(), Image::tiny(1));
    scene.stored("team/app:1", &image);
    let row = &rows(&scene, "push @/team/app:1")[0];
    assert_eq!(amounts(row)[3], NONE);
    scene.call("tag @/team/app:1 @/live/app:1").ok();
    let row = &rows(&scene, "push @/live/app:1")[0];
    let all = sum(image.blobs());
    assert_eq!(amounts(row), [NONE, all, NONE, all]);
    assert_eq!(scene.registry.count("POST", ""), 0);
    scene.call("push -q @/team/app:1").ok();
    scene.call("push -q @/live/app:1").ok();
    assert_eq!(scene.registry.count("PUT", "/uploads/"), 3, "and then they are mounted");
}

#[test]
fn what_a_push_has_begun_is_told_and_can_still_be_gone_on_with() {
    let registry = Registry::start().with_habits(|habits| habits.resumable_uploads = true);
    let (scene, image) = (Scene::with(registry), Image::with_layers(&[noise(5, 3_000_000)]));
    scene.stored("team/app:1", &image);
    scene.rule("PUT", "/uploads/", Act::CloseBeforeBody(2_000_000));
    scene.rule("HEAD", &image.layers[0].digest, Act::status(404));
    // It asks how far the registry came, and is stopped before it goes on.
    scene.rule("GET", "/uploads/", Act::Delay(Duration::from_secs(5)));
    let mut push = scene.call("push -q --jobs 1 @/team/app:1").start();
    push.wait_until("an upload broke off", || scene.registry.count("GET", "/uploads/") > 0);
    push.kill();
    scene.registry.clear_rules();
    let [_, to_move, begun, _] = amounts(&rows(&scene, "push @/team/app:1")[0]);
    assert_eq!(begun, (1, 2_000_000));
    assert_eq!(
        to_move.1,
        sum(image.blobs()).1 - 2_000_000 - if to_move.0 == 1 { image.config.size as u64 } else { 0 }
    );
    // To have asked may have moved it; it is found again, and gone on with.
    let told = scene.call("push @/team/app:1 --dry-run").ok().stdout;
    assert!(told.contains("; 1 of them begun, 2000000 bytes (2 MB) there"), "{told}");
    let before = scene.registry.requests().len();
    scene.call("push -q @/team/app:1").ok();
    let uploads = scene.registry.requests().split_off(before);
    let sent = uploads.iter().filter(|request| request.method != "HEAD");
    let lengths: Vec<&str> = sent.filter_map(|request| request.header("content-length")).collect();
    let rest = (image.layers[0].size - 2_000_000).to_string();
    assert!(lengths.contains(&rest.as_str()), "{lengths:?}");
}

#[test]
fn further_tags_are_told_and_not_set() {
    let (scene, image) = (Scene::new(), Image::tiny(1));
    scene.stored("team/app:1.4.2", &image);
    scene.registry.put_image("team/app", "2.0.0", &Image::tiny(2));
    let run = scene
        .call("push @/team/app:1.4.2 --semver --also-tag stable --dry-run --format json")
        .ok();
    let rows: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rows[0]["tags"], json!(["stable", "1.4", "1"]));
    assert_eq!(run.stderr, "note: latest stays with 2.0.0, which is newer than 1.4.2\n");
    assert_eq!(scene.registry.tags("team/app"), ["2.0.0"]);
    assert_only_asked(&scene.registry);
}

#[test]
fn images_of_one_run_share_what_the_first_brings() {
    let (common, scene) = (b"common".to_vec(), Scene::new());
    let images = [b"one", b"two"].map(|own| Image::with_layers(&[common.clone(), own.to_vec()]));
    for (tag, image) in ["1", "2"].iter().zip(&images) {
        scene.registry.put_image("team/app", tag, image);
    }
    let rows = rows(&scene, "pull -a @/team/app");
    assert_eq!(amounts(&rows[0])[..2], [NONE, sum(images[0].blobs())]);
    let shared = sum(&images[1].layers[..1]);
    assert_eq!(
        amounts(&rows[1])[..2],
        [shared, sum([&images[1].layers[1], &images[1].config])]
    );
}

#[test]
fn a_copy_is_foretold_from_and_to_every_place_that_is_not_packed() {
    let (scene, other) = (Scene::new(), Registry::start());
    let platforms = ["linux/amd64", "linux/arm64"];
    let images = platforms.map(|platform| Recipe::default().platform(platform).layer(platform.as_bytes()).build());
    let index = Index::of(&[(&images[0], platforms[0]), (&images[1], platforms[1])]);
    scene.registry.put_index("team/app", "1", &index);
    let all = sum(images.iter().flat_map(Image::blobs));
    let one = sum(images[1].blobs());
    let before = snapshot(scene.lugger.home());
    for target in [
        other.name("app:1"),
        "store:app:1".into(),
        "oci:dir:x".into(),
        "oci-archive:x.tar".into(),
    ] {
        let row = &rows(&scene, &format!("copy @/team/app:1 {target}"))[0];
        assert_eq!(
            (amounts(row), &row["digest"]),
            ([NONE, all, NONE, NONE], &json!(index.digest())),
            "{target}"
        );
    }
    for target in [other.name("app:1"), "oci:dir:x".into(), "docker-archive:x.tar:app:1".into()] {
        let row = &rows(&scene, &format!("copy --platform linux/arm64 @/team/app:1 {target}"))[0];
        assert_eq!(
            (amounts(row)[1], &row["digest"]),
            (one, &json!(images[1].digest())),
            "{target}"
        );
    }
    assert_eq!(snapshot(scene.lugger.home()), before);
    assert_only_asked(&scene.registry);
    assert_only_asked(&other);
    let from = OciLayout::write(&scene.lugger.home().join("from"), "x", &images[0]);
    let row = &rows(&scene, &format!("copy {from} @/new:1"))[0];
    assert_eq!(amounts(row)[1], sum(images[0].blobs()));
}

#[test]
fn signatures_that_would_go_along_are_counted() {
    let (scene, other, image) = (Scene::new(), Registry::start(), Image::tiny(1));
    scene.registry.put_image("app", "1", &image);
    let subject = format!(r#""subject": {}"#, image.manifest.descriptor());
    let signature = Recipe::default().layer(b"signed").manifest_field(&subject).build();
    let fallback = Index::of(&[(&signature, "")]);
    scene.registry.put_index("app", &image.digest().replace(':', "-"), &fallback);
    let target = other.name("app:1");
    let alone = amounts(&rows(&scene, &format!("copy @/app:1 {target}"))[0])[1];
    let with_them = amounts(&rows(&scene, &format!("copy --referrers @/app:1 {target}"))[0])[1];
    let more = sum(signature.blobs());
    assert_eq!(with_them, (alone.0 + more.0, alone.1 + more.1));
}

#[test]
fn people_read_a_line_for_each_image() {
    let (scene, image) = (Scene::new(), Image::tiny(1));
    scene.stored("app:1.0.0", &image);
    let told = |call: &str| scene.call(call).ok().stdout;
    let (name, (blobs, bytes)) = (scene.registry.name("app:1.0.0"), sum(image.blobs()));
    let size = format!("{bytes} bytes ({}.{:02} kB)", bytes / 1000, bytes % 1000 / 10);
    assert_eq!(
        told("push @/app:1.0.0 --dry-run --also-tag stable --also-tag x"),
        format!("{name}: {blobs} blobs to move, {size}; also as stable, x\n")
    );
    scene.call("push @/app:1.0.0").ok();
    assert_eq!(told("push @/app:1.0.0 --dry-run"), format!("{name}: up to date\n"));
    let other = scene.registry.name("other:1");
    assert_eq!(
        told("copy @/app:1.0.0 @/other:1 --dry-run"),
        format!("{name} to {other}: {blobs} blobs to move, {size}; {blobs} of them, {size}, may be mounted\n")
    );
}

#[test]
fn what_would_fail_fails_with_the_same_status() {
    let scene = Scene::of(&Image::tiny(1));
    for (words, status) in [
        ("pull @/team/app:none", 3),
        ("pull @/team/app:1 --platform linux/amd64 --all-platforms", 2),
        ("push @/team/app:1", 3),
        ("copy @/team/app:1 oci:dir -q", 2),
        ("pull @/team/app:1 --digest-file f", 2),
        ("copy docker-archive:x.tar @/team/app:2", 2),
        ("push --from docker-daemon: @/team/app:2", 2),
    ] {
        let run = scene.call(&format!("{words} --dry-run")).fails(status);
        assert_eq!(run.stdout, "", "{words}");
    }
    scene.call("pull @/team/app:1 --format json").fails(2);
    let down = scene.call("copy @/team/app:1 127.0.0.1:1/app:1 --dry-run").fails(5);
    assert_eq!(down.stdout, "");
    let guarded = Registry::start().with_basic("ann", "pw-canary", r#"Basic realm="r""#);
    guarded.put_image("app", "1", &Image::tiny(1));
    scene.lugger.args(["pull", "--dry-run", &guarded.name("app:1")]).fails(4);
}

#[test]
fn an_image_that_does_not_fit_on_the_disk_is_told_with_the_plan() {
    let (scene, image) = Scene::with_large_layer(3_000_000);
    let _disk = Disk::mount(&scene.lugger.home().join("disk"), "size=1m");
    let store = scene.lugger.home().join("disk/store");
    let run = scene
        .call("pull --dry-run --format json @/team/app:1")
        .env("LUGGER_STORE", &store)
        .fails(1);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(amounts(&rows[0])[1], sum(image.blobs()));
    let name = scene.registry.name("team/app:1");
    assert!(
        run.stderr.starts_with(&format!("error: cannot pull `{name}`\n")),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(", and the image still needs ") && !store.exists(),
        "{}",
        run.stderr
    );
}

#[test]
fn a_real_registry_is_asked_and_holds_what_it_held() {
    let registry = Distribution::open();
    let (image, name) = (Image::tiny(1), registry.name("team/app:1"));
    let scene = Scene::new();
    crate::peers_steps::hold(&scene.lugger, &name, &image);
    let data = registry.root().join("data");
    let before = snapshot(&data);
    let row = &rows(&scene, &format!("push {name}"))[0];
    assert_eq!(amounts(row)[1], sum(image.blobs()));
    assert_eq!(snapshot(&data), before);
    assert!(
        registry.requests().iter().all(|(method, ..)| method == "HEAD"),
        "{:?}",
        registry.requests()
    );
    scene.lugger.args(["push", &name]).ok();
    let before = snapshot(&data);
    let row = &rows(&scene, &format!("copy {name} {}", registry.name("live/app:1")))[0];
    let all = sum(image.blobs());
    assert_eq!(amounts(row), [NONE, all, NONE, all]);
    assert_eq!(snapshot(&data), before);
}
