//! What registries do and a client must answer to: 88 cases, each with the tests that play it.
//!
//! The numbers are those of the catalogue of cases that the program was designed against; they never change. A test
//! named here must exist, so that a case cannot lose its test by a new name or a deletion.

mod access;
mod pulling;
mod pushing;
mod rest;

use std::fs;
use std::path::{Path, PathBuf};

/// How a case is proven.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    /// A test of the built program, as a path below `tests/it`.
    Test(&'static str),
    /// A test beside the code, as a path below `src`.
    Unit(&'static str),
    /// Not yet, or not all of it, and why.
    Later(&'static str),
}

/// The number, the case in a few words, and its proofs.
pub(crate) type Case = (u32, &'static str, &'static [Proof]);

fn all() -> impl Iterator<Item = &'static Case> {
    [access::CASES, pulling::CASES, pushing::CASES, rest::CASES]
        .into_iter()
        .flatten()
}

/// The file of a module, in either of the two places it may have.
fn file_of(root: &Path, module: &str) -> Option<PathBuf> {
    let below = root.join(module.replace("::", "/"));
    let places = [below.with_extension("rs"), below.join("mod.rs")];
    places.into_iter().find(|place| place.exists())
}

fn has_test(root: &Path, module: &str, name: &str) -> bool {
    let source = file_of(root, module).map(|file| fs::read_to_string(file).unwrap());
    source.is_some_and(|source| source.contains("test]") && source.contains(&format!("fn {name}(")))
}

/// Is there a test at this path? Tests beside the code are in a module `tests` in the same file, or in one of its own.
fn exists(root: &Path, path: &str) -> bool {
    let (module, name) = path.rsplit_once("::").unwrap();
    let inside = module.strip_suffix("::tests").unwrap_or(module);
    has_test(root, module, name) || has_test(root, inside, name)
}

fn complaint(proof: Proof) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (tests, sources) = (root.join("tests/it"), root.join("src"));
    let (sound, what) = match proof {
        Proof::Test(path) => (exists(&tests, path), format!("there is no test `{path}`")),
        Proof::Unit(path) => (exists(&sources, path), format!("there is no test `{path}` beside the code")),
        Proof::Later(reason) => (!reason.is_empty(), "it does not say why not".to_string()),
    };
    (!sound).then_some(what)
}

#[test]
fn there_are_88_cases_in_order() {
    let numbers: Vec<u32> = all().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=88).collect::<Vec<u32>>());
}

#[test]
fn every_case_says_how_it_is_proven_and_every_test_it_names_exists() {
    let mut found = Vec::new();
    for (number, case, proofs) in all() {
        if proofs.is_empty() {
            found.push(format!("{number} ({case}): nothing proves it"));
        }
        let complaints = proofs.iter().filter_map(|proof| complaint(*proof));
        found.extend(complaints.map(|complaint| format!("{number} ({case}): {complaint}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
