//! Pushes.

use super::Case;
use crate::proof::Proof::{Test, Unit};

pub(super) const CASES: &[Case] = &[
    (
        47,
        "a POST without a body has a length",
        &[Test("push::a_blob_goes_in_one_put_of_known_length")],
    ),
    (
        48,
        "the forms of a Location",
        &[
            Test("push::uploads::a_location_may_have_any_form_and_is_kept_byte_for_byte"),
            Unit("registry::upload::tests::a_signed_query_is_left_as_it_is"),
        ],
    ),
    (
        49,
        "a Location on another host",
        &[
            Test("redirects::an_upload_on_another_origin_gets_the_bytes_but_not_the_login"),
            Unit("registry::locality::tests::an_address_inside_is_only_the_senders_own"),
        ],
    ),
    (
        50,
        "the type and length of an upload",
        &[Test("push::a_blob_goes_in_one_put_of_known_length")],
    ),
    (
        51,
        "a registry that does not say what it has",
        &[
            Test("odd::uploads::a_registry_without_mounts_that_does_not_tell_what_it_has_gets_everything"),
            Test("push::uploads::a_registry_that_does_not_tell_what_it_has_gets_everything"),
        ],
    ),
    (
        52,
        "a blob of another length is there",
        &[
            Test("odd::uploads::a_registry_without_mounts_that_does_not_tell_what_it_has_gets_everything"),
            Test("push::uploads::a_blob_of_the_wrong_length_is_not_there"),
        ],
    ),
    (
        53,
        "an upload that breaks",
        &[
            Test("push::uploads::an_upload_that_breaks_begins_again_in_a_new_session"),
            Test("push::uploads::a_session_that_is_lost_is_opened_anew"),
        ],
    ),
    (
        54,
        "an upload that could go on",
        &[
            Test("push::resume::a_broken_upload_goes_on_where_the_registry_says"),
            Test("push::resume::a_registry_that_kept_nothing_gets_it_from_the_beginning"),
            Test("push::resume::the_run_after_a_kill_goes_on_with_the_upload"),
        ],
    ),
    (
        55,
        "a receipt that is lost",
        &[Test("push::uploads::a_blob_whose_receipt_was_lost_is_not_sent_twice")],
    ),
    (
        56,
        "a refusal in the middle of an upload",
        &[
            Test("odd::uploads::a_token_refused_in_the_middle_of_an_upload_is_renewed_and_the_upload_begun_anew"),
            Test("odd::uploads::a_refusal_in_the_middle_of_an_upload_is_told_as_such"),
            Test("push::refusals::a_refusal_in_the_middle_of_an_upload_is_heard"),
            Test("push::refusals::a_registry_that_takes_no_large_request_gets_chunks"),
        ],
    ),
    (
        57,
        "asking before sending",
        &[
            Test("odd::uploads::an_upload_that_asks_first_sends_nothing_where_it_is_refused"),
            Test("odd::uploads::an_upload_that_asks_first_goes_on_where_nothing_is_said"),
        ],
    ),
    (
        58,
        "the answers to a mount",
        &[
            Test("push::mounts::what_another_repository_has_is_mounted"),
            Test("push::mounts::a_declined_mount_has_opened_the_session"),
            Test("push::mounts::a_registry_that_knows_no_mounts_is_sent_the_blobs"),
        ],
    ),
    (
        59,
        "a mount that was only half done",
        &[Test("push::mounts::a_mount_that_was_only_half_done_is_made_good_once")],
    ),
    (
        60,
        "a POST with the whole blob",
        &[
            // The case cannot arise: no POST has a body.
            Test("push::a_blob_goes_in_one_put_of_known_length"),
        ],
    ),
    (
        61,
        "the receipt of a manifest",
        &[
            Test("push::refusals::a_receipt_need_not_name_a_digest"),
            Test("push::refusals::a_receipt_for_something_else_is_a_mismatch"),
            Test("push::refusals::a_web_site_that_likes_everything_is_no_registry"),
            Test("push::refusals::a_manifest_that_was_not_kept_is_an_error"),
        ],
    ),
    (
        62,
        "several tags of one manifest",
        &[Test("odd::uploads::every_tag_is_a_put_of_its_own")],
    ),
    (
        63,
        "a registry that asks to wait",
        &[
            Test("odd::answers::a_short_wait_that_is_asked_for_is_told_and_waited_for"),
            Test("odd::answers::a_wait_until_a_time_gone_by_is_none"),
            Test("odd::answers::a_wait_of_a_day_is_told_and_not_waited_for"),
            Unit("registry::retry::tests::a_wait_is_read_in_seconds_and_as_a_date"),
            Test("errors::refusals::a_limit_with_a_long_wait_is_told_with_its_length_and_not_waited_for"),
        ],
    ),
    (
        64,
        "what is tried again and what is not",
        &[
            Test("odd::answers::a_head_that_fails_once_is_asked_again"),
            Test("odd::answers::a_refusal_is_not_asked_for_twice"),
            Test("push::refusals::a_registry_that_is_busy_once_is_asked_again"),
        ],
    ),
    (
        65,
        "a tag that may not move",
        &[
            Test("push::refusals::a_tag_that_may_not_change_is_refused"),
            Test("push::refusals::a_tag_that_may_not_change_and_need_not_is_fine"),
        ],
    ),
    (
        66,
        "a quota that calls itself too many requests",
        &[
            Test("hardships::a_quota_is_a_refusal_under_whatever_status"),
            Test("odd::answers::a_quota_that_calls_itself_too_many_requests_is_not_asked_for_again"),
        ],
    ),
    (
        67,
        "error bodies",
        &[
            Test("hardships::a_long_and_hostile_refusal_is_told_in_a_few_words"),
            Test("odd::answers::an_error_body_is_not_read_to_an_end_it_does_not_have"),
            Unit("registry::error::tests::every_shape_of_body_is_told_in_one_line"),
            Test("errors::refusals::the_title_of_a_page_is_told_where_a_refusal_has_no_code"),
            Test("errors::refusals::a_registrys_words_do_not_steer_the_terminal"),
        ],
    ),
    (
        68,
        "the order of a push",
        &[
            Test("odd::uploads::the_manifest_waits_for_the_slowest_blob"),
            Test("push::a_push_asks_first_and_sends_the_manifest_last"),
            Test("push::the_images_of_an_index_come_before_it"),
            Test("push::a_layer_that_is_there_twice_is_sent_once"),
        ],
    ),
    (
        69,
        "many layers, one token, few connections",
        &[
            Test("login::tokens::a_push_of_many_layers_asks_for_one_token_to_push"),
            Test("push::uploads::no_more_uploads_are_under_way_than_asked_for"),
        ],
    ),
];
