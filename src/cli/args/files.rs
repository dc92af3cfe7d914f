//! Commands about files, and images without a registry.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use lugger::oci::Platform;
use lugger::reference::Reference;

use crate::cli::append::{LayerSource, Start, Words, pair, port};
use crate::cli::args::shared::{Pace, Pack, Packed, Platforms};
use crate::cli::completion::Meaning;
use crate::cli::help;
use crate::cli::pace::byte_size;
use crate::cli::place::Place;

#[derive(Args)]
pub(crate) struct Load {
    /// The archive or directory [default: stdin]
    #[arg(short, long, value_name = "FILE", add = Meaning::Path)]
    pub(crate) input: Option<PathBuf>,
    /// The name of the image, instead of those in the archive
    #[arg(short = 't', long, value_name = "REF", add = Meaning::AnyImage)]
    pub(crate) name: Option<Reference>,
    #[command(flatten)]
    pub(crate) packed: Packed,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SaveAs {
    /// For `docker load`, of one platform
    DockerArchive,
    /// An OCI image layout in a tar, of all platforms
    OciArchive,
    /// An OCI image layout in a directory, of all platforms
    OciDir,
}

#[derive(Args)]
pub(crate) struct Save {
    /// The images, by their names in the store
    #[arg(value_name = "REF", required = true, add = Meaning::StoredImage)]
    pub(crate) references: Vec<Reference>,
    /// The file, or the directory [default: stdout]
    #[arg(short, long, value_name = "FILE", add = Meaning::Path)]
    pub(crate) output: Option<PathBuf>,
    /// What is written
    #[arg(long, value_name = "FORMAT", default_value = "docker-archive")]
    pub(crate) format: SaveAs,
    #[command(flatten)]
    pub(crate) platforms: Platforms,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The image: REF in the store or on its registry, store:REF, oci:DIR[:NAME], or docker-daemon:REF
    #[arg(value_name = "REF", add = Meaning::StoredPlace)]
    pub(crate) place: Place,
    /// Write a tar archive to this file, which is replaced [default: stdout]
    #[arg(short, long, value_name = "FILE", conflicts_with = "to", add = Meaning::Path)]
    pub(crate) output: Option<PathBuf>,
    /// Write a folder, which must be absent or empty; owners and device nodes need root
    #[arg(long, value_name = "DIR", add = Meaning::Folder)]
    pub(crate) to: Option<PathBuf>,
    /// The platform of the image, where there are several [default: this machine's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", add = Meaning::Platform)]
    pub(crate) platform: Option<Platform>,
    /// Make device nodes in the folder too; an archive has them anyway
    #[arg(long, requires = "to")]
    pub(crate) devices: bool,
    /// How large the image may be when it is unpacked, as 500M or 20G [default: 4GiB, or 100 times what it has compressed]
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub(crate) max_size: Option<u64>,
    #[command(flatten)]
    pub(crate) pace: Pace,
}

#[derive(Args)]
pub(crate) struct Append {
    /// The image to start from, or scratch
    #[arg(value_name = "BASE", add = Meaning::Base)]
    pub(crate) base: Start,
    /// The new image's name; several are several names
    #[arg(short, long = "tag", value_name = "NEW", required = true, add = Meaning::AnyImage)]
    pub(crate) tags: Vec<Reference>,
    /// Send it to the registry that its name says, too
    #[arg(long)]
    pub(crate) push: bool,
    /// A further layer; several lie over each other, the last on top
    #[arg(long = "layer", value_name = "PATH[:DEST]", help_heading = "Layers", add = Meaning::Path)]
    pub(crate) layers: Vec<LayerSource>,
    /// Keep the modes of files as they are
    #[arg(long, help_heading = "Layers")]
    pub(crate) keep_modes: bool,
    /// Set a label
    #[arg(long = "label", value_name = "K=V", value_parser = pair, help_heading = "Settings")]
    pub(crate) labels: Vec<(String, String)>,
    /// Set a variable
    #[arg(long, value_name = "K=V", value_parser = pair, help_heading = "Settings")]
    pub(crate) env: Vec<(String, String)>,
    /// Set the program, in words as a shell has them or as a JSON list; the base's arguments are dropped
    #[arg(long, value_name = "WORDS", help_heading = "Settings")]
    pub(crate) entrypoint: Option<Words>,
    /// Set its arguments, or the program where there is no entrypoint
    #[arg(long, value_name = "WORDS", help_heading = "Settings")]
    pub(crate) cmd: Option<Words>,
    /// Set where it starts
    #[arg(long, value_name = "DIR", help_heading = "Settings")]
    pub(crate) workdir: Option<String>,
    /// Set as whom it runs
    #[arg(long, value_name = "USER[:GROUP]", help_heading = "Settings")]
    pub(crate) user: Option<String>,
    /// Say that it listens there
    #[arg(long, value_name = "PORT[/PROTOCOL]", value_parser = port, help_heading = "Settings")]
    pub(crate) expose: Vec<String>,
    /// Say that the content of a folder outlives its containers
    #[arg(long = "volume", value_name = "DIR", help_heading = "Settings")]
    pub(crate) volumes: Vec<String>,
    /// Only this platform of the base, as linux/arm64/v8; several make an index of just these
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]", add = Meaning::Platform)]
    pub(crate) platforms: Vec<Platform>,
    /// Print only HOST/REPO@DIGEST
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten, next_help_heading = "Layers")]
    pub(crate) pack: Pack,
}

#[derive(Args)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
    /// The line up to the cursor, for whose last word the script wants to know what it can be
    #[arg(last = true, hide = true)]
    pub(crate) words: Vec<OsString>,
}

#[derive(Args)]
pub(crate) struct Man {
    /// The command [default: lugger itself]
    #[arg(value_name = "COMMAND", value_parser = PossibleValuesParser::new(help::names()), hide_possible_values = true)]
    pub(crate) command: Option<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command", add = Meaning::Folder)]
    pub(crate) to: Option<PathBuf>,
}
