//! Screens of runs that have ended.

use super::{Set, whole};
use crate::peers_steps::{hold, layered};
use crate::support::image::{Image, Index, Recipe};
use crate::support::registry::Registry;
use crate::support::tar::noise;

fn image() -> Image {
    Image::with_layers(&[b"small".to_vec(), noise(1, 600 << 10), noise(2, 100 << 10)])
}

fn stocked() -> Registry {
    let registry = Registry::start();
    registry.put_image("team/app", "1", &image());
    registry
}

#[test]
fn the_end_of_a_pull() {
    whole("pull", 0, || Set::new(stocked(), "pull @/team/app:1"));
}

#[test]
fn the_end_of_a_push_of_which_some_is_there_already() {
    whole("push", 0, || {
        let registry = Registry::start();
        registry.put_blob("team/app", &image().layers[0]);
        let set = Set::new(registry, "push @/team/app:1");
        hold(&set.lugger, &set.registry.name("team/app:1"), &image());
        set
    });
}

#[test]
fn the_tags_of_a_repository() {
    whole("list_tags", 0, || {
        let registry = Registry::start();
        let (old, new) = (Image::tiny(1), Image::tiny(2));
        registry.put_image("team/app", "1.4.1", &old);
        for tag in ["1", "1.4", "1.4.2", "latest", "release-candidate-of-a-long-name"] {
            registry.put_image("team/app", tag, &new);
        }
        Set::new(registry, "list-tags @/team/app")
    });
}

#[test]
fn a_platform_that_the_image_has_not() {
    whole("wrong_platform", 3, || {
        let registry = Registry::start();
        let made = |platform: &str| Recipe::default().platform(platform).layer(platform.as_bytes()).build();
        let (amd, arm) = (made("linux/amd64"), made("linux/arm64"));
        let index = Index::of(&[(&amd, "linux/amd64"), (&arm, "linux/arm64")]);
        registry.put_index("team/app", "1", &index);
        Set::new(registry, "pull --platform windows/amd64 @/team/app:1")
    });
}

#[test]
fn a_login_that_is_refused() {
    whole("failed_login", 4, || {
        let registry = Registry::start().with_basic("ann", "pw-canary", r#"Basic realm="here""#);
        Set::in_shell(registry, r#"echo other-canary | "$@""#, "login -u ann --password-stdin @")
    });
}

#[test]
fn the_end_of_a_pull_of_a_hundred_layers() {
    whole("folded", 0, || {
        let registry = Registry::start();
        registry.put_image("team/app", "1", &layered(100));
        Set::new(registry, "pull @/team/app:1")
    });
}

/// One layer after the other, since lines come in the order in which things happen.
#[test]
fn a_pull_on_a_dumb_terminal_and_on_one_without_a_name() {
    for (scene, script) in [("dumb", r#"TERM=dumb exec "$@""#), ("unnamed", r#"unset TERM; exec "$@""#)] {
        whole(scene, 0, || Set::in_shell(stocked(), script, "pull --jobs 1 @/team/app:1"));
    }
}
