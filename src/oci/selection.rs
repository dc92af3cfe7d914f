//! Which images of an index are meant, and the error when there is none.

use crate::oci::platform::Platform;

/// Which images of an index are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every one, and the index itself.
    All,
    /// The best for each of these; at least one.
    Platforms(Vec<Platform>),
}

/// An index without an image for the platform asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no image for {wanted}; there are {}", listed(.offered))]
pub struct PlatformNotFound {
    /// What was asked for.
    pub wanted: Platform,
    /// What there is.
    pub offered: Vec<Platform>,
}

fn listed(platforms: &[Platform]) -> String {
    let names: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
