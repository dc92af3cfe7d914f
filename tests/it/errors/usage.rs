//! What was typed is wrong: every way to get it wrong, as it is told before anything is asked of anybody.

use crate::support::command::Lugger;
use crate::support::messages::Messages;

/// The words of a command line, of which a quoted one may have spaces.
type Typed = &'static [&'static str];

const REFERENCES: [Typed; 12] = [
    &["pull", "ubuntu:@"],
    &["pull", "https://ghcr.io/acme/app:1"],
    &["pull", "ghcr.io/Acme/App:V1"],
    &["pull", "localhost:70000/app"],
    &["pull", "2f4d1b2c3a4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8"],
    &["pull", "app@sha256:12"],
    &["pull", "app@sha256:1234567890123456789012345678901234567890"],
    &["pull", "app@md5:12345678901234567890123456789012"],
    &[
        "pull",
        "app@sha256:2F4D1B2C3A4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8",
    ],
    &["pull", "my app:1"],
    &["list-tags", "app:1"],
    &[
        "list-tags",
        "a/very/long/name/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
];

const VALUES: [Typed; 22] = [
    &["pull", "--platform", "linux", "app"],
    &["pull", "--all-tags", "app:1"],
    &["pull", "--stall-timeout", "soon", "app"],
    &["pull", "--limit-rate", "fast", "app"],
    &["load", "--max-size", "much"],
    &["rmi", "--older-than", "old", "app"],
    &["rmi", "--older-than", "30d", "app:1"],
    &["delete", "--older-than", "30d", "registry.invalid/app:1"],
    &["pull", "--to", "store:a", "a", "b"],
    &["push", "--from", "docker-archive:a.tar", "a", "b"],
    &["push", "--from", "store:a", "b"],
    &["login", "registry.invalid"],
    &["login", "-u", "", "-p", "top-canary", "registry.invalid"],
    &["login", "-u", "alice", "-p", "", "registry.invalid"],
    &["save", "--platform", "linux/amd64", "--platform", "linux/arm64", "app"],
    &["save", "--format", "oci-dir", "app"],
    &["export", "--to", "root", "-o", "a.tar", "app"],
    &["export", "-o", ".", "store:app"],
    &["export", "--to", "/", "store:app"],
    &["serve", "--name", "ghcr.io", "--addr", "nowhere"],
    &["serve", "--htpasswd", "nothing"],
    &["serve", "--cert", "nothing", "--key", "nothing", "--addr", "127.0.0.1:0"],
];

const PLACES: [Typed; 14] = [
    &["copy", "dir:/tmp/x", "app"],
    &["copy", "oci:", "app"],
    &["copy", "docker-archive:", "app"],
    &["copy", "docker-archive:-:app", "oci:"],
    &["copy", "app", "docker-daemon:"],
    &[
        "copy",
        "app",
        "docker-daemon:app@sha256:2f4d1b2c3a4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8",
    ],
    &["copy", "--referrers", "store:app", "docker-archive:a.tar"],
    &["copy", "docker-archive:a.tar", "docker-archive:b.tar"],
    &["copy", "store:app", "docker-archive:a.tar:App"],
    &["copy", "--compress", "none", "--level", "3", "docker-archive:a.tar", "app"],
    &[
        "push",
        "--from",
        "docker-archive:a.tar",
        "--compress",
        "zstd",
        "--level",
        "30",
        "app",
    ],
    &["export", "docker-daemon:app"],
    &["inspect", "docker-archive:a.tar"],
    &["inspect", "oci:nowhere:app"],
];

const APPENDED: [Typed; 17] = [
    &[
        "append",
        "scratch",
        "-t",
        "app@sha256:2f4d1b2c3a4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8",
    ],
    &["append", "scratch", "-t", "app", "--layer", ""],
    &["append", "scratch", "-t", "app", "--layer", ".:/../etc"],
    &["append", "scratch", "-t", "app", "--layer", "-", "--layer", "-"],
    &["append", "scratch", "-t", "app", "--layer", "-:/etc"],
    &["append", "scratch", "-t", "app", "--layer=-:/etc"],
    &["append", "scratch", "-t", "app", "--layer", "/dev/zero:/etc/.."],
    &["append", "scratch", "-t", "app", "--layer", "nothing"],
    &["append", "scratch", "-t", "app", "--layer", "/dev/null"],
    &["append", "scratch", "-t", "app", "--cmd", "[1"],
    &["append", "scratch", "-t", "app", "--cmd", "a 'b"],
    &["append", "scratch", "-t", "app", "--env", "NAME"],
    &["append", "scratch", "-t", "app", "--label", "=x"],
    &["append", "scratch", "-t", "app", "--expose", "http"],
    &["append", "store:nothing", "-t", "app"],
    &["append", "docker-daemon:", "-t", "app"],
    &["append", "scratch", "-t", "app", "--layer", "-"],
];

#[test]
fn every_wrong_word_is_told_with_the_right_form() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    for typed in [&REFERENCES[..], &VALUES, &PLACES, &APPENDED].concat() {
        let run = lugger.args(typed).run();
        assert!(run.status > 0, "{typed:?}: {run:?}");
        let shown: Vec<&str> = typed.iter().map(|word| word.get(..80).unwrap_or(word)).collect();
        messages.keep(&format!("lugger {}", shown.join(" ")), &lugger, &run);
    }
}

#[test]
fn every_wrong_word_in_the_surroundings_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let engines = [
        "/var/run/docker.sock",
        "unix://",
        "ssh://host",
        "npipe:////./pipe/docker_engine",
        "ftp://host",
        "tcp://",
        "tcp://10.0.0.1:2375",
        "tcp://10.0.0.1:2376",
        "unix://nothing",
        "tcp://127.0.0.1:1",
    ];
    for engine in engines {
        let run = lugger.args(["inspect", "docker-daemon:app"]).env("DOCKER_HOST", engine).run();
        messages.keep(
            &format!("DOCKER_HOST={engine} lugger inspect docker-daemon:app"),
            &lugger,
            &run,
        );
    }
    let secured = lugger.args(["inspect", "docker-daemon:app"]).env("DOCKER_TLS_VERIFY", "1");
    messages.keep(
        "DOCKER_TLS_VERIFY=1",
        &lugger,
        &secured.env("DOCKER_HOST", "tcp://127.0.0.1:2376").run(),
    );
    for epoch in ["soon", "99999999999999999"] {
        let call = lugger.args(["append", "scratch", "-t", "app", "--label", "a=b"]);
        let run = call.env("SOURCE_DATE_EPOCH", epoch).run();
        messages.keep(&format!("SOURCE_DATE_EPOCH={epoch} lugger append"), &lugger, &run);
    }
}

/// Without a home, nothing is kept in a folder that nobody named.
#[test]
fn a_home_that_is_not_there_is_told_with_what_to_set() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    for kept in ["LUGGER_STORE=store", "DOCKER_CONFIG=docker"] {
        // A user whom the system's list does not have has no home there either.
        let call = lugger.args(["images"]);
        // setpriv comes last: it can still start a program in a directory that this user may not read, such as /root.
        let run = call
            .under("env", ["-i", kept, "setpriv", "--reuid=54321", "--clear-groups"])
            .fails(1);
        messages.keep(kept, &lugger, &run);
    }
}
