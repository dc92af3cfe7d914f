//! What `lugger serve` answers whoever asks for what is not there or must not be, and what it says when it cannot begin.

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpStream;

use crate::serve::Serving;
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, sha256};
use crate::support::messages::Messages;

fn told(messages: &mut Messages, serving: &Serving, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) {
    let answer = serving.send(method, target, headers, body);
    let shown: String = target.chars().take(60).collect();
    let text = format!("{} {}", answer.status, answer.text());
    messages.keep_text(&format!("{method} {shown}"), &text);
}

#[test]
fn every_refusal_of_the_server_has_its_words() {
    let (serving, mut messages) = (Serving::start(), Messages::of_this_test());
    let image = Image::tiny(1);
    serving.push("app", "1", &image);
    let none = format!("sha256:{}", "0".repeat(64));
    let index = Index::of(&[(&Image::tiny(2), "linux/amd64")]);
    let typed = [("Content-Type", index.manifest.media_type.as_str())];
    let mut tell = |method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]| {
        told(&mut messages, &serving, method, target, headers, body);
    };
    tell("GET", "/elsewhere", &[], b"");
    tell("POST", "/v2/", &[], b"");
    tell("GET", "/v2/app/manifests/2", &[], b"");
    tell("GET", "/v2/none/manifests/1", &[], b"");
    tell("GET", "/v2/none/tags/list", &[], b"");
    tell("GET", "/v2/App/tags/list", &[], b"");
    tell("GET", "/v2/app/tags/list?n=many", &[], b"");
    tell("GET", "/v2/_catalog?n=-1", &[], b"");
    tell("GET", &format!("/v2/app/blobs/{none}"), &[], b"");
    tell("GET", "/v2/app/blobs/sha256:12", &[], b"");
    tell("PUT", "/v2/app/manifests/.bad", &typed, &index.manifest.bytes);
    tell("PUT", "/v2/app/manifests/2", &typed, &index.manifest.bytes);
    tell("PUT", "/v2/app/manifests/2", &typed, b"{");
    tell("PUT", &format!("/v2/app/manifests/{none}"), &typed, &image.manifest.bytes);
    tell("PUT", "/v2/app/manifests/2", &typed, &vec![b' '; (4 << 20) + 1]);
    tell("DELETE", &format!("/v2/app/blobs/{none}"), &[], b"");
    tell("DELETE", "/v2/app/manifests/2", &[], b"");
    tell("POST", "/v2/app/blobs/uploads/?digest=none", &[], b"x");
    tell("POST", &format!("/v2/app/blobs/uploads/?digest={none}"), &[], b"x");
    tell("PATCH", "/v2/app/blobs/uploads/nothing", &[], b"x");
    let session = serving.expect(202, "POST", "/v2/app/blobs/uploads/", &[], b"");
    let location = session.header("Location").unwrap().to_owned();
    let path = location.split_once("/v2/").map(|(_, path)| format!("/v2/{path}")).unwrap();
    let mut of_session = |scene: &str, method: &str, headers: &[(&str, &str)], query: &str| {
        let answer = serving.send(method, &format!("{path}{query}"), headers, b"0123");
        let text = format!("{} {}", answer.status, answer.text());
        messages.keep_text(scene, &text);
    };
    of_session("no digest", "PUT", &[], "");
    of_session("no range", "PATCH", &[("Content-Range", "some")], "");
    of_session("a range that begins later", "PATCH", &[("Content-Range", "5-8")], "");
    of_session("a range that is longer", "PATCH", &[("Content-Range", "0-8")], "");
    of_session("another digest", "PUT", &[], &format!("?digest={}", sha256(b"other")));
}

#[test]
fn a_server_that_takes_no_changes_or_not_from_everybody_says_so() {
    let mut messages = Messages::of_this_test();
    let serving = Serving::with(&["--read-only"]);
    told(&mut messages, &serving, "POST", "/v2/app/blobs/uploads/", &[], b"");
    let mut stream = TcpStream::connect(serving.address()).unwrap();
    stream
        .write_all(b"GET /v2/ HTTP/1.0\r\nHost: elsewhere.example\r\n\r\n")
        .unwrap();
    let answer = io::read_to_string(stream).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    messages.keep_text("GET /v2/ of elsewhere.example", body);
    let lugger = Lugger::new();
    let hash = "$2y$04$abcdefghijklmnopqrstuuJ6iS1o9dHqBmpDPTOS7cHyfWtvUzq1C";
    fs::write(lugger.home().join("users"), format!("alice:{hash}\n")).unwrap();
    let serving = Serving::of(lugger, &["--htpasswd", "users"]);
    told(&mut messages, &serving, "GET", "/v2/", &[], b"");
}

#[test]
fn a_server_that_cannot_begin_says_why() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let taken = Serving::start();
    let write = |name: &str, text: &str| fs::write(lugger.home().join(name), text).unwrap();
    write("none", "");
    write("odd", "alice:{SHA}x\n");
    write("text", "no certificate\n");
    let [certificate, _, _] = crate::support::server::certificate_pems();
    write("cert.pem", &certificate);
    let [_, key, _] = crate::support::server::certificate_pems();
    write("key.pem", &key);
    let runs: [&[&str]; 7] = [
        &["--addr", taken.address()],
        &["--htpasswd", "none"],
        &["--htpasswd", "odd"],
        &["--name", "app"],
        &["--cert", "text", "--key", "text"],
        &["--cert", "cert.pem", "--key", "text"],
        &["--cert", "cert.pem", "--key", "key.pem"],
    ];
    for (at, words) in runs.iter().enumerate() {
        let all = [
            &["serve"][..],
            *words,
            if at == 0 { &[][..] } else { &["--addr", "127.0.0.1:0"] },
        ]
        .concat();
        messages.keep(&format!("run {at}"), &lugger, &lugger.args(all).run());
    }
}
