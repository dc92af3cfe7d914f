//! Real peers: a pull-through cache as a mirror, and a registry that serves TLS itself.

use std::fs;

use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::peers::distribution::Distribution;
use crate::support::registry::Registry;
use crate::support::server::certificate_pems;

/// The example of the README, with the addresses of a test in place of its own.
fn readme_example(mirror: &str, registry: &str) -> String {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("## Hosts and mirrors").unwrap();
    let (_, example) = section.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let text = example.replace("https://cache.example:5000", &format!("http://{mirror}"));
    assert!(text.contains(mirror), "{text}");
    text.replace("https://registry.example", &format!("http://{registry}"))
}

#[test]
fn a_pull_through_cache_is_a_mirror() {
    let upstream = Registry::start();
    let image = Image::tiny(1);
    upstream.put_image("team/app", "1", &image);
    let cache = Distribution::configured(&format!("proxy:\n  remoteurl: {}\n", upstream.origin()));
    let lugger = Lugger::new();
    let folder = lugger.hosts_folder(&upstream.host());
    fs::write(folder.join("ca.pem"), certificate_pems()[2].as_bytes()).unwrap();
    lugger.hosts(&upstream.host(), &readme_example(cache.host(), &upstream.host()));
    lugger.args(["pull", &upstream.name("team/app:1")]).ok();
    assert_eq!(cache.count("GET", "/blobs/"), 3);
    let all_named = cache.requests().iter().all(|(_, path, _)| path.contains("ns="));
    assert!(all_named, "{:?}", cache.requests());
    // The cache has it now: another home needs nothing of the registry but the digest of the tag.
    let before = upstream.count("GET", "/blobs/");
    let other = Lugger::new();
    other.hosts(&upstream.host(), &format!("[host.\"http://{}\"]\n", cache.host()));
    other.args(["pull", &upstream.name("team/app:1")]).ok();
    assert_eq!(upstream.count("GET", "/blobs/"), before);
    assert_eq!(upstream.count("*", "ns="), 0);
}

#[test]
fn a_real_registry_with_its_own_certificate_is_pushed_to_and_pulled_from() {
    let [certificate, key, authority] = certificate_pems();
    let registry = Distribution::tls(&certificate, &key);
    let source = Registry::start();
    let image = Image::tiny(1);
    source.put_image("team/app", "1", &image);
    let lugger = Lugger::new();
    fs::write(lugger.home().join("ca.pem"), authority).unwrap();
    let name = registry.name("team/app:1");
    lugger.args(["copy", &source.name("team/app:1"), &name]).fails(5);
    lugger
        .args(["copy", "--ca-file", "ca.pem", &source.name("team/app:1"), &name])
        .ok();
    let digest = lugger.args(["digest", "--insecure", &name]).ok().stdout;
    assert_eq!(digest.trim(), image.digest());
    let folder = lugger.hosts_folder(registry.host());
    fs::copy(lugger.home().join("ca.pem"), folder.join("ca.crt")).unwrap();
    lugger.args(["pull", &name]).ok();
}
