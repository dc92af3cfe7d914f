//! Mirrors that are peers in a cluster, with the habits of [Spegel](https://spegel.dev) and [Dragonfly](https://d7y.io).

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{Pair, noise};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};

const LARGE: usize = 24 << 20;
/// How long a peer is taken by one request.
const LOAN: Duration = Duration::from_millis(150);

/// One large layer, which would be divided, and some small ones.
fn pair() -> Pair {
    let small = (1..12).map(|number| noise(20_000 + number));
    let layers: Vec<Vec<u8>> = [noise(LARGE)].into_iter().chain(small).collect();
    Pair::of(Registry::start(), Registry::start(), Image::with_layers(&layers))
}

/// `hosts.toml` as Spegel writes it.
const SPEGEL: &str = "capabilities = ['pull', 'resolve']\ndial_timeout = '200ms'";

/// Serves reads that say which registry is meant, and lends each peer to one request at a time: others get 404.
fn play_spegel(mirror: &Registry, upstream: String) {
    let taken = Mutex::new(None::<Instant>);
    let habit = move |request: &Request, response: &mut Response| {
        let names = request.parameters("ns");
        if request.method != "GET" && request.method != "HEAD" {
            *response = Response::error(405, "UNSUPPORTED", "only reads");
        } else if names != [upstream.clone()] {
            *response = Response::error(404, "NAME_UNKNOWN", "which registry?");
        } else if request.path.contains("/blobs/") {
            let mut taken = taken.lock().unwrap();
            if taken.is_some_and(|since| since.elapsed() < LOAN) {
                *response = Response::error(404, "BLOB_UNKNOWN", "no peer found");
            } else {
                *taken = Some(Instant::now());
            }
        }
    };
    mirror.rule(Rule::on("*", "").then(Act::edit(habit)));
}

/// Wants to be told the registry by a header, and fetches a blob anew for each range. `most` requests are answered in a
/// second, others get 429.
fn play_dragonfly(mirror: &Registry, upstream: String, most: usize) {
    let window = Mutex::new((Instant::now(), 0));
    let habit = move |request: &Request, response: &mut Response| {
        if request.header("x-dragonfly-registry") != Some(&upstream) {
            *response = Response::error(400, "UNKNOWN", "the registry is not named");
            return;
        }
        let mut window = window.lock().unwrap();
        if window.0.elapsed() > Duration::from_secs(1) {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        if window.1 > most {
            *response = Response::error(429, "TOOMANYREQUESTS", "slow down");
        }
    };
    mirror.rule(Rule::on("*", "").then(Act::edit(habit)));
}

/// Every blob is asked for once and whole, and what the peers did not give comes from the registry, once.
fn each_blob_is_asked_for_once(pair: &Pair) {
    for blob in pair.image.blobs() {
        let asked = pair.mirror.log().select("GET", &blob.digest);
        assert!(asked.len() <= 1, "{}", pair.mirror.log().lines());
        assert!(
            asked.iter().all(|request| request.header("range").is_none()),
            "{}",
            pair.mirror.log().lines()
        );
    }
    let sent: u64 = pair
        .upstream
        .log()
        .select("GET", "/blobs/")
        .iter()
        .map(|request| request.sent)
        .sum();
    let given: u64 = pair
        .mirror
        .log()
        .select("GET", "/blobs/")
        .iter()
        .map(|request| request.sent)
        .sum();
    let total: usize = pair.image.blobs().map(|blob| blob.bytes.len()).sum();
    // The error answers of the peers are no bytes of blobs.
    assert!(
        sent + given <= (total + total / 100 + 20_000) as u64,
        "{sent} and {given} for {total}"
    );
}

#[test]
fn spegel_lends_a_peer_to_one_request_and_the_registry_gives_the_rest() {
    let pair = pair();
    play_spegel(&pair.mirror, pair.upstream.host());
    let lugger = pair.home(SPEGEL);
    pair.pull(&lugger);
    each_blob_is_asked_for_once(&pair);
    let given = pair
        .mirror
        .log()
        .select("GET", "/blobs/")
        .iter()
        .filter(|request| request.sent > 1000)
        .count();
    assert!(given >= 1, "a peer gives something\n{}", pair.mirror.log().lines());
}

#[test]
fn dragonfly_is_told_the_registry_and_asked_for_whole_blobs() {
    for most in [1000, 3] {
        let pair = pair();
        play_dragonfly(&pair.mirror, pair.upstream.origin().to_owned(), most);
        let header = format!("header = {{ X-Dragonfly-Registry = \"{}\" }}", pair.upstream.origin());
        let lugger = pair.home(&format!("capabilities = ['pull', 'resolve']\n{header}"));
        pair.pull(&lugger);
        if most == 1000 {
            each_blob_is_asked_for_once(&pair);
            assert_eq!(pair.upstream.count("GET", "/blobs/"), 0, "{}", pair.upstream.log().lines());
        }
    }
}
