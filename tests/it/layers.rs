//! The house's rule that imports point downward: a module uses only modules of lower rows.
//!
//! Brothers stand in one row, so neither a registry nor the store can know of the other, and nothing in the library can
//! know of the command line.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the library, the lowest row first.
const ROWS: [&[&str]; 8] = [
    &["text"],
    &[
        "oci",
        "secret",
        "files",
        "backoff",
        "settings",
        "size",
        "compression",
        "tarball",
    ],
    &["reference", "below"],
    &["journal", "facts"],
    &["store", "credentials", "hosts"],
    &["registry", "layout", "archive", "daemon", "rootfs"],
    &["serve", "transfer"],
    &["append"],
];

/// `transfer` stands above the places so that no place can use it; it must not use them either.
const NOT_EVEN_DOWNWARD: [(&str, &str); 4] = [
    ("transfer", "registry"),
    ("transfer", "layout"),
    ("transfer", "archive"),
    ("transfer", "daemon"),
];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// What is wrong with one module using another, if anything.
fn complaint(place: &str, module: &str, used: &str) -> Option<String> {
    let forbidden = match (row(module), row(used)) {
        (Some(own), Some(below)) => below >= own || NOT_EVEN_DOWNWARD.contains(&(module, used)),
        _ => true,
    };
    (module != used && forbidden).then(|| format!("{place}: `{module}` must not use `{used}`"))
}

/// The modules named by `crate::MODULE` in a source, wherever they stand.
fn used_modules(source: &str) -> Vec<&str> {
    let paths = source.split("crate::").skip(1);
    paths
        .map(|path| {
            path.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default()
        })
        .collect()
}

fn complaints(place: &str, module: &str, source: &str) -> Vec<String> {
    used_modules(source)
        .into_iter()
        .filter_map(|used| complaint(place, module, used))
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .collect()
}

#[test]
fn imports_point_downward() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in sources(&root) {
        let place = path.strip_prefix(&root).unwrap().display().to_string();
        let module = place.split(['/', '.']).next().unwrap();
        if !matches!(module, "main" | "lib" | "cli" | "simulation") {
            found.extend(complaints(&place, module, &fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_module_of_the_library_has_its_row() {
    let lib = include_str!("../../src/lib.rs");
    let modules: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let mut rows: Vec<&str> = ROWS.concat();
    rows.sort_unstable();
    assert_eq!(modules, rows);
}

#[test]
fn an_arrow_upward_or_sideways_is_seen() {
    let found = |module, source| complaints("a.rs", module, source);
    assert_eq!(
        found("store", "use crate::transfer::Event;"),
        ["a.rs: `store` must not use `transfer`"]
    );
    assert_eq!(
        found("registry", "let x = crate::layout::y();"),
        ["a.rs: `registry` must not use `layout`"]
    );
    assert_eq!(
        found("transfer", "use crate::registry::Registry;"),
        ["a.rs: `transfer` must not use `registry`"]
    );
    assert_eq!(found("oci", "use crate::cli::args;"), ["a.rs: `oci` must not use `cli`"]);
    assert!(found("store", "use crate::oci::Digest;\nuse crate::store::Error;").is_empty());
}
