//! Pulls.

use super::Case;
use crate::proof::Proof::{Later, Test, Unit};

pub(super) const CASES: &[Case] = &[
    (
        28,
        "a registry that serves only what was accepted",
        &[Test("odd::content::what_is_accepted_is_said_in_full_by_head_and_get")],
    ),
    (
        29,
        "the digest in the header and that of the bytes",
        &[
            Test("odd::content::a_digest_header_of_another_algorithm_is_no_matter"),
            Test("pull::manifests::bytes_altered_under_a_digest_are_exit_7"),
            Test("pull::manifests::a_digest_header_that_is_wrong_is_exit_7"),
            Test("pull::manifests::a_digest_header_that_is_missing_or_makes_no_sense_is_no_matter"),
        ],
    ),
    (
        30,
        "a HEAD that tells nothing",
        &[
            Test("pull::manifests::a_registry_that_refuses_head_is_asked_by_get"),
            Test("commands::showing::a_digest_that_head_does_not_tell_is_computed"),
        ],
    ),
    (
        31,
        "a content type that says nothing",
        &[Test(
            "pull::manifests::a_content_type_that_says_nothing_leaves_it_to_the_body",
        )],
    ),
    (
        32,
        "header and body contradict each other",
        &[
            Test("pull::manifests::a_header_that_contradicts_the_body_is_refused"),
            Test("pull::manifests::an_image_that_is_an_index_too_is_refused"),
        ],
    ),
    (
        33,
        "schema 1",
        &[Test("pull::manifests::schema_1_is_refused_with_the_way_out")],
    ),
    (
        34,
        "a manifest that is too large, endless, or of unknown length",
        &[
            Test("pull::manifests::a_manifest_over_4_mib_is_refused_whether_it_ends_or_not"),
            Test("pull::manifests::a_manifest_in_chunks_without_a_length_is_read"),
        ],
    ),
    (
        35,
        "the image of an index",
        &[
            Test("odd::content::of_several_variants_the_highest_that_runs_is_taken"),
            Test("pull::platforms::an_attestation_that_comes_first_is_passed_over"),
            Test("pull::platforms::an_entry_without_a_platform_is_known_by_its_config"),
            Test("pull::platforms::an_index_inside_an_index_is_looked_into"),
            Test("pull::platforms::an_index_that_claims_to_hold_itself_is_refused"),
            Unit("oci::platform::tests::a_processor_runs_its_own_and_lower_variants_only"),
        ],
    ),
    (
        36,
        "a blob of another length, or of another content",
        &[
            Test("odd::content::a_body_that_ends_too_early_is_gone_on_with_and_then_given_up"),
            Test("pull::damage::a_blob_longer_or_shorter_than_announced_is_exit_7"),
            Test("pull::damage::a_blob_that_does_not_end_is_exit_7_without_being_kept"),
            Test("pull::damage::a_byte_that_stays_wrong_is_exit_7_after_one_more_try"),
        ],
    ),
    (
        37,
        "a connection that is cut",
        &[Test(
            "pull::resume::a_body_that_breaks_off_goes_on_with_one_range_and_no_byte_is_sent_twice",
        )],
    ),
    (
        38,
        "a server that ignores the range",
        &[Test("pull::resume::a_server_that_ignores_the_range_is_understood")],
    ),
    (
        39,
        "half a blob that does not fit",
        &[Test(
            "pull::resume::a_half_that_does_not_fit_is_thrown_away_and_the_blob_begun_anew",
        )],
    ),
    (
        40,
        "a range that is refused, with a body that ends early",
        &[
            Test("hardships::a_refused_range_whose_body_is_a_lie_does_not_hang"),
            Test("pull::resume::a_range_that_is_refused_begins_the_blob_anew"),
        ],
    ),
    (
        41,
        "a signed address that ran out",
        &[
            Test("hardships::a_storage_address_that_ran_out_is_asked_for_anew"),
            Test("odd::content::a_signature_that_ran_out_is_asked_for_anew_at_the_registry"),
        ],
    ),
    (
        42,
        "content that changed between two halves",
        &[Test(
            "pull::resume::halves_of_different_content_are_noticed_and_the_blob_begun_anew",
        )],
    ),
    (
        43,
        "a connection that falls silent",
        &[Test(
            "pull::resume::a_server_that_falls_silent_is_left_and_asked_for_the_rest",
        )],
    ),
    (
        44,
        "Content-Encoding",
        &[
            Test("odd::content::a_manifest_that_was_compressed_on_the_way_is_read"),
            Unit("registry::encoding::tests::a_packed_answer_is_unpacked_within_bounds"),
            Later("a layer that a server compresses on the fly, unasked, is refused for its size"),
            Test("odd::content::bytes_that_are_called_encoded_are_kept_as_they_came"),
            Test("odd::content::nothing_is_asked_for_in_another_encoding"),
        ],
    ),
    (
        45,
        "descriptors with `data` or `urls`, and of unknown algorithm",
        &[
            Test("hardships::layers_without_bytes_and_by_sha512_go_down_and_up"),
            Test("odd::content::content_in_a_descriptor_and_its_other_addresses_are_passed_over_for_the_registry"),
            Test("odd::content::a_digest_of_unknown_algorithm_is_refused"),
            Test("hardships::content_that_its_descriptor_holds_is_not_fetched_if_it_is_right"),
            Later("a layer is not looked for at its `urls`: that is to be asked for, and there is no way to ask yet"),
        ],
    ),
    (
        46,
        "parallel ranges of one blob",
        &[
            Test("pull::ranges::a_throttled_layer_comes_over_several_connections"),
            Test("pull::ranges::a_registry_without_ranges_is_left_at_one_connection"),
            Test("pull::ranges::a_registry_that_wants_fewer_requests_gets_fewer"),
        ],
    ),
];
