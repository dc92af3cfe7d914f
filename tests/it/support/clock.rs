//! The date that the tests run at. `tests/run.sh` runs them under `faketime`, too, and the program under test has to see
//! the same date as the test, though it gets an environment of its own.

use std::ffi::OsString;

/// What `faketime --exclude-monotonic` sets.
const VARIABLES: [&str; 4] = ["LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED", "FAKETIME_DONT_FAKE_MONOTONIC"];

/// Returns the environment variables that shift the clock of a program; none if this test runs at today's date.
#[expect(clippy::disallowed_methods, reason = "the tests have their own environment")]
pub(crate) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    let faked = std::env::var_os("FAKETIME").is_some();
    let set = move |name: &str| Some((name.into(), std::env::var_os(name).filter(|_| faked)?));
    VARIABLES.into_iter().filter_map(set)
}
