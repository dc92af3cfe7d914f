//! Layers made to break out, to differ between programs, or to cost more than they are: each is refused with nothing left,
//! or harmless. What lies beside the folder stays as it is to the byte, to the mode and to the nanosecond.

use std::fs;
use std::path::Path;

use crate::support::command::Lugger;
use crate::support::image::Recipe;
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;
use crate::support::tar::{Tar, altered, header, pax, record, special};
use crate::support::tree::Tree;

/// What must come of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Refused,
    Harmless,
}
use Fate::{Harmless, Refused};

/// A name, the layers, what must come of them.
type Case = (&'static str, Vec<Vec<u8>>, Fate);

const LINK: u8 = b'1';
const SYMLINK: u8 = b'2';

fn tar() -> Tar {
    Tar::default()
}

/// One layer.
fn one(name: &'static str, tar: Tar, fate: Fate) -> Case {
    (name, vec![tar.finish()], fate)
}

/// The same in two layers.
fn two(name: &'static str, below: Tar, above: Tar, fate: Fate) -> Case {
    (name, vec![below.finish(), above.finish()], fate)
}

/// Blocks as they are, and an end.
fn raw(name: &'static str, blocks: &[&[u8]], fate: Fate) -> Case {
    (name, vec![[blocks.concat(), vec![0; 1024]].concat()], fate)
}

fn file(name: &str) -> [u8; 512] {
    header(name, 0o644, b'0', "", 0)
}

fn breakouts(outside: &str) -> Vec<Case> {
    [through_links, over_links, hard_links, roots_and_whiteouts]
        .map(|cases| cases(outside))
        .concat()
}

fn through_links(outside: &str) -> Vec<Case> {
    let up = "../../outside";
    let secret = format!("{outside}/secret");
    let x = b"pwned";
    vec![
        one("a name that goes up", tar().file("../outside/x", 0o644, x), Refused),
        one(
            "a name that goes down and up",
            tar().directory("a").file("a/../../outside/x", 0o644, x),
            Refused,
        ),
        one("an absolute name", tar().file(&secret, 0o644, x), Harmless),
        one(
            "through an absolute link",
            tar().symlink("l", outside).file("l/secret", 0o644, x),
            Harmless,
        ),
        one(
            "through a relative link",
            tar().symlink("l", up).file("l/secret", 0o644, x),
            Harmless,
        ),
        one(
            "through a link below",
            tar()
                .directory("a")
                .symlink("a/l", "../../../outside")
                .file("a/l/secret", 0o644, x),
            Harmless,
        ),
        two(
            "through a link of the layer below",
            tar().symlink("l", outside),
            tar().file("l/secret", 0o644, x),
            Harmless,
        ),
        one(
            "through links to links",
            tar().symlink("a", outside).symlink("b", "a").file("b/secret", 0o644, x),
            Harmless,
        ),
        one(
            "through a link to the root",
            tar().symlink("r", "/").file(&format!("r{secret}"), 0o644, x),
            Harmless,
        ),
    ]
}

fn over_links(outside: &str) -> Vec<Case> {
    let secret = format!("{outside}/secret");
    let x = b"pwned";
    vec![
        one(
            "over a link to a file",
            tar().symlink("l", &secret).file("l", 0o644, x),
            Harmless,
        ),
        two(
            "over a link of the layer below",
            tar().symlink("l", &secret),
            tar().file("l", 0o644, x),
            Harmless,
        ),
        one(
            "a folder over a link, with other rights",
            tar().symlink("d", outside).entry("d", 0o777, b'5', "", b""),
            Harmless,
        ),
        one(
            "a folder through a link",
            tar().symlink("l", outside).entry("l/d", 0o777, b'5', "", b""),
            Harmless,
        ),
    ]
}

fn hard_links(outside: &str) -> Vec<Case> {
    let secret = format!("{outside}/secret");
    let x = b"pwned";
    vec![
        one(
            "a hard link to an absolute file",
            tar().entry("h", 0o644, LINK, &secret, b""),
            Refused,
        ),
        one(
            "a hard link that goes up",
            tar().entry("h", 0o644, LINK, "../outside/secret", b""),
            Refused,
        ),
        one(
            "a hard link relative to where one is",
            tar().entry("h", 0o644, LINK, "outside/secret", b""),
            Refused,
        ),
        one(
            "a hard link through a link",
            tar().symlink("l", outside).entry("h", 0o644, LINK, "l/secret", b""),
            Refused,
        ),
        one(
            "a hard link to a link, written to",
            tar()
                .symlink("l", &secret)
                .entry("h", 0o777, LINK, "l", b"")
                .file("h", 0o777, x),
            Harmless,
        ),
        one(
            "a hard link to a link, with other rights",
            tar().symlink("l", &secret).entry("h", 0o4777, LINK, "l", b""),
            Harmless,
        ),
        one(
            "a hard link to a later file",
            tar().entry("h", 0o644, LINK, "later", b"").file("later", 0o644, x),
            Refused,
        ),
        one(
            "a hard link to a folder",
            tar().directory("d").entry("h", 0o755, LINK, "d", b""),
            Refused,
        ),
        one(
            "a hard link with content",
            tar().file("f", 0o644, b"").entry("h", 0o644, LINK, "f", x),
            Refused,
        ),
    ]
}

fn roots_and_whiteouts(outside: &str) -> Vec<Case> {
    let deep = format!("{outside}/d");
    let x = b"pwned";
    vec![
        one(
            "the root as a link",
            tar().entry(".", 0o777, SYMLINK, outside, b"").file("secret", 0o644, x),
            Refused,
        ),
        one(
            "the root as a link, with a slash",
            tar().entry("./", 0o777, SYMLINK, outside, b""),
            Refused,
        ),
        one(
            "the absolute root as a link",
            tar().entry("/", 0o777, SYMLINK, outside, b""),
            Refused,
        ),
        one("the absolute root, dotted, as a file", tar().file("/.", 0o644, x), Refused),
        one(
            "links in a ring",
            tar().symlink("a", "b").symlink("b", "a").file("a/x", 0o644, x),
            Refused,
        ),
        one("a link to itself", tar().symlink("a", "a").file("a/x", 0o644, x), Refused),
        two(
            "a whiteout through a link",
            tar().symlink("l", outside),
            tar().file("l/.wh.secret", 0o644, b""),
            Harmless,
        ),
        two(
            "an opaque mark through a link",
            tar().symlink("l", outside),
            tar().file("l/.wh..wh..opq", 0o644, b""),
            Harmless,
        ),
        one(
            "a whiteout that goes up",
            tar().file("../outside/.wh.secret", 0o644, b""),
            Refused,
        ),
        one("a whiteout of nothing", tar().file(".wh.", 0o644, b""), Refused),
        one("a whiteout of the folder", tar().file(".wh..", 0o644, b""), Refused),
        one("a whiteout of the folder above", tar().file(".wh...", 0o644, b""), Refused),
        one(
            "a whiteout as a folder",
            tar().directory("a").file("a/.wh.../x", 0o644, x),
            Refused,
        ),
        one(
            "the root made opaque",
            tar().file("f", 0o644, x).file(".wh..wh..opq", 0o644, b""),
            Harmless,
        ),
        one("a file as a folder", tar().file("f", 0o644, x).file("f/x", 0o644, x), Refused),
        one(
            "a link to a link outside as a folder",
            tar().symlink("l", &deep).symlink("m", "l/up").file("m/secret", 0o644, x),
            Harmless,
        ),
    ]
}

fn differences() -> Vec<Case> {
    [numbers_and_names(), headers(), ends()].concat()
}

fn numbers_and_names() -> Vec<Case> {
    let numbers = |name, at, bytes: &[u8]| raw(name, &[&altered(file("f"), at, bytes)], Refused);
    let long = |length: usize| [&vec![b'n'; length][..], b"\0"].concat();
    vec![
        numbers("an owner over 32 bits", 108, &[0x80, 0, 0, 1, 0, 0, 0, 0]),
        numbers("an owner below nobody", 108, &[0xff; 8]),
        numbers("an owner that means leave it", 116, &[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        numbers("an owner in letters", 108, b"rootroot"),
        numbers("a negative size", 124, &[0xff; 12]),
        numbers("a size that no file has", 124, &[0xbf; 12]),
        numbers("a size with something behind it", 124, b"0000 0000012"),
        numbers("a form nobody knows", 257, b"ustarX"),
        raw(
            "an owner in an extended header over 32 bits",
            &[&pax(&[b"uid=4294967296"]), &file("f")],
            Refused,
        ),
        raw("a zero in a name", &[&pax(&[b"path=a\0b"]), &file("f")], Refused),
        raw("a zero in a long name", &[&special(b'L', b"a\0b\0"), &file("f")], Refused),
        raw(
            "a name of 4,097 bytes",
            &[&special(b'L', &[b"a/".repeat(2048), b"x\0".to_vec()].concat()), &file("f")],
            Refused,
        ),
        raw("a name of 256 bytes", &[&special(b'L', &long(256)), &file("f")], Refused),
        raw(
            "a long name over 1 MiB",
            &[&special(b'L', &long(1 << 20)), &file("f")],
            Refused,
        ),
        raw(
            "a long name of 8 GiB that is not there",
            &[&altered(header("x", 0, b'L', "", 0), 124, b"77777777777\0")],
            Refused,
        ),
    ]
}

fn headers() -> Vec<Case> {
    let size_said = |size: &str| {
        let blocks = [
            pax(&[format!("size={size}").as_bytes()]),
            file("f").to_vec(),
            file("phantom").to_vec(),
        ];
        blocks.concat()
    };
    vec![
        raw(
            "an extended header over 1 MiB",
            &[&pax(&[&vec![b'c'; 1 << 20]]), &file("f")],
            Refused,
        ),
        raw(
            "an extended header cut short",
            &[&special(b'x', b"30 path=a\n"), &file("f")],
            Refused,
        ),
        raw(
            "an extended header that is none",
            &[&special(b'x', b"hello"), &file("f")],
            Refused,
        ),
        raw(
            "two extended headers",
            &[&pax(&[b"path=a"]), &pax(&[b"path=b"]), &file("f")],
            Refused,
        ),
        raw(
            "extended headers of two forms",
            &[&pax(&[b"path=a"]), &special(b'L', b"b\0"), &file("f")],
            Refused,
        ),
        raw(
            "a global header with a name",
            &[&special(b'g', &record(b"path=a")), &file("f")],
            Refused,
        ),
        raw("an extended header with no file behind it", &[&pax(&[b"path=a"])], Refused),
        raw("a size that hides a file", &[&size_said("512")], Harmless),
        raw("a size beyond the end", &[&size_said("1000000")], Refused),
        raw("a size that is none", &[&size_said("-1")], Refused),
        raw(
            "a sparse file in an extended header",
            &[&pax(&[b"GNU.sparse.major=1", b"GNU.sparse.minor=0"]), &file("f")],
            Refused,
        ),
        raw("a sparse file without a map", &[&header("f", 0o644, b'S', "", 0)], Refused),
        raw(
            "a wrong checksum",
            &[&{
                let mut block = file("f");
                block[0] = b'g';
                block
            }],
            Refused,
        ),
        raw("something behind the end", &[&file("f"), &[0; 512], &file("g")], Refused),
        raw("an entry of an unknown kind", &[&header("f", 0o644, b'M', "", 0)], Refused),
        raw("a file named as a folder", &[&file("f/")], Refused),
        raw("a link that leads nowhere", &[&header("l", 0o777, SYMLINK, "", 0)], Refused),
    ]
}

fn ends() -> Vec<Case> {
    let file = header("f", 0o644, b'0', "", 5000).to_vec();
    vec![
        ("an end in the middle of a file", vec![file], Refused),
        ("no archive at all", vec![b"hello".repeat(200)], Refused),
        ("no end at all", vec![Vec::new()], Harmless),
    ]
}

/// A home with something precious beside the folder that is to be.
fn scene() -> (Lugger, String) {
    let lugger = Lugger::new();
    let outside = lugger.home().join("outside");
    fs::create_dir_all(outside.join("d/up")).unwrap();
    fs::create_dir(lugger.home().join("in")).unwrap();
    fs::write(outside.join("secret"), "precious").unwrap();
    fs::write(outside.join("d/file"), "precious too").unwrap();
    let text = outside.to_str().unwrap().to_string();
    assert!(text.len() < 80, "it fits in a header: {text}");
    (lugger, text)
}

fn image(layers: &[Vec<u8>], root: &Path) {
    let recipe = layers
        .iter()
        .fold(Recipe::default(), |recipe, layer| recipe.tar(layer.clone()));
    OciLayout::write(root, "app", &recipe.build());
}

/// What is in the folder in which the root shall be.
fn made(lugger: &Lugger) -> Vec<String> {
    let entries = fs::read_dir(lugger.home().join("in")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn assert_fates(cases: impl Fn(&str) -> Vec<Case>) {
    let ((lugger, outside), mut messages) = (scene(), Messages::of_this_test());
    let before = Tree::of(Path::new(&outside));
    for (at, (name, layers, fate)) in cases(&outside).into_iter().enumerate() {
        let images = format!("images{at}");
        image(&layers, &lugger.home().join(&images));
        let place = format!("oci:{images}:app");
        let status = i32::from(fate == Refused);
        for target in [["--to", "in/root"], ["-o", "in/root.tar"]] {
            let run = lugger.args(["export", &place].iter().chain(&target)).run();
            assert_eq!(run.status, status, "{name}: {}", run.stderr);
            if fate == Refused && target[0] == "-o" {
                messages.keep(name, &lugger, &run);
            }
        }
        Tree::of(Path::new(&outside)).assert_is(&before);
        match fate {
            Refused => assert!(made(&lugger).is_empty(), "{name}: {:?}", made(&lugger)),
            Harmless => {
                assert_eq!(made(&lugger), ["root", "root.tar"], "{name}");
                fs::remove_dir_all(lugger.home().join("in/root")).unwrap();
                fs::remove_file(lugger.home().join("in/root.tar")).unwrap();
            }
        }
    }
}

#[test]
fn nothing_breaks_out_of_the_folder() {
    assert_fates(breakouts);
}

#[test]
fn what_programs_read_differently_is_refused() {
    assert_fates(|_| differences());
}

#[test]
fn what_leads_outside_in_the_image_leads_to_the_same_place_inside() {
    let (lugger, outside) = scene();
    let layer = tar().symlink("l", &outside).file("l/secret", 0o644, b"inner");
    image(&[layer.finish()], &lugger.home().join("images"));
    lugger.args(["export", "oci:images:app", "--to", "in/root"]).ok();
    let inner = lugger
        .home()
        .join("in/root")
        .join(outside.trim_start_matches('/'))
        .join("secret");
    assert_eq!(fs::read_to_string(inner).unwrap(), "inner");
}

#[test]
fn the_name_of_what_is_refused_is_shown_escaped() {
    let (lugger, _) = scene();
    image(
        &[tar().file("\u{1b}[31m/../x", 0o644, b"").finish()],
        &lugger.home().join("images"),
    );
    let run = lugger.args(["export", "oci:images:app", "--to", "in/root"]).fails(1);
    assert!(run.stderr.contains(r"`\x1b[31m/../x`"), "{}", run.stderr);
}

#[test]
fn what_the_file_system_has_already_under_a_name_is_not_touched() {
    let (lugger, _) = scene();
    let layer = tar().directory("d").file("d/f", 0o644, b"x").symlink("l", "d");
    let layer = layer.entry("h", 0o644, LINK, "d/f", b"").entry("p", 0o644, b'6', "", b"");
    image(&[layer.finish()], &lugger.home().join("images"));
    // A file system that takes `A` for `a` says this of the second of them.
    for call in ["mkdirat", "symlinkat", "linkat", "mknodat"] {
        let inject = format!("inject={call}:error=EEXIST:when=1");
        let export = lugger.args(["export", "oci:images:app", "--to", "in/root"]);
        let run = export.under("strace", ["-f", "-qqq", "-o", "trace", "-e", &inject]).fails(1);
        assert!(run.stderr.contains("File exists"), "{call}: {}", run.stderr);
        assert!(made(&lugger).is_empty(), "{call}: {:?}", made(&lugger));
    }
    lugger.args(["export", "oci:images:app", "--to", "in/root"]).ok();
    assert_eq!(made(&lugger), ["root"]);
}
