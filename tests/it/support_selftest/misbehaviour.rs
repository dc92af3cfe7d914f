//! The rules: what a fake server is told to do wrong is what it does, to the byte and to the turn.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::image::Blob;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::tar::noise;
use crate::support::wire::get;

#[test]
fn a_range_is_served_and_can_be_ignored() {
    let (registry, blob) = with_blob();
    let range = [("Range", "bytes=1000-1009")];
    let part = get(&registry.host(), &at(&blob), &range);
    assert_eq!(
        (part.status, part.header("content-range")),
        (206, Some("bytes 1000-1009/200000"))
    );
    assert_eq!(part.body, blob.bytes[1000..1010]);
    let open = get(&registry.host(), &at(&blob), &[("Range", "bytes=199990-")]);
    assert_eq!(open.body, blob.bytes[199_990..]);
    assert_eq!(get(&registry.host(), &at(&blob), &[("Range", "bytes=200000-")]).status, 416);
    registry.rule(Rule::on("GET", "/blobs/").then(Act::IgnoreRange));
    let whole = get(&registry.host(), &at(&blob), &range);
    assert_eq!((whole.status, whole.body.len()), (200, 200_000));
}

#[test]
fn a_rule_fires_as_often_as_it_was_told_and_the_first_one_wins() {
    let (registry, blob) = with_blob();
    registry.rule(
        Rule::on("GET", "/blobs/")
            .nth(2..=3)
            .then(Act::error(503, "UNAVAILABLE", "later")),
    );
    registry.rule(
        Rule::on("*", "/blobs/")
            .when(|request| request.header("x").is_some())
            .times(1)
            .then(Act::status(418)),
    );
    let statuses = |headers| -> Vec<u16> { (0..4).map(|_| get(&registry.host(), &at(&blob), headers).status).collect() };
    assert_eq!(statuses(&[]), [200, 503, 503, 200]);
    assert_eq!(statuses(&[("X", "1")]), [418, 200, 200, 200]);
    registry.clear_rules();
    assert_eq!(registry.count("GET", "/blobs/"), 8);
}

#[test]
fn an_answer_is_cut_at_the_very_byte_and_can_be_corrupted() {
    let (registry, blob) = with_blob();
    for keep in [0, 1, 70_000, 199_999] {
        registry.clear_rules();
        registry.rule(Rule::on("GET", "/blobs/").then(Act::CutAfter(keep)));
        let cut = get(&registry.host(), &at(&blob), &[]);
        assert_eq!((cut.status, cut.header("content-length")), (200, Some("200000")));
        assert_eq!(cut.body, blob.bytes[..keep]);
    }
    assert_eq!(registry.requests().last().unwrap().sent, 199_999);
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/blobs/").then(Act::CorruptByte(5)));
    let other = get(&registry.host(), &at(&blob), &[]).body;
    assert_eq!((other.len(), other[5]), (200_000, blob.bytes[5] ^ 1));
}

#[test]
fn answers_are_changed_replaced_redirected_and_slowed() {
    let (registry, blob) = with_blob();
    let host = registry.host();
    registry.rule(
        Rule::on("GET", "n=1")
            .then(Act::add_header("X-A", "b"))
            .then(Act::RemoveHeader("etag".into())),
    );
    registry.rule(
        Rule::on("GET", "n=2")
            .then(Act::ReplaceBody(b"short".to_vec()))
            .then(Act::Chunked),
    );
    registry.rule(Rule::on("GET", "n=3").then(Act::Redirect("/storage/{last}?sig=1".into(), 307)));
    registry.rule(Rule::on("GET", "n=4").then(Act::Delay(Duration::from_millis(200))));
    registry.rule(Rule::on("GET", "n=5").then(Act::Rate(400_000)));
    registry.rule(Rule::on("GET", "n=6").then(Act::custom(|request| Response::json(299, request.target()))));
    registry.rule(Rule::on("GET", "n=7").then(Act::edit(|_, response| response.status = 203)));
    let ask = |n: u8| get(&host, &format!("{}?n={n}", at(&blob)), &[]);
    let (first, second) = (ask(1), ask(2));
    assert_eq!((first.header("x-a"), first.header("etag")), (Some("b"), None));
    assert_eq!((second.text().as_str(), second.header("content-length")), ("short", None));
    let stored = format!("/storage/{}", blob.digest);
    assert_eq!(ask(3).header("location").unwrap(), format!("{stored}?sig=1"));
    assert_eq!(get(&host, &stored, &[]).body, blob.bytes);
    assert_eq!(get(&host, &stored, &[("Authorization", "Bearer x")]).status, 400);
    for (n, least) in [(4, 200), (5, 400)] {
        let start = Instant::now();
        assert_eq!(ask(n).body, blob.bytes);
        assert!(start.elapsed() >= Duration::from_millis(least));
    }
    assert!(ask(6).text().ends_with("?n=6"));
    assert_eq!(ask(7).status, 203);
}

#[test]
fn bodies_stall_or_never_end() {
    let (registry, blob) = with_blob();
    registry.rule(Rule::on("GET", "/blobs/").times(1).then(Act::StallAfter(1000)));
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Endless(b"{}".to_vec())));
    for (wanted, expected) in [(1000, None), (1_000_000, Some(1_000_000))] {
        let mut stream = TcpStream::connect(registry.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        write!(stream, "GET {} HTTP/1.1\r\nHost: x\r\n\r\n", at(&blob)).unwrap();
        let mut bytes = vec![0; wanted + 10_000];
        let full = stream.read_exact(&mut bytes);
        assert_eq!(full.is_ok(), expected.is_some(), "only an endless body fills the buffer");
    }
}

#[test]
fn the_log_knows_what_went_on_at_once() {
    let (registry, blob) = with_blob();
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Delay(Duration::from_millis(300))));
    std::thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(|| get(&registry.host(), &at(&blob), &[]))));
    });
    assert_eq!(registry.log().most_at_once("GET", "/blobs/"), 3);
}

#[test]
fn a_body_is_asked_for_only_if_it_is_wanted() {
    let registry = Registry::start();
    registry.rule(Rule::on("PUT", "refused").then(Act::Refuse {
        after: 0,
        code: 401,
        headers: vec![],
        body: vec![],
    }));
    for (repository, expected) in [("refused", "HTTP/1.1 401"), ("other", "HTTP/1.1 100")] {
        let mut stream = TcpStream::connect(registry.host()).unwrap();
        let target = format!("/v2/{repository}/manifests/1");
        let head = "Host: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
        write!(stream, "PUT {target} HTTP/1.1\r\n{head}").unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(String::from_utf8_lossy(&start), expected);
    }
}

fn with_blob() -> (Registry, Blob) {
    let registry = Registry::start();
    let blob = Blob::new("application/octet-stream", noise(7, 200_000));
    registry.put_blob("app", &blob);
    (registry, blob)
}

fn at(blob: &Blob) -> String {
    format!("/v2/app/blobs/{}", blob.digest)
}
