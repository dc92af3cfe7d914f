//! What is told of an Engine that has, or is, not there.

use super::with;
use crate::support::command::Lugger;
use crate::support::engine::{Exchange, FakeEngine};

#[test]
fn a_name_that_only_the_engine_has_is_shown_with_the_way_in() {
    let engine = FakeEngine::start(|exchange| exchange.usual(&[]));
    let lugger = with(&engine);
    for (words, hint) in [
        ("push team/app:1", "`lugger push --from docker-daemon:team/app:1 team/app:1`"),
        ("save app -o a.tar", "`lugger copy docker-daemon:app:latest store:app:latest`"),
        ("tag app:1 app:2", "`lugger copy docker-daemon:app:1 store:app:1`"),
    ] {
        let run = lugger.args(words.split(' ')).fails(3);
        assert!(run.stderr.contains("the store has no image"), "{}", run.stderr);
        assert!(
            run.stderr.contains(&format!("hint: Docker Engine has it: {hint}")),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn an_engine_that_lacks_it_or_does_not_answer_at_once_changes_nothing() {
    let lacks = FakeEngine::start(|exchange| exchange.answer("404 Not Found", r#"{"message":"No such image"}"#));
    let silent = FakeEngine::start(Exchange::rest);
    for address in [
        lacks.address(),
        silent.address(),
        "unix:///nowhere/sock",
        "ssh://host",
        "nonsense",
    ] {
        let run = Lugger::new()
            .args(["push", "team/app:1"])
            .env("DOCKER_HOST", address)
            .fails(3);
        assert!(run.stderr.contains("hint: `lugger images` shows"), "{}", run.stderr);
        assert!(!run.stderr.contains("Docker"), "{}", run.stderr);
    }
}

#[test]
fn an_image_that_the_engine_lacks_is_told_with_those_that_are_like_it() {
    let engine = FakeEngine::start(|exchange| {
        if exchange.asks("/images/json") {
            return exchange.answer(
                "200 OK",
                r#"[{"RepoTags":["app:2"]},{"RepoTags":null},{"RepoTags":["team/app:1","web:1"]}]"#,
            );
        }
        exchange.answer("404 Not Found", r#"{"message":"No such image: app:1"}"#)
    });
    let run = with(&engine).args(["copy", "docker-daemon:app:1", "oci:x"]).fails(3);
    assert!(
        run.stderr
            .contains("Docker Engine has no image `app:1`; it has app:2, team/app:1\n"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("hint: `docker images`"), "{}", run.stderr);
}

#[test]
fn where_no_engine_is_the_way_to_one_is_shown() {
    let lugger = Lugger::new();
    let nowhere = format!("unix://{}/none.sock", lugger.home().display());
    let inspect = || lugger.args(["inspect", "docker-daemon:app:1"]).env("DOCKER_HOST", &nowhere);
    let run = inspect().fails(5);
    assert!(
        run.stderr.contains(&format!("Docker Engine at {nowhere}: No such file")),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("hint: start Docker, or set `DOCKER_HOST`"),
        "{}",
        run.stderr
    );
    let denied = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=connect:error=EACCES"];
    let run = inspect().under("strace", denied).fails(4);
    assert!(run.stderr.contains("Permission denied"), "{}", run.stderr);
    assert!(run.stderr.contains("join the group `docker`"), "{}", run.stderr);
}

#[test]
fn an_engine_elsewhere_is_refused_with_the_way_out() {
    for (address, way_out) in [
        ("ssh://build.example", "run `ssh HOST docker save NAME | lugger load`"),
        ("tcp://build.example:2375", "open to everyone on the way"),
        ("https://127.0.0.1:2376", "behind TLS"),
    ] {
        let run = Lugger::new()
            .args(["inspect", "docker-daemon:app:1"])
            .env("DOCKER_HOST", address)
            .fails(1);
        assert!(run.stderr.contains(way_out), "{}", run.stderr);
    }
}
