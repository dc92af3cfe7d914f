//! `lugger completion SHELL`.

use clap::CommandFactory as _;

use crate::cli::args::{Arguments, Completion};
use crate::cli::output;

pub(crate) fn run(arguments: &Completion) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "lugger", &mut script);
    Ok(output::bytes(&script)?)
}
