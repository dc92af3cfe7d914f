//! How a row of a table (a case, a threat) is proven: by tests, named by where they are. A test that a row names must
//! exist, so that no row can lose its test by a new name or a deletion.

use std::fs;
use std::path::{Path, PathBuf};

/// How a row is proven.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    /// A test of the built program, as a path below `tests/it`.
    Test(&'static str),
    /// A test beside the code, as a path below `src`.
    Unit(&'static str),
    /// Not yet, or not all of it, and why.
    Later(&'static str),
}

/// What is wrong with the proofs of a row.
pub(crate) fn complaints(row: &str, proofs: &[Proof]) -> Vec<String> {
    if proofs.is_empty() {
        return vec![format!("{row}: nothing proves it")];
    }
    let found = proofs.iter().filter_map(|proof| complaint(*proof));
    found.map(|complaint| format!("{row}: {complaint}")).collect()
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

/// Is there a test at this path? Tests beside the code are in a module `tests` in the same file, or in one of its own.
fn exists(root: &Path, path: &str) -> bool {
    let (module, name) = path.rsplit_once("::").unwrap();
    let inside = module.strip_suffix("::tests").unwrap_or(module);
    has_test(root, module, name) || has_test(root, inside, name)
}

fn has_test(root: &Path, module: &str, name: &str) -> bool {
    let source = file_of(root, module).map(|file| fs::read_to_string(file).unwrap());
    source.is_some_and(|source| source.contains("test]") && source.contains(&format!("fn {name}(")))
}

/// The file of a module, in either of the two places it may have.
fn file_of(root: &Path, module: &str) -> Option<PathBuf> {
    let below = root.join(module.replace("::", "/"));
    let places = [below.with_extension("rs"), below.join("mod.rs")];
    places.into_iter().find(|place| place.exists())
}

#[test]
fn a_row_without_a_proof_or_with_one_that_is_not_there_is_complained_of() {
    let here = Proof::Test("proof::a_row_without_a_proof_or_with_one_that_is_not_there_is_complained_of");
    assert_eq!(complaints("1", &[here]), Vec::<String>::new());
    let beside = Proof::Unit("oci::digest::tests::printing_and_parsing_are_inverse");
    assert_eq!(complaints("1", &[beside, Proof::Later("soon")]), Vec::<String>::new());
    for proofs in [
        &[][..],
        &[Proof::Test("proof::nothing")],
        &[here, Proof::Test("nowhere::at_all")],
        // A function that is no test's module.
        &[Proof::Unit("oci::digest::tests::nothing")],
        &[Proof::Later("")],
    ] {
        assert_eq!(complaints("1", proofs).len(), 1, "{proofs:?}");
    }
}
