//! Uploads to the fake registry, whole, in pieces and broken off.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::image::sha256;
use crate::support::peers::process::reached;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::tar::noise;
use crate::support::wire::{get, send};

const OCTETS: (&str, &str) = ("Content-Type", "application/octet-stream");

#[test]
fn an_upload_gives_its_state_back_and_content_is_checked() {
    let registry = Registry::start();
    let host = registry.host();
    let location = |repository: &str| open(&registry, repository);
    let digest = sha256(b"content");
    let right = send(
        "PUT",
        &host,
        &format!("{}&digest={digest}", location("app")),
        &[OCTETS],
        b"content",
    );
    assert_eq!(
        (right.status, registry.blob(&digest).unwrap().as_slice()),
        (201, &b"content"[..])
    );
    let changed = location("app").replace("%2F", "/");
    assert_eq!(
        send("PUT", &host, &format!("{changed}&digest={digest}"), &[OCTETS], b"content").status,
        400
    );
    let wrong = format!("{}&digest={}", location("app"), sha256(b"other"));
    assert_eq!(send("PUT", &host, &wrong, &[OCTETS], b"content").status, 400);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(
        send(
            "PUT",
            &host,
            &format!("{}&digest={digest}", location("app")),
            &form,
            b"content"
        )
        .status,
        400
    );
    let mount = |from: &str| {
        send(
            "POST",
            &host,
            &format!("/v2/b/blobs/uploads/?mount={digest}&from={from}"),
            &[],
            &[],
        )
    };
    assert_eq!((mount("app").status, mount("none").status), (201, 202));
}

#[test]
fn an_upload_in_pieces_arrives_whole() {
    let registry = Registry::start().with_habits(|habits| habits.location = "{path}?x=1&_state={state}&y=%7E".into());
    let host = registry.host();
    let first = send(
        "PATCH",
        &host,
        &open(&registry, "app"),
        &[OCTETS, ("Content-Range", "0-2")],
        b"con",
    );
    assert_eq!((first.status, first.header("range")), (202, Some("0-2")));
    let place = first.header("location").unwrap().to_string();
    let gap = send("PATCH", &host, &place, &[OCTETS, ("Content-Range", "5-6")], b"nt");
    assert_eq!(gap.status, 416);
    let digest = sha256(b"content");
    let last = send("PUT", &host, &format!("{place}&digest={digest}"), &[OCTETS], b"tent");
    assert_eq!((last.status, registry.blob(&digest).unwrap().len()), (201, 7));
}

#[test]
fn a_broken_upload_goes_on_only_where_the_registry_can() {
    for resumable in [false, true] {
        let registry = Registry::start().with_habits(|habits| habits.resumable_uploads = resumable);
        registry.rule(Rule::on("PUT", "/uploads/").times(1).then(Act::CloseBeforeBody(50_000)));
        let (bytes, host) = (noise(3, 90_000), registry.host());
        let (digest, place) = (sha256(&bytes), open(&registry, "app"));
        let target = format!("{place}&digest={digest}");
        assert_eq!(send("PUT", &host, &target, &[OCTETS], &bytes).status, 0);
        let again = send("PUT", &host, &target, &[OCTETS], &bytes).status;
        let status = get(&host, &place, &[]);
        if resumable {
            assert_eq!((again, status.status, status.header("range")), (416, 204, Some("0-49999")));
            let place = status.header("location").unwrap().split_once("/v2/").unwrap().1;
            let rest = send(
                "PUT",
                &host,
                &format!("/v2/{place}&digest={digest}"),
                &[OCTETS],
                &bytes[50_000..],
            );
            assert_eq!((rest.status, registry.blob(&digest).unwrap()), (201, bytes));
        } else {
            assert_eq!((again, status.status), (404, 404));
        }
    }
}

#[test]
fn an_answer_is_lost_after_the_work_and_refused_before_it() {
    let registry = Registry::start().with_habits(|habits| habits.single_post = true);
    let digest = sha256(b"content");
    let target = format!("/v2/app/blobs/uploads/?digest={digest}");
    registry.rule(Rule::on("POST", "/uploads/").times(1).then(Act::Refuse {
        after: 3,
        code: 413,
        headers: vec![],
        body: b"big".to_vec(),
    }));
    registry.rule(Rule::on("POST", "/uploads/").times(1).then(Act::LoseAnswer));
    let refused = send("POST", &registry.host(), &target, &[OCTETS], b"content");
    assert_eq!(
        (refused.status, refused.text().as_str(), registry.blob(&digest)),
        (413, "big", None)
    );
    assert_eq!(send("POST", &registry.host(), &target, &[OCTETS], b"content").status, 0);
    assert_eq!(registry.blob(&digest).unwrap(), b"content");
    let bodies: Vec<u64> = registry.requests().iter().map(|request| request.body_len).collect();
    assert_eq!(bodies, [3, 7]);
}

#[test]
fn what_came_before_the_client_hung_up_is_kept() {
    let registry = Registry::start().with_habits(|habits| habits.resumable_uploads = true);
    let place = open(&registry, "app");
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    let head = "HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n";
    write!(stream, "PUT {place}&digest={} {head}", sha256(b"x")).unwrap();
    stream.write_all(&noise(4, 30_000)).unwrap();
    drop(stream);
    let seen = || registry.log().select("PUT", "").iter().any(|request| request.status != 0);
    assert!(reached(Duration::from_secs(5), seen));
    assert_eq!(get(&registry.host(), &place, &[]).header("range"), Some("0-29999"));
}

/// Opens an upload session and answers its Location as path and query.
fn open(registry: &Registry, repository: &str) -> String {
    let target = format!("/v2/{repository}/blobs/uploads/");
    let answer = send("POST", &registry.host(), &target, &[], &[]);
    let location = answer.header("location").unwrap();
    format!("/v2/{}", location.split_once("/v2/").unwrap().1)
}
