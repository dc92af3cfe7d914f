//! References and logins.

use super::Case;
use crate::proof::Proof::{Later, Test, Unit};

pub(super) const CASES: &[Case] = &[
    (
        1,
        "short names and names of Docker Hub",
        &[
            Test("odd::challenges::every_name_of_docker_hub_is_asked_for_at_one_place"),
            Test("references::every_vector_is_answered_as_docker_answers_it"),
            Unit("registry::endpoint::tests::only_a_loopback_registry_may_be_plain"),
        ],
    ),
    (
        2,
        "what is a host and what is not",
        &[Test("references::every_vector_is_answered_as_docker_answers_it")],
    ),
    (
        3,
        "tag and digest together",
        &[
            Test("pull::a_digest_is_pulled_and_wins_over_a_tag_beside_it"),
            Test("pull::manifests::bytes_altered_under_a_digest_are_exit_7"),
        ],
    ),
    (
        4,
        "plain HTTP on this machine and elsewhere",
        &[
            Unit("registry::endpoint::tests::only_a_loopback_registry_may_be_plain"),
            Test("hosts::tls::a_loopback_registry_may_be_plain_and_gets_no_password_before_it_has_answered"),
            Test("hosts::tls::any_other_registry_is_plain_only_by_flag"),
        ],
    ),
    (
        5,
        "a certificate nobody knows",
        &[
            Test("hardships::a_certificate_of_an_unknown_authority_is_refused_before_anything_is_said"),
            Test("hosts::tls::an_unknown_authority_is_named_and_can_be_given"),
        ],
    ),
    (
        6,
        "reading is open, writing is not",
        &[
            Test("hardships::a_registry_that_asks_only_those_who_write_is_answered_then"),
            Test("odd::challenges::a_registry_that_is_open_for_reading_is_answered_when_it_first_asks"),
        ],
    ),
    (
        7,
        "a refusal without a challenge",
        &[
            Test("hardships::a_challenge_that_only_the_base_tells_is_asked_for_there"),
            Test("odd::challenges::a_refusal_without_a_challenge_is_answered_as_an_earlier_one"),
        ],
    ),
    (
        8,
        "several challenges in odd spelling",
        &[
            Test("odd::challenges::a_token_is_chosen_among_challenges_in_odd_spelling"),
            Unit("registry::challenge::tests::a_token_is_preferred_to_a_password_wherever_it_stands"),
        ],
    ),
    (
        9,
        "a realm with a query, a relative realm",
        &[
            Test("hardships::a_realm_may_be_relative_and_have_a_query"),
            Unit("registry::token::tests::a_question_keeps_the_realms_own_query"),
        ],
    ),
    (
        10,
        "two scopes",
        &[
            Test("odd::challenges::two_scopes_of_one_challenge_are_two_parameters"),
            Test("login::tokens::a_mount_asks_for_both_repositories"),
        ],
    ),
    (
        11,
        "the fields of a token answer",
        &[
            Test("odd::tokens::a_token_may_come_under_either_name"),
            Test("odd::tokens::an_answer_without_a_token_or_over_all_measure_is_an_error"),
            Unit("registry::token::tests::a_token_is_read_from_either_field"),
        ],
    ),
    (
        12,
        "the life of a token",
        &[
            Test("odd::tokens::whatever_is_said_of_its_life_one_token_serves_one_pull"),
            Unit("registry::token::tests::a_token_is_read_from_either_field"),
            Test("login::tokens::short_lived_tokens_are_bought_anew_in_time"),
        ],
    ),
    (
        13,
        "a long and opaque token",
        &[Test("odd::tokens::a_token_may_be_long_and_need_not_be_a_jwt")],
    ),
    (
        14,
        "a token that runs out during a transfer",
        &[
            Test("login::tokens::a_token_may_run_out_in_the_middle_of_a_pull"),
            Test("login::tokens::a_token_may_run_out_in_the_middle_of_a_push"),
            Test("push::refusals::a_registry_that_takes_no_login_for_an_upload_is_told_twice"),
            Test("odd::uploads::a_token_refused_in_the_middle_of_an_upload_is_renewed_and_the_upload_begun_anew"),
        ],
    ),
    (
        15,
        "a token that never suffices",
        &[
            Test("hardships::a_token_that_never_suffices_is_not_fetched_for_ever"),
            Test("odd::tokens::a_push_that_is_never_let_in_ends"),
            Test("login::tokens::a_token_that_never_suffices_is_not_asked_for_for_ever"),
        ],
    ),
    (
        16,
        "a token server that takes no POST",
        &[
            Test("login::identity::a_token_server_that_takes_no_post_is_asked_by_get"),
            Later("a password that stands beside an identity token in a file is not tried"),
        ],
    ),
    (
        17,
        "an identity token that is renewed with every use",
        &[Test(
            "login::identity::a_refresh_token_that_is_changed_for_another_is_not_used_again",
        )],
    ),
    (
        18,
        "where a token server may be",
        &[
            Test("redirects::an_https_registry_cannot_name_a_plain_token_server"),
            Test("redirects::a_token_server_inside_the_network_or_with_a_user_in_it_is_refused"),
            Unit("registry::token::tests::a_realm_is_where_credentials_may_go"),
        ],
    ),
    (
        19,
        "a token server that redirects",
        &[
            Test("redirects::a_token_server_that_redirects_is_not_followed"),
            Test("login::tokens::a_token_server_that_redirects_gets_no_password_sent_on"),
        ],
    ),
    (
        20,
        "a blob elsewhere",
        &[
            Test("odd::challenges::no_cookie_is_kept"),
            Test("redirects::a_blob_is_fetched_from_another_port_without_the_login"),
            Test("redirects::from_https_no_redirect_leads_to_plain_http"),
        ],
    ),
    (
        21,
        "a storage that takes no login",
        &[Test("redirects::a_blob_is_fetched_from_another_port_without_the_login")],
    ),
    (
        22,
        "a public image and a stored login that is refused",
        &[
            Test("auth::a_login_that_is_dead_keeps_nobody_from_a_public_image"),
            Test("auth::a_push_with_a_dead_login_is_refused_and_says_which"),
            Test("auth::a_read_with_a_refused_password_is_tried_without"),
            Test("login::tokens::a_stored_login_that_is_refused_is_a_matter_of_login"),
        ],
    ),
    (
        23,
        "what credential helpers say",
        &[
            Test("auth::a_helper_is_asked_once_more_after_a_refusal"),
            Unit("credentials::helper::tests::a_wrong_answer_is_an_error_that_does_not_show_it"),
            Unit("credentials::helper::tests::a_helper_that_hangs_is_stopped"),
            Test("login::helpers::a_helper_without_a_login_leaves_the_pull_anonymous"),
            Test("login::helpers::a_helper_that_fails_is_told_without_the_password"),
            Test("login::helpers::a_token_of_a_helper_is_an_identity_token"),
        ],
    ),
    (
        24,
        "the forms of a stored login",
        &[
            Test("auth::entries_are_read_in_every_form_that_docker_has_written"),
            Test("login::config::a_login_is_found_under_any_form_of_its_key"),
            Unit("credentials::entry::tests::an_entry_is_read_as_docker_reads_it"),
        ],
    ),
    (
        25,
        "a login for a part of a registry",
        &[Test("auth::two_repositories_of_a_registry_have_two_logins")],
    ),
    (
        26,
        "a login in a file with other things in it",
        &[
            Test("login::config::a_login_changes_nothing_else_in_the_file"),
            Test("login::config::a_linked_file_stays_a_link"),
            Unit("credentials::config::tests::file_and_folder_are_for_their_owner_only"),
        ],
    ),
    (
        27,
        "a deletion that wants a right of its own",
        &[
            Test("delete::the_right_to_delete_is_asked_for"),
            Test("delete::the_right_that_the_registry_names_is_asked_for"),
        ],
    ),
];
