//! The command line: from what was typed to one library call, and its result to the screen.

mod append;
mod args;
mod auth;
mod check;
mod completion;
mod context;
mod copy;
mod delete;
mod digest_file;
mod ends;
mod engine;
mod export;
mod failure;
mod forecast;
mod gate;
mod help;
mod images;
mod inspect;
mod kube_secret;
mod list_repos;
mod list_tags;
mod load;
mod login;
mod man;
mod near;
mod outlet;
mod output;
mod pace;
mod packed;
mod place;
mod progress;
mod pull;
mod push;
mod rmi;
mod rules;
mod save;
mod serve;
mod tag;
mod terminal;
mod voice;
mod written;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use lugger::size;
use tokio::runtime::{Builder, Runtime};

use crate::cli::args::{Arguments, Command, Tag};
use crate::cli::context::Context;
use crate::cli::engine::WayIn;
use crate::cli::gate::Absent;
use crate::cli::output::Unwritten;
use crate::cli::progress::Mode;
use crate::cli::terminal::Interrupt;

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let (command, arguments) = match typed().map_err(help::with_groups) {
        Ok(typed) => typed,
        Err(said) => return said_of_usage(&said),
    };
    terminal::use_colors(arguments.global.color);
    if arguments.global.progress == Mode::Json {
        progress::speak_to_programs(command.as_deref());
    }
    let code = match dispatch(arguments) {
        Ok(code) => code,
        Err(error) if error.is::<Absent>() => ExitCode::from(Absent::CODE),
        Err(error) => match error.downcast_ref::<Interrupt>() {
            Some(interrupt) => interrupt.report(),
            None => failure::report(&error),
        },
    };
    // Whatever else it is has been told.
    if code == ExitCode::SUCCESS && progress::is_for_programs() {
        progress::end(0, &[], None);
    }
    code
}

/// The name of the command, and all that was typed.
fn typed() -> Result<(Option<String>, Arguments), clap::Error> {
    let matches = Arguments::command().try_get_matches()?;
    let command = matches.subcommand_name().map(str::to_owned);
    let arguments = Arguments::from_arg_matches(&matches);
    let arguments = arguments.map_err(|said| said.format(&mut Arguments::command()))?;
    Ok((command, arguments))
}

/// Were objects asked for among flags that as a whole cannot be understood?
fn asks_for_objects() -> bool {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    words.iter().any(|word| word == "--progress=json")
        || words.windows(2).any(|pair| pair[0] == "--progress" && pair[1] == "json")
}

/// Help and version go to stdout and may be piped like any result; complaints about flags go to stderr.
fn said_of_usage(said: &clap::Error) -> ExitCode {
    if said.use_stderr() && asks_for_objects() {
        return failure::report_usage(said);
    }
    match said.print() {
        Err(unwritten) if !said.use_stderr() => failure::report(&Unwritten::from(unwritten).into()),
        _ => ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2)),
    }
}

/// What the program says of itself is printed without anything else being started.
fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Completion(shell) => return completion::run(&shell).map(|()| ExitCode::SUCCESS),
        Command::Man(page) => return man::run(&page).map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let context = Context::new(&arguments.global, arguments.command.pace())?;
    let runtime = runtime_for(&arguments.command)?;
    // To stop a server is to end it well, which it sees to itself.
    let is_server = matches!(arguments.command, Command::Serve(_));
    let outcome = runtime.block_on(async {
        tokio::select! {
            // Signals are listened for before anything is begun: a prompt that is killed leaves a terminal without echo.
            biased;
            interrupt = Interrupt::any(), if !is_server => Ok(interrupt?.report()),
            outcome = run_or_hint(&context, arguments.command) => outcome,
        }
    });
    // What still runs on other threads writes only to files that the next run goes on with.
    runtime.shutdown_background();
    outcome
}

/// What only looks at names of the store needs no threads beside its own, and is done before they would be started.
fn runtime_for(command: &Command) -> io::Result<Runtime> {
    let mut builder = match command {
        Command::Images(_) | Command::Rmi(_) | Command::Prune(_) | Command::Tag(Tag { remote: false, .. }) => {
            Builder::new_current_thread()
        }
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

/// A failure that another place has the way out of is told with it.
async fn run_or_hint(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    let way_in = WayIn::of(&command);
    let Err(error) = run(context, command).await else {
        return Ok(ExitCode::SUCCESS);
    };
    let elsewhere = match way_in {
        Some(way_in) => way_in.hint(context, &error).await,
        None => None,
    };
    let hint = match elsewhere {
        None => near::hint(context, &error).await,
        found => found,
    };
    match hint.or_else(|| failure::shut_out(&error, context.store.root())) {
        Some(hint) => Ok(failure::report_with(&error, &hint)),
        None => Err(error),
    }
}

async fn run(context: &Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Login(arguments) => login::log_in(context, arguments).await,
        Command::Logout(arguments) => login::log_out(context, &arguments).await,
        Command::Pull(arguments) => pull::run(context, &arguments).await,
        Command::Push(arguments) => push::run(context, &arguments).await,
        Command::Tag(arguments) => tag::run(context, &arguments).await,
        Command::ListTags(arguments) => list_tags::run(context, &arguments).await,
        Command::ListRepos(arguments) => list_repos::run(context, &arguments).await,
        Command::Delete(arguments) => delete::run(context, &arguments).await,
        Command::Images(arguments) => images::run(context, &arguments),
        Command::Rmi(arguments) => rmi::run(context, &arguments),
        Command::Prune(arguments) => rmi::prune(context, &arguments),
        Command::Check(arguments) => check::run(context, &arguments).await,
        Command::Inspect(arguments) => inspect::run(context, &arguments).await,
        Command::Digest(arguments) => inspect::digest(context, &arguments).await,
        Command::Exists(arguments) => gate::exists(context, &arguments).await,
        Command::Wait(arguments) => gate::wait(context, &arguments).await,
        Command::Copy(arguments) => copy::run(context, &arguments).await,
        Command::Append(arguments) => append::run(context, &arguments).await,
        Command::Export(arguments) => export::run(context, &arguments).await,
        Command::Load(arguments) => load::run(context, &arguments).await,
        Command::Save(arguments) => save::run(context, &arguments).await,
        Command::Auth(arguments) => auth::run(context, &arguments).await,
        Command::KubeSecret(arguments) => kube_secret::run(context, &arguments).await,
        Command::Serve(arguments) => serve::run(context, arguments).await,
        Command::Completion(shell) => completion::run(&shell),
        Command::Man(page) => man::run(&page),
    }
}
