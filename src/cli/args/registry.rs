//! Commands that speak to registries.

use std::time::Duration;

use clap::{Args, ValueEnum};
use lugger::oci::Platform;
use lugger::reference::{self, Reference, RegistryName, RepositoryName};
use semver::VersionReq;

use crate::cli::args::shared::{Format, Formatted, Outcome, Pace, Packed, Platforms, Rules};
use crate::cli::completion::Meaning;
use crate::cli::kube_secret::{self, ObjectName};
use crate::cli::list_repos::Namespace;
use crate::cli::list_tags::Order;
use crate::cli::pace::waiting_time;
use crate::cli::place::Place;
use crate::cli::rules::Pattern;

#[derive(Args)]
pub(crate) struct Login {
    /// The registry [default: Docker Hub]
    #[arg(value_name = "HOST", value_parser = RegistryName::from_login, add = Meaning::Host)]
    pub(crate) host: Option<RegistryName>,
    /// The user name
    #[arg(short, long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// The password; others on this machine may see it, --password-stdin is safer
    #[arg(short, long, value_name = "PASS", requires = "username", conflicts_with = "password_stdin")]
    pub(crate) password: Option<String>,
    /// Read the password from stdin
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,
}

#[derive(Args)]
pub(crate) struct Logout {
    /// The registry [default: Docker Hub]
    #[arg(value_name = "HOST", value_parser = RegistryName::from_login, conflicts_with = "all", add = Meaning::Host)]
    pub(crate) host: Option<RegistryName>,
    /// Forget all logins
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Args)]
pub(crate) struct Pull {
    /// The images
    #[arg(value_name = "REF", required = true, add = Meaning::RegistryImage)]
    pub(crate) references: Vec<Reference>,
    #[command(flatten)]
    pub(crate) platforms: Platforms,
    /// Fetch the images of all platforms, and keep the index
    #[arg(long, conflicts_with = "chosen")]
    pub(crate) all_platforms: bool,
    /// Fetch all tags of the repositories
    #[arg(short, long, conflicts_with = "to")]
    pub(crate) all_tags: bool,
    /// Put the image there instead of into the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]
    #[arg(long, value_name = "PLACE", add = Meaning::Place)]
    pub(crate) to: Option<Place>,
    /// Print only HOST/REPO@DIGEST
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    #[command(flatten)]
    pub(crate) pace: Pace,
}

#[derive(Args)]
pub(crate) struct Push {
    /// The images, by their names in the store, which say where they go
    #[arg(value_name = "REF", required = true, add = Meaning::StoredImage)]
    pub(crate) references: Vec<Reference>,
    /// Send all tags of the repositories that the store has
    #[arg(short, long, conflicts_with = "from")]
    pub(crate) all_tags: bool,
    /// Take the image from there instead of from the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]
    #[arg(long, value_name = "PLACE", add = Meaning::Place)]
    pub(crate) from: Option<Place>,
    /// Give the image this tag of the repository too; may be given several times
    #[arg(long, value_name = "TAG", conflicts_with = "all_tags")]
    pub(crate) also_tag: Vec<reference::Tag>,
    /// Set the wider tags of a version too: on 1.4.2 also 1.4, 1 and latest, as far as the registry has no newer release
    /// under them; none for a pre-release
    #[arg(long, conflicts_with = "all_tags")]
    pub(crate) semver: bool,
    /// Print only HOST/REPO@DIGEST
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten, next_help_heading = "Images of archives and Docker Engine")]
    pub(crate) packed: Packed,
}

#[derive(Args)]
pub(crate) struct Tag {
    /// The image
    #[arg(value_name = "SOURCE", add = Meaning::StoredImage)]
    pub(crate) source: Reference,
    /// Its further names
    #[arg(value_name = "TARGET", required = true, add = Meaning::AnyImage)]
    pub(crate) targets: Vec<Reference>,
    /// Do it on the registry, without moving a layer
    #[arg(long)]
    pub(crate) remote: bool,
}

#[derive(Args)]
pub(crate) struct ListTags {
    /// The repository
    #[arg(value_name = "REPO", add = Meaning::RegistryRepository)]
    pub(crate) repository: RepositoryName,
    /// What comes first [default: created; name for names]
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort: Option<Order>,
    /// Only tags like this, where * stands for any characters and ? for one
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<Pattern>,
    /// Only tags that name a version in this range, as '>=1.2, <2' or '~1.4'; 1.2 counts as 1.2.0, and pre-releases must be
    /// meant
    #[arg(long, value_name = "RANGE")]
    pub(crate) semver: Option<VersionReq>,
    /// Only the first N: images where they are sorted by age, else tags, of which no more are then looked up
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) limit: Option<u16>,
    /// Show sizes and platforms too
    #[arg(short, long)]
    pub(crate) wide: bool,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: TagFormat,
}

/// How tags are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TagFormat {
    /// A table for people
    Table,
    /// JSON for programs
    Json,
    /// A tag on each line
    Names,
}

#[derive(Args)]
pub(crate) struct ListRepos {
    /// The registry, and the beginning of the paths to list
    #[arg(value_name = "HOST[/PREFIX]", add = Meaning::RegistryRepository)]
    pub(crate) registry: Namespace,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
}

#[derive(Args)]
pub(crate) struct Delete {
    /// The images, by tag or digest; or repositories, with one of the rules below
    #[arg(value_name = "REF", required = true, add = Meaning::RegistryImage)]
    pub(crate) references: Vec<Reference>,
    #[command(flatten)]
    pub(crate) rules: Rules,
    /// Say what would go, and delete nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Delete without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// What is not there is no failure
    #[arg(long)]
    pub(crate) ignore_missing: bool,
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// The image: REF on a registry, store:REF, oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:REF],
    /// docker-daemon:REF
    #[arg(value_name = "REF", add = Meaning::Place)]
    pub(crate) place: Place,
    /// The platform to look at, where there are several
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", add = Meaning::Platform)]
    pub(crate) platform: Option<Platform>,
    /// Print the manifest's bytes
    #[arg(long, conflicts_with = "config")]
    pub(crate) raw: bool,
    /// Print the config's bytes
    #[arg(long)]
    pub(crate) config: bool,
    /// How the summary is printed
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with_all = ["raw", "config"])]
    pub(crate) format: Format,
}

#[derive(Args)]
pub(crate) struct Digest {
    /// The image: REF on a registry, store:REF, oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:REF],
    /// docker-daemon:REF
    #[arg(value_name = "REF", add = Meaning::Place)]
    pub(crate) place: Place,
}

/// An image that may not be there.
#[derive(Args)]
pub(crate) struct Looked {
    /// The image
    #[arg(value_name = "REF", add = Meaning::RegistryImage)]
    pub(crate) reference: Reference,
    /// There must be an image for this platform; may be given several times
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]", add = Meaning::Platform)]
    pub(crate) platforms: Vec<Platform>,
}

#[derive(Args)]
pub(crate) struct Exists {
    #[command(flatten)]
    pub(crate) looked: Looked,
}

#[derive(Args)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) looked: Looked,
    /// How long to wait, as 30s or 5m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = waiting_time)]
    pub(crate) timeout: Duration,
    /// How long to pause between two looks [default: from half a second to 10 s, ever longer]
    #[arg(long, value_name = "TIME", value_parser = waiting_time)]
    pub(crate) interval: Option<Duration>,
}

#[derive(Args)]
pub(crate) struct KubeSecret {
    /// The name of the Secret
    #[arg(value_name = "NAME")]
    pub(crate) name: ObjectName,
    /// The registries whose logins it shall hold
    #[arg(value_name = "HOST", required = true, value_parser = RegistryName::from_login, add = Meaning::Host)]
    pub(crate) hosts: Vec<RegistryName>,
    /// The namespace it is for [default: that of whoever applies it]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<kube_secret::Namespace>,
}

#[derive(Args)]
pub(crate) struct Copy {
    /// Where the image is
    #[arg(value_name = "SRC", add = Meaning::Place)]
    pub(crate) source: Place,
    /// Where it shall be
    #[arg(value_name = "DST", add = Meaning::Place)]
    pub(crate) destination: Place,
    #[command(flatten)]
    pub(crate) platforms: Platforms,
    /// Take along what refers to the image, such as signatures and bills of material
    #[arg(long)]
    pub(crate) referrers: bool,
    /// Print only the digest
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) outcome: Outcome,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten, next_help_heading = "Images of archives and Docker Engine")]
    pub(crate) packed: Packed,
}

#[derive(Args)]
pub(crate) struct Auth {
    /// The image
    #[arg(value_name = "REF", add = Meaning::RegistryImage)]
    pub(crate) reference: Reference,
    /// Ask for the rights of a push; nothing is sent
    #[arg(long)]
    pub(crate) push: bool,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
}
