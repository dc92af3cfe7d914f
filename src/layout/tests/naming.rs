//! Names: what they stand for, who else gives some, and what goes with them.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::layout::testing::{Store, blob, image_of, index_of};
use crate::layout::tests::{image, name, publish, stored};
use crate::layout::{Layout, Renaming};
use crate::oci::Digest;
use crate::oci::image_layout::REF_NAME;
use crate::store::{Chosen, Error, ErrorKind, Named, Sink, Source};

#[tokio::test]
async fn names_that_many_give_at_once_to_a_layout_that_was_not_there_are_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("new/store");
    let giving = (0..16).map(|number| {
        // Each has its own locks, as a process of its own would.
        let layout = Layout::at(root.clone());
        tokio::spawn(async move { publish(&layout, &format!("n{number}"), &[b"shared"]).await })
    });
    for given in giving.collect::<Vec<_>>() {
        given.await.unwrap();
    }
    assert_eq!(Layout::at(root.clone()).images().unwrap().len(), 16);
    for number in 0..16 {
        let image = image(&Layout::at(root.clone()), &format!("n{number}"));
        assert!(image.current().await.unwrap().is_some());
    }
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
    let listed: Vec<String> = layout
        .images()
        .unwrap()
        .iter()
        .map(|entry| entry.name.clone().unwrap().to_string())
        .collect();
    assert_eq!(listed, ["a", "b", "c", "d"]);
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
    assert_eq!(layout.remove(&[name("a")], false).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(layout.images().unwrap(), []);
    layout.prune(false).unwrap();
    assert!(!root.exists());
}

#[tokio::test]
async fn a_damaged_index_is_told_and_never_replaced() {
    let store = Store::new();
    let path = store.root().join("index.json");
    fs::write(&path, "").unwrap();
    let error = image(&store.layout(), "a").publish(&image_of(&[]), None).await.unwrap_err();
    assert!(error.to_string().ends_with("index.json is damaged"), "{error}");
    assert!(store.layout().prune(false).is_err());
    assert_eq!(fs::read_to_string(path).unwrap(), "");
}

#[tokio::test]
async fn removing_an_image_leaves_the_blobs_it_shares() {
    let store = Store::new();
    let layout = store.layout();
    publish(&layout, "a", &[b"base", b"one"]).await;
    publish(&layout, "b", &[b"base", b"two"]).await;
    layout.tag(&name("a"), &name("a2")).unwrap();
    let first = layout.remove(&[name("a")], false).unwrap();
    assert_eq!(
        (first.names, first.blobs, first.kept_in_use),
        (vec![name("a")], vec![], false)
    );
    let manifest = image_of(&[b"base", b"one"]);
    let second = layout.remove(&[name("a2")], false).unwrap();
    let mut expected = vec![blob(b"one").digest, manifest.digest().clone()];
    expected.sort();
    assert_eq!(second.blobs, expected);
    assert_eq!(second.bytes, 3 + manifest.size());
    assert!(image(&layout, "b").current().await.unwrap().is_some());
    let error = layout.remove(&[name("b"), name("a")], false).unwrap_err();
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
    let removed = layout.remove(&[name("a")], false).unwrap();
    assert!(removed.kept_in_use && removed.blobs.is_empty());
    assert_eq!(stored(&store), 3);
    assert!(layout.prune(false).unwrap().kept_in_use);
    drop(other);
    let pruned = layout.prune(false).unwrap();
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
    fs::create_dir_all(layout.uploads().path()).unwrap();
    fs::create_dir_all(layout.facts().unwrap().path()).unwrap();
    let old = SystemTime::now() - Duration::from_hours(8 * 24);
    let open = |path: &str| File::create(store.root().join(path)).unwrap();
    let locked = open("partial/sha256-locked");
    locked.lock().unwrap();
    for young in ["partial/sha256-young", ".tmpYoung", "uploads/young", "facts/young"] {
        open(young).set_modified(SystemTime::now()).unwrap();
    }
    for file in [
        &open("partial/sha256-old"),
        &open(".tmpOld"),
        &open("uploads/old"),
        &open("facts/old"),
        &locked,
    ] {
        file.set_modified(old).unwrap();
    }
    let pruned = layout.prune(false).unwrap();
    assert_eq!(pruned.blobs, [blob(b"loose").digest]);
    assert_eq!((pruned.bytes, pruned.partials), (5, 4));
    assert_eq!(
        (store.names("uploads"), store.names("facts")),
        (vec!["young".to_owned()], vec!["young".to_owned()])
    );
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
    let usage = layout.usage(std::slice::from_ref(&entry)).unwrap();
    assert_eq!(usage.total, 3 + 5 + 2 + manifest.size());
    assert!(layout.config(&manifest).unwrap().unwrap().os.is_empty());
    assert_eq!(layout.manifest(&entry.descriptor).unwrap().raw(), manifest.raw());
    assert_eq!(layout.small_blob(&blob(b"one")).unwrap(), "one");
    assert!(layout.config(&index_of(&[&manifest])).unwrap().is_none());
}

#[tokio::test]
async fn names_change_together_or_not_at_all_and_no_blob_goes_with_them() {
    let store = Store::new();
    let layout = store.layout();
    let (one, two) = (publish(&layout, "a", &[b"one"]).await, publish(&layout, "b", &[b"two"]).await);
    let change = |gone: &str| Renaming {
        gone: vec![name(gone)],
        given: vec![(name("b"), one.descriptor()), (name("c"), two.descriptor())],
    };
    assert_eq!(layout.rename(|_| Ok(change("x"))).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(layout.rename(|_| Err(Error::interrupted(anyhow::anyhow!("no")))).is_err());
    assert_eq!(image(&layout, "b").digest().await.unwrap(), *two.digest());
    layout
        .rename(|images| {
            assert_eq!(images.len(), 2);
            Ok(change("a"))
        })
        .unwrap();
    let names: Vec<String> = layout
        .images()
        .unwrap()
        .iter()
        .map(|image| image.name.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(image(&layout, "b").digest().await.unwrap(), *one.digest());
    assert_eq!(stored(&store), 5);
}

#[tokio::test]
async fn one_blob_is_deleted_only_if_no_name_needs_it_and_nobody_else_is_there() {
    let store = Store::new();
    let (layout, other) = (store.layout(), store.layout());
    publish(&layout, "a", &[b"one"]).await;
    let loose = store.plant(b"loose").digest;
    let refused = |digest: &Digest| layout.delete_blob(digest).unwrap_err().kind();
    assert_eq!(refused(&blob(b"one").digest), ErrorKind::Refused);
    assert_eq!(refused(&Digest::of(b"unknown")), ErrorKind::NotFound);
    other.images().unwrap();
    assert_eq!(refused(&loose), ErrorKind::Refused);
    drop(other);
    layout.delete_blob(&loose).unwrap();
    assert_eq!(layout.blob_size(&loose).unwrap(), None);
    // The blobs are still in use here, and nobody else can delete any.
    store.plant(b"not yet named");
    assert!(store.layout().prune(false).unwrap().kept_in_use);
}

#[tokio::test]
async fn what_an_image_lacks_is_told_through_all_its_indexes() {
    let store = Store::new();
    let layout = store.layout();
    let (one, two) = (image_of(&[b"one"]), image_of(&[b"two"]));
    let index = index_of(&[&one, &two]);
    let mut lacked = vec![one.digest().clone(), two.digest().clone()];
    assert_eq!(sorted(layout.missing(&index).unwrap()), sorted(lacked));
    for content in [one.raw(), &b"one"[..], b"{}"] {
        store.plant(content);
    }
    store.plant(two.raw());
    lacked = vec![blob(b"two").digest];
    assert_eq!(layout.missing(&index).unwrap(), lacked);
    store.plant(b"two");
    assert!(layout.missing(&index).unwrap().is_empty());
}

fn sorted(mut digests: Vec<Digest>) -> Vec<Digest> {
    digests.sort();
    digests
}
