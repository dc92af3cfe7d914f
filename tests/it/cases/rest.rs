//! Listing, deletion, limits, mirrors, formats.

use super::Case;
use crate::proof::Proof::{Later, Test, Unit};

pub(super) const CASES: &[Case] = &[
    (
        70,
        "lists of tags without tags",
        &[
            Test("listing::a_list_in_any_shape_is_read"),
            Test("commands::listing::a_listing_without_tags_is_empty"),
        ],
    ),
    (
        71,
        "the forms of a link to the next page",
        &[
            Test("listing::every_form_of_link_is_followed"),
            Unit("registry::link::tests::the_next_page_is_found_in_every_form"),
        ],
    ),
    (
        72,
        "a link to an empty page",
        &[Test("listing::an_empty_page_behind_the_last_full_one_ends_the_list")],
    ),
    (
        73,
        "links that lead astray",
        &[
            Test("listing::a_link_that_leads_nowhere_new_ends_the_list_with_an_error"),
            Test("commands::listing::a_listing_that_leads_in_a_circle_is_given_up"),
            Test("commands::listing::a_listing_does_not_lead_to_another_host"),
        ],
    ),
    (
        74,
        "a link with a wrong path",
        &[Test(
            "listing::a_link_with_a_wrong_prefix_or_size_leads_to_the_lists_own_path",
        )],
    ),
    (75, "the size of a page", &[Test("listing::a_thousand_tags_come_by_pages")]),
    (
        76,
        "a tag that cannot be deleted alone",
        &[
            Test("delete::where_a_tag_cannot_go_alone_nothing_goes_unasked"),
            Test("delete::a_digest_with_tags_is_asked_about"),
            Test("peers_delete::the_other_tag_of_an_image_outlives_a_refused_deletion"),
        ],
    ),
    (
        77,
        "a manifest that has tags",
        &[Test("delete::googles_tags_go_before_the_digest")],
    ),
    (
        78,
        "a deletion that did nothing",
        &[Test("delete::a_deletion_that_did_nothing_is_a_failure")],
    ),
    (
        79,
        "referrers that are not listed",
        &[Test("referrers::a_list_under_a_tag_stands_in_for_a_missing_one")],
    ),
    (
        80,
        "the list of referrers as a tag",
        &[
            Test("referrers::a_registry_that_keeps_the_list_is_left_to_it"),
            Test("referrers::a_list_that_others_change_meanwhile_is_read_again"),
        ],
    ),
    (
        81,
        "the limit of Docker Hub",
        &[
            Test("pull::an_image_that_is_up_to_date_costs_one_head"),
            Test("odd::answers::the_limit_of_pulls_is_told_with_its_window"),
            Unit("registry::error::tests::a_limit_is_told_with_its_window"),
        ],
    ),
    (
        82,
        "mirrors that fail",
        &[
            Test("hosts::mirrors::a_mirror_that_fails_is_passed_over"),
            Test("hosts::mirrors::a_mirror_that_does_not_answer_is_tried_once"),
            Test("hosts::mirrors::wrong_content_of_a_mirror_is_noticed_and_fetched_elsewhere"),
            Test("hosts::mirrors::a_mirror_that_asks_for_a_login_gets_its_own_or_none"),
            Test("hosts::tls::a_mirror_with_an_unknown_certificate_is_passed_over"),
        ],
    ),
    (
        83,
        "mirrors that ask for whom",
        &[
            Test("hosts::requests::every_request_to_a_mirror_says_which_registry_is_meant"),
            Test("hosts::requests::the_registry_itself_is_not_told_its_name"),
        ],
    ),
    (
        84,
        "mirrors below a path",
        &[
            Test("hosts::requests::a_path_is_put_before_v2_or_taken_as_it_is"),
            Unit("hosts::address::tests::the_api_is_below_v2_unless_the_path_is_taken_as_it_is"),
        ],
    ),
    (
        85,
        "archives of docker",
        &[
            Test("archives::loading::an_image_of_docker_keeps_its_id_and_its_layers_are_compressed"),
            Test("archives::saving::what_is_saved_is_loaded_with_its_digest_and_all_names"),
            Test("peers_archives::docker_loads_and_runs_what_was_saved"),
        ],
    ),
    (
        86,
        "OCI layouts",
        &[
            Test("commands::copying::a_directory_with_one_image_needs_no_name_and_one_with_two_does"),
            Unit("layout::index::tests::a_name_for_two_images_is_ambiguous_until_it_is_given_anew"),
            Unit("layout::blobs::tests::what_is_read_into_memory_is_verified_and_limited"),
            Later("a layout that lacks a platform nobody asked for"),
        ],
    ),
    (
        87,
        "a copy is verbatim",
        &[
            Test("commands::copying::an_image_goes_from_one_registry_to_another_as_it_is"),
            Test("commands::copying::an_index_goes_whole_and_keeps_its_digests"),
        ],
    ),
    (
        88,
        "a format the registry does not take",
        &[Test(
            "odd::uploads::what_a_registry_does_not_take_is_not_made_into_something_else",
        )],
    ),
];
