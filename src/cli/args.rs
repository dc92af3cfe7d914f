//! What can be typed. The doc comments are the help text; there is no logic here.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use lugger::oci::Platform;
use lugger::reference::{Reference, RegistryName, RepositoryName};

use crate::cli::append::{LayerSource, Start, Words, pair, port};
use crate::cli::list_repos::Namespace;
use crate::cli::pace::{byte_rate, byte_size, waiting_time};
use crate::cli::place::Place;
use crate::cli::progress::Mode;
use crate::cli::rules::{Age, Pattern};

/// Move container images between registries, a local store and directories, without a daemon
#[derive(Parser)]
#[command(name = "lugger", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 login needed or refused,
5 registry unreachable, 6 rate limited, 7 content does not match its digest,
8 the registry refuses the change, 130 interrupted";

/// For every command.
#[derive(Args)]
pub(crate) struct Global {
    /// Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) store: Option<PathBuf>,
    /// How progress is shown
    #[arg(
        long,
        global = true,
        value_name = "HOW",
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub(crate) progress: Mode,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub(crate) color: ColorChoice,
    /// Let registries speak plain HTTP, which shows passwords to everyone on the way
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) plain_http: bool,
    /// Do not check the certificates of registries
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) insecure: bool,
    /// Trust this certificate authority too, in PEM
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Log in to a registry
    ///
    /// The credentials are tried first and stored only if the registry takes them: with the credential helper that
    /// docker's config.json names, else in that file.
    Login(Login),
    /// Forget the login of a registry
    Logout(Logout),
    /// Fetch images from a registry into the store
    #[command(after_help = "Example: lugger pull alpine:3.20 ghcr.io/acme/app@sha256:…")]
    Pull(Pull),
    /// Send images from the store to a registry
    #[command(after_help = "Example: lugger push localhost:5000/team/app:1.4.2")]
    Push(Push),
    /// Give an image another name
    #[command(after_help = "Example: lugger tag app:1.4.2 registry.example/team/app:1.4.2")]
    Tag(Tag),
    /// List the tags of a repository, the newest first
    #[command(visible_alias = "tags", after_help = "Example: lugger list-tags alpine --format json")]
    ListTags(ListTags),
    /// List the repositories of a registry
    #[command(visible_alias = "catalog", after_help = "Example: lugger list-repos localhost:5000/team")]
    ListRepos(ListRepos),
    /// Delete tags or images from a registry
    ///
    /// A tag is deleted alone. Where the registry cannot do that, the tags that would go with the image are shown, and
    /// nothing is deleted without a yes.
    #[command(after_help = "\
Examples: lugger delete localhost:5000/app:1.4.2
          lugger delete localhost:5000/app --filter 'pr-*' --older-than 30d --dry-run")]
    Delete(Delete),
    /// List the images of the store
    Images(Images),
    /// Drop names from the store, and the blobs that only they used
    #[command(after_help = "\
Examples: lugger rmi app:1.4.1 app:1.4.2
          lugger rmi app --older-than 30d --keep 3 --dry-run")]
    Rmi(Rmi),
    /// Drop the blobs of the store that no name reaches
    Prune(Prune),
    /// Read the whole store and say what is damaged
    ///
    /// Every blob is hashed, and every name followed to all it needs.
    #[command(after_help = "\
Exit status: 0 all is well, or all damage is repaired; 7 content does not match its digest; 1 other damage.
A name whose parts are gone stays: pull it again, and only these are fetched.")]
    Check(Check),
    /// Show what an image is
    #[command(
        after_help = "Example: lugger inspect alpine:3.20, or store:alpine:3.20, or oci:DIR:NAME, or docker-archive:FILE"
    )]
    Inspect(Inspect),
    /// Print the digest of an image
    Digest(Digest),
    /// Copy an image between registries, the store, directories, archives and Docker Engine
    #[command(after_help = "\
Places: REF on a registry, store:REF, oci:DIR[:NAME], oci-archive:FILE[:NAME],
docker-archive:FILE[:REF], docker-daemon:REF; `-` is stdin or stdout in place of FILE
Example: lugger copy alpine:3.20 oci:./alpine:3.20")]
    Copy(Copy),
    /// Make an image from another one: further layers, other settings
    ///
    /// The same files and flags make the same image, bit for bit: files belong to root and are no younger than
    /// the variable `SOURCE_DATE_EPOCH` says, else 1970, and modes are 0644 or 0755. Layers go to all platforms of the base.
    #[command(after_help = "\
Examples: lugger append debian:12 --layer ./certs:/usr/local/share/ca-certificates --label team=core \\
              -t registry.example/golden/debian:12 --push
          lugger append scratch --layer root.tar.gz --entrypoint /app -t app:1

With a DEST, what is in a folder lies there, and a file is put there; without, PATH is a folder with the
tree of the root, or a tar (- for one from stdin). BASE is an image on a registry, store:REF, oci:DIR[:NAME],
docker-daemon:REF, or scratch for none.")]
    Append(Append),
    /// Serve the store as a registry
    ///
    /// What is pushed to `ADDR/team/app:1` is the image `ADDR/team/app:1` of the store, by whichever of the server's names the
    /// client calls it: that of --name, ADDR, or localhost. All other images can be pulled under their full names, as
    /// `ADDR/docker.io/library/alpine:3.20`, and are never changed. Blobs are served in every repository.
    #[command(after_help = "\
Example: lugger serve --addr 127.0.0.1:5000
         lugger serve --addr 0.0.0.0:443 --name registry.lan --cert chain.pem --key key.pem --htpasswd users
While it runs, `lugger rmi` and `lugger prune` keep blobs.")]
    Serve(Serve),
    /// Write the root filesystem of an image as an archive or a folder
    ///
    /// The layers are verified and laid over each other first; what one of them hides or replaces is not written. Nothing a
    /// layer holds is written outside the folder. A file or a folder appears when it is whole and on the disk.
    #[command(after_help = "\
Places: REF in the store, else on its registry; store:REF, oci:DIR[:NAME], docker-daemon:REF
Examples: lugger export alpine:3.20 --to ./root
          lugger export alpine:3.20 | tar -x -C /mnt")]
    Export(Export),
    /// Put the images of an archive into the store
    ///
    /// Archives of `docker save`, old and new, and OCI image layouts in a tar or a directory, wrapped in gzip or zstd or
    /// not. Layers that are not compressed are compressed once, on all cores.
    #[command(after_help = "Example: docker save app:1.4.2 | lugger load")]
    Load(Load),
    /// Write images of the store to an archive, or to stdout
    ///
    /// The archive is one for `docker load`, of any version, and an OCI image layout at once. The same images become the same
    /// bytes.
    #[command(after_help = "Example: lugger save app:1.4.2 | docker load")]
    Save(Save),
    /// Explain which login an image gets, from where, and what it is good for
    #[command(after_help = "Example: lugger auth --push ghcr.io/acme/app")]
    Auth(Auth),
    /// Print the completion script of a shell
    #[command(after_help = "Example: lugger completion bash > ~/.local/share/bash-completion/completions/lugger")]
    Completion(Completion),
}

impl Command {
    /// How the command moves layers, if it moves any.
    pub(crate) fn pace(&self) -> Option<Pace> {
        match self {
            Self::Pull(arguments) => Some(arguments.pace),
            Self::Push(arguments) => Some(arguments.pace),
            Self::Copy(arguments) => Some(arguments.pace),
            Self::Append(arguments) => Some(arguments.pace),
            Self::Export(arguments) => Some(arguments.pace),
            _ => None,
        }
    }
}

#[derive(Args)]
pub(crate) struct Login {
    /// The registry [default: Docker Hub]
    #[arg(value_name = "HOST", value_parser = RegistryName::from_login)]
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
    #[arg(value_name = "HOST", value_parser = RegistryName::from_login, conflicts_with = "all")]
    pub(crate) host: Option<RegistryName>,
    /// Forget all logins
    #[arg(long)]
    pub(crate) all: bool,
}

/// Which images of an index.
#[derive(Args)]
pub(crate) struct Platforms {
    /// The platform of the image, as linux/arm64/v8; several make an index of just these
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) chosen: Vec<Platform>,
}

/// How layers are moved.
#[derive(Args, Clone, Copy)]
pub(crate) struct Pace {
    /// Over how many connections layers are moved at once; a large one is fetched over several
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
    /// How long a connection may be silent before it is given up and another one goes on, as 30s or 2m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = waiting_time)]
    pub(crate) stall_timeout: Duration,
    /// How many bytes a second all connections may move together, as 500K or 2M [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = byte_rate)]
    pub(crate) limit_rate: Option<NonZeroU64>,
}

#[derive(Args)]
pub(crate) struct Pull {
    /// The images
    #[arg(value_name = "REF", required = true)]
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
    #[arg(long, value_name = "PLACE")]
    pub(crate) to: Option<Place>,
    /// Print only HOST/REPO@DIGEST
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) pace: Pace,
}

#[derive(Args)]
pub(crate) struct Push {
    /// The images, by their names in the store, which say where they go
    #[arg(value_name = "REF", required = true)]
    pub(crate) references: Vec<Reference>,
    /// Send all tags of the repositories that the store has
    #[arg(short, long, conflicts_with = "from")]
    pub(crate) all_tags: bool,
    /// Take the image from there instead of from the store, as oci:DIR[:NAME], docker-archive:FILE[:REF] or docker-daemon:[REF]
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<Place>,
    /// Print only HOST/REPO@DIGEST
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten, next_help_heading = "Images of archives and Docker Engine")]
    pub(crate) packed: Packed,
}

#[derive(Args)]
pub(crate) struct Tag {
    /// The image
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Reference,
    /// Its further names
    #[arg(value_name = "TARGET", required = true)]
    pub(crate) targets: Vec<Reference>,
    /// Do it on the registry, without moving a layer
    #[arg(long)]
    pub(crate) remote: bool,
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

#[derive(Args)]
pub(crate) struct ListTags {
    /// The repository
    #[arg(value_name = "REPO")]
    pub(crate) repository: RepositoryName,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
}

#[derive(Args)]
pub(crate) struct ListRepos {
    /// The registry, and the beginning of the paths to list
    #[arg(value_name = "HOST[/PREFIX]")]
    pub(crate) registry: Namespace,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
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

#[derive(Args)]
pub(crate) struct Delete {
    /// The images, by tag or digest; or repositories, with one of the rules below
    #[arg(value_name = "REF", required = true)]
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
pub(crate) struct Images {
    /// Only those of this repository
    #[arg(value_name = "REPO")]
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
    #[arg(value_name = "REF", required = true)]
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
pub(crate) struct Inspect {
    /// The image: REF on a registry, store:REF, oci:DIR[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:REF],
    /// docker-daemon:REF
    #[arg(value_name = "REF")]
    pub(crate) place: Place,
    /// The platform to look at, where there are several
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
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
    #[arg(value_name = "REF")]
    pub(crate) place: Place,
}

#[derive(Args)]
pub(crate) struct Copy {
    /// Where the image is
    #[arg(value_name = "SRC")]
    pub(crate) source: Place,
    /// Where it shall be
    #[arg(value_name = "DST")]
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
    pub(crate) pace: Pace,
    #[command(flatten, next_help_heading = "Images of archives and Docker Engine")]
    pub(crate) packed: Packed,
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

#[derive(Args)]
pub(crate) struct Append {
    /// The image to start from, or scratch
    #[arg(value_name = "BASE")]
    pub(crate) base: Start,
    /// The new image's name; several are several names
    #[arg(short, long = "tag", value_name = "NEW", required = true)]
    pub(crate) tags: Vec<Reference>,
    /// Send it to the registry that its name says, too
    #[arg(long)]
    pub(crate) push: bool,
    /// A further layer; several lie over each other, the last on top
    #[arg(long = "layer", value_name = "PATH[:DEST]", help_heading = "Layers")]
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
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]")]
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
    #[arg(long, value_name = "FILE")]
    pub(crate) htpasswd: Option<PathBuf>,
    /// Speak TLS by this certificate and its chain, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Write a line on stderr for each request: time, client, user or `-`, method, path, status, bytes sent and milliseconds
    #[arg(long)]
    pub(crate) access_log: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The image: REF in the store or on its registry, store:REF, oci:DIR[:NAME], or docker-daemon:REF
    #[arg(value_name = "REF")]
    pub(crate) place: Place,
    /// Write a tar archive to this file, which is replaced [default: stdout]
    #[arg(short, long, value_name = "FILE", conflicts_with = "to")]
    pub(crate) output: Option<PathBuf>,
    /// Write a folder, which must be absent or empty; owners and device nodes need root
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// The platform of the image, where there are several [default: this machine's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
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

/// How archives are read.
#[derive(Args)]
pub(crate) struct Packed {
    #[command(flatten)]
    pub(crate) pack: Pack,
    /// How large a compressed archive or layer may become, as 10G [default: 4 GiB, or 100 times as large as it is]
    #[arg(long, value_name = "SIZE", value_parser = byte_size)]
    pub(crate) max_size: Option<u64>,
}

#[derive(Args)]
pub(crate) struct Load {
    /// The archive or directory [default: stdin]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// The name of the image, instead of those in the archive
    #[arg(short = 't', long, value_name = "REF")]
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
    #[arg(value_name = "REF", required = true)]
    pub(crate) references: Vec<Reference>,
    /// The file, or the directory [default: stdout]
    #[arg(short, long, value_name = "FILE")]
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
pub(crate) struct Auth {
    /// The image
    #[arg(value_name = "REF")]
    pub(crate) reference: Reference,
    /// Ask for the rights of a push; nothing is sent
    #[arg(long)]
    pub(crate) push: bool,
    #[command(flatten)]
    pub(crate) formatted: Formatted,
}

#[derive(Args)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}
