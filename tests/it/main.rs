//! Everything the built program is held to.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]

mod auth;
mod auth_command;
mod cases;
mod commands;
mod completions;
mod crashes;
mod crowd;
mod delete;
mod errors;
mod guises;
mod hardships;
mod hosts;
mod layers;
mod listing;
mod login;
mod odd;
mod origins;
mod pace;
mod peers_delete;
mod peers_distribution;
mod peers_docker;
mod peers_large;
mod peers_mirror;
mod peers_skopeo;
mod peers_steps;
mod peers_token;
mod pull;
mod push;
mod redirects;
mod references;
mod referrers;
mod space;
mod support;
mod support_selftest;
mod terminal;
