//! Commands about the store.

use std::path::PathBuf;

use clap::Args;
use lugger::reference::{Reference, RegistryName, RepositoryName};

use crate::cli::args::shared::{Formatted, Rules};
use crate::cli::completion::Meaning;
use crate::cli::rules::Pattern;

#[derive(Args)]
pub(crate) struct Images {
    /// Only those of this repository
    #[arg(value_name = "REPO", add = Meaning::StoredRepository)]
    pub(crate) repository: Option<RepositoryName>,
    /// Only those with a tag like this, where * stands for any characters and ? for one
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<Pattern>,
    /// Show digests too
    #[arg(long)]
    pub(crate) digests: bool,
    /// Show what of an image no other one has, and what all take together
    #[arg(long)]
    pub(crate) sizes: bool,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
}

#[derive(Args)]
pub(crate) struct Rmi {
    /// The names; or repositories, with one of the rules below
    #[arg(value_name = "REF", required = true, add = Meaning::StoredImage)]
    pub(crate) references: Vec<Reference>,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// Say what would go, and drop nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What is not there is no failure
    #[arg(long)]
    pub(crate) ignore_missing: bool,
}

#[derive(Args)]
pub(crate) struct Prune {
    /// Say what would go, and drop nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct Check {
    /// Drop what is damaged, so that the next pull fetches it
    #[arg(long)]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    pub(crate) addr: String,
    /// What clients call the server, beside ADDR and localhost; the first is used for who calls it otherwise
    #[arg(long = "name", value_name = "HOST[:PORT]")]
    pub(crate) names: Vec<RegistryName>,
    /// Refuse pushes and deletions
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Let in only the users of this file, as `htpasswd -B` writes it
    #[arg(long, value_name = "FILE", add = Meaning::Path)]
    pub(crate) htpasswd: Option<PathBuf>,
    /// Speak TLS by this certificate and its chain, in PEM
    #[arg(long, value_name = "FILE", requires = "key", add = Meaning::Path)]
    pub(crate) cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE", requires = "cert", add = Meaning::Path)]
    pub(crate) key: Option<PathBuf>,
    /// Write a line on stderr for each request: time, client, user or `-`, method, path, status, bytes sent and milliseconds
    #[arg(long)]
    pub(crate) access_log: bool,
}
