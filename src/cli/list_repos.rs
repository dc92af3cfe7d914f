//! `lugger list-repos`: what a registry holds, one repository a line.

use std::str::FromStr;

use anyhow::Context as _;
use lugger::reference::{ReferenceError, RegistryName, RepositoryName};

use crate::cli::args::{Format, ListRepos};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;

/// A registry, or the repositories of one below some path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Namespace {
    registry: RegistryName,
    prefix: Option<String>,
}

impl FromStr for Namespace {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (host, prefix) = text.split_once('/').unwrap_or((text, ""));
        let prefix = prefix.trim_end_matches('/');
        Ok(Self {
            registry: RegistryName::from_login(host)?,
            prefix: (!prefix.is_empty()).then(|| prefix.to_owned()),
        })
    }
}

impl Namespace {
    /// Whole parts of a path count: `team` holds `team/app`, and not `teamwork/app`.
    fn holds(&self, repository: &RepositoryName) -> bool {
        let Some(prefix) = &self.prefix else { return true };
        let rest = repository.path().strip_prefix(prefix.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

pub(crate) async fn run(context: &Context, arguments: &ListRepos) -> anyhow::Result<()> {
    let namespace = &arguments.registry;
    let registry = &namespace.registry;
    let cannot = || Cannot::at(format!("cannot list the repositories of `{registry}`"), registry);
    let network = &context.network;
    let connected = network.registry(registry).with_context(cannot)?;
    let listed = connected.repositories().await.with_context(cannot)?;
    let held = listed.iter().filter(|repository| namespace.holds(repository));
    let names: Vec<String> = held.map(ToString::to_string).collect();
    match arguments.formatted.format {
        Format::Json => output::json(&names),
        Format::Table if names.is_empty() => Ok(()),
        Format::Table => Ok(output::line(&names.join("\n"))?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_whole_parts_of_a_path() {
        for (text, path, held) in [
            ("localhost:5000", "team/app", true),
            ("localhost:5000/", "team/app", true),
            ("localhost:5000/team", "team/app", true),
            ("localhost:5000/team/", "team", true),
            ("localhost:5000/team", "teamwork/app", false),
            ("localhost:5000/team/app", "team", false),
        ] {
            let namespace: Namespace = text.parse().unwrap();
            let repository = format!("localhost:5000/{path}").parse().unwrap();
            assert_eq!(namespace.holds(&repository), held, "{text} {path}");
        }
        assert!("UPPER CASE".parse::<Namespace>().is_err());
    }
}
