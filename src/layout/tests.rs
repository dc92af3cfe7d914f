//! What the engine and the commands count on: transfers that break off, two users of one layout, names and what goes
//! with them.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::layout::testing::{Store, blob, body, broken, collect, image_of, index_of};
use crate::layout::{Image, Layout, RefName};
use crate::oci::image_layout::REF_NAME;
use crate::oci::{Digest, Manifest};
use crate::store::{Body, Chosen, DigestMismatch, Error, ErrorKind, Held, Named, Result, Sink, Source};

const HELLO: &[u8] = b"hello, world";

fn name(text: &str) -> RefName {
    text.parse().unwrap()
}

fn image(layout: &Layout, text: &str) -> Image {
    layout.image(Some(name(text)))
}

/// Puts an image of these layers under a name.
async fn publish(layout: &Layout, text: &str, layers: &[&[u8]]) -> Manifest {
    let (image, manifest) = (image(layout, text), image_of(layers));
    for content in layers.iter().chain([&&b"{}"[..]]) {
        image.put_blob(&blob(content), 0, body(content)).await.unwrap();
    }
    image.publish(&manifest, None).await.unwrap();
    manifest
}

fn stored(store: &Store) -> usize {
    store.names("blobs/sha256").len()
}

/// A body whose pieces come when the test sends them.
fn fed() -> (mpsc::Sender<Result<Bytes>>, Body) {
    let (sender, mut pieces) = mpsc::channel(1);
    (sender, stream::poll_fn(move |context| pieces.poll_recv(context)).boxed())
}

#[tokio::test]
async fn a_blob_that_was_put_is_held_and_read_back() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    assert_eq!(image.held(&blob(HELLO)).await.unwrap(), Held::Nothing);
    image.put_blob(&blob(HELLO), 0, body(HELLO)).await.unwrap();
    assert_eq!(image.held(&blob(HELLO)).await.unwrap(), Held::All);
    assert_eq!(collect(image.blob(&blob(HELLO), 7).await.unwrap()).await, b"world");
    image.put_blob(&blob(b""), 0, body(b"")).await.unwrap();
    assert_eq!(collect(image.blob(&blob(b""), 0).await.unwrap()).await, b"");
    drop(image);
    assert!(!store.root().join("partial").exists(), "nothing is unfinished");
}

#[tokio::test]
async fn a_blob_with_a_long_digest_finds_its_folder() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    let mut blob = blob(HELLO);
    blob.digest = Digest::with(crate::oci::Algorithm::Sha512, HELLO);
    image.put_blob(&blob, 0, body(HELLO)).await.unwrap();
    assert_eq!(store.names("blobs/sha512"), [blob.digest.hex()]);
}

#[tokio::test]
async fn an_interrupted_blob_goes_on_where_it_stopped_in_the_next_run_too() {
    let store = Store::new();
    let blob = blob(HELLO);
    let layout = store.layout();
    let reason = Error::new(ErrorKind::Unreachable, anyhow!("reset by peer"));
    let first = image(&layout, "a").put_blob(&blob, 0, broken(&HELLO[..5], reason)).await;
    let error = first.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Unreachable, "reset by peer")
    );
    // A retry in the same run, whose body just ends.
    assert_eq!(image(&layout, "a").held(&blob).await.unwrap(), Held::Part(5));
    let second = image(&layout, "a").put_blob(&blob, 5, body(&HELLO[5..8])).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::Interrupted);
    assert_eq!(second.to_string(), "the body ended after 8 of 12 bytes");
    drop(layout);
    let next = image(&store.layout(), "a");
    assert_eq!(next.held(&blob).await.unwrap(), Held::Part(8));
    next.put_blob(&blob, 8, body(&HELLO[8..])).await.unwrap();
    assert_eq!(next.held(&blob).await.unwrap(), Held::All);
}

#[tokio::test]
async fn a_transfer_that_is_dropped_leaves_a_part_and_no_blob() {
    let store = Store::new();
    let layout = store.layout();
    let (sender, body) = fed();
    let putting = tokio::spawn({
        let image = image(&layout, "a");
        async move { image.put_blob(&blob(HELLO), 0, body).await }
    });
    sender.send(Ok(Bytes::from_static(b"hello"))).await.unwrap();
    // The second piece fits into the channel only when the first is on its way to the thread.
    sender.send(Ok(Bytes::from_static(b", "))).await.unwrap();
    sender.reserve().await.unwrap();
    putting.abort();
    assert!(putting.await.unwrap_err().is_cancelled());
    assert_eq!(image(&layout, "a").held(&blob(HELLO)).await.unwrap(), Held::Part(7));
    assert_eq!(stored(&store), 0);
}

#[tokio::test]
async fn a_restart_from_an_earlier_byte_drops_what_was_behind_it() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    image.put_blob(&blob(HELLO), 0, body(b"hello!!!!")).await.unwrap_err();
    image.put_blob(&blob(HELLO), 5, body(&HELLO[5..])).await.unwrap();
    assert_eq!(collect(image.blob(&blob(HELLO), 0).await.unwrap()).await, HELLO);
}

#[tokio::test]
async fn wrong_bytes_are_told_with_both_digests_and_not_gone_on_with() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    let error = image.put_blob(&blob(HELLO), 0, body(b"HELLO, world")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let expected = DigestMismatch {
        expected: blob(HELLO).digest,
        actual: Digest::of(b"HELLO, world"),
    };
    assert_eq!(error.cause().downcast_ref(), Some(&expected));
    assert_eq!(image.held(&blob(HELLO)).await.unwrap(), Held::Nothing);
    assert_eq!(stored(&store), 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_stopped_and_not_read_to_its_end() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    let endless = stream::repeat_with(|| Ok(Bytes::from_static(HELLO))).boxed();
    let error = image.put_blob(&blob(HELLO), 0, endless).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(image.held(&blob(HELLO)).await.unwrap(), Held::Nothing);
}

#[tokio::test]
async fn a_part_with_all_bytes_is_finished_or_dropped_when_it_is_found() {
    let store = Store::new();
    let partial = |content: &[u8]| {
        let folder = store.root().join("partial");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("sha256-{}", blob(HELLO).digest.hex())), content).unwrap();
    };
    for wrong in [&b"HELLO, world"[..], b"hello, world and more"] {
        partial(wrong);
        assert_eq!(image(&store.layout(), "a").held(&blob(HELLO)).await.unwrap(), Held::Nothing);
    }
    partial(HELLO);
    assert_eq!(image(&store.layout(), "a").held(&blob(HELLO)).await.unwrap(), Held::All);
    assert_eq!(stored(&store), 1);
}

#[tokio::test]
async fn of_two_that_put_one_blob_the_second_waits_and_finds_it() {
    let store = Store::new();
    // Another process, and another task of the same.
    let layout = store.layout();
    for second in [store.layout(), layout.clone()] {
        let first = image(&layout, "a");
        assert_eq!(first.held(&blob(HELLO)).await.unwrap(), Held::Nothing);
        let (sender, body) = fed();
        let putting = tokio::spawn(async move { first.put_blob(&blob(HELLO), 0, body).await });
        sender.send(Ok(Bytes::from_static(b"hello"))).await.unwrap();
        sender.reserve().await.unwrap();
        let waiting = tokio::spawn(async move { image(&second, "b").held(&blob(HELLO)).await });
        tokio::time::sleep(Duration::from_millis(120)).await;
        assert!(!waiting.is_finished());
        sender.send(Ok(Bytes::from_static(b", world"))).await.unwrap();
        drop(sender);
        putting.await.unwrap().unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), Held::All);
        fs::remove_file(store.root().join("blobs/sha256").join(blob(HELLO).digest.hex())).unwrap();
    }
}

#[tokio::test]
async fn a_blob_of_the_wrong_size_is_put_again() {
    let store = Store::new();
    let layout = store.layout();
    let damaged = store.root().join("blobs/sha256").join(blob(HELLO).digest.hex());
    fs::create_dir_all(damaged.parent().unwrap()).unwrap();
    fs::write(&damaged, "").unwrap();
    let image = image(&layout, "a");
    assert_eq!(image.held(&blob(HELLO)).await.unwrap(), Held::Nothing);
    image.put_blob(&blob(HELLO), 0, body(HELLO)).await.unwrap();
    assert_eq!(fs::read(damaged).unwrap(), HELLO);
}

#[tokio::test]
async fn a_damaged_manifest_of_the_right_size_is_put_again() {
    let store = Store::new();
    let manifest = image_of(&[HELLO]);
    let path = store.root().join("blobs/sha256").join(manifest.digest().hex());
    store.plant(b"");
    fs::write(&path, vec![b'x'; manifest.raw().len()]).unwrap();
    image(&store.layout(), "a").put_manifest(&manifest).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), manifest.raw().to_vec());
}

#[tokio::test]
async fn a_name_is_current_only_while_its_image_is_whole() {
    let store = Store::new();
    let layout = store.layout();
    assert_eq!(image(&layout, "a").current().await.unwrap(), None);
    let manifest = publish(&layout, "a", &[b"one", b"two"]).await;
    let current = image(&layout, "a").current().await.unwrap().unwrap();
    assert_eq!((current.digest, current.chosen_from), (manifest.digest().clone(), None));
    for missing in [b"one".to_vec(), b"{}".to_vec(), manifest.raw().to_vec()] {
        let path = store.root().join("blobs/sha256").join(Digest::of(&missing).hex());
        fs::remove_file(&path).unwrap();
        assert_eq!(image(&layout, "a").current().await.unwrap(), None);
        store.plant(&missing);
    }
    assert!(image(&layout, "a").current().await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_given_again_stands_for_the_new_image_and_where_it_was_chosen_from() {
    let store = Store::new();
    let layout = store.layout();
    publish(&layout, "a", &[b"old"]).await;
    publish(&layout, "b", &[b"other"]).await;
    let new = publish(&layout, "c", &[b"new"]).await;
    let chosen = Chosen {
        index: Digest::of(b"index"),
        platforms: vec!["linux/arm64".parse().unwrap()],
    };
    image(&layout, "a").publish(&new, Some(&chosen)).await.unwrap();
    let named = Named {
        digest: new.digest().clone(),
        chosen_from: Some(chosen),
    };
    assert_eq!(image(&layout, "a").current().await.unwrap(), Some(named.clone()));
    layout.tag(&name("a"), &name("d")).unwrap();
    assert_eq!(image(&store.layout(), "d").current().await.unwrap(), Some(named));
    let names: Vec<String> = layout
        .images()
        .unwrap()
        .iter()
        .map(|entry| entry.name.clone().unwrap().to_string())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(image(&layout, "a").digest().await.unwrap(), *new.digest());
    assert_eq!(image(&layout, "a").root().await.unwrap().raw(), new.raw());
}

#[tokio::test]
async fn an_image_without_a_name_is_the_only_one_of_its_layout() {
    let store = Store::new();
    let unnamed = store.layout().image(None);
    assert_eq!(unnamed.digest().await.unwrap_err().kind(), ErrorKind::NotFound);
    for layer in [b"one", b"two"] {
        let manifest = image_of(&[layer]);
        unnamed.publish(&manifest, None).await.unwrap();
        assert_eq!(unnamed.digest().await.unwrap(), *manifest.digest());
    }
    publish(&store.layout(), "v1", &[b"three"]).await;
    let error = unnamed.digest().await.unwrap_err();
    assert!(format!("{error:?}").contains("(without a name), v1"), "{error:?}");
}

#[tokio::test]
async fn a_missing_name_or_layout_is_not_found_and_nothing_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    let layout = Layout::at(root.clone());
    let error = image(&layout, "a").root().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("there is no image `a` in "), "{error}");
    assert_eq!(layout.tag(&name("a"), &name("b")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(layout.remove(&[name("a")]).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(layout.images().unwrap(), []);
    layout.prune().unwrap();
    assert!(!root.exists());
}

#[tokio::test]
async fn a_damaged_index_is_told_and_never_replaced() {
    let store = Store::new();
    let path = store.root().join("index.json");
    fs::write(&path, "").unwrap();
    let error = image(&store.layout(), "a").publish(&image_of(&[]), None).await.unwrap_err();
    assert!(error.to_string().ends_with("index.json is damaged"), "{error}");
    assert!(store.layout().prune().is_err());
    assert_eq!(fs::read_to_string(path).unwrap(), "");
}

#[tokio::test]
async fn a_write_that_fails_names_the_path() {
    let store = Store::new();
    fs::write(store.root().join("partial"), "in the way").unwrap();
    let error = image(&store.layout(), "a").held(&blob(HELLO)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
    let path = store.root().join("partial").display().to_string();
    assert!(error.to_string().contains(&path), "{error}");
}

#[tokio::test]
async fn removing_an_image_leaves_the_blobs_it_shares() {
    let store = Store::new();
    let layout = store.layout();
    publish(&layout, "a", &[b"base", b"one"]).await;
    publish(&layout, "b", &[b"base", b"two"]).await;
    layout.tag(&name("a"), &name("a2")).unwrap();
    let first = layout.remove(&[name("a")]).unwrap();
    assert_eq!(
        (first.names, first.blobs, first.kept_in_use),
        (vec![name("a")], vec![], false)
    );
    let manifest = image_of(&[b"base", b"one"]);
    let second = layout.remove(&[name("a2")]).unwrap();
    let mut expected = vec![blob(b"one").digest, manifest.digest().clone()];
    expected.sort();
    assert_eq!(second.blobs, expected);
    assert_eq!(second.bytes, 3 + manifest.size());
    assert!(image(&layout, "b").current().await.unwrap().is_some());
    let error = layout.remove(&[name("b"), name("a")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(layout.images().unwrap().len(), 1, "all or none");
}

#[tokio::test]
async fn blobs_stay_while_another_process_uses_the_layout() {
    let store = Store::new();
    let layout = store.layout();
    publish(&layout, "a", &[b"one"]).await;
    let other = store.layout();
    other.images().unwrap();
    let removed = layout.remove(&[name("a")]).unwrap();
    assert!(removed.kept_in_use && removed.blobs.is_empty());
    assert_eq!(stored(&store), 3);
    assert!(layout.prune().unwrap().kept_in_use);
    drop(other);
    let pruned = layout.prune().unwrap();
    assert_eq!((pruned.blobs.len(), pruned.kept_in_use), (3, false));
    assert_eq!(stored(&store), 0);
}

#[tokio::test]
async fn prune_keeps_what_foreign_entries_reach_and_young_or_locked_parts() {
    let store = Store::new();
    let layout = store.layout();
    let (one, two) = (image_of(&[b"one"]), image_of(&[b"two"]));
    let index = index_of(&[&one, &two]);
    for content in [&b"{}"[..], b"one", b"two", one.raw(), two.raw(), index.raw(), b"loose"] {
        store.plant(content);
    }
    let entry = serde_json::json!({ "digest": index.digest(), "annotations": { REF_NAME: "no media type" } });
    let names = serde_json::json!({ "schemaVersion": 2, "manifests": [entry] });
    fs::write(store.root().join("index.json"), names.to_string()).unwrap();

    fs::create_dir_all(store.root().join("partial")).unwrap();
    let old = SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    let open = |path: &str| File::create(store.root().join(path)).unwrap();
    let locked = open("partial/sha256-locked");
    locked.lock().unwrap();
    open("partial/sha256-young");
    open(".tmpYoung");
    for file in [&open("partial/sha256-old"), &open(".tmpOld"), &locked] {
        file.set_modified(old).unwrap();
    }
    let pruned = layout.prune().unwrap();
    assert_eq!(pruned.blobs, [blob(b"loose").digest]);
    assert_eq!((pruned.bytes, pruned.partials), (5, 2));
    assert_eq!(store.names("partial"), ["sha256-locked", "sha256-young"]);
    assert!(store.root().join(".tmpYoung").exists());
}

#[tokio::test]
async fn a_blob_is_known_to_come_from_the_repositories_that_have_it() {
    let store = Store::new();
    let layout = store.layout();
    publish(&layout, "ghcr.io/acme/one:1", &[b"base"]).await;
    publish(&layout, "ghcr.io/acme/one:2", &[b"base", b"more"]).await;
    publish(&layout, "ghcr.io/acme/two:1", &[b"base"]).await;
    publish(&layout, "docker.io/library/three:1", &[b"base"]).await;
    publish(&layout, "four", &[b"base"]).await;
    fs::remove_file(store.root().join("blobs/sha256").join(Digest::of(b"more").hex())).unwrap();
    let told = async |content: &[u8], registry: &str| {
        let image = image(&layout, "x");
        let origins = image.origins(&Digest::of(content), &registry.parse().unwrap()).await.unwrap();
        origins.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told(b"base", "ghcr.io").await, ["ghcr.io/acme/one", "ghcr.io/acme/two"]);
    assert_eq!(told(b"base", "docker.io").await, ["docker.io/library/three"]);
    assert!(told(b"other", "ghcr.io").await.is_empty());
    assert!(told(b"base", "quay.io").await.is_empty());
}

#[tokio::test]
async fn sizes_and_configs_are_told() {
    let store = Store::new();
    let layout = store.layout();
    let manifest = publish(&layout, "a", &[b"one", b"three"]).await;
    let entry = layout.images().unwrap().remove(0);
    assert_eq!(layout.size_of(&entry).unwrap(), 3 + 5 + 2 + manifest.size());
    assert!(layout.config(&manifest).unwrap().unwrap().os.is_empty());
    assert_eq!(layout.manifest(&entry.descriptor).unwrap().raw(), manifest.raw());
    assert_eq!(layout.small_blob(&blob(b"one")).unwrap(), "one");
    assert!(layout.config(&index_of(&[&manifest])).unwrap().is_none());
}
