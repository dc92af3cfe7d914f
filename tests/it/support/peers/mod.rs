//! Real programs to test against: a registry, a client and an engine of others. Each runs on loopback with its data in
//! a temporary directory, and is stopped by its process id when its value is dropped. A missing program fails the test
//! that needs it.

pub(crate) mod distribution;
pub(crate) mod dockerd;
pub(crate) mod jwt;
pub(crate) mod process;
pub(crate) mod skopeo;
