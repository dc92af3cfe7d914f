//! `lugger copy`, between any two places.

use super::{has_blob, keep, names, names_in, siblings};
use crate::support::command::{Lugger, Run};
use crate::support::image::{Image, Index};
use crate::support::layout::OciLayout;
use crate::support::peers::skopeo;
use crate::support::registry::Registry;

#[test]
fn an_image_goes_from_one_registry_to_another_as_it_is() {
    let (from, to, image) = (Registry::start(), Registry::start(), Image::tiny(1));
    from.put_image("app", "1", &image);
    let (source, target) = (from.name("app:1"), to.name("mirror/app:1"));
    let run = copy(&Lugger::new(), &source, &target);
    let expected = format!("Digest: {}\nStatus: {target} is a copy of {source}\n", image.digest());
    assert_eq!(run.stdout, expected);
    assert_eq!(to.manifest("mirror/app", "1"), Some(image.manifest.bytes.clone()));
    assert!(image.blobs().all(|blob| to.blob(&blob.digest).as_ref() == Some(&blob.bytes)));
}

#[test]
fn an_index_goes_whole_and_keeps_its_digests() {
    let (from, to, index) = (Registry::start(), Registry::start(), index());
    from.put_index("app", "1", &index);
    copy(&Lugger::new(), &from.name("app:1"), &to.name("app:1"));
    assert_eq!(to.digest("app", "1").as_deref(), Some(index.digest()));
    assert_eq!(to.manifest("app", "1"), Some(index.manifest.bytes.clone()));
    for image in &index.images {
        assert_eq!(to.manifest("app", image.digest()), Some(image.manifest.bytes.clone()));
    }
    let common = &index.images[0].layers[0].digest;
    assert_eq!(from.count("GET", common), 1, "a shared layer is fetched once");
}

#[test]
fn attestations_go_along() {
    let (from, to, (one, other)) = (Registry::start(), Registry::start(), siblings());
    let attestation = Image::tiny(9);
    let index = Index::with_attestation(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")], &attestation);
    from.put_index("app", "1", &index);
    copy(&Lugger::new(), &from.name("app:1"), &to.name("app:1"));
    assert_eq!(to.manifest("app", attestation.digest()), Some(attestation.manifest.bytes));
}

#[test]
fn a_second_copy_is_up_to_date() {
    let (lugger, from, to) = (Lugger::new(), Registry::start(), Registry::start());
    from.put_index("app", "1", &index());
    let (source, target) = (from.name("app:1"), to.name("app:1"));
    copy(&lugger, &source, &target);
    let before = (from.requests().len(), to.requests().len());
    let run = copy(&lugger, &source, &target);
    assert!(
        run.stdout
            .ends_with(&format!("Status: {target} is up to date with {source}\n")),
        "{}",
        run.stdout
    );
    let after = (from.requests().len(), to.requests().len());
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1), "{}", to.log().lines());
}

#[test]
fn on_one_registry_layers_are_mounted() {
    let (registry, index) = (Registry::start(), index());
    registry.put_index("team/app", "1", &index);
    copy(&Lugger::new(), &registry.name("team/app:1"), &registry.name("live/app:2"));
    assert_eq!(registry.digest("live/app", "2").as_deref(), Some(index.digest()));
    let moved = registry.count("GET", "/blobs/") + registry.count("PUT", "/blobs/");
    assert_eq!(moved, 0, "{}", registry.log().lines());
    assert_eq!(
        registry.count("POST", "from=team%2Fapp") + registry.count("POST", "from=team/app"),
        5
    );
}

#[test]
fn a_platform_narrows_a_copy_to_its_image() {
    let (from, to, index) = (Registry::start(), Registry::start(), index());
    from.put_index("app", "1", &index);
    let (source, target) = (from.name("app:1"), to.name("app:1"));
    let run = Lugger::new()
        .args(["copy", "-q", "--platform", "linux/arm64", &source, &target])
        .ok();
    let wanted = &index.images[1];
    assert_eq!(run.stdout, format!("{}\n", wanted.digest()));
    assert_eq!(to.digest("app", "1").as_deref(), Some(wanted.digest()));
    assert!(!to.has_blob("app", &index.images[0].layers[1].digest));
}

#[test]
fn several_platforms_narrow_a_copy_to_an_index_of_them() {
    let (lugger, from, (one, other), third) = (Lugger::new(), Registry::start(), siblings(), Image::tiny(3));
    let all = Index::of(&[(&one, "linux/amd64"), (&third, "linux/s390x"), (&other, "linux/arm64/v8")]);
    from.put_index("app", "1", &all);
    let (source, both) = (from.name("app:1"), ["--platform", "linux/amd64", "--platform", "linux/arm64"]);
    lugger.args(["copy", &source, "oci:out:app"].into_iter().chain(both)).ok();
    assert_eq!(names_in(&lugger.home().join("out")), ["app"]);
    let shown = lugger.args(["inspect", "oci:out:app"]).ok().stdout;
    assert!(shown.contains(one.digest()) && shown.contains(other.digest()), "{shown}");
    assert!(!shown.contains("s390x"), "{shown}");
}

#[test]
fn a_platform_that_is_not_there_copies_nothing() {
    let (from, to) = (Registry::start(), Registry::start());
    from.put_index("app", "1", &index());
    let (source, target) = (from.name("app:1"), to.name("app:1"));
    let run = Lugger::new()
        .args(["copy", "--platform", "windows/amd64", &source, &target])
        .fails(3);
    assert!(
        run.stderr.contains("linux/amd64") && run.stderr.contains("linux/arm64/v8"),
        "{}",
        run.stderr
    );
    assert!(to.tags("app").is_empty());
}

#[test]
fn a_directory_is_written_as_other_programs_read_it() {
    let (lugger, from, index) = (Lugger::new(), Registry::start(), index());
    from.put_index("app", "1", &index);
    copy(&lugger, &from.name("app:1"), "oci:out:app");
    assert_eq!(names_in(&lugger.home().join("out")), ["app"]);
    let place = format!("oci:{}:app", lugger.home().join("out").display());
    assert_eq!(skopeo::skopeo(&["inspect", "--raw", &place]).stdout, index.manifest.bytes);
}

#[test]
fn a_directory_takes_further_images_and_keeps_what_it_has() {
    let (lugger, image, other) = (Lugger::new(), Image::tiny(1), Image::tiny(2));
    keep(&lugger, "app:1", &image);
    keep(&lugger, "app:2", &other);
    copy(&lugger, "store:app:1", "oci:out:one");
    copy(&lugger, "store:app:2", "oci:out:two");
    assert_eq!(names_in(&lugger.home().join("out")), ["one", "two"]);
}

#[test]
fn a_directory_goes_to_a_registry() {
    let (lugger, to, index) = (Lugger::new(), Registry::start(), index());
    OciLayout::new(&lugger.home().join("from")).index("it", &index);
    copy(&lugger, "oci:from:it", &to.name("app:1"));
    assert_eq!(to.manifest("app", "1"), Some(index.manifest.bytes));
}

#[test]
fn a_directory_with_one_image_needs_no_name_and_one_with_two_does() {
    let (lugger, to, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let mut layout = OciLayout::new(&lugger.home().join("from"));
    layout.image("it", &image);
    copy(&lugger, "oci:from", &to.name("app:1"));
    assert_eq!(to.digest("app", "1").as_deref(), Some(image.digest()));
    layout.image("other", &Image::tiny(2));
    let run = lugger.args(["copy", "oci:from", &to.name("app:2")]).fails(1);
    assert!(
        run.stderr.contains("several images to choose from: it, other"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_store_takes_and_gives_every_platform() {
    let (lugger, from, to, index) = (Lugger::new(), Registry::start(), Registry::start(), index());
    from.put_index("app", "1", &index);
    copy(&lugger, &from.name("app:1"), "store:ghcr.io/acme/app:1");
    assert_eq!(names(&lugger), ["ghcr.io/acme/app:1"]);
    assert!(index.images.iter().all(|image| has_blob(&lugger, image.digest())));
    copy(&lugger, "store:ghcr.io/acme/app:1", &to.name("app:1"));
    assert_eq!(to.digest("app", "1").as_deref(), Some(index.digest()));
}

#[test]
fn quiet_is_the_digest_alone() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    let source = OciLayout::write(&lugger.home().join("from"), "it", &image);
    let run = lugger.args(["copy", "-q", &source, "store:app:1"]).ok();
    assert_eq!((run.stdout, run.stderr), (format!("{}\n", image.digest()), String::new()));
}

#[test]
fn a_place_nobody_knows_is_wrong_usage() {
    let run = Lugger::new().args(["copy", "dir:x", "store:app"]).fails(2);
    assert!(run.stderr.contains("`dir:` is no place lugger knows"), "{}", run.stderr);
}

fn copy(lugger: &Lugger, source: &str, target: &str) -> Run {
    lugger.args(["copy", source, target]).ok()
}

fn index() -> Index {
    let (one, other) = siblings();
    Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64/v8")])
}
