//! What the tests stand on: images with known bytes, a registry that misbehaves on demand, real registries and clients
//! as peers, and a clean place to run the built program in. Nothing here uses the library under test: a fixture that
//! shared its code would share its mistakes.

pub(crate) mod archive;
pub(crate) mod canary;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod disk;
pub(crate) mod engine;
pub(crate) mod fault_proxy;
pub(crate) mod gate;
pub(crate) mod image;
pub(crate) mod layout;
pub(crate) mod messages;
pub(crate) mod peers;
pub(crate) mod registry;
pub(crate) mod running;
pub(crate) mod scene;
pub(crate) mod server;
pub(crate) mod store_check;
pub(crate) mod strace;
pub(crate) mod tar;
pub(crate) mod terminal;
pub(crate) mod token;
pub(crate) mod tree;
pub(crate) mod users;
pub(crate) mod wire;
