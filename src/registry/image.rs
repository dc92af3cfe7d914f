//! One image of a repository, as a source and as a sink.

use crate::oci::{Descriptor, Digest, Manifest};
use crate::reference::{RegistryName, RepositoryName, Tag, TagOrDigest};
use crate::registry::Repository;
use crate::registry::scope::Scope;
use crate::store::{Body, Chosen, DigestMismatch, Error, ErrorKind, Held, Named, Result, Sink, SizeMismatch, Source};

/// What a repository has, or shall have, at a tag or digest.
pub struct Image {
    repository: Repository,
    at: TagOrDigest,
}

impl Image {
    pub(super) fn new(repository: Repository, at: TagOrDigest) -> Self {
        Self { repository, at }
    }
}

impl Source for Image {
    async fn digest(&self) -> Result<Digest> {
        self.repository.digest(&self.at).await
    }

    async fn root(&self) -> Result<Manifest> {
        self.repository.manifest(&self.at).await
    }

    async fn manifest(&self, at: &Descriptor) -> Result<Manifest> {
        let manifest = self.repository.manifest(&TagOrDigest::Digest(at.digest.clone())).await?;
        if manifest.size() == at.size {
            return Ok(manifest);
        }
        Err(Error::mismatch(SizeMismatch {
            digest: at.digest.clone(),
            expected: at.size,
            actual: manifest.size(),
        }))
    }

    async fn blob(&self, blob: &Descriptor, offset: u64) -> Result<Body> {
        self.repository.blob(blob, offset).await
    }

    async fn origins(&self, _: &Digest, registry: &RegistryName) -> Result<Vec<RepositoryName>> {
        let own = self.repository.name();
        Ok(Vec::from_iter((own.registry() == registry).then(|| own.clone())))
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.repository.referrers(subject, None).await
    }

    async fn tagged_for(&self, subject: &Digest) -> Result<Vec<(Tag, Manifest)>> {
        self.repository.tagged_for(subject).await
    }
}

impl Sink for Image {
    /// A registry that will not tell what it has is asked again by the push itself, which hears the reason.
    async fn current(&self) -> Result<Option<Named>> {
        let digest = match self.repository.head(&self.at, &self.scope()).await {
            Err(error) if error.kind() == ErrorKind::Unreachable => return Err(error),
            found => found.unwrap_or_default(),
        };
        Ok(digest.map(|digest| Named {
            digest,
            chosen_from: None,
        }))
    }

    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        self.repository.held(blob, &self.scope()).await
    }

    async fn look(&self, blob: &Descriptor) -> Result<Held> {
        self.repository.look(blob, &self.scope()).await
    }

    fn repository(&self) -> Option<&RepositoryName> {
        Some(self.repository.name())
    }

    async fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> Result<bool> {
        self.repository.mount(blob, from).await
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
        self.repository.upload(blob, offset, body).await
    }

    async fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        let at = TagOrDigest::Digest(manifest.digest().clone());
        self.repository.put(manifest, &at).await
    }

    async fn put_tagged(&self, manifest: &Manifest, tag: &Tag) -> Result<()> {
        let at = TagOrDigest::Tag(tag.clone());
        let current = self.repository.head(&at, &self.scope()).await?;
        if current.as_ref() == Some(manifest.digest()) {
            return Ok(());
        }
        self.repository.put(manifest, &at).await
    }

    async fn publish(&self, root: &Manifest, _: Option<&Chosen>) -> Result<()> {
        if let TagOrDigest::Digest(expected) = &self.at
            && expected != root.digest()
        {
            return Err(Error::mismatch(DigestMismatch {
                expected: expected.clone(),
                actual: root.digest().clone(),
            }));
        }
        self.repository.put(root, &self.at).await
    }
}

impl Image {
    fn scope(&self) -> Scope {
        Scope::push(self.repository.name())
    }
}
