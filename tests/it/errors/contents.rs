//! Manifests, hosts files and stores that are not what they should be, each in its own words.

use std::fs;

use super::{keep, with_app};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index};
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What is done to a store.
type Spoil<'a> = dyn Fn(&Lugger) + 'a;

#[test]
fn every_manifest_that_is_none_is_told() {
    let ((registry, image), mut messages) = (with_app(), Messages::of_this_test());
    let whole = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let open = whole.trim_end().trim_end_matches('}');
    let layer = &image.layers[0];
    let texts = [
        ("over 4 MiB", OCI, " ".repeat((4 << 20) + 1)),
        (
            "schema 1",
            "application/vnd.docker.distribution.manifest.v1+json",
            r#"{"schemaVersion":1,"fsLayers":[]}"#.to_owned(),
        ),
        ("an image and an index", OCI, format!("{open}, \"manifests\": []}}")),
        (
            "layers alone",
            OCI,
            format!("{{\"schemaVersion\":2,\"layers\":[{}]}}", layer.descriptor()),
        ),
        ("a field twice", OCI, format!("{open}, \"config\": {{}}}}")),
        ("announced as an index", INDEX, whole.clone()),
        ("a digest that is none", OCI, whole.replace(&layer.digest, "sha256:12")),
        ("a size that is none", OCI, whole.replace("\"size\"", "\"length\"")),
        (
            "a negative size",
            OCI,
            whole.replace("\"size\": ", "\"size\": -").replace("\"size\":", "\"size\":-"),
        ),
        ("a list", OCI, "[]".to_owned()),
    ];
    for (scene, media_type, text) in texts {
        registry.clear_rules();
        let answer = Response::new(200).header("content-type", media_type).body(text);
        registry.rule(Rule::on("*", "/manifests/").then(Act::custom(move |_| answer.clone())));
        let lugger = Lugger::new();
        let run = lugger.args(["pull", "-q", &registry.name("app:1")]).run();
        messages.keep(scene, &lugger, &run);
    }
    registry.clear_rules();
    let lying = Act::edit(|_, response| {
        response.remove_header("docker-content-digest");
        response.add_header("docker-content-digest", &format!("sha256:{}", "0".repeat(64)));
    });
    registry.rule(Rule::on("*", "/manifests/").then(lying));
    let lugger = Lugger::new();
    messages.keep(
        "another digest in the header",
        &lugger,
        &lugger.args(["pull", "-q", &registry.name("app:1")]).run(),
    );
    messages.keep("another digest after a push", &lugger, &{
        keep(&lugger, &registry.name("new:1"), &Image::tiny(7));
        lugger.args(["push", "-q", &registry.name("new:1")]).run()
    });
}

#[test]
fn an_index_that_leads_nowhere_is_told() {
    let (registry, mut messages) = (Registry::start(), Messages::of_this_test());
    let lugger = Lugger::new();
    let empty = Blob::new(INDEX, br#"{"schemaVersion":2,"manifests":[]}"#.to_vec());
    registry.put_manifest("app", Some("empty"), &empty);
    messages.keep(
        "an empty index",
        &lugger,
        &lugger.args(["pull", "-q", &registry.name("app:empty")]).run(),
    );
    messages.keep(
        "an empty index, shown",
        &lugger,
        &lugger.args(["inspect", &registry.name("app:empty")]).run(),
    );
    let base = lugger.args(["append", &registry.name("app:empty"), "-t", "new:1", "--label", "a=b"]);
    messages.keep("an empty index as a base", &lugger, &base.run());
    let mut nested = Index::of(&[(&Image::tiny(1), "linux/amd64")]);
    for _ in 0..9 {
        registry.put_manifest("app", None, &nested.manifest);
        let entry = nested.manifest.descriptor();
        nested.manifest = Blob::new(INDEX, format!("{{\"schemaVersion\":2,\"manifests\":[{entry}]}}").into_bytes());
    }
    registry.put_manifest("app", Some("deep"), &nested.manifest);
    for words in [["pull", "-q", "--all-platforms"].as_slice(), &["export"], &["inspect"]] {
        let run = lugger.args([words, &[&registry.name("app:deep")]].concat()).run();
        messages.keep(&format!("a deep index: {}", words[0]), &lugger, &run);
    }
    let base = lugger.args(["append", &registry.name("app:deep"), "-t", "new:1", "--label", "a=b"]);
    messages.keep("a deep index as a base", &lugger, &base.run());
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    let image = Image::tiny(3);
    let text = String::from_utf8(image.manifest.bytes.clone()).unwrap();
    let elsewhere = text.replacen(&image.layers[0].media_type, foreign, 1);
    registry.put_image("app", "whole", &image);
    registry.rule(Rule::on("*", &format!("/blobs/{}", image.layers[0].digest)).then(Act::status(404)));
    registry.put_manifest("app", Some("foreign"), &Blob::new(OCI, elsewhere.into_bytes()));
    for words in [["pull", "-q"].as_slice(), &["copy", "-q", "--platform", "linux/amd64"]] {
        let target = if words[0] == "copy" {
            &["docker-archive:foreign.tar"][..]
        } else {
            &[]
        };
        let run = lugger
            .args([words, &[registry.name("app:foreign").as_str()], target].concat())
            .run();
        messages.keep(&format!("a layer elsewhere: {}", words[0]), &lugger, &run);
    }
}

#[test]
fn every_hosts_file_that_is_wrong_is_told() {
    let ((registry, _), mut messages) = (with_app(), Messages::of_this_test());
    let files = [
        "server = \"ftp://a\"\n",
        "server = \"https://bob@a\"\n",
        "server = \"https://a/ b\"\n",
        "server = \"https://a b\"\n",
        "server = 7\n",
        "server = \n",
        "[host.\"https://a\"]\ncapabilities = [\"fly\"]\n",
        "[host.\"http://127.0.0.1:1\"]\ncapabilities = \"pull\"\n",
        "[host.\"https://a\"]\nclient = [\"a\", \"b\"]\n",
        "[host.\"http://127.0.0.1:1\"]\nclient = [\"hosts.toml\", \"hosts.toml\"]\n",
        "[host.\"https://a\"]\nclient = 7\n",
        "[host.\"https://a\"]\ndial_timeout = \"soon\"\n",
        "[host.\"https://a\".header]\n\"a b\" = \"c\"\n",
        "[host.\"http://127.0.0.1:1\"]\nodd = true\n",
        "ca = \"nothing.crt\"\n",
        "capabilities = []\n",
        "capabilities = [\"push\"]\n",
    ];
    for file in files {
        let lugger = Lugger::new();
        lugger.hosts(&registry.host(), file);
        let run = lugger.args(["digest", &registry.name("app:1")]).run();
        messages.keep(&file.trim().replace('\n', "; "), &lugger, &run);
    }
    let lugger = Lugger::new();
    lugger.hosts(
        &registry.host(),
        &format!("server = \"{}\"\ncapabilities = [\"pull\", \"resolve\"]\n", registry.origin()),
    );
    keep(&lugger, &registry.name("new:1"), &Image::tiny(7));
    messages.keep(
        "nothing is pushed there",
        &lugger,
        &lugger.args(["push", "-q", &registry.name("new:1")]).run(),
    );
    let mirrored = Lugger::new();
    mirrored.hosts(&registry.host(), "[host.\"http://127.0.0.1:1\"]\n");
    messages.keep(
        "a mirror that is not there",
        &mirrored,
        &mirrored.args(["pull", "-q", &registry.name("app:1")]).run(),
    );
}

#[test]
fn every_damage_of_a_store_is_told() {
    let mut messages = Messages::of_this_test();
    let image = Image::tiny(1);
    let blob = |lugger: &Lugger, digest: &str| lugger.store().join("blobs").join(digest.replace(':', "/"));
    let scenes: [(&str, &Spoil<'_>); 8] = [
        ("a shorter layer", &|lugger| {
            let path = blob(lugger, &image.layers[0].digest);
            let whole = fs::read(&path).unwrap();
            fs::write(path, &whole[..whole.len() - 1]).unwrap();
        }),
        ("a manifest that is none", &|lugger| {
            fs::write(blob(lugger, image.digest()), "{}").unwrap();
        }),
        ("a config that is none", &|lugger| {
            fs::write(blob(lugger, &image.config.digest), "{}").unwrap();
        }),
        ("no manifest", &|lugger| {
            fs::remove_file(blob(lugger, image.digest())).unwrap();
        }),
        ("no index", &|lugger| {
            fs::remove_file(lugger.store().join("index.json")).unwrap();
        }),
        ("no mark", &|lugger| {
            fs::remove_file(lugger.store().join("oci-layout")).unwrap();
        }),
        ("a mark that is none", &|lugger| {
            fs::write(lugger.store().join("oci-layout"), "{}").unwrap();
        }),
        ("a folder in place of a layer", &|lugger| {
            let path = blob(lugger, &image.layers[0].digest);
            fs::remove_file(&path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (scene, spoil) in scenes {
        let lugger = Lugger::new();
        keep(&lugger, "app:1", &image);
        spoil(&lugger);
        let runs: [&[&str]; 7] = [
            &["check"],
            &["images"],
            &["inspect", "store:app:1"],
            &["save", "app:1", "-o", "a.tar"],
            &["export", "store:app:1", "-o", "b.tar"],
            &["append", "-q", "store:app:1", "-t", "new:1", "--label", "a=b"],
            &["check", "--repair"],
        ];
        for words in runs {
            let run = lugger.args(words).run();
            let scene = format!("{scene}: {}", words.join(" "));
            if words[0] == "check" {
                messages.keep_all(&scene, &lugger, &run);
            } else {
                messages.keep(&scene, &lugger, &run);
            }
        }
    }
}
