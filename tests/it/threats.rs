//! What an attacker or a fault may try, and what stops it: each threat with the tests that play it.
//!
//! A is credentials and where requests go, B identity and parsing, C resources, D the local store, config and process, E archives.
//! The numbers are those of the table of threats that the program was designed against; they never change.

mod archives;
mod credentials;
mod local;
mod parsing;
mod resources;

use crate::proof::{self, Proof};

/// The number, the threat in a few words, and its proofs.
pub(crate) type Threat = (&'static str, &'static str, &'static [Proof]);

fn all() -> impl Iterator<Item = &'static Threat> {
    [
        credentials::THREATS,
        parsing::THREATS,
        resources::THREATS,
        local::THREATS,
        archives::THREATS,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn every_threat_has_its_row_in_order() {
    let row = |letter: char, last: u32| (1..=last).map(move |number| format!("{letter}{number}"));
    let rows = row('A', 15)
        .chain(row('B', 11))
        .chain(row('C', 11))
        .chain(row('D', 10))
        .chain(row('E', 14));
    let expected: Vec<String> = rows.collect();
    let found: Vec<&str> = all().map(|(number, ..)| *number).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_threat_says_what_stops_it_and_every_test_it_names_exists() {
    let found: Vec<String> = all()
        .flat_map(|(number, threat, proofs)| proof::complaints(&format!("{number} ({threat})"), proofs))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
