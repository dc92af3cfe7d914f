//! lugger: moves container images between registries, a local store and directories, without a daemon.

pub mod backoff;
pub mod credentials;
pub mod files;
pub mod hosts;
pub mod layout;
pub mod oci;
pub mod reference;
pub mod registry;
pub mod secret;
pub mod settings;
pub mod store;
pub mod transfer;
