//! What went wrong, for people and for scripts: the message, its causes, the way out, the exit code.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use lugger::daemon::{self, NoEngine, NoImage};
use lugger::layout::NoRoom;
use lugger::reference::{Reference, ReferenceError, RegistryName, RepositoryName};
use lugger::registry::{Failure, NoAnswer, RefusedLogin, Trouble, Whom};
use lugger::rootfs::{InUse, TooLarge};
use lugger::size;
use lugger::store::{self, ErrorKind};
use lugger::text::steers;

use crate::cli::check::Damaged;
use crate::cli::context::NotInStore;
use crate::cli::delete::Unasked;
use crate::cli::export::Unmade;
use crate::cli::output::Unwritten;
use crate::cli::progress;

/// What was tried and failed: the first line of the message, and what its hint needs.
#[derive(Debug)]
pub(crate) struct Cannot {
    what: String,
    registry: Option<RegistryName>,
    repository: Option<RepositoryName>,
    image: Option<Reference>,
    /// Is it a login that was tried?
    proves: bool,
}

impl Cannot {
    /// Something about an image or repository of a registry.
    pub(crate) fn with(verb: &str, reference: &Reference) -> Self {
        Self {
            what: format!("cannot {verb} `{}`", reference.familiar()),
            registry: Some(reference.registry().clone()),
            repository: Some(reference.repository().clone()),
            image: Some(reference.clone()),
            proves: false,
        }
    }

    /// Something about a repository.
    pub(crate) fn about(what: String, repository: &RepositoryName) -> Self {
        Self {
            repository: Some(repository.clone()),
            ..Self::at(what, repository.registry())
        }
    }

    /// A login to a registry.
    pub(crate) fn log_in(registry: &RegistryName) -> Self {
        Self {
            proves: true,
            ..Self::at(format!("cannot log in to {registry}"), registry)
        }
    }

    /// Something about a registry.
    pub(crate) fn at(what: String, registry: &RegistryName) -> Self {
        Self {
            registry: Some(registry.clone()),
            ..Self::plainly(what)
        }
    }

    /// Anything else.
    pub(crate) fn plainly(what: String) -> Self {
        Self {
            what,
            registry: None,
            repository: None,
            image: None,
            proves: false,
        }
    }
}

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// A wrong use of the program that the argument parser cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Tells an error on stderr and gives its exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if find::<Unwritten>(error).is_some_and(Unwritten::is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    told(error, hint(error))
}

/// The same with a way out that only the command knows.
pub(crate) fn report_with(error: &anyhow::Error, hint: &str) -> ExitCode {
    told(error, Some(hint.to_owned()))
}

/// Tells programs of flags that cannot be understood. The way out is what else the parser says.
pub(crate) fn report_usage(said: &clap::Error) -> ExitCode {
    let text = said.to_string();
    let (what, more) = text.split_once("\n\n").unwrap_or((&text, ""));
    let what = what.strip_prefix("error: ").unwrap_or(what).to_owned();
    let more = more.split_whitespace().collect::<Vec<_>>().join(" ");
    progress::speak_to_programs(None);
    progress::end(2, &[what], (!more.is_empty()).then_some(&more));
    ExitCode::from(2)
}

/// The image that the store does not have, if that is what went wrong.
pub(crate) fn not_in_store(error: &anyhow::Error) -> Option<&str> {
    find::<NotInStore>(error).map(NotInStore::name)
}

/// What was named and is not there.
pub(crate) enum Missing<'a> {
    Image(&'a Reference),
    Repository(&'a RepositoryName),
}

/// What a registry does not have, if that is what went wrong when it was asked.
pub(crate) fn missing(error: &anyhow::Error) -> Option<Missing<'_>> {
    let failure = find::<Failure>(error).filter(|failure| !failure.is_of_a_change())?;
    let cannot = error.downcast_ref::<Cannot>()?;
    if failure.kind() != ErrorKind::NotFound {
        return None;
    }
    let repository = cannot.repository.as_ref()?;
    if failure.has_code("NAME_UNKNOWN") || failure.is_of("/tags/list") {
        return Some(Missing::Repository(repository));
    }
    // What an image that is there points at may be missing too.
    let image = cannot.image.as_ref()?;
    failure
        .is_of(&format!("/manifests/{}", image.at()))
        .then_some(Missing::Image(image))
}

fn told(error: &anyhow::Error, hint: Option<String>) -> ExitCode {
    // Whoever closed stderr does not want to know.
    let _ = tell(error, hint);
    ExitCode::from(code(error))
}

fn tell(error: &anyhow::Error, hint: Option<String>) -> io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    let (red, cyan) = (label(AnsiColor::Red), label(AnsiColor::Cyan));
    let mut told: Vec<String> = error.chain().map(|cause| clean(&cause.to_string())).collect();
    // A cause that the line before it ends with has been told.
    told.dedup_by(|cause, before| before.ends_with(cause.as_str()));
    if progress::is_for_programs() {
        progress::end(code(error), &told, hint.as_deref());
        return Ok(());
    }
    for (depth, cause) in told.iter().enumerate() {
        match depth {
            0 => writeln!(stderr, "{red}error:{red:#} {cause}")?,
            _ => writeln!(stderr, "  caused by: {cause}")?,
        }
    }
    match hint {
        Some(hint) => writeln!(stderr, "\n{cyan}hint:{cyan:#} {hint}"),
        None => Ok(()),
    }
}

fn label(color: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(color.into()))
}

/// A registry's text must not steer the terminal. A file's name that was made up for the moment helps nobody.
fn clean(text: &str) -> String {
    let text = text.split_once(" at path \"").map_or(text, |(said, _)| said);
    text.chars().filter(|c| *c == '\n' || !steers(*c)).collect()
}

/// The exit code, as the README promises it.
fn code(error: &anyhow::Error) -> u8 {
    if find::<Usage>(error).is_some() || find::<ReferenceError>(error).is_some() {
        return 2;
    }
    match kind(error) {
        Some(ErrorKind::NotFound) => 3,
        Some(ErrorKind::Denied | ErrorKind::Expired) => 4,
        Some(ErrorKind::Unreachable | ErrorKind::Interrupted | ErrorKind::Trickle) => 5,
        Some(ErrorKind::RateLimited) => 6,
        Some(ErrorKind::Mismatch) => 7,
        Some(ErrorKind::Refused) => 8,
        Some(ErrorKind::Incomplete | ErrorKind::Other) | None => 1,
    }
}

fn kind(error: &anyhow::Error) -> Option<ErrorKind> {
    find::<store::Error>(error).map(store::Error::kind)
}

/// The first error of a type in the chain, also inside an error of the seam, which shows its cause's text as its own.
fn find<E: std::error::Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&E> {
    error.chain().find_map(|cause| {
        let inside = cause
            .downcast_ref::<store::Error>()
            .and_then(|seam| seam.cause().downcast_ref());
        cause.downcast_ref().or(inside)
    })
}

/// The way out, where there is one.
fn hint(error: &anyhow::Error) -> Option<String> {
    if find::<NotInStore>(error).is_some() {
        return Some("`lugger images` shows what the store has; `lugger pull` fetches an image".to_owned());
    }
    if let Some(damaged) = find::<Damaged>(error) {
        return damaged.way_out();
    }
    if find::<Unasked>(error).is_some() {
        return Some("`--yes` deletes without asking; `--dry-run` only shows what would go".to_owned());
    }
    if let Some(no_room) = find::<NoRoom>(error) {
        return Some(format!(
            "make room for {} there, or name another place with `--store`",
            size::spaced(no_room.missing())
        ));
    }
    if find::<TooLarge>(error).is_some() {
        return Some("`--max-size` allows more".to_owned());
    }
    if find::<InUse>(error).is_some() {
        return Some("name a folder that is not there yet".to_owned());
    }
    if is_full_disk(error) {
        return Some(
            "make room there, or name another place with `--store`; what has arrived is kept for the next run".to_owned(),
        );
    }
    if let Some(none) = find::<NoEngine>(error) {
        return way_to_engine(none.trouble()).map(str::to_owned);
    }
    if find::<NoImage>(error).is_some() {
        return Some("`docker images` shows what it has".to_owned());
    }
    if let Some(trouble) = find::<NoAnswer>(error).and_then(NoAnswer::trouble) {
        return Some(way_out(trouble).to_owned());
    }
    if find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::ReadOnlyFilesystem) {
        return Some("name a place that can be written to with `--store`".to_owned());
    }
    let cannot = error.downcast_ref::<Cannot>()?;
    let registry = cannot.registry.as_ref()?;
    match kind(error)? {
        ErrorKind::Denied | ErrorKind::Expired => {
            let refused = find::<RefusedLogin>(error).is_some();
            Some(way_in(cannot, registry, find::<Failure>(error), refused))
        }
        ErrorKind::RateLimited => way_past_limit(registry, find::<Failure>(error)?),
        ErrorKind::NotFound if find::<Failure>(error).is_some_and(Failure::is_of_a_change) => {
            Some("create the repository first; this registry does not make one for a push".to_owned())
        }
        ErrorKind::NotFound => match missing(error)? {
            Missing::Image(image) => Some(format!(
                "`lugger list-tags {}` shows the tags there are",
                image.repository().familiar()
            )),
            Missing::Repository(name) => Some(no_repository(name)),
        },
        // Whoever answers with a failure is running.
        ErrorKind::Unreachable if registry.is_loopback() && find::<Failure>(error).is_none() => {
            Some(format!("is a registry running at {registry}?"))
        }
        _ => None,
    }
}

/// What to do about a repository that is not there.
pub(crate) fn no_repository(name: &RepositoryName) -> String {
    let (path, registry) = (name.path(), name.registry());
    format!("there is no repository `{path}`; `lugger list-repos {registry}` shows those there are, if the registry lists them")
}

/// What to do about files of the store that this user may not touch.
pub(crate) fn shut_out(error: &anyhow::Error, store: &Path) -> Option<String> {
    let denied = find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
    let store = store.display().to_string();
    let is_there = error.chain().any(|cause| cause.to_string().contains(&store));
    (denied && is_there)
        .then(|| "the store is another user's; name one of your own with `--store` or `LUGGER_STORE`".to_owned())
}

/// How to come in where the registry says no.
fn way_in(cannot: &Cannot, registry: &RegistryName, failure: Option<&Failure>, refused: bool) -> String {
    if cannot.proves {
        return "check user and password; many registries want an access token in place of the password".to_owned();
    }
    let Some(repository) = &cannot.repository else {
        return format!("run `lugger login {registry}`");
    };
    let name = repository.familiar();
    if refused {
        return format!("run `lugger login {registry}` again; the password may be old, or the access token over");
    }
    match failure.and_then(Failure::whom) {
        Some(Whom::Login { .. }) => format!(
            "this login does not suffice, or there is no such repository; `lugger auth {name}` shows what it may do, \
             `lugger login {registry}` takes another"
        ),
        Some(Whom::Nobody) | None => {
            format!("run `lugger login {registry}`; `lugger auth {name}` shows as whom it sees you now")
        }
    }
}

/// Docker Hub lets those who are logged in pull more.
fn way_past_limit(registry: &RegistryName, failure: &Failure) -> Option<String> {
    let is_nobody = matches!(failure.whom(), None | Some(Whom::Nobody));
    (is_nobody && registry.is_hub())
        .then(|| "`lugger login` raises the limit, which else is one for all at this address".to_owned())
}

fn way_to_engine(trouble: daemon::Trouble) -> Option<&'static str> {
    match trouble {
        daemon::Trouble::Absent => Some("start Docker, or set `DOCKER_HOST` to where it listens, as unix:///path"),
        daemon::Trouble::Forbidden => Some(
            "this user may not speak to it: join the group `docker`, run as root, or set `DOCKER_HOST` to an Engine of your own",
        ),
        daemon::Trouble::Silent | daemon::Trouble::Broken => None,
    }
}

fn way_out(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::UnknownAuthority => {
            "give the authority's certificate with `--ca-file FILE`, or in hosts.toml; `--insecure` takes any certificate"
        }
        Trouble::WrongCertificate => "`--insecure` takes any certificate",
        Trouble::PlainHttp => "`--plain-http` lets it, and shows passwords to everyone on the way",
        Trouble::UnknownHost => "is the host written right, and is this machine connected to a network?",
        Trouble::NoWay => "is this machine connected to the network that the host is in?",
        Trouble::Proxy => "`NO_PROXY=HOST` goes past the proxy",
        Trouble::NotPlainHttp => "write `https://` in hosts.toml, or leave `--plain-http` out",
    }
}

fn is_full_disk(error: &anyhow::Error) -> bool {
    let in_the_store = find::<Unwritten>(error).is_none() && error.downcast_ref::<Unmade>().is_none();
    let is_full = |error: &io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    in_the_store && find::<io::Error>(error).is_some_and(is_full)
}
