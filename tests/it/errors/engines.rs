//! Docker Engine: when it has what the store has not, when it has not what is asked of it, and when it is something else.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use super::keep;
use crate::support::command::Lugger;
use crate::support::engine::{Exchange, FakeEngine};
use crate::support::image::Image;
use crate::support::messages::Messages;
use crate::support::registry::Registry;

type Answer = fn(&mut Exchange) -> io::Result<()>;

fn has_nothing(exchange: &mut Exchange) -> io::Result<()> {
    exchange.answer("404 Not Found", r#"{"message":"No such image: app:1"}"#)
}

#[test]
fn an_image_that_the_engine_has_and_the_store_has_not_is_told() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    let engine = FakeEngine::start(|exchange| exchange.usual(b""));
    let name = registry.name("app:1");
    for words in [&["push", "-q", &name][..], &["save", &name, "-o", "a.tar"]] {
        let run = lugger.args(words).env("DOCKER_HOST", engine.address()).fails(3);
        messages.keep(words[0], &lugger, &run);
    }
}

#[test]
fn an_engine_that_is_none_or_lacks_the_image_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    keep(&lugger, "app:1", &Image::tiny(1));
    let loses: Answer = |exchange| {
        if exchange.asks("/load") {
            return exchange.usual(b"");
        }
        has_nothing(exchange)
    };
    let greets: Answer = |exchange| {
        exchange.body();
        exchange.answer("200 OK", "hello\n")
    };
    let babbles: Answer = |exchange| {
        exchange.body();
        exchange.answer("200 OK", "{\"stream\":\"on and on\"}\n".repeat(20_000))
    };
    let fails: Answer = |exchange| exchange.answer("500 Internal Server Error", vec![b'x'; 300 << 10]);
    let fetch = ["copy", "-q", "docker-daemon:app:1", "store:new:1"];
    let give = ["copy", "-q", "store:app:1", "docker-daemon:app:1"];
    let scenes: [(&str, Answer, [&str; 4]); 5] = [
        ("nothing there", has_nothing, fetch),
        ("taken and lost", loses, give),
        ("a greeting", greets, give),
        ("babble", babbles, give),
        ("a long failure", fails, fetch),
    ];
    for (scene, answer, words) in scenes {
        let engine = FakeEngine::start(answer);
        let run = lugger.args(words).env("DOCKER_HOST", engine.address()).run();
        messages.keep(scene, &lugger, &run);
    }
    let run = lugger.args(fetch).env("DOCKER_HOST", "https://127.0.0.1:1").run();
    messages.keep("behind TLS", &lugger, &run);
}

#[test]
fn an_engine_of_others_is_told_with_how_to_be_let_in() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    fs::set_permissions(lugger.home(), fs::Permissions::from_mode(0o755)).unwrap();
    let engine = FakeEngine::start(|exchange| exchange.usual(b""));
    let call = lugger
        .args(["inspect", "docker-daemon:app:1"])
        .env("DOCKER_HOST", engine.address());
    let mut run = call.under("setpriv", ["--reuid=54321", "--clear-groups"]).fails(4);
    run.stderr = run.stderr.replace(engine.address(), "unix://SOCKET");
    messages.keep("forbidden", &lugger, &run);
}
