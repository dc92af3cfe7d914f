//! The distribution spec, clause by clause: reading, listing, referrers, and the codes of what is refused.

use super::{Serving, strings};
use crate::support::image::{Blob, Image, Recipe, sha256, sha512};

#[test]
fn a_manifest_is_given_byte_for_byte_by_tag_and_digest() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    serving.push("team/app", "1", &image);
    for reference in ["1", image.digest()] {
        let target = format!("/v2/team/app/manifests/{reference}");
        let answer = serving.expect(200, "GET", &target, &[], &[]);
        assert_eq!(answer.body, image.manifest.bytes);
        assert_eq!(answer.header("Content-Type"), Some(image.manifest.media_type.as_str()));
        let head = serving.expect(200, "HEAD", &target, &[], &[]);
        assert!(head.body.is_empty());
        assert_eq!(head.header("Content-Length"), Some(image.manifest.size.to_string().as_str()));
        assert_eq!(head.header("Docker-Content-Digest"), Some(image.digest()));
    }
    assert_eq!(serving.expect(200, "GET", "/v2/", &[], &[]).text(), "{}");
}

#[test]
fn a_blob_is_given_whole_or_in_part_in_every_repository() {
    let serving = Serving::start();
    let digest = serving.push_blob("a", b"0123456789");
    let target = format!("/v2/b/c/blobs/{digest}");
    assert_eq!(serving.expect(200, "GET", &target, &[], &[]).body, b"0123456789");
    assert_eq!(
        serving.expect(200, "HEAD", &target, &[], &[]).header("Content-Length"),
        Some("10")
    );
    for (range, status, content, body) in [
        ("bytes=2-4", 206, Some("bytes 2-4/10"), &b"234"[..]),
        ("bytes=8-", 206, Some("bytes 8-9/10"), b"89"),
        ("bytes=-1", 206, Some("bytes 9-9/10"), b"9"),
        ("bytes=5-99", 206, Some("bytes 5-9/10"), b"56789"),
        ("bytes=0-1,3-4", 200, None, b"0123456789"),
    ] {
        let answer = serving.expect(status, "GET", &target, &[("Range", range)], &[]);
        assert_eq!(
            (answer.header("Content-Range"), answer.body.as_slice()),
            (content, body),
            "{range}"
        );
    }
    let beyond = serving.expect(416, "GET", &target, &[("Range", "bytes=10-")], &[]);
    assert_eq!(beyond.header("Content-Range"), Some("bytes */10"));
    let changed = [("Range", "bytes=2-4"), ("If-Range", "\"another\"")];
    assert_eq!(serving.expect(200, "GET", &target, &changed, &[]).body, b"0123456789");
    let empty = serving.push_blob("a", b"");
    assert_eq!(
        serving.expect(200, "GET", &format!("/v2/a/blobs/{empty}"), &[], &[]).body,
        b""
    );
}

#[test]
fn lists_come_sorted_and_in_pages() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    serving.push("b", "1.0", &image);
    for (repository, tag) in [("b", "latest"), ("b", "1.1"), ("a/b", "x"), ("c", "x")] {
        serving.push_manifest(repository, tag, &image.manifest);
    }
    for (list, field, all) in [
        ("/v2/b/tags/list", "tags", ["1.0", "1.1", "latest"]),
        ("/v2/_catalog", "repositories", ["a/b", "b", "c"]),
    ] {
        assert_eq!(strings(&serving.get(list).json()[field]), all);
        let (mut next, mut seen) = (format!("{list}?n=2"), Vec::new());
        for page in 0.. {
            let answer = serving.expect(200, "GET", &next, &[], &[]);
            seen.extend(strings(&answer.json()[field]));
            let Some(link) = answer.header("Link") else {
                assert_eq!(page, 1);
                break;
            };
            next = link
                .strip_prefix('<')
                .unwrap()
                .strip_suffix(">; rel=\"next\"")
                .unwrap()
                .to_string();
        }
        assert_eq!(seen, all);
        assert!(
            serving.get(&format!("{list}?n=3")).header("Link").is_none(),
            "there is no further page"
        );
        assert!(strings(&serving.get(&format!("{list}?n=0")).json()[field]).is_empty());
        assert_eq!(
            strings(&serving.get(&format!("{list}?last=aa")).json()[field])
                .first()
                .map(String::as_str),
            Some(match field {
                "tags" => "latest",
                _ => "b",
            })
        );
        for odd in ["-1", "x", ""] {
            serving.refused(
                (400, "PAGINATION_NUMBER_INVALID"),
                "GET",
                &format!("{list}?n={odd}"),
                &[],
                &[],
            );
        }
    }
}

#[test]
fn referrers_are_listed_with_their_types_and_by_type() {
    let mut serving = Serving::start();
    let image = Image::tiny(1);
    serving.push("app", "1", &image);
    let subject = format!(r#""subject":{}"#, image.manifest.descriptor());
    let signature = refers(&subject, "x/signature", b"signed");
    let bill = refers(&subject, "x/sbom", b"listed");
    for artifact in [&signature, &bill] {
        for blob in artifact.blobs() {
            serving.push_blob("app", &blob.bytes);
        }
        let answer = serving.push_manifest("app", artifact.digest(), &artifact.manifest);
        assert_eq!(answer.header("OCI-Subject"), Some(image.digest()));
    }
    let target = format!("/v2/app/referrers/{}", image.digest());
    let seen = |serving: &Serving, query: &str| {
        let answer = serving.expect(200, "GET", &format!("{target}{query}"), &[], &[]);
        assert_eq!(answer.header("Content-Type"), Some("application/vnd.oci.image.index.v1+json"));
        assert_eq!(answer.header("OCI-Filters-Applied").is_some(), !query.is_empty());
        let list = answer.json()["manifests"].as_array().unwrap().clone();
        let mut found: Vec<(String, String)> = list
            .iter()
            .map(|entry| (text(&entry["artifactType"]), text(&entry["digest"])))
            .collect();
        found.sort();
        found
    };
    let both =
        [("x/sbom", &bill), ("x/signature", &signature)].map(|(kind, image)| (kind.to_string(), image.digest().to_string()));
    assert_eq!(seen(&serving, ""), both);
    assert_eq!(seen(&serving, "?artifactType=x%2Fsbom"), both[..1]);
    assert!(seen(&serving, "?artifactType=other").is_empty());
    let nobody = serving.expect(200, "GET", &format!("/v2/app/referrers/{}", sha256(b"x")), &[], &[]);
    assert_eq!(nobody.json()["manifests"], serde_json::json!([]));
    serving.refused((400, "DIGEST_INVALID"), "GET", "/v2/app/referrers/latest", &[], &[]);
    let host = serving.address().to_string();
    serving.stop();
    serving.lugger.args(["prune"]).ok();
    serving.start_again(&["--name", &host]);
    assert_eq!(seen(&serving, ""), both);
}

fn refers(subject: &str, kind: &str, content: &[u8]) -> Image {
    let field = format!(r#"{subject},"artifactType":"{kind}""#);
    Recipe::default().layer(content).manifest_field(&field).build()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap().to_string()
}

#[test]
fn what_is_wrong_is_told_by_the_code_of_the_spec() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    serving.push("app", "1", &image);
    let (missing, typed) = (Image::tiny(9), [("Content-Type", image.manifest.media_type.as_str())]);
    let unknown = sha256(b"unknown");
    let put = |reference: &str| format!("/v2/app/manifests/{reference}");
    serving.refused((404, "MANIFEST_UNKNOWN"), "GET", &put("2"), &[], &[]);
    serving.refused((404, "MANIFEST_UNKNOWN"), "GET", "/v2/other/manifests/1", &[], &[]);
    serving.refused((404, "MANIFEST_UNKNOWN"), "GET", &put(".invalid"), &[], &[]);
    serving.refused((404, "NAME_UNKNOWN"), "GET", "/v2/other/tags/list", &[], &[]);
    serving.refused((404, "BLOB_UNKNOWN"), "GET", &format!("/v2/app/blobs/{unknown}"), &[], &[]);
    serving.refused((404, "BLOB_UNKNOWN"), "HEAD", &format!("/v2/app/blobs/{unknown}"), &[], &[]);
    serving.refused((404, "BLOB_UNKNOWN"), "DELETE", &format!("/v2/app/blobs/{unknown}"), &[], &[]);
    serving.refused((400, "DIGEST_INVALID"), "GET", "/v2/app/blobs/sha256:12", &[], &[]);
    serving.refused(
        (400, "DIGEST_INVALID"),
        "GET",
        &put("md5:d41d8cd98f00b204e9800998ecf8427e"),
        &[],
        &[],
    );
    serving.refused(
        (400, "MANIFEST_BLOB_UNKNOWN"),
        "PUT",
        &put("2"),
        &typed,
        &missing.manifest.bytes,
    );
    serving.refused((400, "DIGEST_INVALID"), "PUT", &put(&unknown), &typed, &image.manifest.bytes);
    serving.refused(
        (400, "MANIFEST_INVALID"),
        "PUT",
        &put(".invalid"),
        &typed,
        &image.manifest.bytes,
    );
    serving.refused((400, "MANIFEST_INVALID"), "PUT", &put("2"), &typed, b"{}");
    serving.refused((400, "MANIFEST_INVALID"), "PUT", &put("2"), &typed, b"not json");
    serving.refused(
        (413, "MANIFEST_INVALID"),
        "PUT",
        &put("2"),
        &typed,
        &vec![b' '; (4 << 20) + 1],
    );
    serving.refused((405, "UNSUPPORTED"), "POST", &put("2"), &[], &[]);
    serving.refused((405, "UNSUPPORTED"), "PUT", "/v2/_catalog", &[], b"x");
    assert_eq!(
        (serving.tags("app"), serving.names()),
        (vec!["1".to_string()], vec!["@/app:1".to_string()])
    );
    let absent = Blob::new(&image.manifest.media_type, b"absent".to_vec());
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, absent.descriptor());
    let typed = [("Content-Type", "application/vnd.oci.image.index.v1+json")];
    serving.refused((400, "MANIFEST_BLOB_UNKNOWN"), "PUT", &put("2"), &typed, index.as_bytes());
}

#[test]
fn a_manifest_by_another_algorithm_or_with_tags_beside_is_found_by_all_of_them() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    for blob in image.blobs() {
        serving.push_blob("app", &blob.bytes);
    }
    let digest = sha512(&image.manifest.bytes);
    let answer = serving.push_manifest("app", &format!("{digest}?tag=a&tag=b"), &image.manifest);
    let told: Vec<&str> = answer
        .head
        .lines()
        .filter_map(|line| line.strip_prefix("oci-tag: "))
        .collect();
    assert_eq!(told, ["a", "b"]);
    for reference in ["a", "b", &digest] {
        let answer = serving.expect(200, "GET", &format!("/v2/app/manifests/{reference}"), &[], &[]);
        assert_eq!(answer.body, image.manifest.bytes);
        assert_eq!(answer.header("Docker-Content-Digest"), Some(digest.as_str()));
    }
    serving.store().assert_sound();
}
