//! What can be typed. The doc comments are the help text; there is no logic here.

mod files;
mod registry;
mod shared;
mod store;

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::cli::progress::Mode;

pub(crate) use files::*;
pub(crate) use registry::*;
pub(crate) use shared::*;
pub(crate) use store::*;

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
