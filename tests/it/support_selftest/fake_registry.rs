//! The fake registry, against skopeo and against bare requests.

use std::fs;

use crate::support::image::{Family, Image, Index, Recipe};
use crate::support::layout::OciLayout;
use crate::support::peers::skopeo::{copy, inspect, inspect_digest, skopeo, try_skopeo};
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::tar::{Tar, gzip, noise};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::{basic, get, send};

#[test]
fn an_image_that_skopeo_pushed_is_the_image_that_was_made() {
    let registry = Registry::start();
    let image = Image::tiny(1);
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "one", &image);
    copy(&source, &format!("docker://{}", registry.name("team/app:1")));
    assert_eq!(registry.manifest("team/app", "1").unwrap(), image.manifest.bytes);
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
    for (tag, image) in kinds() {
        registry.put_image("app", tag, &image);
        let directory = tempfile::tempdir().unwrap();
        let source = format!("docker://{}:{tag}", registry.name("app"));
        let target = format!("oci:{}:x", directory.path().display());
        skopeo(&["copy", "--src-tls-verify=false", &source, &target]);
    }
    assert_eq!(inspect(&registry.name("app:arm"))["Architecture"], "arm64");
}

#[test]
fn every_kind_of_index_is_valid_in_the_eyes_of_skopeo() {
    let registry = Registry::start();
    let arm = Recipe::default().platform("linux/arm64/v8").layer(b"y").build();
    let docker = Recipe::default().family(Family::Docker).gzipped().layer(b"x").build();
    registry.put_index("app", "docker", &Index::docker(&[(&docker, "linux/amd64")]));
    registry.put_index("app", "bare", &Index::of(&[(&arm, "")]));
    let both = [(&Image::tiny(1), "linux/amd64"), (&arm, "linux/arm64/v8")];
    let index = Index::with_attestation(&both, &Image::tiny(9));
    registry.put_index("app", "attested", &index);
    assert_eq!(inspect_digest(&registry.name("app:attested")), index.digest());
    let shown = inspect(&registry.name("app:docker"));
    assert_eq!(shown["Architecture"], "amd64");
    assert_eq!(shown["RepoTags"].as_array().unwrap().len(), 3);
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
    assert_eq!(registry.manifest("app", index.digest()).unwrap(), index.manifest.bytes);
    assert_eq!(registry.manifest("app", other.digest()).unwrap(), other.manifest.bytes);
}

#[test]
fn a_password_is_asked_for_and_checked() {
    let challenge = r#"Basic realm="a b, \"q\"""#;
    let registry = Registry::start().with_basic("ann", "pass:canary", challenge);
    let refused = get(&registry.host(), "/v2/", &[]);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some(challenge)));
    let wrong = get(&registry.host(), "/v2/", &[("Authorization", &basic("ann", "x"))]);
    let right = get(&registry.host(), "/v2/", &[("Authorization", &basic("ann", "pass:canary"))]);
    assert_eq!((wrong.status, right.status), (401, 200));
    push_as(&registry, "ann:pass:canary", true);
    push_as(&registry, "ann:wrong", false);
}

#[test]
fn a_token_is_good_for_what_it_was_asked_for() {
    let users =
        Users::default()
            .user("ann", "pw-canary", &[("*", "pull,push,delete")])
            .user("bob", "pw-canary", &[("app", "pull")]);
    let tokens = TokenServer::start(users);
    let registry = Registry::start().with_token_server(&tokens);
    push_as(&registry, "ann:pw-canary", true);
    assert_eq!(
        tokens.count(),
        tokens.log().count("GET", "scope=repository%3Aapp%3Apull%2Cpush")
    );
    push_as(&registry, "bob:pw-canary", false);
    push_as(&registry, "ann:wrong", false);
    let asked = get(
        &tokens.host(),
        "/token?service=s&scope=repository:app:pull,push",
        &[("Authorization", &basic("bob", "pw-canary"))],
    );
    let bearer = format!("Bearer {}", asked.json()["token"].as_str().unwrap());
    let read = || get(&registry.host(), "/v2/app/tags/list", &[("Authorization", &bearer)]);
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
    assert!(read().header("www-authenticate").unwrap().contains("invalid_token"));
}

#[test]
fn tokens_run_out_and_identity_tokens_make_new_ones() {
    let users = Users::default()
        .user("ann", "pw-canary", &[("*", "pull")])
        .anonymous(&[("open", "pull")]);
    let tokens = TokenServer::start(users).expires_in(0);
    let registry = Registry::start().with_realm(&tokens, "/token");
    let identity = tokens.identity_token("ann");
    let form = format!("grant_type=refresh_token&service=s&client_id=c&scope=repository%3Aapp%3Apull&refresh_token={identity}");
    let answer = send("POST", &registry.host(), "/token", &[], form.as_bytes());
    assert_eq!((answer.status, answer.json()["expires_in"].as_u64()), (200, Some(0)));
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    let late = get(&registry.host(), "/v2/app/tags/list", &[("Authorization", &bearer)]);
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
    assert_eq!(early.json()["errors"][0]["detail"]["digest"], image.layers[0].digest.as_str());
    image.blobs().for_each(|blob| registry.put_blob("app", blob));
    assert_eq!(put("1").status, 201);
    let both = put(&format!("{}?tag=a&tag=b", image.digest()));
    assert_eq!(
        (both.status, registry.tags("app")),
        (201, ["1", "a", "b"].map(String::from).to_vec())
    );
    let unaccepted = get(&registry.host(), "/v2/app/manifests/1", &[("Accept", "*/*")]);
    assert_eq!(unaccepted.status, 404);
}

#[test]
fn tags_come_in_pages_and_go_one_by_one() {
    let registry = Registry::start().with_habits(|habits| habits.page = 2);
    let image = Image::tiny(5);
    for tag in ["c", "a", "b"] {
        registry.put_image("app", tag, &image);
    }
    let host = registry.host();
    let first = get(&host, "/v2/app/tags/list", &[]);
    assert_eq!(first.header("link"), Some(r#"</v2/app/tags/list?last=b&n=2>; rel="next""#));
    let second = get(&host, "/v2/app/tags/list?last=b&n=2", &[]);
    assert_eq!((second.json()["tags"][0].as_str(), second.header("link")), (Some("c"), None));
    assert_eq!(send("DELETE", &host, "/v2/app/manifests/c", &[], &[]).status, 202);
    assert_eq!(registry.tags("app"), ["a", "b"]);
    assert_eq!(
        send("DELETE", &host, &format!("/v2/app/manifests/{}", image.digest()), &[], &[]).status,
        202
    );
    assert!(registry.tags("app").is_empty());
    assert_eq!(get(&host, "/v2/_catalog", &[]).json()["repositories"][0], "app");
    assert_eq!(get(&host, "/v2/none/tags/list", &[]).status, 404);
}

#[test]
fn a_certificate_is_believed_only_through_its_authority() {
    let registry = Registry::start_tls();
    registry.put_image("app", "1", &Image::tiny(7));
    let certificates = tempfile::tempdir().unwrap();
    let target = format!("docker://{}", registry.name("app:1"));
    let directory = certificates.path().to_str().unwrap();
    let ask = || try_skopeo(&["inspect", "--raw", "--cert-dir", directory, &target]);
    let refused = String::from_utf8(ask().stderr).unwrap();
    assert!(refused.contains("unknown authority"), "{refused}");
    fs::write(certificates.path().join("ca.crt"), registry.authority_pem()).unwrap();
    assert_eq!(ask().stdout, Image::tiny(7).manifest.bytes);
    let directory = tempfile::tempdir().unwrap();
    let source = OciLayout::write(directory.path(), "x", &Image::tiny(8));
    copy(&source, &format!("docker://{}", registry.name("app:2")));
    assert!(registry.origin().starts_with("https://127.0.0.1:"));
    assert_eq!(registry.digest("app", "2").unwrap(), Image::tiny(8).digest());
}

fn kinds() -> Vec<(&'static str, Image)> {
    let recipe = Recipe::default;
    let gzip_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    let tar = Tar::default().file("f", 0o600, b"z").finish();
    vec![
        ("plain", Image::tiny(3)),
        ("docker", recipe().family(Family::Docker).gzipped().layer(b"x").build()),
        ("arm", recipe().platform("linux/arm64/v8").gzipped().layer(b"y").build()),
        ("empty", recipe().gzipped().tar(Tar::default().finish()).build()),
        ("link", recipe().tar(Tar::default().symlink("a", "b").finish()).build()),
        ("settings", recipe().settings(r#"{"Cmd":["/x"]}"#).layer(b"s").build()),
        (
            "field",
            recipe()
                .manifest_field(r#""artifactType": "application/x""#)
                .layer(b"f")
                .build(),
        ),
        ("stored", recipe().tar(tar.clone()).stored_as(gzip_type, gzip(&tar)).build()),
    ]
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
