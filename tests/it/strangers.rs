//! The words of strangers: whatever a registry, an image or a file in the store says, a terminal is not steered by it, nor
//! a log; and nothing but credential helpers is ever started.

use std::fs;
use std::process::Command;

use crate::support::command::{Call, Lugger};
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Response, Rule};

/// A colour, a title, a word for the clipboard, a C1 introducer, a return, a line break, and text turned around; as JSON.
const NASTY: &str = r"a\u001b[31mb\u001b]0;t\u0007c\u001b]52;c;cHduZWQ=\u001b\\d\u009b31me\rf\ng\u202eh\u2066i\u007fj";

/// Does a text steer? Line breaks are for the caller to judge.
fn steering(text: &str) -> Vec<char> {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| (c.is_control() && *c != '\n') || turns(*c)).collect()
}

/// What reaches a terminal, byte for byte.
fn on_a_terminal(scene: &Scene, words: &str) -> String {
    let words = words.replace("@/", &scene.registry.name(""));
    let line = format!("{} --color never --progress none {words}", env!("CARGO_BIN_EXE_lugger"));
    let shell = Lugger::of("script");
    let call = shell
        .args(["-qec", &line, "/dev/null"])
        .env("LUGGER_STORE", scene.lugger.store());
    let call = call.env("SHELL", "/bin/sh").env("TERM", "xterm");
    // The terminal itself ends its lines like this.
    call.run().stdout.replace("\r\n", "\n")
}

fn assert_harmless(scene: &Scene, words: &str) {
    let run = scene.call(words).run();
    let shown = on_a_terminal(scene, words);
    assert!(shown.len() > 10, "{words}: nothing was shown: {shown:?}");
    for text in [&run.stdout, &run.stderr, &shown] {
        let found = steering(text);
        assert!(found.is_empty(), "{words}: {found:?} in {text:?}");
        assert!(!text.contains("pwned"), "{words}: {text:?}");
    }
}

/// An image that says nasty things wherever it can say anything.
fn nasty_image() -> Image {
    let settings = format!(
        r#"{{"User":"{NASTY}","WorkingDir":"{NASTY}","Cmd":["{NASTY}"],"Entrypoint":["{NASTY}"],"Env":["{NASTY}=1"],"Labels":{{"{NASTY}":"{NASTY}"}},"ExposedPorts":{{"{NASTY}":{{}}}}}}"#
    );
    Recipe::default().layer(b"layer").settings(&settings).build()
}

#[test]
fn an_image_cannot_steer_the_terminal() {
    let scene = Scene::of(&nasty_image());
    scene.call("pull -q @/team/app:1").ok();
    for words in [
        "inspect @/team/app:1",
        "inspect --format json @/team/app:1",
        "inspect store:@/team/app:1",
        "images",
        "images --format json",
        "list-tags @/team/app",
        "list-tags --format json @/team/app",
        "check",
    ] {
        assert_harmless(&scene, words);
    }
}

#[test]
fn json_says_exactly_what_was_said_in_escapes() {
    let scene = Scene::of(&nasty_image());
    let run = scene.call("inspect --format json @/team/app:1").ok();
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let said: String = serde_json::from_str(&format!("\"{NASTY}\"")).unwrap();
    assert_eq!(shown["labels"][&said], said.as_str());
    assert!(steering(&run.stdout).is_empty(), "{:?}", run.stdout);
}

#[test]
fn the_bytes_of_a_manifest_are_exact_in_a_pipe_and_harmless_on_a_terminal() {
    let image = Recipe::default()
        .layer(b"layer")
        .manifest_field("\"artifactType\": \"x/\u{202e}y\u{9b}31m\u{7f}\"")
        .build();
    let scene = Scene::of(&image);
    assert_eq!(scene.call("inspect --raw @/team/app:1").ok().bytes, image.manifest.bytes);
    let shown = on_a_terminal(&scene, "inspect --raw @/team/app:1");
    assert!(shown.contains("schemaVersion") && steering(&shown).is_empty(), "{shown:?}");
}

#[test]
fn a_registry_cannot_steer_the_terminal() {
    let json = format!(r#"{{"errors":[{{"code":"{NASTY}","message":"{NASTY}","detail":"{NASTY}"}}]}}"#);
    let said: String = serde_json::from_str(&format!("\"{NASTY}\"")).unwrap();
    let answers = [
        Response::json(403, json.clone()),
        Response::json(404, json.clone()),
        Response::json(400, json),
        Response::new(403)
            .header("content-type", "text/html")
            .body(format!("<title>{said}</title>")),
        Response::new(400).header("content-type", "text/plain").body(said.clone()),
        Response::new(200)
            .header("content-type", "application/json")
            .body(said.clone()),
        Response::new(200).header("content-type", "x/\u{9b}31m").body(said.clone()),
        Response::json(
            200,
            format!(r#"{{"schemaVersion":2,"mediaType":"{NASTY}","{NASTY}":1,"{NASTY}":1}}"#),
        ),
    ];
    for answer in answers {
        let scene = Scene::of(&Image::tiny(1));
        scene
            .registry
            .rule(Rule::on("GET", "/v2/team").then(Act::custom(move |_| answer.clone())));
        for words in [
            "pull @/team/app:1",
            "inspect @/team/app:1",
            "list-tags @/team/app",
            "delete --yes @/team/app:1",
        ] {
            assert_harmless(&scene, words);
        }
    }
}

#[test]
fn tags_and_repositories_of_strangers_cannot_steer_the_terminal() {
    let scene = Scene::of(&Image::tiny(1));
    let tags = format!(r#"{{"name":"team/app","tags":["1","{NASTY}"]}}"#);
    let repositories = format!(r#"{{"repositories":["team/app","{NASTY}","team/{NASTY}"]}}"#);
    scene.rule("GET", "/tags/list", Act::custom(move |_| Response::json(200, tags.clone())));
    scene.rule(
        "GET",
        "/_catalog",
        Act::custom(move |_| Response::json(200, repositories.clone())),
    );
    let host = scene.registry.host();
    for words in [
        "list-tags @/team/app",
        "list-tags --format json @/team/app",
        "pull -a @/team/app",
        &format!("list-repos {host}"),
        &format!("list-repos --format json {host}"),
    ] {
        assert_harmless(&scene, words);
    }
}

#[test]
fn names_in_a_layout_of_strangers_cannot_steer_the_terminal() {
    let scene = Scene::new();
    let layout = scene.lugger.home().join("layout");
    OciLayout::write(&layout, NASTY, &Image::tiny(1));
    let store = layout.display();
    for words in [
        format!("images --store {store}"),
        format!("images --format json --store {store}"),
        format!("check --store {store}"),
        format!("check --format json --store {store}"),
        format!("inspect oci:{store}:none"),
        format!("inspect oci:{store}"),
    ] {
        assert_harmless(&scene, &words);
    }
    OciLayout::write(&layout, r"a\u202eb\u2066c", &Image::tiny(1));
    fs::remove_dir_all(layout.join("blobs/sha256")).unwrap();
    for words in ["images", "check", "check --format json"] {
        assert_harmless(&scene, &format!("{words} --store {store}"));
    }
}

/// The programs that a run starts, itself left out.
fn started(lugger: &Lugger, call: Call) -> Vec<String> {
    let log = lugger.home().join("started");
    let words = [
        "-f",
        "-qq",
        "-e",
        "trace=execve",
        "-e",
        "signal=none",
        "-o",
        log.to_str().unwrap(),
        "--",
    ];
    call.under("strace", words).run();
    let log = fs::read_to_string(log).unwrap();
    let programs = log
        .lines()
        .filter_map(|line| Some(line.split_once("execve(\"")?.1.split_once('"')?.0.to_string()));
    programs.skip(1).collect()
}

#[test]
fn nothing_is_started_but_credential_helpers() {
    let scene = Scene::of(&Image::tiny(1));
    let lugger = &scene.lugger;
    // Whatever it could think of starting is there to be started.
    for trap in [
        "unpigz", "gzip", "xz", "zstd", "git", "sh", "less", "stty", "open", "xdg-open", "gcloud", "id", "uname",
    ] {
        let path = lugger.home().join("bin").join(trap);
        fs::write(&path, "#!/bin/true\n").unwrap();
        assert!(Command::new("chmod").arg("+x").arg(&path).status().unwrap().success());
    }
    for words in [
        "pull @/team/app:1",
        "pull @/team/app:1",
        "images",
        "check",
        "tag @/team/app:1 @/team/new:1",
        "push @/team/new:1",
        "copy @/team/app:1 oci:there",
        "inspect @/team/app:1",
        "list-tags @/team/app",
        "auth @/team/app",
        "rmi @/team/app:1",
        "prune",
        "delete --yes @/team/new:1",
        "completion bash",
    ] {
        let programs = started(lugger, scene.call(words));
        assert!(programs.is_empty(), "{words}: {programs:?}");
    }
}

#[test]
fn a_credential_helper_is_all_that_a_login_starts() {
    let registry = Registry::start().with_basic("bob", "canary-pw", r#"Basic realm="r""#);
    let lugger = Lugger::new();
    lugger.helper(
        "vault",
        r#"case $1 in get) echo "{\"Username\":\"bob\",\"Secret\":\"canary-pw\"}" ;; *) cat >/dev/null ;; esac"#,
    );
    lugger.config(r#"{"credsStore":"vault","credHelpers":{"other.test":"../../bin/sh","third.test":"a;b"}}"#);
    registry.put_image("app", "1", &Image::tiny(1));
    let helper = lugger.home().join("bin/docker-credential-vault");
    let programs = started(&lugger, lugger.args(["pull", &registry.name("app:1")]));
    let own: Vec<&String> = programs.iter().filter(|program| !program.ends_with("/cat")).collect();
    assert!(
        !own.is_empty() && own.iter().all(|program| **program == helper.display().to_string()),
        "{programs:?}"
    );
    for host in ["other.test/app:1", "third.test/app:1"] {
        let programs = started(&lugger, lugger.args(["auth", host]));
        assert!(programs.is_empty(), "{host}: {programs:?}");
    }
}
