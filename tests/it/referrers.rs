//! Signatures and the like: `copy --referrers`, and the list of them where the registry keeps none.

use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index};
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An artifact with an empty config that belongs to another manifest.
fn signature(subject: &Blob, text: &str) -> Image {
    let config = Blob::new("application/vnd.oci.empty.v1+json", b"{}".to_vec());
    let layer = Blob::new("application/vnd.example.signature", text.as_bytes().to_vec());
    let manifest = format!(
        "{{ \"schemaVersion\":2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",\n\"artifactType\":\"application/vnd.example.signature\", \
         \"config\":{},\"layers\":[{}], \"subject\": {},\"annotations\":{{\"by\":\"ann\"}} }}",
        config.descriptor(),
        layer.descriptor(),
        subject.descriptor()
    );
    Image {
        manifest: Blob::new("application/vnd.oci.image.manifest.v1+json", manifest.into_bytes()),
        layers: vec![layer],
        config,
    }
}

/// Puts an artifact without a tag.
fn attach(registry: &Registry, artifact: &Image) {
    artifact.blobs().for_each(|blob| registry.put_blob("app", blob));
    registry.put_manifest("app", None, &artifact.manifest);
}

fn list_of(artifacts: &[&Image]) -> String {
    let entries: Vec<String> = artifacts.iter().map(|artifact| artifact.manifest.descriptor()).collect();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
        entries.join(",")
    )
}

fn list_tag(subject: &Blob) -> String {
    subject.digest.replace(':', "-")
}

fn index(body: String) -> Response {
    Response::json(200, body).header("content-type", OCI_INDEX)
}

/// The entries of the list under its tag.
fn listed(registry: &Registry, subject: &Blob) -> Vec<serde_json::Value> {
    let bytes = registry.manifest("app", &list_tag(subject)).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    list["manifests"].as_array().unwrap().clone()
}

fn copy(from: &Registry, to: &Registry) {
    let places = [from.name("app:1"), to.name("app:1")];
    Lugger::new().args(["copy", "--referrers", &places[0], &places[1]]).ok();
}

/// An image whose signature is signed itself; the registry has a list of referrers.
fn signed() -> (Registry, Image, Image, Image) {
    let image = Image::tiny(1);
    let first = signature(&image.manifest, "first");
    let second = signature(&first.manifest, "second");
    let registry = Registry::start();
    registry.put_image("app", "1", &image);
    attach(&registry, &first);
    attach(&registry, &second);
    let page = list_of(&[&first]);
    registry.rule(Rule::on("GET", &format!("/referrers/{}", image.digest())).then(Act::custom(move |_| index(page.clone()))));
    let page = list_of(&[&second]);
    registry.rule(Rule::on("GET", &format!("/referrers/{}", first.digest())).then(Act::custom(move |_| index(page.clone()))));
    registry.rule(Rule::on("GET", "/referrers/").then(Act::custom(|_| index(list_of(&[])))));
    (registry, image, first, second)
}

#[test]
fn signatures_and_their_signatures_come_along_verbatim() {
    let (from, image, first, second) = signed();
    let to = Registry::start();
    copy(&from, &to);
    for artifact in [&first, &second] {
        assert_eq!(to.manifest("app", artifact.digest()).unwrap(), artifact.manifest.bytes);
    }
    let entries = listed(&to, &image.manifest);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["digest"], first.digest());
    assert_eq!(entries[0]["artifactType"], "application/vnd.example.signature");
    assert_eq!(entries[0]["annotations"]["by"], "ann");
    assert_eq!(listed(&to, &first.manifest)[0]["digest"], second.digest());
    let puts = to.log().select("PUT", "/manifests/");
    assert!(puts.last().unwrap().path.ends_with("/manifests/1"), "{}", to.log().lines());
}

#[test]
fn a_signature_that_came_later_is_copied_though_the_image_is_there() {
    let (from, image, first, _) = signed();
    let to = Registry::start();
    to.put_image("app", "1", &image);
    copy(&from, &to);
    assert!(to.manifest("app", first.digest()).is_some());
    assert_eq!(to.count("PUT", "/manifests/1"), 0);
    copy(&from, &to);
    assert_eq!(listed(&to, &image.manifest).len(), 1);
}

#[test]
fn without_the_flag_nothing_but_the_image_is_copied() {
    let (from, _, first, _) = signed();
    let to = Registry::start();
    Lugger::new().args(["copy", &from.name("app:1"), &to.name("app:1")]).ok();
    assert!(to.manifest("app", first.digest()).is_none());
    assert_eq!(from.count("GET", "/referrers/"), 0);
    let place = format!("oci:{}", Lugger::new().home().join("x").display());
    Lugger::new()
        .args(["copy", "--referrers", &from.name("app:1"), &place])
        .fails(2);
}

#[test]
fn a_list_under_a_tag_stands_in_for_a_missing_one() {
    let answers = [
        Act::status(404),
        Act::error(400, "UNSUPPORTED", "no"),
        Act::status(406),
        Act::custom(|_| Response::new(200).header("content-type", "text/html").body("<html>")),
    ];
    for answer in answers {
        let (image, to) = (Image::tiny(1), Registry::start());
        let first = signature(&image.manifest, "first");
        let from = Registry::start();
        from.put_image("app", "1", &image);
        attach(&from, &first);
        let list = Blob::new(
            OCI_INDEX,
            list_of(&[&first, &signature(&image.manifest, "deleted since")]).into_bytes(),
        );
        from.put_manifest("app", Some(&list_tag(&image.manifest)), &list);
        from.rule(Rule::on("GET", "/referrers/").then(answer));
        copy(&from, &to);
        assert_eq!(to.manifest("app", first.digest()).unwrap(), first.manifest.bytes);
    }
}

#[test]
fn referrers_come_by_pages_and_go_in_no_circle() {
    let (from, image, first, second) = signed();
    from.clear_rules();
    let (one, two) = (list_of(&[&first]), list_of(&[&second, &first, &image]));
    from.rule(Rule::on("GET", "last=x").then(Act::custom(move |_| index(two.clone()))));
    from.rule(Rule::on("GET", "/referrers/").then(Act::custom(move |request| {
        index(one.clone()).header("link", &format!("<{}?last=x>; rel=next", request.path))
    })));
    let to = Registry::start();
    copy(&from, &to);
    assert!(to.manifest("app", second.digest()).is_some());
    assert!(from.count("GET", "/referrers/") <= 6, "{}", from.log().lines());
}

#[test]
fn a_registry_that_keeps_the_list_is_left_to_it() {
    let (from, image, first, _) = signed();
    let to = Registry::start();
    to.rule(Rule::on("PUT", "/manifests/").then(Act::add_header("oci-subject", image.digest())));
    copy(&from, &to);
    assert!(to.manifest("app", first.digest()).is_some());
    assert_eq!(to.tags("app"), ["1"]);
}

#[test]
fn a_list_that_others_change_meanwhile_is_read_again() {
    let (from, image, first, _) = signed();
    let to = Registry::start();
    let other = signature(&image.manifest, "another's");
    attach(&to, &other);
    let list = Blob::new(OCI_INDEX, list_of(&[&other]).into_bytes());
    to.put_manifest("app", Some(&list_tag(&image.manifest)), &list);
    let changed = Act::error(412, "MANIFEST_INVALID", "changed");
    to.rule(Rule::on("PUT", &list_tag(&image.manifest)).times(1).then(changed));
    copy(&from, &to);
    let digests: Vec<String> = listed(&to, &image.manifest)
        .iter()
        .map(|entry| entry["digest"].as_str().unwrap().to_string())
        .collect();
    assert_eq!(digests, [other.digest(), first.digest()]);
    let puts = to.log().select("PUT", &list_tag(&image.manifest));
    assert_eq!(puts.len(), 2);
    assert_eq!(puts[0].header("if-match"), Some(format!(r#""{}""#, list.digest).as_str()));
}

#[test]
fn a_tag_in_the_lists_place_that_is_no_list_stays() {
    let (from, image, _, _) = signed();
    let to = Registry::start();
    to.put_image("app", &list_tag(&image.manifest), &image);
    let run = Lugger::new()
        .args(["copy", "--referrers", &from.name("app:1"), &to.name("app:1")])
        .fails(1);
    assert!(run.stderr.contains("no index"), "{}", run.stderr);
    assert_eq!(to.digest("app", &list_tag(&image.manifest)).unwrap(), image.digest());
}

/// What cosign puts beside an image: an image under a tag made of its digest.
fn cosigned(registry: &Registry, subject: &Blob, kind: &str, number: u8) -> Image {
    let image = Image::tiny(number);
    registry.put_image("app", &format!("{}.{kind}", list_tag(subject)), &image);
    image
}

#[test]
fn what_belongs_to_an_image_by_its_tag_comes_along_under_that_tag() {
    let (image, child) = (Image::tiny(1), Image::tiny(2));
    let index = Index::of(&[(&image, "linux/amd64"), (&child, "linux/arm64")]);
    let (from, to) = (Registry::start(), Registry::start());
    from.put_index("app", "1", &index);
    let root = cosigned(&from, &index.manifest, "sig", 3);
    let kinds = ["sig", "att", "sbom"];
    let children: Vec<Image> = (4..)
        .zip(kinds)
        .map(|(number, kind)| cosigned(&from, &child.manifest, kind, number))
        .collect();
    copy(&from, &to);
    let at = format!("{}.sig", list_tag(&index.manifest));
    assert_eq!(to.manifest("app", &at).unwrap(), root.manifest.bytes);
    for (kind, signature) in kinds.iter().zip(&children) {
        let at = format!("{}.{kind}", list_tag(&child.manifest));
        assert_eq!(to.manifest("app", &at).unwrap(), signature.manifest.bytes, "{kind}");
    }
    let puts = to.log().select("PUT", "/manifests/");
    assert!(puts.last().unwrap().path.ends_with("/manifests/1"), "{}", to.log().lines());
    let before = to.count("PUT", "");
    copy(&from, &to);
    assert_eq!(to.count("PUT", ""), before, "all of it is there");
}

#[test]
fn the_artifacts_of_the_draft_come_along() {
    const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
    let (image, from, to) = (Image::tiny(1), Registry::start(), Registry::start());
    from.put_image("app", "1", &image);
    let layer = Blob::new("application/vnd.example.signature", b"signed".to_vec());
    let manifest = format!(
        r#"{{"mediaType":"{ARTIFACT}","artifactType":"application/vnd.example.signature","blobs":[{}],"subject":{}}}"#,
        layer.descriptor(),
        image.manifest.descriptor()
    );
    let artifact = Blob::new(ARTIFACT, manifest.into_bytes());
    from.put_blob("app", &layer);
    from.put_manifest("app", None, &artifact);
    let list = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
        artifact.descriptor()
    );
    from.rule(Rule::on("GET", &format!("/referrers/{}", image.digest())).then(Act::custom(move |_| index(list.clone()))));
    copy(&from, &to);
    assert_eq!(to.manifest("app", &artifact.digest).unwrap(), artifact.bytes);
    assert_eq!(
        to.count("PUT", &format!("digest={}", layer.digest.replace(':', "%3A"))) + to.count("PUT", &layer.digest),
        1
    );
    assert_eq!(
        listed(&to, &image.manifest)[0]["artifactType"],
        "application/vnd.example.signature"
    );
    let older = Registry::start();
    let refusal = Act::error(400, "MANIFEST_INVALID", "unknown");
    older.rule(Rule::on("PUT", &format!("/manifests/{}", artifact.digest)).then(refusal));
    let places = [from.name("app:1"), older.name("app:1")];
    let run = Lugger::new().args(["copy", "--referrers", &places[0], &places[1]]).ok();
    let said = format!("warning: {} ({ARTIFACT}) refers", artifact.digest);
    assert!(run.stderr.contains(&said), "{}", run.stderr);
}

#[test]
fn a_registry_that_lists_no_referrers_stops_no_copy() {
    // (the answer to the list, to its tag, and what is said)
    let answers: [(Act, Option<Act>, &str); 8] = [
        (Act::status(401), None, "stay behind: the list of referrers is refused ("),
        (Act::status(403), None, "stay behind: the list of referrers is refused ("),
        (Act::status(405), None, ""),
        (Act::status(501), None, ""),
        (Act::status(404), None, ""),
        (
            Act::status(404),
            Some(Act::status(403)),
            "stay behind: the list of referrers is refused (",
        ),
        (
            Act::status(404),
            Some(Act::custom(|_| Response::json(200, Image::tiny(1).manifest.bytes))),
            "is no list of them",
        ),
        (
            Act::status(404),
            Some(Act::custom(|_| Response::json(200, "{}"))),
            "is no list of them",
        ),
    ];
    for (number, (list, tag, said)) in answers.into_iter().enumerate() {
        let (image, from, to) = (Image::tiny(1), Registry::start(), Registry::start());
        from.put_image("app", "1", &image);
        from.rule(Rule::on("GET", "/referrers/").then(list));
        if let Some(tag) = tag {
            from.rule(Rule::on("GET", &format!("/manifests/{}", list_tag(&image.manifest))).then(tag));
        }
        let places = [from.name("app:1"), to.name("app:1")];
        let run = Lugger::new().args(["copy", "--referrers", &places[0], &places[1]]).ok();
        assert!(to.manifest("app", "1").is_some(), "{number}");
        assert!(run.stderr.contains(said), "{number}: {}", run.stderr);
        assert_eq!(
            run.stderr.contains("stay behind"),
            !said.is_empty(),
            "{number}: {}",
            run.stderr
        );
    }
}

#[test]
fn what_is_listed_and_cannot_be_copied_is_named() {
    let (image, from, to) = (Image::tiny(1), Registry::start(), Registry::start());
    from.put_image("app", "1", &image);
    let odd = Blob::new("application/vnd.example.odd", b"odd".to_vec());
    let list = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{},{}]}}"#,
        odd.descriptor(),
        signature(&image.manifest, "deleted since").manifest.descriptor()
    );
    from.rule(Rule::on("GET", "/referrers/").then(Act::custom(move |_| index(list.clone()))));
    let places = [from.name("app:1"), to.name("app:1")];
    let run = Lugger::new().args(["copy", "--referrers", &places[0], &places[1]]).ok();
    let warnings: Vec<&str> = run
        .stderr
        .lines()
        .filter(|line| line.contains("refers to the image and stays behind"))
        .collect();
    assert_eq!(warnings.len(), 2, "{}", run.stderr);
    assert!(warnings.iter().any(|line| line.contains(&odd.digest)));
}
