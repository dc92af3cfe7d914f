//! Root filesystems: layers with one flaw each, and what a folder cannot have of an image.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::command::Lugger;
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;
use crate::support::tar::{altered, header, padded, pax};

fn file() -> [u8; 512] {
    header("f", 0o644, b'0', "", 0)
}

/// A device of the kind that is a header's last flaw.
fn device(at: usize, bytes: &[u8]) -> Vec<u8> {
    altered(header("d", 0o644, b'3', "", 0), at, bytes).to_vec()
}

/// A sparse file of this map, three bytes of which are stored.
fn sparse(map: &[&[u8]]) -> Vec<u8> {
    let block = altered(header("s", 0o644, b'S', "", 3), 257, b"ustar  \0");
    let block = altered(block, 386, &map.concat());
    [&altered(block, 483, b"00000001003\0")[..], &padded(b"abc")].concat()
}

fn with(pair: &str, block: &[u8]) -> Vec<u8> {
    [&pax(&[pair.as_bytes()])[..], block].concat()
}

fn deep(folders: usize) -> Vec<u8> {
    with(&format!("path={}f", "a/".repeat(folders)), &file())
}

#[test]
fn every_flaw_of_a_layer_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (three, none) = (b"00000000003\0", [0; 12]);
    let gap: [&[u8]; 6] = [&three[..], three, &none, &none, b"00000000011\0", three];
    let layers = [
        ("a time without end", with("mtime=9223372036854775808", &file())),
        ("a time that is none", with("mtime=1.x", &file())),
        ("a device of an old archive", device(257, &[0; 8])),
        ("a device beyond all numbers", device(329, b"\x80\0\0\x01\0\0\0\0")),
        ("an attribute without a name", with("SCHILY.xattr.=x", &file())),
        ("a sparse file with more", with("mtime=1", &sparse(&[&three[..], three]))),
        ("a map with a gap", sparse(&gap)),
        ("folders in each other", deep(1_100)),
        (
            "a file that is cut",
            [&header("f", 0o644, b'0', "", 600)[..], &[b'x'; 512]].concat(),
        ),
    ];
    for (at, (scene, blocks)) in layers.into_iter().enumerate() {
        let end = if scene.ends_with("cut") { 0 } else { 1024 };
        let image = Recipe::default().tar([blocks, vec![0; end]].concat()).build();
        let place = OciLayout::write(&lugger.home().join(at.to_string()), "a", &image);
        for to in [&["-o", "out.tar"][..], &["--to", "root"]] {
            let run = lugger.args([&["export", &place], to].concat()).run();
            messages.keep(&format!("{scene}: {}", to.join(" ")), &lugger, &run);
            let _ = fs::remove_dir_all(lugger.home().join("root"));
        }
    }
}

#[test]
fn what_a_folder_lacks_of_an_image_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let owned = altered(header("owned", 0o644, b'0', "", 0), 108, b"0001750\0");
    let set_id = header("su", 0o4755, b'0', "", 0);
    let device = altered(device(329, b"0000001\0").try_into().unwrap(), 337, b"0000003\0");
    let attribute = with("SCHILY.xattr.trusted.x=y", &file());
    let blocks = [&owned[..], &set_id, &device, &attribute, &[0; 1024]].concat();
    let image = Recipe::default().tar(blocks).build();
    let open = lugger.home().join("open");
    let place = OciLayout::write(&open.join("image"), "a", &image);
    for path in [lugger.home(), &open, &open.join("image")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let call = lugger.args(["export", &place, "--to", "open/root"]);
    let call = call.env("LUGGER_STORE", open.join("store"));
    let run = call.under("setpriv", ["--reuid=54321", "--clear-groups"]).run();
    messages.keep("as one who is not root", &lugger, &run);
    let call = lugger.args(["export", "--platform", "windows/amd64", &place, "-o", "other.tar"]);
    messages.keep("for another platform", &lugger, &call.run());
    let large = OciLayout::write(&lugger.home().join("large"), "a", &Image::with_layers(&[vec![b'x'; 4096]]));
    let call = lugger.args(["export", "--max-size", "1k", &large, "-o", "large.tar"]);
    messages.keep("too large", &lugger, &call.fails(1));
}
