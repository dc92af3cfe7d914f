//! The support code, tried against programs that share nothing with it: what the fixtures say of themselves is worth
//! something only if a real client and a real registry agree.

mod canary;
mod commands;
mod fake_registry;
mod fault_proxy;
mod misbehaviour;
mod peers;
mod stores;
mod strace;
mod uploads;
