//! `lugger completion SHELL`: the script of a shell, and the words that the script asks for.
//!
//! The script, which lies in `completions/`, is small and knows nothing: at each Tab it calls
//! `lugger completion SHELL -- WORDS...` with the line up to the cursor. So it stays right when the program is replaced, and
//! nothing in the environment can make a normal run answer like this one. What can stand where is clap's to say (`words`),
//! what an argument means its `meaning`; the names of images are `names`, what only a registry knows is `remote`, and `shell`
//! is how each shell quotes.

mod cache;
mod meaning;
mod names;
mod remote;
mod shell;
mod surroundings;
mod words;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::{Arguments, Completion};
use crate::cli::output;

pub(crate) use meaning::Meaning;

pub(crate) fn run(arguments: &Completion) -> anyhow::Result<()> {
    if arguments.words.is_empty() {
        return Ok(output::bytes(&script(arguments.shell))?);
    }
    let lines = words::answer(arguments.shell, &arguments.words);
    if lines.is_empty() {
        return Ok(());
    }
    Ok(output::line(&lines.join("\n"))?)
}

fn script(shell: Shell) -> Vec<u8> {
    match shell {
        Shell::Bash => include_bytes!("../../../completions/lugger.bash").to_vec(),
        Shell::Zsh => include_bytes!("../../../completions/_lugger").to_vec(),
        Shell::Fish => include_bytes!("../../../completions/lugger.fish").to_vec(),
        Shell::Elvish => include_bytes!("../../../completions/lugger.elv").to_vec(),
        // Sub-commands and flags alone, as they are when the script is made.
        other => {
            let mut script = Vec::new();
            clap_complete::generate(other, &mut Arguments::command(), "lugger", &mut script);
            script
        }
    }
}
