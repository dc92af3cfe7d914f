//! Credentials, and where requests go.

use super::Threat;
use crate::proof::Proof::{Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "A1",
        "content that a manifest says lies elsewhere",
        &[
            Test("borders::a_layer_that_lies_elsewhere_is_not_looked_for_there"),
            Test("odd::content::content_in_a_descriptor_and_its_other_addresses_are_passed_over_for_the_registry"),
        ],
    ),
    (
        "A2",
        "a redirect to another host",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("redirects::a_blob_is_fetched_from_another_port_without_the_login"),
        ],
    ),
    (
        "A3",
        "a redirect to another port or a name below",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Unit("registry::endpoint::tests::home_is_scheme_host_and_port"),
        ],
    ),
    (
        "A4",
        "a redirect from HTTPS to plain HTTP",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("redirects::from_https_no_redirect_leads_to_plain_http"),
        ],
    ),
    (
        "A5",
        "a header or client certificate that goes along",
        &[
            Test("hosts::requests::headers_go_to_their_own_host_and_not_along_a_redirect"),
            Test("borders::a_header_of_hosts_toml_goes_to_no_token_server_and_no_foreign_upload"),
            Test("hosts::tls::a_client_certificate_is_shown_to_its_own_host_alone"),
        ],
    ),
    (
        "A6",
        "a token server that is another one by now",
        &[
            Test("login::realms::another_token_server_than_at_the_login_gets_nothing_until_a_login_accepts_it"),
            Test("login::realms::the_first_use_of_a_login_that_docker_made_decides"),
            Test("login::realms::a_login_that_was_refused_decides_nothing"),
            Test("login::realms::a_logout_forgets_the_token_server"),
            Unit("credentials::realms::tests::what_was_kept_holds_in_the_next_run_until_it_is_forgotten"),
        ],
    ),
    (
        "A7",
        "a realm that is plain HTTP or no web address",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("borders::a_realm_that_is_no_https_address_is_sent_nothing"),
            Test("redirects::an_https_registry_cannot_name_a_plain_token_server"),
            Test("redirects::a_token_server_inside_the_network_or_with_a_user_in_it_is_refused"),
            Unit("registry::token::tests::a_realm_is_where_credentials_may_go"),
        ],
    ),
    (
        "A8",
        "a token server that redirects",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("redirects::a_token_server_that_redirects_is_not_followed"),
        ],
    ),
    (
        "A9",
        "an upload that goes on at another host",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("redirects::an_upload_on_another_origin_gets_the_bytes_but_not_the_login"),
            Test("borders::an_upload_goes_neither_from_https_to_plain_http_nor_inside"),
            Unit("registry::locality::tests::an_address_inside_is_only_the_senders_own"),
        ],
    ),
    (
        "A10",
        "a next page at another host",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("redirects::a_list_of_tags_that_goes_on_at_another_host_is_refused"),
            Test("listing::every_form_of_link_is_followed"),
        ],
    ),
    (
        "A11",
        "a storage host that asks for the login",
        &[
            Test("origins::no_login_leaves_the_origin_it_is_for"),
            Test("redirects::the_challenge_of_a_storage_host_is_not_answered"),
        ],
    ),
    (
        "A12",
        "the login of another registry",
        &[
            Test("borders::a_login_is_used_for_its_own_registry_alone"),
            Unit("credentials::keys::tests::a_key_is_for_one_registry_and_no_other"),
            Unit("credentials::keys::tests::a_key_with_a_path_is_for_the_repositories_below_it"),
        ],
    ),
    (
        "A13",
        "credential helpers that are led or mislead",
        &[
            Test("borders::a_host_with_what_could_end_a_line_reaches_no_helper"),
            Test("borders::a_helper_that_misbehaves_is_an_error_and_harms_nobody"),
            Unit("credentials::helper::tests::a_helper_that_hangs_is_stopped"),
            Unit("credentials::helper::tests::a_wrong_answer_is_an_error_that_does_not_show_it"),
            Unit("credentials::helper::tests::only_plain_names_in_absolute_folders_are_helpers"),
        ],
    ),
    (
        "A14",
        "proxies that get a login, or hosts that get a proxy's",
        &[
            Test("borders::a_proxys_password_is_for_the_proxy_and_a_login_is_not"),
            Test("borders::hosts_of_no_proxy_are_not_asked_for_at_the_proxy"),
            Test("hosts::tls::a_registry_on_this_machine_is_reached_without_the_proxy"),
        ],
    ),
    (
        "A15",
        "TLS that is given up silently",
        &[
            Test("borders::a_certificate_that_is_not_good_ends_the_talk_before_it_begins"),
            Test("hosts::tls::any_other_registry_is_plain_only_by_flag"),
            Test("hosts::tls::an_unknown_authority_is_named_and_can_be_given"),
            Test("hosts::tls::the_wrong_scheme_is_told"),
            Test("hardships::a_certificate_of_an_unknown_authority_is_refused_before_anything_is_said"),
        ],
    ),
];
