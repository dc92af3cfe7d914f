//! Clients that mean no good: names that lead elsewhere, heads and bodies without an end, connections that say nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::Serving;
use crate::support::image::Image;

/// What comes back for bytes as they are, until the other end closes.
fn exchange(serving: &Serving, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(serving.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // Who refuses early reads no more.
    stream.write_all(bytes).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn names_that_lead_elsewhere_name_nothing() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    serving.push("app", "1", &image);
    let digest = image.digest();
    let hex = digest.strip_prefix("sha256:").unwrap();
    for path in [
        "/v2/../manifests/1".to_string(),
        "/v2/app/../app/manifests/1".to_string(),
        "/v2/%2e%2e/app/manifests/1".to_string(),
        "/v2/..%2fapp/manifests/1".to_string(),
        "/v2/app/manifests/..%2f1".to_string(),
        "/v2/app%00/manifests/1".to_string(),
        "/v2//app/manifests/1".to_string(),
        "/v2/App/manifests/1".to_string(),
        format!("/v2/app/blobs/sha256:..%2f{hex}"),
        format!("/v2/app/blobs/sha256:../sha256/{hex}"),
        format!("/v2/app/blobs/..:{hex}"),
        format!("/v2/app/blobs/{}", digest.to_uppercase()),
        "/v2/app/blobs/uploads/../../../index.json".to_string(),
        "/v2/app/blobs/uploads/..%2f..%2findex.json".to_string(),
        format!("/v2/{}/manifests/1", "a/".repeat(200)),
        "/../../etc/passwd".to_string(),
        "/v2/app/manifests/1?ns=../x".to_string(),
        "/v2/app/manifests/1?ns=evil/x".to_string(),
    ] {
        let answer = serving.get(&path);
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        assert!(answer.json()["errors"][0]["code"].is_string(), "{path}");
    }
    let typed = [("Content-Type", image.manifest.media_type.as_str())];
    for path in ["/v2/../x/manifests/1", "/v2/x%2f..%2fy/manifests/1", "/v2/X/manifests/1"] {
        serving.refused((400, "NAME_INVALID"), "PUT", path, &typed, &image.manifest.bytes);
    }
    serving.refused((400, "NAME_INVALID"), "POST", "/v2/../x/blobs/uploads/", &[], &[]);
    assert_eq!(serving.names(), ["@/app:1"]);
    serving.store().assert_sound();
}

#[test]
fn a_head_or_a_manifest_without_an_end_is_cut_short_and_others_are_served_meanwhile() {
    let serving = Serving::start();
    let line = format!("X-Filler: {}\r\n", "x".repeat(1000));
    for head in [
        format!("GET /v2/ HTTP/1.1\r\n{}", line.repeat(2000)),
        format!("GET /v2/{} HTTP/1.1\r\n", "a".repeat(2_000_000)),
        format!(
            "GET /v2/ HTTP/1.1\r\nHost: {}\r\n{}\r\n",
            serving.address(),
            "A: b\r\n".repeat(1000)
        ),
        "\u{16}\u{3}\u{1}".repeat(1000),
    ] {
        let answer = exchange(&serving, head.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert_eq!(serving.get("/v2/").status, 200);
    }
    let start = format!(
        "PUT /v2/app/manifests/1 HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        serving.address()
    );
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(1 << 16));
    let answer = exchange(&serving, format!("{start}{}", chunk.repeat(200)).as_bytes());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    let lying = format!(
        "PUT /v2/app/manifests/1 HTTP/1.1\r\nHost: {}\r\nContent-Length: 99999999999999\r\n\r\n",
        serving.address()
    );
    assert!(exchange(&serving, lying.as_bytes()).starts_with("HTTP/1.1 413"));
    assert_eq!(serving.get("/v2/").status, 200);
}

#[test]
fn silent_connections_keep_nobody_out_and_are_ended() {
    let serving = Serving::start();
    let silent: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(serving.address()).unwrap()).collect();
    let mut half = TcpStream::connect(serving.address()).unwrap();
    half.write_all(b"GET /v2/ HTTP/1.1\r\nHost: ").unwrap();
    serving.push("app", "1", &Image::tiny(1));
    assert_eq!(serving.tags("app"), ["1"]);
    // Whoever says nothing is ended by the server, and the reads come to an end.
    for mut stream in silent.into_iter().take(3).chain([half]) {
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
}

#[test]
fn a_body_of_any_length_takes_little_memory() {
    let mut serving = Serving::start();
    let length: usize = 256 << 20;
    let mut stream = TcpStream::connect(serving.address()).unwrap();
    let host = serving.address().to_string();
    let upload = serving.expect(202, "POST", "/v2/app/blobs/uploads/", &[], &[]);
    let upload = upload.header("Location").unwrap().to_string();
    write!(
        stream,
        "PATCH {upload} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    let piece = vec![7; 1 << 20];
    for _ in 0..length / piece.len() {
        stream.write_all(&piece).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let run = serving.stop();
    let peak = run.peak_rss_kib.unwrap();
    assert!(peak < 96 << 10, "{peak} KiB");
    assert_eq!(
        std::fs::read_dir(serving.lugger.store().join("partial")).map_or(0, Iterator::count),
        0
    );
}

#[test]
fn only_so_many_large_manifests_are_taken_at_once_and_small_ones_all_the_same() {
    let serving = Serving::start();
    let begin = || {
        let mut stream = TcpStream::connect(serving.address()).unwrap();
        let host = serving.address();
        let length = 4 << 20;
        let head = format!("PUT /v2/app/manifests/1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n");
        write!(stream, "{head}Expect: 100-continue\r\n\r\n").unwrap();
        stream
    };
    // Whoever has room for its body is told to send it.
    let is_told = |stream: &mut TcpStream, patience: Duration| {
        stream.set_read_timeout(Some(patience)).unwrap();
        let mut answer = [0; 12];
        let read = stream.read_exact(&mut answer);
        read.is_ok_and(|()| answer == *b"HTTP/1.1 100")
    };
    let mut taken: Vec<TcpStream> = (0..16).map(|_| begin()).collect();
    assert!(taken.iter_mut().all(|stream| is_told(stream, Duration::from_mins(1))));
    let mut next = begin();
    assert!(!is_told(&mut next, Duration::from_millis(500)));
    serving.push("app", "2", &Image::tiny(2));
    assert!(serving.manifest("app", "2").is_some());
    taken.pop();
    assert!(is_told(&mut next, Duration::from_mins(1)));
}
