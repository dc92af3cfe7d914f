//! The fault proxy, with skopeo and bare requests on one side and the real registry on the other.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::peers_steps::stock;
use crate::support::fault_proxy::{Asked, Fault, FaultProxy, Kind, Plan, Spoil, cuts, nothing, on, seeded};
use crate::support::image::{Image, sha256};
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::store_check::StoreCheck;
use crate::support::tar::noise;
use crate::support::wire::{self, Answer};

const REGISTRY: &str = "team/app";

fn image() -> Image {
    Image::with_layers(&[noise(1, 300_000), noise(2, 70_000)])
}

fn bytes_of(image: &Image) -> u64 {
    image.blobs().map(|blob| blob.size as u64).sum()
}

/// A registry with an image, and a proxy before it.
fn proxied(image: &Image, plan: Plan) -> (Distribution, FaultProxy) {
    let registry = Distribution::open();
    stock(&registry.name("team/app:1"), image);
    let proxy = FaultProxy::before(registry.host(), plan);
    (registry, proxy)
}

fn get_blob(proxy: &FaultProxy, digest: &str) -> Answer {
    wire::get(proxy.host(), &format!("/v2/{REGISTRY}/blobs/{digest}"), &[])
}

#[test]
fn nothing_is_changed_where_nothing_goes_wrong() {
    let (registry, image) = (Distribution::open(), image());
    let proxy = FaultProxy::before(registry.host(), nothing());
    stock(&proxy.name("team/app:1"), &image);
    assert_eq!(
        proxy.up(),
        bytes_of(&image),
        "the places a registry names lead through the proxy"
    );
    assert_eq!(skopeo::raw_manifest(&registry.name("team/app:1")), image.manifest.bytes);
    let out = tempfile::tempdir().unwrap();
    skopeo::copy(
        &format!("docker://{}", proxy.name("team/app:1")),
        &format!("oci:{}:x", out.path().display()),
    );
    StoreCheck::of(out.path()).assert_sound();
    assert_eq!(proxy.down(), bytes_of(&image));
    assert!(proxy.injected().is_empty(), "{}", proxy.told());
}

#[test]
fn an_answer_is_spoiled_at_the_byte_that_was_said() {
    let image = image();
    let layer = &image.layers[0];
    for spoil in [Spoil::Fin, Spoil::Rst, Spoil::End, Spoil::Flip, Spoil::Drip] {
        let (_registry, proxy) = proxied(&image, on(|asked| asked.is("GET", Kind::Blob), 1, Fault::Down(spoil, 70_001)));
        let spoiled = get_blob(&proxy, &layer.digest);
        let body = match spoil {
            Spoil::End => unchunked(&spoiled.body),
            _ => spoiled.body,
        };
        match spoil {
            Spoil::Flip => {
                let wrong = (0..body.len()).filter(|at| body[*at] != layer.bytes[*at]);
                assert_eq!((wrong.collect(), body.len()), (vec![70_001], layer.size));
            }
            Spoil::Drip => assert_eq!(sha256(&body), layer.digest),
            _ => assert!(body == layer.bytes[..70_001], "{spoil:?}: {}", body.len()),
        }
        assert_eq!(proxy.down(), body.len() as u64, "{spoil:?}");
        assert_eq!(proxy.injected().len(), 1);
        assert_eq!(get_blob(&proxy, &layer.digest).body, layer.bytes, "{spoil:?}");
    }
}

/// The bytes of a body in chunks, which must come to its end.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
}

#[test]
fn a_place_behind_the_end_counts_on_from_the_beginning() {
    let image = image();
    let layer = &image.layers[0];
    let at = 3 * layer.size as u64 + 5;
    let (_registry, proxy) = proxied(
        &image,
        on(|asked| asked.is("GET", Kind::Blob), 1, Fault::Down(Spoil::Fin, at)),
    );
    assert_eq!(get_blob(&proxy, &layer.digest).body, layer.bytes[..5]);
}

#[test]
fn a_close_and_a_reset_are_told_apart() {
    let image = image();
    for (spoil, expected) in [(Spoil::Fin, true), (Spoil::Rst, false)] {
        let (_registry, proxy) = proxied(&image, on(|asked| asked.is("GET", Kind::Blob), 1, Fault::Down(spoil, 1000)));
        let mut stream = TcpStream::connect(proxy.host()).unwrap();
        let digest = &image.layers[0].digest;
        write!(stream, "GET /v2/{REGISTRY}/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        assert_eq!(stream.read_to_end(&mut bytes).is_ok(), expected, "{spoil:?}");
        assert!(bytes.ends_with(&image.layers[0].bytes[..1000]), "{spoil:?}");
    }
}

#[test]
fn a_silence_lasts_until_the_client_goes() {
    let image = image();
    let digest = &image.layers[0].digest;
    let (_registry, proxy) = proxied(
        &image,
        on(|asked| asked.is("GET", Kind::Blob), 1, Fault::Down(Spoil::Stall, 1000)),
    );
    let mut stream = TcpStream::connect(proxy.host()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    write!(stream, "GET /v2/{REGISTRY}/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "no end comes");
    assert!(bytes.ends_with(&image.layers[0].bytes[..1000]));
    stream.shutdown(Shutdown::Write).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(stream.read_to_end(&mut bytes).unwrap(), 0);
}

#[test]
fn a_refusal_is_given_so_many_times_without_asking() {
    let image = image();
    let (registry, proxy) = proxied(
        &image,
        on(|asked| asked.is("GET", Kind::Manifest), 2, Fault::Refuse(429, Some(1))),
    );
    let before = registry.count("GET", "/manifests/1");
    let ask = || wire::get(proxy.host(), &format!("/v2/{REGISTRY}/manifests/1"), &[]);
    for _ in 0..2 {
        let answer = ask();
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    }
    assert_eq!(registry.count("GET", "/manifests/1"), before);
    assert_ne!(ask().status, 429);
    assert_eq!(registry.count("GET", "/manifests/1"), before + 1);
}

#[test]
fn what_goes_up_is_cut_spoiled_or_unanswered() {
    let blob = noise(7, 200_000);
    let digest = sha256(&blob);
    for (fault, status, kept) in [
        (Fault::Up(Spoil::Fin, 100_000), 0, false),
        (Fault::Up(Spoil::Rst, 100_000), 0, false),
        (Fault::Up(Spoil::Flip, 100_000), 400, false),
        (Fault::Up(Spoil::Drip, 100_000), 201, true),
        (Fault::Refuse(503, None), 503, false),
        (Fault::LoseAnswer, 0, true),
    ] {
        let registry = Distribution::open();
        let proxy = FaultProxy::before(registry.host(), on(Asked::sends_blob, 1, fault));
        let opened = wire::send("POST", proxy.host(), "/v2/team/app/blobs/uploads/", &[], &[]);
        let place = opened.header("location").unwrap().to_string();
        let place = place.split_once(proxy.host()).expect("the place leads through the proxy").1;
        let answer = wire::send("PUT", proxy.host(), &format!("{place}&digest={digest}"), &[], &blob);
        assert_eq!(answer.status, status, "{fault:?}");
        let there = wire::get(registry.host(), &format!("/v2/team/app/blobs/{digest}"), &[]);
        assert_eq!(there.status == 200, kept, "{fault:?}");
        let cut = matches!(fault, Fault::Up(Spoil::Fin | Spoil::Rst, _));
        assert_eq!(proxy.up(), if cut { 100_000 } else { 200_000 }, "{fault:?}");
        assert_eq!(proxy.injected().len(), 1, "{fault:?}");
    }
}

#[test]
fn the_same_seed_draws_the_same_and_another_something_else() {
    let requests = ["GET", "HEAD", "POST", "PUT"].map(|method| {
        let kinds = [Kind::Manifest, Kind::Blob, Kind::Upload];
        (1..40).map(move |nth| asked(method, kinds[nth % 3], nth)).collect::<Vec<_>>()
    });
    let drawn = |mut plan: Plan, order: &[usize]| -> Vec<Option<Fault>> {
        let mut faults: Vec<(usize, Vec<_>)> = order
            .iter()
            .map(|at| (*at, requests[*at].iter().map(&mut plan).collect()))
            .collect();
        faults.sort_by_key(|(at, _)| *at);
        faults.into_iter().flat_map(|(_, faults)| faults).collect()
    };
    let forth = drawn(seeded(7, 10), &[0, 1, 2, 3]);
    assert_eq!(forth, drawn(seeded(7, 10), &[3, 1, 0, 2]), "whatever else is under way");
    assert_ne!(forth, drawn(seeded(8, 10), &[0, 1, 2, 3]));
    let many: usize = (0..100)
        .map(|seed| drawn(seeded(seed, 10), &[0, 1, 2, 3]).iter().flatten().count())
        .sum();
    assert!(
        (1200..1900).contains(&many),
        "about a tenth of 15600, but for the third hit of one: {many}"
    );
}

fn asked(method: &str, kind: Kind, nth: usize) -> Asked {
    let target = format!("/v2/team/app/{kind:?}/{nth}?digest={nth}");
    let (method, nth) = (method.to_string(), nth as u64);
    Asked {
        method,
        target,
        kind,
        nth,
        length: 10,
    }
}

#[test]
fn the_same_request_gets_through_after_some_hits() {
    let again = |nth: u64| Asked {
        target: "/v2/team/app/blobs/sha256:0".to_string(),
        ..asked("GET", Kind::Blob, usize::try_from(nth).unwrap())
    };
    for seed in 0..20 {
        let mut plan = seeded(seed, 100);
        let hits = (1..10).take_while(|nth| plan(&again(*nth)).is_some()).count();
        assert!((1..=2).contains(&hits), "{hits}");
        let mut plan = cuts(seed, 4);
        assert_eq!((1..10).take_while(|nth| plan(&again(*nth)).is_some()).count(), 4);
    }
}
