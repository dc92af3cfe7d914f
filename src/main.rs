//! The command line program.

#[expect(dead_code, reason = "the commands that show progress are still to come")]
mod cli;

fn main() {}
