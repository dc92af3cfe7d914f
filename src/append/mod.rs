//! An image made from another one: further layers, and other settings, without a build.
//!
//! The same files and flags make the same image, bit for bit, wherever and whenever: its digest says what is in it. Layers
//! go to every platform of the base alike.

mod changes;
mod image;
mod layer;
mod tree;

pub use changes::Changes;
pub use image::{Appended, Base, Recipe, append};
pub use layer::Content;
pub use tree::Style;
