//! What completion may look at: the store and the logins, as the flags on the line choose them. Each is opened when the first
//! name is asked for, since most words need none of them.

use std::ffi::OsString;
use std::sync::OnceLock;

use clap::{ArgMatches, ColorChoice, CommandFactory as _, FromArgMatches as _};
use lugger::reference::Reference;
use lugger::settings;

use crate::cli::args::{Arguments, Global};
use crate::cli::completion::cache::Cache;
use crate::cli::context::Context;
use crate::cli::progress::Mode;

/// The line before the word that is completed, and what it leads to.
pub(super) struct Surroundings {
    line: Vec<String>,
    context: OnceLock<Option<Context>>,
    stored: OnceLock<Vec<Reference>>,
}

impl Surroundings {
    pub(super) fn of(line: &[String]) -> Self {
        Self {
            line: line.to_vec(),
            context: OnceLock::new(),
            stored: OnceLock::new(),
        }
    }

    /// The words before the one that is completed.
    pub(super) fn line(&self) -> &[String] {
        &self.line
    }

    /// `None` for a user without a home.
    pub(super) fn context(&self) -> Option<&Context> {
        let context = self.context.get_or_init(|| Context::silent(&global(&self.line)).ok());
        context.as_ref()
    }

    /// The names of the images in the store.
    pub(super) fn stored(&self) -> &[Reference] {
        self.stored.get_or_init(|| {
            let images = self.context().and_then(|context| context.store.images().ok());
            let names = images.into_iter().flatten().filter_map(|image| image.name);
            names.filter_map(|name| name.full()).collect()
        })
    }

    /// Where answers of registries are kept; nowhere for a user without a home.
    pub(super) fn cache() -> Option<Cache> {
        Some(Cache::at(settings::cache_folder()?.join("completion")))
    }
}

/// The flags for every command, of a line that is not finished and perhaps wrong.
fn global(line: &[String]) -> Global {
    let words = line.iter().map(OsString::from);
    let matches = Arguments::command().ignore_errors(true).try_get_matches_from(words);
    let read = |matches: ArgMatches| Global::from_arg_matches(&matches).ok();
    matches.ok().and_then(read).unwrap_or(Global {
        store: None,
        progress: Mode::None,
        color: ColorChoice::Never,
        plain_http: false,
        insecure: false,
        ca_file: None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn flags_count_wherever_they_stand_and_whatever_else_is_missing() {
        for line in [
            "lugger --store /s --plain-http push",
            "lugger push --store /s --plain-http",
            "lugger push --store=/s --plain-http a:1 --jobs",
            "lugger copy --store /s --plain-http ??? --nonsense",
            "lugger --store /s --plain-http",
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let global = global(&words);
            assert_eq!(
                (global.store.as_deref(), global.plain_http),
                (Some(Path::new("/s")), true),
                "{line}"
            );
        }
        assert_eq!(global(&["lugger".to_owned(), "--help".to_owned()]).store, None);
    }
}
