//! Resources: memory, time, requests.

use super::Threat;
use crate::proof::Proof::{Later, Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "C1",
        "a huge manifest",
        &[Test(
            "pull::manifests::a_manifest_over_4_mib_is_refused_whether_it_ends_or_not",
        )],
    ),
    (
        "C2",
        "a huge error, or a huge answer of a token server",
        &[
            Test("odd::answers::an_error_body_is_not_read_to_an_end_it_does_not_have"),
            Test("odd::tokens::an_answer_without_a_token_or_over_all_measure_is_an_error"),
        ],
    ),
    (
        "C3",
        "very many layers",
        &[
            Test("pull::damage::a_blob_that_is_there_twice_in_an_image_is_fetched_once"),
            Later("tens of thousands of descriptors of one blob, with memory and time"),
        ],
    ),
    (
        "C4",
        "a body longer than its descriptor",
        &[Test("pull::damage::a_blob_that_does_not_end_is_exit_7_without_being_kept")],
    ),
    (
        "C5",
        "bytes that unpack to very many",
        &[
            Unit("registry::encoding::tests::a_packed_answer_is_unpacked_within_bounds"),
            Later("an answer that unpacks to gigabytes; layers are never unpacked"),
        ],
    ),
    (
        "C6",
        "encodings that nobody asked for",
        &[
            Test("odd::content::nothing_is_asked_for_in_another_encoding"),
            Test("odd::content::bytes_that_are_called_encoded_are_kept_as_they_came"),
            Later("a chain of encodings"),
        ],
    ),
    (
        "C7",
        "pages without end",
        &[
            Test("listing::a_link_that_leads_nowhere_new_ends_the_list_with_an_error"),
            Later("pages that are new each time and never end"),
        ],
    ),
    (
        "C8",
        "redirects without end",
        &[Test("redirects::five_redirects_are_followed_and_a_sixth_is_not")],
    ),
    (
        "C9",
        "headers without end",
        &[Later("ten thousand headers, and interim answers for ever")],
    ),
    (
        "C10",
        "servers that fall silent",
        &[
            Test("pull::resume::a_server_that_falls_silent_is_left_and_asked_for_the_rest"),
            Test("faults::silence::a_pull_outlives_layers_that_fall_silent"),
        ],
    ),
    (
        "C11",
        "documents nested too deep, numbers too large",
        &[
            Unit("oci::json::tests::what_two_programs_could_read_differently_is_refused_at_any_depth"),
            Later("a million lists in one another, and a number of ten million digits, in every document"),
        ],
    ),
];
