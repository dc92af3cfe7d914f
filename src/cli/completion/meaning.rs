//! What the value of an argument means, for whoever completes it. The arguments say it themselves, in `args`.

use clap::builder::ArgExt;

/// What a value stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An image of the store; with `--remote` one of a registry.
    StoredImage,
    /// An image of a registry.
    RegistryImage,
    /// An image of either, or the name of a new one.
    AnyImage,
    /// A repository that the store has images of.
    StoredRepository,
    /// A repository of a registry, or the beginning of its path.
    RegistryRepository,
    /// A registry.
    Host,
    /// A place, where a plain name is on a registry.
    Place,
    /// A place, where a plain name may be in the store.
    StoredPlace,
    /// A place, or `scratch`.
    Base,
    /// A platform.
    Platform,
    /// A file, or a folder in its place.
    Path,
    /// A folder.
    Folder,
}

impl ArgExt for Meaning {}
