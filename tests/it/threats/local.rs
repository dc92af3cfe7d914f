//! The local store, the config, the process.

use super::Threat;
use crate::proof::Proof::{Later, Test, Unit};

pub(super) const THREATS: &[Threat] = &[
    (
        "D1",
        "a link or a pipe in place of a blob",
        &[
            Unit("layout::blobs::tests::a_link_in_place_of_a_blob_is_not_followed"),
            Unit("layout::partial::tests::a_link_in_place_of_a_partial_file_is_not_followed"),
            Later("pipes, devices and folders, with a push by the built program"),
        ],
    ),
    (
        "D2",
        "planted bytes under the right name",
        &[
            Unit("layout::tests::moving::a_damaged_manifest_of_the_right_size_is_put_again"),
            Unit("layout::tests::moving::a_blob_of_the_wrong_size_is_put_again"),
            Later("a planted layer of the right size"),
        ],
    ),
    (
        "D3",
        "a store that is led elsewhere",
        &[Later(
            "links in place of the store's folders, and digests with `..` in its index",
        )],
    ),
    (
        "D4",
        "a store that is changed meanwhile",
        &[
            Unit("files::tests::a_link_in_the_place_aside_is_not_written_through"),
            Later("somebody who swaps folders for links while the program runs"),
        ],
    ),
    (
        "D5",
        "files that everybody reads",
        &[
            Test("login::config::a_new_file_is_private_and_makes_its_folder"),
            Test("push::resume::the_notes_on_uploads_are_for_their_owner_only"),
            Later("a config that was open to everybody before"),
        ],
    ),
    (
        "D6",
        "a config that is lost or torn",
        &[
            Test("login::config::a_login_changes_nothing_else_in_the_file"),
            Test("login::config::a_linked_file_stays_a_link"),
            Test("login::config::a_broken_file_is_an_error_and_stays"),
            Later("logins side by side"),
        ],
    ),
    (
        "D7",
        "secrets in what is printed",
        &[
            Test("errors::secrets::a_refused_login_does_not_show_the_password"),
            Test("errors::secrets::a_signed_address_is_shown_without_its_signature"),
            Test("errors::secrets::the_address_of_an_upload_is_shown_without_its_state"),
            Later("every secret of the whole suite looked for in every output"),
        ],
    ),
    (
        "D8",
        "texts that steer a terminal",
        &[
            Test("errors::refusals::a_registrys_words_do_not_steer_the_terminal"),
            Unit("text::tests::what_steers_is_not_shown"),
        ],
    ),
    (
        "D9",
        "results that cannot be written",
        &[
            Test("errors::streams::a_result_that_cannot_be_written_is_a_failure"),
            Test("errors::streams::a_reader_that_went_away_is_no_failure"),
        ],
    ),
    (
        "D10",
        "programs that the surroundings put in",
        &[
            Unit("credentials::helper::tests::only_plain_names_in_absolute_folders_are_helpers"),
            Later("that no other program is ever started"),
        ],
    ),
];
