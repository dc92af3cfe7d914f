//! `lugger serve`: the store as a registry, until a signal ends it.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use anyhow::Context as _;
use lugger::serve::{Options, Report, Server, Users};

use crate::cli::args::Serve;
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;
use crate::cli::terminal::Interrupt;

pub(crate) async fn run(context: &Context, arguments: Serve) -> anyhow::Result<()> {
    let mut stop = pin!(Interrupt::any());
    // Listened for from now on: before anybody is told that there is something to stop.
    let _ = poll_fn(|task| Poll::Ready(stop.as_mut().poll(task).is_ready())).await;
    let cannot = || Cannot::plainly("cannot serve the store".to_owned());
    let users = arguments.htpasswd.as_deref().map(Users::read).transpose();
    let options = Options {
        names: arguments.names,
        read_only: arguments.read_only,
        users: users.with_context(cannot)?,
        tls: arguments.cert.zip(arguments.key),
        access: arguments.access_log.then(|| speaker(context)),
    };
    let (is_open, is_plain) = (options.users.is_none(), options.tls.is_none());
    // What is no store is told now, and what is one is kept from being pruned.
    context.store.images().with_context(cannot)?;
    let voice = context.voice();
    let server = Server::bind(&arguments.addr, context.store.clone(), options, speaker(context));
    let server = server.await.with_context(cannot)?;
    let address = server.address();
    if is_plain && !address.ip().is_loopback() {
        voice.say(if is_open {
            "warning: everybody who reaches this address may read and write the store; --htpasswd, --cert and --key protect it"
        } else {
            "warning: passwords are shown to everyone on the way; --cert and --key protect them"
        });
    }
    let scheme = if is_plain { "http" } else { "https" };
    let store = context.store.root().display();
    output::line(&format!("Serving {store} at {scheme}://{address}"))?;
    let mut failed = None;
    server.run(async { failed = stop.await.err() }).await;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Says lines on stderr.
fn speaker(context: &Context) -> Report {
    let voice = context.voice();
    Box::new(move |line| voice.say(line))
}
