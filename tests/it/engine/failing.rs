//! Engines that fail, and what only pretends to be one: each is told in clean words, and nothing half done is left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::{archive, with};
use crate::peers_steps::hold;
use crate::support::engine::{Exchange, FakeEngine};
use crate::support::image::Image;
use crate::support::peers::process::reached;
use crate::support::scene::Scene;
use crate::support::server::Act;
use crate::support::tar::noise;

type Answer = fn(&mut Exchange) -> std::io::Result<()>;
/// Of an archive.
type Sending = fn(&mut Exchange, &[u8]) -> std::io::Result<()>;

fn endless_head(exchange: &mut Exchange) -> std::io::Result<()> {
    exchange.write("HTTP/1.1 200 OK\r\n")?;
    loop {
        exchange.write(format!("X-More: {}\r\n", "x".repeat(1000)))?;
    }
}

fn endless_body(exchange: &mut Exchange) -> std::io::Result<()> {
    exchange.write("HTTP/1.1 500 Server Error\r\nContent-Length: 99999999999\r\n\r\n")?;
    loop {
        exchange.write([b'x'; 4096])?;
    }
}

#[test]
fn whatever_answers_a_question_wrongly_is_told_in_one_line() {
    let rows: [(&str, Answer, i32, &str); 8] = [
        (
            "an error",
            |exchange| exchange.answer("500 Server Error", r#"{"message":"the disk\nis \u001b[31mfull"}"#),
            1,
            "Docker Engine answers 500: the disk is  [31mfull\n",
        ),
        (
            "a page",
            |exchange| exchange.answer("502 Bad Gateway", "<html><body>nginx</body></html>"),
            1,
            "Docker Engine answers 502\n",
        ),
        (
            "a redirect",
            |exchange| exchange.write("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            1,
            "Docker Engine answers 302\n",
        ),
        (
            "no HTTP",
            |exchange| exchange.write("SSH-2.0-OpenSSH\r\n"),
            5,
            "Docker Engine at unix://",
        ),
        ("nothing", |_| Ok(()), 5, "Docker Engine at unix://"),
        ("endless headers", endless_head, 5, "Docker Engine at unix://"),
        ("an endless error", endless_body, 1, "Docker Engine answers 500\n"),
        ("silence", Exchange::rest, 5, "no answer for 1 s\n"),
    ];
    for (what, answer, code, text) in rows {
        let engine = FakeEngine::start(answer);
        let lugger = with(&engine);
        let run = lugger
            .args("copy --stall-timeout 1 docker-daemon:app:1 oci:out".split(' '))
            .fails(code);
        assert!(run.stderr.contains(text), "{what}: {}", run.stderr);
        assert!(!lugger.home().join("out/index.json").exists(), "{what}");
        assert_eq!(engine.heads().len(), 1, "{what}: nothing is asked again");
    }
}

#[test]
fn an_archive_that_does_not_come_whole_is_not_taken() {
    let rows: [(&str, Sending, i32, &str); 5] = [
        (
            "a cut",
            |exchange, bytes| exchange.begin(&bytes[..bytes.len() / 2]),
            5,
            "the answer of Docker Engine broke off\n",
        ),
        (
            "silence",
            |exchange, bytes| {
                exchange.begin(&bytes[..bytes.len() / 2])?;
                exchange.rest()
            },
            5,
            "Docker Engine fell silent: nothing came for 1 s\n",
        ),
        (
            "a failure behind it",
            |exchange, bytes| {
                let failure = br#"{"errorDetail":{"message":"disk full"},"error":"disk full"}"#;
                exchange.begin(&[&bytes[..bytes.len() / 2], failure, b"\r\n"].concat())?;
                exchange.write("0\r\n\r\n")
            },
            1,
            "Docker Engine says: disk full\n",
        ),
        (
            "a page",
            |exchange, _| exchange.answer("200 OK", "<html>welcome</html>"),
            1,
            "the archive",
        ),
        (
            "an error",
            |exchange, _| exchange.answer("500 Server Error", r#"{"message":"no such layer"}"#),
            1,
            "Docker Engine answers 500: no such layer\n",
        ),
    ];
    let bytes = archive(&Image::with_layers(&[noise(1, 500_000)]));
    for (what, answer, code, text) in rows {
        let bytes = bytes.clone();
        let engine = FakeEngine::start(move |exchange| {
            if exchange.asks("/get") {
                return answer(exchange, &bytes);
            }
            exchange.usual(&bytes)
        });
        let lugger = with(&engine);
        let run = lugger
            .args("copy --stall-timeout 1 docker-daemon:app:1 oci:out".split(' '))
            .fails(code);
        assert!(run.stderr.contains(text), "{what}: {}", run.stderr);
        assert!(!lugger.home().join("out/index.json").exists(), "{what}");
    }
}

#[test]
fn an_engine_that_does_not_load_an_image_says_why() {
    let rows: [(&str, Answer, i32, &str); 8] = [
        (
            "refused at once",
            |exchange| exchange.answer("500 Server Error", r#"{"message":"read only"}"#),
            1,
            "Docker Engine answers 500: read only\n",
        ),
        (
            "refused in the end",
            |exchange| {
                exchange.body();
                exchange.answer("400 Bad Request", r#"{"message":"no"}"#)
            },
            1,
            "Docker Engine answers 400: no\n",
        ),
        (
            "an error in a success",
            |exchange| {
                exchange.body();
                let lines = "{\"stream\":\"Loading\"}\r\n{\"errorDetail\":{\"message\":\"no space left\"},\"error\":\"no space left\"}\r\n";
                exchange.answer("200 OK", lines)
            },
            1,
            "Docker Engine says: no space left\n",
        ),
        (
            "a page",
            |exchange| {
                exchange.body();
                exchange.answer("200 OK", "<html>welcome</html>")
            },
            1,
            "its protocol is no JSON\n",
        ),
        (
            "a cut",
            |exchange| {
                exchange.body();
                exchange.begin(b"{\"stream\":\"Loading\"}\r\n")
            },
            5,
            "the answer of Docker Engine broke off\n",
        ),
        (
            "nothing",
            |exchange| {
                exchange.body();
                Ok(())
            },
            5,
            "Docker Engine at unix://",
        ),
        ("gone in the middle", |_| Ok(()), 5, "Docker Engine at unix://"),
        ("silence", Exchange::rest, 5, "no answer for 1 s\n"),
    ];
    let (scene, _) = Scene::with_large_layer(6 << 20);
    for (what, answer, code, text) in rows {
        let engine = FakeEngine::start(answer);
        let words = "pull --stall-timeout 1 @/team/app:1 --to docker-daemon:app:1";
        let run = scene.call(words).env("DOCKER_HOST", engine.address()).fails(code);
        assert!(run.stderr.contains(text), "{what}: {}", run.stderr);
        assert_eq!(run.stdout.lines().count(), 0, "{what}: {}", run.stdout);
    }
}

#[test]
fn an_engine_that_took_an_image_and_has_none_is_not_believed() {
    let scene = Scene::of(&Image::tiny(1));
    let engine = FakeEngine::start(|exchange| {
        if exchange.asks("POST") {
            return exchange.usual(&[]);
        }
        exchange.answer("404 Not Found", r#"{"message":"No such image"}"#)
    });
    let words = "pull @/team/app:1 --to docker-daemon:app:1";
    let run = scene.call(words).env("DOCKER_HOST", engine.address()).fails(1);
    assert!(run.stderr.contains("took the image and has no `app:1` now"), "{}", run.stderr);
}

#[test]
fn an_image_that_proves_wrong_on_its_way_never_ends_for_the_engine() {
    let (scene, image) = Scene::with_large_layer(3 << 20);
    scene.rule("GET", &format!("/blobs/{}", image.layers[0].digest), Act::CorruptByte(5000));
    let ended = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&ended);
    let engine = FakeEngine::start(move |exchange| {
        let whole = exchange.body().is_some();
        *seen.lock().unwrap() = Some(whole);
        Ok(())
    });
    let words = "pull @/team/app:1 --to docker-daemon:app:1";
    scene.call(words).env("DOCKER_HOST", engine.address()).fails(7);
    let patience = std::time::Duration::from_secs(10);
    assert!(reached(patience, || ended.lock().unwrap().is_some()));
    assert_eq!(*ended.lock().unwrap(), Some(false), "it is cut, and not ended");
}

#[test]
fn an_interrupt_stops_a_load() {
    let begun = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&begun);
    let engine = FakeEngine::start(move |exchange| {
        seen.store(true, Ordering::SeqCst);
        exchange.rest()
    });
    let lugger = with(&engine);
    hold(&lugger, "app:1", &Image::with_layers(&[noise(1, 8 << 20)]));
    let mut running = lugger.args(["copy", "store:app:1", "docker-daemon:app:1"]).start();
    running.wait_until("it is being loaded", || begun.load(Ordering::SeqCst));
    running.interrupt();
    assert_eq!(running.wait().status, 130);
}
