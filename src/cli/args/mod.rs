//! What can be typed. The doc comments are the help text; there is no logic here.

mod files;
mod registry;
mod shared;
mod store;

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::cli::completion::Meaning;
use crate::cli::progress::Mode;

pub(crate) use files::*;
pub(crate) use registry::*;
pub(crate) use shared::*;
pub(crate) use store::*;

/// Move container images between registries, a local store and directories, without a daemon
#[derive(Parser)]
#[command(name = "lugger", version, propagate_version = true, max_term_width = 100, after_help = MORE, after_long_help = EXAMPLES_AND_STATUS)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const MORE: &str = "\
`lugger COMMAND --help` tells more about a command, `lugger --help` has examples.";

const EXAMPLES_AND_STATUS: &str = "\
Examples:
  lugger login registry.example -u ann
  lugger pull registry.example/team/app:1.4.2
  lugger tag registry.example/team/app:1.4.2 registry.example/team/app:stable
  lugger push registry.example/team/app:stable
  lugger list-tags registry.example/team/app
  lugger copy alpine:3.20 registry.example/mirror/alpine:3.20

Exit status:
  0     done
  1     failed, none of the below
  2     wrong usage, malformed reference
  3     not found: image, tag, repository, platform
  4     login needed, refused or not permitted
  5     registry unreachable or failing after all retries
  6     rate limited, after waiting as told
  7     content does not match its digest or size
  8     the registry refuses the change: immutable tag, quota, policy
  130   interrupted; 129 and 143 by a closing terminal or a signal";

/// For every command.
#[derive(Args)]
pub(crate) struct Global {
    /// Where images are kept [default: `LUGGER_STORE`, or lugger/ in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options", add = Meaning::Folder)]
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
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options", add = Meaning::Path)]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Log in to a registry
    ///
    /// The credentials are tried first and stored only if the registry takes them: with the credential helper that
    /// docker's config.json names, else in that file.
    #[command(after_help = "\
Examples:
  lugger login
  lugger login registry.example -u ann
  echo \"$TOKEN\" | lugger login ghcr.io -u ann --password-stdin")]
    Login(Login),
    /// Forget the login of a registry
    #[command(after_help = "\
Examples:
  lugger logout registry.example
  lugger logout --all")]
    Logout(Logout),
    /// Fetch images from a registry into the store
    ///
    /// Every byte is checked against its digest. What breaks off goes on where it stopped, in the next run too. The image for
    /// this machine's processor is taken out of an index, unless platforms are named.
    #[command(after_help = "\
Examples:
  lugger pull alpine:3.20
  lugger pull alpine:3.20 --platform linux/amd64 --platform linux/arm64
  lugger pull --all-tags registry.example/team/app
  lugger pull alpine:3.20 --to docker-daemon:")]
    Pull(Pull),
    /// Send images from the store to a registry
    ///
    /// What the registry has is not sent again, also if it has it in another repository.
    #[command(after_help = "\
Examples:
  lugger push registry.example/team/app:1.4.2
  lugger push --semver registry.example/team/app:1.4.2
  lugger push --from docker-daemon:app:1 registry.example/team/app:1
  IMAGE=$(lugger push -q registry.example/team/app:1.4.2)")]
    Push(Push),
    /// Give an image another name
    #[command(after_help = "\
Examples:
  lugger tag app:1.4.2 registry.example/team/app:1.4.2
  lugger tag --remote registry.example/team/app:1.4.2 registry.example/team/app:stable")]
    Tag(Tag),
    /// List the tags of a repository, the newest first
    #[command(
        visible_alias = "tags",
        after_help = "\
Examples:
  lugger list-tags alpine
  lugger list-tags registry.example/team/app --semver '^1.2' --sort semver --limit 10
  lugger list-tags registry.example/team/app --format json"
    )]
    ListTags(ListTags),
    /// List the repositories of a registry
    #[command(
        visible_alias = "catalog",
        after_help = "\
Examples:
  lugger list-repos registry.example
  lugger list-repos registry.example/team --format json"
    )]
    ListRepos(ListRepos),
    /// Delete tags or images from a registry
    ///
    /// A tag is deleted alone. Where the registry cannot do that, the tags that would go with the image are shown, and
    /// nothing is deleted without a yes.
    #[command(after_help = "\
Examples:
  lugger delete registry.example/app:1.4.2
  lugger delete registry.example/app --filter 'pr-*' --older-than 30d --dry-run")]
    Delete(Delete),
    /// List the images of the store
    #[command(after_help = "\
Examples:
  lugger images
  lugger images alpine --filter '3.*' --sizes
  lugger images --format json")]
    Images(Images),
    /// Drop names from the store, and the blobs that only they used
    #[command(after_help = "\
Examples:
  lugger rmi app:1.4.1 app:1.4.2
  lugger rmi app --older-than 30d --keep 3 --dry-run")]
    Rmi(Rmi),
    /// Drop the blobs of the store that no name reaches
    #[command(after_help = "\
Examples:
  lugger prune --dry-run
  lugger prune")]
    Prune(Prune),
    /// Read the whole store and say what is damaged
    ///
    /// Every blob is hashed, and every name followed to all it needs. A name whose parts are gone stays: pull it again, and only
    /// these are fetched.
    #[command(after_help = "\
Examples:
  lugger check
  lugger check --repair

Exit status:
  0   all is well, or all damage is repaired
  7   content does not match its digest
  1   other damage")]
    Check(Check),
    /// Show what an image is
    #[command(after_help = "\
Examples:
  lugger inspect alpine:3.20
  lugger inspect store:alpine:3.20 --format json
  lugger inspect alpine:3.20 --platform linux/arm64 --config
  lugger inspect docker-archive:images.tar:app:1")]
    Inspect(Inspect),
    /// Print the digest of an image
    #[command(after_help = "\
Examples:
  lugger digest alpine:3.20
  lugger digest oci:./alpine:3.20")]
    Digest(Digest),
    /// Tell by the exit status whether a registry has an image
    ///
    /// Nothing is printed. The status is 0 if it is there and 3 if it is not; what keeps that from being known is told.
    #[command(after_help = "\
Examples:
  lugger exists ghcr.io/acme/app:1.4.2 || make image")]
    Exists(Exists),
    /// Wait until a registry has an image
    ///
    /// The registry may be out of reach or busy meanwhile. In the end the status is 0, or 3 if the image is still not there,
    /// or 5 if the registry never answered; a refused login ends it at once with 4.
    #[command(after_help = "\
Examples:
  lugger wait ghcr.io/acme/app:1.4.2 --timeout 5m
  lugger wait ghcr.io/acme/app:1.4.2 --platform linux/arm64 || exit")]
    Wait(Wait),
    /// Copy an image between registries, the store, directories, archives and Docker Engine
    #[command(after_help = "\
Examples:
  lugger copy alpine:3.20 registry.example/mirror/alpine:3.20
  lugger copy alpine:3.20 oci:./alpine:3.20
  lugger copy --referrers ghcr.io/acme/app:1 registry.example/app:1

Places:
  REF                         on a registry
  store:REF                   in the store
  oci:DIR[:NAME]              in an OCI image layout
  oci-archive:FILE[:NAME]     in such a layout as a tar; - is stdin or stdout
  docker-archive:FILE[:REF]   in an archive of docker save; - is stdin or stdout
  docker-daemon:REF           in Docker Engine")]
    Copy(Copy),
    /// Make an image from another one: further layers, other settings
    ///
    /// The same files and flags make the same image, bit for bit: files belong to root and are no younger than
    /// the variable `SOURCE_DATE_EPOCH` says, else 1970, and modes are 0644 or 0755. Layers go to all platforms of the base.
    ///
    /// With a DEST, what is in a folder lies there, and a file is put there; without, PATH is a folder with the tree of the
    /// root, or a tar (- for one from stdin). BASE is an image on a registry, `store:REF`, `oci:DIR[:NAME]`, `docker-daemon:REF`,
    /// or scratch for none.
    #[command(after_help = "\
Examples:
  lugger append debian:12 --layer ./certs:/usr/local/share/ca-certificates --label team=core \\
      -t registry.example/golden/debian:12 --push
  lugger append scratch --layer root.tar.gz --entrypoint /app -t app:1")]
    Append(Append),
    /// Serve the store as a registry
    ///
    /// What is pushed to `ADDR/team/app:1` is the image `ADDR/team/app:1` of the store, by whichever of the server's names the
    /// client calls it: that of --name, ADDR, or localhost. All other images can be pulled under their full names, as
    /// `ADDR/docker.io/library/alpine:3.20`, and are never changed. Blobs are served in every repository.
    ///
    /// While it runs, `lugger rmi` and `lugger prune` keep blobs.
    #[command(after_help = "\
Examples:
  lugger serve --addr 127.0.0.1:5000
  lugger serve --addr 0.0.0.0:443 --name registry.lan --cert chain.pem --key key.pem --htpasswd users")]
    Serve(Serve),
    /// Write the root filesystem of an image as an archive or a folder
    ///
    /// The layers are verified and laid over each other first; what one of them hides or replaces is not written. Nothing a
    /// layer holds is written outside the folder. A file or a folder appears when it is whole and on the disk.
    #[command(after_help = "\
Examples:
  lugger export alpine:3.20 --to ./root
  lugger export alpine:3.20 -o root.tar
  lugger export alpine:3.20 | tar -x -C /mnt")]
    Export(Export),
    /// Put the images of an archive into the store
    ///
    /// Archives of `docker save`, old and new, and OCI image layouts in a tar or a directory, wrapped in gzip or zstd or
    /// not. Layers that are not compressed are compressed once, on all cores.
    #[command(after_help = "\
Examples:
  lugger load -i images.tar
  docker save app:1.4.2 | lugger load")]
    Load(Load),
    /// Write images of the store to an archive, or to stdout
    ///
    /// The archive is one for `docker load`, of any version, and an OCI image layout at once. The same images become the same
    /// bytes.
    #[command(after_help = "\
Examples:
  lugger save app:1.4.2 web:2 -o images.tar
  lugger save app:1.4.2 | docker load")]
    Save(Save),
    /// Explain which login an image gets, from where, and what it is good for
    #[command(after_help = "\
Examples:
  lugger auth ghcr.io/acme/app
  lugger auth --push registry.example/team/app")]
    Auth(Auth),
    /// Print stored logins as a Secret for Kubernetes to pull with
    ///
    /// It is of the type `kubernetes.io/dockerconfigjson`, in YAML, and holds the passwords: it is not printed to a terminal.
    #[command(after_help = "\
Examples:
  lugger kube-secret regcred ghcr.io docker.io -n shop | kubectl apply -f -")]
    KubeSecret(KubeSecret),
    /// Print the completion script of a shell
    #[command(after_help = "\
Examples:
  lugger completion bash > ~/.local/share/bash-completion/completions/lugger")]
    Completion(Completion),
    /// Print a page of the manual, or write all of them
    ///
    /// A page is in the format of man, which shows it.
    #[command(after_help = "\
Examples:
  lugger man | man -l -
  lugger man pull | man -l -
  lugger man --to ~/.local/share/man/man1")]
    Man(Man),
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
