//! What several commands have in common: platforms, pace, formats, rules, compression.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use lugger::oci::Platform;

use crate::cli::completion::Meaning;
use crate::cli::pace::{byte_rate, byte_size, waiting_time};
use crate::cli::rules::{Age, Pattern};

/// Which images of an index.
#[derive(Args)]
pub(crate) struct Platforms {
    /// The platform of the image, as linux/arm64/v8; several make an index of just these
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]", add = Meaning::Platform)]
    pub(crate) chosen: Vec<Platform>,
}

/// What is told of a transfer, made or only planned.
#[derive(Args)]
pub(crate) struct Outcome {
    /// Write the digest to this file once all is done, a line for each image
    #[arg(long, value_name = "FILE", add = Meaning::Path)]
    pub(crate) digest_file: Option<PathBuf>,
    /// Say what would be moved, in bytes, and move and write nothing
    #[arg(long, conflicts_with_all = ["quiet", "digest_file"])]
    pub(crate) dry_run: bool,
    /// How that is printed
    #[arg(long, value_name = "FORMAT", default_value = "table", requires = "dry_run")]
    pub(crate) format: Format,
}

/// How layers are moved.
#[derive(Args, Clone, Copy)]
pub(crate) struct Pace {
    /// Over how many connections layers are moved at once; a large one is fetched over several, and of those below 1 MiB
    /// up to 24 are moved at once unless N is below 8
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
    /// How long a connection may be silent before it is given up and another one goes on, as 30s or 2m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = waiting_time)]
    pub(crate) stall_timeout: Duration,
    /// How many bytes a second all connections may move together, as 500K or 2M [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = byte_rate)]
    pub(crate) limit_rate: Option<NonZeroU64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people
    Table,
    /// JSON for programs
    Json,
}

/// How a list is printed.
#[derive(Args)]
pub(crate) struct Formatted {
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: Format,
}

/// Which tags of a repository.
#[derive(Args)]
pub(crate) struct Rules {
    /// Only tags of images made longer ago than this, as 30d, 12h or 8w
    #[arg(long, value_name = "AGE", help_heading = "Rules for a repository")]
    pub(crate) older_than: Option<Age>,
    /// Keep the tags of this many images, the newest
    #[arg(long, value_name = "N", help_heading = "Rules for a repository")]
    pub(crate) keep: Option<usize>,
    /// Only tags like this, where * stands for any characters and ? for one
    #[arg(long, value_name = "PATTERN", help_heading = "Rules for a repository")]
    pub(crate) filter: Option<Pattern>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Packer {
    /// What every registry and engine takes
    Gzip,
    /// Smaller and faster, for newer ones
    Zstd,
    /// Not at all
    None,
}

/// How layers are compressed.
#[derive(Args)]
pub(crate) struct Pack {
    /// How layers are compressed that are not yet
    #[arg(long, value_name = "HOW", default_value = "gzip")]
    pub(crate) compress: Packer,
    /// How hard: 1 to 9 for gzip, 1 to 19 for zstd [default: 6 for gzip, 3 for zstd]
    #[arg(long, value_name = "N")]
    pub(crate) level: Option<u8>,
}

/// How archives are read.
#[derive(Args)]
pub(crate) struct Packed {
    #[command(flatten)]
    pub(crate) pack: Pack,
    /// How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub(crate) max_size: Option<u64>,
}
