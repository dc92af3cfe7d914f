//! The program: reads the arguments, runs the command, and says in one place what went wrong.

mod cli;

use std::process::ExitCode;

/// musl's own asks the system for each large buffer anew.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
