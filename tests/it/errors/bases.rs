//! Bases that contradict themselves, and what an append says of what it made.

use super::{keep, with_config, with_manifest};
use crate::support::command::Lugger;
use crate::support::image::{Image, Recipe};
use crate::support::layout::OciLayout;
use crate::support::messages::Messages;

const DIFF_ID: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// A config of two layers with one field more.
fn config(more: &str) -> String {
    format!(
        r#"{{{more}"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":["{DIFF_ID}","{DIFF_ID}"]}}}}"#
    )
}

#[test]
fn a_base_that_contradicts_itself_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let image = Image::tiny(1);
    let config_of = |size: &str| image.config.descriptor().replace(&format!("{}", image.config.size), size);
    let bases = [
        (
            "fewer layers in the config",
            with_config(r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}"#),
        ),
        ("a config of numbers", Recipe::default().layer(b"x").settings("7").build()),
        ("a history that is no list", with_config(&config(r#""history":7,"#))),
        (
            "a config over 8 MiB",
            with_manifest(&image, &image.config.descriptor(), &config_of("9000000")),
        ),
        (
            "a config larger than anything",
            with_manifest(&image, &image.config.descriptor(), &config_of("9223372036854775808")),
        ),
    ];
    for (at, (scene, base)) in bases.iter().enumerate() {
        let place = OciLayout::write(&lugger.home().join(at.to_string()), "a", base);
        let call = lugger.args(["append", "-q", &place, "-t", "new:1", "--env", "A=b"]);
        messages.keep(scene, &lugger, &call.fails(1));
        let call = lugger.args(["inspect", &place]);
        messages.keep(&format!("{scene}, shown"), &lugger, &call.run());
        let call = lugger.args(["export", &place, "-o", "out.tar"]);
        messages.keep(&format!("{scene}, exported"), &lugger, &call.run());
    }
}

/// Fields that are there and empty are as those that are not there.
#[test]
fn empty_fields_of_a_base_are_no_contradiction() {
    let lugger = Lugger::new();
    let image = Recipe::default().build();
    let none = with_manifest(&image, "\"layers\": [\n      \n   ]", "\"layers\": null");
    let none = with_manifest(&none, "{ \"example.test/unknown\":  \"kept\" }", "null");
    let place = OciLayout::write(&lugger.home().join("none"), "a", &none);
    std::fs::write(lugger.home().join("file"), "x").unwrap();
    lugger
        .args(["append", "-q", &place, "-t", "new:1", "--layer", "file:/file"])
        .ok();
    lugger.args(["check"]).ok();
}

#[test]
fn an_append_tells_what_it_made() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    keep(&lugger, "app:1", &Image::tiny(1));
    std::fs::write(lugger.home().join("file"), "x").unwrap();
    for layers in [&["--layer", "file:/a"][..], &["--layer", "file:/a", "--layer", "file:/b"]] {
        let words = [&["append", "store:app:1", "-t", "new:1"], layers].concat();
        let call = lugger.args(&words).env("SOURCE_DATE_EPOCH", "1700000000");
        messages.keep_all(&layers.join(" "), &lugger, &call.ok());
    }
}
