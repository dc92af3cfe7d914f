//! What only a registry knows: its repositories, and the tags of one. A person waits with a finger on the key, so there is
//! half a second for all of it, and no word about what goes wrong.

use std::time::Duration;

use lugger::reference::{RegistryName, RepositoryName};
use lugger::registry::Registry;
use lugger::store::Error;

use crate::cli::completion::surroundings::Surroundings;

/// How long a registry may take, with names to look up, certificates to read, tokens to get and helpers to ask.
/// The rest of half a second is for all else.
const PATIENCE: Duration = Duration::from_millis(430);

/// The tags of a repository.
pub(super) fn tags(surroundings: &Surroundings, name: &RepositoryName) -> Vec<String> {
    let Some(registry) = reached(surroundings, name.registry()) else {
        return Vec::new();
    };
    let repository = registry.repository(name);
    let question = format!("tags {name}");
    kept(&question, || {
        heard(async move {
            let tags = repository.tags().await?;
            Ok(tags.iter().map(ToString::to_string).collect())
        })
    })
}

/// The repositories of a registry, by their full names. Docker Hub lists none.
pub(super) fn repositories(surroundings: &Surroundings, name: &RegistryName) -> Vec<String> {
    if name.is_hub() {
        return Vec::new();
    }
    let Some(registry) = reached(surroundings, name) else {
        return Vec::new();
    };
    let question = format!("repositories {name}");
    kept(&question, || {
        heard(async move {
            let names = registry.repositories().await?;
            Ok(names.iter().map(ToString::to_string).collect())
        })
    })
}

/// A registry that is asked once: a second try would take the whole time for a registry that is not there.
fn reached(surroundings: &Surroundings, name: &RegistryName) -> Option<Registry> {
    let network = &surroundings.context()?.network;
    network.registry(name).ok().map(Registry::hasty)
}

/// What was heard a moment ago, else what is heard now.
fn kept(question: &str, ask: impl FnOnce() -> Option<Vec<String>>) -> Vec<String> {
    let cache = Surroundings::cache();
    if let Some(names) = cache.as_ref().and_then(|cache| cache.get(question)) {
        return names;
    }
    let names = ask();
    if let Some(cache) = cache {
        cache.put(question, names.as_deref());
    }
    names.unwrap_or_default()
}

/// Asks, and kills what it has started when the time is up.
fn heard(ask: impl Future<Output = Result<Vec<String>, Error>>) -> Option<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, ask).await });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    answer.ok()?.ok()
}
