//! Pulls and pushes over a network that misbehaves, with a real registry at its other end: every fault that passes is
//! outlived, nothing wrong is ever kept, and what has arrived is not sent again.
//!
//! The runs that draw their faults by seed are short here. `LUGGER_TEST_ROUNDS=500 cargo test --test it faults:: --
//! --nocapture` makes that many rounds of each, and tells the figures.

mod each;
mod greeting;
mod random;
mod scenes;
mod silence;
