//! Resources: memory, time, requests.

use super::Threat;
use crate::proof::Proof::{Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "C1",
        "a huge manifest",
        &[
            Test("limits::a_manifest_of_600_mb_is_left_at_4_mib"),
            Test("pull::manifests::a_manifest_over_4_mib_is_refused_whether_it_ends_or_not"),
        ],
    ),
    (
        "C2",
        "a huge error, or a huge answer of a token server",
        &[
            Test("limits::an_error_without_end_is_left_at_64_kib"),
            Test("limits::an_answer_of_the_token_server_without_end_is_left"),
            Test("odd::answers::an_error_body_is_not_read_to_an_end_it_does_not_have"),
            Test("odd::tokens::an_answer_without_a_token_or_over_all_measure_is_an_error"),
        ],
    ),
    (
        "C3",
        "very many layers",
        &[
            Test("pull::damage::a_blob_that_is_there_twice_in_an_image_is_fetched_once"),
            Test("limits::twenty_thousand_layers_of_one_digest_are_one_download"),
            Test("limits::more_layers_than_any_image_has_are_refused_before_one_is_fetched"),
        ],
    ),
    (
        "C4",
        "a body longer than its descriptor",
        &[
            Test("limits::a_blob_without_end_is_left_at_its_size"),
            Test("pull::damage::a_blob_that_does_not_end_is_exit_7_without_being_kept"),
        ],
    ),
    (
        "C5",
        "bytes that unpack to very many",
        &[
            Unit("registry::encoding::tests::a_packed_answer_is_unpacked_within_bounds"),
            // A pull unpacks nothing of layers; an export and a load do.
            Test("limits::a_bomb_in_an_encoding_is_not_unpacked"),
            Test("export::an_image_that_unpacks_to_more_than_it_may_ends_early"),
        ],
    ),
    (
        "C6",
        "encodings that nobody asked for",
        &[
            Test("odd::content::nothing_is_asked_for_in_another_encoding"),
            Test("odd::content::bytes_that_are_called_encoded_are_kept_as_they_came"),
            Test("limits::a_bomb_in_an_encoding_is_not_unpacked"),
        ],
    ),
    (
        "C7",
        "pages without end",
        &[
            Test("listing::a_link_that_leads_nowhere_new_ends_the_list_with_an_error"),
            Test("limits::a_list_without_end_is_left"),
            Test("limits::pages_as_large_as_they_may_be_are_left_too"),
            Test("limits::one_page_of_nothing_but_short_names_is_left"),
        ],
    ),
    (
        "C8",
        "redirects without end",
        &[
            Test("redirects::five_redirects_are_followed_and_a_sixth_is_not"),
            Test("limits::redirects_in_a_circle_are_left_after_five"),
        ],
    ),
    ("C9", "headers without end", &[Test("limits::heads_without_end_are_left")]),
    (
        "C10",
        "servers that fall silent",
        &[
            Test("pull::resume::a_server_that_falls_silent_is_left_and_asked_for_the_rest"),
            Test("faults::silence::a_pull_outlives_layers_that_fall_silent"),
            Test("limits::silence_and_a_byte_a_second_are_left"),
            Test("limits::a_blob_that_trickles_is_tried_once_more_and_left"),
            Test("limits::a_handshake_that_stalls_or_comes_a_byte_a_second_is_left"),
        ],
    ),
    (
        "C11",
        "documents nested too deep, numbers too large",
        &[
            Unit("oci::json::tests::what_two_programs_could_read_differently_is_refused_at_any_depth"),
            Test("limits::json_of_any_depth_and_numbers_of_any_length_are_refused"),
        ],
    ),
];
