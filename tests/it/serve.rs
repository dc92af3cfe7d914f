//! `lugger serve`: the store as a registry, asked by hand, by other programs and by the program itself.

mod access;
mod guarded;
mod hostile;
mod kills;
mod naming;
mod peers;
mod protocol;
mod uploads;

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::peers_steps::check;
use crate::support::command::{Lugger, Run};
use crate::support::image::{Blob, Image, Index, sha256};
use crate::support::running::Running;
use crate::support::store_check::StoreCheck;
use crate::support::wire::{self, Answer};

/// A running server with a store and a home of its own.
pub(crate) struct Serving {
    pub(crate) lugger: Lugger,
    running: Option<Running>,
    address: String,
}

impl Serving {
    pub(crate) fn start() -> Self {
        Self::with(&[] as &[&str])
    }

    pub(crate) fn with<A: AsRef<OsStr>>(flags: &[A]) -> Self {
        Self::of(Lugger::new(), flags)
    }

    /// Over the store of this home.
    pub(crate) fn of<A: AsRef<OsStr>>(lugger: Lugger, flags: &[A]) -> Self {
        let mut serving = Self {
            lugger,
            running: None,
            address: String::new(),
        };
        serving.start_again(flags);
        serving
    }

    /// At a new port, over the same store.
    pub(crate) fn start_again<A: AsRef<OsStr>>(&mut self, flags: &[A]) {
        let words = ["serve", "--addr", "127.0.0.1:0"].map(OsStr::new);
        let words = words.into_iter().chain(flags.iter().map(AsRef::as_ref));
        let mut running = self.lugger.args(words).start();
        running.wait_for_stdout("\n");
        let said = running.stdout();
        let (_, address) = said.trim_end().rsplit_once("://").unwrap();
        self.address = address.to_string();
        self.running = Some(running);
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A reference's full name here.
    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    pub(crate) fn running(&mut self) -> &mut Running {
        self.running.as_mut().unwrap()
    }

    /// Without a chance to tidy up.
    pub(crate) fn kill(&mut self) -> Run {
        self.running.take().unwrap().kill()
    }

    pub(crate) fn stop(&mut self) -> Run {
        let running = self.running.take().unwrap();
        running.terminate();
        running.wait()
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        wire::get(&self.address, target, &[])
    }

    pub(crate) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        wire::send(method, &self.address, target, headers, body)
    }

    /// Asks and insists on a status.
    pub(crate) fn expect(&self, status: u16, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.send(method, target, headers, body);
        let told = answer.text();
        assert_eq!(answer.status, status, "{method} {target}\n{}\n{told}", answer.head);
        answer
    }

    /// Asks for what is refused, with this status and code.
    pub(crate) fn refused(
        &self,
        (status, code): (u16, &str),
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let answer = self.expect(status, method, target, headers, body);
        if method != "HEAD" {
            assert_eq!(
                answer.json()["errors"][0]["code"],
                code,
                "{method} {target}: {}",
                answer.text()
            );
        }
    }

    pub(crate) fn push_blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = sha256(bytes);
        let target = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        self.expect(201, "POST", &target, &[], bytes);
        digest
    }

    pub(crate) fn push_manifest(&self, repository: &str, reference: &str, manifest: &Blob) -> Answer {
        let target = format!("/v2/{repository}/manifests/{reference}");
        self.expect(
            201,
            "PUT",
            &target,
            &[("Content-Type", &manifest.media_type)],
            &manifest.bytes,
        )
    }

    pub(crate) fn push(&self, repository: &str, reference: &str, image: &Image) {
        for blob in image.blobs() {
            self.push_blob(repository, &blob.bytes);
        }
        self.push_manifest(repository, reference, &image.manifest);
    }

    pub(crate) fn push_index(&self, repository: &str, reference: &str, index: &Index) {
        for image in &index.images {
            self.push(repository, image.digest(), image);
        }
        self.push_manifest(repository, reference, &index.manifest);
    }

    /// The digest of a manifest, if it is there; the bytes are always right.
    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Option<String> {
        let answer = self.get(&format!("/v2/{repository}/manifests/{reference}"));
        if answer.status == 404 {
            return None;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let digest = sha256(&answer.body);
        assert_eq!(answer.header("Docker-Content-Digest"), Some(digest.as_str()));
        Some(digest)
    }

    pub(crate) fn tags(&self, repository: &str) -> Vec<String> {
        strings(
            &self
                .expect(200, "GET", &format!("/v2/{repository}/tags/list"), &[], &[])
                .json()["tags"],
        )
    }

    pub(crate) fn store(&self) -> StoreCheck {
        check(&self.lugger.store())
    }

    pub(crate) fn blob_path(&self, digest: &str) -> PathBuf {
        self.lugger.store().join("blobs").join(digest.replace(':', "/"))
    }

    /// The names in the store, `@` standing for the server.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.store().names();
        names.iter().map(|name| name.replace(&self.address, "@")).collect()
    }
}

pub(crate) fn strings(list: &serde_json::Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap().to_string()).collect()
}
