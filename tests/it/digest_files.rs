//! `--digest-file`: what the next step of a script reads.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::image::{Image, Index};
use crate::support::layout::OciLayout;
use crate::support::peers::skopeo;
use crate::support::scene::Scene;
use crate::support::server::Act;

fn read(scene: &Scene, name: &str) -> String {
    fs::read_to_string(scene.lugger.home().join(name)).unwrap()
}

fn line(image: &Image) -> String {
    format!("{}\n", image.digest())
}

#[test]
fn every_transfer_leaves_its_digest() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    scene.call("pull @/team/app:1 --digest-file pulled").ok();
    scene.call("pull -q @/team/app:1 --digest-file again").ok();
    scene.call("copy @/team/app:1 oci:dir:x --digest-file copied").ok();
    scene.call("tag @/team/app:1 @/team/other:1").ok();
    scene.call("push -q @/team/other:1 --also-tag 2 --digest-file pushed").ok();
    for name in ["pulled", "again", "copied", "pushed"] {
        assert_eq!(read(&scene, name), line(&image), "{name}");
    }
    let mode = fs::metadata(scene.lugger.home().join("pulled")).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
}

#[test]
fn it_holds_what_skopeo_writes_for_the_same_copy() {
    let (scene, image) = (Scene::of(&Image::tiny(1)), Image::tiny(1));
    let (from, digests) = (
        OciLayout::write(&scene.lugger.home().join("from"), "x", &image),
        scene.lugger.home().join("theirs"),
    );
    let to = format!("docker://{}", scene.registry.name("team/app:2"));
    let digest_file = format!("--digestfile={}", digests.display());
    skopeo::skopeo(&[
        "copy",
        "--preserve-digests",
        "--dest-tls-verify=false",
        &digest_file,
        &from,
        &to,
    ]);
    scene.call(&format!("copy {from} @/team/app:3 --digest-file ours")).ok();
    assert_eq!(read(&scene, "ours").trim_end(), read(&scene, "theirs").trim_end());
}

#[test]
fn of_an_index_it_is_the_digest_that_is_printed() {
    let scene = Scene::new();
    let (one, other) = (Image::tiny(1), Image::tiny(2));
    let index = Index::of(&[(&one, "linux/amd64"), (&other, "linux/arm64")]);
    scene.registry.put_index("team/app", "1", &index);
    let run = scene.call("pull --platform linux/arm64 @/team/app:1 --digest-file f").ok();
    assert_eq!(read(&scene, "f"), format!("{}\n", index.digest()));
    assert!(run.stdout.starts_with(&format!("Digest: {}\n", index.digest())));
    let run = scene
        .call("copy --platform linux/arm64 @/team/app:1 oci:dir --digest-file f")
        .ok();
    assert_eq!(read(&scene, "f"), line(&other));
    assert!(run.stdout.starts_with(&format!("Digest: {}\n", other.digest())));
}

#[test]
fn several_images_have_a_line_each_in_their_order() {
    let images = [1, 2, 3].map(Image::tiny);
    let scene = Scene::new();
    for (image, tag) in images.iter().zip(["a", "b", "c"]) {
        scene.registry.put_image("team/app", tag, image);
    }
    scene.call("pull -q -a @/team/app --digest-file all").ok();
    assert_eq!(read(&scene, "all"), images.iter().map(line).collect::<String>());
    scene.call("pull -q @/team/app:c @/team/app:a --digest-file two").ok();
    assert_eq!(read(&scene, "two"), line(&images[2]) + &line(&images[0]));
}

#[test]
fn a_failure_leaves_the_file_as_it_was() {
    let scene = Scene::of(&Image::tiny(1));
    fs::write(scene.lugger.home().join("f"), "before\n").unwrap();
    scene.call("pull -q @/team/app:1 @/team/app:none --digest-file f").fails(3);
    scene.rule("PUT", "/manifests/2", Act::error(400, "TAG_INVALID", "immutable"));
    scene.call("push -q @/team/app:1 --also-tag 2 --digest-file f").fails(8);
    scene.call("pull -q @/team/app:none --digest-file new").fails(3);
    assert_eq!(read(&scene, "f"), "before\n");
    let names = fs::read_dir(scene.lugger.home())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names
        .filter(|name| name == "new" || name.to_string_lossy().starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_of_before_anything_is_moved() {
    let scene = Scene::of(&Image::tiny(1));
    for (place, why) in [("none/f", "No such file or directory"), ("docker", "is a folder")] {
        let run = scene.call(&format!("pull @/team/app:1 --digest-file {place}")).fails(1);
        assert!(
            run.stderr.starts_with("error: cannot write ") && run.stderr.contains(why),
            "{}",
            run.stderr
        );
    }
    assert_eq!(scene.registry.requests().len(), 0);
}

#[test]
fn links_and_pipes_stay_what_they_are() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    let home = scene.lugger.home();
    fs::write(home.join("real"), "old").unwrap();
    symlink("real", home.join("link")).unwrap();
    scene.call("pull -q @/team/app:1 --digest-file link").ok();
    assert_eq!(read(&scene, "real"), line(&image));
    assert!(home.join("link").is_symlink());
    let run = scene.call("pull -q @/team/app:1 --digest-file /dev/stderr").ok();
    assert_eq!(run.stderr, line(&image));
}
