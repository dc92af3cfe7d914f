//! What went wrong, for people and for scripts: the message, its causes, the way out, the exit code.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use lugger::daemon::{self, NoEngine, NoImage};
use lugger::layout::NoRoom;
use lugger::reference::{Reference, ReferenceError, RegistryName, RepositoryName};
use lugger::registry::{Failure, NoAnswer, Trouble};
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
}

impl Cannot {
    /// Something about an image or repository of a registry.
    pub(crate) fn with(verb: &str, reference: &Reference) -> Self {
        Self {
            what: format!("cannot {verb} `{}`", reference.familiar()),
            registry: Some(reference.registry().clone()),
            repository: Some(reference.repository().clone()),
        }
    }

    /// Something about a registry.
    pub(crate) fn at(what: String, registry: &RegistryName) -> Self {
        Self {
            what,
            registry: Some(registry.clone()),
            repository: None,
        }
    }

    /// Anything else.
    pub(crate) fn plainly(what: String) -> Self {
        Self {
            what,
            registry: None,
            repository: None,
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

fn told(error: &anyhow::Error, hint: Option<String>) -> ExitCode {
    // Whoever closed stderr does not want to know.
    let _ = tell(error, hint);
    ExitCode::from(code(error))
}

fn tell(error: &anyhow::Error, hint: Option<String>) -> io::Result<()> {
    let mut stderr = anstream::stderr().lock();
    let (red, cyan) = (label(AnsiColor::Red), label(AnsiColor::Cyan));
    let mut told: Vec<String> = error.chain().map(|cause| clean(&cause.to_string())).collect();
    told.dedup();
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

/// A registry's text must not steer the terminal.
fn clean(text: &str) -> String {
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
        return Some("`--max-size` lets it".to_owned());
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
    let cannot = error.downcast_ref::<Cannot>()?;
    let registry = cannot.registry.as_ref()?;
    match kind(error)? {
        ErrorKind::Denied | ErrorKind::Expired => Some(match &cannot.repository {
            Some(repository) => format!(
                "run `lugger login {registry}`; `lugger auth {}` shows as whom it sees you now",
                repository.familiar()
            ),
            None => format!("run `lugger login {registry}`"),
        }),
        ErrorKind::NotFound if find::<Failure>(error).is_some_and(Failure::is_of_a_change) => {
            Some("create the repository first; this registry does not make one for a push".to_owned())
        }
        ErrorKind::NotFound => {
            let repository = cannot
                .repository
                .as_ref()
                .filter(|_| find::<lugger::oci::PlatformNotFound>(error).is_none())?;
            Some(format!(
                "`lugger list-tags {}` shows the tags there are",
                repository.familiar()
            ))
        }
        // Whoever answers with a failure is running.
        ErrorKind::Unreachable if registry.is_loopback() && find::<Failure>(error).is_none() => {
            Some(format!("is a registry running at {registry}?"))
        }
        _ => None,
    }
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
        Trouble::NotPlainHttp => "write `https://` in hosts.toml, or leave `--plain-http` out",
    }
}

fn is_full_disk(error: &anyhow::Error) -> bool {
    let in_the_store = find::<Unwritten>(error).is_none() && error.downcast_ref::<Unmade>().is_none();
    let is_full = |error: &io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    in_the_store && find::<io::Error>(error).is_some_and(is_full)
}
