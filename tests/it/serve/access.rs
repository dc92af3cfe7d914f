//! The access log: what it says of requests, and what it never says.

use super::Serving;
use super::guarded::{PASSWORD, users};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::wire::{basic, get};

/// A line without its time, port and duration, which are checked here.
fn told(line: &str) -> String {
    let [time, peer, rest @ .., took] = &line.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{line}");
    };
    let time: jiff::Timestamp = time.parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(time);
    assert!(age.as_secs().abs() < 600, "{line}");
    let (address, port) = peer.rsplit_once(':').unwrap();
    assert!(address == "127.0.0.1" && port.parse::<u16>().is_ok(), "{line}");
    assert!(took.strip_suffix("ms").unwrap().parse::<u64>().is_ok(), "{line}");
    rest.join(" ")
}

fn lines(serving: &mut Serving) -> Vec<String> {
    serving.stop().stderr.lines().map(told).collect()
}

#[test]
fn every_request_is_a_line_of_who_asked_what_and_what_came_of_it() {
    let mut serving = Serving::with(&["--access-log"]);
    let image = Image::tiny(1);
    serving.push("app", "1", &image);
    serving.get("/v2/app/manifests/1?ns=quay.io&canary-query=1");
    serving.expect(200, "HEAD", "/v2/app/manifests/1", &[], &[]);
    serving.get("/v2/app/manifests/2");
    let blob = image.blobs().next().unwrap();
    let path = format!("/v2/app/blobs/{}", blob.digest);
    serving.expect(206, "GET", &path, &[("Range", "bytes=1-3")], &[]);
    let refused = serving.get("/elsewhere").body.len();
    let missing = serving.get("/v2/app/manifests/2").body.len();
    let lines = lines(&mut serving);
    let pushed = lines.len() - 7;
    assert!(
        lines[..pushed]
            .iter()
            .all(|line| line == "- POST /v2/app/blobs/uploads/ 201 0"),
        "{lines:?}"
    );
    assert_eq!(
        lines[pushed..],
        [
            "- PUT /v2/app/manifests/1 201 0".to_owned(),
            format!("- GET /v2/app/manifests/1 404 {missing}"),
            "- HEAD /v2/app/manifests/1 200 0".to_owned(),
            format!("- GET /v2/app/manifests/2 404 {missing}"),
            format!("- GET {path} 206 3"),
            format!("- GET /elsewhere 404 {refused}"),
            format!("- GET /v2/app/manifests/2 404 {missing}"),
        ]
    );
}

#[test]
fn a_user_who_was_let_in_is_named_and_no_password_ever_is() {
    let lugger = Lugger::new();
    let users = users(&lugger);
    let mut serving = Serving::of(lugger, &["--access-log", "--htpasswd", &users]);
    for (user, password) in [("anna", PASSWORD), ("canary-user", PASSWORD), ("anna", "canary-wrong")] {
        let login = basic(user, password);
        get(serving.address(), "/v2/?password=canary-query", &[("Authorization", &login)]);
    }
    let run = serving.stop();
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    let users: Vec<String> = run.stderr.lines().map(told).collect();
    assert_eq!(users[0], "anna GET /v2/ 200 2");
    assert!(users[1..].iter().all(|line| line.starts_with("- GET /v2/ 401 ")), "{users:?}");
    assert_eq!(users.len(), 3);
}

#[test]
fn without_being_asked_the_server_says_nothing_of_requests() {
    let mut serving = Serving::start();
    serving.get("/v2/");
    serving.get("/elsewhere");
    assert_eq!(serving.stop().stderr, "");
}
