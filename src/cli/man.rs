//! `lugger man`: the pages of the manual, of the same words as the help.

mod page;
mod words;

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use jiff::Timestamp;
use lugger::settings;

use crate::cli::args::{Arguments, Man};
use crate::cli::output;

pub(crate) fn run(arguments: &Man) -> anyhow::Result<()> {
    let mut program = Arguments::command();
    // Gives commands their full names, and the options that all have.
    program.build();
    let date = date()?;
    let date = date.as_deref();
    if let Some(folder) = &arguments.to {
        return write_all(&program, date, folder);
    }
    let command = arguments.command.as_deref().and_then(|name| program.find_subcommand(name));
    let page = page::of(&program, command.unwrap_or(&program), date)?;
    Ok(output::bytes(page.as_bytes())?)
}

fn write_all(program: &clap::Command, date: Option<&str>, folder: &Path) -> anyhow::Result<()> {
    let unwritten = |path: &Path| format!("cannot write `{}`", path.display());
    fs::create_dir_all(folder).with_context(|| unwritten(folder))?;
    for command in page::commands(program).chain([program]) {
        let path = folder.join(format!("{}.1", page::name(command)));
        fs::write(&path, page::of(program, command, date)?).with_context(|| unwritten(&path))?;
    }
    Ok(())
}

/// The pages are of the time that a recipe names. Without one they have no date, so that they are the same every day.
fn date() -> anyhow::Result<Option<String>> {
    let Some(seconds) = settings::source_date_epoch()? else {
        return Ok(None);
    };
    let time = Timestamp::from_second(i64::try_from(seconds)?)?;
    Ok(Some(time.strftime("%Y-%m-%d").to_string()))
}
