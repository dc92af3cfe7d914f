//! `--progress json`: what programs read on stderr. Every line is an object, the first says by which schema, the last how
//! it ended, and digests, sizes and offsets are those of the image.

use std::time::Duration;

use serde_json::{Value, json};

use crate::peers_steps::hold;
use crate::support::command::{Call, Run};
use crate::support::gate::Gate;
use crate::support::image::{Blob, Image, Recipe};
use crate::support::peers::process::reached;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Response, Rule};
use crate::support::tar::noise;

/// The objects of a run that ended so, each with its time, and nothing else.
fn objects(call: Call, status: i32) -> Vec<Value> {
    let run = call.fails(status);
    let objects = parsed(&run);
    let time = |object: &Value| object["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(objects.is_sorted_by_key(time), "{}", run.stderr);
    for object in &objects {
        let time = object["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    }
    let first = &objects[0];
    assert_eq!((&first["event"], &first["schema"]), (&json!("begin"), &json!(1)), "{first}");
    let last = objects.last().unwrap();
    let how = if status == 0 { "end" } else { "error" };
    assert_eq!((&last["event"], &last["exit"]), (&json!(how), &json!(status)), "{last}");
    objects
}

fn parsed(run: &Run) -> Vec<Value> {
    assert!(
        !run.stderr.contains(|c: char| c.is_control() && c != '\n'),
        "{:?}",
        run.stderr
    );
    let lines = run.stderr.lines().map(|line| (line, serde_json::from_str(line)));
    lines
        .map(|(line, object)| object.unwrap_or_else(|error| panic!("{line:?} is no object: {error}")))
        .collect()
}

fn named(objects: &[Value], event: &str) -> Vec<Value> {
    objects.iter().filter(|object| object["event"] == event).cloned().collect()
}

/// What is told of a blob, without the times.
fn about(objects: &[Value], blob: &Blob) -> Vec<Value> {
    let mut told: Vec<Value> = objects
        .iter()
        .filter(|object| object["digest"] == blob.digest)
        .cloned()
        .collect();
    for object in &mut told {
        let members = object.as_object_mut().unwrap();
        members.remove("time");
        members.remove("digest");
    }
    told
}

fn json_of(scene: &Scene, words: &str) -> Call {
    scene.call(&format!("--progress json {words}"))
}

/// A plan in which every blob has its digest, its size and its type.
fn assert_planned(objects: &[Value], direction: &str, image: &Image) {
    let planned = named(objects, "planned");
    let blobs: Vec<Value> = image
        .blobs()
        .map(|blob| json!({"digest": blob.digest, "size": blob.size, "mediaType": blob.media_type}))
        .collect();
    let sum: usize = image.blobs().map(|blob| blob.size).sum();
    assert_eq!(planned.len(), 1, "{planned:?}");
    assert_eq!(
        (&planned[0]["direction"], &planned[0]["bytes"]),
        (&json!(direction), &json!(sum))
    );
    let told = planned[0]["blobs"].as_array().unwrap();
    assert_eq!(told.len(), blobs.len());
    assert!(blobs.iter().all(|blob| told.contains(blob)), "{told:?}");
}

#[test]
fn a_pull_tells_what_is_planned_resumed_there_already_and_done() {
    let image = Image::with_layers(&[b"here before".to_vec(), noise(1, 300 << 10)]);
    let base = Image::with_layers(&[b"here before".to_vec()]);
    let scene = Scene::of(&image);
    scene.registry.put_image("team/app", "base", &base);
    scene.call("pull -q @/team/app:base").ok();
    let breaking = &image.layers[1];
    scene.rule_once("GET", &breaking.digest, Act::CutAfter(100 << 10));
    let objects = objects(json_of(&scene, "pull @/team/app:1"), 0);
    assert_eq!(objects[0]["command"], "pull");
    assert_planned(&objects, "pull", &image);
    let there = json!({"event": "done", "size": image.layers[0].size, "how": "exists"});
    assert_eq!(about(&objects, &image.layers[0]), [there]);
    let mut told = about(&objects, breaking);
    let (wait, reason) = (told[1]["waitMs"].clone(), told[1]["reason"].clone());
    assert!(wait.is_u64() && reason.is_string(), "{told:?}");
    let offset = told[2]["offset"].as_u64().unwrap();
    assert!((1..=100 << 10).contains(&offset), "{told:?}");
    told.retain(|object| object["event"] != "progress");
    let size = breaking.size;
    let expected = [
        json!({"event": "started", "size": size, "offset": 0}),
        json!({"event": "interrupted", "reason": reason, "waitMs": wait}),
        json!({"event": "started", "size": size, "offset": offset}),
        json!({"event": "arrived", "size": size}),
        json!({"event": "done", "size": size, "how": "moved"}),
    ];
    assert_eq!(told, expected);
    assert_eq!(about(&objects, &image.manifest), [json!({"event": "sealed"})]);
    let total = named(&objects, "total").pop().unwrap();
    let moved = size + image.config.size;
    assert_eq!((&total["at"], &total["of"]), (&json!(moved), &json!(moved)));
    assert_eq!((&total["done"], &total["blobs"]), (&json!(3), &json!(3)));
    assert_eq!(named(&objects, "note")[0]["message"], "1: Pulling from team/app");
    let again = self::objects(json_of(&scene, "pull @/team/app:1"), 0);
    assert_eq!(
        (named(&again, "done").len(), named(&again, "total").len()),
        (0, 0),
        "{again:?}"
    );
}

#[test]
fn a_plan_says_from_where_to_where() {
    let scene = Scene::of(&Image::tiny(1));
    scene.registry.put_image("team/app", "2", &Image::tiny(2));
    let name = |name: &str| scene.registry.name(name);
    let cases = [
        (
            "pull @/team/app:1 @/team/app:2",
            vec![
                (name("team/app:1"), format!("store:{}", name("team/app:1"))),
                (name("team/app:2"), format!("store:{}", name("team/app:2"))),
            ],
        ),
        (
            "push --from store:@/team/app:1 @/else/where:1",
            vec![(format!("store:{}", name("team/app:1")), name("else/where:1"))],
        ),
        (
            "copy @/team/app:1 @/third/place:1",
            vec![(name("team/app:1"), name("third/place:1"))],
        ),
    ];
    for (words, ends) in cases {
        let planned = named(&objects(json_of(&scene, words), 0), "planned");
        let told: Vec<_> = planned.iter().map(|plan| (&plan["source"], &plan["target"])).collect();
        let ends: Vec<_> = ends.iter().map(|(source, target)| (json!(source), json!(target))).collect();
        assert_eq!(told, ends.iter().map(|(s, t)| (s, t)).collect::<Vec<_>>(), "{words}");
    }
}

#[test]
fn how_far_it_is_comes_while_it_goes_and_not_with_each_chunk() {
    let (scene, image) = Scene::with_large_layer(600 << 10);
    scene.rule("GET", &image.layers[0].digest, Act::Rate(150 << 10));
    let objects = objects(json_of(&scene, "pull @/team/app:1"), 0);
    let progress = named(&objects, "progress");
    assert!((1..30).contains(&progress.len()), "{progress:?}");
    let at: Vec<u64> = progress.iter().map(|object| object["at"].as_u64().unwrap()).collect();
    assert!(at.is_sorted_by(|a, b| a < b), "{at:?}");
    assert!(
        progress.iter().all(|object| object["size"] == image.layers[0].size),
        "{progress:?}"
    );
    let under_way = named(&objects, "total");
    let timed = under_way
        .iter()
        .any(|total| total["rate"].is_u64() && total["leftMs"].is_u64());
    assert!(timed && under_way.len() < 31, "{under_way:?}");
}

#[test]
fn a_push_tells_what_is_mounted_there_already_and_moved() {
    let (scene, mounted) = (Scene::new(), Image::tiny(1));
    let name = scene.registry.name("app:1");
    scene.registry.put_image("base", "1", &mounted);
    hold(&scene.lugger, &scene.registry.name("base:1"), &mounted);
    scene.call("tag @/base:1 @/app:1").ok();
    let told = objects(json_of(&scene, "push @/app:1"), 0);
    assert_planned(&told, "push", &mounted);
    for blob in mounted.blobs() {
        let from = scene.registry.name("base");
        let done = json!({"event": "done", "size": blob.size, "how": "mounted", "from": from});
        assert_eq!(about(&told, blob), [done]);
    }
    let grown = Image::with_layers(&[noise(5, 50_000), noise(6, 10)]);
    hold(&scene.lugger, &name, &grown);
    scene.registry.put_blob("app", &grown.layers[1]);
    let told = objects(json_of(&scene, "push @/app:1"), 0);
    let how = |blob: &Blob| about(&told, blob).pop().unwrap()["how"].clone();
    assert_eq!([how(&grown.layers[0]), how(&grown.layers[1])], ["moved", "exists"]);
    let sealed = named(&told, "sealed");
    assert_eq!(sealed.last().unwrap()["digest"], grown.digest());
}

#[test]
fn a_failure_is_the_last_object_with_its_exit_code_causes_and_hint() {
    let scene = Scene::of(&Image::tiny(1));
    let missing = objects(json_of(&scene, "pull @/team/app:none"), 3).pop().unwrap();
    let name = scene.registry.name("team/app:none");
    assert_eq!(missing["message"], format!("cannot pull `{name}`"));
    assert!(missing["causes"][0].as_str().unwrap().contains("404"), "{missing}");
    assert!(missing["hint"].as_str().unwrap().contains("list-tags"), "{missing}");
    let usage = objects(json_of(&scene, "pull --no-such-flag @/team/app:1"), 2).pop().unwrap();
    assert!(usage["message"].as_str().unwrap().contains("--no-such-flag"), "{usage}");
    let wrong = objects(scene.call("push --progress=json --from store:x @/a @/b"), 2)
        .pop()
        .unwrap();
    assert!(wrong["message"].as_str().unwrap().contains("--from"), "{wrong}");
    let image = Image::tiny(2);
    scene.registry.put_image("team/app", "bad", &image);
    scene.rule("GET", &image.layers[0].digest, Act::CorruptByte(1));
    objects(json_of(&scene, "pull @/team/app:bad"), 7);
}

#[test]
fn what_a_registry_says_steers_nothing_and_what_is_secret_is_not_told() {
    let scene = Scene::with(Registry::start().with_basic("ann", "pw-canary", r#"Basic realm="here""#));
    let hostile = Response::error(403, "DENIED", "no \\u001b[2J \\u202e way").header("warning", "299 - \"old\u{9b}\"");
    scene.rule("GET", "/v2/evil/", Act::custom(move |_| hostile.clone()));
    let login = json_of(&scene, &format!("login -u ann -p pw-canary {}", scene.registry.host()));
    let told = objects(login, 0);
    assert_eq!(named(&told, "warning").len(), 2, "{told:?}");
    assert!(named(&told, "note").is_empty(), "{told:?}");
    let refused = objects(json_of(&scene, "pull @/evil/app:1"), 4).pop().unwrap();
    let text = refused.to_string();
    assert!(text.contains("DENIED") && !text.contains("\\u"), "{text}");
    let wrong = json_of(&scene, &format!("login -u ann -p other-canary {}", scene.registry.host()));
    objects(wrong, 4);
}

#[test]
fn a_wait_that_a_registry_asks_for_is_told() {
    let scene = Scene::of(&Image::tiny(1));
    let busy = Response::error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "1");
    scene.registry.rule(
        Rule::on("GET", "/manifests/")
            .times(1)
            .then(Act::custom(move |_| busy.clone())),
    );
    let told = objects(json_of(&scene, "pull @/team/app:1"), 0);
    let waits = named(&told, "wait");
    assert_eq!(waits.len(), 1, "{told:?}");
    assert_eq!(
        (&waits[0]["registry"], &waits[0]["waitMs"]),
        (&json!(scene.registry.host()), &json!(1000))
    );
    assert_eq!(waits[0]["reason"], "429 TOOMANYREQUESTS: slow down");
}

/// All blobs are asked for before any is refused, so that all of them wait for the same.
#[test]
fn a_wait_of_many_blobs_is_told_once() {
    let layers: Vec<Vec<u8>> = (0..4).map(|seed| noise(seed, 1000)).collect();
    for mode in ["json", "lines"] {
        let scene = Scene::of(&Image::with_layers(&layers));
        let (busy, gate) = (
            Response::error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "2"),
            Gate::default(),
        );
        let busy = Act::custom(move |_| busy.clone());
        let refusal = Rule::on("GET", "/blobs/").times(5).then(busy).then(gate.act());
        scene.registry.rule(refusal);
        let run = scene.call(&format!("--progress {mode} pull --jobs 5 @/team/app:1")).start();
        let asked = || scene.registry.count("GET", "/blobs/");
        assert!(reached(Duration::from_mins(1), || asked() == 5), "{} blobs", asked());
        gate.open();
        let run = run.wait();
        assert_eq!((run.status, asked()), (0, 10), "{}", run.stderr);
        assert_eq!(run.stderr.matches("slow down").count(), 1, "{mode}: {}", run.stderr);
        assert!(!run.stderr.contains("/v2/"), "{mode}: {}", run.stderr);
        scene.assert_sound();
    }
}

#[test]
fn an_upload_that_is_put_off_is_told_as_long_as_it_waits() {
    let (scene, image) = (Scene::new(), Image::tiny(1));
    hold(&scene.lugger, &scene.registry.name("app:1"), &image);
    let busy = Response::error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "2");
    let busy = Act::custom(move |_| busy.clone());
    scene.rule_once("PUT", "/blobs/uploads/", busy);
    let told = objects(json_of(&scene, "push --jobs 1 @/app:1"), 0);
    let waits = named(&told, "wait");
    assert_eq!(waits.len(), 1, "{told:?}");
    assert_eq!(waits[0]["waitMs"], 2000);
    let interrupted = named(&told, "interrupted");
    assert_eq!(interrupted.len(), 1, "{told:?}");
    // Longer than a first retry ever waits by itself.
    let wait = interrupted[0]["waitMs"].as_u64().unwrap();
    assert!((501..=2000).contains(&wait), "{told:?}");
}

#[test]
fn whoever_wants_it_quiet_gets_the_first_and_the_last_object_and_warnings() {
    let image = Recipe::default().platform("linux/arm64").layer(b"arm").build();
    let scene = Scene::of(&image);
    let call = json_of(&scene, "pull -q --platform linux/amd64 @/team/app:1");
    let told = objects(call, 0);
    let events: Vec<&str> = told.iter().map(|object| object["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["begin", "warning", "end"], "{told:?}");
    assert!(
        told[1]["message"]
            .as_str()
            .unwrap()
            .starts_with("the image is for linux/arm64"),
        "{told:?}"
    );
}

#[test]
fn an_interruption_is_the_last_object() {
    let (scene, image) = Scene::with_large_layer(1 << 20);
    scene.rule("GET", &image.layers[0].digest, Act::StallAfter(1000));
    let run = json_of(&scene, "pull @/team/app:1").start();
    let asked = || scene.registry.count("GET", &image.layers[0].digest) > 0;
    assert!(reached(Duration::from_mins(1), asked));
    run.interrupt();
    let run = run.wait();
    assert_eq!(run.status, 130);
    let last = parsed(&run).pop().unwrap();
    assert_eq!((&last["event"], &last["exit"]), (&json!("error"), &json!(130)), "{last}");
}
