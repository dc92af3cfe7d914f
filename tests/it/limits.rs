//! A hostile registry costs nothing: whatever it sends, and however long, the program ends soon and holds little memory.
//!
//! Each attack is run as it would come; its peak of memory and its end are held to the same two bounds.

mod raw;

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use raw::RawServer;

use crate::support::command::{Call, Lugger, Run};
use crate::support::image::{Blob, Family, Image};
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Response, Rule};

/// How much more memory than a usual run an attack may cost.
const MEMORY_KIB: u64 = 64 << 10;
/// How long an attack may keep the program.
const TIME: Duration = Duration::from_mins(1);

/// What a run holds that nobody attacks.
static USUAL_KIB: LazyLock<u64> = LazyLock::new(|| {
    let scene = Scene::of(&Image::tiny(1));
    // Long enough to be watched.
    scene.rule("GET", "/blobs/", Act::Delay(Duration::from_millis(300)));
    scene.call("pull @/team/app:1").ok().peak_rss_kib.unwrap()
});

/// Side by side the runs would wait for each other, and an attack's time would not be its own.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs an attack to its end; `--nocapture` shows what each came to.
#[expect(clippy::print_stdout, reason = "the table of what each attack costs")]
fn held(attack: &str, call: Call) -> Run {
    let usual = *USUAL_KIB;
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let began = Instant::now();
    let run = call.run();
    let (time, peak) = (began.elapsed(), run.peak_rss_kib.unwrap_or_default());
    println!("{attack} | {} MiB | {:.1} s | {}", peak >> 10, time.as_secs_f64(), run.status);
    assert!(peak < usual + MEMORY_KIB, "{attack}: {peak} KiB, and usual are {usual}");
    assert!(time < TIME, "{attack}: {time:?}");
    assert!(run.stderr.len() < 4 << 10, "{attack}: {}", run.stderr);
    run
}

/// The same, and it is refused with this exit status.
fn refused(attack: &str, call: Call, status: i32) -> Run {
    let run = held(attack, call);
    assert_eq!(run.status, status, "{attack}: {}", run.stderr);
    run
}

fn page(content_type: &str, body: impl Into<Vec<u8>>) -> Act {
    let answer = Response::new(200).header("content-type", content_type).body(body.into());
    Act::custom(move |_| answer.clone())
}

/// A server that begins every answer with this head and then writes the same for ever.
fn without_end(head: &'static str, piece: Vec<u8>) -> RawServer {
    RawServer::start(move |connection| {
        connection.write_all(head.as_bytes())?;
        loop {
            connection.write_all(&piece)?;
        }
    })
}

fn pull_from(host: &str) -> (Lugger, Call) {
    let lugger = Lugger::new();
    let call = lugger.args(["pull", "--stall-timeout", "3s", &format!("{host}/app:1")]);
    (lugger, call)
}

#[test]
fn a_manifest_of_600_mb_is_left_at_4_mib() {
    for (attack, head) in [
        (
            "C1 with a length",
            "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.oci.image.manifest.v1+json\r\ncontent-length: 600000000\r\n\r\n",
        ),
        (
            "C1 without a length",
            "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.oci.image.manifest.v1+json\r\n\r\n",
        ),
    ] {
        let server = without_end(head, vec![b' '; 64 << 10]);
        let (_home, call) = pull_from(server.host());
        let run = refused(attack, call, 1);
        assert!(run.stderr.contains("over 4194304 bytes"), "{}", run.stderr);
    }
}

#[test]
fn an_error_without_end_is_left_at_64_kib() {
    for (attack, code, status) in [("C2 error 400", 400, 1), ("C2 error 401", 401, 4), ("C2 error 500", 500, 5)] {
        for command in ["pull @/team/app:1", "list-tags @/team/app", "copy @/team/app:1 oci:there"] {
            let scene = Scene::of(&Image::tiny(1));
            let rule = Rule::on("GET", "/v2/")
                .then(Act::status(code))
                .then(Act::Endless(vec![b'x'; 64 << 10]));
            scene.registry.rule(rule);
            let run = held(attack, scene.call(command));
            assert!(
                run.status != 0 && (code != 401 || run.status == status),
                "{attack}: {}",
                run.stderr
            );
        }
    }
}

#[test]
fn an_answer_of_the_token_server_without_end_is_left() {
    let tokens = crate::support::token::TokenServer::start(crate::support::users::Users::default());
    tokens.rule(Rule::on("*", "").then(Act::Endless(vec![b' '; 64 << 10])));
    let registry = Registry::start().with_token_server(&tokens);
    let lugger = Lugger::new();
    let run = held("C2 token", lugger.args(["pull", &registry.name("app:1")]));
    assert!(run.status != 0);
}

/// A manifest with these layers below the config of a tiny image.
fn manifest(layers: &[String]) -> (Image, Blob) {
    let image = Image::tiny(1);
    let json = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}}"#,
        Family::Oci.manifest(),
        image.config.descriptor(),
        layers.join(",")
    );
    (image, Blob::new(Family::Oci.manifest(), json.into_bytes()))
}

#[test]
fn twenty_thousand_layers_of_one_digest_are_one_download() {
    let layer = Image::tiny(1).layers[0].clone();
    let (image, manifest) = manifest(&vec![layer.descriptor(); 20_000]);
    assert!(manifest.size > 3_000_000);
    let scene = Scene::of(&image);
    scene.registry.put_manifest("team/app", Some("1"), &manifest);
    refused("C3 20,000 layers of one digest", scene.call("pull @/team/app:1"), 0);
    assert_eq!(scene.registry.count("GET", &layer.digest), 1);
    scene.assert_sound();
}

#[test]
fn more_layers_than_any_image_has_are_refused_before_one_is_fetched() {
    let layers: Vec<String> = (0..20_000_u32)
        .map(|n| Blob::new("application/vnd.oci.image.layer.v1.tar", n.to_le_bytes().to_vec()).descriptor())
        .collect();
    let (image, manifest) = manifest(&layers);
    let scene = Scene::of(&image);
    scene.registry.put_manifest("team/app", Some("1"), &manifest);
    refused("C3 20,000 layers", scene.call("pull @/team/app:1"), 1);
    assert_eq!(scene.registry.count("GET", "/blobs/"), 0);
}

#[test]
fn a_blob_without_end_is_left_at_its_size() {
    for length in [1000, 20 << 20] {
        let (scene, image) = Scene::with_large_layer(length);
        scene.rule("GET", &image.layers[0].digest, Act::Endless(vec![0; 64 << 10]));
        refused("C4", scene.call("pull @/team/app:1"), 7);
        scene.assert_sound();
    }
}

#[test]
fn a_bomb_in_an_encoding_is_not_unpacked() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(&vec![b' '; 100 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 4 << 20);
    let nested = format!("gzip{}", ", gzip".repeat(99));
    for (attack, encoding) in [("C6 bomb", "gzip"), ("C6 a hundred encodings", nested.as_str())] {
        let scene = Scene::of(&Image::tiny(1));
        let answer = Response::new(200)
            .header("content-type", Family::Oci.manifest())
            .header("content-encoding", encoding)
            .body(bomb.clone());
        scene.rule("GET", "/manifests/", Act::custom(move |_| answer.clone()));
        let run = held(attack, scene.call("pull @/team/app:1"));
        assert!(run.status != 0, "{}", run.stderr);
    }
}

#[test]
fn a_list_without_end_is_left() {
    let scene = Scene::of(&Image::tiny(1));
    let page = AtomicUsize::new(0);
    scene.rule(
        "GET",
        "/tags/list",
        Act::custom(move |_| {
            let page = page.fetch_add(1, Ordering::SeqCst);
            let link = format!(r#"</v2/team/app/tags/list?last=t{page}>; rel="next""#);
            Response::json(200, format!(r#"{{"name":"team/app","tags":["t{page}"]}}"#)).header("link", &link)
        }),
    );
    let run = refused("C7 pages without end", scene.call("list-tags @/team/app"), 1);
    assert!(run.stderr.contains("never ends"), "{}", run.stderr);
}

#[test]
fn pages_as_large_as_they_may_be_are_left_too() {
    let scene = Scene::of(&Image::tiny(1));
    let page = AtomicUsize::new(0);
    scene.rule(
        "GET",
        "/tags/list",
        Act::custom(move |_| {
            let page = page.fetch_add(1, Ordering::SeqCst);
            let tags: Vec<String> = (0..100_000).map(|n| format!(r#""p{page}-{n}""#)).collect();
            let link = format!(r#"</v2/team/app/tags/list?last=p{page}>; rel="next""#);
            Response::json(200, format!(r#"{{"tags":[{}]}}"#, tags.join(","))).header("link", &link)
        }),
    );
    refused("C7 large pages without end", scene.call("list-tags @/team/app"), 1);
}

#[test]
fn one_page_of_nothing_but_short_names_is_left() {
    let scene = Scene::of(&Image::tiny(1));
    let tags = format!(r#"{{"tags":["a"{}]}}"#, r#","a""#.repeat(3_900_000));
    let catalog = tags.replacen("tags", "repositories", 1);
    scene.rule("GET", "/tags/list", page("application/json", tags));
    scene.rule("GET", "/_catalog", page("application/json", catalog));
    let repositories = format!("list-repos {}", scene.registry.host());
    for (attack, command) in [
        ("C7 short tags", "list-tags @/team/app"),
        ("C7 short repositories", repositories.as_str()),
    ] {
        refused(attack, scene.call(command), 1);
    }
}

#[test]
fn redirects_in_a_circle_are_left_after_five() {
    let image = Image::tiny(1);
    for (attack, method, part, command) in [
        ("C8 manifest", "*", "/manifests/", "pull @/team/app:1"),
        ("C8 blob", "GET", "/blobs/", "pull @/team/app:1"),
        ("C8 upload", "PUT", "/uploads/", "push @/team/app:1"),
    ] {
        let scene = if method == "PUT" { Scene::new() } else { Scene::of(&image) };
        if method == "PUT" {
            scene.stored("team/app:1", &image);
        }
        scene.rule(method, part, Act::Redirect("{target}".to_string(), 307));
        let run = held(attack, scene.call(command));
        assert!(run.status != 0, "{attack}: {}", run.stderr);
        let asked = scene.registry.count(method, part);
        assert!(
            asked <= 3 * 6 * 3,
            "{attack}: {asked} requests\n{}",
            scene.registry.log().lines()
        );
    }
}

#[test]
fn heads_without_end_are_left() {
    let fields: Vec<String> = (0..10_000).map(|n| format!("x-field-{n}: value\r\n")).collect();
    let fields = fields.concat();
    let many = format!("HTTP/1.1 200 OK\r\n{fields}content-length: 2\r\n\r\n{{}}");
    let floods = [
        (
            "C9 10,000 fields",
            RawServer::start(move |connection| connection.write_all(many.as_bytes())),
        ),
        (
            "C9 fields without end",
            without_end("HTTP/1.1 200 OK\r\n", b"x-field: value\r\n".repeat(1000)),
        ),
        (
            "C9 one field without end",
            without_end("HTTP/1.1 200 OK\r\nx-field: ", vec![b'x'; 64 << 10]),
        ),
        (
            "C9 early hints without end",
            without_end("", b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100)),
        ),
        (
            "C9 an endless status line",
            without_end("HTTP/1.1 200 ", vec![b'x'; 64 << 10]),
        ),
    ];
    for (attack, server) in floods {
        let (_home, call) = pull_from(server.host());
        let run = held(attack, call);
        assert!(run.status != 0, "{attack}: {}", run.stderr);
    }
}

/// A server that begins every answer like this and then gives a byte a second.
fn slow(begun: &'static str) -> RawServer {
    RawServer::start(move |connection| {
        connection.write_all(begun.as_bytes())?;
        loop {
            thread::sleep(Duration::from_secs(1));
            connection.write_all(b" ")?;
            connection.flush()?;
        }
    })
}

#[test]
fn silence_and_a_byte_a_second_are_left() {
    let slow_answers = [
        (
            "C10 nothing",
            RawServer::start(|_| {
                thread::sleep(TIME);
                Ok(())
            }),
        ),
        ("C10 a slow head", slow("HTTP/1.1 200 OK\r\nx-field: ")),
        (
            "C10 a slow manifest",
            slow("HTTP/1.1 200 OK\r\ncontent-type: application/vnd.oci.image.manifest.v1+json\r\n\r\n"),
        ),
        (
            "C10 a slow error",
            slow("HTTP/1.1 403 Forbidden\r\ncontent-length: 60000\r\n\r\n"),
        ),
    ];
    for (attack, server) in slow_answers {
        let (_home, call) = pull_from(server.host());
        let run = held(attack, call);
        assert!(run.status != 0, "{attack}: {}", run.stderr);
    }
}

#[test]
fn a_blob_that_trickles_is_tried_once_more_and_left() {
    let scene = Scene::of(&Image::with_layers(&[vec![7; 100_000]]));
    scene.rule("GET", "/blobs/", Act::Rate(1));
    let call = scene.call("pull --stall-timeout 20s @/team/app:1");
    let run = refused("C10 a slow blob", call, 5);
    assert!(run.stderr.contains("bytes in 1"), "{}", run.stderr);
}

#[test]
fn a_handshake_that_stalls_or_comes_a_byte_a_second_is_left() {
    // The head of a record of 16 KiB, of which the rest never comes, or never all of it.
    let record = [22, 3, 3, 64, 0];
    let silent = raw::TlsServer::start(|_| {
        thread::sleep(TIME);
        Ok(())
    });
    let begun = raw::TlsServer::start(move |connection| {
        connection.write_all(&record)?;
        thread::sleep(TIME);
        Ok(())
    });
    let slow = raw::TlsServer::start(move |connection| {
        connection.write_all(&record)?;
        loop {
            thread::sleep(Duration::from_secs(1));
            connection.write_all(&[2])?;
        }
    });
    for (attack, server) in [
        ("C10 no handshake", silent),
        ("C10 a handshake that stalls", begun),
        ("C10 a slow handshake", slow),
    ] {
        let (lugger, call) = pull_from(server.host());
        lugger.hosts(server.host(), &format!("server = \"https://{}\"\n", server.host()));
        let run = refused(attack, call, 5);
        assert!(server.hellos() > 0, "{attack}: {}", run.stderr);
    }
}

#[test]
fn json_of_any_depth_and_numbers_of_any_length_are_refused() {
    let deep = format!(r#"{{"schemaVersion":2,"x":{}"#, "[".repeat(1_000_000));
    let objects = r#"{"x":"#.repeat(700_000);
    let number = format!(r#"{{"schemaVersion":{}}}"#, "9".repeat(4_000_000));
    for (attack, body) in [("C11 arrays", deep), ("C11 objects", objects), ("C11 number", number)] {
        let scene = Scene::of(&Image::tiny(1));
        scene.rule("GET", "/manifests/", page(Family::Oci.manifest(), body.clone()));
        scene.rule("HEAD", "/manifests/", Act::status(405));
        scene.rule("GET", "/tags/list", page("application/json", body.clone()));
        for command in ["pull @/team/app:1", "inspect @/team/app:1", "list-tags @/team/app"] {
            let run = held(attack, scene.call(command));
            // A field that nobody reads may be any number.
            let unread = attack == "C11 number" && command.starts_with("list");
            assert_eq!(run.status, i32::from(!unread), "{attack}, {command}: {}", run.stderr);
        }
    }
}
