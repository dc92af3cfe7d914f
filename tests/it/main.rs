//! Everything the built program is held to.
