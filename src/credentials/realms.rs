//! Which token server a registry named when a login was first given to it: perhaps its own origin, which also stands for a
//! registry that takes the password itself. One that names another later may be in other hands by then, and would have the
//! login sent there.
//!
//! One small file for each registry, in a folder of lugger's own: docker's file is not for this. What cannot be written
//! down holds for as long as the program runs.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::files;
use crate::oci::Digest;
use crate::reference::RegistryName;

/// The token servers of all registries, each as scheme, host and port.
#[derive(Debug, Default)]
pub(super) struct Realms {
    folder: Option<PathBuf>,
    /// What holds in this run.
    settled: Mutex<HashMap<RegistryName, String>>,
}

impl Realms {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
            settled: Mutex::default(),
        }
    }

    /// The token server that logins of a registry go to: `named`, if none was known.
    pub(super) fn settle(&self, registry: &RegistryName, named: &str) -> String {
        let mut settled = self.settled();
        let known = settled
            .entry(registry.clone())
            .or_insert_with(|| self.read(registry).unwrap_or_else(|| named.to_owned()));
        known.clone()
    }

    /// From now on, logins of a registry go to this token server. Gives back where they went before, if elsewhere.
    pub(super) fn keep(&self, registry: &RegistryName, server: &str) -> Option<String> {
        let settled = self.settled().insert(registry.clone(), server.to_owned());
        let written = self.read(registry);
        if written.as_deref() == Some(server) {
            return None;
        }
        if let Some(file) = self.file(registry) {
            // A home that cannot be written to is no reason to refuse a login.
            let folder = file.parent().map_or(Ok(()), files::create_folder);
            let _ = folder.and_then(|()| files::replace(&file, format!("{registry} {server}\n").as_bytes(), true));
        }
        written.or(settled).filter(|before| before != server)
    }

    /// Returns whether a token server is known, or the registry itself.
    pub(super) fn knows(&self, registry: &RegistryName) -> bool {
        self.settled().contains_key(registry) || self.read(registry).is_some()
    }

    /// The next login finds none known.
    pub(super) fn forget(&self, registry: &RegistryName) {
        self.settled().remove(registry);
        if let Some(file) = self.file(registry) {
            let _ = fs::remove_file(file);
        }
    }

    fn read(&self, registry: &RegistryName) -> Option<String> {
        let text = fs::read_to_string(self.file(registry)?).ok()?;
        let (whose, server) = text.trim_end().split_once(' ')?;
        (whose == registry.as_str()).then(|| server.to_owned())
    }

    /// Not every name of a registry could be that of a file.
    fn file(&self, registry: &RegistryName) -> Option<PathBuf> {
        let name = Digest::of(registry.as_str().as_bytes());
        Some(self.folder.as_ref()?.join(name.hex()))
    }

    fn settled(&self) -> MutexGuard<'_, HashMap<RegistryName, String>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RegistryName {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_kept_holds_in_the_next_run_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let realms = || Realms::at(folder.path().join("a/b"));
        let (one, other) = (name("reg.example:5000"), name("reg.example"));
        assert_eq!(realms().settle(&one, "https://a"), "https://a");
        // Asked about is not yet kept.
        assert_eq!(realms().settle(&one, "https://b"), "https://b");
        assert_eq!(realms().keep(&one, "https://a"), None);
        assert_eq!(realms().keep(&one, "https://a"), None);
        assert_eq!(realms().settle(&one, "https://b"), "https://a");
        assert_eq!(realms().settle(&other, "https://b"), "https://b");
        assert_eq!(realms().keep(&one, "https://b").as_deref(), Some("https://a"));
        assert_eq!(realms().settle(&one, "https://a"), "https://b");
        realms().forget(&one);
        assert_eq!(realms().settle(&one, "https://c"), "https://c");
    }

    #[test]
    fn without_a_place_to_write_the_first_one_holds_for_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for realms in [Realms::default(), Realms::at(file.join("x"))] {
            assert_eq!(realms.settle(&name("r.example"), "https://a"), "https://a");
            realms.keep(&name("r.example"), "https://a");
            assert_eq!(realms.settle(&name("r.example"), "https://b"), "https://a");
        }
    }

    #[test]
    fn a_file_that_is_damaged_or_anothers_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let registry = name("r.example");
        let realms = || Realms::at(folder.path().to_owned());
        realms().keep(&registry, "https://a");
        let file = realms().file(&registry).unwrap();
        for text in ["", "r.example", "other.example https://a\n", "\u{0}"] {
            fs::write(&file, text).unwrap();
            assert_eq!(realms().settle(&registry, "https://b"), "https://b", "{text:?}");
        }
    }
}
