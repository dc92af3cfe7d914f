//! The seam: what every place that holds images can do, and how it fails.
//!
//! A [`Source`] is one named image in some place; a [`Sink`] is where one named image shall be. A registry, the local
//! store and a directory are both. The engine in `transfer` knows only these two; no place knows another. An [`Intake`] takes
//! blobs that are only being made.

use std::fmt;
use std::io;

use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::oci::{Descriptor, Digest, Manifest, Platform};
use crate::reference::{RegistryName, RepositoryName, Tag};

/// The bytes of a blob, from some offset to its end. Whoever keeps them checks them.
pub type Body = BoxStream<'static, Result<Bytes>>;

/// What a place answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Blobs up to this size, in bytes, take longer to ask for and to sync than to move, so that many move side by side.
pub const SMALL_BLOB: u64 = 1 << 20;

/// One named image that can be read.
pub trait Source: Send + Sync {
    /// The digest that the name has now, as cheaply as the place can tell it.
    fn digest(&self) -> impl Future<Output = Result<Digest>> + Send;

    /// The manifest that the name has now.
    fn root(&self) -> impl Future<Output = Result<Manifest>> + Send;

    /// A manifest by digest, verified.
    fn manifest(&self, at: &Descriptor) -> impl Future<Output = Result<Manifest>> + Send;

    /// A blob's bytes from `offset` on, unverified.
    fn blob(&self, blob: &Descriptor, offset: u64) -> impl Future<Output = Result<Body>> + Send;

    /// The repositories of `registry` that are known to have this blob, so that it can be mounted from there.
    fn origins(&self, blob: &Digest, registry: &RegistryName) -> impl Future<Output = Result<Vec<RepositoryName>>> + Send;

    /// The manifests that refer to this one, such as its signatures, where the place can tell.
    fn referrers(&self, subject: &Digest) -> impl Future<Output = Result<Vec<Descriptor>>> + Send {
        let _ = subject;
        async { Ok(Vec::new()) }
    }

    /// The manifests that belong to this one by their tags, as cosign keeps signatures, each with its tag.
    fn tagged_for(&self, subject: &Digest) -> impl Future<Output = Result<Vec<(Tag, Manifest)>>> + Send {
        let _ = subject;
        async { Ok(Vec::new()) }
    }
}

/// Where one named image shall be.
pub trait Sink: Send + Sync {
    /// What the name stands for now, if it stands for an image that is there whole.
    fn current(&self) -> impl Future<Output = Result<Option<Named>>> + Send;

    /// Is told what will come, so that it can refuse before the first byte.
    fn expect(&self, blobs: &[Descriptor]) -> impl Future<Output = Result<()>> + Send {
        let _ = blobs;
        async { Ok(()) }
    }

    /// How much of a blob is there already.
    fn held(&self, blob: &Descriptor) -> impl Future<Output = Result<Held>> + Send;

    /// The same for who only wants to know: nothing is begun, opened, locked or noted for it.
    fn look(&self, blob: &Descriptor) -> impl Future<Output = Result<Held>> + Send;

    /// Does it take blobs only one after the other, in the order in which they were expected?
    fn in_order(&self) -> bool {
        false
    }

    /// The repository this is in, if its registry can mount blobs from its other ones.
    fn repository(&self) -> Option<&RepositoryName> {
        None
    }

    /// That registry.
    fn registry(&self) -> Option<&RegistryName> {
        self.repository().map(RepositoryName::registry)
    }

    /// Takes a blob over from another repository of the same registry; `false` if the registry would not.
    fn mount(&self, blob: &Descriptor, from: &RepositoryName) -> impl Future<Output = Result<bool>> + Send {
        let _ = (blob, from);
        async { Ok(false) }
    }

    /// Keeps a blob, of which `body` gives the bytes from `offset` on. It is there only once it is verified.
    fn put_blob(&self, blob: &Descriptor, offset: u64, body: Body) -> impl Future<Output = Result<()>> + Send;

    /// Keeps a manifest by its digest alone.
    fn put_manifest(&self, manifest: &Manifest) -> impl Future<Output = Result<()>> + Send;

    /// Keeps a manifest under a tag beside the name, where the place has such tags.
    fn put_tagged(&self, manifest: &Manifest, tag: &Tag) -> impl Future<Output = Result<()>> + Send {
        let _ = tag;
        self.put_manifest(manifest)
    }

    /// Keeps the root manifest and gives it the name; the last step, after everything it points at is there.
    fn publish(&self, root: &Manifest, chosen_from: Option<&Chosen>) -> impl Future<Output = Result<()>> + Send;
}

/// A place that takes blobs whose digest only shows at their end.
pub trait Intake: Send + Sync {
    /// A new blob, empty.
    fn begin(&self) -> Result<Box<dyn Incoming>>;
}

/// Such a blob while it is written. Dropped without being kept it leaves nothing.
pub trait Incoming: io::Write + Send {
    /// The digest of what was written so far.
    fn digest(&self) -> Digest;

    /// How much was written so far, in bytes.
    fn size(&self) -> u64;

    /// Keeps the blob under its digest, which is given back.
    fn keep(self: Box<Self>) -> Result<Digest>;

    /// Keeps the blob if this is its digest, of whatever algorithm.
    ///
    /// # Errors
    /// `Mismatch` if it is not.
    fn keep_as(self: Box<Self>, digest: &Digest) -> Result<()> {
        let actual = self.digest();
        if actual == *digest {
            return self.keep().map(drop);
        }
        Err(Error::mismatch(DigestMismatch {
            expected: digest.clone(),
            actual,
        }))
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The digest of the manifest.
    pub digest: Digest,
    /// The index it was chosen from, if it was.
    pub chosen_from: Option<Chosen>,
}

/// Where a part of an index came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The digest of the whole index.
    pub index: Digest,
    /// The platforms taken from it, in the words they were asked for.
    pub platforms: Vec<Platform>,
}

/// How much of a blob is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// So many bytes from its beginning, not yet verified.
    Part(u64),
    /// All, verified.
    All,
}

/// Why a place could not do what it was asked: a cause for people, and a kind for whoever decides what comes next.
pub struct Error {
    kind: ErrorKind,
    cause: anyhow::Error,
}

/// The cases somebody decides by: the engine, or the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// No such image, tag, repository or platform.
    NotFound,
    /// A login is needed, or was refused, or does not suffice.
    Denied,
    /// A login that was good is no longer taken; with a new token the same may be.
    Expired,
    /// Nobody answers, or only with failures.
    Unreachable,
    /// Too many requests, after waiting as told.
    RateLimited,
    /// The bytes are not those of the digest or size.
    Mismatch,
    /// The registry refuses the change: a tag that must not move, a quota, a policy.
    Refused,
    /// A transfer broke off; it can go on.
    Interrupted,
    /// A transfer goes on so slowly that it would never end; from elsewhere, or another time, it may not.
    Trickle,
    /// A manifest came before blobs it points at, which the place had said it has. The cause is [`MissingBlobs`].
    Incomplete,
    /// Anything else.
    Other,
}

impl Error {
    /// An error of a kind, with its cause.
    pub fn new(kind: ErrorKind, cause: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            cause: cause.into(),
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The cause, to look into.
    #[must_use]
    pub fn cause(&self) -> &anyhow::Error {
        &self.cause
    }

    /// The same error, told with what was being done.
    #[must_use]
    pub fn context(self, context: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self {
            kind: self.kind,
            cause: self.cause.context(context),
        }
    }

    /// No such thing.
    pub fn not_found(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::NotFound, cause)
    }

    /// Bytes that are not what they should be.
    pub fn mismatch(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Mismatch, cause)
    }

    /// A transfer that broke off.
    pub fn interrupted(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Interrupted, cause)
    }

    /// Anything else.
    pub fn other(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Other, cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.kind, self.cause)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}

/// The blobs a place says it lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MissingBlobs {
    /// Which; empty where it does not say.
    pub digests: Vec<Digest>,
    /// What it said.
    pub reason: String,
}

/// Bytes whose digest is another than they were asked for by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("content does not match its digest: expected {expected}, got {actual}")]
pub struct DigestMismatch {
    /// The digest asked for.
    pub expected: Digest,
    /// The digest of the bytes.
    pub actual: Digest,
}

/// More or fewer bytes than the descriptor says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{digest} should have {expected} bytes and has {actual}")]
pub struct SizeMismatch {
    /// The content's digest.
    pub digest: Digest,
    /// The size the descriptor gives, in bytes.
    pub expected: u64,
    /// The size found, in bytes; a lower bound where reading stopped.
    pub actual: u64,
}
