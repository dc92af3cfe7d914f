//! Scopes: what a token is asked to allow
//! ([token scopes](https://distribution.github.io/distribution/spec/auth/scope/)).

use std::fmt;

use crate::reference::RepositoryName;

/// The rights one request needs, the one needed now first: some token servers look at no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope(Vec<String>);

impl Scope {
    /// No right but to be known; for a login.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// To read a repository.
    pub(super) fn pull(repository: &RepositoryName) -> Self {
        Self(vec![format!("repository:{}:pull", repository.path())])
    }

    /// To read and write a repository.
    pub(super) fn push(repository: &RepositoryName) -> Self {
        Self(vec![format!("repository:{}:pull,push", repository.path())])
    }

    /// To write a repository and take blobs over from another.
    pub(super) fn mount(repository: &RepositoryName, from: &RepositoryName) -> Self {
        let mut scope = Self::push(repository);
        scope.0.extend(Self::pull(from).0);
        scope
    }

    /// To delete from a repository. Token servers differ in what that takes: the first is what
    /// [distribution](https://distribution.github.io/distribution/spec/auth/scope/) wants, the last what Quay
    /// understands.
    pub(super) fn delete(repository: &RepositoryName) -> [Self; 3] {
        ["delete", "pull,push,delete", "*"].map(|actions| Self(vec![format!("repository:{}:{actions}", repository.path())]))
    }

    /// To list repositories.
    pub(super) fn catalog() -> Self {
        Self(vec!["registry:catalog:*".to_owned()])
    }

    /// To read Azure's own list.
    pub(super) fn metadata(repository: &RepositoryName) -> Self {
        Self(vec![format!("repository:{}:metadata_read", repository.path())])
    }

    pub(super) fn of(texts: Vec<String>) -> Self {
        Self(texts)
    }

    /// The repository that the request is for.
    pub(super) fn repository(&self) -> Option<&str> {
        let (path, _) = self.0.first()?.strip_prefix("repository:")?.rsplit_once(':')?;
        Some(path)
    }

    /// Is nothing to be changed?
    pub(super) fn only_reads(&self) -> bool {
        self.0.iter().all(|scope| scope.ends_with(":pull"))
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_says_for_what_and_whether_it_writes() {
        for (texts, repository, reads) in [
            (&["repository:a/b:pull"][..], Some("a/b"), true),
            (&["repository:a/b:pull,push", "repository:c:pull"], Some("a/b"), false),
            (&["repository:reg.example:5000/a:pull"], Some("reg.example:5000/a"), true),
            (&["registry:catalog:*"], None, false),
            (&[], None, true),
        ] {
            let scope = Scope::of(texts.iter().map(ToString::to_string).collect());
            assert_eq!((scope.repository(), scope.only_reads()), (repository, reads), "{scope}");
        }
    }
}
