//! Everything the built program is held to.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]

mod completions;
mod layers;
mod references;
mod support;
mod support_selftest;
