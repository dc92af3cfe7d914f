//! lugger: moves container images between registries, a local store and directories, without a daemon.

pub mod files;
pub mod oci;
pub mod reference;
pub mod secret;
pub mod store;
pub mod transfer;
