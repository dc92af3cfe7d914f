//! Images that cannot be read: each a row without what nobody knows of it, and a warning, in a list that is otherwise whole.

use std::fs;

use serde_json::Value;

use super::{heads, image, json, rows, sheets, with_images};
use crate::support::image::{Blob, Index};
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};

const LIST: &str = "list-tags --sort name --format json @/team/app";

/// What old repositories have. Another number, another manifest.
fn schema_1(number: usize) -> Blob {
    let body = format!(r#"{{"schemaVersion":1,"name":"team/app","tag":"{number}","fsLayers":[],"history":[]}}"#);
    Blob::new("application/vnd.docker.distribution.manifest.v1+prettyjws", body.into_bytes())
}

/// Two images, `v0` and `v1`, and whatever is put at `odd`.
fn with_odd(put: impl FnOnce(&Scene)) -> Scene {
    let scene = with_images(2);
    put(&scene);
    scene
}

/// The row of a tag.
fn row<'a>(list: &'a Value, tag: &str) -> &'a Value {
    let rows = list.as_array().unwrap().iter();
    let mut rows = rows.filter(|row| row["tags"].as_array().unwrap().iter().any(|own| own == tag));
    rows.next().unwrap()
}

/// All that is remembered.
fn remembered(scene: &Scene) -> String {
    let sheets = sheets(&scene.lugger).into_iter();
    sheets.map(|sheet| fs::read_to_string(sheet).unwrap()).collect()
}

#[test]
fn an_image_whose_manifest_cannot_be_read_is_a_row_with_its_digest_and_tags() {
    const FOREIGN: &str = "application/vnd.example.v3+json";
    let good = image(7);
    let body = format!(
        r#"{{"schemaVersion":3,"mediaType":"{FOREIGN}","config":{}}}"#,
        good.config.descriptor()
    );
    let foreign = Blob::new(&good.manifest.media_type, body.into_bytes());
    // A registry that gives whatever it has, whatever was asked for.
    let given = Act::edit(|_, response| {
        response.remove_header("content-type");
        response.add_header("content-type", FOREIGN);
    });
    let policy = Act::error(412, "PROJECTPOLICYVIOLATION", "too many holes");
    for (manifest, act, why) in [
        (&schema_1(1), None, "schema 1"),
        (&foreign, Some(given), FOREIGN),
        (&good.manifest, Some(Act::CorruptByte(20)), "hash to"),
        (&good.manifest, Some(policy), "too many holes"),
    ] {
        let scene = with_odd(|scene| {
            good.blobs().for_each(|blob| scene.registry.put_blob("team/app", blob));
            scene.registry.put_manifest("team/app", Some("odd"), manifest);
        });
        if let Some(act) = act {
            scene.rule("GET", &format!("/manifests/{}", manifest.digest), act);
        }
        let run = scene.call(LIST).ok();
        let list = json(&run);
        assert_eq!(rows(&run), ["odd", "v0", "v1"], "{why}");
        let odd = serde_json::json!({"digest": manifest.digest, "tags": ["odd"], "timestamp": null, "size": 0,
            "mediaType": null, "platforms": []});
        assert_eq!(*row(&list, "odd"), odd, "{why}");
        assert_eq!(row(&list, "v1")["platforms"], serde_json::json!(["linux/amd64"]));
        let name = scene.registry.name("team/app:odd");
        let begins = format!("warning: {name} is listed without details: ");
        assert!(run.stderr.starts_with(&begins) && run.stderr.contains(why), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        let known = remembered(&scene);
        assert!(
            known.contains(image(0).digest()) && !known.contains(&manifest.digest),
            "{known}"
        );
    }
}

#[test]
fn an_image_whose_config_cannot_be_read_has_what_its_manifest_says() {
    let good = image(7);
    let at = format!("/blobs/{}", good.config.digest);
    for (act, why) in [
        (Act::error(404, "BLOB_UNKNOWN", "gone for good"), "gone for good"),
        (Act::ReplaceBody(vec![b' '; 9 << 20]), "is over 8388608 bytes"),
        (Act::CorruptByte(3), "does not match its digest"),
    ] {
        let scene = with_odd(|scene| scene.registry.put_image("team/app", "odd", &good));
        scene.rule("GET", &at, act);
        let run = scene.call(LIST).ok();
        assert_eq!(rows(&run), ["odd", "v0", "v1"], "{why}");
        let list = json(&run);
        let (odd, other) = (row(&list, "odd"), row(&list, "v0"));
        assert_eq!(odd["mediaType"], other["mediaType"]);
        assert!(odd["size"].as_u64() > Some(100));
        assert_eq!((&odd["timestamp"], &odd["platforms"]), (&Value::Null, &serde_json::json!([])));
        assert!(run.stderr.contains(why) && run.stderr.lines().count() == 1, "{}", run.stderr);
        assert!(!remembered(&scene).contains(good.digest()));
        // What was not remembered is seen when it can be.
        scene.registry.clear_rules();
        let run = scene.call(LIST).ok();
        assert!(run.stderr.is_empty() && row(&json(&run), "odd")["timestamp"].is_string());
    }
}

#[test]
fn an_index_with_an_image_that_cannot_be_read_has_no_age_and_no_size() {
    let (one, two) = (image(7), image(8));
    let index = Index::of(&[(&one, "linux/amd64"), (&two, "linux/arm64")]);
    let scene = with_odd(|scene| {
        scene.registry.put_index("team/app", "all", &index);
        scene
            .registry
            .put_index("team/app", "also", &Index::of(&[(&two, "linux/s390x")]));
    });
    let part = format!("/manifests/{}", two.digest());
    scene.rule("GET", &part, Act::CorruptByte(20));
    let run = scene.call(LIST).ok();
    assert_eq!(rows(&run), ["all", "also", "v0", "v1"]);
    let list = json(&run);
    let all = row(&list, "all");
    assert_eq!(
        *all,
        serde_json::json!({"digest": index.digest(), "tags": ["all"], "timestamp": null, "size": 0,
            "mediaType": index.manifest.media_type, "platforms": ["linux/amd64", "linux/arm64"]})
    );
    let warnings: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(warnings.len(), 2, "{}", run.stderr);
    assert!(warnings[0].contains("team/app:all is") && warnings[1].contains("team/app:also is"));
    assert!(warnings.iter().all(|line| line.contains(two.digest())), "{}", run.stderr);
    // The second time because a byte may have changed on the way.
    assert_eq!(scene.registry.count("GET", &part), 2, "for both indexes");
    let known = remembered(&scene);
    assert!(known.contains(one.digest()) && !known.contains(two.digest()) && !known.contains(index.digest()));
}

#[test]
fn the_table_has_gaps_where_nothing_is_known() {
    let scene = with_odd(|scene| scene.registry.put_manifest("team/app", Some("odd"), &schema_1(1)));
    for words in ["list-tags @/team/app", "list-tags --wide @/team/app"] {
        let run = scene.call(words).ok();
        let last = run.stdout.lines().last().unwrap();
        let cells: Vec<&str> = last.split_whitespace().collect();
        assert_eq!(cells, [&schema_1(1).digest["sha256:".len()..][..12], "odd"], "{}", run.stdout);
    }
    assert_eq!(
        scene.call("list-tags --format names --sort created @/team/app").ok().stdout,
        "v0\nv1\nodd\n"
    );
}

#[test]
fn of_many_images_that_cannot_be_read_some_are_told() {
    let scene = with_odd(|scene| {
        for number in 0..25 {
            let tag = format!("old{number:02}");
            scene.registry.put_manifest("team/app", Some(&tag), &schema_1(number));
        }
        for tag in ["old00-same", "old00-too"] {
            scene.registry.put_manifest("team/app", Some(tag), &schema_1(0));
        }
        scene.registry.put_manifest("team/app", Some("old01-same"), &schema_1(1));
    });
    let run = scene.call(LIST).ok();
    assert_eq!(rows(&run).len(), 27);
    let warnings: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(warnings.len(), 11, "{}", run.stderr);
    assert!(
        warnings[0].contains("team/app:old00 and 2 other tags of it are listed without details"),
        "{}",
        warnings[0]
    );
    assert!(
        warnings[1].contains("team/app:old01 and 1 other tag of it are listed without details"),
        "{}",
        warnings[1]
    );
    assert!(warnings[9].contains("team/app:old09 is"), "{}", warnings[9]);
    assert_eq!(warnings[10], "warning: 15 more images could not be read either");
}

#[test]
fn a_tag_whose_digest_nobody_tells_is_left_out_but_not_in_silence() {
    let scene = with_odd(|scene| scene.registry.put_manifest("team/app", Some("odd"), &schema_1(1)));
    let nameless = || Act::RemoveHeader("docker-content-digest".to_string());
    scene.rule("*", "/manifests/odd", nameless());
    let run = scene.call(LIST).ok();
    assert_eq!(rows(&run), ["v0", "v1"]);
    let line = format!("warning: {} is not listed: ", scene.registry.name("team/app:odd"));
    assert!(
        run.stderr.starts_with(&line) && run.stderr.contains("schema 1"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    // Where that is so of all of them, there is no list.
    let run = scene.call("list-tags --filter odd @/team/app").fails(1);
    assert!(run.stderr.contains("schema 1") && run.stdout.is_empty(), "{}", run.stderr);
}

#[test]
fn a_login_a_registry_and_a_limit_are_not_about_one_image() {
    let no_wait = |code: u16, name: &str| {
        let mut act = Act::error(code, name, "no");
        if let Act::Status { headers, .. } = &mut act {
            headers.push(("retry-after".to_string(), "0".to_string()));
        }
        act
    };
    let good = image(1);
    for part in [
        format!("/manifests/{}", good.digest()),
        format!("/blobs/{}", good.config.digest),
    ] {
        for (act, status) in [
            (Act::error(403, "DENIED", "no"), 4),
            (Act::error(401, "UNAUTHORIZED", "no"), 4),
            (no_wait(429, "TOOMANYREQUESTS"), 6),
            (no_wait(503, "UNAVAILABLE"), 5),
        ] {
            let scene = with_images(2);
            scene.registry.rule(Rule::on("GET", &part).then(act));
            let run = scene.call(LIST).fails(status);
            assert!(run.stdout.is_empty() && !run.stderr.contains("warning"), "{}", run.stderr);
            assert_eq!(heads(&scene.registry), 2);
        }
    }
}
