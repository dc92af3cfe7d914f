//! `lugger login` and `lugger logout`.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::Context as _;
use lugger::credentials::{Credential, Kept};
use lugger::reference::RegistryName;
use lugger::registry::LoginOutcome;
use lugger::secret::Secret;

use crate::cli::args::{Login, Logout};
use crate::cli::context::Context;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output;
use crate::cli::progress;
use crate::cli::terminal::Interrupt;

/// The longest password read from stdin, in bytes: cloud tokens have a few thousand.
const MAX_PASSWORD: u64 = 64 << 10;

pub(crate) async fn log_in(context: &Context, arguments: Login) -> anyhow::Result<()> {
    let registry = arguments.host.clone().unwrap_or_else(RegistryName::hub);
    let credential = credential(context, &registry, arguments).await?;
    let cannot = || Cannot::log_in(&registry);
    let network = &context.network;
    let outcome = network
        .registry_with(&registry, credential.clone())
        .with_context(cannot)?
        .prove()
        .await
        .with_context(cannot)?;
    if outcome == LoginOutcome::NotAsked {
        say(&format!(
            "warning: {registry} asked for no login, so the password could not be tried"
        ))?;
    }
    let were_open = context.credentials.are_open();
    let is_news = !context.credentials.are_in_file(&registry, &credential);
    let kept = context.credentials.store(&registry, &credential).await.with_context(cannot)?;
    if let Kept::File(path) = kept {
        tell_if_closed(context, were_open)?;
        // Who has been told once and logs in again with the same password has decided.
        if is_news {
            say(&format!(
                "warning: the login is kept unencrypted in '{}'; to avoid that, install a credential helper such as\n\
                 docker-credential-pass and write `\"credsStore\": \"pass\"` there (https://docs.docker.com/go/credential-store/)",
                path.display()
            ))?;
        }
    }
    Ok(output::line("Login Succeeded")?)
}

pub(crate) async fn log_out(context: &Context, arguments: &Logout) -> anyhow::Result<()> {
    let cannot = || Cannot::plainly("cannot log out".to_owned());
    let registries = match &arguments.host {
        None if arguments.all => stored(context).await.with_context(cannot)?,
        host => vec![host.clone().unwrap_or_else(RegistryName::hub)],
    };
    let were_open = context.credentials.are_open();
    for registry in registries {
        let erased = context.credentials.erase(&registry).await.with_context(cannot)?;
        let said = if erased {
            "Removing login credentials for"
        } else {
            "Not logged in to"
        };
        output::line(&format!("{said} {registry}"))?;
    }
    Ok(tell_if_closed(context, were_open)?)
}

/// What was open is closed by a change, and may have been read before.
fn tell_if_closed(context: &Context, were_open: bool) -> io::Result<()> {
    if !were_open || context.credentials.are_open() {
        return Ok(());
    }
    say(&format!(
        "warning: other users of this machine could read the logins in '{}'; now only its owner can",
        context.credentials.file().display()
    ))
}

/// The registries with a login. A key that names none, as other programs write, stays.
async fn stored(context: &Context) -> anyhow::Result<Vec<RegistryName>> {
    let keys = context.credentials.hosts().await?;
    let mut registries: Vec<RegistryName> = keys.iter().filter_map(|key| RegistryName::from_login(key).ok()).collect();
    registries.sort();
    registries.dedup();
    Ok(registries)
}

/// User name and password, from the flags, from stdin, or from a person.
async fn credential(context: &Context, registry: &RegistryName, arguments: Login) -> anyhow::Result<Credential> {
    let typed = arguments.password.is_none() && !arguments.password_stdin;
    if typed && !io::stdin().is_terminal() {
        let text = "there is no terminal to ask for the password; give --username and --password-stdin";
        return Err(Usage(text.to_owned()).into());
    }
    let username = match arguments.username {
        Some(username) => username,
        None => ask_username(context, registry).await?,
    };
    let password = match arguments.password {
        Some(password) => {
            say("warning: others on this machine may see a password given by --password; use --password-stdin")?;
            Secret::new(password)
        }
        None if arguments.password_stdin => unhurried(password_from_stdin).await?,
        None => ask_password()?,
    };
    if username.is_empty() || password.is_empty() {
        let empty = if username.is_empty() { "user name" } else { "password" };
        return Err(Usage(format!("the {empty} is empty")).into());
    }
    Ok(Credential::Password { username, password })
}

/// Asks for the user name, and offers the one of an earlier login.
async fn ask_username(context: &Context, registry: &RegistryName) -> anyhow::Result<String> {
    // What is wrong with the stored login is about to be mended.
    let found = context
        .credentials
        .find(registry, None)
        .await
        .ok()
        .and_then(|lookup| lookup.found);
    let earlier = match found.map(|found| found.credential) {
        Some(Credential::Password { username, .. }) => username,
        _ => String::new(),
    };
    let offer = if earlier.is_empty() {
        String::new()
    } else {
        format!(" ({earlier})")
    };
    write!(anstream::stderr(), "Username{offer}: ")?;
    let line = unhurried(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line)
    })
    .await?;
    let typed = line.trim();
    Ok(if typed.is_empty() { earlier } else { typed.to_owned() })
}

/// While it is typed, Ctrl-C is a key like others and no signal.
fn ask_password() -> anyhow::Result<Secret> {
    match rpassword::prompt_password("Password: ") {
        Ok(password) => Ok(Secret::new(password)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Interrupt::typed().into()),
        Err(error) => Err(error).context("cannot read the password"),
    }
}

/// Reads on a thread of its own: whoever waits for a person must still hear Ctrl-C.
async fn unhurried<T: Send + 'static>(read: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(read).await?
}

/// The whole of stdin without one line end, as `echo` and PowerShell put it there.
fn password_from_stdin() -> anyhow::Result<Secret> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(MAX_PASSWORD)
        .read_to_string(&mut text)
        .context("cannot read the password from stdin")?;
    let text = Secret::new(text);
    let line = text.expose();
    let line = line
        .strip_suffix("\r\n")
        .or_else(|| line.strip_suffix(['\n', '\r']))
        .unwrap_or(line);
    Ok(Secret::new(line))
}

fn say(line: &str) -> io::Result<()> {
    progress::say(line)
}
