//! What stands between the library and a person: arguments, screens and words.

mod progress;
mod size;
