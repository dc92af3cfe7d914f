//! The engine: one `copy` for pull, push, copy, save and load.

mod event;

pub use event::{Event, How, Progress};
