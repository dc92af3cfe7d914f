//! Events for the tests of this module, with blobs named by their place in the plan, and a sink that remembers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lugger::oci::{Descriptor, Digest, MediaType};
use lugger::reference::Reference;
use lugger::transfer::{Event, How};

use super::Sink;

pub(super) fn digest(place: usize) -> Digest {
    Digest::of(format!("blob {place}").as_bytes())
}

pub(super) fn planned(sizes: &[u64]) -> Event {
    let media_type = MediaType::from_header("application/vnd.oci.image.layer.v1.tar+gzip");
    let blob = |(place, size): (usize, &u64)| Descriptor::new(media_type.clone(), digest(place), *size);
    Event::Planned {
        blobs: sizes.iter().enumerate().map(blob).collect(),
    }
}

pub(super) fn started(place: usize, offset: u64) -> Event {
    Event::Started {
        digest: digest(place),
        offset,
    }
}

pub(super) fn advanced(place: usize, bytes: u64) -> Event {
    Event::Advanced {
        digest: digest(place),
        bytes,
    }
}

pub(super) fn arrived(place: usize) -> Event {
    Event::Arrived { digest: digest(place) }
}

/// With a wait of three seconds.
pub(super) fn interrupted(place: usize, reason: &str) -> Event {
    Event::Interrupted {
        digest: digest(place),
        reason: reason.to_owned(),
        wait: Duration::from_secs(3),
    }
}

pub(super) fn done(place: usize, how: How) -> Event {
    Event::Done {
        digest: digest(place),
        how,
    }
}

/// Mounted from a repository of Docker Hub.
pub(super) fn mounted(place: usize, from: &str) -> Event {
    let from: Reference = from.parse().unwrap();
    done(place, How::Mounted(from.repository().clone()))
}

/// A sink and what was written to it.
pub(super) fn page() -> (Sink, Arc<Mutex<String>>) {
    let page = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&page);
    let sink: Sink = Arc::new(move |line: &str| written.lock().unwrap().extend([line, "\n"]));
    (sink, page)
}

/// The text with the blobs' places in the plan instead of their ids.
pub(super) fn named(text: &str) -> String {
    (0..9).fold(text.to_owned(), |text, n| {
        text.replace(digest(n).short(), &format!("<blob {n}>   "))
    })
}
