//! lugger: moves container images between registries, a local store and directories, without a daemon.
//!
//! The idea is in [`store`]: an image in some place is a [`store::Source`], where it shall be is a [`store::Sink`], and
//! [`transfer::copy`] brings it from one to the other: it plans, carries the blobs, and names the image last. Pull, push
//! and copy are that one verb between different places.
//!
//! The places are [`registry`] (the Docker Registry HTTP API v2), [`layout`] (an OCI image layout on disk) and [`archive`]
//! (a tar of either format), which a Docker Engine, [`daemon`], gives and takes. None knows another, and the engine knows none. Below them lie [`credentials`] and [`hosts`],
//! which say as whom and by which way a registry is spoken to; [`mod@reference`], where names are parsed, once; and
//! [`oci`], what an image is made of. [`serve`] stands on the layout and shows it to others as a registry, [`rootfs`] lays
//! layers over each other, and [`append`] makes images from other ones; what is a tar they read by [`tarball`]. Screen,
//! flags and exit codes are the program's alone: the library prints nothing.

pub mod append;
pub mod archive;
pub mod backoff;
pub mod below;
pub mod compression;
pub mod credentials;
pub mod daemon;
pub mod facts;
pub mod files;
pub mod hosts;
pub mod journal;
pub mod layout;
pub mod oci;
pub mod reference;
pub mod registry;
pub mod rootfs;
pub mod secret;
pub mod serve;
pub mod settings;
#[cfg(test)]
mod simulation;
pub mod size;
pub mod store;
pub mod tarball;
pub mod text;
pub mod transfer;
