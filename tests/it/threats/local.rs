//! The local store, the config, the process.

use super::Threat;
use crate::proof::Proof::{Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "D1",
        "a link or a pipe in place of a blob",
        &[
            Unit("layout::blobs::tests::a_link_in_place_of_a_blob_is_not_followed"),
            Test("login::config::a_pipe_in_place_of_the_file_is_not_waited_for_and_a_device_has_no_logins"),
            Unit("below::tests::a_pipe_is_not_waited_for_and_nothing_but_a_file_is_opened"),
            Unit("layout::ingest::partial::tests::a_link_in_place_of_a_partial_file_is_not_followed"),
            Test("stores::nothing_but_the_blob_itself_is_sent_from_under_its_name"),
            Test("stores::other_bytes_of_the_right_size_never_get_a_name_at_the_registry"),
        ],
    ),
    (
        "D2",
        "planted bytes under the right name",
        &[
            Unit("layout::tests::moving::a_damaged_manifest_of_the_right_size_is_put_again"),
            Unit("layout::tests::moving::a_blob_of_the_wrong_size_is_put_again"),
            Test("stores::what_was_planted_under_a_blobs_name_is_replaced_by_a_pull"),
            Test("stores::a_folder_under_a_blobs_name_stops_a_pull_and_is_left_alone"),
            Test("stores::a_blob_that_is_there_and_right_is_not_fetched_again"),
            Test("stores::an_image_that_is_up_to_date_is_one_request_and_reads_no_layer"),
            Test("commands::checking::a_blob_with_other_bytes_is_exit_7_and_after_a_repair_it_alone_is_fetched"),
            Test("commands::checking::a_damaged_manifest_is_told_by_the_names_that_need_it"),
            Test("commands::checking::a_cut_or_a_missing_blob_is_told_and_fetched_again"),
            Test("commands::checking::what_is_no_file_is_neither_opened_nor_followed_and_dropped_itself"),
        ],
    ),
    (
        "D3",
        "a store that is led elsewhere",
        &[
            Test("stores::a_linked_store_is_one_but_its_folders_must_lie_in_it"),
            Test("stores::a_path_in_place_of_a_digest_leads_nowhere"),
        ],
    ),
    (
        "D4",
        "a store that is changed meanwhile",
        &[
            Unit("files::tests::a_link_in_the_place_aside_is_not_written_through"),
            Unit("below::tests::a_link_on_the_way_is_followed_by_nothing"),
            Test("swaps::folders_that_are_swapped_for_links_while_the_program_runs_lead_it_nowhere"),
        ],
    ),
    (
        "D5",
        "files that everybody reads",
        &[
            Test("login::config::a_new_file_is_private_and_makes_its_folder"),
            Test("push::resume::the_notes_on_uploads_are_for_their_owner_only"),
            Test("login::config::logins_that_others_could_read_are_told_of_once_and_closed"),
            Test("login::config::a_file_that_others_may_change_is_not_believed"),
            Test("login::config::whatever_the_mask_says_logins_and_store_are_not_for_others_to_change"),
        ],
    ),
    (
        "D6",
        "a config that is lost or torn",
        &[
            Test("login::config::a_login_changes_nothing_else_in_the_file"),
            Test("login::config::a_linked_file_stays_a_link"),
            Test("login::config::a_broken_file_is_an_error_and_stays"),
            Test("login::config::logins_side_by_side_are_all_kept"),
        ],
    ),
    (
        "D7",
        "secrets in what is printed",
        &[
            Test("errors::secrets::a_refused_login_does_not_show_the_password"),
            Test("errors::secrets::a_signed_address_is_shown_without_its_signature"),
            Test("errors::secrets::the_address_of_an_upload_is_shown_without_its_state"),
            Test("errors::secrets::a_stored_login_that_is_refused_does_not_show_the_password"),
            Test("errors::secrets::a_config_that_cannot_be_read_does_not_show_what_is_in_it"),
            Test("errors::secrets::a_password_in_an_address_is_not_shown"),
            Test("errors::secrets::a_helper_learns_a_password_from_its_input_alone"),
            Test("push::resume::the_notes_on_uploads_are_for_their_owner_only"),
            // Every run of the whole suite is searched for the secrets it was given.
            Test("support_selftest::canary::a_secret_is_seen_plain_in_base64_and_by_its_shape"),
            Test("support_selftest::canary::what_a_program_prints_is_searched_in_every_run"),
            Test("support_selftest::canary::what_a_program_leaves_is_searched_but_for_logins_and_private_notes"),
            Test("support_selftest::canary::a_fixture_takes_no_secret_that_could_not_be_found"),
        ],
    ),
    (
        "D8",
        "texts that steer a terminal",
        &[
            Test("errors::refusals::a_registrys_words_do_not_steer_the_terminal"),
            Unit("text::tests::what_steers_is_not_shown"),
            Test("strangers::an_image_cannot_steer_the_terminal"),
            Test("strangers::json_says_exactly_what_was_said_in_escapes"),
            Test("strangers::the_bytes_of_a_manifest_are_exact_in_a_pipe_and_harmless_on_a_terminal"),
            Test("strangers::a_registry_cannot_steer_the_terminal"),
            Test("strangers::tags_and_repositories_of_strangers_cannot_steer_the_terminal"),
            Test("strangers::names_in_a_layout_of_strangers_cannot_steer_the_terminal"),
        ],
    ),
    (
        "D9",
        "results that cannot be written",
        &[
            Test("errors::streams::a_result_that_cannot_be_written_is_a_failure"),
            Test("errors::streams::a_pull_whose_result_cannot_be_written_does_not_blame_the_store"),
            Test("errors::streams::a_reader_that_went_away_is_no_failure"),
            Test("errors::streams::a_list_that_cannot_be_written_is_a_failure_and_one_nobody_reads_is_none"),
            Test("errors::streams::the_first_line_alone_is_enough_for_some"),
        ],
    ),
    (
        "D10",
        "programs that the surroundings put in",
        &[
            Unit("credentials::helper::tests::only_plain_names_in_absolute_folders_are_helpers"),
            Test("strangers::nothing_is_started_but_credential_helpers"),
            Test("strangers::a_credential_helper_is_all_that_a_login_starts"),
        ],
    ),
];
