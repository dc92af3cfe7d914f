//! The search for secrets finds them: in a run's output, on a terminal and in files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::canary::assert_discreet;
use crate::support::command::Lugger;
use crate::support::registry::Registry;
use crate::support::terminal::Terminal;
use crate::support::users::Users;
use crate::support::wire::basic;

/// Whether this stops a test.
fn is_caught(step: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(step)).is_err()
}

#[test]
fn a_secret_is_seen_plain_in_base64_and_by_its_shape() {
    for user in ["a", "ab", "abc"] {
        let secret = basic(user, "my-canary-2");
        assert!(is_caught(|| assert_discreet("a test", &secret)), "{secret}");
    }
    for secret in [
        "Bearer opaque.canary.7~+/=",
        "Bearer eyJ0eXAiOiJKV1QifQ.e30.x",
        "GET https://s3.example/x?X-Amz-Date=…&X-Amz-Signature=0a1b",
        "PUT http://a/v2/x/blobs/uploads/1?_state=Zm9v",
        "?sig=…&sig=1",
        "http://ann:canary@proxy",
    ] {
        assert!(is_caught(|| assert_discreet("a test", secret)), "{secret}");
    }
    assert_discreet("a test", "cannot write /tmp/.tmpeyJvK1/store/index.json");
    assert_discreet(
        "a test",
        "PUT http://a/v2/x/blobs/uploads/1?_state=…&sig=…&digest=sha256:x: 403 DENIED",
    );
}

#[test]
fn what_a_program_prints_is_searched_in_every_run() {
    let shell = Lugger::of("/bin/sh");
    for script in [
        "echo my-canary",
        "echo my-canary >&2",
        "echo x; printf my-canary >&2; kill -9 $$",
    ] {
        assert!(is_caught(|| drop(shell.args(["-c", script]).run())), "{script}");
        assert!(
            is_caught(|| drop(shell.args(["-c", script]).under("env", [""; 0]).run())),
            "{script}"
        );
    }
    let dropped = || {
        let mut running = shell.args(["-c", "echo my-canary; sleep 60"]).start();
        running.wait_for_stdout("my-");
    };
    assert!(is_caught(dropped), "a run that nobody waits for");
    let on_terminal = || {
        // Broken by the end of a line, too.
        let terminal = Terminal::start(&shell.args(["-c", "echo my-canary"]), 6, 5);
        terminal.wait();
    };
    assert!(is_caught(on_terminal), "a run on a terminal");
}

#[test]
fn a_secret_for_kubernetes_may_be_printed_in_its_line_and_nowhere_else() {
    let lugger = Lugger::of("/bin/sh");
    let script = |text: &str| {
        fs::write(lugger.home().join("kube-secret"), text).unwrap();
        lugger.args(["kube-secret"])
    };
    let packed = basic("ann", "my-canary");
    drop(script(&format!("echo '  .dockerconfigjson: {packed}'")).ok());
    for text in [
        format!("echo '  .dockerconfigjson: {packed}' >&2"),
        format!("echo ' .dockerconfigjson: {packed}'"),
        format!("echo '  .dockerconfigjson: x'; echo '  name: {packed}'"),
    ] {
        assert!(is_caught(|| drop(script(&text).ok())), "{text}");
    }
    let other = lugger.args(["-c", &format!("echo '  .dockerconfigjson: {packed}'")]);
    assert!(is_caught(|| drop(other.ok())), "another command");
    fs::remove_file(lugger.home().join("kube-secret")).unwrap();
}

#[test]
fn what_a_program_leaves_is_searched_but_for_logins_and_private_notes() {
    let left = |place: &str, mode: u32| {
        let lugger = Lugger::new();
        let path = lugger.home().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, basic("ann", "my-canary")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        is_caught(|| drop(lugger))
    };
    for place in [
        "tmp/x",
        "store/index.json",
        "store/partial/x",
        "store/blobs/sha256/x",
        ".cache/x",
        "x",
    ] {
        assert!(left(place, 0o600), "{place}");
    }
    assert!(left("store/uploads/x", 0o640), "a note that others may read");
    for place in [
        "store/uploads/x",
        "docker/config.json",
        "run/containers/auth.json",
        ".dockercfg",
    ] {
        assert!(!left(place, 0o600), "{place}");
    }
}

#[test]
fn a_fixture_takes_no_secret_that_could_not_be_found() {
    assert!(is_caught(|| drop(Users::default().user("ann", "pw", &[]))));
    assert!(is_caught(|| drop(Registry::start().with_basic("ann", "pw", "Basic realm=x"))));
}
