//! Blobs that the registry has in another repository, as the names in the store tell.

use crate::push::{assert_pushed, keep, push};
use crate::support::command::{Call, Lugger};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};

/// The store knows the image as `base:1` and as `app:1`, which is to be pushed.
fn twice_named(lugger: &Lugger, registry: &Registry, image: &Image) -> Call {
    keep(lugger, &registry.name("base:1"), image);
    lugger.args(["tag", &registry.name("base:1"), &registry.name("app:1")]).ok();
    push(lugger, &registry.name("app:1"))
}

#[test]
fn what_another_repository_has_is_mounted() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("base", "1", &image);
    twice_named(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!((registry.count("POST", "from=base"), registry.count("POST", "")), (3, 3));
    assert_eq!(registry.count("PUT", "/uploads/"), 0);
}

#[test]
fn a_declined_mount_has_opened_the_session() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    twice_named(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!((registry.count("POST", "mount="), registry.count("POST", "")), (3, 3));
    assert_eq!((registry.count("PUT", "/uploads/"), registry.open_uploads()), (3, 0));
}

#[test]
fn a_registry_that_knows_no_mounts_is_sent_the_blobs() {
    for status in [401, 403, 404, 405] {
        let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
        registry.rule(Rule::on("POST", "mount=").then(Act::error(status, "UNSUPPORTED", "no mounts")));
        twice_named(&lugger, &registry, &image).ok();
        assert_pushed(&registry, "app", "1", &image);
        assert_eq!(
            (registry.count("POST", "mount="), registry.count("POST", "")),
            (3, 6),
            "{status}"
        );
    }
}

#[test]
fn a_mount_whose_session_breaks_is_not_asked_for_again() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.rule(Rule::on("PUT", "/uploads/").times(1).then(Act::CloseBeforeBody(0)));
    twice_named(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    assert_eq!((registry.count("POST", "from=base"), registry.count("POST", "")), (3, 4));
}

#[test]
fn one_request_asks_for_a_blob_and_opens_its_upload() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_blob("app", &image.layers[0]);
    keep(&lugger, &registry.name("app:1"), &image);
    push(&lugger, &registry.name("app:1")).ok();
    assert_pushed(&registry, "app", "1", &image);
    let asked = (registry.count("POST", "from=app"), registry.count("HEAD", "/blobs/"));
    assert_eq!((asked, registry.count("PUT", "/uploads/")), ((3, 0), 2));
}

#[test]
fn a_mount_that_was_only_half_done_is_made_good_once() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("base", "1", &image);
    let layer = &image.layers[0].digest;
    let detail = format!(
        r#"{{"errors":[{{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown","detail":{{"digest":"{layer}"}}}}]}}"#
    );
    registry.rule(Rule::on("PUT", "/manifests/").times(1).then(Act::Status {
        code: 400,
        headers: Vec::new(),
        body: detail.into(),
    }));
    twice_named(&lugger, &registry, &image).ok();
    assert_pushed(&registry, "app", "1", &image);
    let puts = registry.log().select("PUT", "/uploads/");
    assert_eq!(puts.len(), 1);
    assert!(puts[0].query.contains(&layer.replace(':', "%3A")));
    assert_eq!(registry.count("PUT", "/manifests/"), 2);
}

#[test]
fn a_registry_that_lacks_a_blob_for_ever_is_told_twice() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.rule(Rule::on("PUT", "/manifests/").then(Act::error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown")));
    keep(&lugger, &registry.name("app:1"), &image);
    push(&lugger, &registry.name("app:1")).fails(1);
    assert_eq!(registry.count("PUT", "/manifests/"), 2);
}
