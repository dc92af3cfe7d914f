//! Which name of the store is which repository, and what becomes of names.

use super::{Serving, strings};
use crate::peers_steps::hold;
use crate::support::command::Lugger;
use crate::support::image::{Image, Index, Recipe};
use crate::support::wire;

fn platforms() -> Index {
    let one = Recipe::default().platform("linux/amd64").layer(b"one").build();
    let two = Recipe::default().platform("linux/arm64").layer(b"two").build();
    Index::of(&[(&one, "linux/amd64"), (&two, "linux/arm64")])
}

#[test]
fn what_is_pushed_has_the_name_that_the_client_uses_and_all_own_names_are_one() {
    let serving = Serving::with(&["--name", "registry.lan"]);
    let port = serving.address().rsplit_once(':').unwrap().1.to_string();
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    serving.push("team/app", "1", &image);
    assert_eq!(serving.names(), ["@/team/app:1"]);
    let local = format!("localhost:{port}");
    for blob in other.blobs() {
        serving.push_blob("team/app", &blob.bytes);
    }
    let typed = [("Content-Type", other.manifest.media_type.as_str()), ("Host", local.as_str())];
    let headers = [typed[0]];
    // By another of its names: the tag has one image, under the name it was given last.
    let put = raw(
        &serving,
        &local,
        "PUT",
        "/v2/team/app/manifests/1",
        &headers,
        &other.manifest.bytes,
    );
    assert_eq!(put, 201);
    let names = serving.store().names();
    assert_eq!(
        names.iter().filter(|name| name.ends_with(":1")).collect::<Vec<_>>(),
        [&format!("{local}/team/app:1")]
    );
    assert_eq!(serving.manifest("team/app", "1").as_deref(), Some(other.digest()));
    // The image that had the tag is there by its digest.
    assert_eq!(serving.manifest("team/app", image.digest()).as_deref(), Some(image.digest()));
    assert!(serving.names().iter().all(|name| !name.starts_with("registry.lan")));
    assert_eq!(
        raw(
            &serving,
            "registry.lan",
            "PUT",
            "/v2/b/manifests/2",
            &headers,
            &other.manifest.bytes
        ),
        201
    );
    assert!(serving.names().contains(&"registry.lan/b:2".to_string()));
    // A name that a web page could have resolved to this address is none of its own.
    assert_eq!(raw(&serving, "evil.example", "GET", "/v2/", &[], &[]), 403);
    serving.store().assert_sound();
}

/// With another `Host` than where it is sent to.
fn raw(serving: &Serving, host: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(serving.address()).unwrap();
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer[9..12].parse().unwrap()
}

#[test]
fn images_of_other_registries_are_served_by_their_full_names_and_as_a_mirror_and_are_not_changed() {
    let lugger = Lugger::new();
    let (image, mine) = (Image::tiny(1), Image::tiny(2));
    hold(&lugger, "docker.io/library/alpine:3.20", &image);
    hold(&lugger, "quay.example:8443/team/tool:1", &image);
    let serving = Serving::of(lugger, &[] as &[&str]);
    let full = "docker.io/library/alpine";
    assert_eq!(serving.manifest(full, "3.20").as_deref(), Some(image.digest()));
    assert_eq!(serving.manifest(full, image.digest()).as_deref(), Some(image.digest()));
    assert_eq!(serving.tags(full), ["3.20"]);
    assert_eq!(serving.manifest("library/alpine", "3.20"), None);
    for (target, status) in [
        ("/v2/library/alpine/manifests/3.20?ns=docker.io", 200),
        ("/v2/team/tool/manifests/1?ns=quay.example:8443", 200),
        ("/v2/team/tool/tags/list?ns=quay.example%3A8443", 200),
        ("/v2/team/tool/manifests/1?ns=docker.io", 404),
    ] {
        assert_eq!(serving.get(target).status, status, "{target}");
    }
    let catalog = serving.get("/v2/_catalog").json();
    assert_eq!(strings(&catalog["repositories"]), [full]);
    let target = format!("/v2/{full}/manifests/3.20");
    serving.refused((405, "UNSUPPORTED"), "DELETE", &target, &[], &[]);
    // What is pushed there is the server's own, and stands in front of the other.
    serving.push(full, "3.20", &mine);
    assert_eq!(serving.manifest(full, "3.20").as_deref(), Some(mine.digest()));
    serving.expect(202, "DELETE", &target, &[], &[]);
    assert_eq!(serving.manifest(full, "3.20").as_deref(), Some(image.digest()));
    assert!(serving.names().contains(&format!("{full}:3.20")));
    serving.store().assert_sound();
}

#[test]
fn a_deleted_tag_leaves_the_image_and_a_deleted_digest_takes_its_tags() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    serving.push("app", "1", &image);
    serving.push_manifest("app", "2", &image.manifest);
    serving.expect(202, "DELETE", "/v2/app/manifests/1", &[], &[]);
    assert_eq!(
        (serving.tags("app"), serving.names()),
        (vec!["2".to_string()], vec!["@/app:2".to_string()])
    );
    serving.expect(202, "DELETE", "/v2/app/manifests/2", &[], &[]);
    assert_eq!(serving.names(), [format!("@/app@{}", image.digest())]);
    assert_eq!(serving.manifest("app", image.digest()).as_deref(), Some(image.digest()));
    serving.push_manifest("app", "3", &image.manifest);
    assert_eq!(serving.names(), ["@/app:3"]);
    serving.expect(202, "DELETE", &format!("/v2/app/manifests/{}", image.digest()), &[], &[]);
    assert_eq!(serving.manifest("app", "3"), None);
    for reference in ["3", image.digest()] {
        serving.refused(
            (404, "MANIFEST_UNKNOWN"),
            "DELETE",
            &format!("/v2/app/manifests/{reference}"),
            &[],
            &[],
        );
    }
    serving.refused((404, "NAME_UNKNOWN"), "GET", "/v2/app/tags/list", &[], &[]);
}

#[test]
fn images_of_an_index_have_no_names_of_their_own_and_outlive_a_prune() {
    let serving = Serving::start();
    let index = platforms();
    serving.push_index("app", "1", &index);
    assert_eq!(serving.names(), ["@/app:1"]);
    let child = index.images[0].digest();
    assert_eq!(serving.manifest("app", child).as_deref(), Some(child));
    serving.refused(
        (405, "UNSUPPORTED"),
        "DELETE",
        &format!("/v2/app/manifests/{child}"),
        &[],
        &[],
    );
    let loose = Image::tiny(7);
    serving.push("app", loose.digest(), &loose);
    let mut serving = serving;
    serving.stop();
    serving.lugger.args(["prune"]).ok();
    serving.store().assert_sound();
    serving.start_again(&[] as &[&str]);
    assert_eq!(serving.manifest("app", child), None, "the port is another one now");
    let name = serving.store().names()[0].clone();
    let (host, _) = name.split_once('/').unwrap();
    let flags = ["--name", host];
    serving.stop();
    serving.start_again(&flags);
    for digest in [child, loose.digest()] {
        assert_eq!(serving.manifest("app", digest).as_deref(), Some(digest));
    }
}

#[test]
fn names_that_another_process_gives_and_takes_count_at_once() {
    let serving = Serving::start();
    let image = Image::tiny(1);
    let name = serving.name("app:1");
    hold(&serving.lugger, &name, &image);
    assert_eq!(serving.manifest("app", "1").as_deref(), Some(image.digest()));
    serving.lugger.args(["tag", &name, &serving.name("app:2")]).ok();
    assert_eq!(serving.tags("app"), ["1", "2"]);
    let said = serving.lugger.args(["rmi", &name]).ok().stdout;
    assert!(said.contains("Another lugger is using the store"), "{said}");
    assert_eq!(serving.tags("app"), ["2"]);
}

#[test]
fn an_upload_without_a_name_outlives_a_prune_and_the_deletion_of_another_blob() {
    let serving = Serving::start();
    let (image, stray) = (Image::tiny(1), serving.push_blob("x", b"stray"));
    for blob in image.blobs() {
        serving.push_blob("app", &blob.bytes);
    }
    serving.expect(202, "DELETE", &format!("/v2/x/blobs/{stray}"), &[], &[]);
    let said = serving.lugger.args(["prune"]).ok().stdout;
    assert!(!said.contains("Deleted"), "{said}");
    serving.push_manifest("app", "1", &image.manifest);
    assert!(!serving.blob_path(&stray).exists());
    let layer = format!("/v2/app/blobs/{}", image.layers[0].digest);
    serving.refused((405, "UNSUPPORTED"), "DELETE", &layer, &[], &[]);
    assert_eq!(wire::get(serving.address(), &layer, &[]).body, image.layers[0].bytes);
}
