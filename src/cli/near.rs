//! What a person may have meant by a name that is not there: the nearest ones, from the store or from the registry itself.
//!
//! The registry is asked once more for that, for a moment and about one list, and not again if it cannot answer: whatever
//! keeps it from that leaves the failure as it is.

use std::collections::HashMap;
use std::time::Duration;

use lugger::reference::{Reference, RegistryName, RepositoryName, TagOrDigest};
use lugger::store::ErrorKind;

use crate::cli::context::Context;
use crate::cli::failure::{self, Missing};

/// How long may be looked for what was meant.
const GLANCE: Duration = Duration::from_secs(2);
/// How many names are offered.
const MOST: usize = 3;

/// The hint after a failure, if something was named that is not there, and something near it is.
pub(crate) async fn hint(context: &Context, error: &anyhow::Error) -> Option<String> {
    if let Some(name) = failure::not_in_store(error) {
        return in_store(context, name);
    }
    let looking = async {
        match failure::missing(error)? {
            Missing::Image(reference) => of_repository(context, reference).await,
            Missing::Repository(name) => of_registry(context, name).await,
        }
    };
    tokio::time::timeout(GLANCE, looking).await.ok()?
}

fn in_store(context: &Context, name: &str) -> Option<String> {
    let wanted: Reference = name.parse().ok()?;
    let images = context.store.images().ok()?;
    let names = images.into_iter().filter_map(|image| image.name);
    let names = names.filter_map(|name| Some(name.as_str().parse::<Reference>().ok()?.familiar()));
    let (here, elsewhere): (Vec<String>, _) = names.partition(|name| name.starts_with(&wanted.repository().familiar()));
    let near = nearest(&wanted.familiar(), &here);
    let near = if near.is_empty() {
        nearest(&wanted.familiar(), &elsewhere)
    } else {
        near
    };
    offer("the nearest in the store", &near, "`lugger images` shows all")
}

async fn of_repository(context: &Context, wanted: &Reference) -> Option<String> {
    let TagOrDigest::Tag(tag) = wanted.at() else { return None };
    let name = wanted.repository();
    let registry = context.network.registry(name.registry()).ok()?.hasty();
    let tags = match registry.repository(name).tags().await {
        Ok(tags) => tags,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let near = of_registry(context, name).await;
            return near.or_else(|| Some(failure::no_repository(name)));
        }
        Err(_) => return None,
    };
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let all = format!("`lugger list-tags {}` shows all", name.familiar());
    offer("the nearest there is", &nearest(tag.as_str(), &tags), &all)
}

/// Docker Hub shows no list of its repositories.
async fn of_registry(context: &Context, wanted: &RepositoryName) -> Option<String> {
    let registry: &RegistryName = wanted.registry();
    if registry.is_hub() {
        return None;
    }
    let known = context.network.registry(registry).ok()?.hasty().repositories().await.ok()?;
    let paths: Vec<String> = known.iter().map(|name| name.path().to_owned()).collect();
    let all = format!("`lugger list-repos {registry}` shows all");
    offer("the nearest there is", &nearest(wanted.path(), &paths), &all)
}

fn offer(what: &str, near: &[String], all: &str) -> Option<String> {
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    (!quoted.is_empty()).then(|| format!("{what}: {}; {all}", quoted.join(", ")))
}

/// How near one name is to another; the nearest is the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// The same but for case, or for a `v` in front.
    Spelling,
    /// So many letters were mistyped.
    Slip(usize),
    /// The one is how the other begins; the newer the better.
    Beginning,
    /// A version so many steps away.
    Version(usize),
}

/// The names that are near the one that was wanted, the nearest first.
fn nearest(wanted: &str, known: &[String]) -> Vec<String> {
    let versions = neighbours(wanted, known);
    let mut near: Vec<(Nearness, Newest, &String)> = known
        .iter()
        .filter_map(|name| {
            let step = versions.get(name).copied();
            Some((nearness(wanted, name, step)?, Newest::of(name), name))
        })
        .collect();
    near.sort();
    // Who writes a name in another way means that one.
    if near.first().is_some_and(|(nearness, ..)| *nearness == Nearness::Spelling) {
        near.retain(|(nearness, ..)| *nearness == Nearness::Spelling);
    }
    near.into_iter().take(MOST).map(|(_, _, name)| name.clone()).collect()
}

fn nearness(wanted: &str, name: &str, step: Option<usize>) -> Option<Nearness> {
    let (wanted, name) = (plain(wanted), plain(name));
    if wanted == name {
        return Some(Nearness::Spelling);
    }
    if let Some(step) = step {
        let narrower = name.starts_with(&format!("{wanted}."));
        return Some(if narrower {
            Nearness::Beginning
        } else {
            Nearness::Version(step)
        });
    }
    let slips = strsim::damerau_levenshtein(&wanted, &name);
    // Of a short name, few letters are left to be recognised by.
    if slips <= (wanted.chars().count() / 3).min(3) {
        return Some(Nearness::Slip(slips));
    }
    let is_beginning = !name.is_empty() && (name.starts_with(&wanted) || wanted.starts_with(&name));
    is_beginning.then_some(Nearness::Beginning)
}

fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    match lower.strip_prefix('v') {
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => version.to_owned(),
        _ => lower,
    }
}

/// The numbers of a plain version, as `v1.4.2`.
fn version(name: &str) -> Option<Vec<u64>> {
    plain(name).split('.').map(|part| part.parse().ok()).collect()
}

/// The versions around a version that is not there, with how many steps they are away.
fn neighbours<'a>(wanted: &str, known: &'a [String]) -> HashMap<&'a String, usize> {
    let Some(wanted) = version(wanted) else {
        return HashMap::new();
    };
    let versions = known.iter().filter_map(|name| Some((version(name)?, name)));
    let (mut newer, mut older): (Vec<_>, Vec<_>) = versions.partition(|(version, _)| *version >= wanted);
    newer.sort();
    older.sort();
    older.reverse();
    let steps = |side: Vec<(Vec<u64>, &'a String)>| side.into_iter().enumerate().map(|(step, (_, name))| (name, step));
    steps(newer).chain(steps(older)).collect()
}

/// Sorts newer versions before older ones, and these before what is no version.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Newest(std::cmp::Reverse<Option<Vec<u64>>>);

impl Newest {
    fn of(name: &str) -> Self {
        Self(std::cmp::Reverse(version(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(wanted: &str, known: &str) -> String {
        let known: Vec<String> = known.split_whitespace().map(str::to_owned).collect();
        nearest(wanted, &known).join(" ")
    }

    #[test]
    fn what_was_meant_is_offered_and_nothing_far_off() {
        for (wanted, known, offered) in [
            ("lastest", "1.0 latest edge", "latest"),
            ("LATEST", "latest", "latest"),
            ("v1.2", "1.2 1.2.0", "1.2"),
            ("1.2", "v1.2 1.3", "v1.2"),
            ("3", "3.18 3.20 3.9 2.7 4.0", "3.20 3.18 3.9"),
            ("1.4.9", "1.4.8 1.4.7 1.5.0 2.0.0 0.1.0", "1.5.0 1.4.8 2.0.0"),
            ("3.20-slim", "3.20 3.20-alpine 3.20-slm", "3.20-slm 3.20"),
            ("alpine", "alpine3.20 alpine3.19 edge", "alpine3.19 alpine3.20"),
            ("prod", "dev staging", ""),
            ("latest", "", ""),
            ("team/ap", "team/app other/app", "team/app"),
            ("x", "y z", ""),
        ] {
            assert_eq!(near(wanted, known), offered, "{wanted}");
        }
    }

    #[test]
    fn an_offer_reads_like_a_sentence() {
        let offer = |names: &str| {
            offer(
                "there is",
                &names.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
                "more",
            )
        };
        assert_eq!(offer(""), None);
        assert_eq!(offer("a").unwrap(), "there is: `a`; more");
        assert_eq!(offer("a b c").unwrap(), "there is: `a`, `b`, `c`; more");
    }
}
