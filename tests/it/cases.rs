//! What registries do and a client must answer to: 88 cases, each with the tests that play it.
//!
//! The numbers are those of the catalogue of cases that the program was designed against; they never change.

mod access;
mod pulling;
mod pushing;
mod rest;

use crate::proof::{self, Proof};

/// The number, the case in a few words, and its proofs.
pub(crate) type Case = (u32, &'static str, &'static [Proof]);

fn all() -> impl Iterator<Item = &'static Case> {
    [access::CASES, pulling::CASES, pushing::CASES, rest::CASES]
        .into_iter()
        .flatten()
}

#[test]
fn there_are_88_cases_in_order() {
    let numbers: Vec<u32> = all().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=88).collect::<Vec<u32>>());
}

#[test]
fn every_case_says_how_it_is_proven_and_every_test_it_names_exists() {
    let found: Vec<String> = all()
        .flat_map(|(number, case, proofs)| proof::complaints(&format!("{number} ({case})"), proofs))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
