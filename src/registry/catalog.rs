//! The catalog: the repositories of a registry
//! ([`_catalog`](https://distribution.github.io/distribution/spec/api/#catalog), which the OCI spec leaves out and many
//! registries refuse).

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::reference::RepositoryName;
use crate::registry::Registry;
use crate::registry::pages::{self, Names, Pages};
use crate::registry::scope::Scope;
use crate::store::{Error, ErrorKind};

/// One page.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct CatalogPage {
    #[serde(default)]
    repositories: Names,
}

impl Registry {
    /// All repositories that the registry lists, sorted.
    ///
    /// # Errors
    /// A registry that has no catalog or does not show it; a list that never ends or leads to another host.
    pub async fn repositories(&self) -> Result<Vec<RepositoryName>, Error> {
        let host = self.client.name();
        let mut found = BTreeSet::new();
        let list = Pages {
            client: &self.client,
            path: "/v2/_catalog".to_owned(),
            scope: Scope::catalog(),
            what: "list of repositories",
            hasty: self.hasty,
        };
        let walked = list.walk(|page| {
            let page: CatalogPage = pages::json(page, "list of repositories")?;
            let before = found.len();
            let names = page.repositories.iter();
            found.extend(names.filter_map(|name| format!("{host}/{name}").parse::<RepositoryName>().ok()));
            Ok(found.len() - before)
        });
        walked.await.map_err(not_offered)?;
        Ok(found.into_iter().collect())
    }
}

fn not_offered(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Refused => {
            error.context("the registry shows no list of its repositories; many do not offer one, or not to every user")
        }
        _ => error,
    }
}
