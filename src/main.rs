//! The program: reads the arguments, runs the command, and says in one place what went wrong.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
