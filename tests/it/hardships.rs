//! What registries in the field do within and beyond their rights, and a client has to live with: half-told challenges,
//! addresses that ran out, pages that break off, odd contents, long and hostile refusals.

use crate::support::image::{Blob, Image, Recipe, sha512};
use crate::support::registry::Registry;
use crate::support::scene::Scene;
use crate::support::server::{Act, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

/// A registry that wants tokens, which anybody may have.
fn behind_tokens(realm: impl FnOnce(&TokenServer) -> String) -> (Scene, TokenServer) {
    let tokens = TokenServer::start(Users::default().anonymous(&[("*", "pull,push")]));
    let realm = realm(&tokens);
    let scene = Scene::with(Registry::start().with_realm(&tokens, &realm));
    scene.registry.put_image("team/app", "1", &Image::tiny(1));
    (scene, tokens)
}

#[test]
fn a_challenge_that_only_the_base_tells_is_asked_for_there() {
    let (scene, tokens) = behind_tokens(TokenServer::realm);
    let silent = Act::edit(|_, answer| {
        if answer.status == 401 {
            answer.headers.retain(|(name, _)| name != "www-authenticate");
        }
    });
    scene.rule("*", "/team/app/", silent);
    scene.call("pull @/team/app:1").ok();
    assert_eq!(tokens.count(), 1);
    scene.assert_sound();
}

#[test]
fn a_realm_may_be_relative_and_have_a_query() {
    let (scene, tokens) = behind_tokens(|tokens| format!("{}?tenant=a%2Fb", tokens.realm()));
    scene.call("pull @/team/app:1").ok();
    assert_eq!(tokens.log().count("GET", "/token?tenant=a%2Fb&"), 1);
    let (relative, tokens) = behind_tokens(|_| "/token".to_owned());
    relative.call("pull @/team/app:1").ok();
    assert_eq!((tokens.count(), relative.registry.count("GET", "/token?")), (0, 1));
}

#[test]
fn a_token_that_never_suffices_is_not_fetched_for_ever() {
    let tokens = TokenServer::start(Users::default());
    let scene = Scene::with(Registry::start().with_token_server(&tokens));
    let run = scene.call("pull @/team/app:1").fails(4);
    assert!(run.stderr.contains("authentication required"), "{}", run.stderr);
    assert!(
        scene.registry.count("GET", "/manifests/") <= 2,
        "{}",
        scene.registry.log().lines()
    );
    assert!(tokens.count() <= 4, "{}", tokens.log().lines());
}

#[test]
fn a_registry_that_asks_only_those_who_write_is_answered_then() {
    let image = Image::tiny(1);
    let scene = Scene::new();
    scene.stored("team/app:1", &image);
    scene.lugger.config(&format!(
        r#"{{"auths":{{"{}":{{"username":"bob","password":"canary-of-bob"}}}}}}"#,
        scene.registry.host()
    ));
    let guarded = |request: &crate::support::server::Request| {
        !matches!(&*request.method, "GET" | "HEAD") && request.header("authorization").is_none()
    };
    let challenge = Response::error(401, "UNAUTHORIZED", "who is there?").header("www-authenticate", "Basic realm=\"x\"");
    let ask = Act::custom(move |_| challenge.clone());
    scene.registry.rule(Rule::on("*", "/v2/").when(guarded).then(ask));
    scene.call("push @/team/app:1").ok();
    assert_eq!(scene.registry.digest("team/app", "1").as_deref(), Some(image.digest()));
}

#[test]
fn a_storage_address_that_ran_out_is_asked_for_anew() {
    let (scene, image) = Scene::with_large_layer(100_000);
    let storage = Registry::start();
    storage.put_image("any", "1", &image);
    let there = format!("{}/storage/{{last}}?sig=1", storage.origin());
    scene.rule("GET", "/blobs/", Act::Redirect(there, 307));
    let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let late = Response::new(403).header("content-type", "application/xml").body(expired);
    storage.rule(Rule::on("GET", "/storage/").times(1).then(Act::custom(move |_| late.clone())));
    scene.call("pull @/team/app:1").ok();
    assert_eq!(
        scene.registry.count("GET", "/blobs/sha256"),
        3,
        "{}",
        scene.registry.log().lines()
    );
    scene.assert_sound();
}

#[test]
fn a_page_of_tags_that_breaks_off_is_asked_for_again() {
    let scene = Scene::of(&Image::tiny(1));
    scene.rule_once("GET", "/tags/list", Act::CutAfter(10));
    let run = scene.call("list-tags @/team/app").ok();
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
}

#[test]
fn a_link_with_another_path_leads_to_the_next_page_all_the_same() {
    let scene = Scene::with(Registry::start().with_habits(|habits| habits.page = 1));
    for tag in ["a", "b", "c"] {
        scene.registry.put_image("team/app", tag, &Image::tiny(1));
    }
    let prefixed = Act::edit(|_, answer| {
        for (_, value) in answer.headers.iter_mut().filter(|(name, _)| name == "link") {
            *value = value.replace("</v2/", "</repository/docker/");
        }
    });
    scene.rule("GET", "/v2/team/app/tags/list", prefixed);
    let run = scene.call("list-tags @/team/app").ok();
    assert!(run.stdout.contains("   a,b,c   "), "{}", run.stdout);
}

#[test]
fn a_config_that_breaks_off_is_asked_for_again() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    for words in ["inspect --config @/team/app:1", "list-tags @/team/app"] {
        scene.registry.clear_rules();
        scene.rule_once("GET", &image.config.digest, Act::CutAfter(10));
        scene.call(words).ok();
    }
    scene.rule("GET", &image.config.digest, Act::CorruptByte(10));
    scene.call("inspect --config @/team/app:1").fails(7);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_before_anything_is_said() {
    let scene = Scene::with(Registry::start_tls());
    scene.registry.put_image("team/app", "1", &Image::tiny(1));
    let run = scene.call("pull @/team/app:1").fails(5);
    assert!(run.stderr.contains("certificate"), "{}", run.stderr);
    assert!(scene.registry.requests().is_empty());
    let authority = scene.lugger.home().join("authority.pem");
    std::fs::write(&authority, scene.registry.authority_pem()).unwrap();
    scene.call("pull @/team/app:1").env("SSL_CERT_FILE", &authority).ok();
    scene.assert_sound();
}

#[test]
fn a_refused_range_whose_body_is_a_lie_does_not_hang() {
    let (scene, image) = Scene::with_large_layer(300_000);
    let layer = &image.layers[0].digest;
    scene.rule_once("GET", layer, Act::CutAfter(100_000));
    let refuse = Act::edit(|_, answer| answer.status = 416);
    let ranged = Rule::on("GET", layer).when(|request| request.header("range").is_some());
    scene
        .registry
        .rule(ranged.then(Act::IgnoreRange).then(refuse).then(Act::CutAfter(33)));
    scene.call("pull @/team/app:1").ok();
    scene.assert_sound();
}

#[test]
fn layers_without_bytes_and_by_sha512_go_down_and_up() {
    let mut strong = Blob::new("application/vnd.oci.image.layer.v1.tar", b"strong".to_vec());
    strong.digest = sha512(&strong.bytes);
    let image = Recipe::default()
        .layer(b"x")
        .stored_as(&strong.media_type, Vec::new())
        .build();
    let text = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let text = text.replace("\"layers\": [", &format!("\"layers\": [ {},", strong.descriptor()));
    let manifest = Blob::new(&image.manifest.media_type, text.into_bytes());
    let layers = [&[strong][..], &image.layers[..]].concat();
    let image = Image {
        layers,
        manifest,
        ..image
    };
    let scene = Scene::of(&image);
    scene.call("pull @/team/app:1").ok();
    scene.assert_sound();
    let other = Registry::start();
    let to = other.name("b/app:2");
    scene.call(&format!("tag @/team/app:1 {to}")).ok();
    scene.call(&format!("push {to}")).ok();
    assert_eq!(other.manifest("b/app", "2"), Some(image.manifest.bytes.clone()));
    assert!(
        image
            .blobs()
            .all(|blob| other.blob(&blob.digest).as_ref() == Some(&blob.bytes))
    );
}

#[test]
fn a_quota_is_a_refusal_under_whatever_status() {
    for (status, code) in [(429, "TOOMANYREQUESTS"), (403, "DENIED"), (413, "DENIED")] {
        let scene = Scene::new();
        scene.stored("team/app:1", &Image::tiny(1));
        scene.rule("POST", "/uploads/", Act::error(status, code, "quota of 10 GiB is used up"));
        let run = scene.call("push @/team/app:1").fails(8);
        assert!(run.stderr.contains("quota of 10 GiB is used up"), "{}", run.stderr);
        assert!(!run.stderr.contains("lugger login"), "{}", run.stderr);
    }
}

#[test]
fn a_long_and_hostile_refusal_is_told_in_a_few_words() {
    let page = format!(
        "<html><head><title>Blocked \u{1b}[31mhere\u{7}</title></head>{}",
        "x".repeat(10 << 20)
    );
    let mut junk = vec![0xff; 2000];
    junk.extend_from_slice(b"\x1b]0;title\x07");
    for body in [page.into_bytes(), junk, Vec::new()] {
        let scene = Scene::new();
        let answer = Response::new(403).header("content-type", "text/html").body(body);
        scene.rule("*", "/manifests/", Act::custom(move |_| answer.clone()));
        let run = scene.call("pull @/team/app:1").fails(4);
        assert!(run.stderr.contains("403 ") && run.stderr.len() < 1500, "{}", run.stderr);
        assert!(!run.stderr.contains(['\u{1b}', '\u{7}']), "{:?}", run.stderr);
    }
}

#[test]
fn a_copy_between_registries_bears_a_break_and_refuses_a_wrong_bit() {
    let (scene, image) = Scene::with_large_layer(100_000);
    let other = Registry::start();
    let copy = format!("copy @/team/app:1 {}", other.name("b/app:2"));
    let layer = &image.layers[0].digest;
    scene.rule("GET", layer, Act::CorruptByte(77));
    scene.call(&copy).fails(7);
    assert!(other.tags("b/app").is_empty() && !other.has_blob("b/app", layer));
    scene.registry.clear_rules();
    scene.rule_once("GET", layer, Act::CutAfter(40_000));
    scene.call(&copy).ok();
    assert_eq!(other.digest("b/app", "2").as_deref(), Some(image.digest()));
}

#[test]
fn a_warning_of_the_registry_is_passed_on_once() {
    let scene = Scene::with(Registry::start());
    scene.registry.put_image("team/app", "1", &Image::tiny(1));
    let warning = Act::AddHeader("warning".to_owned(), r#"299 - "this tag goes away""#.to_owned());
    scene.rule("GET", "/team/app/", warning);
    let run = scene.call("pull @/team/app:1").ok();
    assert_eq!(run.stderr.matches("says: this tag goes away").count(), 1, "{}", run.stderr);
}

#[test]
fn content_that_its_descriptor_holds_is_not_fetched_if_it_is_right() {
    for (data, fetched) in [("Ynl0ZXM=", 0), ("Ynl0ZXN4", 1), ("?", 1)] {
        let scene = Scene::with(Registry::start());
        let mut image = Image::tiny(1);
        let small = Blob::new("application/octet-stream", b"bytes".to_vec());
        let embedded = small.descriptor().replacen('{', &format!(r#"{{"data":"{data}","#), 1);
        let manifest = String::from_utf8(image.manifest.bytes).unwrap();
        let manifest = manifest.replace(&image.layers[1].descriptor(), &embedded);
        image.manifest = Blob::new(&image.manifest.media_type, manifest.into_bytes());
        image.layers[1] = small.clone();
        scene.registry.put_image("team/app", "1", &image);
        scene.call("pull @/team/app:1").ok();
        assert_eq!(scene.registry.count("GET", &small.digest), fetched, "{data}");
        scene.assert_sound();
    }
}
