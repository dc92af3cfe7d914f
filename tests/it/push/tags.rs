//! Further tags of a pushed image: those that are named, and the wider ones of a version.

use super::{keep, keep_index, steps};
use crate::support::command::{Call, Lugger, Run};
use crate::support::image::{Image, Index};
use crate::support::layout::OciLayout;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};

/// A push of an image that is stored under this name, with further words.
fn pushing(lugger: &Lugger, registry: &Registry, name: &str, image: &Image, words: &str) -> Call {
    keep(lugger, &registry.name(name), image);
    let name = registry.name(name);
    lugger.args(["push", &name].into_iter().chain(words.split_whitespace()))
}

fn lines(image: &Image, tags: &str) -> String {
    let line = |tag: &str| format!("{tag}: digest: {} size: {}\n", image.digest(), image.manifest.size);
    tags.split(' ').map(line).collect()
}

/// What was told of tags, beside the progress.
fn notes(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| line.starts_with("note: ")).collect()
}

fn put_tags(registry: &Registry) -> Vec<String> {
    let puts = registry.log().select("PUT", "/manifests/");
    puts.iter()
        .map(|put| put.path.rsplit('/').next().unwrap().to_string())
        .collect()
}

#[test]
fn an_image_is_moved_once_and_gets_every_tag() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let run = pushing(&lugger, &registry, "app:1", &image, "--also-tag stable --also-tag sha-0a1b").ok();
    assert_eq!(run.stdout, lines(&image, "1 stable sha-0a1b"));
    assert_eq!(registry.tags("app"), ["1", "sha-0a1b", "stable"]);
    for tag in ["1", "stable", "sha-0a1b"] {
        assert_eq!(registry.manifest("app", tag).as_ref(), Some(&image.manifest.bytes), "{tag}");
    }
    assert_eq!(put_tags(&registry), ["1", "stable", "sha-0a1b"]);
    let steps = steps(&registry);
    assert_eq!(steps.iter().filter(|step| *step == "PUT uploads").count(), 3);
    let tagging = steps.iter().rev().take(4).rev().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        tagging,
        ["HEAD manifests", "PUT manifests", "HEAD manifests", "PUT manifests"]
    );
}

#[test]
fn tags_that_are_right_already_cost_one_request_each() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let call = pushing(
        &lugger,
        &registry,
        "app:1",
        &image,
        "--also-tag 2 --also-tag 3 --also-tag 2 --also-tag 1",
    );
    let first = call.clone().ok();
    registry.rule(Rule::on("PUT", "").then(Act::error(400, "TAG_INVALID", "the tag is immutable")));
    let before = registry.requests().len();
    let again = call.ok();
    assert_eq!(steps(&registry)[before..], ["HEAD manifests"; 3]);
    assert_eq!(
        (&first.stdout, &again.stdout),
        (&lines(&image, "1 2 3"), &lines(&image, "1 2 3"))
    );
}

#[test]
fn a_tag_of_another_image_moves() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.put_image("app", "stable", &Image::tiny(2));
    pushing(&lugger, &registry, "app:1", &image, "--also-tag stable").ok();
    assert_eq!(registry.digest("app", "stable").as_deref(), Some(image.digest()));
}

#[test]
fn an_index_and_an_image_from_elsewhere_get_further_tags_too() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let index = Index::of(&[(&Image::tiny(1), "linux/amd64"), (&Image::tiny(2), "linux/arm64")]);
    let name = registry.name("app:1");
    keep_index(&lugger, &name, &index);
    lugger.args(["push", &name, "--also-tag", "stable"]).ok();
    assert_eq!(registry.digest("app", "stable").as_deref(), Some(index.digest()));
    let image = Image::tiny(3);
    let from = OciLayout::write(&lugger.home().join("elsewhere"), "x", &image);
    let run = lugger
        .args(["push", "--from", &from, &registry.name("other:2"), "--also-tag", "stable"])
        .ok();
    assert_eq!(run.stdout, lines(&image, "2 stable"));
    assert_eq!(registry.digest("other", "stable").as_deref(), Some(image.digest()));
}

#[test]
fn an_image_pushed_by_digest_gets_tags() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    keep(&lugger, &registry.name("app:1"), &image);
    let name = registry.name(&format!("app@{}", image.digest()));
    let run = lugger.args(["push", &name, "--also-tag", "stable"]).ok();
    assert_eq!(run.stdout, lines(&image, &format!("{} stable", image.digest())));
    assert_eq!(registry.tags("app"), ["stable"]);
    lugger.args(["push", &name, "--semver"]).fails(2);
}

#[test]
fn a_quiet_push_with_many_tags_prints_the_digest_alone() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let run = pushing(&lugger, &registry, "app:1.4.2", &image, "-q --also-tag stable --semver").ok();
    let expected = format!("{}@{}\n", registry.name("app"), image.digest());
    assert_eq!((run.stdout, run.stderr), (expected, String::new()));
    assert_eq!(registry.tags("app"), ["1", "1.4", "1.4.2", "latest", "stable"]);
}

#[test]
fn a_release_gets_its_wider_tags_after_those_that_are_named() {
    for (prefix, wider) in [("", "1.4 1 latest"), ("v", "v1.4 v1 latest")] {
        let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
        let name = format!("app:{prefix}1.4.2");
        let run = pushing(
            &lugger,
            &registry,
            &name,
            &image,
            "--semver --also-tag stable --also-tag latest",
        )
        .ok();
        let wider = wider.replace(" latest", "");
        assert_eq!(run.stdout, lines(&image, &format!("{prefix}1.4.2 stable latest {wider}")));
        assert_eq!(notes(&run), [""; 0]);
        assert_eq!(registry.count("GET", "/tags/list"), 1);
    }
}

#[test]
fn a_candidate_gets_no_wider_tag_and_it_is_said() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let run = pushing(&lugger, &registry, "app:1.4.2-rc.1", &image, "--semver --also-tag next").ok();
    assert_eq!(run.stdout, lines(&image, "1.4.2-rc.1 next"));
    assert_eq!(notes(&run), ["note: 1.4.2-rc.1 is a pre-release, which gets no wider tags"]);
    assert_eq!(registry.count("GET", "/tags/list"), 0);
}

#[test]
fn a_tag_that_is_no_version_is_refused_before_anything_is_moved() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    keep(&lugger, &registry.name("app:1.4.2"), &image);
    for tag in [":main", ":1.4", ":1", ":latest", "", ":01.4.2"] {
        let name = registry.name(&format!("app{tag}"));
        keep(&lugger, &name, &image);
        let run = lugger.args(["push", "--semver", &registry.name("app:1.4.2"), &name]).fails(2);
        assert!(run.stderr.contains("a version, such as 1.4.2 or v1.4.2"), "{}", run.stderr);
    }
    assert_eq!(registry.requests().len(), 0);
}

#[test]
fn wider_tags_never_move_back() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let (new, old, newer) = (Image::tiny(1), Image::tiny(2), Image::tiny(3));
    pushing(&lugger, &registry, "app:1.4.2", &new, "--semver").ok();
    let run = pushing(&lugger, &registry, "app:1.3.9", &old, "--semver").ok();
    assert_eq!(run.stdout, lines(&old, "1.3.9 1.3"));
    let expected = [
        "note: 1 stays with 1.4.2, which is newer than 1.3.9",
        "note: latest stays with 1.4.2, which is newer than 1.3.9",
    ];
    assert_eq!(notes(&run), expected);
    for (tag, image) in [("1.4", &new), ("1", &new), ("latest", &new), ("1.3", &old), ("1.3.9", &old)] {
        assert_eq!(registry.digest("app", tag).as_deref(), Some(image.digest()), "{tag}");
    }
    let run = pushing(&lugger, &registry, "app:1.10.0", &newer, "--semver").ok();
    assert_eq!(run.stdout, lines(&newer, "1.10.0 1.10 1 latest"));
    assert_eq!(notes(&run), [""; 0]);
    pushing(&lugger, &registry, "app:1.10.0", &old, "--semver").ok();
    assert_eq!(
        registry.digest("app", "latest").as_deref(),
        Some(old.digest()),
        "the same version, built again"
    );
}

#[test]
fn a_newer_release_is_seen_on_a_later_page_of_tags() {
    let (lugger, image) = (Lugger::new(), Image::tiny(1));
    let registry = Registry::start().with_habits(|habits| habits.page = 1);
    for tag in ["1.3.8", "1.4.2", "latest"] {
        registry.put_image("app", tag, &Image::tiny(2));
    }
    let run = pushing(&lugger, &registry, "app:1.3.9", &image, "--semver").ok();
    assert_eq!(run.stdout, lines(&image, "1.3.9 1.3"));
}

#[test]
fn several_releases_in_whatever_order_leave_the_newest_in_front() {
    for order in [["1.4.2", "1.3.9"], ["1.3.9", "1.4.2"]] {
        let (lugger, registry) = (Lugger::new(), Registry::start());
        let newest = Image::tiny(1);
        keep(&lugger, &registry.name("app:1.4.2"), &newest);
        keep(&lugger, &registry.name("app:1.3.9"), &Image::tiny(2));
        let names = order.map(|version| registry.name(&format!("app:{version}")));
        lugger.args(["push", "--semver", &names[0], &names[1]]).ok();
        for tag in ["1.4", "1", "latest"] {
            assert_eq!(
                registry.digest("app", tag).as_deref(),
                Some(newest.digest()),
                "{order:?} {tag}"
            );
        }
    }
}

#[test]
fn a_registry_that_does_not_list_its_tags_gets_no_wider_ones() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    registry.rule(Rule::on("GET", "/tags/list").then(Act::error(403, "DENIED", "no listing")));
    let run = pushing(&lugger, &registry, "app:1.4.2", &image, "--semver").fails(4);
    assert_eq!(
        (run.stdout, registry.tags("app")),
        (lines(&image, "1.4.2"), vec!["1.4.2".to_string()])
    );
    assert!(
        run.stderr.contains("to see which of them stand for a newer version"),
        "{}",
        run.stderr
    );
}

#[test]
fn one_further_tag_for_two_images_of_a_repository_is_refused() {
    let (lugger, registry) = (Lugger::new(), Registry::start());
    let names = ["app:1", "app:2", "other:1"].map(|name| registry.name(name));
    for (name, seed) in names.iter().zip(1..) {
        keep(&lugger, name, &Image::tiny(seed));
    }
    let run = lugger.args(["push", &names[0], &names[1], "--also-tag", "stable"]).fails(2);
    let repository = registry.name("app");
    assert_eq!(
        run.stderr,
        format!("error: --also-tag is for one image of a repository, and there are several of `{repository}`\n")
    );
    for flag in ["--semver", "--also-tag=x"] {
        lugger.args(["push", "--all-tags", &repository, flag]).fails(2);
    }
    lugger.args(["push", &names[0], "--also-tag", "not a tag"]).fails(2);
    assert_eq!(registry.requests().len(), 0);
    lugger.args(["push", &names[0], &names[2], "--also-tag", "stable"]).ok();
    assert_eq!((registry.tags("app").len(), registry.tags("other").len()), (2, 2));
}

#[test]
fn a_refused_tag_leaves_what_is_done_and_says_what_is_not() {
    let (lugger, registry, image) = (Lugger::new(), Registry::start(), Image::tiny(1));
    let immutable = Act::error(400, "TAG_INVALID", "The tag 1 is immutable");
    registry.rule(
        Rule::on("PUT", "/manifests/1")
            .when(|request| request.path.ends_with("/1"))
            .then(immutable),
    );
    let run = pushing(&lugger, &registry, "app:1.4.2", &image, "--semver --also-tag stable").fails(8);
    assert_eq!(run.stdout, lines(&image, "1.4.2 stable 1.4"));
    assert_eq!(registry.tags("app"), ["1.4", "1.4.2", "stable"]);
    let told = format!(
        "error: cannot set the tag `1` of `{}`; set: 1.4.2, stable, 1.4; not tried: latest\n  caused by: PUT ",
        registry.name("app")
    );
    assert!(run.stderr.contains(&told), "{}", run.stderr);
    let quiet = lugger.args(["push", "-q", "--semver", &registry.name("app:1.4.2")]).fails(8);
    assert_eq!(quiet.stdout, "", "a script gets a digest only for what is done");
}
