//! Identity and parsing.

use super::Threat;
use crate::proof::Proof::{Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "B1",
        "bytes of another digest",
        &[
            Test("pull::manifests::bytes_altered_under_a_digest_are_exit_7"),
            Test("pull::damage::a_byte_that_stays_wrong_is_exit_7_after_one_more_try"),
        ],
    ),
    (
        "B2",
        "a digest header that lies",
        &[
            Test("identity::digests::every_digest_that_an_answer_names_is_the_contents"),
            Test("pull::manifests::a_digest_header_that_is_wrong_is_exit_7"),
            Test("pull::manifests::a_digest_header_that_is_missing_or_makes_no_sense_is_no_matter"),
        ],
    ),
    (
        "B3",
        "a receipt for something else",
        &[
            Test("push::refusals::a_receipt_for_something_else_is_a_mismatch"),
            Test("identity::digests::a_receipt_is_for_the_manifest_by_every_algorithm_it_names"),
            Test("push::refusals::a_manifest_that_was_not_kept_is_an_error"),
        ],
    ),
    (
        "B4",
        "an image that is an index too",
        &[
            Test("pull::manifests::an_image_that_is_an_index_too_is_refused"),
            Test("pull::manifests::a_header_that_contradicts_the_body_is_refused"),
            Test("pull::manifests::a_web_page_in_place_of_a_manifest_is_refused_and_shown"),
            Unit("oci::manifest::tests::what_contradicts_itself_is_refused"),
            Unit("oci::manifest::tests::the_type_comes_from_the_body_where_the_header_is_vague"),
        ],
    ),
    (
        "B5",
        "documents that two programs read differently",
        &[
            Test("identity::documents::a_manifest_that_could_be_read_in_two_ways_is_refused_by_tag_and_by_digest"),
            Test("identity::documents::an_index_that_could_be_read_in_two_ways_is_refused"),
            Test("identity::documents::a_config_that_could_be_read_in_two_ways_is_not_chosen_by"),
            Test("identity::documents::keys_that_are_anybodys_may_differ_in_case_alone"),
            Unit("oci::json::tests::what_two_programs_could_read_differently_is_refused_at_any_depth"),
        ],
    ),
    (
        "B6",
        "digests that are none",
        &[
            Test("identity::digests::what_is_no_digest_is_refused_before_anything_is_asked_for"),
            Test("identity::digests::what_is_no_digest_is_no_reference"),
            Unit("oci::digest::tests::what_is_no_digest_is_refused"),
        ],
    ),
    (
        "B7",
        "one algorithm taken for another",
        &[
            Test("identity::digests::what_is_pinned_by_sha512_is_verified_by_sha512"),
            Test("identity::digests::the_same_bytes_under_two_algorithms_are_verified_by_each"),
            Test("hardships::layers_without_bytes_and_by_sha512_go_down_and_up"),
        ],
    ),
    (
        "B8",
        "a size that is not the content's",
        &[
            Test("identity::sizes::a_size_that_is_not_the_contents_is_refused_and_nothing_kept"),
            Test("identity::sizes::sizes_that_cannot_be_added_up_are_no_danger"),
            Test("identity::sizes::what_has_a_wrong_size_is_not_sent_on_either"),
        ],
    ),
    (
        "B9",
        "a tag that moves meanwhile, or beside a digest",
        &[
            Test("identity::moving::a_tag_that_moves_with_every_question_gives_one_whole_image"),
            Test("identity::moving::an_index_that_moves_with_every_question_gives_the_images_of_one"),
            Test("pull::a_digest_is_pulled_and_wins_over_a_tag_beside_it"),
        ],
    ),
    (
        "B10",
        "references that are tricks",
        &[
            Test("references::every_vector_is_answered_as_docker_answers_it"),
            Test("references::where_lugger_deviates_it_does_so_as_documented"),
        ],
    ),
    (
        "B11",
        "indexes deep, wide and in circles",
        &[
            Test("identity::nesting::three_thousand_indexes_in_one_another_are_given_up_early"),
            Test("identity::nesting::ten_thousand_images_are_too_many"),
            Test("identity::nesting::indexes_that_multiply_with_every_level_are_given_up"),
            Test("identity::nesting::two_indexes_that_hold_each_other_are_a_mismatch"),
            Test("referrers::referrers_come_by_pages_and_go_in_no_circle"),
        ],
    ),
];
