//! Blobs that come whole, broken off, wrong, or twice at once.

use std::fs;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::layout::testing::{Store, blob, body, broken, collect, image_of};
use crate::layout::tests::{image, stored};
use crate::oci::{Algorithm, Digest};
use crate::store::{Body, DigestMismatch, Error, ErrorKind, Held, Result, Sink, Source};

const HELLO: &[u8] = b"hello, world";

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
async fn a_blob_that_is_said_to_be_empty_and_is_not_comes_to_an_end() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    let mut wrong = blob(b"");
    wrong.digest = Digest::of(HELLO);
    assert_eq!(image.held(&wrong).await.unwrap(), Held::Nothing);
    let error = image.put_blob(&wrong, 0, body(b"")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
}

#[tokio::test]
async fn a_blob_with_a_long_digest_finds_its_folder() {
    let store = Store::new();
    let image = image(&store.layout(), "a");
    let mut blob = blob(HELLO);
    blob.digest = Digest::with(Algorithm::Sha512, HELLO);
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
    assert_eq!(fs::read(&path).unwrap(), manifest.raw()[..]);
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
