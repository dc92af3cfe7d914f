//! Pushing blobs in all the ways there are, and what is refused on the way.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;

use super::Serving;
use crate::support::image::{sha256, sha512};
use crate::support::tar::noise;
use crate::support::wire::Answer;

fn begin(serving: &Serving) -> String {
    location(&serving.expect(202, "POST", "/v2/app/blobs/uploads/", &[], &[]))
}

fn location(answer: &Answer) -> String {
    answer.header("Location").unwrap().to_string()
}

fn is_stored(serving: &Serving, digest: &str, bytes: &[u8]) {
    let answer = serving.expect(200, "GET", &format!("/v2/app/blobs/{digest}"), &[], &[]);
    assert!(answer.body == bytes);
}

/// How many files wait in `partial`.
fn waiting(serving: &Serving) -> usize {
    std::fs::read_dir(serving.lugger.store().join("partial")).map_or(0, Iterator::count)
}

#[test]
fn a_blob_is_pushed_at_once_or_with_a_session_by_any_algorithm() {
    let serving = Serving::start();
    serving.push_blob("app", b"at once");
    is_stored(&serving, &sha256(b"at once"), b"at once");
    for (bytes, digest) in [(b"by sha256", sha256(b"by sha256")), (b"by sha512", sha512(b"by sha512"))] {
        let target = format!("{}?digest={}", begin(&serving), digest.replace(':', "%3A"));
        let answer = serving.expect(201, "PUT", &target, &[], bytes);
        assert_eq!(location(&answer), format!("/v2/app/blobs/{digest}"));
        is_stored(&serving, &digest, bytes);
    }
    assert_eq!(waiting(&serving), 0);
}

#[test]
fn chunks_go_on_where_the_session_stands_and_nowhere_else() {
    let serving = Serving::start();
    let upload = begin(&serving);
    let chunk = |status, range: &str, bytes: &[u8]| {
        serving.expect(
            status,
            "PATCH",
            &upload,
            &[("Content-Range", range), ("Content-Type", "application/octet-stream")],
            bytes,
        )
    };
    assert_eq!(chunk(202, "0-3", b"0123").header("Range"), Some("0-3"));
    for out_of_order in ["0-3", "5-8", "3-6"] {
        let refused = chunk(416, out_of_order, b"abcd");
        assert_eq!((refused.header("Range"), location(&refused)), (Some("0-3"), upload.clone()));
    }
    serving.refused((400, "SIZE_INVALID"), "PATCH", &upload, &[("Content-Range", "4-9")], b"four");
    serving.refused(
        (400, "BLOB_UPLOAD_INVALID"),
        "PATCH",
        &upload,
        &[("Content-Range", "four")],
        b"four",
    );
    let status = serving.expect(204, "GET", &upload, &[], &[]);
    assert_eq!((status.header("Range"), location(&status)), (Some("0-3"), upload.clone()));
    chunk(202, "4-7", b"4567");
    // Without a range the bytes are the next ones.
    serving.expect(202, "PATCH", &upload, &[], b"89");
    let digest = sha256(b"0123456789ab");
    serving.expect(
        201,
        "PUT",
        &format!("{upload}?digest={digest}"),
        &[("Content-Range", "10-11")],
        b"ab",
    );
    is_stored(&serving, &digest, b"0123456789ab");
    serving.refused((404, "BLOB_UPLOAD_UNKNOWN"), "GET", &upload, &[], &[]);
}

#[test]
fn bytes_of_another_digest_are_refused_and_leave_nothing() {
    let serving = Serving::start();
    let wrong = sha256(b"something else");
    serving.refused(
        (400, "DIGEST_INVALID"),
        "POST",
        &format!("/v2/app/blobs/uploads/?digest={wrong}"),
        &[],
        b"bytes",
    );
    serving.refused(
        (400, "DIGEST_INVALID"),
        "POST",
        "/v2/app/blobs/uploads/?digest=sha256:12",
        &[],
        b"bytes",
    );
    let upload = begin(&serving);
    serving.refused((400, "DIGEST_INVALID"), "PUT", &upload, &[], b"bytes");
    serving.refused(
        (400, "DIGEST_INVALID"),
        "PUT",
        &format!("{upload}?digest={wrong}"),
        &[],
        b"bytes",
    );
    serving.refused(
        (404, "BLOB_UPLOAD_UNKNOWN"),
        "PUT",
        &format!("{upload}?digest={wrong}"),
        &[],
        b"bytes",
    );
    for digest in [wrong, sha256(b"bytes")] {
        assert!(!serving.blob_path(&digest).exists());
    }
    assert_eq!(waiting(&serving), 0);
}

#[test]
fn a_session_is_its_repositorys_and_can_be_given_up() {
    let serving = Serving::start();
    let upload = begin(&serving);
    let elsewhere = upload.replace("/app/", "/other/");
    for method in ["GET", "PATCH", "DELETE"] {
        serving.refused((404, "BLOB_UPLOAD_UNKNOWN"), method, &elsewhere, &[], &[]);
    }
    assert_eq!(waiting(&serving), 1);
    serving.expect(204, "DELETE", &upload, &[], &[]);
    serving.refused((404, "BLOB_UPLOAD_UNKNOWN"), "DELETE", &upload, &[], &[]);
    assert_eq!(waiting(&serving), 0);
}

#[test]
fn what_the_store_has_is_mounted_and_what_it_has_not_is_uploaded() {
    let serving = Serving::start();
    let digest = serving.push_blob("a", b"shared");
    let answer = serving.expect(
        201,
        "POST",
        &format!("/v2/app/blobs/uploads/?mount={digest}&from=a"),
        &[],
        &[],
    );
    assert_eq!(location(&answer), format!("/v2/app/blobs/{digest}"));
    let unknown = sha256(b"unknown");
    let answer = serving.expect(
        202,
        "POST",
        &format!("/v2/app/blobs/uploads/?mount={unknown}&from=a"),
        &[],
        &[],
    );
    serving.expect(
        201,
        "PUT",
        &format!("{}?digest={unknown}", location(&answer)),
        &[],
        b"unknown",
    );
}

#[test]
fn sessions_are_limited_in_number() {
    let serving = Serving::start();
    for _ in 0..256 {
        begin(&serving);
    }
    serving.refused((429, "TOOMANYREQUESTS"), "POST", "/v2/app/blobs/uploads/", &[], &[]);
    assert_eq!(waiting(&serving), 256);
    serving.push_blob("app", b"at once all the same");
}

#[test]
fn a_chunk_that_breaks_off_is_kept_as_far_as_it_came() {
    let mut serving = Serving::start();
    let upload = begin(&serving);
    let mut stream = TcpStream::connect(serving.address()).unwrap();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: {}\r\nContent-Length: 10\r\n\r\n01234",
        serving.address()
    );
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    let address = serving.address().to_string();
    let stands = || crate::support::wire::get(&address, &upload, &[]);
    serving.running().wait_until("the session stands at the fifth byte", || {
        stands().header("Range") == Some("0-4")
    });
    let digest = sha256(b"0123456789");
    serving.expect(201, "PUT", &format!("{upload}?digest={digest}"), &[], b"56789");
    is_stored(&serving, &digest, b"0123456789");
}

#[test]
fn one_blob_pushed_by_many_at_once_is_there_once_and_whole() {
    let serving = Serving::start();
    let bytes = noise(3, 3 << 20);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| serving.push_blob("app", &bytes));
        }
    });
    is_stored(&serving, &sha256(&bytes), &bytes);
    serving.store().assert_sound();
    assert_eq!(waiting(&serving), 0);
}
