//! The names that can stand for an image: those of the store, those of hosts with a login, and what registries tell.

use std::collections::BTreeSet;

use lugger::oci::{Manifest, Platform};
use lugger::reference::{Reference, RegistryName, RepositoryName};

use crate::cli::completion::remote;
use crate::cli::completion::surroundings::Surroundings;

/// Platforms that images are made for.
const USUAL_PLATFORMS: [&str; 10] = [
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm/v6",
    "linux/386",
    "linux/ppc64le",
    "linux/s390x",
    "linux/riscv64",
    "windows/amd64",
    "linux/loong64",
];

/// What stands behind the name of a repository.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// A tag is to come.
    Tag,
    /// It is whole.
    End,
}

/// The images of the store that begin like a word, each as people write it unless the word is longer than that.
pub(super) fn stored_images(surroundings: &Surroundings, word: &str) -> BTreeSet<String> {
    let names = surroundings.stored().iter();
    names
        .filter_map(|name| either(word, name.familiar(), name.to_string()))
        .collect()
}

/// The repositories of the store.
pub(super) fn stored_repositories(surroundings: &Surroundings, word: &str) -> BTreeSet<String> {
    let names = surroundings.stored().iter();
    names
        .filter_map(|name| either(word, name.repository().familiar(), name.repository().to_string()))
        .collect()
}

/// Hosts, repositories and tags: as far as the word has come.
pub(super) fn registry_images(surroundings: &Surroundings, word: &str) -> BTreeSet<String> {
    let Some((name, repository)) = before_tag(word) else {
        return registry_repositories(surroundings, word, Then::Tag);
    };
    let hosts = hosts(surroundings, word, "/");
    if !hosts.is_empty() || is_host(name) {
        return hosts;
    }
    let tags = remote::tags(surroundings, &repository).into_iter();
    let full = tags.map(|tag| format!("{name}:{tag}"));
    full.filter(|full| full.starts_with(word)).collect()
}

/// Hosts and repositories.
pub(super) fn registry_repositories(surroundings: &Surroundings, word: &str, then: Then) -> BTreeSet<String> {
    let mut names = stored_repositories(surroundings, word);
    let mut whole = BTreeSet::new();
    match word.split_once('/') {
        Some((host, _)) if is_host(host) => {
            let host = host.parse::<RegistryName>();
            let told = host.map(|host| remote::repositories(surroundings, &host)).unwrap_or_default();
            names.extend(told.into_iter().filter(|name| name.starts_with(word)));
        }
        Some(_) => {}
        None => whole = hosts(surroundings, word, "/"),
    }
    let behind = if then == Then::Tag { ":" } else { "" };
    whole.extend(names.into_iter().map(|name| name + behind));
    whole
}

/// The registries that there are logins or images of, each with this behind it. Docker Hub's own names do without it.
pub(super) fn hosts(surroundings: &Surroundings, word: &str, behind: &str) -> BTreeSet<String> {
    let logins = surroundings.context().map(|context| context.credentials.named_registries());
    let images = surroundings.stored().iter().map(|name| name.registry().clone());
    let known = logins.into_iter().flatten().chain(images);
    let wanted = known.filter(|host| behind.is_empty() || !host.is_hub());
    let names = wanted.map(|host| format!("{host}{behind}"));
    names.filter(|name| name.starts_with(word)).collect()
}

/// The platforms of the images on the line that the store has, then those that are usual.
pub(super) fn platforms(surroundings: &Surroundings, word: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let line = surroundings.line().iter();
    let images = line.filter_map(|word| word.strip_prefix("store:").unwrap_or(word).parse::<Reference>().ok());
    for image in images {
        names.extend(stored_platforms(surroundings, &image).iter().map(ToString::to_string));
    }
    names.extend(USUAL_PLATFORMS.map(str::to_owned));
    let mut seen = BTreeSet::new();
    names.retain(|name| name.starts_with(word) && seen.insert(name.clone()));
    names
}

fn stored_platforms(surroundings: &Surroundings, image: &Reference) -> Vec<Platform> {
    let index = || {
        let context = surroundings.context()?;
        let images = context.store.images().ok()?;
        let name = image.to_string();
        let entry = images
            .iter()
            .find(|entry| entry.name.as_ref().is_some_and(|known| known.as_str() == name))?;
        context.store.manifest(&entry.descriptor).ok()
    };
    let index = index();
    let entries = index.iter().flat_map(Manifest::children);
    let images = entries.filter(|entry| entry.is_image_entry());
    images.filter_map(|entry| entry.platform.clone()).collect()
}

/// The repository that a word names before a tag, as it is written and as it is meant.
fn before_tag(word: &str) -> Option<(&str, RepositoryName)> {
    let (name, tag) = word.rsplit_once(':')?;
    if tag.contains('/') || name.contains('@') {
        return None;
    }
    Some((name, name.parse().ok()?))
}

/// Is this what stands before a registry's first slash, as docker decides it?
fn is_host(name: &str) -> bool {
    !name.contains('/') && (name == "localhost" || name.contains(['.', ':']))
}

fn either(word: &str, short: String, long: String) -> Option<String> {
    [short, long].into_iter().find(|name| name.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_behind_the_last_colon_and_no_slash() {
        let name = |word| before_tag(word).map(|(name, repository)| (name, repository.to_string()));
        let is = |written, meant: &str| Some((written, meant.to_owned()));
        assert_eq!(name("localhost:5000/app:"), is("localhost:5000/app", "localhost:5000/app"));
        assert_eq!(name("alpine:3."), is("alpine", "docker.io/library/alpine"));
        for word in ["localhost:5000/app", "alpine", "app@sha256:00", "Upper:", ":"] {
            assert_eq!(name(word), None, "{word}");
        }
    }

    #[test]
    fn hosts_are_told_from_paths_of_docker_hub() {
        for (name, host) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("ghcr.io", true),
            ("team", false),
            ("reg.example/app", false),
        ] {
            assert_eq!(is_host(name), host, "{name}");
        }
    }
}
