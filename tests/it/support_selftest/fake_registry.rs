//! The fake registry, against skopeo and against bare requests.

use std::time::{Duration, Instant};

use crate::support::image::{Blob, Family, Image, Index, Recipe, sha256};
use crate::support::layout::OciLayout;
use crate::support::peers::skopeo::{copy, inspect, inspect_digest, skopeo, try_skopeo};
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::tar::{Tar, noise};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::{basic, get, send};

const OCTETS: (&str, &str) = ("Content-Type", "application/octet-stream");

#[test]
fn an_image_that_skopeo_pushed_is_the_image_that_was_made() {
    let registry = Registry::start();
    let image = Image::tiny(1);
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "one", &image);
    copy(
        &source,
        &format!("docker://{}", registry.name("team/app:1")),
    );
    assert_eq!(
        registry.manifest("team/app", "1").unwrap(),
        image.manifest.bytes
    );
    assert_eq!(registry.tags("team/app"), ["1"]);
    assert_eq!(registry.digest("team/app", "1").unwrap(), image.digest());
    assert_eq!(registry.open_uploads(), 0, "{}", registry.log().lines());
    for blob in image.blobs() {
        assert_eq!(registry.blob(&blob.digest).unwrap(), blob.bytes);
        assert!(registry.has_blob("team/app", &blob.digest));
    }
}

#[test]
fn every_kind_of_image_is_valid_in_the_eyes_of_skopeo() {
    let registry = Registry::start();
    let docker = Recipe::default()
        .family(Family::Docker)
        .gzipped()
        .layer(b"x")
        .build();
    let arm = Recipe::default()
        .platform("linux/arm64/v8")
        .gzipped()
        .layer(b"y")
        .build();
    let empty = Recipe::default()
        .gzipped()
        .tar(Tar::default().finish())
        .build();
    let settings = Recipe::default()
        .settings(r#"{"Cmd":["/x"]}"#)
        .manifest_field(r#""artifactType": "application/x""#)
        .tar(Tar::default().symlink("a", "b").finish())
        .build();
    let named = [
        ("docker", &docker),
        ("arm", &arm),
        ("empty", &empty),
        ("settings", &settings),
    ];
    for (tag, image) in named {
        registry.put_image("app", tag, image);
        let directory = tempfile::tempdir().unwrap();
        let target = format!("oci:{}:x", directory.path().display());
        skopeo(&[
            "copy",
            "--src-tls-verify=false",
            &format!("docker://{}", registry.name(&format!("app:{tag}"))),
            &target,
        ]);
    }
    registry.put_index(
        "app",
        "docker-list",
        &Index::docker(&[(&docker, "linux/amd64")]),
    );
    let index = Index::with_attestation(
        &[(&settings, "linux/amd64"), (&arm, "linux/arm64/v8")],
        &Image::tiny(9),
    );
    registry.put_index("app", "index", &index);
    registry.put_index("app", "bare", &Index::of(&[(&docker, "")]));
    assert_eq!(inspect_digest(&registry.name("app:index")), index.digest());
    let shown = inspect(&registry.name("app:docker-list"));
    assert_eq!(shown["Architecture"], "amd64");
    assert_eq!(shown["RepoTags"].as_array().unwrap().len(), 7);
}

#[test]
fn a_layout_with_an_index_goes_there_and_back() {
    let registry = Registry::start();
    let contents = [noise(1, 100_000), noise(2, 10)];
    let (one, other) = (Image::with_layers(&contents), Image::tiny(2));
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64")]);
    let directory = tempfile::tempdir().unwrap();
    OciLayout::new(directory.path()).index("all", &index);
    let source = format!("oci:{}:all", directory.path().display());
    copy(&source, &format!("docker://{}", registry.name("app:all")));
    assert_eq!(
        registry.manifest("app", index.digest()).unwrap(),
        index.manifest.bytes
    );
    assert_eq!(
        registry.manifest("app", other.digest()).unwrap(),
        other.manifest.bytes
    );
}

#[test]
fn a_password_is_asked_for_and_checked() {
    let challenge = r#"Basic realm="a b, \"q\"""#;
    let registry = Registry::start().with_basic("ann", "pass:word", challenge);
    let refused = get(&registry.host(), "/v2/", &[]);
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, Some(challenge))
    );
    let wrong = get(
        &registry.host(),
        "/v2/",
        &[("Authorization", &basic("ann", "x"))],
    );
    let right = get(
        &registry.host(),
        "/v2/",
        &[("Authorization", &basic("ann", "pass:word"))],
    );
    assert_eq!((wrong.status, right.status), (401, 200));
    push_as(&registry, "ann:pass:word", true);
    push_as(&registry, "ann:wrong", false);
}

#[test]
fn a_token_is_good_for_what_it_was_asked_for() {
    let users = Users::default()
        .user("ann", "pw", &[("*", "pull,push,delete")])
        .user("bob", "pw", &[("app", "pull")]);
    let tokens = TokenServer::start(users);
    let registry = Registry::start().with_token_server(&tokens);
    push_as(&registry, "ann:pw", true);
    assert_eq!(
        tokens.count(),
        tokens
            .log()
            .count("GET", "scope=repository%3Aapp%3Apull%2Cpush")
    );
    push_as(&registry, "bob:pw", false);
    push_as(&registry, "ann:wrong", false);
    let asked = get(
        &tokens.host(),
        "/token?service=s&scope=repository:app:pull,push",
        &[("Authorization", &basic("bob", "pw"))],
    );
    let bearer = format!("Bearer {}", asked.json()["token"].as_str().unwrap());
    let read = || {
        get(
            &registry.host(),
            "/v2/app/tags/list",
            &[("Authorization", &bearer)],
        )
    };
    assert_eq!(read().status, 200);
    let write = send(
        "POST",
        &registry.host(),
        "/v2/app/blobs/uploads/",
        &[("Authorization", &bearer)],
        &[],
    );
    let challenge = write.header("www-authenticate").unwrap();
    assert_eq!(write.status, 401);
    assert!(
        challenge.contains(r#"scope="repository:app:pull,push",error="insufficient_scope""#),
        "{challenge}"
    );
    tokens.forget_tokens();
    assert!(
        read()
            .header("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
}

#[test]
fn tokens_run_out_and_identity_tokens_make_new_ones() {
    let users = Users::default()
        .user("ann", "pw", &[("*", "pull")])
        .anonymous(&[("open", "pull")]);
    let tokens = TokenServer::start(users).expires_in(0);
    let registry = Registry::start().with_realm(&tokens, "/token");
    let identity = tokens.identity_token("ann");
    let form = format!(
        "grant_type=refresh_token&service=s&client_id=c&scope=repository%3Aapp%3Apull&refresh_token={identity}"
    );
    let answer = send("POST", &registry.host(), "/token", &[], form.as_bytes());
    assert_eq!(
        (answer.status, answer.json()["expires_in"].as_u64()),
        (200, Some(0))
    );
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    let late = get(
        &registry.host(),
        "/v2/app/tags/list",
        &[("Authorization", &bearer)],
    );
    assert!(
        late.header("www-authenticate")
            .unwrap()
            .starts_with(r#"Bearer realm="/token""#)
    );
    assert_eq!(
        send(
            "POST",
            &tokens.host(),
            "/token",
            &[],
            b"grant_type=refresh_token&refresh_token=x"
        )
        .status,
        401
    );
    tokens.rule(Rule::on("POST", "/token").then(Act::status(405)));
    assert_eq!(send("POST", &tokens.host(), "/token", &[], &[]).status, 405);
    assert_eq!(tokens.log().count("POST", ""), 2);
}

#[test]
fn a_range_is_served_and_can_be_ignored() {
    let (registry, blob) = with_blob();
    let range = [("Range", "bytes=1000-1009")];
    let part = get(&registry.host(), &at(&blob), &range);
    assert_eq!(
        (part.status, part.header("content-range")),
        (206, Some("bytes 1000-1009/200000"))
    );
    assert_eq!(part.body, blob.bytes[1000..1010]);
    let open = get(&registry.host(), &at(&blob), &[("Range", "bytes=199990-")]);
    assert_eq!(open.body, blob.bytes[199_990..]);
    assert_eq!(
        get(&registry.host(), &at(&blob), &[("Range", "bytes=200000-")]).status,
        416
    );
    registry.rule(Rule::on("GET", "/blobs/").then(Act::IgnoreRange));
    let whole = get(&registry.host(), &at(&blob), &range);
    assert_eq!((whole.status, whole.body.len()), (200, 200_000));
}

#[test]
fn a_rule_fires_as_often_as_it_was_told_and_the_first_one_wins() {
    let (registry, blob) = with_blob();
    registry.rule(Rule::on("GET", "/blobs/").nth(2..=3).then(Act::error(
        503,
        "UNAVAILABLE",
        "later",
    )));
    registry.rule(
        Rule::on("*", "/blobs/")
            .when(|request| request.header("x").is_some())
            .times(1)
            .then(Act::status(418)),
    );
    let statuses = |headers| -> Vec<u16> {
        (0..4)
            .map(|_| get(&registry.host(), &at(&blob), headers).status)
            .collect()
    };
    assert_eq!(statuses(&[]), [200, 503, 503, 200]);
    assert_eq!(statuses(&[("X", "1")]), [418, 200, 200, 200]);
    registry.clear_rules();
    assert_eq!(registry.count("GET", "/blobs/"), 8);
}

#[test]
fn an_answer_is_cut_at_the_very_byte_and_can_be_corrupted() {
    let (registry, blob) = with_blob();
    for keep in [0, 1, 70_000, 199_999] {
        registry.clear_rules();
        registry.rule(Rule::on("GET", "/blobs/").then(Act::CutAfter(keep)));
        let cut = get(&registry.host(), &at(&blob), &[]);
        assert_eq!(
            (cut.status, cut.header("content-length")),
            (200, Some("200000"))
        );
        assert_eq!(cut.body, blob.bytes[..keep]);
    }
    assert_eq!(registry.requests().last().unwrap().sent, 199_999);
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/blobs/").then(Act::CorruptByte(5)));
    let other = get(&registry.host(), &at(&blob), &[]).body;
    assert_eq!((other.len(), other[5]), (200_000, blob.bytes[5] ^ 1));
}

#[test]
fn answers_are_changed_replaced_redirected_and_slowed() {
    let (registry, blob) = with_blob();
    let host = registry.host();
    registry.rule(
        Rule::on("GET", "n=1")
            .then(Act::add_header("X-A", "b"))
            .then(Act::RemoveHeader("etag".into())),
    );
    registry.rule(
        Rule::on("GET", "n=2")
            .then(Act::ReplaceBody(b"short".to_vec()))
            .then(Act::Chunked),
    );
    registry.rule(Rule::on("GET", "n=3").then(Act::Redirect("/storage/{last}?sig=1".into(), 307)));
    registry.rule(Rule::on("GET", "n=4").then(Act::Delay(Duration::from_millis(200))));
    registry.rule(Rule::on("GET", "n=5").then(Act::Rate(400_000)));
    registry.rule(
        Rule::on("GET", "n=6").then(Act::custom(|request| Response::json(299, request.target()))),
    );
    registry.rule(Rule::on("GET", "n=7").then(Act::edit(|_, response| response.status = 203)));
    let ask = |n: u8| get(&host, &format!("{}?n={n}", at(&blob)), &[]);
    let (first, second) = (ask(1), ask(2));
    assert_eq!(
        (first.header("x-a"), first.header("etag")),
        (Some("b"), None)
    );
    assert_eq!(
        (second.text().as_str(), second.header("content-length")),
        ("short", None)
    );
    let stored = format!("/storage/{}", blob.digest);
    assert_eq!(
        ask(3).header("location").unwrap(),
        format!("{stored}?sig=1")
    );
    assert_eq!(get(&host, &stored, &[]).body, blob.bytes);
    assert_eq!(
        get(&host, &stored, &[("Authorization", "Bearer x")]).status,
        400
    );
    for (n, least) in [(4, 200), (5, 400)] {
        let start = Instant::now();
        assert_eq!(ask(n).body, blob.bytes);
        assert!(start.elapsed() >= Duration::from_millis(least));
    }
    assert!(ask(6).text().ends_with("?n=6"));
    assert_eq!(ask(7).status, 203);
}

#[test]
fn bodies_stall_or_never_end() {
    use std::io::{Read as _, Write as _};
    let (registry, blob) = with_blob();
    registry.rule(
        Rule::on("GET", "/blobs/")
            .times(1)
            .then(Act::StallAfter(1000)),
    );
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Endless(b"{}".to_vec())));
    for (wanted, expected) in [(1000, None), (1_000_000, Some(1_000_000))] {
        let mut stream = std::net::TcpStream::connect(registry.host()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        write!(stream, "GET {} HTTP/1.1\r\nHost: x\r\n\r\n", at(&blob)).unwrap();
        let mut bytes = vec![0; wanted + 10_000];
        let full = stream.read_exact(&mut bytes);
        assert_eq!(
            full.is_ok(),
            expected.is_some(),
            "only an endless body fills the buffer"
        );
    }
}

#[test]
fn an_upload_gives_its_state_back_and_content_is_checked() {
    let registry = Registry::start();
    let host = registry.host();
    let location = |repository: &str| open(&registry, repository);
    let digest = sha256(b"content");
    let right = send(
        "PUT",
        &host,
        &format!("{}&digest={digest}", location("app")),
        &[OCTETS],
        b"content",
    );
    assert_eq!(
        (right.status, registry.blob(&digest).unwrap().as_slice()),
        (201, &b"content"[..])
    );
    let changed = location("app").replace("%2F", "/");
    assert_eq!(
        send(
            "PUT",
            &host,
            &format!("{changed}&digest={digest}"),
            &[OCTETS],
            b"content"
        )
        .status,
        400
    );
    let wrong = format!("{}&digest={}", location("app"), sha256(b"other"));
    assert_eq!(
        send("PUT", &host, &wrong, &[OCTETS], b"content").status,
        400
    );
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(
        send(
            "PUT",
            &host,
            &format!("{}&digest={digest}", location("app")),
            &form,
            b"content"
        )
        .status,
        400
    );
    let mount = |from: &str| {
        send(
            "POST",
            &host,
            &format!("/v2/b/blobs/uploads/?mount={digest}&from={from}"),
            &[],
            &[],
        )
    };
    assert_eq!((mount("app").status, mount("none").status), (201, 202));
}

#[test]
fn an_upload_in_pieces_arrives_whole() {
    let registry = Registry::start()
        .with_habits(|habits| habits.location = "{path}?x=1&_state={state}&y=%7E".into());
    let host = registry.host();
    let first = send(
        "PATCH",
        &host,
        &open(&registry, "app"),
        &[OCTETS, ("Content-Range", "0-2")],
        b"con",
    );
    assert_eq!((first.status, first.header("range")), (202, Some("0-2")));
    let place = first.header("location").unwrap().to_string();
    let gap = send(
        "PATCH",
        &host,
        &place,
        &[OCTETS, ("Content-Range", "5-6")],
        b"nt",
    );
    assert_eq!(gap.status, 416);
    let digest = sha256(b"content");
    let last = send(
        "PUT",
        &host,
        &format!("{place}&digest={digest}"),
        &[OCTETS],
        b"tent",
    );
    assert_eq!(
        (last.status, registry.blob(&digest).unwrap().len()),
        (201, 7)
    );
}

#[test]
fn a_broken_upload_goes_on_only_where_the_registry_can() {
    for resumable in [false, true] {
        let registry = Registry::start().with_habits(|habits| habits.resumable_uploads = resumable);
        registry.rule(
            Rule::on("PUT", "/uploads/")
                .times(1)
                .then(Act::CloseBeforeBody(50_000)),
        );
        let (bytes, host) = (noise(3, 90_000), registry.host());
        let (digest, place) = (sha256(&bytes), open(&registry, "app"));
        let target = format!("{place}&digest={digest}");
        assert_eq!(send("PUT", &host, &target, &[OCTETS], &bytes).status, 0);
        let again = send("PUT", &host, &target, &[OCTETS], &bytes).status;
        let status = get(&host, &place, &[]);
        if resumable {
            assert_eq!(
                (again, status.status, status.header("range")),
                (416, 204, Some("0-49999"))
            );
            let place = status
                .header("location")
                .unwrap()
                .split_once("/v2/")
                .unwrap()
                .1;
            let rest = send(
                "PUT",
                &host,
                &format!("/v2/{place}&digest={digest}"),
                &[OCTETS],
                &bytes[50_000..],
            );
            assert_eq!((rest.status, registry.blob(&digest).unwrap()), (201, bytes));
        } else {
            assert_eq!((again, status.status), (404, 404));
        }
    }
}

#[test]
fn an_answer_is_lost_after_the_work_and_refused_before_it() {
    let registry = Registry::start().with_habits(|habits| habits.single_post = true);
    let digest = sha256(b"content");
    let target = format!("/v2/app/blobs/uploads/?digest={digest}");
    registry.rule(Rule::on("POST", "/uploads/").times(1).then(Act::Refuse {
        after: 3,
        code: 413,
        headers: vec![],
        body: b"big".to_vec(),
    }));
    registry.rule(Rule::on("POST", "/uploads/").times(1).then(Act::LoseAnswer));
    let refused = send("POST", &registry.host(), &target, &[OCTETS], b"content");
    assert_eq!(
        (
            refused.status,
            refused.text().as_str(),
            registry.blob(&digest)
        ),
        (413, "big", None)
    );
    assert_eq!(
        send("POST", &registry.host(), &target, &[OCTETS], b"content").status,
        0
    );
    assert_eq!(registry.blob(&digest).unwrap(), b"content");
    let bodies: Vec<u64> = registry
        .requests()
        .iter()
        .map(|request| request.body_len)
        .collect();
    assert_eq!(bodies, [3, 7]);
}

#[test]
fn a_manifest_is_refused_until_its_parts_are_there() {
    let registry = Registry::start().with_habits(|habits| habits.tags_by_query = true);
    let image = Image::tiny(4);
    let kind = [("Content-Type", image.manifest.media_type.as_str())];
    let put = |reference: &str| {
        send(
            "PUT",
            &registry.host(),
            &format!("/v2/app/manifests/{reference}"),
            &kind,
            &image.manifest.bytes,
        )
    };
    let early = put("1");
    assert_eq!(
        (early.status, early.json()["errors"][0]["code"].as_str()),
        (400, Some("MANIFEST_BLOB_UNKNOWN"))
    );
    assert_eq!(
        early.json()["errors"][0]["detail"]["digest"],
        image.layers[0].digest.as_str()
    );
    image
        .blobs()
        .for_each(|blob| registry.put_blob("app", blob));
    assert_eq!(put("1").status, 201);
    let both = put(&format!("{}?tag=a&tag=b", image.digest()));
    assert_eq!(
        (both.status, registry.tags("app")),
        (201, ["1", "a", "b"].map(String::from).to_vec())
    );
    let unaccepted = get(
        &registry.host(),
        "/v2/app/manifests/1",
        &[("Accept", "*/*")],
    );
    assert_eq!(unaccepted.status, 404);
}

#[test]
fn tags_come_in_pages_and_go_one_by_one() {
    let registry = Registry::start().with_habits(|habits| habits.page = 2);
    let image = Image::tiny(5);
    ["c", "a", "b"]
        .iter()
        .for_each(|tag| registry.put_image("app", tag, &image));
    let host = registry.host();
    let first = get(&host, "/v2/app/tags/list", &[]);
    assert_eq!(
        first.header("link"),
        Some(r#"</v2/app/tags/list?last=b&n=2>; rel="next""#)
    );
    let second = get(&host, "/v2/app/tags/list?last=b&n=2", &[]);
    assert_eq!(
        (second.json()["tags"][0].as_str(), second.header("link")),
        (Some("c"), None)
    );
    assert_eq!(
        send("DELETE", &host, "/v2/app/manifests/c", &[], &[]).status,
        202
    );
    assert_eq!(registry.tags("app"), ["a", "b"]);
    assert_eq!(
        send(
            "DELETE",
            &host,
            &format!("/v2/app/manifests/{}", image.digest()),
            &[],
            &[]
        )
        .status,
        202
    );
    assert!(registry.tags("app").is_empty());
    assert_eq!(
        get(&host, "/v2/_catalog", &[]).json()["repositories"][0],
        "app"
    );
    assert_eq!(get(&host, "/v2/none/tags/list", &[]).status, 404);
}

#[test]
fn the_log_knows_what_went_on_at_once() {
    let (registry, blob) = with_blob();
    registry.rule(Rule::on("GET", "/blobs/").then(Act::Delay(Duration::from_millis(300))));
    std::thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(|| get(&registry.host(), &at(&blob), &[]))));
    });
    assert_eq!(registry.log().most_at_once("GET", "/blobs/"), 3);
}

fn with_blob() -> (Registry, Blob) {
    let registry = Registry::start();
    let blob = Blob::new("application/octet-stream", noise(7, 200_000));
    registry.put_blob("app", &blob);
    (registry, blob)
}

fn at(blob: &Blob) -> String {
    format!("/v2/app/blobs/{}", blob.digest)
}

/// Opens an upload session and answers its Location as path and query.
fn open(registry: &Registry, repository: &str) -> String {
    let target = format!("/v2/{repository}/blobs/uploads/");
    let answer = send("POST", &registry.host(), &target, &[], &[]);
    let location = answer.header("location").unwrap();
    format!("/v2/{}", location.split_once("/v2/").unwrap().1)
}

fn push_as(registry: &Registry, credentials: &str, expected: bool) {
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", &Image::tiny(6));
    let target = format!("docker://{}", registry.name("app:x"));
    let output = try_skopeo(&[
        "copy",
        "--dest-tls-verify=false",
        "--dest-creds",
        credentials,
        &source,
        &target,
    ]);
    let log = registry.log().lines();
    assert_eq!(
        output.status.success(),
        expected,
        "{}{log}",
        String::from_utf8_lossy(&output.stderr)
    );
}
