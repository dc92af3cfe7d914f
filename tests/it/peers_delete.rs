//! Listing, deleting and signatures against distribution 2.8, which deletes no tag alone and lists no referrers.

use crate::support::command::Lugger;
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::peers::distribution::Distribution;
use crate::support::peers::jwt::JwtServer;
use crate::support::peers::skopeo;
use crate::support::users::Users;

/// Pushes an image under each of these names.
fn push(image: &Image, names: &[String]) {
    let home = tempfile::tempdir().unwrap();
    let place = OciLayout::write(&home.path().join("image"), "x", image);
    for name in names {
        skopeo::copy(&place, &format!("docker://{name}"));
    }
}

#[test]
fn the_other_tag_of_an_image_outlives_a_refused_deletion() {
    let registry = Distribution::open();
    let (a, b) = (registry.name("team/app:a"), registry.name("team/app:b"));
    push(&Image::tiny(1), &[a.clone(), b.clone()]);
    let lugger = Lugger::new();
    let run = lugger.args(["delete", &a]).fails(8);
    assert!(run.stderr.contains(&a) && run.stderr.contains(&b), "{}", run.stderr);
    lugger.args(["pull", &b]).ok();
    lugger.args(["delete", "--yes", &a]).ok();
    lugger.args(["pull", &b]).fails(3);
    lugger.args(["delete", &a]).fails(3);
    lugger.args(["delete", "--ignore-missing", &a]).ok();
}

#[test]
fn the_only_tag_of_an_image_goes_and_others_stay() {
    let registry = Distribution::open();
    let (old, new) = (registry.name("team/app:old"), registry.name("team/app:new"));
    push(&Image::tiny(1), std::slice::from_ref(&old));
    push(&Image::tiny(2), std::slice::from_ref(&new));
    let lugger = Lugger::new();
    lugger.args(["delete", &old]).ok();
    let run = lugger
        .args(["list-tags", &registry.name("team/app"), "--format", "json"])
        .ok();
    assert!(
        run.stdout.contains(r#""new""#) && !run.stdout.contains(r#""old""#),
        "{}",
        run.stdout
    );
    assert_eq!(
        lugger.args(["list-repos", registry.host()]).ok().stdout,
        registry.name("team/app\n")
    );
    lugger.args(["delete", &new]).ok();
    lugger.args(["list-tags", &registry.name("team/app")]).ok();
}

#[test]
fn the_token_has_the_right_to_delete() {
    let users = Users::default()
        .user("ann", "pw-canary", &[("app", "pull,push,delete")])
        .user("bob", "pw-canary", &[("app", "pull,push")]);
    let server = JwtServer::start(users);
    let registry = Distribution::token(&server);
    let lugger = Lugger::new();
    for (user, status) in [("bob", 4), ("ann", 0)] {
        lugger.args(["login", registry.host(), "-u", user, "-p", "pw-canary"]).ok();
        let place = OciLayout::write(&lugger.home().join(user), "x", &Image::tiny(1));
        lugger.args(["copy", &place, &registry.name("app:1")]).ok();
        lugger.args(["delete", &registry.name("app:1")]).fails(status);
    }
}

#[test]
fn a_signature_is_found_under_the_tag_of_its_subject() {
    let (from, to) = (Distribution::open(), Distribution::open());
    let image = Image::tiny(1);
    let subject = format!(r#""subject": {}"#, image.manifest.descriptor());
    let signature = Recipe::default().layer(b"signature").manifest_field(&subject).build();
    let lugger = Lugger::new();
    for (name, image) in [("1", &image), ("signature", &signature)] {
        let place = OciLayout::write(&lugger.home().join(name), "x", image);
        lugger.args(["copy", &place, &from.name(&format!("app:{name}"))]).ok();
    }
    lugger
        .args(["copy", "--referrers", &from.name("app:1"), &to.name("app:1")])
        .ok();
    let list = to.name(&format!("app:{}", image.digest().replace(':', "-")));
    let raw = lugger.args(["inspect", "--raw", &list]).ok().stdout;
    assert_eq!(raw.matches(signature.digest()).count(), 1, "{raw}");
    assert_eq!(
        skopeo::raw_manifest(&to.name(&format!("app@{}", signature.digest()))),
        signature.manifest.bytes
    );
}
