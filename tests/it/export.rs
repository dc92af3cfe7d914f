//! `lugger export`: root filesystems as umoci unpacks them, from every place an image can be in.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::command::{Call, Lugger};
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::scene::Scene;
use crate::support::strace::{self, Fate, Point};
use crate::support::tar::{Tar, noise};
use crate::support::terminal::Terminal;
use crate::support::tree::Tree;

/// Runs a program, and insists on success.
fn run(program: &str, arguments: &[&str], folder: &Path) {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A tar that GNU tar makes of a folder which a shell script fills.
fn layer(script: &str, format: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    run("bash", &["-euc", script], &root);
    let mut arguments = vec!["-C", "root", "--numeric-owner", "-cf", "layer.tar"];
    arguments.extend(format);
    arguments.push(".");
    run("tar", &arguments, folder.path());
    fs::read(folder.path().join("layer.tar")).unwrap()
}

/// Everything that makes unpacking hard, in three layers; the marks that hide come last, as in real layers.
fn hard_image() -> Image {
    let below = layer(
        "mkdir -p usr/lib etc/old/deep opaque/sub var/tmp; ln -s usr/lib lib; echo lib > usr/lib/a.so
         echo gone > etc/gone; echo x > etc/old/deep/x; echo o > opaque/o; echo s > opaque/sub/s
         echo one > etc/one; ln etc/one etc/two; ln etc/one usr/lib/three; echo victim > becomes-folder
         mkdir becomes-file; echo x > becomes-file/x; chmod 1777 var/tmp; touch setuid; chmod 4755 setuid
         setfattr -n user.note -v 'some note' etc/one; setfattr -n user.folder -v yes etc
         mkfifo etc/pipe; ln -s /absolute/nowhere dangling; ln -s ../../../up up; chown 12:34 etc/one
         chown -h 56:78 dangling; chown 9:9 etc; chmod 0500 etc/old; touch -d '2001-02-03 04:05:06.789' usr/lib/a.so
         touch -h -d '1999-01-01 01:02:03.5' lib; touch -d '1960-01-01' etc/pipe; touch $'etc/new\\nline' $'etc/\\377byte'
         long=$(printf 'long-name-%.0s' {1..20})/$(printf 'longer-%.0s' {1..20}); mkdir -p $long; echo f > $long/file
         ln $long/file long-link",
        &["--format=pax", "--xattrs", "--xattrs-include=*"],
    );
    let middle = layer(
        "mkdir -p etc opaque usr/lib; touch etc/.wh.gone etc/.wh.old opaque/.wh..wh..opq; echo new > opaque/new
         mkdir becomes-folder; echo y > becomes-folder/y; echo file > becomes-file; echo other > etc/one
         chmod 0700 usr; chown 3:4 usr
         touch -d '2020-01-01' etc opaque usr/lib usr",
        &["--format=gnu"],
    );
    let above = Tar::default()
        .file("lib/through-link", 0o600, &noise(3, 700_000))
        .entry("etc/three-times", 0o644, b'1', "usr/lib/three", b"")
        .file("usr/lib/.wh.three", 0o644, b"")
        .file("twice", 0o644, b"first")
        .file("twice", 0o755, b"second");
    let recipe = Recipe::default().gzipped().tar(below).tar(middle).tar(above.finish());
    recipe.build()
}

struct Unpacked {
    lugger: Lugger,
    umoci: PathBuf,
}

fn unpacked(image: &Image) -> Unpacked {
    let lugger = Lugger::new();
    let layout = lugger.home().join("images");
    OciLayout::write(&layout, "app", image);
    run("umoci", &["unpack", "--image", "images:app", "bundle"], lugger.home());
    let umoci = lugger.home().join("bundle/rootfs");
    Unpacked { lugger, umoci }
}

#[test]
fn a_folder_is_what_umoci_unpacks() {
    let Unpacked { lugger, umoci } = unpacked(&hard_image());
    let run = lugger.args(["export", "oci:images:app", "--to", "root"]).ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    Tree::of(&lugger.home().join("root")).assert_is(&Tree::of(&umoci));
}

#[test]
fn the_holes_of_a_file_are_kept() {
    let script =
        "head -c 3000000 /dev/zero > end; echo end >> end; truncate -s 5M none; echo start > start; truncate -s 3M start
         for at in $(seq 1 3 60); do dd if=/dev/urandom of=many bs=4096 seek=$at count=1 conv=notrunc status=none; done
         fallocate -d end; fallocate -d many; touch -d '2020-01-01' .";
    let layer = layer(script, &["--format=gnu", "--sparse", "--hole-detection=raw"]);
    let lugger = Lugger::new();
    OciLayout::write(
        &lugger.home().join("images"),
        "app",
        &Recipe::default().tar(layer.clone()).build(),
    );
    fs::write(lugger.home().join("layer.tar"), layer).unwrap();
    fs::create_dir(lugger.home().join("gnu")).unwrap();
    run("tar", &["-C", "gnu", "-xpf", "layer.tar"], lugger.home());
    let gnu = Tree::of(&lugger.home().join("gnu"));
    lugger.args(["export", "oci:images:app", "--to", "root"]).ok();
    Tree::of(&lugger.home().join("root")).assert_is(&gnu);
    for name in ["end", "none", "start", "many"] {
        let file = fs::metadata(lugger.home().join("root").join(name)).unwrap();
        assert!(file.blocks() * 512 < file.len(), "{name}");
    }
    lugger.args(["export", "oci:images:app", "-o", "whole.tar"]).ok();
    fs::create_dir(lugger.home().join("whole")).unwrap();
    run("tar", &["-C", "whole", "-xpf", "whole.tar"], lugger.home());
    Tree::of(&lugger.home().join("whole")).assert_is(&gnu);
}

#[test]
fn an_archive_gives_gnu_tar_what_umoci_unpacks() {
    let Unpacked { lugger, umoci } = unpacked(&hard_image());
    lugger.args(["export", "oci:images:app", "-o", "root.tar"]).ok();
    let piped = lugger.args(["export", "oci:images:app"]).ok();
    assert!(piped.bytes == fs::read(lugger.home().join("root.tar")).unwrap());
    fs::create_dir(lugger.home().join("root")).unwrap();
    let arguments = [
        "-C",
        "root",
        "--xattrs",
        "--xattrs-include=*",
        "--numeric-owner",
        "-xpf",
        "root.tar",
    ];
    run("tar", &arguments, lugger.home());
    Tree::of(&lugger.home().join("root")).assert_is(&Tree::of(&umoci));
}

#[test]
fn an_archive_that_becomes_a_layer_gives_the_same_folder() {
    let Unpacked { lugger, .. } = unpacked(&hard_image());
    let first = lugger.args(["export", "oci:images:app"]).ok().bytes;
    let again = Recipe::default().tar(first.clone()).build();
    OciLayout::write(&lugger.home().join("again"), "app", &again);
    lugger.args(["export", "oci:images:app", "--to", "one"]).ok();
    lugger.args(["export", "oci:again:app", "--to", "two"]).ok();
    Tree::of(&lugger.home().join("two")).assert_is(&Tree::of(&lugger.home().join("one")));
}

#[test]
fn an_image_that_the_store_lacks_comes_from_its_registry_and_gets_no_name() {
    let image = Image::tiny(1);
    let scene = Scene::of(&image);
    scene.call("export @/team/app:1 --to root").ok();
    let content = fs::read_to_string(scene.lugger.home().join("root/data/file1")).unwrap();
    assert_eq!(content, "first layer of image 1\n");
    assert!(scene.store().names().is_empty());
    scene.assert_sound();
    scene.call("pull -q @/team/app:1").ok();
    let asked = scene.registry.requests().len();
    scene.call("export @/team/app:1 --to again").ok();
    assert_eq!(scene.registry.requests().len(), asked, "the store has it");
}

#[test]
fn a_layer_with_other_bytes_than_its_digest_is_a_mismatch_and_leaves_nothing() {
    let lugger = Lugger::new();
    let image = Image::tiny(2);
    OciLayout::write(&lugger.home().join("images"), "app", &image);
    let path = lugger
        .home()
        .join("images/blobs")
        .join(image.layers[1].digest.replace(':', "/"));
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
    for target in [["--to", "root"], ["-o", "root.tar"]] {
        lugger.args(["export", "oci:images:app"].iter().chain(&target)).fails(7);
    }
    assert_eq!(names(lugger.home(), "root"), Vec::<OsString>::new());
}

/// What of a beginning, or beside its place, is in a folder.
fn names(folder: &Path, start: &str) -> Vec<OsString> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| [start, ".tmp"].iter().any(|start| name.to_string_lossy().starts_with(start)))
        .collect()
}

#[test]
fn a_folder_that_is_in_use_stays_as_it_is() {
    let lugger = Lugger::new();
    OciLayout::write(&lugger.home().join("images"), "app", &Image::tiny(3));
    fs::create_dir(lugger.home().join("used")).unwrap();
    fs::write(lugger.home().join("used/file"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", lugger.home().join("link")).unwrap();
    for used in ["used", "used/file", "link"] {
        let run = lugger.args(["export", "oci:images:app", "--to", used]).fails(1);
        assert!(
            run.stderr.contains("is there already, and is not an empty folder"),
            "{}",
            run.stderr
        );
    }
    fs::create_dir(lugger.home().join("empty")).unwrap();
    lugger.args(["export", "oci:images:app", "--to", "empty"]).ok();
    assert!(lugger.home().join("empty/data/file2").exists());
    assert!(names(lugger.home(), ".tmp").is_empty());
}

#[test]
fn an_image_that_unpacks_to_more_than_it_may_ends_early() {
    let lugger = Lugger::new();
    let image = Recipe::default().gzipped().layer(&vec![0; 3_000_000]).build();
    OciLayout::write(&lugger.home().join("images"), "app", &image);
    let export = |size| lugger.args(["export", "oci:images:app", "--to", "root", "--max-size", size]);
    let run = export("2M").fails(1);
    assert!(run.stderr.contains("it unpacks to more than 2 MB"), "{}", run.stderr);
    assert!(run.stderr.contains("--max-size"), "{}", run.stderr);
    assert!(names(lugger.home(), "root").is_empty());
    export("4M").ok();
}

#[test]
fn devices_are_made_only_for_root_who_asks() {
    let lugger = Lugger::new();
    let script = "mkdir dev; mknod dev/null c 1 3; mknod dev/loop b 7 0; mknod dev/zero c 1 5; touch plain";
    let image = Recipe::default().tar(layer(script, &["--format=gnu"])).build();
    OciLayout::write(&lugger.home().join("images"), "app", &image);
    let run = lugger.args(["export", "oci:images:app", "--to", "without"]).ok();
    assert!(run.stderr.contains("warning: 3 device nodes were left out"), "{}", run.stderr);
    assert!(names(&lugger.home().join("without/dev"), "").is_empty());
    lugger.args(["export", "oci:images:app", "--to", "with", "--devices"]).ok();
    run_umoci_and_compare(&lugger);
}

fn run_umoci_and_compare(lugger: &Lugger) {
    run("umoci", &["unpack", "--image", "images:app", "bundle"], lugger.home());
    Tree::of(&lugger.home().join("with")).assert_is(&Tree::of(&lugger.home().join("bundle/rootfs")));
}

#[test]
fn who_is_not_root_gets_the_files_as_their_own_and_is_told() {
    let lugger = Lugger::new();
    let image = hard_image();
    OciLayout::write(&lugger.home().join("images"), "app", &image);
    fs::set_permissions(lugger.home(), fs::Permissions::from_mode(0o755)).unwrap();
    let mine = lugger.home().join("mine");
    fs::create_dir(&mine).unwrap();
    run("chown", &["65534:65534", "mine"], lugger.home());
    let call = lugger.args(["export", "oci:images:app", "--to", "mine/root"]);
    let run = call
        .under("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups"])
        .ok();
    assert!(run.stderr.contains("only root can give them away"), "{}", run.stderr);
    assert!(
        run.stderr.contains("1 programs no longer run as somebody else"),
        "{}",
        run.stderr
    );
    let setuid = fs::metadata(mine.join("root/setuid")).unwrap();
    assert_eq!((setuid.uid(), setuid.mode() & 0o7777), (65534, 0o755));
    assert_eq!(fs::read_to_string(mine.join("root/usr/lib/a.so")).unwrap(), "lib\n");
    assert!(names(&mine, ".tmp").is_empty());
}

#[test]
fn an_interrupt_leaves_nothing_of_a_folder_or_a_file() {
    let lugger = Lugger::new();
    let many = (0..40_000).fold(Tar::default(), |tar, at| {
        tar.file(&format!("{}/{at}", at % 7), 0o644, b"small")
    });
    OciLayout::write(
        &lugger.home().join("images"),
        "app",
        &Recipe::default().tar(many.finish()).build(),
    );
    for target in [["--to", "root"], ["-o", "root.tar"]] {
        let mut running = lugger.args(["export", "oci:images:app"].iter().chain(&target)).start();
        let home = lugger.home().to_path_buf();
        running.wait_until("something beside its place", || !names(&home, "root").is_empty());
        running.interrupt();
        let run = running.wait();
        // A run that was done before it was interrupted has made all of it.
        if run.status == 0 {
            assert_eq!(names(lugger.home(), "root"), [OsString::from(target[1])]);
        } else {
            assert_eq!(run.status, 130, "{}", run.stderr);
            assert!(names(lugger.home(), "root").is_empty(), "{:?}", names(lugger.home(), "root"));
        }
    }
}

#[test]
fn a_terminal_and_a_folder_are_no_place_for_an_archive() {
    let lugger = Lugger::new();
    OciLayout::write(&lugger.home().join("images"), "app", &Image::tiny(4));
    let export = lugger.args(["export", "oci:images:app"]);
    Terminal::start(&export, 100, 20).wait_for("an archive is not written to a terminal");
    let run = lugger.args(["export", "oci:images:app", "-o", "images"]).fails(2);
    assert!(run.stderr.contains("`--to` writes one"), "{}", run.stderr);
    lugger.args(["export", "oci:images:app", "-o", "/dev/null"]).ok();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_full_disk_leaves_no_archive_and_a_reader_that_has_gone_is_no_failure() {
    let lugger = Lugger::new();
    OciLayout::write(
        &lugger.home().join("images"),
        "app",
        &Image::with_layers(&[noise(1, 300_000)]),
    );
    let full = lugger.args(["export", "oci:images:app", "-o", "/dev/full"]).fails(1);
    assert!(full.stderr.contains("No space left on device"), "{}", full.stderr);
    assert!(!full.stderr.contains("--store"), "{}", full.stderr);
    let export = lugger.args(["export", "oci:images:app"]);
    let mut child = export.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// An export to `place/root`, and all it changes in `place`.
fn recorded() -> (Lugger, Vec<Point>) {
    let lugger = Lugger::new();
    OciLayout::write(&lugger.home().join("images"), "app", &Image::tiny(5));
    fs::create_dir(lugger.home().join("place")).unwrap();
    let points = strace::record(&export_to_place(&lugger), &lugger.home().join("place"));
    fs::remove_dir_all(lugger.home().join("place/root")).unwrap();
    (lugger, points)
}

fn export_to_place(lugger: &Lugger) -> Call {
    lugger.args(["export", "oci:images:app", "--to", "place/root"])
}

#[test]
fn a_folder_is_on_the_disk_before_it_has_its_name_and_the_name_is_before_the_end() {
    let (_lugger, points) = recorded();
    let last: Vec<&str> = points.iter().rev().take(3).map(|point| point.call.as_str()).collect();
    assert_eq!(last, ["fsync", "renameat2", "syncfs"], "{points:?}");
    assert!(points.iter().any(|point| point.call == "write"));
    assert_eq!(points.last().unwrap().path, Path::new(""));
}

#[test]
fn a_folder_that_cannot_be_brought_to_the_disk_does_not_appear() {
    let (lugger, points) = recorded();
    let sync = points.iter().find(|point| point.call == "syncfs").unwrap();
    let place = lugger.home().join("place");
    let run = strace::run(&export_to_place(&lugger), &place, sync, Fate::Fails("EIO")).unwrap();
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("cannot sync"), "{}", run.stderr);
    assert_eq!(fs::read_dir(place).unwrap().count(), 0);
}
