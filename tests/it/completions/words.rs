//! What the program answers a script: `lugger completion SHELL -- WORDS...`. Bash's form is asked for, which has the words alone
//! where nothing is to be said of them.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant, SystemTime};

use crate::support::command::{Call, Lugger};
use crate::support::image::{Image, Index};
use crate::support::peers::process::{free_port, reached};
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::strace;
use crate::support::token::TokenServer;
use crate::support::users::Users;

const PASSWORD: &str = "pw-canary";

/// Where no registry is spoken of.
const NO_HOST: &str = "none.invalid";

/// What stands behind `words`, of which the last is completed; `@/` stands for a registry.
fn call(lugger: &Lugger, host: &str, words: &str) -> Call {
    let words = words.replace('@', host);
    let line = ["completion", "bash", "--", "lugger"].into_iter().chain(words.split(' '));
    lugger.args(line)
}

/// The words alone.
fn words(lugger: &Lugger, host: &str, line: &str) -> Vec<String> {
    let run = call(lugger, host, line).ok();
    assert_eq!(run.stderr, "", "{line}");
    let words = run.stdout.lines().map(|line| match line.strip_prefix('\t') {
        Some(_) => line,
        None => line.split('\t').next().unwrap(),
    });
    words.map(|word| word.replace(host, "@")).collect()
}

/// The same for names that a registry tells: on a busy machine the half second that it is given may be too short, and that it
/// was is remembered for some more.
fn assert_heard(lugger: &Lugger, host: &str, line: &str, expected: &[&str]) {
    let mut last = Vec::new();
    let heard = reached(Duration::from_mins(1), || {
        last = words(lugger, host, line);
        last == expected
    });
    assert!(heard, "{line}: {last:?} and not {expected:?}");
}

fn registry_with(tags: &[&str]) -> Registry {
    let registry = Registry::start();
    for tag in tags {
        registry.put_image("team/app", tag, &Image::tiny(1));
    }
    registry.put_image("other", "1", &Image::tiny(2));
    registry
}

#[test]
fn commands_flags_and_their_values_are_known() {
    let lugger = Lugger::new();
    for (line, expected) in [
        ("pu", &["pull", "push"] as &[_]),
        ("list-", &["list-tags", "list-repos"]),
        ("cat", &["catalog"]),
        ("help lo", &["login", "logout", "load"]),
        ("pull --all", &["--all-platforms", "--all-tags"]),
        ("save --format ", &["docker-archive", "oci-archive", "oci-dir"]),
        ("--progress=l", &["--progress=lines"]),
        ("completion z", &["zsh"]),
        ("pull --platform linux/arm", &["linux/arm64", "linux/arm/v7", "linux/arm/v6"]),
        ("pull --platform=win", &["--platform=windows/amd64"]),
        ("copy o", &["oci:", "oci-archive:"]),
        ("append s", &["store:", "scratch"]),
        ("pull --nonsense=", &[]),
    ] {
        assert_eq!(words(&lugger, NO_HOST, line), expected, "{line}");
    }
    let flags = words(&lugger, NO_HOST, "push -");
    assert!(
        flags.contains(&"--all-tags".to_string()) && !flags.contains(&"-a".to_string()),
        "{flags:?}"
    );
    assert!(
        !words(&lugger, NO_HOST, "completion ")
            .iter()
            .any(|word| word.starts_with('-'))
    );
}

#[test]
fn files_and_folders_are_left_to_the_shell() {
    let lugger = Lugger::new();
    for (line, expected) in [
        ("save -o x", "\tfiles\t"),
        ("load -ix", "\tfiles\t-i"),
        ("load --input=x", "\tfiles\t--input="),
        ("--store x", "\tfolders\t"),
        ("copy oci:x", "\tfolders\toci:"),
        ("copy oci-archive:", "\tfiles\toci-archive:"),
        ("pull --to docker-archive:x", "\tfiles\tdocker-archive:"),
    ] {
        assert_eq!(words(&lugger, NO_HOST, line), [expected], "{line}");
    }
}

#[test]
fn an_image_of_the_store_is_completed_where_one_is_meant() {
    let scene = Scene::new();
    for name in ["team/app:1", "team/app:2", "tool:x"] {
        scene.stored(name, &Image::tiny(1));
    }
    let first = scene.registry.name("team/app:1");
    scene.lugger.args(["tag", &first, "alpine:3.20"]).ok();
    let host = scene.registry.host();
    for (line, expected) in [
        ("push @/te", &["@/team/app:1", "@/team/app:2"] as &[_]),
        ("tag @/to", &["@/tool:x"]),
        ("rmi a", &["alpine:3.20"]),
        ("rmi docker.io/lib", &["docker.io/library/alpine:3.20"]),
        ("save alpine:3.20 @/team/app:2", &["@/team/app:2"]),
        ("inspect store:@/to", &["store:@/tool:x"]),
        ("images ", &["@/team/app", "@/tool", "alpine"]),
        ("push --store /nowhere @/te", &[]),
    ] {
        assert_eq!(words(&scene.lugger, &host, line), expected, "{line}");
    }
    assert!(scene.registry.requests().is_empty(), "{}", scene.registry.log().lines());
}

#[test]
fn a_platform_of_the_image_that_is_named_is_among_those_offered() {
    let scene = Scene::new();
    let odd = Index::of(&[(&Image::tiny(1), "linux/amd64"), (&Image::tiny(2), "plan9/mips")]);
    scene.registry.put_index("team/app", "1", &odd);
    scene.call("pull -q --all-platforms @/team/app:1").ok();
    let host = scene.registry.host();
    assert_eq!(
        words(&scene.lugger, &host, "save @/team/app:1 --platform plan"),
        ["plan9/mips"]
    );
    assert!(words(&scene.lugger, &host, "save @/other --platform plan").is_empty());
}

#[test]
fn hosts_with_a_login_are_known_and_no_helper_is_asked_for_them() {
    let lugger = Lugger::new();
    lugger.helper("spy", "touch asked");
    lugger.config(
        r#"{"auths":{"reg.example:5000":{},"https://index.docker.io/v1/":{},"quay.io/team":{}},
            "credHelpers":{"gcr.example":"spy"},"credsStore":"spy"}"#,
    );
    assert_eq!(
        words(&lugger, NO_HOST, "login "),
        ["docker.io", "gcr.example", "reg.example:5000"]
    );
    assert_eq!(words(&lugger, NO_HOST, "pull reg.example:"), ["reg.example:5000/"]);
    assert_eq!(words(&lugger, NO_HOST, "list-repos g"), ["gcr.example/"]);
    assert_eq!(words(&lugger, NO_HOST, "kube-secret x "), words(&lugger, NO_HOST, "login "));
    assert_eq!(words(&lugger, NO_HOST, "kube-secret x gcr.example reg"), ["reg.example:5000"]);
    assert!(words(&lugger, NO_HOST, "kube-secret reg").is_empty());
    assert!(!lugger.home().join("asked").exists());
    lugger.config("{nonsense");
    assert!(words(&lugger, NO_HOST, "login r").is_empty());
}

#[test]
fn repositories_and_tags_come_from_the_registry() {
    let registry = registry_with(&["1.0", "1.1", "2_final"]);
    let (lugger, host) = (Lugger::new(), registry.host());
    for (line, expected) in [
        ("pull @/te", &["@/team/app:"] as &[_]),
        ("pull @/", &["@/other:", "@/team/app:"]),
        ("list-tags @/te", &["@/team/app"]),
        (
            "pull @/team/app:",
            &["@/team/app:1.0", "@/team/app:1.1", "@/team/app:2_final"],
        ),
        ("pull -q @/other:1 @/team/app:1.", &["@/team/app:1.0", "@/team/app:1.1"]),
        ("tag a:1 @/team/app:2", &["@/team/app:2_final"]),
        ("tag --remote @/team/app:2", &["@/team/app:2_final"]),
        ("copy @/ot", &["@/other:"]),
        ("exists @/te", &["@/team/app:"]),
        ("exists @/team/app:2", &["@/team/app:2_final"]),
        ("wait @/te", &["@/team/app:"]),
        ("wait --timeout 5s @/team/app:2", &["@/team/app:2_final"]),
        ("auth @/team/app:2", &["@/team/app:2_final"]),
    ] {
        assert_heard(&lugger, &host, line, expected);
    }
    let local = host.replace("127.0.0.1", "localhost");
    assert_heard(&lugger, &local, "exists @/te", &["@/team/app:"]);
    assert_heard(&lugger, &local, "wait @/team/app:2", &["@/team/app:2_final"]);
    for line in ["delete @/team/app:x", "pull @/nowhere:"] {
        assert!(words(&lugger, &host, line).is_empty(), "{line}");
    }
}

#[test]
fn names_that_mean_something_to_a_shell_are_not_taken_from_a_registry() {
    let registry = registry_with(&["good"]);
    let evil = r#"{"name":"team/app","tags":["$(touch x)","a b","`id`","-f","a\nb","good","\u001b[31m","../x"]}"#;
    registry.rule(Rule::on("GET", "/tags/list").then(Act::ReplaceBody(evil.into())));
    let evil = r#"{"repositories":["$(touch x)","a b","team/app","UPPER","x;y","a\tb"]}"#;
    registry.rule(Rule::on("GET", "/_catalog").then(Act::ReplaceBody(evil.into())));
    let (lugger, host) = (Lugger::new(), registry.host());
    // What was kept is read as it was heard.
    for _ in 0..2 {
        assert_heard(&lugger, &host, "pull @/team/app:", &["@/team/app:good"]);
        assert_heard(&lugger, &host, "pull @/", &["@/team/app:"]);
    }
}

#[test]
fn of_many_tags_as_many_are_offered_as_can_be_looked_through() {
    let registry = registry_with(&["1"]);
    let tags: Vec<String> = (0..20_000).map(|n| format!("\"b{n:05}\"")).collect();
    let many = format!(r#"{{"name":"team/app","tags":[{},"z"]}}"#, tags.join(","));
    registry.rule(Rule::on("GET", "/tags/list").then(Act::ReplaceBody(many.into())));
    let (lugger, host) = (Lugger::new(), registry.host());
    assert_heard(&lugger, &host, "pull @/team/app:z", &["@/team/app:z"]);
    let asked = registry.count("GET", "/tags/list");
    let all = words(&lugger, &host, "pull @/team/app:");
    assert_eq!((all.len(), all.last().unwrap().as_str()), (500, "@/team/app:z"));
    assert_eq!(words(&lugger, &host, "pull @/team/app:b1234").len(), 10);
    assert_eq!(registry.count("GET", "/tags/list"), asked);
}

#[test]
fn an_answer_is_kept_for_the_user_alone_and_for_a_minute() {
    let registry = registry_with(&["1"]);
    let (lugger, host) = (Lugger::new(), registry.host());
    let line = "pull @/team/app:";
    assert_heard(&lugger, &host, line, &["@/team/app:1"]);
    registry.put_image("team/app", "2", &Image::tiny(1));
    assert_eq!(words(&lugger, &host, line), ["@/team/app:1"]);
    let folder = lugger.home().join(".cache/lugger/completion");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((files.len(), mode(&files[0]), mode(&folder)), (1, 0o600, 0o700));
    let file = fs::File::options().write(true).open(&files[0]).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(61)).unwrap();
    assert_heard(&lugger, &host, line, &["@/team/app:1", "@/team/app:2"]);
}

#[test]
fn a_private_registry_is_asked_with_the_stored_login() {
    let basic = Registry::start().with_basic("anna", PASSWORD, r#"Basic realm="x""#);
    let tokens = TokenServer::start(Users::default().user("anna", PASSWORD, &[("*", "pull")]));
    let token = Registry::start().with_token_server(&tokens);
    for registry in [basic, token] {
        registry.put_image("team/app", "1", &Image::tiny(1));
        let (lugger, host) = (Lugger::new(), registry.host());
        lugger.args(["login", &host, "-u", "anna", "-p", PASSWORD]).ok();
        assert_heard(&lugger, &host, "pull @/team/app:", &["@/team/app:1"]);
        let stranger = Lugger::new();
        assert!(words(&stranger, &host, "pull @/team/app:").is_empty());
    }
}

#[test]
fn a_helper_that_waits_is_not_waited_for() {
    let registry = Registry::start().with_basic("anna", PASSWORD, r#"Basic realm="x""#);
    registry.put_image("team/app", "1", &Image::tiny(1));
    let (lugger, host) = (Lugger::new(), registry.host());
    lugger.config(r#"{"credsStore":"slow"}"#);
    lugger.helper("slow", "echo passphrase? >&2; exec sleep 60");
    let begun = Instant::now();
    let run = call(&lugger, &host, "pull @/team/app:").ok();
    assert_eq!(run.stdout, "");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_registry_that_is_not_there_or_silent_is_no_word_and_no_wait() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let lugger = Lugger::new();
    for port in [free_port(), silent.local_addr().unwrap().port()] {
        let host = format!("127.0.0.1:{port}");
        for line in ["pull @/te", "pull @/team/app:"] {
            let begun = Instant::now();
            assert!(words(&lugger, &host, line).is_empty(), "{line}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        }
    }
}

/// A second try would be the sooner made the faster the first one failed.
#[test]
fn a_registry_that_refuses_or_has_no_time_is_asked_once() {
    let port = free_port();
    let gone = format!("127.0.0.1:{port}");
    let busy = Registry::start();
    busy.rule(Rule::on("*", "/v2/").then(Act::error(503, "UNAVAILABLE", "later")));
    let lugger = Lugger::new();
    let lines = [
        "pull @/te",
        "pull @/a:",
        "pull @/b:",
        "exists @/c:",
        "list-tags @/d:",
        "wait @/e:",
    ];
    let questions = lines.len() - 1;
    let mut connections = 0;
    for line in lines {
        let made = strace::calls(&call(&lugger, &gone, line), "connect");
        connections += made.iter().filter(|made| made.contains(&format!("htons({port})"))).count();
        assert!(words(&lugger, &busy.host(), line).is_empty());
    }
    assert!((1..=questions).contains(&connections), "{connections} connections");
    let asked = busy.count("*", "/v2/");
    assert!((1..=questions).contains(&asked), "{}", busy.log().lines());
}

#[test]
fn nothing_that_a_line_may_hold_ends_badly() {
    let lugger = Lugger::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        for line in [
            &[""] as &[&str],
            &["lugger"],
            &["lugger", "pull", "'\""],
            &["x", "\\", "é\u{301}:"],
            &["--", "--", ""],
        ] {
            let run = lugger.args([&["completion", shell, "--"], line].concat()).ok();
            assert_eq!(run.stderr, "", "{shell} {line:?}");
        }
    }
}

#[test]
fn the_environment_does_not_make_a_run_complete() {
    let lugger = Lugger::new().env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "1");
    let lugger = lugger
        .env("COMP_LINE", "lugger pull")
        .env("COMP_POINT", "11")
        .env("COMP_CWORD", "1");
    assert!(lugger.args(["--version"]).ok().stdout.starts_with("lugger "));
    lugger.args(["images"]).ok();
}
