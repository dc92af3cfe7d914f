//! A server that is killed at any moment of many pushes: what it serves afterwards is right, and the pushes go on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{Serving, strings};
use crate::support::command::Lugger;
use crate::support::image::{Image, sha256};
use crate::support::tar::noise;
use crate::support::wire;

/// How often it is killed.
const ROUNDS: u32 = 20;

#[test]
fn a_server_killed_during_pushes_serves_no_wrong_byte_and_takes_them_again() {
    let images: Vec<Image> = (0..4)
        .map(|at| Image::with_layers(&[noise(at, 300_000), noise(at + 50, 40_000)]))
        .collect();
    let host = "registry.test:5000";
    let mut serving = Serving::of(Lugger::new(), &["--name", host]);
    serving.push("before", "1", &Image::tiny(1));
    for round in 0..ROUNDS {
        let pushed = AtomicU32::new(0);
        let address = serving.address().to_string();
        thread::scope(|scope| {
            for (at, image) in images.iter().enumerate() {
                let (address, pushed) = (address.as_str(), &pushed);
                scope.spawn(move || push(address, &format!("app{at}"), image, pushed));
            }
            // Somewhere in the course of the pushes, each time somewhere else.
            while pushed.load(Ordering::Relaxed) < round % 13 {
                thread::sleep(Duration::from_micros(200));
            }
            thread::sleep(Duration::from_micros(u64::from(round) * 137 % 1500));
            serving.kill();
        });
        // What was being written in place of the index waits for the next one to be written.
        serving.store().allowing(&[".tmp-index.json"]).assert_sound();
        serving.start_again(&["--name", host]);
        everything_served_is_right(&serving);
    }
    for (at, image) in images.iter().enumerate() {
        let pushed = AtomicU32::new(0);
        push(serving.address(), &format!("app{at}"), image, &pushed);
        assert_eq!(pushed.into_inner(), 4);
    }
    everything_served_is_right(&serving);
    serving.store().assert_sound();
    serving.stop();
    serving.lugger.args(["check"]).ok();
}

/// Pushes as far as it goes, and counts what was taken.
fn push(address: &str, repository: &str, image: &Image, pushed: &AtomicU32) {
    let blobs = image.blobs().map(|blob| {
        let target = format!("/v2/{repository}/blobs/uploads/?digest={}", blob.digest);
        ("POST", target, "application/octet-stream".to_string(), &blob.bytes)
    });
    let manifest = &image.manifest;
    let named = (
        "PUT",
        format!("/v2/{repository}/manifests/1"),
        manifest.media_type.clone(),
        &manifest.bytes,
    );
    for (method, target, kind, bytes) in blobs.chain([named]) {
        // Whoever finds nobody has nothing more to push.
        let sent = std::panic::catch_unwind(|| wire::send(method, address, &target, &[("Content-Type", &kind)], bytes));
        if !sent.is_ok_and(|answer| answer.status == 201) {
            pushed.fetch_add(100, Ordering::Relaxed);
            return;
        }
        pushed.fetch_add(1, Ordering::Relaxed);
    }
}

fn everything_served_is_right(serving: &Serving) {
    for repository in strings(&serving.get("/v2/_catalog").json()["repositories"]) {
        for tag in serving.tags(&repository) {
            let manifest = serving.get(&format!("/v2/{repository}/manifests/{tag}"));
            assert_eq!(
                manifest.header("Docker-Content-Digest"),
                Some(sha256(&manifest.body).as_str())
            );
            let parsed = manifest.json();
            let blobs = parsed["layers"].as_array().unwrap().iter().chain([&parsed["config"]]);
            for blob in blobs {
                let digest = blob["digest"].as_str().unwrap();
                let got = serving.expect(200, "GET", &format!("/v2/{repository}/blobs/{digest}"), &[], &[]);
                assert_eq!(sha256(&got.body), digest);
            }
        }
    }
}
