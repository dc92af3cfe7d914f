//! What is remembered of digests, and that nothing depends on it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{heads, image, json, looks, rows, sheets, with_images};
use crate::support::command::Lugger;
use crate::support::disk::Disk;
use crate::support::image::{Index, sha256};
use crate::support::peers::process::reached;
use crate::support::peers::skopeo;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::store_check::StoreCheck;

const LIST: &str = "list-tags --format json @/team/app";

#[test]
fn the_second_run_asks_only_where_the_tags_are() {
    let scene = with_images(12);
    let first = scene.call(LIST).ok();
    assert_eq!((heads(&scene.registry), looks(&scene.registry)), (12, 24));
    let second = scene.call(LIST).ok();
    assert_eq!((heads(&scene.registry), looks(&scene.registry)), (24, 24));
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(sheets(&scene.lugger).len(), 1);
}

#[test]
fn a_tag_that_moved_is_seen_and_only_its_new_image_is_looked_at() {
    let scene = with_images(5);
    scene.call(LIST).ok();
    scene.registry.put_image("team/app", "v0", &image(100));
    scene.registry.put_image("team/app", "v1", &image(2));
    let before = looks(&scene.registry);
    let run = scene.call("list-tags --sort name --format json @/team/app").ok();
    assert_eq!(json(&run)[0]["digest"], image(100).digest());
    assert_eq!(rows(&run), ["v0", "v1,v2", "v3", "v4"]);
    assert_eq!(looks(&scene.registry) - before, 2);
}

#[test]
fn an_index_is_remembered_once_all_its_images_were_seen() {
    let scene = Scene::new();
    let (one, two) = (image(1), image(2));
    let index = Index::of(&[(&one, "linux/amd64"), (&two, "linux/arm64")]);
    scene.registry.put_index("team/app", "1", &index);
    let part = format!("/manifests/{}", two.digest());
    scene.registry.rule(
        Rule::on("GET", &part)
            .times(1)
            .then(Act::error(404, "MANIFEST_UNKNOWN", "not yet")),
    );
    let partly = json(&scene.call(LIST).ok());
    let whole = json(&scene.call(LIST).ok());
    assert!(partly[0]["size"].as_u64() < whole[0]["size"].as_u64());
    assert_eq!(whole[0]["platforms"], serde_json::json!(["linux/amd64", "linux/arm64"]));
    let before = looks(&scene.registry);
    assert_eq!(json(&scene.call(LIST).ok()), whole);
    assert_eq!(looks(&scene.registry), before);
}

#[test]
fn what_one_repository_says_is_not_believed_of_another() {
    let scene = with_images(2);
    scene.call(LIST).ok();
    scene.registry.put_image("team/other", "v0", &image(0));
    let before = looks(&scene.registry);
    scene.call("list-tags @/team/other").ok();
    assert_eq!(looks(&scene.registry) - before, 2);
    assert_eq!(sheets(&scene.lugger).len(), 2);
}

#[test]
fn damaged_memory_is_no_memory() {
    let scene = with_images(4);
    let expected = scene.call(LIST).ok().stdout;
    let sheet = sheets(&scene.lugger).remove(0);
    let whole = fs::read(&sheet).unwrap();
    let flipped: Vec<u8> = whole.iter().map(|byte| byte ^ 1).collect();
    for content in [&whole[..whole.len() / 2], b"", b"nonsense\n", &flipped, &vec![0; 9 << 20]] {
        fs::write(&sheet, content).unwrap();
        let run = scene.call(LIST).ok();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected.as_str(), ""));
        assert_eq!(fs::read(&sheet).unwrap().len(), whole.len(), "and it is written anew");
    }
}

#[test]
fn facts_that_are_none_are_asked_again_though_their_checksums_are_right() {
    let scene = with_images(1);
    let expected = scene.call(LIST).ok().stdout;
    let sheet = sheets(&scene.lugger).remove(0);
    let digest = image(0).digest().to_owned();
    for lie in [
        "{}",
        "[]",
        "",
        r#"{"timestamp":"yesterday","size":1,"mediaType":"x","platforms":[]}"#,
        r#"{"timestamp":null,"size":-1,"mediaType":"x","platforms":[]}"#,
        r#"{"timestamp":null,"size":1,"mediaType":"x","platforms":[{"os":1}]}"#,
        &"[".repeat(100_000),
    ] {
        let fact = format!("{digest} {lie}");
        let sum = &sha256(fact.as_bytes())["sha256:".len()..][..16];
        fs::write(&sheet, format!("{sum} {fact}\n")).unwrap();
        assert_eq!(scene.call(LIST).ok().stdout, expected, "{lie:.80}");
    }
    let odd = r#"{"timestamp":null,"size":18446744073709551615,"mediaType":"\u001b[31m","platforms":[{"os":"\u001b]0;x\u0007","architecture":"\n"}]}"#;
    let fact = format!("{digest} {odd}");
    let sum = &sha256(fact.as_bytes())["sha256:".len()..][..16];
    fs::write(&sheet, format!("{sum} {fact}\n")).unwrap();
    for words in ["list-tags -w @/team/app", LIST] {
        let run = scene.call(words).ok();
        assert!(
            !run.stdout.contains('\u{1b}') && run.stdout.contains("18"),
            "{:?}",
            run.stdout
        );
        assert_eq!(
            run.stdout.lines().count(),
            if words == LIST { 14 } else { 2 },
            "{}",
            run.stdout
        );
    }
}

#[test]
fn links_and_folders_in_the_place_of_memory_are_left_alone() {
    let scene = with_images(2);
    let expected = scene.call(LIST).ok().stdout;
    let sheet = sheets(&scene.lugger).remove(0);
    let precious = scene.lugger.home().join("precious");
    fs::write(&precious, "precious").unwrap();
    fs::remove_file(&sheet).unwrap();
    symlink(&precious, &sheet).unwrap();
    assert_eq!(scene.call(LIST).ok().stdout, expected);
    let _ = fs::remove_file(&sheet);
    fs::create_dir(&sheet).unwrap();
    assert_eq!(scene.call(LIST).ok().stdout, expected);
    let facts = scene.lugger.store().join("facts");
    fs::remove_dir_all(&facts).unwrap();
    symlink(scene.lugger.home(), &facts).unwrap();
    assert_eq!(scene.call(LIST).ok().stdout, expected);
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
}

#[test]
fn two_runs_at_once_list_the_same_and_leave_whole_memory() {
    let scene = with_images(30);
    let runs: Vec<_> = (0..4).map(|_| scene.call(LIST).start()).collect();
    let told: Vec<String> = runs.into_iter().map(|run| run.wait().stdout).collect();
    assert!(
        told.iter().all(|stdout| *stdout == told[0] && stdout.len() > 1000),
        "{told:?}"
    );
    assert_eq!(sheets(&scene.lugger).len(), 1);
    let before = looks(&scene.registry);
    scene.call(LIST).ok();
    assert_eq!(looks(&scene.registry), before);
}

#[test]
fn a_store_that_cannot_be_written_is_listed_beside() {
    let (scene, expected) = (with_images(3), with_images(3));
    let disk = Disk::mount(&scene.lugger.store(), "size=4m");
    disk.remount("ro");
    for words in ["--format json", "--wide"] {
        let run = scene.call(&format!("list-tags {words} @/team/app")).ok();
        let other = expected.call(&format!("list-tags {words} @/team/app")).ok();
        assert_eq!((run.stdout, run.stderr.as_str()), (other.stdout, ""));
    }
}

#[test]
fn a_folder_of_other_things_gets_nothing_into_it() {
    let scene = with_images(3);
    fs::create_dir(scene.lugger.store()).unwrap();
    fs::write(scene.lugger.store().join("thesis.tex"), "precious").unwrap();
    scene.call(LIST).ok();
    assert_eq!(fs::read_dir(scene.lugger.store()).unwrap().count(), 1);
    fs::remove_dir_all(scene.lugger.store()).unwrap();
    fs::write(scene.lugger.store(), "precious").unwrap();
    scene.call(LIST).ok();
    assert_eq!(fs::read_to_string(scene.lugger.store()).unwrap(), "precious");
}

#[test]
fn a_store_begun_with_memory_takes_images_and_is_sound() {
    let scene = with_images(3);
    scene.call(LIST).ok();
    scene.call("pull -q @/team/app:v1").ok();
    scene.call("check").ok();
    let touch = |sheet: &Path, time| fs::File::open(sheet).unwrap().set_modified(time).unwrap();
    touch(&sheets(&scene.lugger)[0], SystemTime::now());
    scene.call("prune").ok();
    assert_eq!(sheets(&scene.lugger).len(), 1, "a recently used file is kept");
    let store = scene.lugger.store();
    StoreCheck::of(&store)
        .allowing(&["lock", "index.lock", "facts"])
        .assert_sound();
    let eight_days = Duration::from_hours(8 * 24);
    touch(&sheets(&scene.lugger)[0], SystemTime::now() - eight_days);
    let run = scene.call("prune").ok();
    assert!(sheets(&scene.lugger).is_empty(), "{}", run.stdout);
}

#[test]
fn another_tool_reads_a_store_with_memory_in_it() {
    let scene = with_images(2);
    scene.call(LIST).ok();
    scene.call("pull -q @/team/app:v1").ok();
    let name = scene.registry.name("team/app:v1");
    let there = format!("oci:{}", scene.lugger.home().join("there").display());
    skopeo::copy(
        &format!("oci:{}:{name}", scene.lugger.store().display()),
        &format!("{there}:x"),
    );
    let digest = scene.lugger.args(["digest", &format!("{there}:x")]).ok();
    assert_eq!(digest.stdout.trim(), image(1).digest());
}

#[test]
fn a_run_that_is_killed_leaves_memory_that_the_next_one_uses_or_does_without() {
    let registry = Registry::start();
    for number in 0..60 {
        registry.put_image("team/app", &format!("v{number}"), &image(number));
    }
    let lugger = Lugger::new();
    let name = registry.name("team/app");
    for requests in [5, 70, 130, 175] {
        let before = registry.count("*", "/v2/");
        let mut running = lugger.args(["list-tags", &name]).start();
        reached(Duration::from_mins(1), || {
            running.has_ended() || registry.count("*", "/v2/") - before >= requests
        });
        running.kill();
    }
    let run = lugger.args(["list-tags", "--format", "json", &name]).ok();
    assert_eq!(rows(&run).len(), 60);
    assert_eq!(sheets(&lugger).len(), 1);
}
